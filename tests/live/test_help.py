"""Help on a terminal: docker's words in colour, plain where colour is not wanted, as wide as the window."""

from __future__ import annotations

import fcntl
import re
import struct
import termios

import pytest

from tests.conftest import Pydocker

ESCAPES = re.compile(rb"\x1b\[[0-9;]*m")
PAGES = (("ps", "--help"), ("volume", "--help"), ("help", "run"), ("--help",), ("image", "ls", "-h"))


def shown(pydocker: Pydocker, *words: str, env: dict[str, str] | None = None, columns: int = 80) -> bytes:
    """What a terminal of that width gets."""
    # the shell waits for a line, so that the window has its width before anybody asks for it
    line = " ".join(("read go;", "exec", pydocker.command, *words))
    with pydocker.shell_terminal(line, env=env) as terminal:
        fcntl.ioctl(terminal.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        terminal.send("go\n")
        assert terminal.wait() == 0
        return terminal.output.partition(b"go\r\n")[2].replace(b"\r\n", b"\n")


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_coloured_on_a_terminal_only(pydocker: Pydocker, words: tuple[str, ...]) -> None:
    piped = pydocker(*words, check=True).stdout_bytes
    assert b"\x1b" not in piped
    colored = shown(pydocker, *words)
    assert b"\x1b[1mUsage:" in colored and b"\x1b[36m" in colored
    assert ESCAPES.sub(b"", colored) == piped


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_plain_when_asked(pydocker: Pydocker, env: dict[str, str]) -> None:
    for words in PAGES:
        assert shown(pydocker, *words, env=env) == pydocker(*words, check=True).stdout_bytes


def test_no_color_must_say_something(pydocker: Pydocker) -> None:
    assert b"\x1b[" in shown(pydocker, "ps", "--help", env={"NO_COLOR": ""})


def test_as_wide_as_the_window(pydocker: Pydocker) -> None:
    """Docker asks the terminal; COLUMNS says nothing to it."""
    piped = pydocker("ps", "--help", check=True).stdout_bytes
    for columns in (60, 132):
        page = shown(pydocker, "ps", "--help", env={"NO_COLOR": "1"}, columns=columns)
        assert page != piped
        first = b"Show all containers (default" + (b"\n" + b" " * 24 if columns < 80 else b" ") + b"shows just running)\n"
        assert first in page
        assert page.split() == piped.split()
        assert ESCAPES.sub(b"", shown(pydocker, "ps", "--help", columns=columns)) == page
    assert pydocker("ps", "--help", env={"COLUMNS": "40"}, check=True).stdout_bytes == piped
    assert ESCAPES.sub(b"", shown(pydocker, "ps", "--help", env={"COLUMNS": "40"})) == piped


def test_errors_have_no_colour(pydocker: Pydocker) -> None:
    with pydocker.terminal("ps", "--nosuch") as terminal:
        assert terminal.wait() == 125
        assert b"\x1b" not in terminal.output and terminal.output.startswith(b"unknown flag: --nosuch\r\n")


def test_no_page_holds_back_a_pager(pydocker: Pydocker) -> None:
    """Help into a closed pipe ends at once, and without a word."""
    process = pydocker.start("run", "--help")
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.wait(10) in (0, 141)
    assert b"Traceback" not in process.stderr.read()
