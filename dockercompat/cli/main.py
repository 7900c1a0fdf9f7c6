"""Words in, exit status out: the row, its flags, its handler, and docker's sentence for what went wrong."""

from __future__ import annotations

import sys

from dockercompat import errors
from dockercompat.cli import config_file, endpoint, flags, interrupts, output, refusals, surface
from dockercompat.cli.invocation import HelpInstead, Invocation
from dockercompat.cli.surface import root
from dockercompat.cli.surface.rows import Flag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TextIO

    from dockercompat.cli.surface import Rows
    from dockercompat.cli.surface.rows import Command, Noun
    from dockercompat.remote.client import Remote

    Handler = Callable[[Invocation], int | None]

_LEVELS = ("trace", "debug", "info", "warn", "warning", "error", "fatal", "panic")
_COMPOSE = "compose"
_COUNTED_AS_DOCKER = ("compose cp", "compose wait")  # commands of compose whose words are counted with docker's sentence
_USAGE = "docker [OPTIONS] COMMAND [ARG...]"
_HELP = Flag("help", "bool", short="h")


class NotYet(errors.ClientError):
    """A row whose handler is not written."""

    def __init__(self, path: str) -> None:
        super().__init__(f"docker {path} is not implemented yet")


def run(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Carry out one command line and return its exit status; messages are written, no error of the project's escapes."""
    try:
        options, rest = flags.parse(root.FLAGS, words, interspersed=False, warn=_mutter)
    except errors.UsageError as error:
        return _usage_error(error, _USAGE, "docker")
    try:
        environ = _configure(options, environ)
        if config_file.load(environ).get("aliases"):
            from dockercompat.cli import plugins

            rest, words = plugins.aliased(rest, words, environ)
        rows = surface.rows_of(rest[0]) if rest else None
        if rest and rows is None:
            from dockercompat.cli import plugins

            status = plugins.answer(rest, words, environ)
            if status is not None:
                return status
        if rest and rest[0] in ("__complete", "__completeNoDesc"):
            from dockercompat.cli import completion

            return completion.answer(list(rest[1:]), environ, descriptions=rest[0] == "__complete")
        environ = endpoint.apply(options, environ)
        if not rest:
            return _no_command(options, environ)
        if rest[0] == "help":
            return _help_command(list(rest[1:]), environ, words, wants_help=bool(options.help))
        if rows is None:
            return _unknown(list(rest), environ, options)
        return _descend(rows, rest[0], list(rest[1:]), environ, options, wants_help=bool(options.help))
    except errors.StatusOnly as error:
        return error.exit_status
    except errors.DockerError as error:
        return _say(str(error), error.exit_status)


def find_handler(handler: str) -> Handler | None:
    """The function that a row's handler names ("container:rename"), None when it is not written."""
    module_name, _, function_name = handler.partition(":")
    name = f"dockercompat.cli.commands.{module_name}"
    try:
        module = __import__(name, fromlist=[function_name])
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None
    function: Handler | None = getattr(module, function_name, None)
    return function


def _unknown(words: list[str], environ: Mapping[str, str], before: flags.Options) -> int:
    """The first word is no command: docker reads all of them as its own arguments, and says so after its flags.

    before  the flags that stood before that word; the last of all counts
    """
    try:
        options, args = _parse(root.FLAGS, words)
    except errors.UsageError as error:
        return _usage_error(error, _USAGE, "docker")
    for name in ("help", "version"):
        if not options.given(name):
            setattr(options, name, getattr(before, name))
    if options.help or options.version:
        return _no_command(options, environ)
    return _say(f"docker: unknown command: docker {args[0]}\n\nRun 'docker --help' for more information", 1)


def _descend(
    rows: Rows, path: str, words: list[str], environ: Mapping[str, str], global_options: flags.Options, *, wants_help: bool
) -> int:
    """Follow the words down the nouns to a command, as docker does, and call it."""
    noun_options = None
    warned: list[str] = []
    kept: dict[str, Flag] = {}
    while (noun := rows.noun(path)) is not None:
        at = _next_word(noun, words)
        child = f"{path} {words[at]}" if at < len(words) else ""
        if not child or (rows.noun(child) is None and rows.command(child) is None):
            return _at_noun(noun, rows, path, words, environ, warned, wants_help=wants_help)
        try:
            options, _ = _parse(noun.flags, words[:at], warned)
        except errors.UsageError as error:
            return _say(str(error), 1)
        if noun.flags and noun_options is None:
            noun_options = options
        kept.update((flag.name, flag) for flag in noun.flags if flag.persistent)
        wants_help = wants_help or bool(options.help)
        path, words = child, words[at + 1 :]
    command = rows.command(path)
    if command is None:
        return _unknown([path, *words], environ, global_options)
    if kept:
        command = command.replace(flags=tuple(sorted((*command.flags, *kept.values()), key=lambda flag: flag.name)))
    if wants_help and any(flag.short == _HELP.short for flag in command.flags):
        wants_help = False  # `run` and `create` have a -h, and with it a --help, of their own; docker's is another flag
    return _call(command, _own_path(command, path), words, environ, global_options, noun_options, warned, wants_help=wants_help)


def _parse(
    of: Sequence[Flag], words: Sequence[str], warned: list[str] | None = None, *, interspersed: bool = True
) -> tuple[flags.Options, list[str]]:
    """Options and arguments, as flags.parse; docker says what is deprecated only when nothing was wrong.

    warned  what was said is added to it
    """
    notes: list[str] = []
    read = flags.parse(of, words, interspersed=interspersed, warn=notes.append)
    for text in notes:
        _warn(text)
    if warned is not None:
        warned += notes
    return read


def _own_path(command: Command, path: str) -> str:
    """What a command calls itself: `container list` says `container ls`, but `ps` is a name of its own."""
    if not command.known_as_itself:
        return command.name
    if " " in path and command.name.rpartition(" ")[0] == path.rpartition(" ")[0]:
        return command.name
    return path


def _next_word(noun: Noun, words: list[str]) -> int:
    """Where the first word stands that is no flag of a noun and no value of one; len(words) when there is none."""
    known = (*noun.flags, _HELP)
    in_flag = False
    for at, word in enumerate(words):
        bare = "=" not in word
        if word.startswith("--") and bare:
            in_flag = not any(flag.name == word[2:] and flag.type == "bool" for flag in known)
        elif len(word) == 2 and word[0] == "-" and bare and not any(flag.short == word[1] and flag.type == "bool" for flag in known):
            in_flag = True
        elif in_flag:
            in_flag = False
        elif len(word) < 2 or word[0] != "-":
            return at
    return len(words)


def _at_noun(
    noun: Noun, rows: Rows, path: str, words: list[str], environ: Mapping[str, str], warned: list[str], *, wants_help: bool
) -> int:
    """The words lead to no command under a noun: its help, or what is wrong with them."""
    from dockercompat.cli import help as pages

    lacking = refusals.unsupported(noun, path)
    try:
        options, args = _parse(noun.flags, words)
    except errors.UsageError as error:
        return _say(lacking, 1) if lacking else _usage_error(error, pages.usage(noun, path), f"docker {path}")
    if options.help or wants_help:
        _repeat(warned)
        return _write(f"{lacking}\n", sys.stdout) if lacking else _print_noun(noun, rows, sys.stdout, environ)
    if lacking:
        return _say(lacking, 1)
    if noun.help_for_all:
        return _print_noun(noun, rows, sys.stdout, environ)
    if not args and getattr(options, "version", False):
        return run([path, "version"], environ)
    if not args and path == _COMPOSE:
        return _print_noun(noun, rows, sys.stdout, environ)
    if not args:
        return _write("\n" if noun.blank_first else "", sys.stderr) or _print_noun(noun, rows, sys.stderr, environ)
    if path == _COMPOSE:
        _print_noun(noun, rows, sys.stdout, environ)
        return _say(f'unknown docker command: "{path} {args[0]}"', 1)
    shown = pages.usage(noun, path)
    return _say(
        f"docker: unknown command: docker {path} {args[0]}\n\nUsage:  {shown}\n\nRun 'docker {path} --help' for more information", 1
    )


def _call(
    command: Command,
    path: str,
    words: list[str],
    environ: Mapping[str, str],
    global_options: flags.Options,
    noun_options: flags.Options | None,
    warned: list[str],
    *,
    wants_help: bool,
) -> int:
    lacking = refusals.unsupported(command, path)
    try:
        options, args = _parse(command.flags, words, interspersed=command.interspersed)
    except errors.UsageError as error:
        from dockercompat.cli import help as pages

        return _say(lacking, 1) if lacking else _usage_error(error, pages.usage(command, path), f"docker {path}")
    if options.help or wants_help:
        _repeat(warned)
        return _write(f"{lacking}\n", sys.stdout) if lacking else _print_command(command, path, environ)
    given = [flag for flag in command.flags if (flag.needs or flag.refused) and options.given(flag.name)]
    lacking = lacking or refusals.unsupported(command, path, given)
    if lacking:
        return _say(lacking, 1)
    try:
        flags.check_arguments(command, len(args))
    except flags.ArgumentCount as error:
        return _wrong_count(command, path, args, error)
    try:
        host = endpoint.check(command.name, environ, global_options)
        remote = _elsewhere(host, command, options, environ, global_options) if host else None
        handler = find_handler(command.handler) if command.handler else None
        interrupts.install()
        status = None
        if handler is not None:
            refused = refusals.refusal(command, given)
            if refused is not None and not command.refused:
                raise refused
            debug = bool(global_options.debug)
            status = handler(Invocation(command, path, options, args, environ, noun_options=noun_options, debug=debug, remote=remote))
            status = output.judge(command.name, options, status or 0)
        refused = refusals.refusal(command, given)
        if refused is not None and not status:
            raise refused
        if handler is None:
            raise NotYet(path)
        return status or 0
    except HelpInstead:
        return _print_command(command, path, environ)
    except errors.DockerError as error:
        sys.stdout.flush()
        return _failed(command, path, error)


def _elsewhere(
    host: str, command: Command, options: flags.Options, environ: Mapping[str, str], global_options: flags.Options
) -> Remote | None:
    """The other engine that a command is for; None where it works without any. Raises ClientError where it can't be asked for this."""
    from dockercompat.cli import contexts, elsewhere

    if elsewhere.without_engine(command.handler):
        return None
    remote = elsewhere.remote(host, contexts.current(environ), global_options, environ)
    elsewhere.check_command(command.name, command.handler, remote)
    elsewhere.check_version(command.name, options, remote)
    return remote


def _wrong_count(command: Command, path: str, args: list[str], error: flags.ArgumentCount) -> int:
    from dockercompat.cli import help as pages

    if command.plain_count:
        return _say(f"accepts {command.max_args} arg(s), received {len(args)}", 1)
    if command.name.startswith("completion "):
        return _say(f'unknown command "{args[0]}" for "docker {path}"', 1)
    if command.name.startswith(_COMPOSE) and command.name not in _COUNTED_AS_DOCKER:
        least, most = command.min_args, command.max_args
        if not most:
            return _say(f'unknown command "{args[0]}" for "docker {path}"', 1)
        if least == most:
            return _say(f"requires {least} arg(s), only received {len(args)}", 1)
        if most < 0:
            return _say(f"requires at least {least} arg(s), only received {len(args)}", 1)
        return _say(f"accepts between {least} and {most} arg(s), received {len(args)}", 1)
    hint = "See" if command.max_args < 0 else "Run"
    name = f"docker {path}"
    start = "ERROR: " if command.name.startswith("buildx ") else ""
    return _say(
        f"{start}docker: '{name}' {error}\n\nUsage:  {pages.usage(command, path)}\n\n{hint} '{name} --help' for more information", 1
    )


def _failed(command: Command, path: str, error: errors.DockerError) -> int:
    """Say what went wrong in a command and return its status. `run` has statuses and a tail of its own."""
    if isinstance(error, errors.StatusOnly):
        return error.exit_status
    if isinstance(error, errors.UsageError | errors.InvalidFlagValue):
        from dockercompat.cli import help as pages

        return _usage_error(error, pages.usage(command, path), f"docker {path}")
    if isinstance(error, errors.Bare):
        return _say(str(error), error.exit_status)
    text = error.line
    if isinstance(error, NotYet):
        return _say(text, error.exit_status)
    if command.name.startswith("buildx ") and error.prefixed:
        return _say(f"ERROR: {error}", error.exit_status)
    runs = command.name == "container run"
    if runs or (command.name == "container create" and isinstance(error, errors.ClientError)):
        status = error.exit_status if runs and error.exit_status > 125 else 125
        return _say(f"docker: {text}\n\nRun 'docker {command.name.rpartition(' ')[2]} --help' for more information", status)
    if command.name.startswith(_COMPOSE) and error.prefixed:  # the engine's errors are all one to compose
        return _say(text, 1)
    return _say(text, error.exit_status)


def _configure(options: flags.Options, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with --config applied; config.json is read, and docker's warning about it said."""
    if options.log_level and options.log_level.lower() not in _LEVELS:
        raise errors.ClientError(f"Unable to parse logging level: {options.log_level}")
    if options.config:
        environ = {**environ, "DOCKER_CONFIG": options.config}
    config_file.load(environ)
    return environ


def _no_command(options: flags.Options, environ: Mapping[str, str]) -> int:
    if options.version and not options.help:
        from dockercompat.spec.release import COMMIT, DOCKER_VERSION

        _write(f"Docker version {DOCKER_VERSION}, build {COMMIT}\n", sys.stdout)
        return 1 if output.failure() else 0
    return _print_page(environ, sys.stdout if options.help else sys.stderr)


def _help_command(words: list[str], environ: Mapping[str, str], line: Sequence[str], *, wants_help: bool) -> int:
    """`docker help volume ls`; it goes as far as the words lead and complains of the last one."""
    try:
        options, rest = _parse((), words)
    except errors.UsageError as error:
        return _usage_error(error, "docker help [command]", "docker help")
    if options.help or wants_help:
        return _write("Usage:  docker help [command]\n\nHelp about the command\n", sys.stdout)
    if not rest:
        return _print_page(environ)
    if rest[0] == "help":
        if rest[1:]:
            return _say(f"unknown help topic: {' '.join(rest[1:])}", 1)
        return _write("Usage:  docker help [command]\n\nHelp about the command\n", sys.stdout)
    rows = surface.rows_of(rest[0])
    path = rest[0]
    for at in range(1, len(rest)):
        if rows is None or rows.noun(path) is None:
            break
        path = f"{path} {rest[at]}"
        if rows.noun(path) is None and rows.command(path) is None:
            return _say(f"unknown help topic: {' '.join(rest[at:])}", 1)
    if rows is None:
        from dockercompat.cli import plugins

        plugin = plugins.find(rest[0], environ)
        if plugin is None:
            return _say(f"unknown help topic: {' '.join(rest)}", 1)
        status = plugins.run_plain(plugin, line, environ, rest[0])
        return _say(plugins.ending(status), 1) if status else 0
    noun = rows.noun(path)
    command = rows.command(path)
    row = noun or command
    if command is not None:
        path = _own_path(command, path)
    if row is not None and (lacking := refusals.unsupported(row, path)):
        return _write(f"{lacking}\n", sys.stdout)
    if noun is not None:
        return _print_noun(noun, rows, sys.stdout, environ)
    if command is None or path.count(" ") + 1 < len(rest):
        return _say(f"unknown help topic: {' '.join(rest[path.count(' ') + (0 if command is None else 1) :])}", 1)
    return _print_command(command, path, environ)


def _print_command(command: Command, path: str, environ: Mapping[str, str]) -> int:
    from dockercompat.cli import help as pages

    return _show(pages.command(command, path, pages.terminal_width()), sys.stdout, environ)


def _print_page(environ: Mapping[str, str], file: TextIO | None = None) -> int:
    from dockercompat.cli import help as pages
    from dockercompat.cli import plugins

    found = tuple((plugin.name, plugin.metadata.get("ShortDescription", ""), plugin.error) for plugin in plugins.installed(environ))
    legacy = not environ.get("DOCKER_HIDE_LEGACY_COMMANDS")
    return _show(
        pages.page(pages.terminal_width(), config_file.directory(environ), legacy=legacy, plugins=found), file or sys.stdout, environ
    )


def _print_noun(noun: Noun, rows: Rows, file: TextIO, environ: Mapping[str, str]) -> int:
    from dockercompat.cli import help as pages

    return _show(pages.noun(noun, rows, pages.terminal_width()), file, environ)


def _show(page: str, file: TextIO, environ: Mapping[str, str]) -> int:
    """Write a page of help: docker's bytes into a pipe or a file, the same words in colour on a terminal."""
    if file.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb":
        from dockercompat.cli import color

        return color.show(page, file)
    return _write(page, file)


def _write(text: str, file: TextIO) -> int:
    print(text, end="", file=file, flush=True)
    return _say(output.failure(), 0)


def _warn(text: str) -> None:
    print(text, flush=True)


def _mutter(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _repeat(warned: list[str]) -> None:
    """For help, docker's client follows the words once more, and says again what it said already besides what it says then."""
    for text in warned:
        if "shorthand" in text:
            _warn(f"{text}\n{text}")


def _say(text: str, status: int) -> int:
    if text:
        try:
            print(text.rstrip("\n"), file=sys.stderr, flush=True)
        except OSError:  # nobody hears it; the status still says it
            pass
    return status


def _usage_error(error: errors.DockerError, usage: str, name: str) -> int:
    if name.startswith(f"docker {_COMPOSE}"):  # a program of its own behind docker's, with habits of its own
        return _say(str(error), 1)
    return _say(f"{error}\n\nUsage:  {usage}\n\nRun '{name} --help' for more information", 125)
