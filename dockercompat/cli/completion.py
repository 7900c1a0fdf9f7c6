"""The hidden `__complete`: what can stand where the last word of a command line is, answered as cobra does for docker's client.

Each line is a word and, after a tab, its description; the last is ":" and a directive for the shell's script. Standard error names
the directive, for a person who asks by hand.
"""

from __future__ import annotations

import sys

from dockercompat.cli import flags, surface
from dockercompat.cli.surface import root
from dockercompat.cli.surface.completions import ALL_FLAGS, ANY_FILE, ARGUMENTS, FAILED, FILES, FLAGS, GIVEN_AGAIN, NO_FILES, NOTHING, ONCE
from dockercompat.cli.surface.rows import Command, Flag, Noun
from dockercompat.errors import ClientError, DockerError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockercompat.cli.invocation import Invocation
    from dockercompat.cli.surface.completions import Offer

_DIRECTIVES = ("Error", "NoSpace", "NoFileComp", "FilterFileExt", "FilterDirs", "KeepOrder")
_HELP = Flag("help", "bool", short="h", hidden=True)
_LEAVES = ("help", "__complete", "__completeNoDesc")  # words of the root that are no rows
_HIDDEN_AT_ROOT = (("bake", "Build from a file"), ("help", "Help about the command"))


def answer(words: Sequence[str], environ: Mapping[str, str], *, descriptions: bool = True) -> int:
    """Print what can stand where the last word is, and the directive. Raises ClientError when there is no word at all."""
    if not words:
        raise ClientError("requires at least 1 arg(s), only received 0")
    found, directive, problem = complete(words, environ)
    if problem:
        print(f"[Debug] [Error] {problem}", file=sys.stderr)
    for word in found:
        text = word if descriptions else word.partition("\t")[0]
        print(text.partition("\n")[0].strip())
    print(f":{directive}", flush=True)
    names = [name for bit, name in enumerate(_DIRECTIVES) if directive >> bit & 1] or ["Default"]
    print("Completion ended with directive: " + ", ".join(f"ShellCompDirective{name}" for name in names), file=sys.stderr)
    return 0


def complete(words: Sequence[str], environ: Mapping[str, str]) -> tuple[list[str], int, str]:
    """The words with their descriptions, the directive, and what was wrong with the words before ("" when nothing)."""
    *before, word = words
    try:
        place, rest = _find(before)
    except UsageError:
        return [], FILES, f"unable to find a command for arguments: {_go_list(before)}"
    value_of, rest, word, unknown = _flag_before(place, rest, word)
    # with "--" behind it, a line whose flags have ended has one argument more
    arguments_after = _count_arguments(place, [*rest, "--"])
    try:
        options, args = place.parse(rest)
    except UsageError as error:
        return [], FILES, f"Error while parsing flags from args {_go_list(rest)}: {error}"
    flags_ended = arguments_after > len(args)
    if unknown and not flags_ended:
        return [], FILES, unknown
    if value_of is not None and not flags_ended:
        offered = FLAGS.get(place.name, {}).get(value_of.name, NOTHING if place.name in ALL_FLAGS else ANY_FILE)
        return (*_offered(offered, place, options, args, word, environ), "")
    if value_of is None and word.startswith("-") and "=" not in word and not flags_ended:
        return _flag_names(place, options, word), NO_FILES, ""
    if place.row is None and place.name == "" and not args:
        return _matching(_at_root(environ), word), NO_FILES, ""
    if isinstance(place.row, Noun) and not args:
        return _matching(_under(place), word), NO_FILES, ""
    return (*_offered(ARGUMENTS.get(place.name, ANY_FILE), place, options, args, word, environ), "")


class _Place:
    """Where the words before lead: the root (no row, no name), a noun, a command, or a leaf of the root that is no row.

    called        what it calls itself: `docker ps` is ps, `docker container ps` is ls
    root_options  the global flags on the way there, which name an engine and a configuration
    """

    def __init__(self) -> None:
        self.name = ""
        self.called = "docker"
        self.row: Command | Noun | None = None
        self.rows: surface.Rows | None = None
        self.flags: tuple[Flag, ...] = root.FLAGS
        self.root_options = flags.Options(root.FLAGS)
        self._warnings: list[str] = []

    def parse(self, words: Sequence[str]) -> tuple[flags.Options, list[str]]:
        """Raises UsageError. Warnings of deprecated flags go to standard output, all so far each time, as cobra writes them."""
        heard = len(self._warnings)
        interspersed = self.name != "" and not (isinstance(self.row, Command) and not self.row.interspersed)
        options, args = flags.parse(self.flags, words, interspersed=interspersed, warn=self._warnings.append)
        if len(self._warnings) > heard:
            print("\n".join(self._warnings))
        if self.name == "":
            self.root_options = options
        return options, args


def _find(words: Sequence[str]) -> tuple[_Place, list[str]]:
    """Follow the words down to the last one that is a command, and give the others. Raises UsageError for flags on the way."""
    place = _Place()
    rest = list(words)
    while not isinstance(place.row, Command) and place.name not in _LEAVES:
        at = _next_word(place.flags, rest)
        if at is None:
            break
        path = f"{place.name} {rest[at]}".strip()
        if place.name == "" and path in _LEAVES:
            row, rows = None, None
        else:
            rows = place.rows if place.rows is not None else surface.rows_of(path)
            row = None if rows is None else rows.noun(path) or rows.command(path)
            if row is None:
                break
        place.parse(rest[:at])
        place.called = path if row is None or place.name == "" else row.name.rpartition(" ")[2]
        place.name = path if row is None else row.name
        place.row, place.rows, rest = row, rows, rest[at + 1 :]
        place.flags = () if row is None else row.flags
    return place, rest


