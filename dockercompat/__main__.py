"""Words in, exit status out. Whatever happens, a person sees a sentence and never a traceback (PYDOCKER_DEBUG=1 and -D show it)."""

from __future__ import annotations

import os
import sys

from dockercompat.errors import sentence

_INTERRUPTED = 130
_PIPE_CLOSED = 141  # as a shell says SIGPIPE, which ends docker there


def main() -> int:
    """Entry point of `pydocker` and of `python -m dockercompat`; does not return.

    The process leaves without the interpreter's tidying up: that would also close the database, and its last user would then wait
    for the disk to write the journal back, at the end of every command.
    """
    status = run_words()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        status = status or _PIPE_CLOSED
    os._exit(status & 0xFF)


def run_words() -> int:
    """Carry out sys.argv and return the exit status, whatever happens."""
    environ = os.environ
    words = sys.argv[1:]
    _prepare_streams()
    try:
        if words[:1] == ["internal"]:
            from dockercompat.engine import internal

            if words[4:] == ["serve-socket"]:
                from dockercompat.cli.commands import service_api

                return service_api.serve_containers(internal.engine_of(words[1:], environ))
            return internal.main(words[1:], environ)
        if sys.argv[0].endswith("/docker-buildx"):
            from dockercompat.cli.as_plugin import run
        else:
            from dockercompat.cli.main import run

        status = run(words, environ)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt as told:
        _discard_output()
        return int(getattr(told, "status", _INTERRUPTED))
    except BrokenPipeError:
        _discard_output()
        return _PIPE_CLOSED
    except SystemExit:
        raise
    except OSError as error:
        return _unexpected(error, sentence(error))
    except BaseException as error:  # the last resort: everything known has a class of its own
        return _unexpected(error, f"internal error: {type(error).__name__}: {error}")


def _prepare_streams() -> None:
    """Standard streams as Go's programs have them: closed ones are /dev/null, text is UTF-8 whatever the locale, names pass unchanged."""
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            null_fd = os.open(os.devnull, os.O_RDWR)
            if null_fd != fd:
                os.dup2(null_fd, fd)
                os.close(null_fd)
            setattr(sys, name, open(fd, "r" if fd == 0 else "w", closefd=False))
        elif fd == 1:
            from dockercompat.cli import output

            output.prepare()
        elif fd and stream.errors != "surrogateescape":
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def _unexpected(error: BaseException, text: str) -> int:
    if os.environ.get("PYDOCKER_DEBUG") or sys.argv[1:2] in (["-D"], ["--debug"]):
        import traceback

        traceback.print_exception(error)
    try:
        print(f"pydocker: {text}", file=sys.stderr, flush=True)
    except OSError:
        pass
    _discard_output()
    return 125 if sys.argv[1:2] == ["run"] or sys.argv[1:3] == ["container", "run"] else 1


def _discard_output() -> None:
    """Leave nothing for the interpreter to write at its end: whoever read it has gone."""
    null_fd = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            try:
                os.dup2(null_fd, stream.fileno())
            except (OSError, ValueError):
                pass


if __name__ == "__main__":
    sys.exit(main())
