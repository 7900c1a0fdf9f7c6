"""What compose shows while it works: lines in a pipe, objects, and the list on a terminal."""

from __future__ import annotations

import io
import json
import re

import pytest

from dockercompat.cli.composing import progress
from dockercompat.compose.apply.runner import ERROR
from dockercompat.compose.plan.step import Step

PULL = Step("pull web", "pull", "web", "registry.test/web:1", (), {})
PUSH = Step("push web", "push", "Pushing web:", "registry.test/web:1", (), {})
START = Step("start p-web-1", "container.start", "Container p-web-1", "p-web-1")


def layer(name, status, current=0, total=0):
    return {"id": name, "status": status, "progressDetail": {"current": current, "total": total} if total else {}}


def pull(show):
    show.told(PULL, "Pulling", "")
    show.heard(PULL, {"status": "Pulling from web", "id": "1"})
    show.heard(PULL, layer("aaaaaaaaaaaa", "Already exists"))
    show.heard(PULL, layer("bbbbbbbbbbbb", "Downloading", 5_000_000, 10_000_000))
    show.heard(PULL, {"status": "Digest: sha256:x"})


def test_lines():
    stream = io.StringIO()
    show = progress.Printer(stream)
    pull(show)
    show.told(PULL, "Pulled", "")
    show.heard(PUSH, layer("aaaaaaaaaaaa", "Pushed"))
    show.told(PUSH, "Pushed", "")
    show.told(START, "Starting", "")
    show.told(START, ERROR, "Error response from daemon: no")
    show.told(PULL, "Interrupted", "")
    bar = "=" * 25 + ">" + " " * 25
    assert stream.getvalue().splitlines() == [
        " web Pulling ",
        " aaaaaaaaaaaa Already exists ",
        f" bbbbbbbbbbbb Downloading [{bar}]      5MB/10MB",
        " web Pulled ",
        " Pushing registry.test/web:1: aaaaaaaaaaaa Pushed ",
        " Container p-web-1  Starting",
        " Container p-web-1  Error response from daemon: no",
        " web  Interrupted",
    ]


def test_objects():
    stream = io.StringIO()
    show = progress.JsonPrinter(stream)
    pull(show)
    show.told(START, "Started", "")
    rows = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert rows[0] == {"id": "web", "text": "Pulling"}
    assert rows[1] == {"id": "aaaaaaaaaaaa", "parent_id": "web", "text": "Already exists", "percent": 100}
    assert rows[2].items() >= {"parent_id": "web", "current": 5_000_000, "total": 10_000_000, "percent": 50}.items()
    assert rows[3] == {"id": "Container p-web-1", "status": "Started"}


@pytest.fixture
def terminal(monkeypatch):
    """A list on a terminal of 80 by 24 and what it looks like after the last drawing."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    stream = io.StringIO()

    def screen():
        lines, row = [], 0
        for text in re.split(r"(\n|\x1b\[\d+A)", stream.getvalue()):
            if text == "\n":
                row += 1
            elif up := re.fullmatch(r"\x1b\[(\d+)A", text):
                row -= int(up[1])
            elif shown := re.sub(r"\x1b\[[?\d;]*[a-zA-Z]|\r", "", text):
                lines += [""] * (row + 1 - len(lines))
                lines[row] = shown
        return lines

    return progress.TerminalPrinter(stream, "Pulling"), screen


def test_a_list_with_layers(terminal):
    show, screen = terminal
    pull(show)
    show.tick()
    show._drawn_s = 0.0  # time for the next drawing has come
    show.tick()
    head, web, _, downloading = screen()
    assert head == "[+] Pulling 1/3"
    assert re.match(r" \S web \[⣿⣤\]     5MB / 10MB +Pulling ", web)
    assert re.match(r"   \S bbbbbbbbbbbb Downloading +5MB/10MB +0\.\ds $", downloading)
    assert {len(line) for line in (web, downloading)} == {80}
    show.told(PULL, "Pulled", "")
    show.heard(PULL, layer("bbbbbbbbbbbb", "Pull complete"))
    show.close()
    assert screen()[0] == "[+] Pulling 3/3"
    assert [line[:23].rstrip() for line in screen()[1:]] == [" ✔ web Pulled", "   ✔ aaaaaaaaaaaa Alrea", "   ✔ bbbbbbbbbbbb Pull"]


def test_more_than_a_terminal_holds(terminal):
    show, screen = terminal
    for number in range(60):
        step = START.replace(subject=f"Container p-web-{number}")
        show.told(step, "Starting", "")
        if number < 50:
            show.told(step, "Started", "")
    show.close()
    assert screen()[0] == "[+] Pulling 50/60"
    assert len(screen()) <= 23
    assert [line for line in screen() if "Starting" in line] == screen()[-10:]


def test_what_was_built_is_done(terminal):
    show, screen = terminal
    show.say("p-web", "Built")
    show.close()
    assert screen()[0] == "[+] Pulling 1/1"
