"""pull, push, login, manifest against a real registry, and against one that has a bad day."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import time
import urllib.request

import pytest

from tests.conftest import eventually, free_port, proves
from tests.middleman import PASSWORD, USER, Upload, changeset, middleman

_NOISE = os.urandom(3_000_000)


@pytest.fixture
def faulty(registry):
    with middleman(registry) as state:
        yield state


def _forget(pydocker, *refs):
    for ref in refs:
        pydocker("rmi", "-f", ref)


@proves("image push", "image pull", "image pull --quiet", "image push --quiet")
def test_push_and_pull_keep_digests(pydocker, image, registry):
    name = f"{registry}/library/box:1"
    pydocker("tag", image, name, check=True)
    pushed = pydocker("push", name, check=True).stdout.splitlines()
    assert pushed[0] == f"The push refers to repository [{registry}/library/box]"
    assert pushed[1].endswith(": Preparing") and pushed[2].split(": ")[1].startswith(("Pushed", "Mounted from"))
    digest = pushed[-1].split()[2]
    assert pushed[-1].startswith(f"1: digest: {digest} size: ")
    image_id = pydocker("image", "inspect", "-f", "{{.Id}}", name).stdout
    assert pydocker("push", name).stdout.splitlines()[2].endswith(": Layer already exists")
    assert pydocker("push", "-q", name).stdout == f"{name}\n"
    _forget(pydocker, name, image)
    pulled = pydocker("pull", name, check=True).stdout.splitlines()
    assert pulled[0] == "1: Pulling from library/box"
    assert pulled[-3:] == [f"Digest: {digest}", f"Status: Downloaded newer image for {name}", name]
    assert pydocker("image", "inspect", "-f", "{{.Id}}", name).stdout == image_id
    assert pydocker("image", "inspect", "-f", "{{index .RepoDigests 0}}", name).stdout == f"{registry}/library/box@{digest}\n"
    assert f"Status: Image is up to date for {name}" in pydocker("pull", name).stdout
    assert pydocker("pull", "-q", f"{registry}/library/box@{digest}").stdout == f"{registry}/library/box@{digest}\n"
    copied = f"{registry}/other/box:2"
    pydocker("tag", name, copied, check=True)
    assert ": Mounted from library/box" in pydocker("push", copied, check=True).stdout
    assert pydocker("push", copied).stdout.splitlines()[-1].split()[2] == digest
    _forget(pydocker, name, copied)


@proves("image pull --all-tags", "image push --all-tags")
def test_all_tags(pydocker, image, registry):
    names = [f"{registry}/all:{tag}" for tag in ("a", "b")]
    for name in names:
        pydocker("tag", image, name, check=True)
    pydocker("push", "-a", f"{registry}/all", check=True)
    _forget(pydocker, *names)
    pydocker("pull", "-a", f"{registry}/all", check=True)
    assert pydocker("images", "-f", f"reference={registry}/all", "--format", "{{.Tag}}").stdout.split() == ["a", "b"]
    _forget(pydocker, *names)


@proves("image pull")
def test_missing(pydocker, registry):
    done = pydocker("pull", f"{registry}/nosuch:1")
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr == (f"Error response from daemon: manifest for {registry}/nosuch:1 not found: manifest unknown: manifest unknown\n")
    refused = pydocker("pull", f"127.0.0.1:{free_port()}/x")
    assert refused.status == 1 and refused.stderr.endswith("connect: connection refused\n")


@proves("image pull --platform")
def test_index_by_platform(pydocker, registry):
    upload = Upload(registry, "multi")
    entries = [(each, upload.image("", [changeset({"arch": each.encode()})], architecture=each)) for each in ("arm64", "amd64")]
    digest = upload.index("1", entries)["digest"]
    name = f"{registry}/multi:1"
    pydocker("pull", "--platform", "linux/amd64", name, check=True)
    assert pydocker("image", "inspect", "-f", "{{.Architecture}} {{index .RepoDigests 0}}", name).stdout == (
        f"amd64 {registry}/multi@{digest}\n"
    )
    pydocker("pull", "--platform", "linux/arm64/v8", name, check=True)
    assert pydocker("image", "inspect", "-f", "{{.Architecture}}", name).stdout == "arm64\n"
    missing = pydocker("pull", "--platform", "linux/s390x", name)
    assert missing.stderr == "no matching manifest for linux/s390x in the manifest list entries\n"
    single = upload.image("arm", [changeset({"a": b"b"})], architecture="arm64")
    other = pydocker("pull", "--platform", "linux/amd64", f"{registry}/multi:arm")
    assert single["digest"] and "does not match the specified platform (linux/amd64)\n" in other.stdout
    _forget(pydocker, name)


@proves("image pull")
def test_zstd_layers_survive_a_push(pydocker, registry):
    digest = Upload(registry, "zstd").image("1", [changeset({"a": b"1" * 1000}), changeset({"b": _NOISE[:5000]})], compression="zstd")[
        "digest"
    ]
    name, copy = f"{registry}/zstd:1", f"{registry}/zstd2:1"
    assert f"Digest: {digest}" in pydocker("pull", name, check=True).stdout
    pydocker("tag", name, copy, check=True)
    assert pydocker("push", copy, check=True).stdout.splitlines()[-1].split()[2] == digest
    _forget(pydocker, name, copy)


def test_broken_connections_are_resumed(pydocker, registry, faulty):
    Upload(registry, "flaky").image("1", [changeset({"noise": _NOISE})])
    faulty.cut_after, faulty.cuts, faulty.busy = 400_000, 3, 2
    pydocker("pull", f"{faulty.address}/flaky:1", check=True)
    assert faulty.ranges() == ["bytes=400000-", "bytes=800000-", "bytes=1200000-"]
    _forget(pydocker, f"{faulty.address}/flaky:1")


def test_lost_pieces_of_an_upload_are_sent_again(pydocker, faulty):
    name = f"{faulty.address}/lost:1"
    pydocker("import", "-", name, stdin=changeset({"noise": os.urandom(9_000_000)}), check=True)
    faulty.lost = 2
    pydocker("push", name, check=True)
    assert faulty.lost == 0
    _forget(pydocker, name)
    pydocker("pull", name, check=True)
    _forget(pydocker, name)


def test_a_later_command_goes_on(pydocker, registry, faulty):
    """A pull that is killed in the middle leaves what it has to the next one."""
    Upload(registry, "later").image("1", [changeset({"noise": _NOISE[::-1]})])
    faulty.cut_after, faulty.cuts = 500_000, 1000
    process = pydocker.start("pull", f"{faulty.address}/later:1")
    eventually(lambda: faulty.ranges(), what="the second try")
    process.kill()
    process.communicate()
    faulty.cuts = 0
    begin = len(faulty.ranges())
    pydocker("pull", f"{faulty.address}/later:1", check=True)
    first = int(faulty.ranges()[begin].removeprefix("bytes=").rstrip("-"))
    assert first >= 500_000
    assert not [name for name in os.listdir(pydocker.root / "tmp") if name.startswith("layer-")]
    _forget(pydocker, f"{faulty.address}/later:1")


def test_wrong_digest(pydocker, registry, faulty):
    Upload(registry, "wrong").image("1", [changeset({"noise": _NOISE[1:]})])
    faulty.flip = True
    done = pydocker("pull", f"{faulty.address}/wrong:1")
    assert done.status == 1
    assert done.stderr.startswith("filesystem layer verification failed for digest sha256:")
    assert pydocker("images", "-q", f"{faulty.address}/wrong").stdout == ""
    faulty.flip = False
    pydocker("pull", f"{faulty.address}/wrong:1", check=True)
    _forget(pydocker, f"{faulty.address}/wrong:1")


def test_redirects_do_not_carry_credentials(pydocker, registry, faulty):
    Upload(registry, "elsewhere").image("1", [changeset({"x": b"y"})])
    with middleman(registry) as storage:
        faulty.auth, faulty.elsewhere = "token", storage.address
        pydocker("pull", f"{faulty.address}/elsewhere:1", check=True)
        assert storage.seen and not [each for each in storage.seen if each[3]]
    _forget(pydocker, f"{faulty.address}/elsewhere:1")


@proves("login", "login --username", "login --password-stdin", "logout")
def test_token_authentication(pydocker, image, registry, faulty):
    faulty.auth = "token"
    name = f"{faulty.address}/private:1"
    pydocker("tag", image, name, check=True)
    denied = pydocker("push", name)
    assert denied.status == 1 and "denied" in denied.stderr
    wrong = pydocker("login", "-u", USER, "--password-stdin", faulty.address, stdin="nope")
    assert wrong.status == 1 and "unauthorized: incorrect username or password" in wrong.stderr
    done = pydocker("login", "-u", USER, "--password-stdin", faulty.address, stdin=PASSWORD + "\n")
    assert (done.status, done.stdout) == (0, "Login Succeeded\n")
    config = pydocker.home / ".docker" / "config.json"
    assert done.stderr == (
        f"\nWARNING! Your credentials are stored unencrypted in '{config}'.\nConfigure a credential helper to remove this warning. See\n"
        "https://docs.docker.com/go/credential-store/\n\n"
    )
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    pydocker("push", name, check=True)
    assert "repository:private:pull,push" in faulty.scopes
    assert pydocker("logout", faulty.address).stdout == f"Removing login credentials for {faulty.address}\n"
    assert json.loads(config.read_text())["auths"] == {}
    assert pydocker("push", name).status == 1
    _forget(pydocker, name)


@proves("login --password")
def test_basic_authentication_and_helpers(pydocker, image, tmp_path):
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed")
    address = f"127.0.0.1:{free_port()}"
    (tmp_path / "htpasswd").write_text(f"{USER}:$2y$05$abcdefghijklmnopqrstuuKcS.CYWVYVaLiiCKrrc0A5s3mGesJ9O\n")
    (tmp_path / "config.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/data}}}}\nhttp: {{addr: '{address}'}}\n"
        f"auth: {{htpasswd: {{realm: test, path: {tmp_path}/htpasswd}}}}\n"
    )
    config = pydocker.home / ".docker" / "config.json"
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen([program, "serve", str(tmp_path / "config.yml")], stdout=log, stderr=log)
    try:
        eventually(lambda: _answers(address), what="the registry answers")
        name = f"{address}/box:1"
        pydocker("tag", image, name, check=True)
        refused = pydocker("push", name)
        assert refused.status == 1 and "no basic auth credentials" in refused.stderr
        wrong = pydocker("login", "-u", USER, "-p", "nope", address)
        assert wrong.stderr == (
            "WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n"
            f"Error response from daemon: login attempt to http://{address}/v2/ failed with status: 401 Unauthorized\n"
        )
        helper = pydocker.bin / "docker-credential-test"
        helper.write_text(
            f"#!/bin/sh\ncase $1 in store) cat > {tmp_path}/secret;; get) cat > {tmp_path}/asked; cat {tmp_path}/secret 2>/dev/null ||"
            f' {{ echo "credentials not found in native keychain"; exit 1; }};; erase) rm -f {tmp_path}/secret;; esac\n'
        )
        helper.chmod(0o755)
        config.parent.mkdir(exist_ok=True)
        config.write_text(json.dumps({"credHelpers": {address: "test"}, "detachKeys": "ctrl-x"}))
        done = pydocker("login", "-u", USER, "--password-stdin", address, stdin=PASSWORD)
        assert (done.stdout, done.stderr) == ("Login Succeeded\n", "")
        assert json.loads((tmp_path / "secret").read_text()) == {"ServerURL": address, "Username": USER, "Secret": PASSWORD}
        assert json.loads(config.read_text()) == {"credHelpers": {address: "test"}, "detachKeys": "ctrl-x", "auths": {address: {}}}
        pydocker("push", name, check=True)
        assert (tmp_path / "asked").read_text() == address
        pydocker("logout", address, check=True)
        assert not (tmp_path / "secret").exists()
        assert "no basic auth credentials" in pydocker("pull", name).stderr
        pydocker("rmi", name)
    finally:
        config.unlink(missing_ok=True)
        process.terminate()
        process.wait(10)


def _answers(address):
    try:
        urllib.request.urlopen(f"http://{address}/v2/", timeout=1).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@proves("manifest create", "manifest create --amend", "manifest create --insecure", "manifest inspect", "manifest inspect --verbose")
@proves("manifest annotate", "manifest annotate --arch", "manifest annotate --os", "manifest annotate --variant", "manifest rm")
@proves("manifest annotate --os-version", "manifest annotate --os-features", "manifest push", "manifest push --purge")
@proves("manifest inspect --insecure", "manifest push --insecure")
def test_manifest_lists(pydocker, registry):
    for arch in ("amd64", "arm64"):
        Upload(registry, f"part-{arch}").image("1", [changeset({"arch": arch.encode()})], architecture=arch)
    whole, parts = f"{registry}/whole:1", [f"{registry}/part-{arch}:1" for arch in ("amd64", "arm64")]
    assert pydocker("manifest", "create", "--insecure", whole, parts[0]).stdout == f"Created manifest list {whole}\n"
    refused = pydocker("manifest", "create", whole, parts[1])
    assert (refused.status, refused.stderr) == (1, "refusing to amend an existing manifest list with no --amend flag\n")
    pydocker("manifest", "create", "--amend", whole, parts[1], check=True)
    flags = ["--arch", "arm", "--os", "linux", "--variant", "v6", "--os-version", "9", "--os-features", "a,b"]
    pydocker("manifest", "annotate", *flags, whole, parts[1], check=True)
    lines = pydocker("manifest", "push", "--purge", "--insecure", whole, check=True).stdout.splitlines()
    assert lines[0].startswith(f"Pushed ref {registry}/whole@sha256:") and lines[-1].startswith("sha256:")
    gone = pydocker("manifest", "rm", whole)
    assert (gone.status, gone.stderr) == (1, f"No such manifest: {whole}\n")
    shown = json.loads(pydocker("manifest", "inspect", "--insecure", whole, check=True).stdout)
    assert [each["platform"] for each in shown["manifests"]] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm", "os": "linux", "os.version": "9", "os.features": ["a", "b"], "variant": "v6"},
    ]
    verbose = json.loads(pydocker("manifest", "inspect", "-v", whole, check=True).stdout)
    assert [each["Descriptor"]["digest"] for each in verbose] == [each["digest"] for each in shown["manifests"]]
    assert pydocker("manifest", "inspect", f"{registry}/whole:2").stderr == f"no such manifest: {registry}/whole:2\n"
    pydocker("manifest", "create", whole, parts[0], check=True)
    pydocker("manifest", "rm", whole, check=True)


def test_pulls_at_once_share_the_work(pydocker, registry, faulty):
    Upload(registry, "shared").image("1", [changeset({"n": _NOISE[7:]}), changeset({"m": _NOISE[9:]})])
    processes = [pydocker.start("pull", "-q", f"{faulty.address}/shared:1") for _ in range(6)]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, (out, err)
    blobs = [path for method, path, _, _ in faulty.seen if method == "GET" and "/blobs/" in path]
    assert len([path for path in set(blobs) if blobs.count(path) == 1]) >= 2
    _forget(pydocker, f"{faulty.address}/shared:1")


def test_killed_pulls_leave_nothing(pydocker, registry):
    """Whenever a pull is killed, a prune finds all that it left, and a later pull works."""
    layers = [changeset({f"d{number}/f{each}": _NOISE[each * 1000 : each * 1000 + 5000] for each in range(300)}) for number in range(4)]
    Upload(registry, "killed").image("1", layers)
    name = f"{registry}/killed:1"
    pydocker("image", "prune", "-f", check=True)
    before = _stored(pydocker)
    for delay_s in (0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        process = pydocker.start("pull", name)
        time.sleep(delay_s)
        process.kill()
        process.communicate()
        if pydocker("images", "-q", name).stdout:
            pydocker("rmi", "-f", name, check=True)
        pydocker("image", "prune", "-f", check=True)
        assert _stored(pydocker) == before
    pydocker("pull", name, check=True)
    assert len(_stored(pydocker)[0]) == len(before[0]) + 4
    pydocker("rmi", "-f", name, check=True)
    assert _stored(pydocker) == before


def _stored(pydocker):
    """Names of the layers and of what is being made."""
    return set(os.listdir(pydocker.root / "layers")), set(os.listdir(pydocker.root / "partial")), set(os.listdir(pydocker.root / "tmp"))


def test_image_of_another_architecture(pydocker, registry):
    Upload(registry, "foreign").image("1", [changeset({"hello": b"\x7fELF"})], architecture="s390x")
    name = f"{registry}/foreign:1"
    done = pydocker("create", "--name", "foreign", name)
    assert done.status == 0
    assert "WARNING: The requested image's platform (linux/s390x) does not match the detected host platform (linux/" in done.stderr
    pydocker("rm", "foreign", check=True)
    assert "WARNING" not in pydocker("create", "--name", "foreign", "--platform", "linux/s390x", name, check=True).stderr
    pydocker("rm", "foreign", check=True)
    _forget(pydocker, name)
