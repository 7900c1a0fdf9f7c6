"""Listings through the template engine: rows as values whose fields are methods, and the heading of a `table` template."""

from __future__ import annotations

from dockercompat.cli.template.errors import TemplateError
from dockercompat.cli.template.evaluate import Template
from dockercompat.cli.template.values import STRING, FieldType, Type, Value, pointer_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.cli.listing.table import Noun


def row_type(noun: Noun) -> Type:
    """Docker's pointer to a struct with methods."""
    return pointer_to(Type(noun.go_type.removeprefix("*"), "struct", methods=noun.fields))


def slice_type(noun: Noun) -> Type:
    row = row_type(noun)
    return Type(f"[]{row}", "slice", row, named=False)


def execute_struct(go_type: str, members: list[tuple[str, Type]], data: dict[str, Any], text: str) -> str:
    """A template on a struct of several listings. Raises TemplateError."""
    struct = Type(go_type.removeprefix("*"), "struct", fields=tuple(FieldType(name, name, type_) for name, type_ in members))
    return Template(text).execute(Value(pointer_to(struct), data))


def heading(text: str, titles: Mapping[str, str]) -> str:
    """The first line of a table: the template executed on the titles. What can't be executed ends it, without complaint."""
    type_ = Type("formatter.SubHeaderContext", "map", STRING, STRING, methods={"Label": _label_title})
    try:
        return Template(text, heading=True).execute(Value(type_, titles))
    except TemplateError:
        return ""


def _label_title(_titles: Mapping[str, str], name: str) -> str:
    return name.rpartition(".")[2].replace("-", " ").replace("_", " ")


__all__ = ["Template", "TemplateError", "Value", "execute_struct", "heading", "row_type", "slice_type"]
