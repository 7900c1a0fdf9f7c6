"""Standard output as docker's client writes it: what can't be written (a full disk) is lost, and few commands look whether it was."""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.cli.flags import Options

# Those that fail with what they could not write; the others among these do only with --format.
_LOOK = ("image save", "container export", "context export", "volume export")
_LOOK_WITH_FORMAT = ("system info", "system events", "system df")


class _Descriptor(io.FileIO):
    """Descriptor 1. failure: why the first write was lost, "" when none was."""

    failure = ""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            self.failure = self.failure or os.strerror(error.errno or 0).lower()
            return len(memoryview(data))


def prepare() -> None:
    """Have sys.stdout write so. For a process that owns its standard output."""
    raw = _Descriptor(1, "w", closefd=False)
    on_terminal = bool(sys.stdout.line_buffering)
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "surrogateescape", line_buffering=on_terminal)


def failure() -> str:
    """docker's sentence about what could not be written, "" when all was. Flush first."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return f"write /dev/stdout: {raw.failure}" if isinstance(raw, _Descriptor) and raw.failure else ""


def judge(command: str, options: Options, status: int) -> int:
    """The exit status of a command that has run, with a word on stderr where docker's looks at what it writes; command as in its row."""
    sys.stdout.flush()
    problem = failure()
    if not problem:
        return status
    format = str(getattr(options, "format", "") or "")
    if command.endswith("inspect"):
        import time

        print(f'time="{time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}" level=error msg="{problem}"', file=sys.stderr)
        return status
    looks = (
        command in _LOOK
        or command.startswith("completion ")
        or (command == "version" and not format)
        or (format and command in _LOOK_WITH_FORMAT and (command != "system df" or bool(options.verbose)))
    )
    if not looks or status:
        return status
    print(problem, file=sys.stderr)
    return 1
