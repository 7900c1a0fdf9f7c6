"""Expressions of HCL as a tree that knows its places: what each one refers to, and what it is worth in a scope.

Spec: HCL native syntax specification, Expressions; sentences are those of hashicorp/hcl.
"""

from __future__ import annotations

from dockercompat.build.bake import values
from dockercompat.build.bake.access import attribute, index, iterate
from dockercompat.build.bake.places import Range, fault, opening
from dockercompat.build.nearest import distance
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from dockercompat.build.bake.functions import Function


class Scope:
    """Names that expressions may use: those of this scope, then those of the ones around it."""

    def __init__(self, variables: dict[str, Any], functions: dict[str, Function], parent: Scope | None = None) -> None:
        self.variables = variables
        self.functions = functions
        self.parent = parent

    def child(self, variables: dict[str, Any]) -> Scope:
        return Scope(variables, {}, self)

    def chain(self) -> Iterator[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def function(self, name: str) -> Function | None:
        for scope in self.chain():
            if name in scope.functions:
                return scope.functions[name]
        return None


class Node:
    """An expression. at: where it stands."""

    at: Range

    def evaluate(self, scope: Scope) -> Any:
        """Its value. Raises BakeFailed."""
        raise NotImplementedError

    def start(self) -> Range:
        """Where most faults of it are told: its first part, or the bracket that opens it."""
        return self.at

    def children(self) -> tuple[Node, ...]:
        return ()

    def references(self) -> Iterator[tuple[str, ...]]:
        """What it needs: the name of a variable and the attributes taken from it, `target.app.args` as three words."""
        for child in self.children():
            yield from child.references()

    def calls(self) -> Iterator[str]:
        for child in self.children():
            yield from child.calls()

    def keyword(self) -> str:
        """The word that it is, "" when it is more than one."""
        return ""


class Literal(Node):
    """first: where its text starts, when that is not where it stands (a quote does)."""

    def __init__(self, at: Range, value: Any, first: Range | None = None) -> None:
        self.at, self.value, self.first = at, value, first or at

    def start(self) -> Range:
        return self.first

    def evaluate(self, scope: Scope) -> Any:
        return self.value

    def keyword(self) -> str:
        return "true" if self.value is True else "false" if self.value is False else "null" if self.value is None else ""


class Variable(Node):
    def __init__(self, at: Range, name: str) -> None:
        self.at, self.name = at, name

    def references(self) -> Iterator[tuple[str, ...]]:
        yield (self.name,)

    def keyword(self) -> str:
        return self.name

    def evaluate(self, scope: Scope) -> Any:
        known: list[str] = []
        for each in scope.chain():
            if self.name in each.variables:
                return each.variables[self.name]
            known += each.variables
        raise fault(self.at, "Unknown variable", f'There is no variable named "{self.name}".{suggestion(self.name, known)}')


class Attribute(Node):
    def __init__(self, at: Range, source: Node, name: str, step: Range) -> None:
        self.at, self.source, self.name, self.step = at, source, name, step

    def children(self) -> tuple[Node, ...]:
        return (self.source,)

    def references(self) -> Iterator[tuple[str, ...]]:
        for path in self.source.references():
            yield (*path, self.name)

    def evaluate(self, scope: Scope) -> Any:
        return attribute(self.source.evaluate(scope), self.name, self.step)


class Indexed(str):
    """A step of a reference that was taken with brackets."""

    __slots__ = ()


class Index(Node):
    def __init__(self, at: Range, source: Node, key: Node, step: Range) -> None:
        self.at, self.source, self.key, self.step = at, source, key, step

    def children(self) -> tuple[Node, ...]:
        return (self.source, self.key)

    def references(self) -> Iterator[tuple[str, ...]]:
        for path in self.source.references():
            yield (*path, Indexed(self.key.value)) if isinstance(self.key, Literal) and isinstance(self.key.value, str) else path
        yield from self.key.references()

    def evaluate(self, scope: Scope) -> Any:
        return index(self.source.evaluate(scope), self.key.evaluate(scope), self.step)


class Splat(Node):
    """`source[*].a` or `source.*.a`: each(item) makes what follows out of an item."""

    def __init__(self, at: Range, source: Node, steps: tuple[Callable[[Any, Scope], Any], ...], keys: tuple[Node, ...]) -> None:
        self.at, self.source, self.steps, self.keys = at, source, steps, keys

    def start(self) -> Range:
        return self.source.start()

    def children(self) -> tuple[Node, ...]:
        return (self.source, *self.keys)

    def evaluate(self, scope: Scope) -> Any:
        source = self.source.evaluate(scope)
        items = source if isinstance(source, list) else [] if source is None else [source]
        found = []
        for item in items:
            for step in self.steps:
                item = step(item, scope)
            found.append(item)
        return found


class Tuple(Node):
    def __init__(self, at: Range, items: tuple[Node, ...]) -> None:
        self.at, self.items = at, items

    def start(self) -> Range:
        return opening(self.at)

    def children(self) -> tuple[Node, ...]:
        return self.items

    def evaluate(self, scope: Scope) -> Any:
        return [item.evaluate(scope) for item in self.items]


class Object(Node):
    def __init__(self, at: Range, items: tuple[tuple[Node, Node], ...]) -> None:
        self.at, self.items = at, items

    def start(self) -> Range:
        return opening(self.at)

    def children(self) -> tuple[Node, ...]:
        return tuple(node for item in self.items for node in item)

    def evaluate(self, scope: Scope) -> Any:
        found: dict[str, Any] = {}
        for key_node, value_node in self.items:
            key = key_node.evaluate(scope)
            if key is None:
                raise fault(value_node.at, "Null value as key", "Can't use a null value as a key.")
            try:
                name = values.to_string(key)
            except HclError as error:
                raise fault(key_node.at, "Incorrect key type", f"Can't use this value as a key: {error}.") from None
            found[name] = value_node.evaluate(scope)
        return found


class For(Node):
    """`[for k, v in source : value if condition]`, or with a key `{for v in source : key => value...}`."""

    def __init__(
        self, at: Range, names: tuple[str, str], source: Node, key: Node | None, value: Node, condition: Node | None, *, grouped: bool
    ) -> None:
        self.at, self.names, self.source, self.key, self.value = at, names, source, key, value
        self.condition, self.grouped = condition, grouped

    def start(self) -> Range:
        return opening(self.at)

    def children(self) -> tuple[Node, ...]:
        return tuple(node for node in (self.source, self.key, self.value, self.condition) if node is not None)

    def references(self) -> Iterator[tuple[str, ...]]:
        yield from self.source.references()
        for node in (self.key, self.value, self.condition):
            if node is not None:
                yield from (path for path in node.references() if path[0] not in self.names)

    def evaluate(self, scope: Scope) -> Any:
        source = self.source.evaluate(scope)
        listed: list[Any] = []
        keyed: dict[str, Any] = {}
        for names in iterate(source, self.source.at, "'for' expression"):
            inner = scope.child({name: value for name, value in zip(self.names, names) if name})
            if self.condition is not None and not self._wanted(inner):
                continue
            if self.key is None:
                listed.append(self.value.evaluate(inner))
                continue
            key = self.key.evaluate(inner)
            if key is None:
                raise fault(self.key.at, "Invalid object key", "Key expression in 'for' expression must not produce a null value.")
            try:
                name = values.to_string(key)
            except HclError as error:
                raise fault(self.key.at, "Invalid object key", f"The key expression produced an invalid result: {error}.") from None
            value = self.value.evaluate(inner)
            if self.grouped:
                keyed.setdefault(name, []).append(value)
            elif name in keyed:
                raise fault(
                    self.key.at,
                    "Duplicate object key",
                    f"Two different items produced the key \"{name}\" in this 'for' expression. If duplicates are expected, "
                    "use the ellipsis (...) after the value expression to enable grouping by key.",
                )
            else:
                keyed[name] = value
        return listed if self.key is None else keyed

    def _wanted(self, scope: Scope) -> bool:
        assert self.condition is not None
        value = self.condition.evaluate(scope)
        if value is None:
            raise fault(self.condition.at, "Condition is null", "The value of the 'if' clause must not be null.")
        try:
            return values.to_bool(value)
        except HclError as error:
            detail = f"The 'if' clause value is invalid: {error}."
            raise fault(self.condition.at, "Invalid 'for' condition", detail) from None


class Conditional(Node):
    def __init__(self, at: Range, condition: Node, yes: Node, no: Node) -> None:
        self.at, self.condition, self.yes, self.no = at, condition, yes, no

    def start(self) -> Range:
        return self.condition.start()

    def children(self) -> tuple[Node, ...]:
        return (self.condition, self.yes, self.no)

    def evaluate(self, scope: Scope) -> Any:
        yes, no = self.yes.evaluate(scope), self.no.evaluate(scope)
        yes, no = self._unified(yes, no)
        value = self.condition.evaluate(scope)
        if value is None:
            raise fault(self.condition.at, "Null condition", "The condition value is null. Conditions must either be true or false.")
        try:
            return yes if values.to_bool(value) else no
        except HclError as error:
            raise fault(self.condition.at, "Incorrect condition type", "The condition expression must be of type bool.") from error

    def _unified(self, yes: Any, no: Any) -> tuple[Any, Any]:
        if yes is None or no is None:
            return yes, no
        left, right = _family(yes), _family(no)
        if left == right == "list":
            return values.unified([yes, no])[0], values.unified([no, yes])[0]
        if left == right == "simple":
            return tuple(values.unified([[yes, no]])[0])
        if left == right:
            return yes, no
        first, last = self.yes.at, self.no.at
        raise fault(
            Range(first.file, first.line, first.column, last.end_line, last.end_column),
            "Inconsistent conditional result types",
            "The true and false result expressions must have consistent types. "
            f"The 'true' value is {values.type_name(yes)}, but the 'false' value is {values.type_name(no)}.",
        )


def _family(value: Any) -> str:
    return "list" if isinstance(value, list) else "object" if isinstance(value, dict) else "simple"


def suggestion(name: str, known: list[str] | Mapping[str, Any]) -> str:
    """` Did you mean "x"?` for a name that is two letters off at most, "" when none is."""
    for other in sorted(known):
        if distance(name, other) < 3:
            return f' Did you mean "{other}"?'
    return ""
