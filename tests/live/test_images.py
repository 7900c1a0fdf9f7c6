"""Images without a registry: tag, list, remove, save, load, import, history, inspect, prune."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import tarfile

import pytest

from tests.conftest import proves
from tests.middleman import changeset, digest


@proves("image tag", "image ls --quiet", "image ls --no-trunc", "image rm", "image ls --format", "image ls --filter")
def test_tags_and_listing(pydocker, image):
    image_id = pydocker("image", "inspect", "-f", "{{.Id}}", image).stdout.strip()
    for name in ("one:1", "two/three:x"):
        assert pydocker("tag", image, name).stdout == ""
    assert pydocker("images", "-q", "--no-trunc").stdout.split() == [image_id] * 3
    listed = pydocker("images", "--format", "{{.Repository}}:{{.Tag}}", "-f", "reference=*/*").stdout
    assert listed == "two/three:x\n"
    assert pydocker("images", "two/three").stdout.splitlines()[1].startswith("two/three    x         " + image_id[7:19])
    assert pydocker("rmi", "one:1", "two/three:x").stdout == "Untagged: one:1\nUntagged: two/three:x\n"
    missing = pydocker("rmi", "one:1")
    assert (missing.status, missing.stderr) == (1, "Error response from daemon: No such image: one:1\n")
    assert pydocker("rmi", "-f", "one:1").status == 0
    assert pydocker("rmi", "BAD").stderr == (
        "Error response from daemon: invalid reference format: repository name (library/BAD) must be lowercase\n"
    )


@proves("image rm --force", "image rm --no-prune")
def test_removal_gives_the_disk_back(pydocker, image):
    layer = changeset({"big": os.urandom(300_000)})
    image_id = pydocker("import", "-", "gone:1", stdin=layer, check=True).stdout.strip()
    directory = pydocker.root / "layers" / digest(layer)[7:]
    assert (directory / "diff" / "big").stat().st_size == 300_000
    pydocker("tag", "gone:1", "gone:2", check=True)
    refused = pydocker("rmi", image_id[7:19])
    conflict = f"conflict: unable to delete {image_id[7:19]} (must be forced) - image is referenced in multiple repositories"
    assert refused.stderr == f"Error response from daemon: {conflict}\n"
    done = pydocker("rmi", "-f", image_id[7:19])
    assert done.stdout == f"Untagged: gone:1\nUntagged: gone:2\nDeleted: {image_id}\nDeleted: {digest(layer)}\n"
    assert not directory.exists()


def test_a_stopped_container_keeps_its_layers(pydocker):
    layer = changeset({"hello": b"there"})
    pydocker("import", "-c", 'CMD ["/x"]', "-", "held:1", stdin=layer, check=True)
    container = pydocker("create", "held:1", check=True).stdout.strip()
    refused = pydocker("rmi", "held:1")
    assert f'conflict: unable to remove repository reference "held:1" (must force) - container {container[:12]} is using' in refused.stderr
    pydocker("rmi", "-f", "held:1", check=True)
    assert pydocker("images", "-q", "held:1").stdout == ""
    copied = pydocker("cp", f"{container}:/hello", "-", check=True)
    assert tarfile.open(fileobj=io.BytesIO(copied.stdout_bytes)).extractfile("hello").read() == b"there"
    pydocker("rm", container, check=True)
    pydocker("image", "prune", "-f", check=True)
    assert not (pydocker.root / "layers" / digest(layer)[7:]).exists()


@proves("image save", "image save --output", "image load", "image load --input", "image load --quiet")
def test_save_and_load(pydocker, image, tmp_path):
    pydocker("tag", image, "r.example:5000/a/b:1", check=True)
    before = pydocker("image", "inspect", "-f", "{{.Id}} {{.RootFS.Layers}}", image).stdout
    path = tmp_path / "all.tar"
    pydocker("save", "-o", path, image, "r.example:5000/a/b:1", check=True)
    with tarfile.open(path) as tar:
        names = tar.getnames()
        entries = json.load(tar.extractfile("manifest.json"))
        index = json.load(tar.extractfile("index.json"))
        repositories = json.load(tar.extractfile("repositories"))
    assert {"oci-layout", "blobs/sha256"} <= set(names) and len(entries) == 1
    assert entries[0]["RepoTags"] == ["busybox:latest", "r.example:5000/a/b:1"]
    assert entries[0]["Config"] == "blobs/sha256/" + before[7:71]
    assert [each["annotations"]["io.containerd.image.name"] for each in index["manifests"]] == [
        "docker.io/library/busybox:latest",
        "r.example:5000/a/b:1",
    ]
    assert set(repositories) == {"busybox", "r.example:5000/a/b"}
    pydocker("rmi", image, "r.example:5000/a/b:1", check=True)
    packed = gzip.compress(path.read_bytes(), 1)
    loaded = pydocker("load", stdin=packed, check=True)
    assert loaded.stdout == "Loaded image: busybox:latest\nLoaded image: r.example:5000/a/b:1\n"
    assert pydocker("image", "inspect", "-f", "{{.Id}} {{.RootFS.Layers}}", image).stdout == before
    again = tmp_path / "again.tar"
    pydocker("save", "-o", again, image, "r.example:5000/a/b:1", check=True)
    with tarfile.open(again) as tar:
        assert json.load(tar.extractfile("index.json")) == index
    pydocker("rmi", "r.example:5000/a/b:1", check=True)


def _archive(files):
    return changeset({name: content if isinstance(content, bytes) else json.dumps(content).encode() for name, content in files.items()})


def test_load_foreign_archives(pydocker):
    """An old docker archive, and an OCI layout alone, as other tools write them."""
    layer = changeset({"a": b"1"})
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [digest(layer)]}}).encode()
    old = {
        "abc/layer.tar": layer,
        f"{digest(config)[7:]}.json": config,
        "manifest.json": [{"Config": f"{digest(config)[7:]}.json", "RepoTags": ["old:1"], "Layers": ["abc/layer.tar"]}],
    }
    assert pydocker("load", stdin=_archive(old)).stdout == "Loaded image: old:1\n"
    packed = gzip.compress(layer)
    kind = "application/vnd.oci.image"
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "config": {"mediaType": f"{kind}.config.v1+json", "digest": digest(config), "size": len(config)},
            "layers": [{"mediaType": f"{kind}.layer.v1.tar+gzip", "digest": digest(packed), "size": len(packed)}],
        }
    ).encode()
    blobs = {f"blobs/sha256/{digest(each)[7:]}": each for each in (packed, config, manifest)}
    entry = {"mediaType": f"{kind}.manifest.v1+json", "digest": digest(manifest), "size": len(manifest)}
    layout = {**blobs, "index.json": {"schemaVersion": 2, "manifests": [entry]}, "oci-layout": {"imageLayoutVersion": "1.0.0"}}
    assert pydocker("load", stdin=_archive(layout)).stdout == f"Loaded image ID: {digest(config)}\n"
    named = {**entry, "annotations": {"org.opencontainers.image.ref.name": "q.example/new:2"}}
    layout["index.json"] = {"schemaVersion": 2, "manifests": [named]}
    assert pydocker("load", stdin=_archive(layout)).stdout == "Loaded image: q.example/new:2\n"
    assert pydocker("image", "inspect", "-f", "{{.RepoDigests}}", "q.example/new:2").stdout == f"[q.example/new@{digest(manifest)}]\n"
    pydocker("rmi", "-f", digest(config), check=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello", "unexpected EOF"),
        (b"", "open .*/docker-import-[0-9]+/repositories: no such file or directory"),
        (b"hello" * 200, "archive/tar: invalid tar header"),
        (changeset({"a": b"b"}), "open .*/docker-import-[0-9]+/repositories: no such file or directory"),
        (changeset({"manifest.json": b"[{]"}), "invalid character ']' looking for beginning of object key string"),
        (gzip.compress(changeset({"a": os.urandom(5000)}))[:2000], "unexpected EOF"),
        (
            _archive({"manifest.json": [{"Config": "x.json", "RepoTags": ["a:1"], "Layers": []}]}),
            "open .*/docker-import-[0-9]+/x.json: no such file or directory",
        ),
        (
            _archive({"manifest.json": [{"Config": "x.json", "RepoTags": ["a:1"], "Layers": []}], "x.json": {}}),
            "invalid image JSON, no RootFS key",
        ),
    ],
)
def test_load_refuses(pydocker, content, message):
    done = pydocker("load", stdin=content)
    assert done.status == 1 and re.fullmatch(f"{message}\n", done.stderr), done
    assert done.stderr.count("\n") == 1


def test_save_refuses_a_terminal(pydocker, image):
    with pydocker.terminal("save", image) as terminal:
        assert terminal.wait() == 1
        assert b"cowardly refusing to save to a terminal. Use the -o flag or redirect" in terminal.output


@proves("image import", "image import --change", "image import --message", "image import --platform")
def test_import(pydocker, tmp_path):
    path = tmp_path / "root.tar"
    layer = changeset({"etc/x": b"y", "bin/z": b"w" * 5000})
    path.write_bytes(layer)
    changes = ["ENV A=1 B='two words'", "EXPOSE 80 53/udp", "WORKDIR /srv", "USER nobody", "LABEL k=v", 'VOLUME ["/data"]', "CMD run me"]
    words = [word for change in changes for word in ("-c", change)]
    done = pydocker("import", *words, "-m", "by hand", "--platform", "linux/arm64", path, "made:1", check=True)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}\n", done.stdout)
    shown = json.loads(pydocker("image", "inspect", "made:1").stdout)[0]
    assert shown["RootFS"] == {"Type": "layers", "Layers": [digest(layer)]}
    assert (shown["Architecture"], shown["Comment"]) == ("arm64", "by hand")
    assert shown["Config"] == {
        "User": "nobody",
        "ExposedPorts": {"53/udp": {}, "80/tcp": {}},
        "Env": ["A=1", "B=two words"],
        "Cmd": ["/bin/sh", "-c", "run me"],
        "Volumes": {"/data": {}},
        "WorkingDir": "/srv",
        "Labels": {"k": "v"},
        "Entrypoint": None,
        "OnBuild": None,
    }
    wrong = pydocker("import", "-c", "RUN x", path)
    assert wrong.stderr == "Error response from daemon: RUN is not a valid change command\n"
    pydocker("rmi", "made:1", check=True)


def test_hostile_archives_stay_inside(pydocker, tmp_path):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        link = tarfile.TarInfo("out")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        tar.addfile(link)
        inner = tarfile.TarInfo("out/written")
        inner.size = 1
        tar.addfile(inner, io.BytesIO(b"x"))
    pydocker("import", "-", "evil:1", stdin=out.getvalue())
    assert not (tmp_path / "written").exists()
    above = pydocker("import", "-", "evil:2", stdin=changeset({"../../../../etc/pydocker-was-here": b"x"}))
    assert above.status == 1 and not os.path.exists("/etc/pydocker-was-here")
    pydocker("rmi", "evil:1")


@proves("image history", "image history --format", "image history --quiet")
def test_history(pydocker, image):
    assert pydocker("history", "--format", "{{.Comment}}", image).stdout == "Imported from -\n"
    assert pydocker("history", "-q", image).stdout == pydocker("images", "-q", image).stdout


@proves("image prune", "image prune --all", "image prune --force", "image prune --filter")
def test_prune(pydocker, image):
    pydocker("import", "-", "keep:1", stdin=changeset({"k": b"1"}), check=True)
    dangling = pydocker("import", "-", stdin=changeset({"d": b"2" * 100_000}), check=True).stdout.strip()
    done = pydocker("image", "prune", "-f", check=True).stdout
    assert f"deleted: {dangling}\n" in done and "Total reclaimed space: 100" in done
    assert pydocker("images", "-q", "keep:1").stdout != ""
    assert pydocker("image", "prune", stdin="n\n").status == 0
    container = pydocker("create", image, "true", check=True).stdout.strip()
    assert "untagged: keep:1" in pydocker("image", "prune", "-a", "-f", check=True).stdout
    assert pydocker("images", "--format", "{{.Repository}}").stdout == "busybox\n"
    pydocker("rm", container, check=True)


def test_missing_layer_is_brought_back(pydocker, image, registry):
    name = f"{registry}/mend:1"
    pydocker("tag", image, name, check=True)
    pydocker("push", name, check=True)
    pydocker("rmi", "-f", image, name)
    pydocker("pull", name, check=True)
    diff_id = pydocker("image", "inspect", "-f", "{{index .RootFS.Layers 0}}", name).stdout.strip()
    os.rename(pydocker.root / "layers" / diff_id[7:], pydocker.home / "layer")
    for blob in (pydocker.root / "blobs" / "sha256").iterdir():
        blob.unlink()
    with tarfile.open(fileobj=io.BytesIO(pydocker("save", name, check=True).stdout_bytes)) as tar:
        assert "manifest.json" in tar.getnames()
    assert (pydocker.root / "layers" / diff_id[7:] / "diff" / "bin" / "busybox").exists()
    pydocker("rmi", name)


@proves("image save --platform", "image load --platform", "image rm --platform", "image inspect --platform", "image history --platform")
@proves("image push --platform")
def test_platform_must_be_the_images(pydocker, registry):
    """An image of one platform answers to that platform alone."""
    name = f"{registry}/own:1"
    pydocker("import", "--platform", "linux/arm64", "-", name, stdin=changeset({"p": b"q"}), check=True)
    archive = pydocker("save", "--platform", "linux/arm64", name, check=True).stdout_bytes
    refused = pydocker("save", "--platform", "linux/amd64", name)
    assert refused.stderr == "Error response from daemon: no suitable export target found for platform linux/amd64\n"
    for words in (["rmi"], ["image", "inspect"], ["history"], ["push"]):
        done = pydocker(*words, "--platform", "linux/amd64", name)
        assert done.status == 1 and "its platform (linux/arm64) does not match the specified platform (linux/amd64)" in done.stderr
    for words in (["image", "inspect"], ["history"], ["push"], ["rmi"]):
        pydocker(*words, "--platform", "linux/arm64", name, check=True)
    assert pydocker("load", "--platform", "linux/amd64", stdin=archive).stdout == "\n"
    assert pydocker("load", "--platform", "arm64", stdin=archive).stdout == f"Loaded image: {name}\n"
    pydocker("rmi", name, check=True)


@proves("image ls --all", "image history --no-trunc", "image ls --digests")
def test_intermediate_images_are_hidden(pydocker, image):
    for message in ("one", "two"):
        container = pydocker("create", "step:1" if message == "two" else image, "true", check=True).stdout.strip()
        pydocker("commit", "-m", message, "-c", f"ENV A={message}", container, "step:1", check=True)
        pydocker("rm", container, check=True)
    shown = pydocker("images", "-q", check=True).stdout.split()
    every = pydocker("images", "-a", "-q", check=True).stdout.split()
    assert len(every) == len(shown) + 1
    history = pydocker("history", "--no-trunc", "--format", "{{.ID}} {{.Comment}}", "step:1", check=True).stdout.splitlines()
    assert [line.split()[1] for line in history[:2]] == ["two", "one"] and len(history[0].split()[0]) == 71
    assert pydocker("images", "--digests", "step").stdout.splitlines()[0].split() == [
        "REPOSITORY", "TAG", "DIGEST", "IMAGE", "ID", "CREATED", "SIZE",
    ]  # fmt: skip
    removed = pydocker("rmi", "step:1", check=True).stdout
    assert removed.count("Deleted: sha256:") >= 2
    assert pydocker("images", "-a", "-q").stdout.split() == [each for each in every if each in pydocker("images", "-q").stdout]


@proves("image ls --tree")
def test_tree(pydocker, image):
    """An image a row under all its names, shortest last; headings are bold even in a pipe, as docker has them."""
    for name in ("treeish:1", "longer/treeish:2"):
        pydocker("tag", image, name, check=True)
    image_id = pydocker("images", "-q", "treeish:1").stdout.strip()
    head, legend, empty, titles, *rows = pydocker("images", "--tree", "-f", "reference=*treeish", check=True).stdout.splitlines()
    assert head == "WARNING: This is an experimental feature. The output may change and shouldn't be depended on."
    assert (legend, empty) == (" " * 62 + "Info ->  U In Use ", "")
    bold = [f"\x1b[39m\x1b[1m{title}\x1b[0m" for title in ("IMAGE", "ID", "DISK USAGE", "CONTENT SIZE", "EXTRA")]
    assert titles.split("   ")[0].startswith(bold[0]) and all(title in titles for title in bold)
    assert rows[0].split()[:2] == ["treeish:1", image_id]
    both = pydocker("images", "--tree").stdout
    assert "\nlonger/treeish:2\n" in both
    for flag, shown in (("-q", "--quiet"), ("--no-trunc", "--no-trunc"), ("--digests", "--show-digest"), ("--format=x", "--format")):
        done = pydocker("images", "--tree", flag)
        assert (done.status, done.stdout, done.stderr) == (1, "", f"{shown} is not yet supported with --tree\n")
    with pydocker.terminal("image", "ls", "--tree", "treeish:1") as terminal:
        terminal.wait()
        assert b"\x1b[93mWARNING: " in terminal.output and b"\x1b[34m\x1b[1mtreeish:1\x1b[0m" in terminal.output
    pydocker("rmi", "treeish:1", "longer/treeish:2")
