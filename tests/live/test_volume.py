"""Volumes: made, listed, used, filled from images, removed."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.conftest import proves
from tests.live.test_storage import owner_after_chown


@proves("volume create", "volume create --label", "volume inspect", "volume inspect --format", "volume rm")
def test_one_volume(pydocker):
    assert pydocker("volume", "create", "--label", "a=1", "vv").stdout == "vv\n"
    assert pydocker("volume", "create", "vv").stdout == "vv\n"
    shown = json.loads(pydocker("volume", "inspect", "vv").stdout)
    assert list(shown[0]) == ["CreatedAt", "Driver", "Labels", "Mountpoint", "Name", "Options", "Scope"]
    assert (shown[0]["Labels"], shown[0]["Options"], shown[0]["Scope"]) == ({"a": "1"}, None, "local")
    missing = pydocker("volume", "inspect", "-f", "{{.Name}}", "vv", "nosuch")
    assert (missing.status, missing.stdout, missing.stderr) == (1, "vv\n", "Error response from daemon: get nosuch: no such volume\n")
    assert pydocker("volume", "rm", "vv").stdout == "vv\n"
    again = pydocker("volume", "rm", "vv")
    assert (again.status, again.stderr) == (1, "Error response from daemon: get vv: no such volume\n")
    assert pydocker("volume", "rm", "a/b").stderr == "Error response from daemon: get a/b: no such volume\n"
    assert pydocker("volume", "rm", "-f", "vv").status == 0


@proves("volume create --driver", "volume create --opt")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("x",), "create x: volume name is too short, names should be at least two alphanumeric characters"),
        (
            ("a" * 300,),
            f"create {'a' * 300}: error while creating volume root path '.*/{'a' * 300}': mkdir .*/{'a' * 300}: file name too long",
        ),
        (("-d", "default", "vv"), 'create vv: error looking up volume plugin default: plugin "default" not found'),
        (("-o", "nosuch=1", "vv"), 'create vv: invalid option: "nosuch"'),
        (("-o", "type=tmpfs", "vv"), 'create vv: missing required option: "device"'),
        (("-d", "nosuch", "vv"), 'create vv: error looking up volume plugin nosuch: plugin "nosuch" not found'),
    ],
)
def test_refusals(pydocker, words, message):
    refused = pydocker("volume", "create", *words)
    assert refused.status == 1
    assert re.fullmatch(f"Error response from daemon: {message}\n", refused.stderr)


@proves(
    "volume ls",
    "volume ls --filter",
    "volume ls --format",
    "volume ls --quiet",
    "volume prune",
    "volume prune --all",
    "volume prune --force",
)
def test_listing_use_and_prune(pydocker, image):
    pydocker("volume", "create", "--label", "k=1", "va", check=True)
    pydocker("volume", "create", "vb", check=True)
    pydocker("create", "--name", "c1", "-v", "va:/x", "-v", "/anonymous", image, check=True)

    def names(*words):
        return pydocker("volume", "ls", "-q", *words, check=True).stdout.split()

    anonymous = [name for name in names() if len(name) == 64]
    assert len(anonymous) == 1
    assert names("-f", "dangling=true") == ["vb"]
    assert sorted(names("-f", "dangling=false")) == sorted(["va", *anonymous])
    assert names("-f", "label=k") == names("-f", "label=k=1") == ["va"]
    assert names("-f", "name=va", "-f", "name=vb") == ["va", "vb"]
    assert pydocker("volume", "ls", "--format", "{{.Driver}} {{.Name}}", "-f", "name=vb").stdout == "local vb\n"
    used = pydocker("volume", "rm", "va")
    container_id = pydocker("inspect", "-f", "{{.Id}}", "c1").stdout.strip()
    assert (used.status, used.stderr) == (1, f"Error response from daemon: remove va: volume is in use - [{container_id}]\n")
    pydocker("rm", "c1", check=True)
    assert pydocker("volume", "prune", "-f").stdout == f"Deleted Volumes:\n{anonymous[0]}\n\nTotal reclaimed space: 0B\n"
    pydocker("run", "--rm", "-v", "vb:/v", image, "sh", "-c", "head -c 1000 /dev/zero > /v/f", check=True)
    assert pydocker("volume", "prune", "-af").stdout == "Deleted Volumes:\nva\nvb\n\nTotal reclaimed space: 1kB\n"


@proves("container run --volume")
def test_a_new_volume_is_filled_from_the_image(pydocker, image):
    script = "mkdir -p /real/s; echo 1 > /real/s/x; ln /real/s/x /real/y; chown 5:6 /real; chmod 711 /real; ln -s real /app"
    pydocker("run", "--name", "base", image, "sh", "-c", script, check=True)
    pydocker("commit", "base", "app", check=True)
    many = [pydocker.start("run", "--rm", "-v", "filled:/app", "app", "sh", "-c", "cat /app/s/x") for _ in range(4)]
    assert [process.communicate(timeout=60)[0] for process in many] == [b"1\n"] * 4
    seen = pydocker("run", "--rm", "-v", "filled:/v", image, "sh", "-c", "stat -c '%u:%g %a' /v; stat -c %h /v/y; rm -r /v/s", check=True)
    assert seen.stdout == f"{owner_after_chown(pydocker, image)} 711\n2\n"
    assert pydocker("run", "--rm", "-v", "filled:/app", "app", "ls", "/app").stdout == "y\n"  # not filled again
    assert pydocker("run", "--rm", "--mount", "type=volume,src=bare,dst=/app,volume-nocopy", "app", "ls", "/app").stdout == ""
    pydocker("rm", "base", check=True)
    pydocker("rmi", "app", check=True)
    pydocker("volume", "rm", "filled", "bare", check=True)


@proves("container run --rm")
def test_anonymous_volumes_go_with_rm(pydocker, image):
    pydocker("volume", "create", "stays", check=True)
    pydocker("run", "--rm", "-v", "/anonymous", "-v", "stays:/s", image, "true", check=True)
    assert pydocker("volume", "ls", "-q").stdout == "stays\n"
    pydocker("volume", "rm", "stays", check=True)


@proves("volume create --opt")
def test_mount_options(pydocker, image, tmp_path):
    (tmp_path / "f").write_text("bound\n")
    pydocker("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", f"device={tmp_path}", "bound", check=True)
    assert pydocker("run", "--rm", "-v", "bound:/v", image, "cat", "/v/f").stdout == "bound\n"
    pydocker("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m", "memory", check=True)
    assert pydocker("run", "--rm", "-v", "memory:/v", image, "sh", "-c", "stat -f -c %T /v").stdout == "tmpfs\n"
    for name, words, kept in (
        ("locked", f"type=none o=bind,ro device={tmp_path}", "ro"),
        ("bare", "type=tmpfs device=x o=noexec", "noexec"),
    ):
        pydocker("volume", "create", *(part for word in words.split(" ") for part in ("-o", word)), name, check=True)
        shown = pydocker("run", "--rm", "-v", f"{name}:/v", image, "grep", " /v ", "/proc/mounts", check=True).stdout
        assert kept in shown.split()[3].split(",")
    pydocker("volume", "create", "-o", "type=none", "-o", "o=bind", "-o", "device=tests", "relative", check=True)
    assert "mount tests:" in pydocker("run", "--rm", "-v", "relative:/v", image, "true").stderr  # not below the working directory
    pydocker("volume", "rm", "bound", "memory", "locked", "bare", "relative", check=True)
    assert (tmp_path / "f").read_text() == "bound\n"


def test_files_of_subordinate_owners_are_removed(pydocker, image):
    pydocker(
        "run", "--rm", "-v", "owned:/v", image, "sh", "-c", "mkdir /v/d; touch /v/d/f; chown -R 1000:1000 /v/d; chmod 0 /v/d", check=True
    )
    pydocker("volume", "rm", "owned", check=True)
    left = subprocess.run(["find", str(pydocker.root / "volumes"), "-name", "owned"], capture_output=True, text=True)
    assert left.stdout == ""


@proves("container run --volume", "container run --tmpfs")
def test_mounts_in_order(pydocker, image):
    """Places further out come first, whatever asked for them, and names and addresses stay where all of /etc is something else."""
    look = "grep -c localhost /etc/hosts; grep -c . /etc/resolv.conf; grep -o ' /a[^ ]*' /proc/mounts"
    seen = pydocker("run", "--rm", "--tmpfs", "/a/b", "-v", "outer:/a", "-v", "etc:/etc", image, "sh", "-c", look, check=True)
    counts, places = seen.stdout.split()[:2], seen.stdout.split()[2:]
    assert "0" not in counts
    assert places == ["/a", "/a/b"]
    assert int(pydocker("run", "--rm", "--tmpfs", "/etc", image, "grep", "-c", "localhost", "/etc/hosts", check=True).stdout)
    pydocker("volume", "rm", "outer", "etc", check=True)
