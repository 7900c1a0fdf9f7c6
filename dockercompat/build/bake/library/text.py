"""Functions on text. A character is what a reader takes for one: a letter with its marks."""

from __future__ import annotations

import posixpath
import re
import unicodedata

from dockercompat.build.bake import values
from dockercompat.build.bake.functions import Table, declare
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TABLE: Table = {}


def characters(text: str) -> list[str]:
    """Text in characters: marks, joiners and what is joined belong to the letter before them."""
    found: list[str] = []
    joined = False
    for letter in text:
        mark = unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Mc") or letter == "\u200d"
        if found and (mark or joined or (found[-1] == "\r" and letter == "\n")):
            found[-1] += letter
        else:
            found.append(letter)
        joined = letter == "\u200d"
    return found


@declare(TABLE, "upper", "str:string")
def _upper(text: str) -> str:
    return "".join(letter.upper() if len(letter.upper()) == 1 else letter for letter in text)


@declare(TABLE, "lower", "str:string")
def _lower(text: str) -> str:
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


@declare(TABLE, "title", "str:string")
def _title(text: str) -> str:
    made = ""
    for before, letter in zip(" " + text, text):
        fresh = not (before.isalnum() or before == "_") if before.isascii() else before.isspace()
        made += letter.upper() if fresh and len(letter.upper()) == 1 else letter
    return made


@declare(TABLE, "reverse", "str:string")
def _reverse(text: str) -> str:
    return "".join(reversed(characters(text)))


@declare(TABLE, "strlen", "str:string")
def _strlen(text: str) -> Any:
    return values.from_python(len(characters(unicodedata.normalize("NFC", text))))


@declare(TABLE, "substr", "str:string", "offset:number", "length:number")
def _substr(text: str, offset: Any, length: Any) -> str:
    start, count = values.whole(offset), values.whole(length)
    letters = characters(text)
    if start < 0:
        start = max(0, start + len(letters))
    if count < 0:
        return "".join(letters[start:])
    return "".join(letters[start : start + count])


@declare(TABLE, "join", "separator:string", "*lists:strings")
def _join(separator: str, *lists: list[Any]) -> str:
    if not lists:
        raise HclError("at least one list is required")
    for number, items in enumerate(lists):
        for at, item in enumerate(items):
            if item is None:
                where = f" in list {number + 1}" if len(lists) > 1 else ""
                raise HclError(f"element {at}{where} is null; cannot concatenate null values", number + 1)
    return separator.join(item for items in lists for item in items)


@declare(TABLE, "split", "separator:string", "str:string")
def _split(separator: str, text: str) -> list[str]:
    return text.split(separator) if separator else list(text)


@declare(TABLE, "sort", "list:strings")
def _sort(items: list[Any]) -> list[Any]:
    for at, item in enumerate(items):
        if item is None:
            raise HclError(f"given list element {at} is null; a null string cannot be sorted", 0)
    return sorted(items)


@declare(TABLE, "chomp", "str:string")
def _chomp(text: str) -> str:
    return re.sub(r"(?:\r\n?|\n)*\Z", "", text)


@declare(TABLE, "indent", "spaces:number", "str:string")
def _indent(spaces: Any, text: str) -> str:
    return text.replace("\n", "\n" + " " * values.whole(spaces))


@declare(TABLE, "trimspace", "str:string")
def _trimspace(text: str) -> str:
    return text.strip()


@declare(TABLE, "trim", "str:string", "cutset:string")
def _trim(text: str, cutset: str) -> str:
    return text.strip(cutset) if cutset else text


@declare(TABLE, "trimprefix", "str:string", "prefix:string")
def _trimprefix(text: str, prefix: str) -> str:
    return text.removeprefix(prefix)


@declare(TABLE, "trimsuffix", "str:string", "suffix:string")
def _trimsuffix(text: str, suffix: str) -> str:
    return text.removesuffix(suffix)


@declare(TABLE, "replace", "str:string", "substr:string", "replace:string")
def _replace(text: str, old: str, new: str) -> str:
    return text.replace(old, new)


def _compiled(pattern: str, argument: int) -> re.Pattern[str]:
    try:
        return re.compile(re.sub(r"\\z", r"\\Z", re.sub(r"\[\[:(\w+):\]\]", _posix, pattern)))
    except re.error as error:
        said = f"missing closing ) in {pattern}" if "unterminated subpattern" in str(error) else str(error)
        raise HclError(f"invalid regexp pattern: {said}", argument) from None


def _posix(match: re.Match[str]) -> str:
    classes = {"alpha": "A-Za-z", "digit": "0-9", "alnum": "0-9A-Za-z", "upper": "A-Z", "lower": "a-z", "space": r"\s", "word": r"\w"}
    return f"[{classes.get(match[1], match[1])}]"


@declare(TABLE, "regex_replace", "str:string", "pattern:string", "replace:string")
def _regex_replace(text: str, pattern: str, new: str) -> str:
    compiled = _compiled(pattern, 1)

    def expanded(match: re.Match[str]) -> str:
        def group(reference: re.Match[str]) -> str:
            name = reference[1] or reference[2]
            if name == "$":
                return "$"
            try:
                return match[int(name) if name.isdigit() else name] or ""
            except (IndexError, error_type):
                return ""

        return re.sub(r"\$(?:\{(\w+)\}|(\w+|\$))", group, new)

    error_type = re.error
    return compiled.sub(expanded, text)


def _match(match: re.Match[str]) -> Any:
    if match.re.groupindex:
        return {name: match[name] for name in match.re.groupindex}
    if match.re.groups:
        return list(match.groups())
    return match[0]


@declare(TABLE, "regex", "pattern:string", "string:string")
def _regex(pattern: str, text: str) -> Any:
    match = _compiled(pattern, 0).search(text)
    if match is None:
        raise HclError("pattern did not match any part of the given string")
    return _match(match)


@declare(TABLE, "regexall", "pattern:string", "string:string")
def _regexall(pattern: str, text: str) -> Any:
    return [_match(match) for match in _compiled(pattern, 0).finditer(text)]


@declare(TABLE, "sanitize", "name:string")
def _sanitize(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]", "_", text)


@declare(TABLE, "basename", "path:string")
def _basename(text: str) -> str:
    return (posixpath.basename(text.rstrip("/")) or "/") if text else "."


@declare(TABLE, "dirname", "path:string")
def _dirname(text: str) -> str:
    head = text[: text.rfind("/") + 1]
    made = posixpath.normpath(head) if head else "."
    return made[1:] if made.startswith("//") else made
