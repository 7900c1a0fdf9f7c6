"""A watch in a process of its own, beside the one that shows the containers' output."""

from __future__ import annotations

import os
import signal
import sys

from dockercompat.cli.composing.voice import Hearing, Told
from dockercompat.cli.composing.watching import Watch
from dockercompat.errors import DockerError, sentence
from dockercompat.kernel import syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockercompat.cli.composing.session import Session


class Beside:
    """Begins at once. What it says is heard by `take`; busy: containers end only to begin again.

    Raises  what Watch raises
    """

    def __init__(self, session: Session, services: Sequence[str]) -> None:
        read_fd, write_fd = os.pipe2(os.O_CLOEXEC)
        self.busy = False
        self._hearing = Hearing(read_fd)
        try:
            watch = Watch(session, services, Told(write_fd))
        except BaseException:
            os.close(read_fd)
            os.close(write_fd)
            raise
        session.door.before_fork()
        sys.stdout.flush()
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            _work(watch, parent)
        watch.close()
        os.close(write_fd)

    @property
    def is_over(self) -> bool:
        """Whether it has ended by itself."""
        return self._hearing.over

    def take(self) -> Iterator[str | bytes]:
        """Lines of its own, and output of commands as it is; does not wait."""
        for message in self._hearing.take():
            if isinstance(message, bool):
                self.busy = message
            else:
                yield message

    def end(self) -> None:
        """End it; what has begun in a container is done before."""
        if self._pid:
            try:
                os.kill(self._pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
            os.waitpid(self._pid, 0)
            os.close(self._hearing.fd)
            self._pid = 0


def _work(watch: Watch, parent: int) -> None:
    """What the process does. Does not return."""
    status = 1
    try:
        os.setpgid(0, 0)  # Ctrl-C is for the one that shows output
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == parent:
            watch.run()
    except KeyboardInterrupt:
        status = 0
    except (DockerError, OSError) as error:
        watch.voice.line(f"Watch disabled with errors: {sentence(error)}")
    except Exception as error:
        watch.voice.line(f"Watch disabled with errors: internal error: {type(error).__name__}: {error}")
    finally:
        os._exit(status)
