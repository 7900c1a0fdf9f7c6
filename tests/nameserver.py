"""A small DNS server for tests, by datagram and stream: `python nameserver.py ADDRESS ANSWER LOG`, on port 53 of an address.

The first label of a name says what it does: drop, fail, refuse, nx; big (too long for a datagram); anything else has the address ANSWER.
"""

from __future__ import annotations

import socket
import struct
import sys
import threading


def answer(query: bytes, address: str, *, stream: bool) -> tuple[str, bytes]:
    """The name that was asked for, and the answer; empty for none."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind, end, flags, records = struct.unpack_from(">H", query, at + 1)[0], at + 5, 0x8180, []
    first = labels[0].lower() if labels else ""
    if first == "drop":
        return first, b""
    flags |= {"fail": 2, "refuse": 5, "nx": 3}.get(first, 0)
    if first == "big" and not stream:
        flags |= 0x0200
    elif first == "big":
        records = [(16, b"\xc8" + b"x" * 200)] * 40
    elif kind == 1 and not flags & 15:
        records = [(1, socket.inet_aton(address))]
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 5, len(data)) + data for kind, data in records)
    return ".".join(labels), query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + query[12:end] + body


def serve(at: str, address: str, log: list[str]) -> None:
    """Start serving in the background."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((at, 53))
    tcp = socket.create_server((at, 53))

    def datagrams() -> None:
        while True:
            query, client = udp.recvfrom(65535)
            name, reply = answer(query, address, stream=False)
            log.append(name)
            if reply:
                udp.sendto(reply, client)

    def streams() -> None:
        while True:
            connection, _ = tcp.accept()
            with connection, connection.makefile("rb") as file:
                query = file.read(struct.unpack(">H", file.read(2))[0])
                name, reply = answer(query, address, stream=True)
                log.append(f"tcp {name}")
                connection.sendall(struct.pack(">H", len(reply)) + reply)

    for work in (datagrams, streams):
        threading.Thread(target=work, daemon=True).start()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], [])
    print("ready", flush=True)
    threading.Event().wait()
