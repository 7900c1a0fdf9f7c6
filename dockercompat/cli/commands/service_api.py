"""Handler of `system service`: the Engine API on a socket."""

from __future__ import annotations

import os

from dockercompat.errors import ClientError, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from dockercompat.cli.invocation import Invocation

_FIRST_FD = 3  # sd_listen_fds(3)


def serve(invocation: Invocation) -> None:
    """Serve until nobody comes any more, or a signal ends it."""
    from dockercompat.api.service import Service
    from dockercompat.spec import duration

    listeners, own_path = _listeners(invocation)
    try:
        Service(invocation.engine, listeners, idle_s=duration.parse(invocation.options.time) / 1e9).run()
    finally:
        if own_path:
            try:
                os.unlink(own_path)
            except FileNotFoundError:
                pass


def _listeners(invocation: Invocation) -> tuple[list[socket.socket], str]:
    """The sockets to serve: those that systemd hands over, else one of our own, whose path is given too."""
    import socket

    from dockercompat.api.service import listen_unix

    environ = invocation.environ
    if environ.get("LISTEN_PID") == str(os.getpid()):
        return [socket.socket(fileno=fd) for fd in range(_FIRST_FD, _FIRST_FD + int(environ.get("LISTEN_FDS") or 0))], ""
    address = invocation.options.host or f"unix://{default_socket(invocation)}"
    kind, _, path = address.partition("://")
    if kind != "unix" or not path:
        raise ClientError(f"{address} is no address that can be served: unix://PATH is")
    try:
        return [listen_unix(path)], path
    except OSError as error:
        raise ClientError(f"can't listen on {path}: {sentence(error)}") from None


def default_socket(invocation: Invocation) -> str:
    """Where a rootless docker engine has its socket, so that tools find it: $XDG_RUNTIME_DIR/docker.sock; /var/run/docker.sock for root."""
    runtime = invocation.environ.get("XDG_RUNTIME_DIR")
    if os.getuid() == 0 and not runtime:
        return "/var/run/docker.sock"
    return f"{runtime or f'/run/user/{os.getuid()}'}/docker.sock"
