"""The matrix says what rows, handlers and tests say, and the committed one is not stale."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockercompat.cli import matrix, surface
from dockercompat.cli.surface.rows import Command

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_committed_matrix_is_up_to_date() -> None:
    made = matrix.render(str(REPOSITORY / "tests"))
    assert (REPOSITORY / "compat-matrix.md").read_text() == made, "stale: run scripts/matrix"


def test_nothing_works_without_a_test() -> None:
    handlers = matrix.written_handlers()
    states = {verdict.state for rows in surface.all_rows() for row in rows.commands for verdict in matrix.judge(row, {}, handlers)}
    assert matrix.WORKS not in states


def test_a_claim_may_use_any_name() -> None:
    assert matrix.canonical("ps -a") == "container ls --all"
    assert matrix.canonical("run --net") == "container run --network"
    for row in ("nosuch", "ps --nosuch", "run --rm --init", "volume"):
        with pytest.raises(ValueError):
            matrix.canonical(row)


def test_rows_are_sound() -> None:
    """Each name once, each flag once, each alias to a flag that there is, a handler or a refusal for each command."""
    names: set[str] = set()
    for rows in surface.all_rows():
        for row in (*rows.nouns, *rows.commands):
            for name in (row.name, *(row.aliases if isinstance(row, Command) else ())):
                assert name not in names
                names.add(name)
                found = surface.rows_of(name.split()[0])
                assert found is not None and (found.command(name) or found.noun(name)) is row, name
            spellings = [flag.name for flag in row.flags] + [f"-{flag.short}" for flag in row.flags if flag.short]
            assert len(spellings) == len(set(spellings)), row.name
            assert all(flag.alias_of in spellings for flag in row.flags if flag.alias_of), row.name
            if isinstance(row, Command):
                assert row.handler or row.refused, row.name
