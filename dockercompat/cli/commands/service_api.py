"""Handlers of `system service` and `system dial-stdio`: the Engine API on a socket, and a connection to it on standard streams."""

from __future__ import annotations

import os

from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.api.tls import Files
    from dockercompat.cli.invocation import Invocation
    from dockercompat.engine.engine import Engine


def serve(invocation: Invocation) -> None:
    """Serve until nobody comes any more, or a signal ends it."""
    from dockercompat.api import listening
    from dockercompat.api.service import Service
    from dockercompat.spec import duration

    tls = _tls(invocation)
    listeners = listening.from_systemd(invocation.environ)
    if any(each.family != _unix_family() for each in listeners) and tls is None:
        raise ClientError("a TCP socket is served with --tlsverify, --tlscacert, --tlscert and --tlskey only")
    own: list[listening.Place] = []

    def close() -> None:
        for place in own:
            place.remove()

    try:
        for address in invocation.options.host or ([] if listeners else [f"unix://{default_socket(invocation)}"]):
            listener, place = listening.listen(address, has_tls=tls is not None)
            listeners.append(listener)
            own += [place] if place is not None else []
        idle_s = duration.parse(invocation.options.time) / 1e9
        Service(invocation.engine, listeners, idle_s=idle_s, tls=tls, close=close if own else None).run()
    finally:
        close()


def _unix_family() -> int:
    from socket import AF_UNIX

    return AF_UNIX


def _tls(invocation: Invocation) -> Files | None:
    """What clients are checked with, None where TLS is not asked for. Raises ClientError for half of it."""
    options = invocation.options
    given = {name: getattr(options, name) for name in ("tlscacert", "tlscert", "tlskey")}
    if not options.tlsverify:
        if any(given.values()):
            raise ClientError("--tlscacert, --tlscert and --tlskey need --tlsverify: clients without a certificate are not served")
        return None
    lacking = [f"--{name}" for name, value in given.items() if not value]
    if lacking:
        raise ClientError(f"--tlsverify needs {', '.join(lacking)}")
    from dockercompat.api.tls import Files

    files = Files(given["tlscacert"], given["tlscert"], given["tlskey"])
    files.context()
    return files


def default_socket(invocation: Invocation) -> str:
    """Where a rootless docker engine has its socket, so that tools find it: $XDG_RUNTIME_DIR/docker.sock; /var/run/docker.sock for root."""
    runtime = invocation.environ.get("XDG_RUNTIME_DIR")
    if os.getuid() == 0 and not runtime:
        return "/var/run/docker.sock"
    return f"{runtime or f'/run/user/{os.getuid()}'}/docker.sock"


def dial(invocation: Invocation) -> None:
    """Connect standard input and output to the service; where none listens, this very process serves the one connection."""
    import socket

    from dockercompat.api import dialling

    if invocation.remote is not None:
        from dockercompat.remote import transport

        try:
            way = transport.dial(invocation.remote.address)
        except (transport.Failed, PermissionError) as error:
            raise ClientError(f"failed to open the raw stream connection: {error}") from None
        dialling.carry(way.sock)
        return
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(default_socket(invocation))
    except OSError:
        sock.close()
        sock = dialling.serve_here(invocation.engine)
    dialling.carry(sock)


def serve_containers(engine: Engine) -> int:
    """Serve the socket that containers are given (descriptor 3), as long as its keeper says or anybody is there."""
    import socket

    from dockercompat.api.service import Service
    from dockercompat.engine.container import api_socket

    keeper = os.getppid()
    listener = socket.socket(fileno=api_socket.LISTENER_FD)
    os.set_inheritable(listener.fileno(), False)
    os.set_inheritable(api_socket.LOCK_FD, False)

    def is_needed() -> bool:  # the keeper killed, this process is the last one that holds the socket
        if os.getppid() != keeper and api_socket.is_used(engine):
            api_socket.hand_over(engine)
        return False

    Service(engine, [listener], idle_s=api_socket.IDLE_S, is_needed=is_needed, is_open=True).run()
    return 0
