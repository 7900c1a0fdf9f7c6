"""What becomes of a build: archives, several platforms, annotations, attestations, metadata."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import tarfile
import urllib.request

from tests.conftest import proves


class Layout:
    """An OCI layout in a tar, every blob of it checked against its name."""

    def __init__(self, data: bytes) -> None:
        self.names = []
        self.files = {}
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                self.names.append(member.name)
                if member.isfile():
                    self.files[member.name] = archive.extractfile(member).read()
        for name, content in self.files.items():
            if name.startswith("blobs/sha256/"):
                assert hashlib.sha256(content).hexdigest() == name.rpartition("/")[2]

    def json(self, name):
        return json.loads(self.files[name])

    def blob(self, descriptor):
        content = self.files["blobs/sha256/" + descriptor["digest"].partition(":")[2]]
        assert len(content) == descriptor["size"]
        return content

    def document(self, descriptor):
        return json.loads(self.blob(descriptor))


def fetch(registry, path, accept="application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"):
    request = urllib.request.Request(f"http://{registry}/v2/{path}", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


@proves("buildx build --annotation", "buildx build --attest", "buildx build --provenance", "buildx build --sbom")
def test_annotations_and_attestations_in_an_oci_archive(pydocker, image, context):
    context(
        "Dockerfile", f"FROM {image}\nARG A\nRUN mkdir -p /var/lib/dpkg && printf 'Package: x\\nVersion: 1\\n\\n' > /var/lib/dpkg/status\n"
    )
    pydocker(
        *("build", "-t", "some/name:1", "-o", "type=oci,dest=out.tar", "--attest", "type=provenance,mode=max", "--sbom=true"),
        *("--annotation", "key=value", "--annotation", "index:outer=1", "--annotation", "manifest-descriptor[linux/nothing]:no=1"),
        *("--build-arg", "A=b", "--metadata-file", "meta.json", "."),
        cwd=context.path,
        check=True,
    )
    layout = Layout((context.path / "out.tar").read_bytes())
    assert "manifest.json" not in layout.files
    [entry] = layout.json("index.json")["manifests"]
    assert entry["annotations"]["io.containerd.image.name"] == "docker.io/some/name:1"
    index = layout.document(entry)
    assert index["annotations"] == {"outer": "1"}
    own, attestation = index["manifests"]
    assert own["platform"]["os"] == "linux"
    assert "annotations" not in own
    manifest = layout.document(own)
    assert manifest["annotations"] == {"key": "value"}
    config = layout.document(manifest["config"])
    assert len(config["rootfs"]["diff_ids"]) == len(manifest["layers"])
    assert all(each["mediaType"] == "application/vnd.oci.image.layer.v1.tar+gzip" for each in manifest["layers"])
    assert attestation["platform"] == {"architecture": "unknown", "os": "unknown"}
    assert attestation["annotations"]["vnd.docker.reference.digest"] == own["digest"]
    statements = {
        each["annotations"]["in-toto.io/predicate-type"]: layout.document(each) for each in layout.document(attestation)["layers"]
    }
    provenance = statements["https://slsa.dev/provenance/v0.2"]
    assert provenance["subject"][0]["digest"]["sha256"] == own["digest"].partition(":")[2]
    assert provenance["predicate"]["invocation"]["parameters"]["args"] == {"build-arg:A": "b"}
    sbom = statements["https://spdx.dev/Document"]["predicate"]
    assert [(each["name"], each["versionInfo"]) for each in sbom["packages"]] == [("x", "1")]
    metadata = json.loads((context.path / "meta.json").read_text())
    assert metadata["containerimage.digest"] == entry["digest"]
    assert metadata["image.name"] == "docker.io/some/name:1"
    assert metadata["buildx.build.provenance"]["buildType"] == "https://mobyproject.org/buildkit@v1"
    assert pydocker("image", "inspect", "some/name:1").status == 1  # nothing went into the store


def test_a_docker_archive_can_be_loaded(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN echo made > /made\n")
    with open(context.path / "out.tar", "wb") as out:
        assert pydocker.start("build", "-q", "-t", "arch:1", "-o", "type=docker,dest=-", ".", cwd=context.path, stdout=out).wait(30) == 0
    assert "manifest.json" in Layout((context.path / "out.tar").read_bytes()).files
    assert pydocker("load", "-i", "out.tar", cwd=context.path, check=True).stdout == "Loaded image: arch:1\n"
    assert pydocker("run", "--rm", "--network", "none", "arch:1", "cat", "/made", check=True).stdout == "made\n"


@proves("buildx build --platform", "buildx build --push")
def test_several_platforms_are_one_image(pydocker, context, registry):
    context("Dockerfile", 'FROM scratch\nARG TARGETARCH\nCOPY ${TARGETARCH}.txt /arch\nCMD ["x"]\n')
    for arch in ("amd64", "arm64", "riscv64"):
        context(f"{arch}.txt", arch)
    name = f"{registry}/several:1"
    several = ("--platform", "linux/amd64,linux/arm64", "--platform", "linux/riscv64")
    result = pydocker("build", *several, "-t", name, "--push", "--provenance=true", ".", cwd=context.path, check=True)
    assert "[linux/arm64 1/1] COPY arm64.txt /arch" in result.stderr
    index = fetch(registry, "several/manifests/1")
    platforms = [each["platform"]["architecture"] for each in index["manifests"]]
    assert platforms == ["amd64", "arm64", "riscv64", "unknown", "unknown", "unknown"]
    for entry in index["manifests"][:3]:
        manifest = fetch(registry, f"several/manifests/{entry['digest']}")
        config = fetch(registry, f"several/blobs/{manifest['config']['digest']}", "*/*")
        assert config["architecture"] == entry["platform"]["architecture"]
    assert len(pydocker("images", "-a", "-q", check=True).stdout.split()) >= 1
    listed = pydocker("images", "--format", "{{.Repository}}", check=True).stdout.split()
    assert listed.count(f"{registry}/several") == 1
    assert "<none>" not in listed
    made = pydocker("create", "--platform", "linux/arm64", "--network", "none", name, check=True).stdout.strip()
    pydocker("cp", f"{made}:/arch", "copied", cwd=context.path, check=True)
    assert (context.path / "copied").read_text() == "arm64"
    pydocker("rm", made, check=True)
    saved = pydocker("save", "-o", "saved.tar", name, cwd=context.path, check=True)
    assert saved.stderr == ""
    [entry] = Layout((context.path / "saved.tar").read_bytes()).json("index.json")["manifests"]
    assert entry["mediaType"] == "application/vnd.oci.image.index.v1+json"
    before = pydocker("system", "df", "--format", "{{.Type}} {{.TotalCount}}", check=True).stdout
    pydocker("rmi", name, check=True)
    assert pydocker("images", "-a", "-q", "--filter", f"reference={registry}/several", check=True).stdout == ""
    pydocker("pull", "--platform", "linux/riscv64", name, check=True)
    assert json.loads(pydocker("image", "inspect", name, check=True).stdout)[0]["Architecture"] == "riscv64"
    assert before


def test_files_of_several_platforms(pydocker, context):
    context("Dockerfile", "FROM scratch\nARG TARGETPLATFORM\nCOPY f /f\n")
    context("f", "text")
    both = ("--platform", "linux/amd64,linux/arm64")
    pydocker("build", *both, "-o", "out", "--provenance=true", ".", cwd=context.path, check=True)
    assert sorted(each.name for each in (context.path / "out").iterdir()) == ["linux_amd64", "linux_arm64"]
    provenance = json.loads((context.path / "out/linux_arm64/provenance.json").read_text())
    assert provenance["subject"] == [{"name": "f", "digest": {"sha256": hashlib.sha256(b"text").hexdigest()}}]
    assert provenance["predicate"]["invocation"]["environment"]["platform"] == "linux/arm64"
    pydocker("build", "-o", "type=oci,tar=false,dest=layout", ".", cwd=context.path, check=True)
    assert json.loads((context.path / "layout/oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    failed = pydocker("build", *both, "-o", "type=docker,dest=x.tar", ".", cwd=context.path)
    assert failed.status == 1
    assert "docker exporter does not support exporting manifest lists, use the oci exporter instead" in failed.stderr


def test_what_outputs_refuse(pydocker, context):
    context("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
    for flags, message in (
        (("-o", "type=local"), "ERROR: failed to build: dest is required for local exporter"),
        (("-o", "type=foo"), 'ERROR: failed to build: failed to solve: exporter "foo" could not be found'),
        (("-o", "type=oci,foo"), "ERROR: invalid value foo"),
        (("--annotation", "foo"), 'ERROR: failed to build: parse annotations: invalid annotation "foo", expected key=value'),
        (("--annotation", "bad:k=v"), 'ERROR: failed to build: parse annotations: unknown annotation type "bad"'),
        (("--attest", "type=foo"), 'ERROR: failed to build: failed to solve: unknown attestation type "foo"'),
        (("--attest", "mode=max"), "ERROR: attestation type not specified"),
        (("--provenance=mode=foo",), 'ERROR: failed to build: failed to solve: invalid mode "foo"'),
        (("--provenance=foo",), "ERROR: invalid value foo"),
        (("--push",), "ERROR: failed to build: tag is needed when pushing to registry"),
        (("--allow", "foo"), "ERROR: failed to build: unknown entitlement foo"),
        (("--iidfile", "i", "-o", "d"), "ERROR: local and tar exporters are incompatible with image ID file"),
        (("-q", "--progress", "plain"), "ERROR: progress=plain and quiet cannot be used together"),
    ):
        result = pydocker("build", *flags, ".", cwd=context.path)
        assert (result.status, result.stderr.splitlines()[-1]) == (1, message)


@proves("buildx build --call")
def test_what_a_dockerfile_offers(pydocker, image, context):
    context(
        "Dockerfile",
        f"""ARG BASE={image}
