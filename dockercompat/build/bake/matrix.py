"""A target with a matrix is many: one for each combination, with a name of its own."""

from __future__ import annotations

import re

from dockercompat.build.bake import values
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.build.bake.expressions import Node, Scope
    from dockercompat.build.bake.source import Block

_NAME = re.compile(r"[a-zA-Z0-9_-]+")


def scopes_of(block: Block, scope: Scope, load: Callable[[Node], None]) -> list[Scope]:
    """A scope for each combination of the matrix; without one, the scope itself. Raises HclError, BakeFailed."""
    argument = block.body.arguments.get("matrix")
    if argument is None:
        return [scope]
    if block.type == "group":
        raise HclError("matrix is not supported for groups")
    load(argument.expression)
    matrix = argument.expression.evaluate(scope)
    if not isinstance(matrix, dict):
        raise HclError("matrix must be a map")
    combined: list[dict[str, Any]] = [{}]
    for key in sorted(matrix):
        if not isinstance(matrix[key], list | dict):
            raise HclError("matrix values must be a list")
        items = matrix[key] if isinstance(matrix[key], list) else [matrix[key][name] for name in sorted(matrix[key])]
        combined = [{**each, key: item} for item in items for each in combined]
    return [scope.child(each) for each in combined]


def names_of(block: Block, scopes: list[Scope], load: Callable[[Scope, Node], None]) -> list[str]:
    """Raises HclError, BakeFailed."""
    names = []
    argument = block.body.arguments.get("name")
    label = block.labels[0]
    check_name(label)
    for scope in scopes:
        name = label
        if argument is not None:
            if block.type == "group":
                raise HclError("name is not supported for groups")
            if "matrix" not in block.body.arguments:
                raise HclError("name requires matrix")
            load(scope, argument.expression)
            name = values.to_string(argument.expression.evaluate(scope))
        check_name(name)
        if name in names:
            raise HclError(f'duplicate name "{name}"')
        names.append(name)
    return names


def check_name(name: str) -> None:
    """Raises HclError when a target can't have that name."""
    if _NAME.fullmatch(name) is None:
        raise HclError('only "[a-zA-Z0-9_-]+" are allowed')