def _next_word(known: Sequence[Flag], words: Sequence[str]) -> int | None:
    """Where the first word stands that is no flag and no value of one, as cobra's Traverse tells."""
    in_flag = False
    for at, word in enumerate(words):
        if word.startswith("--") and "=" not in word:
            in_flag = not any(flag.name == word[2:] and flag.type == "bool" for flag in (*known, _HELP))
        elif word.startswith("-") and "=" not in word and len(word) == 2:
            in_flag = in_flag or not any(flag.short == word[1] and flag.type == "bool" for flag in (*known, _HELP))
        elif in_flag:
            in_flag = False
        elif not _is_flag(word):
            return at
    return None


def _flag_before(place: _Place, rest: list[str], word: str) -> tuple[Flag | None, list[str], str, str]:
    """The flag whose value the word is: it stands before an "=" in it, or is the last word before; then the words without that flag.

    Gives also what there is of the value, and what is wrong when the command has no such flag.
    """
    name, whole, joined = "", word, False
    if word.startswith("-"):
        head, equals, value = word.partition("=")
        if not equals:
            return None, rest, word, ""
        name = head[2:] if head.startswith("--") else head[-1]
        word, joined = value, True
    others = rest
    if not name and rest and _is_flag(rest[-1]) and "=" not in rest[-1]:
        name = rest[-1][2:] if rest[-1].startswith("--") else rest[-1][-1]
        others = rest[:-1]
    if not name:
        return None, others, word, ""
    flag = _lookup(place.flags, name)
    if flag is None:
        return None, rest, whole, f"Subcommand '{place.called}' does not support flag '{name}'"
    if not joined and flag.type == "bool":
        return None, rest, word, ""
    return flag, others, word, ""


def _lookup(known: Sequence[Flag], name: str) -> Flag | None:
    if len(name) == 1:
        return next((flag for flag in (*known, _HELP) if flag.short == name), None)
    return next((flag for flag in (*known, _HELP) if flag.name == name), None)


def _is_flag(word: str) -> bool:
    return len(word) > 1 and word[0] == "-" and (word[1] != "-" or len(word) > 2)


def _count_arguments(place: _Place, words: Sequence[str]) -> int:
    try:
        return len(place.parse(words)[1])
    except UsageError:
        return 0


def _flag_names(place: _Place, options: flags.Options, word: str) -> list[str]:
    found = []
    for flag in sorted(place.flags, key=lambda flag: flag.name):
        again = flag.type in GIVEN_AGAIN and flag.name not in ONCE
        if flag.hidden or flag.deprecated or (options.spelt(flag.name) and not again):
            continue
        text = _usage(flag)
        found += [f"{name}\t{text}" for name in (f"--{flag.name}", f"-{flag.short}" if flag.short else "") if name]
    return [line for line in found if line.startswith(word)]


def _usage(flag: Flag) -> str:
    """What docker's source says of a flag: its help without the default that pflag shows behind it."""
    text, _, default = flag.help.rpartition(" (default ")
    shown = default.removesuffix(")")
    if "{config_dir}" in shown:
        return text
    return text if text and shown in ("[]", "map[]", f"{flag.default}", f'"{flag.default}"', f"{flag.default}".lower()) else flag.help


def _at_root(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    from dockercompat.cli import plugins

    found = [(name.rstrip("*"), text) for _, commands in root.SECTIONS for name, text, _ in commands]
    found += [(each.name, each.metadata.get("ShortDescription", "")) for each in plugins.installed(environ) if not each.error]
    return [*found, *_HIDDEN_AT_ROOT]


def _under(place: _Place) -> list[tuple[str, str]]:
    assert isinstance(place.row, Noun) and place.rows is not None
    found = [(row.name.rpartition(" ")[2], row.help) for row in place.rows.under(place.row) if not row.hidden]
    return [*found, *((name.rpartition(" ")[2], text) for name, _, text in root.ELSEWHERE if name.startswith(place.name + " "))]


def _matching(found: Sequence[tuple[str, str]], word: str) -> list[str]:
    return [f"{name}\t{text}" for name, text in sorted(dict(found).items()) if name.startswith(word)]


def _offered(
    offer: Offer, place: _Place, options: flags.Options, args: Sequence[str], word: str, environ: Mapping[str, str]
) -> tuple[list[str], int]:
    if not isinstance(offer, str):
        return [*offer[1]], offer[0]
    from dockercompat.cli import offers

    kind, _, limit = offer.partition(":")
    if limit and len(args) >= int(limit):
        return [], NO_FILES
    try:
        environ = _environment(place.root_options, environ)
        asked = offers.Asked(options, args, word, environ, lambda: _invocation(place.root_options, environ))
        return getattr(offers, kind)(asked)  # type: ignore[no-any-return]
    except DockerError:
        return [], FAILED


def _environment(options: flags.Options, environ: Mapping[str, str]) -> Mapping[str, str]:
    from dockercompat.cli import endpoint

    if options.config:
        environ = {**environ, "DOCKER_CONFIG": options.config}
    return endpoint.apply(options, environ)


def _invocation(options: flags.Options, environ: Mapping[str, str]) -> Invocation:
    """A question to the engine that the words before mean. Raises ClientError."""
    from dockercompat.cli import contexts, elsewhere, endpoint
    from dockercompat.cli.invocation import Invocation

    host = endpoint.check("", environ, options)
    remote = elsewhere.remote(host, contexts.current(environ), options, environ) if host else None
    return Invocation(Command("__complete"), "__complete", flags.Options(()), [], environ, remote=remote)


def _go_list(words: Sequence[str]) -> str:
    """Go's %v of a list of strings."""
    return f"[{' '.join(words)}]"
