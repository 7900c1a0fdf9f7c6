"""Image references: the grammar and the names of github.com/distribution/reference, in its words.

reference := [domain "/"] path [":" tag] ["@" digest]        familiar: busybox        canonical: docker.io/library/busybox:latest
"""

from __future__ import annotations

from dockercompat.errors import InvalidReference
from dockercompat.record import Record
from dockercompat.spec import digest as digests
from dockercompat.spec import utf8

DEFAULT_DOMAIN = "docker.io"
DEFAULT_TAG = "latest"
_LEGACY_DOMAIN = "index.docker.io"
_OFFICIAL = "library/"
_NAME_LENGTH_MAX = 255
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_ALNUM = _LOWER | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_WORD = _ALNUM | {"_"}
_TAG = _WORD | {".", "-"}
_DIGITS = frozenset("0123456789")


class Reference(Record):
    """A parsed reference; tag and digest are "" where the text has none."""

    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def repository(self) -> str:
        """Canonical name: docker.io/library/busybox."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar_name(self) -> str:
        """The name as docker shows it: busybox."""
        if self.domain != DEFAULT_DOMAIN:
            return self.repository
        short = self.path.removeprefix(_OFFICIAL)
        return self.path if "/" in short else short

    @property
    def familiar(self) -> str:
        return self.familiar_name + self._suffix

    @property
    def canonical(self) -> str:
        return self.repository + self._suffix

    @property
    def tagged(self) -> Reference:
        """The same with tag latest where there is neither tag nor digest."""
        return self if self.tag or self.digest else self.replace(tag=DEFAULT_TAG)

    @property
    def name_only(self) -> Reference:
        return Reference(self.domain, self.path)

    @property
    def tag_or_digest(self) -> str:
        """What a registry calls the manifest: the digest, which wins, or the tag."""
        return self.digest or self.tag or DEFAULT_TAG

    @property
    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def __str__(self) -> str:
        return self.familiar


def parse(text: str) -> Reference:
    """A reference as a person types it. Raises InvalidReference in docker's words."""
    if len(text) == 64 and digests.is_hex(text):
        raise InvalidReference(f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings")
    domain, remainder = _split_domain(text)
    remote = remainder.partition(":")[0]
    if utf8.valid(remote).lower() != remote:  # Go's lower-case form of a byte that is no UTF-8 is another one
        raise InvalidReference(f"invalid reference format: repository name ({remote}) must be lowercase")
    name, at, digest = remainder.partition("@")
    head, colon, tag = name.rpartition(":")
    path = head if colon else name
    if not colon:
        tag = ""
    if not _is_domain(domain) or not _is_path(path) or (colon and not _is_tag(tag)) or (at and not _looks_like_digest(digest)):
        raise InvalidReference("invalid reference format")
    if len(path) > _NAME_LENGTH_MAX:
        raise InvalidReference(f"repository name must not be more than {_NAME_LENGTH_MAX} characters")
    if at:
        digests.check(digest)
    return Reference(domain, path, tag, digest)


def parse_canonical(text: str) -> Reference:
    """The reverse of Reference.canonical, for what the database holds; nothing is checked."""
    name, _, digest = text.partition("@")
    domain, _, rest = name.partition("/")
    path, _, tag = rest.partition(":")
    return Reference(domain, path, tag, digest)


def _split_domain(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if not slash:
        return DEFAULT_DOMAIN, _OFFICIAL + text
    if first in (_LEGACY_DOMAIN, DEFAULT_DOMAIN):
        domain, remote = DEFAULT_DOMAIN, rest
    elif first == "localhost" or "." in first or ":" in first or first.lower() != first:
        return first, rest
    else:
        domain, remote = DEFAULT_DOMAIN, text
    return domain, remote if "/" in remote else _OFFICIAL + remote


def _is_domain(text: str) -> bool:
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        return bool(host) and all(c in "0123456789abcdefABCDEF:" for c in host) and (port == "" or _is_port(port))
    host, colon, port = text.partition(":")
    if colon and not _is_port(":" + port):
        return False
    return all(label and _ALNUM.issuperset(label.replace("-", "")) and label[0] != "-" and label[-1] != "-" for label in host.split("."))


def _is_port(text: str) -> bool:
    return len(text) > 1 and text[0] == ":" and _DIGITS.issuperset(text[1:])


def _is_path(text: str) -> bool:
    return bool(text) and all(_is_path_component(part) for part in text.split("/"))


def _is_path_component(text: str) -> bool:
    """Alphanumerics with separators between them: one dot, one or two underscores, any number of dashes."""
    if not text or text[0] not in _LOWER or text[-1] not in _LOWER:
        return False
    separator = ""
    for char in text:
        if char in _LOWER:
            if separator and separator not in (".", "_", "__") and separator.strip("-"):
                return False
            separator = ""
        elif char in "._-":
            separator += char
        else:
            return False
    return True


def _is_tag(text: str) -> bool:
    return 0 < len(text) <= 128 and text[0] in _WORD and _TAG.issuperset(text)


def _looks_like_digest(text: str) -> bool:
    algorithm, colon, encoded = text.partition(":")
    if not colon or len(encoded) < 32 or not all(c in "0123456789abcdefABCDEF" for c in encoded):
        return False
    for separator in "+._":
        algorithm = algorithm.replace(separator, "-")
    return all(part and part[0] in _ALNUM - _DIGITS and _ALNUM.issuperset(part) for part in algorithm.split("-"))
