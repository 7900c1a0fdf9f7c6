"""Graph drivers, each by the same tests: what containers see, change, keep and hand on."""

from __future__ import annotations

import io
import json
import os
import tarfile

import pytest

from tests.conftest import eventually, proves

DRIVERS = ("overlay", "fuse-overlayfs", "vfs")


def lacking(pydocker, image, driver):
    """What fuse-overlayfs lacks here, "" for a driver that works."""
    probe = pydocker("run", "--rm", "--network", "none", image, "true", env={"PYDOCKER_STORAGE_DRIVER": driver})
    if probe.status and driver == "fuse-overlayfs" and ("not installed" in probe.stderr or "/dev/fuse" in probe.stderr):
        return probe.stderr.strip()
    assert probe.status == 0, probe
    return ""


@pytest.fixture(params=DRIVERS)
def driver(request, pydocker, image):
    """Environment that forces a driver."""
    lack = lacking(pydocker, image, request.param)
    if lack:
        pytest.skip(lack)
    return {"PYDOCKER_STORAGE_DRIVER": request.param}


def run(pydocker, driver, *words, **more):
    return pydocker("run", "--network", "none", *words, env=driver, **more)


def tar(*members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.mode = kind, 0o755
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                member.linkname, content = content, b""
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def owner_after_chown(pydocker, image):
    """What `chown 5:6` leads to: with a single id in the user namespace owners can't be kept."""
    return pydocker("run", "--rm", "--network", "none", image, "sh", "-c", "touch /x; chown 5:6 /x; stat -c %u:%g /x").stdout.strip()


@proves("container diff", "container commit", "container export")
def test_changes_are_seen_committed_and_exported(pydocker, image, driver):
    script = (
        "mkdir /n; echo x > /n/f; ln /n/f /n/hard; rm /etc/group; echo y >> /etc/passwd; rm -r /home; mkdir /home; echo new > /home/h;"
        " chown 5:6 /n/f; chmod 4711 /n/f; mkfifo /n/fifo; mv /usr/sbin /usr/moved"
    )
    run(pydocker, driver, "--name", "c1", image, "sh", "-c", script, check=True)
    lines = pydocker("diff", "c1", env=driver, check=True).stdout.splitlines()
    changes = {line[2:]: line[0] for line in lines}
    assert {path: kind for path, kind in changes.items() if not path.startswith(("/usr", "/home"))} == {
        **dict.fromkeys(("/n", "/n/f", "/n/hard", "/n/fifo"), "A"),
        **dict.fromkeys(("/etc", "/etc/passwd"), "C"),
        "/etc/group": "D",
    }
    assert changes["/usr/sbin"] == "D"
    assert changes["/usr/moved"] == "A"
    pydocker("commit", "c1", "made:1", env=driver, check=True)
    look = (
        "stat -c '%u:%g %a %h' /n/f; cat /n/hard /home/h; ls /home; ls /etc/group; ls -d /usr/sbin; tail -n1 /etc/passwd;"
        " test -p /n/fifo && echo fifo"
    )
    seen = run(pydocker, driver, "--rm", "made:1", "sh", "-c", look).stdout
    assert seen == f"{owner_after_chown(pydocker, image)} 4711 2\nx\nnew\nh\ny\nfifo\n"
    names = tarfile.open(fileobj=io.BytesIO(pydocker("export", "c1", env=driver).stdout_bytes)).getnames()
    assert "n/f" in names
    assert "etc/group" not in names
    assert not [name for name in names if ".wh." in name]
    pydocker("rm", "c1", env=driver, check=True)
    pydocker("rmi", "made:1", env=driver, check=True)


@proves("container commit")
def test_nothing_changed_is_an_empty_layer(pydocker, image, driver):
    run(pydocker, driver, "--name", "same", image, "true", check=True)
    assert pydocker("diff", "same", env=driver).stdout == ""
    made = pydocker("commit", "same", env=driver, check=True).stdout.strip()
    layers = "{{json .RootFS.Layers}}"
    assert pydocker("image", "inspect", "-f", layers, made).stdout == pydocker("image", "inspect", "-f", layers, image).stdout
    pydocker("rm", "same", check=True)
    pydocker("rmi", made, check=True)


def test_files_last_as_long_as_the_container(pydocker, image, driver):
    run(pydocker, driver, "--name", "keeps", image, "sh", "-c", "echo $(cat /count 2>/dev/null)x > /count; cat /count", check=True)
    assert pydocker("start", "-a", "keeps", env=driver).stdout == "xx\n"
    assert pydocker("start", "-a", "keeps", env=driver).stdout == "xxx\n"


@proves("container cp")
def test_copying_while_it_runs_and_after(pydocker, image, driver, tmp_path):
    big = os.urandom(3 << 20)
    (tmp_path / "big").write_bytes(big)
    run(pydocker, driver, "-d", "--name", "c1", "-v", "vol:/data", image, "sleep", "1000", check=True)
    for _ in range(2):
        pydocker("cp", tmp_path / "big", "c1:/data/", env=driver, check=True)
        pydocker("cp", tmp_path / "big", "c1:/root/b", env=driver, check=True)
        pydocker("cp", "c1:/root/b", tmp_path / "back", env=driver, check=True)
        assert (tmp_path / "back").read_bytes() == big
        assert (tmp_path / "back").stat().st_uid == os.getuid()
        (tmp_path / "back").unlink()
        pydocker("stop", "-t", "0", "c1", env=driver, check=True)
    assert run(pydocker, driver, "--rm", "-v", "vol:/v:ro", image, "stat", "-c", "%u %s", "/v/big").stdout == f"0 {len(big)}\n"
    pydocker("rm", "c1", env=driver, check=True)
    pydocker("volume", "rm", "vol", check=True)


def test_whiteouts_of_layers(pydocker, driver, busybox_rootfs):
    """An image whose upper layers remove, replace and hide what is below, seen through every driver."""
    pydocker("import", busybox_rootfs, "base:1", check=True)
    run(
        pydocker,
        driver,
        "--name",
        "l1",
        "base:1",
        "sh",
        "-c",
        "mkdir -p /a/b /o; echo 1 > /a/b/x; echo 1 > /o/old; echo 1 > /f",
        check=True,
    )
    pydocker("commit", "l1", "base:2", env=driver, check=True)
    run(
        pydocker,
        driver,
        "--name",
        "l2",
        "base:2",
        "sh",
        "-c",
        "rm -r /a /o /f; mkdir /o /f; echo 2 > /o/new; echo 2 > /f/inner",
        check=True,
    )
    pydocker("commit", "l2", "base:3", env=driver, check=True)
    for each in DRIVERS:
        env = {"PYDOCKER_STORAGE_DRIVER": each}
        seen = pydocker("run", "--rm", "--network", "none", "base:3", "sh", "-c", "ls -d /a; ls /o /f; cat /f/inner", env=env)
        assert seen.stdout == "/f:\ninner\n\n/o:\nnew\n2\n", (each, seen)
    pydocker("rm", "l1", "l2", check=True)
    pydocker("rmi", "base:3", "base:2", "base:1", check=True)


def test_many_layers(pydocker, image, driver):
    """As many as docker allows."""
    if driver["PYDOCKER_STORAGE_DRIVER"] != "overlay":
        count = 20
    else:
        count = 126
    lines = [f"FROM {image}", *(f"COPY f{number} /many/" for number in range(count))]
    context = tar(
        ("Dockerfile", tarfile.REGTYPE, "\n".join(lines).encode()),
        *((f"f{number}", tarfile.REGTYPE, str(number).encode()) for number in range(count)),
    )
    pydocker("build", "-t", "many", "-", stdin=context, env=driver, check=True)
    assert run(pydocker, driver, "--rm", "many", "sh", "-c", "cat /many/f0; ls /many | wc -l").stdout == f"0{count}\n"
    pydocker("rmi", "many", check=True)


def test_fuse_overlayfs_ends_with_its_container(pydocker, image):
    env = {"PYDOCKER_STORAGE_DRIVER": "fuse-overlayfs"}
    started = pydocker("run", "-d", "--name", "fuse", "--network", "none", image, "sleep", "1000", env=env)
    if started.status:
        pytest.skip(started.stderr.strip())
    container_id = started.stdout.strip()

    def serving():
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    line = file.read()
            except OSError:
                continue
            if line.startswith(b"fuse-overlayfs\0") and container_id.encode() in line:
                found.append(pid)
        return found

    eventually(lambda: len(serving()) == 1, what="one fuse-overlayfs, which becomes a daemon by a fork")
    pydocker("rm", "-f", "fuse", check=True)
    eventually(lambda: not serving(), what="fuse-overlayfs ends")


def test_unknown_driver(pydocker, image):
    refused = pydocker("run", "--rm", image, "true", env={"PYDOCKER_STORAGE_DRIVER": "btrfs"})
    assert (refused.status, refused.stdout) == (125, "")
    assert "driver not supported: btrfs" in refused.stderr


@proves("build", "buildx build")
def test_a_layer_says_what_changed_whatever_the_driver(pydocker, image, context):
    """What overlays leave besides (copies of files only opened, opaque marks, whiteouts of nothing) is in no layer and no digest."""
    context("from/a/file", "from the context")
    lines = (
        f"FROM {image}",
        "RUN mkdir -p /d/kept /d/old/deep /e && echo 1 | tee /d/old/deep/x /d/kept/y /e/z && touch -d @1 /d/kept/y /d/same",
        "RUN : >> /d/same; chmod 0755 /d/kept; echo 1 > /d/none; rm /d/none; mkdir /e/new; touch /e/new/f; rm -r /e/new",
        "RUN rm -r /d/old && mkdir -p /d/old/deep && echo 2 > /d/old/deep/new && mv /e /moved && ln -s /moved /e",
        "COPY from /d/copied",
        "WORKDIR /d/work/below",
        "COPY --link from /linked/",
    )
    context("Dockerfile", "\n".join(lines))
    contents = {}
    drivers = [each for each in DRIVERS if not lacking(pydocker, image, each)]
    for each in drivers:
        env = {"PYDOCKER_STORAGE_DRIVER": each, "SOURCE_DATE_EPOCH": "1000"}
        output = ("--output", "type=image,rewrite-timestamp=true")
        pydocker("build", "--no-cache", "-t", f"built-{each}", *output, context.path, env=env, check=True)
        layers = pydocker("inspect", "-f", "{{json .RootFS.Layers}}", f"built-{each}", check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(pydocker("save", f"built-{each}", check=True).stdout_bytes)) as archive:
            manifest = json.load(archive.extractfile("manifest.json"))
            names = [tarfile.open(fileobj=archive.extractfile(name)).getnames() for name in manifest[0]["Layers"][1:]]
        contents[each] = (names, layers)
    first = contents[drivers[0]]
    assert [sorted(names) for names in first[0]] == [
        sorted(["d", "d/kept", "d/kept/y", "d/old", "d/old/deep", "d/old/deep/x", "d/same", "e", "e/z"]),
        [],
        sorted(["d", "d/old", "d/old/deep", "d/old/deep/new", "d/old/deep/.wh.x", "moved", "moved/z", "e"]),
        sorted(["d", "d/copied", "d/copied/a", "d/copied/a/file"]),
        sorted(["d", "d/work", "d/work/below"]),
        sorted(["linked", "linked/a", "linked/a/file"]),
    ]
    for each in drivers[1:]:
        assert contents[each] == first
    pydocker("rmi", *(f"built-{each}" for each in drivers), check=True)


@proves("build")
def test_a_built_layer_is_the_same_for_every_driver(pydocker, image, driver):
    """RUN replaces and removes directories; what it made is then seen through each of the drivers."""
    lines = (
        f"FROM {image}",
        "RUN mkdir -p /a/b /gone && echo 1 > /a/b/old && echo 1 > /gone/x",
        "RUN rm -r /a /gone && mkdir /a && echo 2 > /a/new && head -c 2000000 /dev/urandom > /big && md5sum /big > /sum",
    )
    pydocker("build", "--no-cache", "-t", "built", "-", stdin="\n".join(lines), env=driver, check=True)
    for each in DRIVERS:
        env = {"PYDOCKER_STORAGE_DRIVER": each}
        seen = pydocker("run", "--rm", "--network", "none", "built", "sh", "-c", "ls -A /a; ls -d /gone; md5sum -c /sum", env=env)
        assert seen.stdout == "new\n/big: OK\n", (each, seen)
    pydocker("rmi", "built", check=True)
