"""An engine on another machine through the ssh program, which runs `docker system dial-stdio` there."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING

from dockercompat.errors import HostLacks
from dockercompat.host import run
from dockercompat.remote.transport import Failed, Way

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMEOUT_S = 30
_END_S = 3  # between the end of ssh's output and its own
_SAID_BYTES = 4096  # of what ssh said on standard error


def words(host: str) -> list[str]:
    """The command line of ssh for ssh://[USER@]HOST[:PORT][/SOCKET], as docker's client makes it."""
    from urllib.parse import unquote, urlsplit

    url = urlsplit(host)
    found = ["ssh", f"-o ConnectTimeout={_TIMEOUT_S}", "-T"]
    if url.username:
        found += ["-l", unquote(url.username)]
    if url.port:
        found += ["-p", str(url.port)]
    name = url.netloc.rpartition("@")[2]
    if url.port:
        name = name.rpartition(":")[0]
    found += ["--", name.strip("[]"), "docker"]
    if url.path:
        found += ["--host", f"unix://{unquote(url.path)}"]
    return [*found, "system", "dial-stdio"]


def connect(host: str) -> Way:
    """Raises Failed where there is no ssh. What else goes wrong shows when the connection ends."""
    argv = words(host)
    ours, theirs = socket.socketpair()
    said_fd = os.memfd_create("ssh", os.MFD_CLOEXEC)
    new_session = not os.environ.get("DOCKER_SSH_NO_SETSID")  # a session of its own: Ctrl-C is for the container alone
    try:
        pid = run.spawn(
            argv,
            stdin_fd=theirs.fileno(),
            stdout_fd=theirs.fileno(),
            stderr_fd=said_fd,
            new_session=new_session,
            before_exec=_end_with_us(os.getpid()),
        )
    except HostLacks:
        raise Failed('exec: "ssh": executable file not found in $PATH') from None
    finally:
        theirs.close()

    def reason() -> str:
        ending = _ending(pid)
        if not ending:
            return ""
        said = os.pread(said_fd, _SAID_BYTES, 0).decode("utf-8", "replace")
        return (
            f"command [{' '.join(argv)}] has exited with {ending}, make sure the URL is valid, "
            f"and Docker 18.09 or later is installed on the remote host: stderr={said}"
        )

    return Way(ours, reason)


def _end_with_us(parent: int) -> Callable[[], None]:
    def apply() -> None:
        from dockercompat.kernel import syscall

        syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(0)

    return apply


def _ending(pid: int) -> str:
    """How a program has ended, "" while it runs."""
    import select

    try:
        pid_fd = os.pidfd_open(pid)
        poller = select.poll()
        poller.register(pid_fd, select.POLLIN)
        has_ended = bool(poller.poll(_END_S * 1000))
        os.close(pid_fd)
        if not has_ended:
            return ""
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except (ChildProcessError, ProcessLookupError):  # told before, or the child of a process that we were forked from
        return ""
    return f"exit status {code}" if code >= 0 else f"signal: {(signal.strsignal(-code) or str(-code)).lower()}"
