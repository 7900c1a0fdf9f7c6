"""Docker's help, byte for byte as its client writes it into a pipe."""

from __future__ import annotations

import os

from dockercompat.cli.surface import Rows, root
from dockercompat.cli.surface.rows import Command, Flag, Noun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MORE = "For more help on how to use Docker, head to https://docs.docker.com/go/guides/"


def page(
    width: int, config_dir: str, *, everything: bool = False, legacy: bool = True, plugins: Sequence[tuple[str, str, str]] = ()
) -> str:
    """The first page, of `docker` alone.

    everything  also what an engine outside a swarm and without experimental features hides
    legacy      with the commands that have a longer name under a noun, but for the common ones
    plugins     name, description and what is wrong with it ("" when nothing is) of every CLI plugin
    """
    wide = max((len(name) for name, _, _ in plugins), default=0)
    parts = ["Usage:  docker [OPTIONS] COMMAND", root.HELP]
    for title, commands in root.SECTIONS:
        if title == "Commands" and not legacy:
            continue
        each = [(name, text) for name, text, needs in commands if everything or not needs]
        if title == "Management Commands":
            each = sorted(
                [*each, *((f"{name}*", text) for name, text, wrong in plugins if not wrong)], key=lambda pair: pair[0].rstrip("*")
            )
        lines = [_listed(name, text, wide) for name, text in each]
        if lines:
            parts.append("\n".join([f"{title}:", *lines]))
    invalid = [_listed(name, wrong, wide) for name, _, wrong in plugins if wrong]
    if invalid:
        parts.append("\n".join(["Invalid Plugins:", *invalid]))
    parts.append("Global Options:\n" + flag_lines(root.FLAGS, width, config_dir, everything=everything))
    parts.append("Run 'docker COMMAND --help' for more information on a command.")
    parts.append(MORE)
    return "\n\n".join(parts) + "\n"


def noun(row: Noun, rows: Rows, width: int, *, everything: bool = False) -> str:
    """The page of a word that commands stand under."""
    options = " [OPTIONS]" if row.flags else ""
    parts = [f"Usage:  docker {row.name}{options} COMMAND", (row.long or row.help).strip()]
    if row.flags:
        parts.append("Options:\n" + flag_lines(row.flags, width, "", everything=everything))
    under = [r for r in rows.under(row) if not r.hidden and (everything or not r.needs or r.needs == row.needs)]
    nouns = [(r.name, r.help) for r in under if isinstance(r, Noun)]
    commands = [(r.name, r.help) for r in under if isinstance(r, Command)]
    commands += [(name, text) for name, _, text in root.ELSEWHERE if name.startswith(row.name + " ")]
    wide = max((len(name.rpartition(" ")[2]) for name, _ in (*nouns, *commands)), default=0)
    for title, each in (("Management Commands", nouns), ("Commands", commands)):
        if each:
            parts.append("\n".join([f"{title}:", *(_listed(name.rpartition(" ")[2], text, wide) for name, text in sorted(each))]))
    parts.append(f"Run 'docker {row.name} COMMAND --help' for more information on a command.")
    return "\n\n".join(parts) + "\n"


def command(row: Command, path: str, width: int, *, everything: bool = False) -> str:
    """The page of a command, called by one of its names (path: "ps", "container ls")."""
    parts = [f"Usage:  {usage(row, path)}", (row.long or row.help).strip()]
    if row.aliases:
        parts.append("Aliases:\n  " + ", ".join(f"docker {name}" for name in aliases(row)))
    if row.examples:
        parts.append("Examples:\n" + row.examples)
    options = flag_lines(row.flags, width, "", everything=everything)
    if options:
        parts.append("Options:\n" + options)
    return "\n\n".join(parts) + "\n"


def usage(row: Command | Noun, path: str) -> str:
    """What follows "Usage:  " in an error about this row."""
    args = row.args if isinstance(row, Command) else row.shown_args
    return f"docker {path} {args}" if args else f"docker {path}"


def aliases(row: Command) -> tuple[str, ...]:
    """Every name that help lists, in docker's order: the canonical one first."""
    return (row.name, *row.aliases) if row.known_as_itself else row.aliases


def flag_lines(flags: Iterable[Flag], width: int, config_dir: str, *, everything: bool = False) -> str:
    """pflag's FlagUsagesWrapped for a terminal of that width; docker leaves its last column free."""
    shown = []
    for flag in flags:
        if flag.hidden or (flag.needs and not everything):
            continue
        head = f"  -{flag.short}, --{flag.name}" if flag.short else f"      --{flag.name}"
        shown.append((head if flag.type == "bool" else f"{head} {flag.type}", flag.help.replace("{config_dir}", config_dir)))
    column = max((len(head) for head, _ in shown), default=0) + 3
    return "\n".join(f"{head}{' ' * (column - len(head))}{_wrap(text, column, width - 1)}" for head, text in shown).rstrip()


def terminal_width(stdin_fd: int = 0) -> int:
    """Columns of the terminal that is standard input (docker asks that one), 80 when it is none."""
    try:
        return os.get_terminal_size(stdin_fd).columns or 80
    except OSError:
        return 80


def _listed(name: str, text: str, wide: int = 0) -> str:
    return f"  {name:<{max(11, wide) + 1}}{text}"


def _wrap(text: str, indent: int, width: int) -> str:
    """pflag's wrap: a final line may be 5 wider than the others rather than leave an orphan."""
    margin = "\n" + " " * indent
    if width == 0:
        return text.replace("\n", margin)
    room = width - indent
    start = ""
    if room < 24:
        indent = 16
        room = width - indent
        margin = start = "\n" + " " * indent
    if room < 24:
        return text.replace("\n", start or margin)
    slop = 5
    room -= slop
    line, text = _cut(room, slop, text)
    out = start + line.replace("\n", margin)
    while text:
        line, text = _cut(room, slop, text)
        out += margin + line.replace("\n", margin)
    return out


def _cut(room: int, slop: int, text: str) -> tuple[str, str]:
    if room + slop > len(text):
        return text, ""
    at = max(text.rfind(c, 0, room) for c in " \t\n")
    if at <= 0:
        return text, ""
    newline = text.rfind("\n", 0, room)
    if 0 < newline < at:
        return text[:newline], text[newline + 1 :]
    return text[:at], text[at + 1 :]
