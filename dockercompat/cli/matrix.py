"""compat-matrix.md: what each row of docker's surface does here, and the test that proves it. Made from rows, handlers and tests alone."""

from __future__ import annotations

import ast
import os
import shlex

from dockercompat.cli import flags, refusals, surface
from dockercompat.cli.surface.rows import Command, Flag
from dockercompat.errors import ClientError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

WORKS = "works"
NO_EFFECT = "accepted, no effect here"
REFUSED = "refused"
UNPROVEN = "implemented, no test yet"
MISSING = "not implemented yet"
SHOWN_PROOFS = 3
_HERE = os.path.dirname(__file__)
_READERS = (
    "surface",
    "flags",
    "flag_checks",
    "swarm_checks",
    "help",
    "completion",
    "matrix",
    "main",
)  # of the rows: what they mention says nothing


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
    """The whole document, from the tests under a directory. Raises ValueError when one claims a row that there is none of."""
    proofs = _proofs([*claims(f"{tests_dir}/live"), *recorded(f"{tests_dir}/conformance")])
    handlers = written_handlers()
    sections = []
    totals: dict[str, int] = {}
    verdicts = [_judge_flag("docker", flag, proofs) for flag in surface.root.FLAGS]
    sections.append(_section("docker", "Flags before the command.", verdicts))
    for verdict in verdicts:
        totals[verdict.state] = totals.get(verdict.state, 0) + 1
    for rows in surface.all_rows():
        for command in sorted(rows.commands, key=lambda row: row.name):
            verdicts = judge(command, proofs, handlers)
            for verdict in verdicts:
                totals[verdict.state] = totals.get(verdict.state, 0) + 1
            names = ", ".join(f"`docker {name}`" for name in command.aliases if name != command.name)
            sections.append(_section(f"docker {command.name}", f"Also {names}." if names else "", verdicts))
    head = [
        "# What of docker's command line works here",
        "",
        "Made by `scripts/matrix` from the rows of dockercompat/cli/surface, the handlers that exist, and the tests that run the real",
        "program: those of tests/live that claim rows with `@proves`, and docker's recorded answers in tests/conformance (a case whose",
        "calls all succeed in docker, and whose output, errors and status are the same here). Nobody edits it.",
        "",
        "| state | rows |",
        "|---|---|",
        *(f"| {state} | {totals.get(state, 0)} |" for state in (WORKS, UNPROVEN, NO_EFFECT, REFUSED, MISSING)),
    ]
    return "\n".join(head) + "\n\n" + "\n\n".join(sections) + "\n"


def _section(title: str, text: str, verdicts: list[Verdict]) -> str:
    lines = [f"### {title}", "", *([text, ""] if text else []), "| row | state | proof or reason |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| `{_cell(v.row)}` | {v.state} | {_cell(v.note)} |" for v in verdicts)])


def judge(command: Command, proofs: Mapping[str, list[str]], handlers: Mapping[str, frozenset[str]]) -> list[Verdict]:
    """The verdicts on a command and on each of its flags, the command's first."""
    refused = refusals.unsupported(command, command.name) or str(refusals.refusal(command) or "")
    if refused:
        return [Verdict(command.name, REFUSED, refused)]
    if command.handler not in handlers:
        return [Verdict(command.name, MISSING)]
    verdicts = [_proven(command.name, proofs)]
    for flag in command.flags:
        verdict = _judge_flag(command.name, flag, proofs)
        if verdict.state == UNPROVEN and not flag.alias_of and not _is_read(flag, handlers[command.handler]):
            verdict = Verdict(verdict.row, MISSING, "accepted, but nothing reads it")
        verdicts.append(verdict)
    return verdicts


def _judge_flag(name: str, flag: Flag, proofs: Mapping[str, list[str]]) -> Verdict:
    row = f"{name} --{flag.name}"
    if flag.alias_of:
        return Verdict(row, _proven(f"{name} --{flag.alias_of}", proofs).state, f"another spelling of --{flag.alias_of}")
    refused = refusals.unsupported(Command(name), name, [flag]) or str(refusals.refusal(Command(name), [flag]) or "")
    if refused:
        return Verdict(row, REFUSED, refused)
    return Verdict(row, NO_EFFECT, flag.no_effect) if flag.no_effect else _proven(row, proofs)


def _is_read(flag: Flag, mentioned: frozenset[str]) -> bool:
    name = flag.name.replace("-", "_")
    return name == "help" or name in mentioned or any(m[-2:] == "_*" and len(m) > 4 and name.startswith(m[:-1]) for m in mentioned)


def claims(tests_dir: str) -> Iterator[Claim]:
    """Every @proves in the test files under a directory, read without running them."""
    for directory, _, files in sorted(os.walk(tests_dir)):
        for name in sorted(files):
            if not (name.startswith("test_") and name.endswith(".py")):
                continue
            path = os.path.join(directory, name)
            with open(path, encoding="utf-8") as file:
                tree = ast.parse(file.read(), path)
            shown = os.path.join(os.path.basename(tests_dir), os.path.relpath(path, tests_dir))
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    for row in _claimed(node):
                        yield Claim(row, f"{shown}::{node.name}")


