"""`docker image ls --tree`: an image a row under all its names, as docker's client shows an engine that keeps one platform of each."""

from __future__ import annotations

from dockercompat.cli.listing.text import ellipsis, short_id
from dockercompat.spec.size import human_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_WARNING = "WARNING: This is an experimental feature. The output may change and shouldn't be depended on."
_TITLES = ("IMAGE", "ID", "DISK USAGE", "CONTENT SIZE", "EXTRA")
_WIDTHS = (0, 12, 10, 12, 5)
_SPACING = 3
_NAME_MIN = 12  # columns of a narrow terminal are left out from the right while the name's has less
_WIDTH = 80  # of what is no terminal
_WIDTH_MIN = 20
_HEAD, _HEAD_PLAIN = "\x1b[1m\x1b[106m\x1b[30mi\x1b[0m\x1b[0m \x1b[96mInfo → \x1b[0m\x1b[0m ", " Info ->  "
_CHIP = "\x1b[38;5;0m\x1b[48;5;14m U \x1b[0m"


def render(rows: Iterable[dict[str, Any]], *, untagged: bool = False, columns: int = 0, colored: bool = False) -> str:
    """The text of --tree.

    rows      of GET /images/json
    untagged  --all: images without a name are shown, too
    columns   of the terminal, 0 for none
    colored   for a terminal; the headings are bold either way, as in docker
    """
    images = [row for row in rows if untagged or row.get("RepoTags")]
    names = [sorted(row.get("RepoTags") or (), key=lambda name: -len(name)) for row in images]
    order = sorted(range(len(images)), key=lambda at: (-int(images[at].get("Created") or 0), names[at][:1]))
    width = max(columns or _WIDTH, _WIDTH_MIN)
    widths = _column_widths(width, [name for each in names for name in each])
    lines = [_color("93", _WARNING) if colored else _WARNING, _legend(width, colored), "", _header(widths)]
    for at in order:
        for name in names[at][:-1]:
            lines.append(_name(ellipsis(name, width) if columns else name, colored))
        lines.append(_row(images[at], names[at][-1] if names[at] else "", widths, colored))
    return "\n".join(lines) + "\n"


def _column_widths(width: int, names: list[str]) -> list[int]:
    kept = [0]
    left = width
    for each in _WIDTHS[1:]:
        if left - each - _SPACING < _NAME_MIN:
            break
        left -= each + _SPACING
        kept.append(each)
    kept[0] = min(left, max([len(_TITLES[0]), *(len(name) for name in names)]))
    if len(kept) == 1:
        kept[0] = min(width, max([len(_TITLES[0]), *(len(name) for name in names)]))
    return kept


def _header(widths: list[int]) -> str:
    cells = []
    for title, width in zip(_TITLES, widths):
        cells.append(_color("39", _color("1", title)[:-4]) + " " * (width - len(title)))
    return (" " * _SPACING).join(cells)


def _row(image: dict[str, Any], name: str, widths: list[int], colored: bool) -> str:
    shown = ellipsis(name or "<untagged>", widths[0])
    cell = _name(shown, colored) if name else (_color("39", _color("2", shown)[:-4]) if colored else shown)
    cells = [cell + " " * (widths[0] - len(shown) if len(widths) > 1 else 0)]
    texts = (short_id(str(image["Id"])), human_size(image.get("Size") or 0, 3), "0B", "")
    for number, (text, width) in enumerate(zip(texts, widths[1:])):
        pad = " " * (width - len(text))
        painted = _color("39", text) if colored and text else text
        cells.append(painted + pad if number == 0 else pad + painted)
    return (" " * _SPACING).join(cells)


def _name(text: str, colored: bool) -> str:
    return _color("34", _color("1", text)[:-4]) if colored else text


def _legend(width: int, colored: bool) -> str:
    text = f"{_HEAD}{_CHIP} In Use " if colored else f"{_HEAD_PLAIN}U In Use "
    seen = 21 if colored else len(text)
    return " " * max(0, width - seen) + text


def _color(code: str, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"
