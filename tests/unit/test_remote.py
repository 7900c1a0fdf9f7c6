"""The client half: its verbs are called as the engine's are, and what it makes of frames and errors."""

from __future__ import annotations

import ast
import importlib
import inspect

import pytest

from dockercompat.errors import CommandNotExecutable, CommandNotFound, DockerError
from dockercompat.remote.client import _query
from dockercompat.remote.container import failure, split_frames
from tests.unit.test_imports import sources


def lookups() -> list[tuple[str, str]]:
    """What handlers look up: engine module and function, "" for all the module's that they use."""
    found = []
    for name, tree in sources():
        if not name.startswith("cli/"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("verb", "verbs"):
                words = [each.value for each in node.args if isinstance(each, ast.Constant)]
                if node.func.attr == "verb" and words:
                    found.append((words[0], words[1] if len(words) > 1 else words[0].rpartition(".")[2]))
                elif words:
                    found.append((words[0], ""))
    return sorted(set(found))


OWN_ALONE = {"system.doctor", "system.reset"}


@pytest.mark.parametrize(("module", "name"), lookups())
def test_a_remote_verb_has_the_engines_signature(module: str, name: str) -> None:
    if module in OWN_ALONE:
        return
    noun = module.partition(".")[0]
    own = importlib.import_module(f"dockercompat.{module}" if noun == "build" else f"dockercompat.engine.{module}")
    other = importlib.import_module(f"dockercompat.remote.{noun}")
    names = (
        [name]
        if name
        else [each for each in vars(other) if each[0] != "_" and getattr(vars(own).get(each), "__module__", "") == own.__name__]
    )
    assert names, module
    for each in names:
        ours, theirs = (inspect.signature(getattr(of, each)).parameters for of in (own, other))
        if inspect.isfunction(getattr(own, each)):
            assert [(p.name, p.kind) for p in ours.values()] == [(p.name, p.kind) for p in theirs.values()], f"{module}.{each}"


def test_frames() -> None:
    whole = b"\x01\0\0\0\0\0\0\x02hi" + b"\x02\0\0\0\0\0\0\x01!"
    assert split_frames(whole + b"\x01\0") == ([(1, b"hi"), (2, b"!")], b"\x01\0")
    assert split_frames(whole[:9]) == ([], whole[:9])


def test_parameters() -> None:
    assert _query({"all": True, "size": False, "t": 0, "name": "", "x": None, "c": ["A B", "C"]}) == "?all=1&c=A+B&c=C&t=0"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('exec: "nope": executable file not found in $PATH', CommandNotFound),
        ('exec: "/": is a directory: permission denied', CommandNotExecutable),
        ("driver failed", DockerError),
    ],
)
def test_the_status_of_a_start_that_failed(text: str, kind: type[DockerError]) -> None:
    assert type(failure(DockerError(text))) is kind
