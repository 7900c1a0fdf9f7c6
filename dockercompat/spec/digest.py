"""Digests: ALGORITHM:HEX, the name of a content (image-spec descriptor.md, Digests)."""

from __future__ import annotations

from dockercompat.errors import InvalidReference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import _Hash

_HEX_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_HEX = frozenset("0123456789abcdef")


def of(content: bytes) -> str:
    """The sha256 digest of some bytes."""
    import hashlib  # OpenSSL: milliseconds that neither run nor images ever need

    return "sha256:" + hashlib.sha256(content).hexdigest()


def is_hex(text: str) -> bool:
    """Whether the text is made of lower-case hexadecimal digits alone (and is not empty)."""
    return bool(text) and _HEX.issuperset(text)


def is_digest(text: str) -> bool:
    algorithm, _, encoded = text.partition(":")
    return _HEX_LENGTHS.get(algorithm) == len(encoded) and is_hex(encoded)


def check(text: str) -> str:
    """The digest itself, when it is one. Raises InvalidReference with go-digest's sentence otherwise."""
    algorithm, colon, encoded = text.partition(":")
    if not colon or not algorithm or not encoded:
        raise InvalidReference("invalid checksum digest format")
    if algorithm not in _HEX_LENGTHS:
        raise InvalidReference("unsupported digest algorithm")
    if len(encoded) != _HEX_LENGTHS[algorithm]:
        raise InvalidReference("invalid checksum digest length")
    if not is_hex(encoded):
        raise InvalidReference("invalid checksum digest format")
    return text


def hex_of(text: str) -> str:
    """The part after the algorithm."""
    return text.partition(":")[2]


def short(text: str) -> str:
    """The first 12 digits, as docker shows image IDs and layers."""
    return (text.partition(":")[2] or text)[:12]


def hasher(digest: str) -> _Hash:
    """A fresh hash object of the digest's algorithm."""
    import hashlib

    return hashlib.new(digest.partition(":")[0])
