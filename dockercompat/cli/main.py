"""Words in, exit status out: the row, its flags, its handler, and docker's sentence for what went wrong."""

from __future__ import annotations

import sys

from dockercompat import errors
from dockercompat.cli import flags, surface
from dockercompat.cli.invocation import Invocation
from dockercompat.cli.surface import root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TextIO

    from dockercompat.cli.surface import Rows
    from dockercompat.cli.surface.rows import Command, Flag, Noun

    Handler = Callable[[Invocation], int | None]

_NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
)
_LEVELS = ("trace", "debug", "info", "warn", "warning", "error", "fatal", "panic")
_COMPOSE = "compose"
_LOCAL = ("unix", "fd", "npipe")


class NoSuchCommand(errors.ClientError):
    """The words name no command."""


class NotYet(errors.ClientError):
    """A row whose handler is not written."""

    def __init__(self, path: str) -> None:
        super().__init__(f"docker {path} is not implemented yet")


def run(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Carry out one command line and return its exit status; messages are written, no error of the project's escapes."""
    try:
        options, rest = flags.parse(root.FLAGS, words, interspersed=False, warn=lambda text: _say(text, 0))
    except errors.UsageError as error:
        return _usage_error(error, "docker [OPTIONS] COMMAND [ARG...]", "docker")
    if not rest:
        return _no_command(options, environ)
    try:
        environ = _apply(options, environ)
        if rest[0] == "help":
            return _help_command(list(rest[1:]), environ)
        if rest[0] in ("__complete", "__completeNoDesc"):
            from dockercompat.cli import completion

            return completion.answer(list(rest[1:]), environ, descriptions=rest[0] == "__complete")
        rows = surface.rows_of(rest[0])
        if rows is None:
            raise NoSuchCommand("")
        _check_context(rest[0], environ)
        return _descend(rows, rest[0], list(rest[1:]), environ, debug=bool(options.debug))
    except NoSuchCommand:
        if any(word in ("--help", "-h") for word in rest[1:]):
            return _print_page(environ)
        return _say(f"docker: unknown command: docker {rest[0]}\n\nRun 'docker --help' for more information", 1)
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


def refusal(command: Command, path: str, given: Sequence[Flag] = ()) -> errors.DockerError | None:
    """Why this engine does not carry out the command with these flags; None when it does."""
    if command.refused:
        return errors.NotImplementedHere(command.refused)
    if command.needs == "experimental":
        return errors.ClientError(f"docker {path} is only supported on a Docker daemon with experimental features enabled")
    lines = []
    for flag in given:
        if flag.refused:
            return errors.NotImplementedHere(flag.refused)
        if flag.needs == "swarm" and not flag.no_effect:
            return errors.NotImplementedHere(_NOT_A_MANAGER)
        if flag.needs == "windows":
            lines.append(
                f'"--{flag.name}" is only supported on a Docker daemon running on windows, but the Docker daemon is running on linux'
            )
        elif flag.needs == "experimental":
            lines.append(f'"--{flag.name}" is only supported on a Docker daemon with experimental features enabled')
    return errors.ClientError("\n".join(lines)) if lines else None


def _descend(rows: Rows, path: str, words: list[str], environ: Mapping[str, str], *, debug: bool) -> int:
    """Follow the words down the nouns to a command, as docker does, and call it."""
    noun_options = None
    while True:
        noun = rows.noun(path)
        if noun is None:
            break
        try:
            options, rest = flags.parse(noun.flags, words, interspersed=False, warn=_warn)
        except errors.UsageError as error:
            from dockercompat.cli import help as pages

            return _usage_error(error, pages.usage(noun, path), f"docker {path}")
        if noun.flags and noun_options is None:
            noun_options = options
        if options.help:
            return _print_noun(noun, rows, sys.stdout, environ)
        if not rest:
            return _write("\n" if noun.blank_first else "", sys.stderr) or _print_noun(noun, rows, sys.stderr, environ)
        child = f"{path} {rest[0]}"
        dashes = len(words) > len(rest) and words[len(words) - len(rest) - 1] == "--"
        if dashes or (rows.noun(child) is None and rows.command(child) is None):
            if any(word in ("--help", "-h") for word in rest[1:]):
                return _print_noun(noun, rows, sys.stdout, environ)
            if path == _COMPOSE:
                _print_noun(noun, rows, sys.stdout, environ)
                return _say(f'unknown docker command: "{child}"', 1)
            from dockercompat.cli import help as pages

            shown = pages.usage(noun, path)
            return _say(f"docker: unknown command: docker {child}\n\nUsage:  {shown}\n\nRun 'docker {path} --help' for more information", 1)
        path, words = child, rest[1:]
    command = rows.command(path)
    if command is None:
        raise NoSuchCommand("")
    if not command.known_as_itself:
        path = command.name
    elif " " in path:  # `container list` calls itself `container ls`; `ps` is a name of its own
        path = command.name if command.name.rpartition(" ")[0] == path.rpartition(" ")[0] else path
    return _call(command, path, words, environ, noun_options, debug=debug)


def _call(
    command: Command, path: str, words: list[str], environ: Mapping[str, str], noun_options: flags.Options | None, *, debug: bool
) -> int:
    try:
        options, args = flags.parse(command.flags, words, interspersed=command.interspersed, warn=_warn)
        if options.help:
            from dockercompat.cli import help as pages

            return _show(pages.command(command, path, pages.terminal_width()), sys.stdout, environ)
        flags.check_arguments(command, len(args))
    except errors.UsageError as error:
        from dockercompat.cli import help as pages

        return _usage_error(error, pages.usage(command, path), f"docker {path}")
    except flags.ArgumentCount as error:
        from dockercompat.cli import help as pages

        if command.name.startswith(_COMPOSE):
            least, most = command.min_args, command.max_args
            bound = f"{least} arg(s)" if least == most else f"at least {least} arg(s)" if len(args) < least else f"at most {most} arg(s)"
            return _say(f"requires {bound}, only received {len(args)}", 1)
        hint = "See" if command.max_args < 0 else "Run"
        name = f"docker {path}"
        start = "ERROR: " if command.name.startswith("buildx ") else ""
        return _say(
            f"{start}docker: '{name}' {error}\n\nUsage:  {pages.usage(command, path)}\n\n{hint} '{name} --help' for more information", 1
        )
    try:
        refused = refusal(command, path, [f for f in command.flags if (f.needs or f.refused) and options.given(f.name)])
        if refused is not None:
            raise refused
        handler = find_handler(command.handler)
        if handler is None:
            raise NotYet(path)
        status = handler(Invocation(command, path, options, args, environ, noun_options=noun_options, debug=debug))
        sys.stdout.flush()
        return status or 0
    except errors.DockerError as error:
        sys.stdout.flush()
        return _failed(command, path, error)


def _failed(command: Command, path: str, error: errors.DockerError) -> int:
    """Say what went wrong in a command and return its status. `run` has statuses and a tail of its own."""
    if isinstance(error, errors.StatusOnly):
        return error.exit_status
    if isinstance(error, errors.UsageError | errors.InvalidFlagValue):
        from dockercompat.cli import help as pages

        return _usage_error(error, pages.usage(command, path), f"docker {path}")
    if isinstance(error, errors.Bare):
        return _say(str(error), error.exit_status)
    text = f"Error response from daemon: {error}" if error.prefixed else str(error)
    if isinstance(error, NotYet):
        return _say(text, error.exit_status)
    if command.name.startswith("buildx ") and error.prefixed:
        return _say(f"ERROR: {error}", error.exit_status)
    runs = command.name == "container run"
    if runs or (command.name == "container create" and isinstance(error, errors.ClientError)):
        status = error.exit_status if runs and error.exit_status > 125 else 125
        return _say(f"docker: {text}\n\nRun 'docker {path} --help' for more information", status)
    return _say(text, error.exit_status)


def _apply(options: flags.Options, environ: Mapping[str, str]) -> Mapping[str, str]:
    """What the global flags change. Raises ClientError for an engine elsewhere: this one is the only one that can be reached."""
    if options.log_level not in _LEVELS:
        raise errors.ClientError(f"Unable to parse logging level: {options.log_level}")
    changed = dict(environ)
    if options.config:
        changed["DOCKER_CONFIG"] = options.config
    hosts = options.host or ([environ["DOCKER_HOST"]] if environ.get("DOCKER_HOST") and not options.context else [])
    if len(hosts) > 1:
        raise errors.ClientError("specify only one -H")
    if hosts and hosts[0]:
        scheme, separator, _ = hosts[0].partition("://")
        if scheme in ("tcp", "ssh", "http", "https") or not separator:
            source = "-H" if options.host else "DOCKER_HOST"
            raise errors.ClientError(f"pydocker is its own engine and can't command another one: {source} is {hosts[0]}")
        if scheme not in _LOCAL:
            raise errors.ClientError(f"Failed to initialize: unable to resolve docker endpoint: invalid bind address format: {hosts[0]}")
    if options.host:
        changed["DOCKER_HOST"] = hosts[0]
    elif options.context:
        changed["DOCKER_CONTEXT"] = options.context
        changed.pop("DOCKER_HOST", None)
    return changed


def _check_context(noun: str, environ: Mapping[str, str]) -> None:
    """Raises ClientError when the context in use does not exist, or its engine is not this one. `context` itself works in any."""
    from dockercompat.cli import contexts

    name = contexts.current(environ)
    if name == contexts.DEFAULT or noun == "context":
        return
    try:
        host = contexts.Store(environ).load(name).host
    except contexts.NoSuchContext as error:
        raise errors.ClientError(f"Failed to initialize: unable to resolve docker endpoint: {error}") from None
    if host.partition("://")[0] not in _LOCAL:
        raise errors.ClientError(f'pydocker is its own engine and can\'t command another one: context "{name}" is {host}')


def _no_command(options: flags.Options, environ: Mapping[str, str]) -> int:
    if options.version:
        from dockercompat.engine.system.version import COMMIT, DOCKER_VERSION

        return _write(f"Docker version {DOCKER_VERSION}, build {COMMIT}\n", sys.stdout)
    return _print_page(environ, sys.stdout if options.help else sys.stderr)


def _help_command(words: list[str], environ: Mapping[str, str]) -> int:
    """`docker help volume ls`; it goes as far as the words lead and complains of the last one."""
    try:
        options, rest = flags.parse((), words, warn=_warn)
    except errors.UsageError as error:
        return _usage_error(error, "docker help [command]", "docker help")
    if options.help:
        return _write("Usage:  docker help [command]\n\nHelp about the command\n", sys.stdout)
    if not rest:
        return _print_page(environ)
    from dockercompat.cli import help as pages

    rows = surface.rows_of(rest[0])
    path = rest[0]
    for at in range(1, len(rest)):
        if rows is None or rows.noun(path) is None:
            break
        path = f"{path} {rest[at]}"
        if rows.noun(path) is None and rows.command(path) is None:
            return _say(f"unknown help topic: {' '.join(rest[at:])}", 1)
    if rows is None:
        return _say(f"unknown help topic: {' '.join(rest)}", 1)
    noun = rows.noun(path)
    if noun is not None:
        return _print_noun(noun, rows, sys.stdout, environ)
    command = rows.command(path)
    if command is None or path.count(" ") + 1 < len(rest):
        return _say(f"unknown help topic: {' '.join(rest[path.count(' ') + (0 if command is None else 1) :])}", 1)
    return _show(pages.command(command, path, pages.terminal_width()), sys.stdout, environ)


def _print_page(environ: Mapping[str, str], file: TextIO | None = None) -> int:
    from dockercompat.cli import help as pages

    config_dir = environ.get("DOCKER_CONFIG") or f"{environ.get('HOME') or '/root'}/.docker"
    return _show(pages.page(pages.terminal_width(), config_dir), file or sys.stdout, environ)


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
    return 0


def _warn(text: str) -> None:
    print(text, flush=True)


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
