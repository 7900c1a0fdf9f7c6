"""compat-matrix.md: what each row of docker's surface does here, and the test that proves it. Made from rows, handlers and tests alone."""

from __future__ import annotations

import ast
import os

from dockercompat.cli import main, surface
from dockercompat.cli.surface.rows import Command, Flag
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WORKS = "works"
NO_EFFECT = "accepted, no effect here"
REFUSED = "refused"
UNPROVEN = "implemented, no test yet"
MISSING = "not implemented yet"


class Claim(Record):
    """A test says by @proves(row) that a row works."""

    row: str
    test: str


class Verdict(Record):
    """What the matrix says of one command or flag."""

    row: str
    state: str
    note: str = ""


def render(tests_dir: str) -> str:
    """The whole document. Raises ValueError when a test claims a row that there is none of."""
    proofs = _proofs(claims(tests_dir))
    handlers = written_handlers()
    sections = []
    totals: dict[str, int] = {}
    for rows in surface.all_rows():
        for command in sorted(rows.commands, key=lambda row: row.name):
            verdicts = judge(command, proofs, handlers)
            for verdict in verdicts:
                totals[verdict.state] = totals.get(verdict.state, 0) + 1
            names = ", ".join(f"`docker {name}`" for name in command.aliases if name != command.name)
            lines = [f"### docker {command.name}", ""]
            if names:
                lines += [f"Also {names}.", ""]
            lines += ["| row | state | proof or reason |", "|---|---|---|"]
            lines += [f"| `{_cell(v.row)}` | {v.state} | {_cell(v.note)} |" for v in verdicts]
            sections.append("\n".join(lines))
    head = [
        "# What of docker's command line works here",
        "",
        "Made by `scripts/matrix` from the rows of dockercompat/cli/surface, the handlers that exist, and the tests that claim rows with",
        "`@proves`. Nobody edits it. A row works only when a test that runs the real program says so.",
        "",
        "| state | rows |",
        "|---|---|",
        *(f"| {state} | {totals.get(state, 0)} |" for state in (WORKS, UNPROVEN, NO_EFFECT, REFUSED, MISSING)),
    ]
    return "\n".join(head) + "\n\n" + "\n\n".join(sections) + "\n"


def judge(command: Command, proofs: Mapping[str, list[str]], handlers: set[str]) -> list[Verdict]:
    """The verdicts on a command and on each of its flags, the command's first."""
    refused = main.refusal(command, command.name)
    if refused is not None:
        return [Verdict(command.name, REFUSED, str(refused))]
    if command.handler not in handlers:
        return [Verdict(command.name, MISSING)]
    verdicts = [_proven(command.name, proofs)]
    for flag in command.flags:
        row = f"{command.name} --{flag.name}"
        if flag.alias_of:
            verdicts.append(
                Verdict(row, _proven(f"{command.name} --{flag.alias_of}", proofs).state, f"another spelling of --{flag.alias_of}")
            )
            continue
        refused = main.refusal(command, command.name, [flag])
        if refused is not None:
            verdicts.append(Verdict(row, REFUSED, str(refused)))
        elif flag.no_effect:
            verdicts.append(Verdict(row, NO_EFFECT, flag.no_effect))
        else:
            verdicts.append(_proven(row, proofs))
    return verdicts


def claims(tests_dir: str) -> Iterator[Claim]:
    """Every @proves in the tests under a directory, read without running them."""
    for directory, _, files in sorted(os.walk(tests_dir)):
        for name in sorted(files):
            if not (name.startswith("test_") and name.endswith(".py")):
                continue
            path = os.path.join(directory, name)
            with open(path, encoding="utf-8") as file:
                tree = ast.parse(file.read(), path)
            shown = os.path.relpath(path, os.path.dirname(os.path.abspath(tests_dir)))
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    for row in _claimed(node):
                        yield Claim(row, f"{shown}::{node.name}")


def written_handlers() -> set[str]:
    """ "module:function" of every handler in cli/commands, read without importing them."""
    found = set()
    directory = os.path.join(os.path.dirname(__file__), "commands")
    for name in os.listdir(directory):
        if name.endswith(".py"):
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                tree = ast.parse(file.read(), name)
            for node in tree.body:
                if isinstance(node, ast.FunctionDef):
                    found.add(f"{name[:-3]}:{node.name}")
    return found


def _claimed(node: ast.FunctionDef | ast.ClassDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).rpartition(".")[2] == "proves":
            for argument in decorator.args:
                yield ast.literal_eval(argument)


def _proofs(claimed: Iterator[Claim]) -> dict[str, list[str]]:
    """Tests by canonical row; a claim may use any name of the command, and a flag's short form."""
    proofs: dict[str, list[str]] = {}
    for claim in claimed:
        tests = proofs.setdefault(canonical(claim.row), [])
        if claim.test not in tests:
            tests.append(claim.test)
    return proofs


def canonical(row: str) -> str:
    """ "ps -a" is "container ls --all". Raises ValueError when there is no such row."""
    words = row.split()
    names = [word for word in words if not word.startswith("-")]
    rows = surface.rows_of(names[0]) if names else None
    command = rows.command(" ".join(names)) if rows else None
    if command is None or len(words) - len(names) > 1 or (len(words) > len(names) and not words[-1].startswith("-")):
        raise ValueError(f"a test claims {row!r}, which is no row of the surface")
    if len(words) == len(names):
        return command.name
    flag = _flag(command, words[-1])
    if flag is None:
        raise ValueError(f"a test claims {row!r}, and {command.name} has no such flag")
    return f"{command.name} --{flag.alias_of or flag.name}"


def _flag(command: Command, word: str) -> Flag | None:
    for flag in command.flags:
        if word in (f"--{flag.name}", f"-{flag.short}"):
            return flag
    return None


def _proven(row: str, proofs: Mapping[str, list[str]]) -> Verdict:
    tests = proofs.get(row, [])
    return Verdict(row, WORKS, "; ".join(tests)) if tests else Verdict(row, UNPROVEN)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
