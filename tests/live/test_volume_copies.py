"""What docker has not: volumes cloned, exported, imported and renamed; and the copy from an image into a new volume under faults."""

from __future__ import annotations

import os
import signal
import subprocess
import tarfile
import time

from tests.conftest import proves
from tests.live.test_storage import owner_after_chown

_TREE = (
    "mkdir -p /v/d/e; echo 1 > /v/d/f; ln /v/d/f /v/hard; ln -s d/f /v/soft; chown -R 5:6 /v/d; chmod 4711 /v/d/f; mkfifo /v/p;"
    " truncate -s 300M /v/sparse; echo end >> /v/sparse; touch -d '2001-02-03 04:05:06' /v/d/e /v/soft; chown 7:8 /v; chmod 1771 /v"
)
_LOOK = (
    "cd /v; stat -c '%n %u:%g %a %h %F' . d d/e d/f hard soft p sparse | sort; stat -c '%Y' d/e; readlink soft; cat d/f;"
    " [ d/f -ef hard ] && echo linked; tail -c 4 sparse; stat -c %s sparse; [ $(du -k sparse | cut -f1) -lt 1000 ] && echo holes"
)


def _look(pydocker, image, volume):
    return pydocker("run", "--rm", "-v", f"{volume}:/v", image, "sh", "-c", _LOOK, check=True).stdout


@proves("volume clone", "volume export", "volume export --output", "volume import", "volume rename")
def test_copies_are_faithful(pydocker, image, tmp_path):
    pydocker("run", "--rm", "-v", "one:/v", image, "sh", "-c", _TREE, check=True)
    before = _look(pydocker, image, "one")
    assert before.splitlines()[-1] == "holes"
    assert "linked" in before
    assert pydocker("volume", "clone", "one", "two").stdout == "two\n"
    assert _look(pydocker, image, "two") == before
    path = tmp_path / "one.tar"
    pydocker("volume", "export", "-o", str(path), "one", check=True)
    assert path.stat().st_size < 1 << 20
    with tarfile.open(path) as archive:
        assert archive.getmember("./sparse").size == (300 << 20) + 4
    assert pydocker("volume", "import", "three", str(path)).stdout == "three\n"
    assert _look(pydocker, image, "three") == before
    piped = f"{pydocker.command} volume export one | gzip | {pydocker.command} volume import four -"
    subprocess.run(["sh", "-ec", piped], env=pydocker.env, check=True, capture_output=True)
    assert _look(pydocker, image, "four") == before
    pydocker("run", "--rm", "-v", "four:/v", image, "sh", "-c", "rm /v/d/f; mkdir /v/d/f; echo own > /v/own; chmod 700 /v", check=True)
    pydocker("volume", "import", "four", str(path), check=True)  # over what is there
    assert _look(pydocker, image, "four").replace(" 1 ", " 2 ") == before.replace(" 1 ", " 2 ")
    assert pydocker("run", "--rm", "-v", "four:/v", image, "cat", "/v/own").stdout == "own\n"
    assert not os.listdir(pydocker.root / "tmp")
    pydocker("volume", "rm", "one", "two", "three", "four", check=True)


@proves("volume rename")
def test_rename_is_followed(pydocker, image):
    mount = "type=volume,src=old,dst=/m,volume-subpath=s"
    pydocker("run", "--rm", "-v", "old:/v", image, "mkdir", "/v/s", check=True)
    pydocker("run", "-d", "--name", "user", "-v", "old:/v:ro", "--mount", mount, image, "sleep", "60", check=True)
    pydocker("volume", "rename", "old", "new", check=True)
    assert pydocker("exec", "user", "sh", "-c", "touch /m/f; ls /v/s").stdout == "f\n"
    shown = pydocker(
        "inspect", "-f", "{{(index .HostConfig.Mounts 0).Source}} {{.HostConfig.Binds}} {{range .Mounts}}{{.Name}} {{end}}", "user"
    )
    assert shown.stdout == "new [new:/v:ro] new new \n"
    pydocker("restart", "-t", "0", "user", check=True)
    assert pydocker("exec", "user", "ls", "/m").stdout == "f\n"
    assert "volume is in use" in pydocker("volume", "rm", "new").stderr
    pydocker("volume", "create", "old", check=True)
    for words, message in (
        (("rename", "new", "old"), "rename new: a volume named old exists already"),
        (("rename", "nosuch", "x1"), "get nosuch: no such volume"),
        (("rename", "new", "x"), "rename new: volume name is too short, names should be at least two alphanumeric characters"),
        (("rename", "new", "new"), "rename new: the new name is the old one"),
        (("clone", "new", "old"), "create old: a volume of this name exists already"),
        (("clone", "nosuch", "x1"), "get nosuch: no such volume"),
        (("export", "nosuch"), "get nosuch: no such volume"),
    ):
        refused = pydocker("volume", *words)
        assert (refused.status, refused.stderr) == (1, f"Error response from daemon: {message}\n")
    pydocker("rm", "-f", "user", check=True)
    pydocker("volume", "rm", "old", "new", check=True)


