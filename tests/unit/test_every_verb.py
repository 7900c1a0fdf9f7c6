"""Every command is asked for its help and called with wrong numbers of arguments: docker's streams, no traceback, no delay."""

from __future__ import annotations

import contextlib
import io
import os
import time

import pytest

from dockercompat.cli import main, surface
from dockercompat.cli.surface.rows import Command, Noun

ROWS: list[Noun | Command] = [row for rows in surface.all_rows() for row in (*rows.nouns, *rows.commands)]
COMMANDS = [row for row in ROWS if isinstance(row, Command)]
HELP_S = 0.25  # what a person may wait; the measured ones are below a hundredth of it
SLACK = 2  # for a machine that does other things too


def answer(words: list[str], home: os.PathLike[str]) -> tuple[int, str, str, float]:
    """Exit status, stdout, stderr and seconds of a command line carried out in this process."""
    out, err = io.StringIO(), io.StringIO()
    start = time.monotonic()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main.run(words, {"HOME": os.fspath(home), "PYDOCKER_ROOT": f"{os.fspath(home)}/root", "PATH": "/nonexistent"})
    return status, out.getvalue(), err.getvalue(), time.monotonic() - start


@pytest.mark.parametrize("form", ["--help", "help", "-h"])
def test_help(form: str, tmp_path: os.PathLike[str]) -> None:
    slow = {}
    for row in ROWS:
        words = row.name.split()
        names = [row.name, *(row.aliases if isinstance(row, Command) else ())]
        if form == "-h" and isinstance(row, Command) and any(flag.short == "h" for flag in row.flags):
            continue
        for name in names:
            words = name.split()
            status, out, err, took_s = answer(["help", *words] if form == "help" else [*words, form], tmp_path)
            assert (status, err) == (0, ""), name
            assert "Usage:  " in out or "is only supported on" in out, name
            assert out.endswith("\n") and "Traceback" not in out, name
            if took_s > HELP_S * SLACK:
                slow[name] = took_s
    assert slow == {}


def test_too_few_arguments(tmp_path: os.PathLike[str]) -> None:
    for row in COMMANDS:
        if row.min_args:
            for count in range(row.min_args):
                status, out, err, _ = answer([*row.name.split(), *["x"] * count], tmp_path)
                assert status == 1 and out == "" and err.endswith("\n"), row.name
                assert "requires" in err or "accepts" in err or "only supported" in err, row.name


def test_too_many_arguments(tmp_path: os.PathLike[str]) -> None:
    for row in COMMANDS:
        if row.max_args >= 0 and row.interspersed:
            status, out, err, _ = answer([*row.name.split(), *["x"] * (row.max_args + 1)], tmp_path)
            assert status == 1 and out == "" and err.endswith("\n"), row.name
            assert any(word in err for word in ("requires", "accepts", "only supported", "unknown command")), row.name


def test_unknown_flags(tmp_path: os.PathLike[str]) -> None:
    for row in ROWS:
        for flag, said in (("--no-such-flag", "unknown flag: --no-such-flag"), ("-\N{DIGIT ONE}", "unknown shorthand flag: '1' in -1")):
            status, out, err, _ = answer([*row.name.split(), flag], tmp_path)
            assert status in (1, 125) and out == "", row.name
            assert said in err or "only supported" in err, row.name


def test_every_flag_wants_its_argument(tmp_path: os.PathLike[str]) -> None:
    for row in COMMANDS:
        for flag in row.flags:
            if flag.type != "bool":
                status, out, err, _ = answer([*row.name.split(), f"--{flag.name}"], tmp_path)
                assert status in (1, 125) and out == "", (row.name, flag.name)
                assert err.startswith(f"flag needs an argument: --{flag.name}\n") or "only supported" in err, (row.name, flag.name)
