"""What HCL files define together: variables from the environment, functions, groups and targets, each evaluated when it is needed.

Spec: docs/bake-reference.md of buildx.
"""

from __future__ import annotations

from dockercompat.build.bake import target
from dockercompat.build.bake.expressions import Indexed, Node, Scope, Tuple, suggestion
from dockercompat.build.bake.functions import Function, Parameter, standard
from dockercompat.build.bake.matrix import names_of, scopes_of
from dockercompat.build.bake.places import fault
from dockercompat.build.bake.target import Group, Target
from dockercompat.build.bake.values import Mapped
from dockercompat.build.bake.variables import Variables
from dockercompat.errors import BakeFailed, HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from dockercompat.build.bake.source import Argument, Block, Body

_KINDS = ("group", "target")


class Undefined(HclError):
    """A name that nothing defines: what refers to it fails on its own."""


class Definition:
    """The files' bodies, and what of them has been evaluated.

    builtins  BAKE_CMD_CONTEXT and the like
    lookup    a variable's value from outside, None when there is none
    """

    def __init__(self, bodies: list[Body], builtins: dict[str, str], lookup: Callable[[str], str | None]) -> None:
        self.scope = Scope({}, standard())
        self.builtins = builtins
        self.arguments: dict[str, Argument] = {}
        self.functions: dict[str, Block] = {}
        self.blocks: list[Block] = []
        declared: dict[str, Block] = {}
        for body in bodies:
            for name, argument in body.arguments.items():
                if name not in builtins and name not in _KINDS:
                    self.arguments[name] = argument
            for block in body.blocks:
                if block.type in _KINDS:
                    self.blocks.append(block)
                elif block.type in ("variable", "function"):
                    if len(block.labels) != 1:
                        raise _labels(block)
                    if block.labels[0] not in builtins and block.labels[0] not in _KINDS:
                        (declared if block.type == "variable" else self.functions)[block.labels[0]] = block
        self.arguments.pop("function", None)
        self.variables = Variables(self, declared, lookup)
        self._named: dict[int, list[str]] = {}
        self._scopes: dict[int, list[Scope]] = {}
        self._decoded: dict[int, list[dict[str, Any]]] = {}
        self._running: set[tuple[Any, ...]] = set()
        self._known: dict[str, dict[str, list[Block]]] = {}

    def evaluate(self) -> tuple[list[Group], list[Target], dict[str, list[str]]]:
        """Groups and targets in the order of the files, and of blocks that have other names than their label, which. Raises BakeFailed."""
        for name, text in self.builtins.items():
            self.scope.variables[name] = text
        self.variables.resolve_all()
        for name, block in self.functions.items():
            try:
                self.need_function(name)
            except HclError as error:
                at = block.body.arguments["params"].at if "params" in block.body.arguments else block.label_at[0]
                raise fault(at, "Invalid function", str(error)) from None
        renamed = self._name_blocks()
        groups: list[Group] = []
        targets: list[Target] = []
        failures: list[BakeFailed] = []
        for block in self.blocks:
            try:
                self._need_block(block, None)
            except BakeFailed as error:
                failures.append(error)
                continue
            except HclError as error:
                raise fault(block.label_at[0], "Invalid block", str(error)) from None
            for name, fields in zip(self._named[id(block)], self._decoded[id(block)]):
                _put(groups, targets, block.type, name, fields)
        if failures:
            raise _together(failures)
        for name in sorted(self.arguments):
            try:
                self.need_variable(self.scope, name)
            except HclError as error:
                raise fault(self.arguments[name].at, "Invalid attribute", str(error)) from None
        return groups, targets, renamed

    def _name_blocks(self) -> dict[str, list[str]]:
        renamed: dict[str, list[str]] = {}
        known: dict[str, dict[str, list[Block]]] = {}
        for block in self.blocks:
            if len(block.labels) != 1:
                raise _labels(block)
            try:
                names = self._names(block)
            except HclError as error:
                raise fault(block.label_at[0], "Invalid name", str(error)) from None
            for name in names:
                known.setdefault(block.type, {}).setdefault(name, []).append(block)
                renamed.setdefault(block.labels[0], []).append(name)
        self._known = known
        return {label: names for label, names in renamed.items() if list(dict.fromkeys(names)) != [label]}

    def _names(self, block: Block) -> list[str]:
        if id(block) not in self._named:
            self._scopes[id(block)] = scopes_of(block, self.scope, lambda node: self.load(self.scope, node))
            self._decoded[id(block)] = [{} for _ in self._scopes[id(block)]]
            self._named[id(block)] = names_of(block, self._scopes[id(block)], self.load)
        return self._named[id(block)]

    def load(self, scope: Scope, node: Node, without: Iterable[str] = (), *, strict: bool = False) -> None:
        """Evaluate what an expression needs. What nothing defines is left to the expression to complain about, unless strict."""
        try:
            for name in node.calls():
                try:
                    self.need_function(name)
                except Undefined:
                    if strict:
                        raise
            for path in node.references():
                if path[0] in without:
                    continue
                try:
                    self._need(scope, path, node)
                except Undefined:
                    if strict:
                        raise
        except HclError as error:
            raise fault(node.at, "Invalid expression", str(error)) from None

    def _need(self, scope: Scope, path: tuple[str, ...], node: Node) -> None:
        if path[0] not in _KINDS:
            self.need_variable(scope, path[0])
            return
        if len(path) < 2:
            raise fault(node.at, "Invalid expression", f"cannot access {path[0]} as a variable")
        if isinstance(path[1], Indexed):
            raise fault(node.at, "Invalid expression", f"cannot traverse {path[0]} without attribute")
        for block in self._known.get(path[0], {}).get(path[1], []):
            self._need_block(block, path[2] if len(path) > 2 else None)

    def need_function(self, name: str) -> None:
        """Raises HclError."""
        if name in self.scope.functions:
            return
        block = self.functions.get(name)
        if block is None:
            raise Undefined(f'function "{name}" does not exist: undefined')
        mark = ("function", name)
        if mark in self._running:
            raise HclError(f"function cycle not allowed for {name}")
        self._running.add(mark)
        for argument in block.body.arguments.values():
            if argument.name not in _FUNCTION:
                detail = f'An argument named "{argument.name}" is not expected here.{suggestion(argument.name, [*_FUNCTION])}'
                raise fault(argument.name_at, "Unsupported argument", detail)
        result = block.body.arguments.get("result")
        if result is None:
            raise HclError(f"empty result not allowed for {name}")
        if "params" not in block.body.arguments:
            raise HclError(f"empty params not allowed for {name}")
        listed = block.body.arguments["params"].expression
        if not isinstance(listed, Tuple):
            raise fault(listed.start(), "Invalid expression", "A static list expression is required.")
        names = [_identifier(item) for item in listed.items]
        variadic = block.body.arguments.get("variadic_params")
        rest = _identifier(variadic.expression) if variadic is not None else ""
        self.load(self.scope, result.expression, {*names, rest}, strict=True)

        def run(*given: Any) -> Any:
            scope = dict(zip(names, given))
            if rest:
                scope[rest] = list(given[len(names) :])
            return result.expression.evaluate(self.scope.child(scope))

        parameters = tuple(Parameter(each, nullable=True) for each in names)
        self.scope.functions[name] = Function(run, parameters, Parameter(rest, nullable=True) if rest else None)

    def need_variable(self, scope: Scope, name: str) -> None:
        """Raises HclError."""
        if any(name in each.variables for each in scope.chain()):
            return
        mark = ("variable", name)
        if mark in self._running:
            raise HclError(f"variable cycle not allowed for {name}")
        self._running.add(mark)
        self.scope.variables[name] = self.variables.value(name, self.arguments.get(name))

    def _need_block(self, block: Block, only: str | None) -> None:
        """Evaluate a block, or one argument of it. Raises HclError, BakeFailed."""
        self.scope.variables.setdefault(block.type, Mapped())
        fields = target.BY_NAME if block.type == "target" else _GROUP
        for number, (scope, name) in enumerate(zip(self._scopes[id(block)], self._names(block))):
            done = self._decoded[id(block)][number]
            failures = []
            for key, argument in block.body.arguments.items():
                if key in done or (only is not None and key != only) or key not in fields:
                    continue
                mark = (id(block), number, key)
                if only is not None:
                    if mark in self._running:
                        raise HclError(f"reference cycle not allowed for {block.type}.{name}.{key}")
                    self._running.add(mark)
                self.load(scope, argument.expression)
                try:
                    done[key] = _decoded(fields[key], argument.expression, scope)
                except BakeFailed as error:
                    failures.append(error)
            if block.type == "group" and only is None and "targets" not in block.body.arguments:
                detail = 'The argument "targets" is required, but no definition was found.'
                failures.append(fault(block.body.start, "Missing required argument", detail))
            if failures:
                raise _together(failures)
            self._show(block.type, name, done)

    def _show(self, type: str, name: str, fields: dict[str, Any]) -> None:
        """Put what is known of a block where expressions find it."""
        known = dict(self.scope.variables.get(type) or {})
        if type == "target":
            known[name] = Target(name, fields).value()
        else:
            known[name] = {"name": name, "description": fields.get("description") or "", "targets": fields.get("targets")}
        self.scope.variables[type] = known


