"""`buildx bake` against what buildx 0.29.1 said: files of definitions with its output, and a table of expressions.

bake/*.txt hold cases: `=== name | arguments`, `env NAME=VALUE`, `stdin TEXT`, files, then the status, the output and the errors without
their progress.
bake/expressions.txt has a JSON array a line: a definition whose target `default` has the argument x, and what x was, or the error.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockercompat.build.bake import read
from dockercompat.cli import main
from dockercompat.errors import BakeFailed

BUILTINS = {"BAKE_CMD_CONTEXT": "cwd://", "BAKE_LOCAL_PLATFORM": "linux/amd64"}
DATA = Path(__file__).with_name("bake")


class Case:
    def __init__(self, text: str) -> None:
        head, _, rest = text.partition("\n")
        self.name, _, arguments = head.partition(" | ")
        self.arguments = arguments.split()
        before, *sections = re.split(r"^--- ", rest, flags=re.M)
        lines = before.splitlines()
        self.environ = dict(line[4:].split("=", 1) for line in lines if line.startswith("env "))
        self.stdin = "".join(line[6:] + "\n" for line in lines if line.startswith("stdin "))
        parts = dict(section.split("\n", 1) for section in sections)
        self.errors, self.output, self.status = parts.pop("errors"), parts.pop("output"), int(parts.pop("status"))
        self.files = parts


def cases() -> Iterator[Case]:
    for path in sorted(DATA.glob("*.txt")):
        if path.stem != "expressions":
            yield from (Case(text) for text in re.split(r"^=== ", path.read_text(), flags=re.M)[1:])


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.name)
def test_as_buildx(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in case.files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(case.stdin.encode())))
    environ = {"HOME": str(tmp_path / "home"), "DOCKER_CONFIG": str(tmp_path / "home/.docker"), "PATH": "/usr/bin:/bin", **case.environ}
    status = main.run(["buildx", "bake", *case.arguments], environ)
    output, errors = capsys.readouterr()
    errors = re.sub(r"\A#0 building with [^\n]*\n\n", "", errors)
    shown = "".join(line for line in errors.splitlines(keepends=True) if not line.startswith("#"))
    assert (output, shown, status) == (case.output, case.errors, case.status)


def test_expressions() -> None:
    wrong = []
    lines = (DATA / "expressions.txt").read_text().splitlines()
    for source, wanted in map(json.loads, lines):
        try:
            config = read.parse_files([read.File("f.hcl", source)], BUILTINS, {}, "/")
            targets, _ = read.read_targets(config, ["default"], [], {})
            found = targets["default"].document()["args"]["x"]
        except BakeFailed as error:
            found = f"ERROR: {error}"
        if found != wanted:
            wrong.append(f"{source}\n  wanted {wanted}\n  found  {found}")
    assert wrong == []
    assert len(lines) > 400
