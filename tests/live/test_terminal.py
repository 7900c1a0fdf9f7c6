"""Terminals: size, detach keys, restored settings, bytes that pass through."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import struct
import termios

import pytest

from tests.conftest import eventually, proves

NO_TERMINAL = "the input device is not a TTY\n"
ESCAPE = "read escape sequence\r\n"


def resize(terminal, rows, columns):
    fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.kill(terminal.pid, signal.SIGWINCH)


def is_raw(terminal):
    return not termios.tcgetattr(terminal.fd)[3] & termios.ICANON


def state(pydocker, name):
    return pydocker("inspect", "-f", "{{.State.Status}}", name).stdout.strip()


@proves("container run --tty", "container exec --tty")
def test_refused_before_anything_is_made(pydocker, image):
    refused = pydocker("run", "-it", "--name", "up", image, "true")
    assert (refused.status, refused.stdout, refused.stderr) == (1, "", NO_TERMINAL)
    assert pydocker("ps", "-aq").stdout == ""
    pydocker("run", "-d", "--name", "up", image, "sleep", "60", check=True)
    refused = pydocker("exec", "-it", "up", "true")
    assert (refused.status, refused.stdout, refused.stderr) == (1, "", NO_TERMINAL)
    assert pydocker("run", "--rm", "-t", image, "sh", "-c", "echo a; echo b >&2").stdout_bytes == b"a\r\nb\r\n"


@proves("container run --interactive", "container exec --interactive", "container attach", "container start --interactive")
@pytest.mark.parametrize("verb", ["run", "exec", "attach", "start"])
def test_size_follows_the_window(pydocker, image, verb):
    words = {
        "run": ("run", "-it", "--name", "up", image, "sh"),
        "exec": ("exec", "-it", "up", "sh"),
        "attach": ("attach", "up"),
        "start": ("start", "-ai", "up"),
    }
    if verb in ("exec", "attach"):
        pydocker("run", "-dit", "--name", "up", image, "sh", check=True)
    elif verb == "start":
        pydocker("create", "-it", "--name", "up", image, "sh", check=True)
    with pydocker.terminal(*words[verb]) as terminal:
        eventually(lambda: is_raw(terminal))
        for rows, columns in ((31, 97), (40, 120)):
            resize(terminal, rows, columns)
            terminal.send(f"until stty size | grep -q '^{rows} {columns}$'; do sleep 0.1; done; echo now ${{#}}{rows}\n")
            terminal.expect(f"now 0{rows}")
        terminal.send("exit 7\n")
        assert terminal.wait() == 7
        assert not is_raw(terminal)


@proves("container run --detach-keys", "container attach --detach-keys", "container exec --detach-keys", "container start --detach-keys")
def test_detach_keys(pydocker, image):
    def leave(keys, *words):
        with pydocker.terminal(*words) as terminal:
            eventually(lambda: is_raw(terminal))
            terminal.send("echo is $((40+2))\n")
            terminal.expect("is 42")
            terminal.send(keys)
            status = terminal.wait()
            assert not is_raw(terminal)
            return status, ESCAPE.encode() in terminal.output

    assert leave(b"\x10\x11", "run", "-it", "--name", "up", image, "sh") == (0, False)
    assert leave(b"\x18x", "attach", "--detach-keys", "ctrl-x,x", "up") == (1, True)
    assert leave(b"\x01", "exec", "--detach-keys", "ctrl-a", "-it", "up", "sh", "-i") == (1, True)
    assert "sh -i" in pydocker("top", "up", "-eo", "pid,args").stdout  # it goes on
    pydocker("kill", "up", check=True)
    assert leave(b"ab", "start", "--detach-keys", "a,b", "-ai", "up") == (0, False)
    assert state(pydocker, "up") == "running"


def test_detach_keys_of_the_config_file(pydocker, image, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"detachKeys": "ctrl-e,e"}))
    with pydocker.terminal("--config", str(tmp_path), "run", "-it", "--name", "up", image, "cat") as terminal:
        eventually(lambda: is_raw(terminal))
        terminal.send("hi\n")
        terminal.expect("hi\r\nhi")
        terminal.send(b"\x05e")
        assert terminal.wait() == 0
    assert state(pydocker, "up") == "running"


def test_a_part_of_the_sequence_is_passed_on(pydocker, image):
    script = "stty raw -echo; echo ok; dd bs=1 count=4 2>/dev/null | od -An -tx1"
    with pydocker.terminal("run", "--rm", "-it", image, "sh", "-c", script) as terminal:
        terminal.expect("ok")
        terminal.send(b"\x10z\x03\x1a")
        terminal.expect("10 7a 03 1a")
        assert terminal.wait() == 0


def test_bad_keys(pydocker, image):
    with pydocker.terminal("run", "-it", "--name", "up", "--detach-keys", "ab", image, "sh") as terminal:
        assert terminal.wait() == 1
        assert terminal.output == b"unable to upgrade to tcp, received 400\r\n"
    assert state(pydocker, "up") == "created"
    pydocker("start", "up", check=True)
    with pydocker.terminal("exec", "-it", "--detach-keys", "ab", "up", "sh") as terminal:
        assert terminal.wait() == 1
        assert terminal.output == b"Error response from daemon: Invalid escape keys (ab) provided\r\n"


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGQUIT, 2), (signal.SIGHUP, 129)])
def test_exec_told_to_end_puts_the_terminal_back(pydocker, image, number, status):
    pydocker("run", "-d", "--name", "up", image, "sleep", "60", check=True)
    with pydocker.terminal("exec", "-it", "up", "sh", "-i") as terminal:
        eventually(lambda: is_raw(terminal))
        terminal.send("echo is $((40+2))\n")
        terminal.expect("is 42")
        os.kill(terminal.pid, number)
        assert terminal.wait() == status
        assert not is_raw(terminal)
    assert "sh -i" in pydocker("top", "up", "-eo", "pid,args").stdout


@pytest.mark.parametrize("end", ["kill", "rm"])
def test_the_death_of_the_container_puts_the_terminal_back(pydocker, image, end):
    with pydocker.terminal("run", "-it", "--name", "up", image, "cat") as terminal:
        eventually(lambda: is_raw(terminal))
        terminal.send("hi\n")
        terminal.expect("hi\r\nhi")
        pydocker(*(("kill",) if end == "kill" else ("rm", "-f")), "up", check=True)
        assert terminal.wait() == 137
        assert not is_raw(terminal)
