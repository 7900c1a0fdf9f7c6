"""A process of the service between two clients."""

from __future__ import annotations

import os
import socket
from types import SimpleNamespace

import pytest

from dockercompat.api import worker
from dockercompat.api.processes import Board


@pytest.fixture
def listener(tmp_path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        sock.listen(8)
        sock.setblocking(False)
        yield sock


def test_a_client_that_comes_while_processes_are_sent_away_is_served(listener):
    """Whoever has taken it answers it before it leaves."""
    paths = SimpleNamespace(db_path="/nowhere", run_dir="/nowhere", make=lambda: None)
    engine = SimpleNamespace(paths=paths, db=SimpleNamespace(close=lambda: None), forget_settings=lambda: None)
    wake, leave = os.pipe2(os.O_NONBLOCK), os.pipe2(os.O_NONBLOCK)
    os.write(leave[1], b"l")
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(listener.getsockname())
        client.sendall(b"GET /_ping HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        worker._take_clients(engine, [listener], worker.Place(Board(2), 0, wake[1], leave[0], 1, None, None), 0, -1)
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
    assert os.read(leave[0], 2) == b"l"  # another one is to go
    for fd in (*wake, *leave):
        os.close(fd)
