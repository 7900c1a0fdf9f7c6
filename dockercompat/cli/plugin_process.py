"""The life of a running CLI plugin: its socket, the signals that this process gets meanwhile, its end."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys

from dockercompat.host import run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_SOCKET = "DOCKER_CLI_PLUGIN_SOCKET"
_PATIENCE = 3  # signals
_SIGNALED = 255


def supervise(argv: Sequence[str], env: dict[str, str]) -> int:
    """Run a plugin on this process's streams and return its exit status, 255 when a signal ended it.

    The plugin may hold a connection to the socket that its environment names. The first SIGINT or SIGTERM here closes it, which asks
    the plugin to end; the third kills the plugin. On a terminal the plugin gets the signals itself.
    """
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    name = f"docker_cli_{os.urandom(16).hex()}"
    server.bind(f"\0{name}")
    server.listen()
    woken, waker = socket.socketpair()
    for end in (woken, waker):
        end.setblocking(False)
    signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    pid = run.start_here(argv, {**env, _SOCKET: f"@{name}"})
    process_fd = os.pidfd_open(pid)
    connections: list[socket.socket] = []
    poller = select.poll()
    for fd in (server.fileno(), woken.fileno(), process_fd):
        poller.register(fd, select.POLLIN)
    signals = 0
    listening = True
    while True:
        ready = {fd for fd, _ in poller.poll()}
        if process_fd in ready:
            status = run.wait(pid)
            return status if status >= 0 else _SIGNALED
        if listening and server.fileno() in ready:
            connections.append(server.accept()[0])
        if woken.fileno() not in ready:
            continue
        received = sum(number in (signal.SIGINT, signal.SIGTERM) for number in woken.recv(64))
        if not received or os.isatty(0):
            continue
        signals += received
        if listening:
            listening = False
            poller.unregister(server.fileno())
            for connection in (server, *connections):
                connection.close()
        if signals >= _PATIENCE:
            os.kill(pid, signal.SIGKILL)
            run.wait(pid)
            print("got 3 SIGTERM/SIGINTs, forcefully exiting", file=sys.stderr, flush=True)
            return 1