def recorded(conformance_dir: str, *, weak: bool = False) -> Iterator[Claim]:
    """What docker's recorded answers prove: the rows that a case calls, if all of it succeeded in docker and here without a complaint.

    weak  also rows that weak.txt names for the case: its answer is the same with the flag ignored (tests/proofs.py finds these)
    """
    try:
        with open(f"{conformance_dir}/weak.txt", encoding="utf-8") as file:
            idle = set() if weak else {line.strip() for line in file}
        with open(f"{conformance_dir}/differs.txt", encoding="utf-8") as file:
            differing = {line.split()[0] for line in file if line.strip() and not line.startswith("#")}
        names = sorted(os.listdir(f"{conformance_dir}/cases"))
    except FileNotFoundError:
        return
    for name in (name.removesuffix(".sh") for name in names):
        expected = f"{conformance_dir}/expected/{name}"
        if name in differing or name.partition("-")[0] in differing or _text(f"{expected}.err") or _text(f"{expected}.rc").strip() != "0":
            continue
        script = _text(f"{conformance_dir}/cases/{name}.sh")
        if "2>" in script or "&>" in script or "||" in script:  # a failure may be what it is about
            continue
        for words in _calls(script):
            for row in _rows_used(words):
                if f"{name} {row}" not in idle:
                    yield Claim(row, f"conformance {name}")


def written_handlers() -> dict[str, frozenset[str]]:
    """ "module:function" of every handler in cli/commands, and each name that its module, or what that imports of cli/, mentions.

    Read without importing them. A flag whose name is not among these is read by nobody.
    """
    found = {}
    top = os.path.join(_HERE, "commands")
    for folder, _, files in sorted(os.walk(top)):
        for file in sorted(files):
            if file.endswith(".py"):
                name = os.path.relpath(os.path.join(folder, file[:-3]), top).replace(os.sep, ".")
                names = frozenset(_mentioned(f"commands.{name}", set()))
                for node in _tree(f"commands.{name}").body:
                    if isinstance(node, ast.FunctionDef):
                        found[f"{name}:{node.name}"] = names
    return found


def _mentioned(module: str, seen: set[str]) -> Iterator[str]:
    """Attributes, names and texts in a module of cli/ and in those that it imports."""
    if module in seen or module.partition(".")[0] in _READERS:
        return
    seen.add(module)
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.replace("-", "_")
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            yield f"{str(node.values[0].value).replace('-', '_')}*"  # f"health_{name}" may be any of them
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dockercompat.cli"):
            inner = (node.module or "").removeprefix("dockercompat.cli").removeprefix(".")
            for name in (inner, *(f"{inner}.{alias.name}".lstrip(".") for alias in node.names)):
                if name and os.path.exists(os.path.join(_HERE, *name.split(".")) + ".py"):
                    yield from _mentioned(name, seen)


def _tree(module: str) -> ast.Module:
    path = os.path.join(_HERE, *module.split(".")) + ".py"
    return ast.parse(_text(path), path)


def _claimed(node: ast.FunctionDef | ast.ClassDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).rpartition(".")[2] == "proves":
            for argument in decorator.args:
                yield ast.literal_eval(argument)


def _calls(script: str) -> Iterator[list[str]]:
    """The words after each `docker` that stands where a shell expects a command."""
    lexer = shlex.shlex(script.replace("\n", " ; "), posix=True, punctuation_chars=";|&()<>`")
    lexer.commenters = ""
    call: list[str] | None = None
    at_command = True
    try:
        for token in lexer:
            if set(token) <= set(";|&()<>`"):
                if call:
                    yield call
                call, at_command = None, True
            elif call is not None:
                call.append(token)
            elif at_command and token == "docker":
                call = []
            elif "=" not in token and token not in ("do", "then", "else", "if", "while", "!", "$"):
                at_command = False
    except ValueError:  # quoting that only a shell understands
        return
    if call:
        yield call


def _rows_used(words: list[str]) -> Iterator[str]:
    """The command of a call and the flags given to it; nothing when it is no sound call."""
    try:
        before, rest = flags.parse(surface.root.FLAGS, words, interspersed=False, warn=str)
        rows = surface.rows_of(rest[0]) if rest else None
        if rows is None:
            return
        depth = 1
        while rows.noun(" ".join(rest[:depth])) is not None and depth < len(rest):
            depth += 1
        command = rows.command(" ".join(rest[:depth]))
        if command is None:
            return
        options, args = flags.parse(command.flags, rest[depth:], interspersed=command.interspersed, warn=str)
        flags.check_arguments(command, len(args))
    except ClientError:
        return
    if options.help:
        return
    yield command.name
    for flag in surface.root.FLAGS:
        if before.given(flag.name):
            yield f"docker --{flag.name}"
    for flag in command.flags:
        if not flag.alias_of and options.given(flag.name):
            yield f"{command.name} --{flag.name}"


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def _proofs(claimed: Iterable[Claim]) -> dict[str, list[str]]:
    """Tests by canonical row; a claim may use any name of the command, and a flag's short form."""
    proofs: dict[str, list[str]] = {}
    for claim in claimed:
        tests = proofs.setdefault(canonical(claim.row), [])
        if claim.test not in tests:
            tests.append(claim.test)
    return proofs


def canonical(row: str) -> str:
    """ "ps -a" is "container ls --all", "docker -v" "docker --version". Raises ValueError when there is no such row."""
    words = row.split()
    if words[0] == "docker" and len(words) == 2:
        for known in surface.root.FLAGS:
            if words[1] in (f"--{known.name}", f"-{known.short}"):
                return f"docker --{known.name}"
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
    if not tests:
        return Verdict(row, UNPROVEN)
    shown = tests if len(tests) <= SHOWN_PROOFS else [*tests[:SHOWN_PROOFS], f"{len(tests) - SHOWN_PROOFS} more"]
    return Verdict(row, WORKS, "; ".join(shown))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
