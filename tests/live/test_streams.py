"""Streams: large ones both ways at once, ends that are closed, what is read back of a log; the flags of lifecycle verbs that have one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import time

import pytest

from tests.conftest import eventually, proves

BLOCK = os.urandom(1 << 20)
MOST_MEMORY_KIB = 100_000


def shell(pydocker, text):
    """A shell's line with pydocker in it: status, stdout, stderr."""
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=60, env=pydocker.env, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def memory_kib(pid):
    """The most memory that a program has had; wait4 would count that of the process that forked it."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


@proves("container run --interactive", "container exec --interactive")
@pytest.mark.parametrize("verb", ["run", "exec"])
def test_much_both_ways_at_once(pydocker, image, tmp_path, verb):
    count = 100
    source, target = tmp_path / "in", tmp_path / "out"
    with source.open("wb") as file:
        for _ in range(count):
            file.write(BLOCK)
    if verb == "exec":
        pydocker("run", "-d", "--name", "up", image, "sleep", "1000", check=True)
    words = ("exec", "-i", "up", "cat") if verb == "exec" else ("run", "--rm", "-i", image, "cat")
    with source.open("rb") as stdin, target.open("wb") as stdout:
        process = subprocess.Popen([pydocker.command, *words], stdin=stdin, stdout=stdout, env=pydocker.env)
        most = 0
        while process.poll() is None:
            most = max(most, memory_kib(process.pid))
            time.sleep(0.01)
    assert process.returncode == 0
    with source.open("rb") as wanted, target.open("rb") as got:
        assert hashlib.file_digest(got, "sha256").digest() == hashlib.file_digest(wanted, "sha256").digest()
    assert 0 < most < MOST_MEMORY_KIB


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("docker run --rm busybox echo hi >&-; echo $?", (0, "0\n", "")),
        ("docker run --rm busybox sh -c 'echo hi; echo e >&2' 2>&-; echo $?", (0, "hi\n0\n", "")),
        ("docker run --rm -i busybox cat <&-; echo $?", (0, "0\n", "")),
        ("echo x | docker run --rm -i busybox cat", (0, "x\n", "")),
        ("echo x | docker run --rm busybox cat", (0, "", "")),
        ("docker run --rm busybox sh -c 'exec >&- 2>&-; sleep 1; exit 3'; echo $?", (0, "3\n", "")),
        ("docker run --rm busybox sh -c 'sleep 30 & echo main; exit 4'; echo $?", (0, "main\n4\n", "")),
        ("(sleep 1; echo late) | docker run --rm -i busybox sh -c 'cat; echo end'", (0, "late\nend\n", "")),
        ("docker run --rm busybox seq 1 1000000 | head -1", (0, "1\n", "write /dev/stdout: broken pipe\n")),
        ("yes | docker run --rm -i busybox head -1", (0, "y\n", "")),
        ("docker run --rm busybox printf '\\000\\377\\001' | od -An -tx1", (0, " 00 ff 01\n", "")),
        ("docker run --rm busybox sh -c 'head -c 3000000 /dev/zero | tr \\\\0 x' | wc -c", (0, "3000000\n", "")),
        ("docker run --rm -a stderr busybox sh -c 'echo o; echo e >&2'", (0, "", "e\n")),
    ],
)
def test_ends(pydocker, image, line, wanted):
    assert shell(pydocker, line) == wanted


@proves("container exec --env-file")
def test_exec_env_file(pydocker, image, tmp_path):
    (tmp_path / "env").write_text("A=1\n# no\nB=two words\nHERE\n")
    pydocker("run", "-d", "--name", "up", image, "sleep", "1000", check=True)
    flags = ("--env-file", tmp_path / "env", "-e", "A=3")
    shown = pydocker("exec", *flags, "up", "sh", "-c", "echo $A-$B-$HERE", env={"HERE": "h"}, check=True)
    assert shown.stdout == "3-two words-h\n"
    assert pydocker("exec", "--env-file", tmp_path / "none", "up", "true").stderr == f"open {tmp_path}/none: no such file or directory\n"


@proves("container logs --since", "container logs --until")
def test_logs_between(pydocker, image):
    pydocker("run", "--name", "up", image, "sh", "-c", "echo one; sleep 1; echo two", check=True)
    first, second = (line.split()[0] for line in pydocker("logs", "-t", "up", check=True).stdout.splitlines())
    assert pydocker("logs", "--since", second, "up").stdout == "two\n"
    assert pydocker("logs", "--until", first, "up").stdout == "one\n"
    assert pydocker("logs", "--since", "1h", "--until", "1s", "up", check=True).stdout in ("", "one\n", "one\ntwo\n")
    assert pydocker("logs", "--since", "2099-01-01", "up").stdout == ""
    refused = pydocker("logs", "--since", "x", "up")
    assert refused.status == 1 and refused.stderr.startswith('invalid value for "since": ')


@proves("container logs --follow")
def test_following_ends_with_the_container(pydocker, image):
    pydocker("run", "-d", "--name", "up", image, "sh", "-c", "echo a; sleep 1; echo b; exit 3", check=True)
    assert (pydocker("logs", "-f", "up").stdout, pydocker("wait", "up").stdout) == ("a\nb\n", "3\n")
    pydocker("run", "-d", "--name", "gone", image, "sh", "-c", "echo a; sleep 1000", check=True)
    process = pydocker.start("logs", "-f", "gone")
    assert process.stdout.read(2) == b"a\n"
    pydocker("rm", "-f", "gone", check=True)
    assert process.wait(20) == 0
    process.communicate()


@proves("container restart --signal", "container unpause", "container pause")
def test_restart_signal_and_unpause(pydocker, image):
    script = "trap 'echo usr; exit 0' USR1; echo up; while :; do sleep 0.1; done"
    pydocker("run", "-d", "--name", "up", image, "sh", "-c", script, check=True)
    eventually(lambda: pydocker("logs", "up").stdout == "up\n")
    assert pydocker("restart", "-s", "USR1", "-t", "20", "up", check=True).stdout == "up\n"
    eventually(lambda: pydocker("logs", "up").stdout == "up\nusr\nup\n")
    refused = pydocker("restart", "-s", "NOSUCH", "up")
    assert refused.stderr == "Error response from daemon: Cannot restart container up: invalid signal: NOSUCH\n"
    pydocker("pause", "up", check=True)
    assert pydocker("inspect", "-f", "{{.State.Status}}", "up").stdout == "paused\n"
    assert pydocker("unpause", "up", check=True).stdout == "up\n"
    assert pydocker("exec", "up", "echo", "on").stdout == "on\n"
    assert pydocker("unpause", "up").status == 1


@proves("container stats --no-trunc")
def test_stats_with_whole_ids(pydocker, image):
    container_id = pydocker("run", "-d", "--name", "up", image, "sleep", "1000", check=True).stdout.strip()
    assert pydocker("stats", "--no-stream", "--no-trunc", "--format", "{{.ID}} {{.Name}}", "up").stdout == f"{container_id} up\n"
    assert pydocker("stats", "--no-stream", "--format", "{{.ID}}", "up").stdout == f"{container_id[:12]}\n"


def descriptors(pid: int) -> list[str]:
    """What a process has open."""
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return found


@proves("container wait", "container attach")
def test_several_attached_at_once(pydocker, image):
    pydocker("run", "-di", "--name", "up", image, "sh", "-c", "read a; echo got $a; exit 6", check=True)
    clients = [pydocker.start("attach", "up") for _ in range(2)]
    for client in clients:
        eventually(lambda pid=client.pid: "socket:" in "".join(descriptors(pid)))
    time.sleep(0.5)  # and nothing tells from outside that it is listened to
    clients[0].stdin.write(b"hello\n")
    clients[0].stdin.flush()
    for client in clients:
        out, _ = client.communicate(timeout=20)
        assert (client.returncode, out) == (6, b"got hello\n")
    assert pydocker("attach", "up").stderr == "You cannot attach to a stopped container, start it first\n"
    assert pydocker("wait", "up", "up").stdout == "6\n6\n"
