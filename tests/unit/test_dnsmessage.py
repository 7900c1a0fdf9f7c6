"""DNS messages: questions read, answers made, nonsense refused; and the host's resolv.conf as it is now."""

from __future__ import annotations

import os
import struct

import pytest

from dockercompat.engine.network.directory import HostResolver
from dockercompat.net import dnsmessage


def query(name: str, kind: int = dnsmessage.A, *, opt: int = 0) -> bytes:
    message = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 1 if opt else 0) + dnsmessage.encode_name(name) + struct.pack(">HH", kind, 1)
    return message + (struct.pack(">BHHIH", 0, dnsmessage.OPT, opt, 0, 0) if opt else b"")


def test_a_question_and_its_answer():
    question = dnsmessage.read_question(query("Web.Net", opt=4096))
    assert (question.name, question.type, question.size_bytes, question.has_opt) == ("Web.Net", dnsmessage.A, 4096, True)
    answer = dnsmessage.reply(question, [(dnsmessage.A, b"\x0a\0\0\1")])
    assert struct.unpack_from(">HHHHHH", answer) == (7, 0x8180, 1, 1, 0, 1)
    assert answer[12 : question.end] == question.message[12 : question.end]
    assert b"\xc0\x0c\0\1\0\1\0\0\x02\x58\0\4\x0a\0\0\1" in answer
    assert dnsmessage.answers(answer, question)
    assert not dnsmessage.answers(answer, dnsmessage.read_question(query("other")))


def test_an_answer_too_long_for_a_datagram():
    records = [(dnsmessage.A, bytes((10, 0, 0, number))) for number in range(100)]
    plain = dnsmessage.read_question(query("all"))
    assert struct.unpack_from(">HHHH", dnsmessage.reply(plain, records)) == (7, 0x8380, 1, 0)
    assert struct.unpack_from(">HHHH", dnsmessage.reply(plain, records, stream=True)) == (7, 0x8180, 1, 100)
    assert len(dnsmessage.reply(dnsmessage.read_question(query("all", opt=4096)), records)) < 100


@pytest.mark.parametrize(
    "message", [b"", b"\0" * 11, b"\0" * 12, query("x")[:-3], query("x")[:13] + b"\xff" * 9, query("x")[:2] + b"\x81" + query("x")[3:]]
)
def test_no_question(message):
    with pytest.raises(ValueError, match=r"."):
        dnsmessage.read_question(message)
    assert len(dnsmessage.refusal(message, 1)) in (0, 12)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("2.0.18.172.in-addr.arpa", "172.18.0.2"),
        ("1" + ".0" * 30 + ".f.IP6.arpa", "f000::1"),
        ("18.172.in-addr.arpa", ""),
        ("x" + ".0" * 31 + ".ip6.arpa", ""),
        ("web", ""),
    ],
)
def test_reversed_address(name, address):
    assert dnsmessage.reversed_address(name) == address


def test_the_host_s_file_as_it_is_now(tmp_path):
    path = tmp_path / "resolv.conf"
    host = HostResolver(str(path))
    assert host.now().nameservers == ("127.0.0.1",)
    path.write_text("nameserver 1.1.1.1\n")
    assert host.now().nameservers == ("1.1.1.1",)
    path.write_text("nameserver 2.2.2.2\n")  # in place, of the same length
    assert host.now().nameservers == ("2.2.2.2",)
    (tmp_path / "new").write_text("nameserver 3.3.3.3\n")
    os.rename(tmp_path / "new", path)
    assert host.now().nameservers == ("3.3.3.3",)
    path.write_text("# none\n")
    assert host.now().nameservers == ("127.0.0.1",)
