"""A server for published ports, to be run in a container, and the clients that try them.

It says who it sees: 80/tcp answers with the client's address, 81/tcp counts what it gets up to the client's half-close, 82/tcp sends as
many bytes as it is asked for, 53/udp answers with the client's address and what it got.
"""

from __future__ import annotations

import contextlib
import socket
import threading

SERVER = """
import socket, threading
def name(a): return a[0].removeprefix("::ffff:").encode()
def at(kind, port):
    try: s = socket.socket(10, kind); s.setsockopt(41, 26, 0); host = "::"
    except OSError: s = socket.socket(2, kind); host = "0.0.0.0"
    s.setsockopt(1, 2, 1); s.bind((host, port)); return s
def greet(c, a): c.recv(9); c.sendall(name(a)); c.close()
def count(c, a):
    n = 0
    while b := c.recv(1 << 20): n += len(b)
    c.sendall(b"%d" % n); c.close()
def send(c, a): c.sendall(b"x" * int(c.recv(20))); c.close()
def tcp(s, serve):
    while True: threading.Thread(target=serve, args=s.accept(), daemon=True).start()
u = at(2, 53)
for port, serve in ((82, send), (81, count), (80, greet)):
    s = at(1, port); s.listen(999)
    threading.Thread(target=tcp, args=(s, serve), daemon=True).start()
while True:
    data, peer = u.recvfrom(65535); u.sendto(name(peer) + b" " + data, peer)
"""
WORDS = ("chroot", "/host", "/usr/bin/python3", "-c", SERVER)
MOUNT = ("-v", "/:/host:ro")


def fetch(port: int, host: str = "127.0.0.1") -> str:
    """The body that an HTTP server gives, "" when none answers."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=2) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        data = b""
        while chunk := connection.recv(4096):
            data += chunk
        return data.partition(b"\r\n\r\n")[2].decode()
    return ""


def host_address() -> str:
    """An address of this machine that is not the loopback's, "" for none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.77", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def greeting(host: str, port: int) -> str:
    """The address that the server sees; "" when it can't be reached."""
    try:
        with socket.create_connection((host, port), timeout=3) as connection:
            connection.sendall(b"hi")
            return connection.recv(99).decode()
    except OSError:
        return ""


def echo(host: str, port: int, size: int = 9) -> str:
    """The same by datagrams, with a whole one of a size there and back."""
    data = b"q" * size
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(3)
        udp.connect((host, port))
        try:
            udp.send(data)
            address, _, rest = udp.recv(65535).partition(b" ")
        except OSError:
            return ""
    return address.decode() if rest == data else "cut"


def upload(host: str, port: int, size: int) -> int:
    """Send, close one half, and learn what arrived."""
    with socket.create_connection((host, port), timeout=20) as connection:
        connection.sendall(b"y" * size)
        connection.shutdown(socket.SHUT_WR)
        return int(connection.recv(99))


def download(host: str, port: int, size: int, begun: threading.Event | None = None) -> int:
    """How much comes of what was asked for; less when the connection broke. begun is set when something has come."""
    with socket.create_connection((host, port), timeout=20) as connection:
        connection.sendall(b"%d" % size)
        got = 0
        try:
            while data := connection.recv(1 << 20):
                got += len(data)
                if begun is not None:
                    begun.set()
        except ConnectionError:
            pass
        return got


def at_once(host: str, port: int, number: int) -> list[str]:
    """The greetings of many clients that come at the same moment."""
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(greeting(host, port))) for _ in range(number)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return found
