"""A file of HCL as blocks and arguments, before anything in it is worth something."""

from __future__ import annotations

from dockercompat.build.bake.expressions import Node
from dockercompat.build.bake.places import Range, fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


class Argument:
    """`name = expression`. at: all of it."""

    def __init__(self, name: str, name_at: Range, at: Range, expression: Node) -> None:
        self.name, self.name_at, self.at, self.expression = name, name_at, at, expression


class Block:
    """`type "label" { ... }`. at: from the type to the last label; label_at: of each label."""

    def __init__(self, type: str, at: Range, labels: tuple[str, ...], label_at: tuple[Range, ...], body: Body) -> None:
        self.type, self.at, self.labels, self.label_at, self.body = type, at, labels, label_at, body


class Body:
    """start: the place that errors about what is missing name. opening: its brace."""

    def __init__(self, start: Range, opening: Range | None = None) -> None:
        self.start = start
        self.opening = opening or start
        self.arguments: dict[str, Argument] = {}
        self.blocks: list[Block] = []

    def add(self, argument: Argument) -> None:
        """Raises BakeFailed when there is one of that name."""
        first = self.arguments.get(argument.name)
        if first is not None:
            detail = f'The argument "{argument.name}" was already set at {first.name_at}. Each argument may be set only once.'
            raise fault(argument.name_at, "Attribute redefined", detail)
        self.arguments[argument.name] = argument

    def of_type(self, *types: str) -> Iterator[Block]:
        return (block for block in self.blocks if block.type in types)
