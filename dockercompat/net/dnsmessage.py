"""DNS messages (RFC 1035, 6891), as much of them as a resolver that answers for a few names and forwards the rest has to read."""

from __future__ import annotations

import struct

from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

A, PTR, AAAA, OPT = 1, 12, 28, 41
NO_ERROR, FORMAT_ERROR, SERVER_FAILURE, NOT_IMPLEMENTED, REFUSED = 0, 1, 2, 4, 5
TTL_S = 600  # docker's
UDP_SIZE_BYTES = 1232
_PLAIN_SIZE_BYTES = 512
_RESPONSE, _TRUNCATED, _RECURSION_WANTED, _RECURSION_THERE = 0x8000, 0x0200, 0x0100, 0x0080
_HEADER = struct.Struct(">HHHHHH")


class Question(Record):
    """A query with its one question.

    message     as received
    end         where the question ends in it
    name        without the last dot, as it was spelt
    size_bytes  of the largest answer that may come in one datagram
    has_opt     the query speaks EDNS, and so does the answer then
    """

    message: bytes
    end: int
    name: str
    type: int
    size_bytes: int
    has_opt: bool

    @property
    def id(self) -> bytes:
        return self.message[:2]

    @property
    def asked(self) -> bytes:
        """The question as both a query and its answer carry it, in one case."""
        return self.message[12 : self.end].lower()


def read_question(message: bytes) -> Question:
    """Raises ValueError for what is no query."""
    if len(message) < 12:
        raise ValueError("shorter than a header")
    _, flags, questions, answers, authorities, additional = _HEADER.unpack_from(message)
    if flags & _RESPONSE or questions != 1:
        raise ValueError("no query")
    name, at = _read_name(message)
    if at + 4 > len(message):
        raise ValueError("a question that ends early")
    (kind,) = struct.unpack_from(">H", message, at)
    end = at + 4
    size_bytes, has_opt = _PLAIN_SIZE_BYTES, False
    if additional and not answers and not authorities and message[end : end + 3] == b"\0\0\x29" and len(message) >= end + 5:
        size_bytes, has_opt = max(_PLAIN_SIZE_BYTES, struct.unpack_from(">H", message, end + 3)[0]), True
    return Question(message, end, name, kind, size_bytes, has_opt)


def _read_name(message: bytes) -> tuple[str, int]:
    """The question's name and where it ends; there is nothing before it that it could point to."""
    labels: list[str] = []
    at = 12
    while at < len(message):
        length = message[at]
        at += 1
        if length == 0:
            return ".".join(labels), at
        if length > 63 or at + length > len(message):
            break
        labels.append(message[at : at + length].decode("utf-8", "surrogateescape"))
        at += length
    raise ValueError("a name that does not end")


def is_standard(question: Question) -> bool:
    """Whether it is a query by name, and not an update or a notification."""
    return question.message[2] & 0x78 == 0


def rcode(message: bytes) -> int:
    return message[3] & 0x0F


def answers(message: bytes, question: Question) -> bool:
    """Whether a message is the answer to a question, whatever its id."""
    if len(message) < 12 or not message[2] & 0x80:
        return False
    return message[4:6] != b"\0\1" or message[12 : question.end].lower() == question.asked


def reply(question: Question, records: Sequence[tuple[int, bytes]] = (), status: int = NO_ERROR, *, stream: bool = False) -> bytes:
    """The answer: (type, data) records under the name that was asked for; cut and marked so where it is too long for a datagram."""
    flags = _RESPONSE | _RECURSION_THERE | status | (struct.unpack_from(">H", question.message, 2)[0] & (_RECURSION_WANTED | 0x7800))
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, TTL_S, len(data)) + data for kind, data in records)
    opt = struct.pack(">BHHIH", 0, OPT, UDP_SIZE_BYTES, 0, 0) if question.has_opt else b""
    count, asked = len(records), question.message[12 : question.end]
    if not stream and 12 + len(asked) + len(body) + len(opt) > min(question.size_bytes, UDP_SIZE_BYTES):
        flags, count, body = flags | _TRUNCATED, 0, b""
    head = _HEADER.pack(int.from_bytes(question.id, "big"), flags, 1, count, 0, len(opt) and 1)
    return head + asked + body + opt


def refusal(message: bytes, status: int) -> bytes:
    """The answer to a message that can't be read, "" where it is not even a query."""
    if len(message) < 12 or message[2] & 0x80:
        return b""
    return message[:2] + struct.pack(">HHHHH", _RESPONSE | status, 0, 0, 0, 0)


def encode_name(name: str) -> bytes:
    labels = [label.encode("utf-8", "surrogateescape")[:63] for label in name.split(".") if label]
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


def reversed_address(name: str) -> str:
    """The address that a name of in-addr.arpa or ip6.arpa is about, as text; "" for other names."""
    labels = name.lower().split(".")
    if labels[-2:] == ["in-addr", "arpa"] and len(labels) == 6:
        return ".".join(reversed(labels[:4]))
    if labels[-2:] == ["ip6", "arpa"] and len(labels) == 34:
        import _socket

        digits = "".join(reversed(labels[:32]))
        try:
            return _socket.inet_ntop(_socket.AF_INET6, bytes.fromhex(digits))
        except ValueError:
            return ""
    return ""