ARG NOBODY=1
FROM $BASE AS build
# VERSION of the thing
ARG VERSION=1.0
RUN --mount=type=secret,id=token,required --mount=type=ssh true

# dev is for developers
FROM build AS dev
FROM scratch
COPY --from=build /etc /etc
""",
    )
    result = pydocker("build", "--call", "targets", ".", cwd=context.path, check=True)
    assert result.stdout == "TARGET    DESCRIPTION\nbuild     \ndev       is for developers\n(default) \n"
    result = pydocker("build", "--call", "outline", "--target", "dev", "--build-arg", "VERSION=7", ".", cwd=context.path, check=True)
    assert result.stdout == (
        "TARGET: dev\nDESCRIPTION: is for developers\n\n"
        f"BUILD ARG   VALUE     DESCRIPTION\nBASE        {image}   \nVERSION     7         of the thing\n\n"
        "SECRET   REQUIRED\ntoken    true\n\nSSH       REQUIRED\ndefault   \n\n"
    )
    fields = json.loads(pydocker("build", "--call", "outline,format=json", "-q", ".", cwd=context.path, check=True).stdout)
    assert [each["name"] for each in fields["args"]] == ["BASE", "VERSION"]
    assert fields["secrets"] == [{"name": "token", "required": True, "location": {"ranges": [{"start": {"line": 6}, "end": {"line": 6}}]}}]
    context("Bad", "from scratch as one\nMAINTAINER x\n")
    checked = pydocker("build", "-f", "Bad", "--call", "check,format=json", ".", cwd=context.path)
    assert checked.status == 1
    assert "MaintainerDeprecated" in [each["ruleName"] for each in json.loads(checked.stdout)["warnings"]]


@proves("buildx build --progress")
def test_progress_as_records(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN echo said && echo $((6*7)) >&2\n")
    result = pydocker("build", "--progress", "rawjson", "--no-cache", ".", cwd=context.path, check=True)
    records = [json.loads(line) for line in result.stderr.splitlines()]
    names = {each["digest"]: each["name"] for record in records for each in record.get("vertexes", ())}
    logs = [each for record in records for each in record.get("logs", ())]
    assert {names[each["vertex"]] for each in logs} == {"[2/2] RUN echo said && echo $((6*7)) >&2"}
    assert b"".join(base64.b64decode(each["data"]) for each in logs) in (b"said\n42\n", b"42\nsaid\n")
    assert all(each.get("completed") for each in {e["digest"]: e for r in records for e in r.get("vertexes", ())}.values())


@proves("buildx build --build-context")
def test_contexts_of_every_kind(pydocker, image, context):
    context("base/Dockerfile", f"FROM {image}\nRUN echo layout > /from\nENV KEPT=yes\n")
    pydocker("build", "-q", "-t", "base:one", "-o", "type=oci,tar=false,dest=layout", "base", cwd=context.path, check=True)
    digest = json.loads((context.path / "layout/index.json").read_text())["manifests"][0]["digest"]
    context("Dockerfile", "FROM base\nCOPY --from=files file /file\nRUN cat /from /file > /both\n")
    context("dir/file", "text\n")
    context("dir/.dockerignore", "other\n")
    files = ("--build-context", "files=dir")
    for where in ("oci-layout://layout:one", f"oci-layout://layout@{digest}", "oci-layout://./layout"):
        pydocker("build", "-q", "-t", "ctx", *files, "--build-context", f"base={where}", ".", cwd=context.path, check=True)
        assert pydocker("run", "--rm", "--network", "none", "ctx", "cat", "/both", check=True).stdout == "layout\ntext\n"
    assert "KEPT=yes" in json.loads(pydocker("image", "inspect", "ctx", check=True).stdout)[0]["Config"]["Env"]
    missing = pydocker("build", *files, "--build-context", "base=oci-layout://layout:two", ".", cwd=context.path)
    assert missing.status == 1
    assert "two: not found in" in missing.stderr
    missing = pydocker("build", "--build-context", "files=nowhere", ".", cwd=context.path)
    assert "failed to get build context files: stat nowhere: no such file or directory" in missing.stderr


@proves("buildx build --ssh")
def test_keys_for_an_agent(pydocker, image, context):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "someone", "-f", context.path / "key"], check=True)
    context(
        "Dockerfile",
        f"FROM {image}\nRUN --mount=type=ssh,required test -S $SSH_AUTH_SOCK && echo socket > /made\n"
        "RUN --mount=type=ssh,id=other echo ${SSH_AUTH_SOCK:-none} > /other\n",
    )
    result = pydocker("build", "--no-cache", "--ssh", "default=key", "-t", "agent", ".", cwd=context.path)
    assert result.status == 0, result.stderr
    assert pydocker("run", "--rm", "--network", "none", "agent", "cat", "/made", check=True).stdout == "socket\n"
    key = (context.path / "key").read_text().splitlines()[2]
    found = subprocess.run(["grep", "-rlaF", "-D", "skip", key, pydocker.root, pydocker.runtime_dir], capture_output=True, text=True)
    assert found.stdout == ""
    refused = pydocker("build", "--ssh", "default=nowhere", ".", cwd=context.path)
    assert refused.stderr.startswith("ERROR: failed to build: failed to convert agent config {default [")
    assert refused.stderr.endswith("nowhere: no such file or directory\n")
    context("bad", "no key")
    refused = pydocker("build", "--no-cache", "--ssh", "default=bad", ".", cwd=context.path)
    assert refused.status == 1
    assert "failed to give the keys" in refused.stderr


def test_a_platform_that_does_not_run_here(pydocker, context):
    machine = b"\xb7\x00" if os.uname().machine != "aarch64" else b"\x3e\x00"
    foreign = "linux/arm64" if os.uname().machine != "aarch64" else "linux/amd64"
    (context.path / "sh").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00" + machine + bytes(4000))
    (context.path / "sh").chmod(0o755)
    context("Dockerfile", "FROM scratch\nCOPY sh /bin/sh\nRUN true\n")
    failed = pydocker("build", "--platform", foreign, ".", cwd=context.path)
    assert failed.status == 1
    assert "exec /bin/sh: exec format error" in failed.stderr
    assert f"programs of {foreign} do not run here: install qemu-user-static" in failed.stderr
