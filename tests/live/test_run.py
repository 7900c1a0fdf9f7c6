"""The main claims about running containers, in docker's words, streams and statuses."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from tests.conftest import eventually, proves


@proves("container run", "container run --rm", "container run --name")
def test_rm_leaves_nothing(pydocker, image):
    done = pydocker("run", "--rm", "--name", "once", image, "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.status, done.stdout, done.stderr) == (7, "out\n", "err\n")
    assert pydocker("ps", "-aq", "--filter", "name=once").stdout == ""
    assert pydocker("run", "--rm", "--name", "once", image, "true").status == 0  # the name is free at once


@proves("container run")
@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("sh", "-c", "exit 0"), 0),
        (("sh", "-c", "exit 125"), 125),
        (("/no/such/program",), 127),
        (("no-such-program",), 127),
        (("/etc",), 126),
        (("/etc/passwd",), 126),
    ],
)
def test_exit_statuses(pydocker, image, words, status):
    assert pydocker("run", "--rm", image, *words).status == status


@proves("container kill --signal")
@pytest.mark.parametrize(("signal_name", "status"), [("KILL", 137), ("SIGUSR1", 138), ("15", 143)])
def test_death_by_a_signal(pydocker, image, signal_name, status):
    process = pydocker.start("run", "--name", "dies", "--rm", "--init", image, "sh", "-c", "echo up; exec sleep 60")
    if process.stdout.readline() != b"up\n":
        pytest.skip("no init program (catatonit or tini) is installed")
    pydocker("kill", "-s", signal_name, "dies", check=True)
    assert process.wait(20) == status


@proves("container run")
def test_what_can_not_start_is_125(pydocker, image):
    assert pydocker("run", "--no-such-flag", image).status == 125
    assert pydocker("run", "--rm", "--name", "bad name", image).status == 125
    missing = pydocker("run", "--rm", "127.0.0.1:1/nothing/here:1")
    assert missing.status == 125
    assert missing.stdout == ""
    assert missing.stderr.startswith("Unable to find image '127.0.0.1:1/nothing/here:1' locally\n")
    assert pydocker("ps", "-aq").stdout == ""


@proves("container run --interactive")
def test_a_large_pipe_both_ways(pydocker, image):
    data = os.urandom(8 << 20)
    done = pydocker("run", "-i", "--rm", image, "cat", stdin=data)
    assert done.status == 0
    assert done.stdout_bytes == data


@proves("container run")
def test_without_i_stdin_is_empty(pydocker, image):
    assert pydocker("run", "--rm", image, "cat", stdin="not read").stdout == ""


@proves("container run --tty", "container run --interactive")
def test_a_terminal(pydocker, image):
    with pydocker.terminal("run", "-it", "--rm", "--name", "term", image) as terminal:
        terminal.send("stty size; tty; echo done-$((40+2))\n")
        seen = terminal.expect("done-42")
        assert "/dev/pts/0" in seen or "/dev/console" in seen
        terminal.send("exit 3\n")
        assert terminal.wait() == 3


@proves("container run --detach-keys", "container attach")
def test_detach_and_attach(pydocker, image):
    with pydocker.terminal("run", "-it", "--name", "detached", image) as terminal:
        terminal.send("echo here-$((1+1))\n")
        terminal.expect("here-2")
        terminal.send("\x10\x11")
        assert terminal.wait() == 0
    assert pydocker("inspect", "-f", "{{.State.Running}}", "detached").stdout == "true\n"
    with pydocker.terminal("attach", "detached") as terminal:
        terminal.send("echo again-$((2+2))\n")
        terminal.expect("again-4")
        terminal.send("exit 4\n")
        assert terminal.wait() == 4


@proves("container run --interactive")
def test_it_without_a_terminal_is_refused(pydocker, image):
    done = pydocker("run", "-it", "--rm", "--name", "noterm", image, "true")
    assert done.status == 1
    assert "the input device is not a TTY" in done.stderr
    assert pydocker("ps", "-aq").stdout == ""


@proves("container run --detach", "container logs", "container wait", "container ls")
def test_detached_life(pydocker, image):
    started = pydocker("run", "-d", "--name", "life", image, "sh", "-c", "echo one; echo two >&2; sleep 0.3; exit 5", check=True)
    container_id = started.stdout.strip()
    assert len(container_id) == 64
    assert pydocker("wait", "life").stdout == "5\n"
    logs = pydocker("logs", "life")
    assert (logs.stdout, logs.stderr) == ("one\n", "two\n")
    row = pydocker("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}}").stdout
    assert row == f"{container_id} life exited\n"
    assert pydocker("ps", "-q").stdout == ""
    assert pydocker("rm", "life").stdout == "life\n"


@proves("container logs --follow", "container logs --tail", "container logs --timestamps")
def test_logs_follow_to_the_end(pydocker, image):
    pydocker("run", "-d", "--name", "talk", image, "sh", "-c", "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done", check=True)
    assert pydocker("logs", "-f", "talk", timeout=20).stdout == "1\n2\n3\n4\n5\n"
    assert pydocker("logs", "--tail", "2", "talk").stdout == "4\n5\n"
    stamped = pydocker("logs", "-t", "--tail", "1", "talk").stdout
    assert stamped.endswith("Z 5\n")
    assert len(stamped.split()[0]) == 30


@proves("container exec", "container exec --env", "container exec --user", "container exec --workdir", "container exec --interactive")
def test_exec(pydocker, image):
    pydocker("run", "-d", "--name", "host", "-e", "A=1", image, "sleep", "60", check=True)
    assert pydocker("exec", "host", "sh", "-c", "echo $A; exit 9").status == 9
    assert (
        pydocker("exec", "-e", "B=2", "-w", "/tmp", "-u", "nobody", "host", "sh", "-c", "echo $A $B $PWD $(id -un)").stdout
        == "1 2 /tmp nobody\n"
    )
    assert pydocker("exec", "-i", "host", "cat", stdin="through\n").stdout == "through\n"
    assert pydocker("exec", "host", "no-such-program").status == 127
    assert pydocker("exec", "host", "/etc").status == 126
    with pydocker.terminal("exec", "-it", "host", "sh") as terminal:
        terminal.send("tty; exit 6\n")
        terminal.expect("/dev/pts/")
        assert terminal.wait() == 6


@proves("container stop", "container start", "container restart", "container kill")
def test_stop_start_restart_kill(pydocker, image):
    script = "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done"
    pydocker("run", "-d", "--name", "cycle", image, "sh", "-c", script, check=True)
    eventually(lambda: "up" in pydocker("logs", "cycle").stdout)
    began = time.monotonic()
    assert pydocker("stop", "cycle").stdout == "cycle\n"
    assert time.monotonic() - began < 3
    assert pydocker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "cycle").stdout == "exited 3\n"
    assert pydocker("start", "cycle").stdout == "cycle\n"
    eventually(lambda: pydocker("logs", "cycle").stdout.count("up") == 2)
    assert pydocker("restart", "-t", "1", "cycle").stdout == "cycle\n"
    eventually(lambda: pydocker("logs", "cycle").stdout.count("up") == 3)
    assert pydocker("kill", "cycle").stdout == "cycle\n"
    assert pydocker("wait", "cycle").stdout == "137\n"


@proves("container stop --timeout")
def test_stop_kills_after_its_time(pydocker, image):
    pydocker("run", "-d", "--name", "deaf", image, "sleep", "60", check=True)
    began = time.monotonic()
    assert pydocker("stop", "-t", "1", "deaf").status == 0
    assert 0.9 < time.monotonic() - began < 5
    assert pydocker("inspect", "-f", "{{.State.ExitCode}}", "deaf").stdout == "137\n"


@proves("container run --sig-proxy")
def test_signals_are_passed_on(pydocker, image):
    process = pydocker.start(
        "run", "--rm", "--name", "signals", image, "sh", "-c", "trap 'exit 11' TERM; echo up; while :; do sleep 0.05; done"
    )
    assert process.stdout.readline() == b"up\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 11
    assert pydocker("ps", "-aq").stdout == ""


@proves("container run --volume", "volume create", "volume ls", "volume inspect", "volume rm")
def test_volumes(pydocker, image, tmp_path):
    (tmp_path / "file").write_text("from the host\n")
    assert (
        pydocker("run", "--rm", "-v", f"{tmp_path}:/mnt", image, "sh", "-c", "cat /mnt/file; echo back > /mnt/back").stdout
        == "from the host\n"
    )
    assert (tmp_path / "back").read_text() == "back\n"
    assert (tmp_path / "back").stat().st_uid == os.getuid()
    refused = pydocker("run", "--rm", "-v", f"{tmp_path}:/mnt:ro", image, "touch", "/mnt/no")
    assert refused.status == 1
    assert "Read-only file system" in refused.stderr
    assert pydocker("volume", "create", "keep").stdout == "keep\n"
    pydocker("run", "--rm", "-v", "keep:/data", image, "sh", "-c", "echo kept > /data/f", check=True)
    assert pydocker("run", "--rm", "-v", "keep:/data", image, "cat", "/data/f").stdout == "kept\n"
    assert json.loads(pydocker("volume", "inspect", "keep").stdout)[0]["Name"] == "keep"
    assert pydocker("volume", "rm", "keep").stdout == "keep\n"
    assert pydocker("volume", "ls", "-q").stdout == ""


@proves("container run --volume")
def test_a_new_volume_is_filled_from_the_image(pydocker, image):
    assert "passwd" in pydocker("run", "--rm", "-v", "filled:/etc", image, "ls", "/etc").stdout
    pydocker("volume", "rm", "filled", check=True)


@proves("container cp")
def test_cp_both_ways(pydocker, image, tmp_path):
    pydocker("create", "--name", "box", image, "sleep", "60", check=True)
    (tmp_path / "in").write_text("in\n")
    pydocker("cp", tmp_path / "in", "box:/tmp/in", check=True)
    pydocker("start", "box", check=True)
    assert pydocker("exec", "box", "cat", "/tmp/in").stdout == "in\n"
    pydocker("exec", "box", "sh", "-c", "mkdir /tmp/d; echo out > /tmp/d/out; ln -s /etc/passwd /tmp/d/link", check=True)
    pydocker("cp", "box:/tmp/d", tmp_path / "got", check=True)
    assert (tmp_path / "got" / "out").read_text() == "out\n"
    assert os.readlink(tmp_path / "got" / "link") == "/etc/passwd"


@proves("container create", "container rename", "container inspect", "container rm")
def test_create_rename_inspect(pydocker, image):
    container_id = pydocker("create", "--name", "first", "-l", "k=v", image, "true", check=True).stdout.strip()
    pydocker("rename", "first", "second", check=True)
    found = json.loads(pydocker("inspect", "second").stdout)[0]
    assert (found["Id"], found["Name"], found["Config"]["Labels"], found["State"]["Status"]) == (
        container_id,
        "/second",
        {"k": "v"},
        "created",
    )
    gone = pydocker("inspect", "first")
    assert (gone.status, gone.stdout) == (1, "[]\n")
    assert pydocker("rm", container_id[:12]).stdout == f"{container_id[:12]}\n"


@proves("container run --read-only", "container run --tmpfs", "container run --hostname", "container run --workdir", "container run --user")
def test_options_that_show_inside(pydocker, image):
    done = pydocker(
        "run",
        "--rm",
        "--read-only",
        "--tmpfs",
        "/scratch",
        "-h",
        "named",
        "-w",
        "/usr",
        "-u",
        "12:34",
        image,
        "sh",
        "-c",
        "hostname; pwd; id -u; id -g; touch /x; touch /scratch/x && echo wrote",
    )
    assert done.stdout == "named\n/usr\n12\n34\nwrote\n"
    assert "Read-only file system" in done.stderr


@proves("container run --init")
def test_init_reaps(pydocker, image):
    if pydocker("run", "--rm", "--init", image, "true").status:
        pytest.skip("no init program (catatonit or tini) is installed")
    assert pydocker("run", "--rm", "--init", image, "sh", "-c", "[ $$ != 1 ] && echo not-one").stdout == "not-one\n"


@proves("container run --cidfile")
def test_cidfile(pydocker, image, tmp_path):
    pydocker("run", "--rm", "--cidfile", tmp_path / "cid", image, "true", check=True)
    assert len((tmp_path / "cid").read_text()) == 64
    assert pydocker("run", "--rm", "--cidfile", tmp_path / "cid", image, "true").status == 125


@proves("container run --restart")
def test_a_restart_policy_counts(pydocker, image):
    pydocker("run", "-d", "--name", "again", "--restart", "on-failure:2", image, "sh", "-c", "exit 4", check=True)
    eventually(lambda: pydocker("inspect", "-f", "{{.RestartCount}} {{.State.Status}}", "again").stdout == "2 exited\n", timeout=30)


@proves("container run --health-cmd")
def test_a_health_check_runs(pydocker, image):
    pydocker(
        "run",
        "-d",
        "--name",
        "well",
        "--health-cmd",
        "test -e /ok",
        "--health-interval",
        "300ms",
        "--health-retries",
        "1",
        image,
        "sleep",
        "60",
        check=True,
    )
    status = ("inspect", "-f", "{{.State.Health.Status}}", "well")
    eventually(lambda: pydocker(*status).stdout == "unhealthy\n")
    pydocker("exec", "well", "touch", "/ok", check=True)
    eventually(lambda: pydocker(*status).stdout == "healthy\n")
    assert "(healthy)" in pydocker("ps").stdout
