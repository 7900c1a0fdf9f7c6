"""`docker compose config` as docker compose 2.40.3 answers it: tests/compose/cases, recorded by scripts/composecases."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from dockercompat.cli import main
from tests.compose import cases

ALL = [case for path in sorted(cases.FOLDER.glob("*.txt")) for case in cases.read(path)]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_config(case: cases.Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    directory = tmp_path / "proj"
    directory.mkdir()
    case.lay_out(directory)
    monkeypatch.chdir(directory)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    status = main.run(["compose", *case.words], case.environ(directory))
    output, errors = (cases.normalized(text, directory) for text in capsys.readouterr())
    assert output == case.stdout
    assert sorted(errors.splitlines()) == sorted(case.stderr.splitlines())
    assert status == case.status


def test_there_are_enough_and_no_name_is_used_twice() -> None:
    assert len(ALL) >= 150
    assert len({case.name for case in ALL}) == len(ALL)