_FUNCTION = ("params", "variadic_params", "result")
_GROUP = {"description": target.Field("description", "text"), "targets": target.Field("targets", "list")}


def _decoded(field: target.Field, node: Node, scope: Scope) -> Any:
    try:
        value = node.evaluate(scope)
    except BakeFailed as error:
        raise error.with_others(1) from None
    try:
        return target.decode(field, value)
    except HclError as error:
        raise fault(node.start(), "Unsuitable value type", f"Unsuitable value: {error}") from None


def _together(failures: list[BakeFailed]) -> BakeFailed:
    """The first of several errors, with the number of the others."""
    return failures[0].with_others(sum(1 + each.others for each in failures[1:]))


def _put(groups: list[Group], targets: list[Target], type: str, name: str, fields: dict[str, Any]) -> None:
    if type == "group":
        made = Group(name, list(fields.get("targets") or []), fields.get("description") or "")
        for number, group in enumerate(groups):
            if group.name == name:
                groups[number] = made
                return
        groups.append(made)
        return
    for each in targets:
        if each.name == name:
            each.lay(Target(name, fields))
            return
    targets.append(Target(name, dict(fields)))


def _labels(block: Block) -> BakeFailed:
    at = block.label_at[1] if len(block.label_at) > 1 else block.at
    if block.labels:
        return fault(at, f"Extraneous label for {block.type}", f"Only 1 labels (name) are expected for {block.type} blocks.")
    return fault(block.body.opening, f"Missing name for {block.type}", f"All {block.type} blocks must have 1 labels (name).")


def _identifier(node: Node) -> str:
    word = node.keyword()
    value = getattr(node, "value", None)
    if not word and isinstance(value, str):
        return value
    if not word:
        raise fault(node.at, "Invalid param element", "Each parameter name must be an identifier.")
    return word
