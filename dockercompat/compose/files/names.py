"""The `name` that a project's files give it."""

from __future__ import annotations

from dockercompat.compose.files import document, template
from dockercompat.errors import InvalidProject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.compose.values import Warn


def in_files(contents: Sequence[bytes]) -> str:
    """The last name of all files, "" when none has one. Raises InvalidProject for files that hold no mapping."""
    name = ""
    for data in contents:
        for node in document.parse(data):
            name = _name(node) or name
    return name


def _name(node: Any) -> str:
    if node is None:
        return ""
    line = node.start_mark.line + 1
    if node.id == "scalar":
        if node.tag == "plain" and document.resolve_plain(node.value) is None:
            return ""
        raise _refused(line, node, "cli.named")
    if node.id == "sequence":
        raise _refused(line, node, "cli.named")
    for key, value in node.value:
        if key.id == "scalar" and key.value == "name":
            if value.id != "scalar":
                raise _refused(value.start_mark.line + 1, value, "string")
            return "" if value.tag == "plain" and document.resolve_plain(value.value) is None else str(value.value)
    return ""


def _refused(line: int, node: Any, wanted: str) -> InvalidProject:
    kind = {"scalar": "str", "sequence": "seq", "mapping": "map"}[node.id]
    shown = ""
    if node.id == "scalar":
        value = document.resolve_plain(node.value) if node.tag == "plain" else node.value
        kind = "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "float" if isinstance(value, float) else "str"
        shown = f" `{node.value if len(node.value) <= 10 else node.value[:7] + '...'}`"
    return InvalidProject(f"yaml: unmarshal errors:\n  line {line}: cannot unmarshal !!{kind}{shown} into {wanted}")


def interpolated(name: str, environment: Mapping[str, str], warn: Warn) -> str:
    try:
        return template.substitute(name, environment.get, warn)
    except template.InvalidTemplate as error:
        raise InvalidProject(f"invalid interpolation format for name.\nYou may need to escape any $ with another $.\n{error}") from None
    except template.MissingVariable as error:
        raise InvalidProject(f"error while interpolating name: {error}") from None