def test_a_broken_import_changes_nothing(pydocker, image, tmp_path):
    pydocker("run", "--rm", "-v", "big:/v", image, "sh", "-c", "head -c 3000000 /dev/urandom > /v/f", check=True)
    path = tmp_path / "big.tar"
    pydocker("volume", "export", "-o", str(path), "big", check=True)
    with open("/dev/full", "wb") as full:
        lost = subprocess.run([pydocker.command, "volume", "export", "big"], env=pydocker.env, stdout=full, stderr=subprocess.PIPE)
    assert (lost.returncode, lost.stderr) == (1, b"write /dev/stdout: no space left on device\n")
    path.write_bytes(path.read_bytes()[:2000000])
    pydocker("volume", "create", "keeps", check=True)
    for name in ("keeps", "none"):
        failed = pydocker("volume", "import", name, str(path))
        assert (failed.status, failed.stderr) == (1, "Error response from daemon: unexpected EOF\n")
    nothing = pydocker("volume", "import", "none", "-")
    assert (nothing.status, nothing.stderr) == (1, "Error response from daemon: unexpected EOF\n")
    assert pydocker("volume", "ls", "-q").stdout == "big\nkeeps\n"  # and none
    assert pydocker("run", "--rm", "-v", "keeps:/v", image, "ls", "/v").stdout == ""
    for number, status in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        process = pydocker.start("volume", "import", "none", "-", stdin=subprocess.PIPE)
        process.stdin.write(path.read_bytes())
        process.stdin.flush()
        _wait(lambda: any((pydocker.root / "tmp").glob("volume-*/_data/*")))
        process.send_signal(number)
        process.communicate(timeout=20)
        assert process.returncode == status
        assert pydocker("volume", "inspect", "none").status == 1
        pydocker("volume", "prune", "-f", check=True)  # what a kill leaves goes with it
        assert not os.listdir(pydocker.root / "tmp")
    pydocker("volume", "rm", "big", "keeps", check=True)


def _wait(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@proves("container create --volume")
def test_filling_survives_a_kill(pydocker, image):
    script = "mkdir /data; i=0; while [ $i -lt 1500 ]; do echo $i > /data/$i; i=$((i+1)); done; chown 3:4 /data; chmod 750 /data"
    pydocker("run", "--name", "base", image, "sh", "-c", script, check=True)
    pydocker("commit", "base", "app", check=True)
    process = pydocker.start("create", "--name", "cut", "-v", "vol:/data", "app", "true")
    _wait(lambda: (pydocker.root / "volumes/vol/fill.new").exists() or process.poll() is not None)
    process.kill()
    process.communicate()
    many = [pydocker.start("run", "--rm", "-v", "vol:/data", "app", "sh", "-c", "ls /data | wc -l; stat -c %a /data") for _ in range(3)]
    assert [each.communicate(timeout=60)[0] for each in many] == [b"1500\n750\n"] * 3
    seen = pydocker("run", "--rm", "-v", "vol:/v", image, "stat", "-c", "%a %u", "/v").stdout
    assert seen == f"750 {'0' if owner_after_chown(pydocker, image) == '0:0' else '3'}\n"
    assert sorted(os.listdir(pydocker.root / "volumes/vol")) == ["_data"]
    pydocker("run", "--rm", "-v", "vol:/v", image, "sh", "-c", "rm -r /v/*; chmod 700 /v", check=True)
    assert pydocker("start", "-a", "cut").status == 0  # made before: it is not filled again
    assert pydocker("run", "--rm", "-v", "vol:/v", image, "ls", "/v").stdout == ""
    pydocker("run", "--rm", "-v", "vol:/v", image, "touch", "/v/own", check=True)
    seen = pydocker("run", "--rm", "-v", "vol:/data", "app", "sh", "-c", "ls /data; stat -c %a /data").stdout
    assert seen == "own\n700\n"
    pydocker("rm", "cut", "base", check=True)
    pydocker("rmi", "app", check=True)
    pydocker("volume", "rm", "vol", check=True)


@proves("volume create --opt")
def test_memory_ends_with_its_last_user(pydocker, image):
    pydocker("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m,uid=7", "memory", check=True)
    pydocker("run", "-d", "--name", "first", "-v", "memory:/v", image, "sleep", "60", check=True)
    pydocker("exec", "first", "touch", "/v/f", check=True)
    assert pydocker("run", "--rm", "-v", "memory:/v", image, "sh", "-c", "ls /v; stat -c %u /v").stdout == "f\n7\n"
    assert pydocker("run", "--rm", "-v", "memory:/v", image, "ls", "/v").stdout == "f\n"
    pydocker("rm", "-f", "first", check=True)
    assert pydocker("run", "--rm", "-v", "memory:/v", image, "ls", "/v").stdout == ""
    pydocker("create", "--name", "second", "-v", "memory:/v", image, "nosuch", check=True)
    assert pydocker("start", "second").status == 1
    holder = (pydocker.run_dir() / "holder").read_text().split()[0]
    with open(f"/proc/{holder}/mountinfo", encoding="utf-8") as mounts:
        assert "/memory/_data" not in mounts.read()
    pydocker("volume", "create", "-o", "type=nfs", "-o", "device=:/x", "-o", "o=addr=127.0.0.1", "net", check=True)
    refused = pydocker("run", "--rm", "-v", "net:/v", image, "true")
    assert refused.status == 125
    assert "failed to mount local volume: mount :/x:" in refused.stderr
    assert "have it mounted on the host, and make the volume with --opt type=none --opt o=bind --opt device=DIRECTORY" in refused.stderr
