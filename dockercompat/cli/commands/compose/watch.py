"""`docker compose watch`: the project brought up, and kept up to date with its files until Ctrl-C."""

from __future__ import annotations

import fcntl
import os

from dockercompat.cli.composing.preparing import prepared
from dockercompat.cli.composing.session import Session
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


_INTERRUPTED = 130  # by whichever signal


def watch(invocation: Invocation) -> int:
    from dockercompat.cli.composing.voice import Voice
    from dockercompat.cli.composing.watching import Watch

    options = invocation.options
    session = Session(invocation, services=invocation.args)
    session.check_services(invocation.args)
    lock_fd = _lock(session)
    try:
        services = session.selected(invocation.args)
        if not options.no_up:
            vars(options)["quiet_build"] = options.quiet
            session.apply(prepared(session, services, start=True))
        watching = Watch(session, services, Voice(), prune=bool(options.prune), quiet=bool(options.quiet))
        try:
            watching.run()
        except KeyboardInterrupt:
            return _INTERRUPTED
        finally:
            watching.close()
    finally:
        os.close(lock_fd)


def _lock(session: Session) -> int:
    """Only one process watches a project. Not a lock that is shared with the processes that are begun. Raises ClientError."""
    from dockercompat.host.paths import from_environment

    paths = from_environment(session.environ, os.getuid())
    paths.make()
    fd = os.open(f"{paths.locks_dir}/watch-{session.name}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = os.read(fd, 20).decode()
        os.close(fd)
        raise ClientError(f'cannot take exclusive lock for project "{session.name}": process with PID {pid} is still running') from None
    os.ftruncate(fd, 0)
    os.write(fd, str(os.getpid()).encode())
    return fd
