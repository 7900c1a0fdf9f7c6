"""Messages of a pull on a terminal and elsewhere."""

from __future__ import annotations

import io

from dockercompat.cli.progress import show

MESSAGES = [
    {"status": "Pulling from x", "id": "1"},
    {"status": "Pulling fs layer", "progressDetail": {}, "id": "aaa"},
    {"status": "Pulling fs layer", "progressDetail": {}, "id": "bbb"},
    {"status": "Downloading", "progressDetail": {"current": 500, "total": 1000}, "id": "aaa"},
    {"status": "Pull complete", "progressDetail": {}, "id": "aaa"},
    {"status": "Digest: sha256:x"},
    {"progressDetail": {}, "aux": {"Tag": "1"}},
    {"stream": "Loaded image: y\n"},
]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_lines():
    out = io.StringIO()
    show(MESSAGES, out)
    assert out.getvalue() == (
        "1: Pulling from x\naaa: Pulling fs layer\nbbb: Pulling fs layer\naaa: Pull complete\nDigest: sha256:x\nLoaded image: y\n"
    )


def test_terminal_lines_move():
    out = Terminal()
    show(MESSAGES, out)
    text = out.getvalue()
    assert text.startswith("1: Pulling from x\n\n\x1b[1A\x1b[2K\raaa: Pulling fs layer \r\x1b[1B\n\x1b[1A\x1b[2K\rbbb: Pulling fs layer ")
    assert "\x1b[2A\x1b[2K\raaa: Downloading " in text and "500B/1kB" in text
    assert text.endswith("Digest: sha256:x\nLoaded image: y\n")
