"""Small texts that several listings share."""

from __future__ import annotations

import time

from dockercompat.spec import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def short_id(object_id: str) -> str:
    return object_id.removeprefix("sha256:")[:12]


def ellipsis(text: str, max_width: int) -> str:
    """The text, cut to a number of columns with "…" as the last when it is longer."""
    if text.isascii():
        return text if len(text) <= max_width else text[: max_width - 1] + "…"
    out: list[str] = []
    used = 0
    cut_at = 0
    for sign in text:
        size = _sign_width(sign)
        if used + size > max_width:
            return "".join(out[:cut_at]) + "…"
        out.append(sign)
        used += size
        if used <= max_width - 1:
            cut_at = len(out)
    return text


def _sign_width(sign: str) -> int:
    if sign < "\u1100":
        return 1
    from unicodedata import east_asian_width

    return 2 if east_asian_width(sign) in "WF" else 1


def labels(pairs: Mapping[str, str] | None) -> str:
    return ",".join(sorted(f"{key}={value}" for key, value in (pairs or {}).items()))


def ago(created_s: float) -> str:
    return duration.human(time.time() - created_s) + " ago"


def familiar(reference: str) -> str:
    """A reference as people write it: without docker.io/ and library/."""
    for prefix in ("docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/"):
        if reference.startswith(prefix):
            return reference[len(prefix) :]
    return reference


def split_reference(reference: str) -> tuple[str, str, str]:
    """Familiar name, tag and digest of a reference; the last two "" when it has none."""
    name, _, digest = familiar(reference).partition("@")
    head, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        return head, tag, digest
    return name, "", digest


def go_quote(text: str) -> str:
    """Go's strconv.Quote."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    from dockercompat.cli.template.lexer import quote

    return quote(text)
