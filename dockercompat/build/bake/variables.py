"""Variables: their types, their defaults, what the environment says instead, and what they are checked for."""

from __future__ import annotations

from dockercompat.build.bake import entries, types, values
from dockercompat.build.bake.places import fault
from dockercompat.build.bake.typing import read_type
from dockercompat.errors import HclError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dockercompat.build.bake.definition import Definition
    from dockercompat.build.bake.source import Argument, Block
    from dockercompat.build.bake.types import Type
    from dockercompat.errors import BakeFailed


class Shown(Record):
    """A variable as `--list=variables` shows it; value is None for null."""

    name: str
    type: str
    value: str | None
    description: str


class Variables:
    """declared: the blocks by name; lookup: a value from outside, None when there is none."""

    def __init__(self, definition: Definition, declared: dict[str, Block], lookup: Callable[[str], str | None]) -> None:
        self.definition, self.declared, self.lookup = definition, declared, lookup
        self.types: dict[str, Type] = {}

    def resolve_all(self) -> None:
        """Raises BakeFailed."""
        for name in sorted(self.declared):
            try:
                self.definition.need_variable(self.definition.scope, name)
            except HclError as error:
                raise fault(self.declared[name].body.start, "Invalid value", str(error)) from None
        failures = [failure for name in sorted(self.declared) for failure in self._check(self.declared[name])]
        if failures:
            raise failures[0].with_others(len(failures) - 1)

    def shown(self) -> list[Shown]:
        found = []
        for name, block in sorted(self.declared.items()):
            value = self.definition.scope.variables[name]
            text = None if value is None else value if isinstance(value, str) else values.encode(value)
            description = block.body.arguments.get("description")
            said = values.to_string(description.expression.evaluate(self.definition.scope)) if description is not None else ""
            found.append(Shown(name, self.types[name].words if name in self.types else "", text, said))
        return found

    def value(self, name: str, argument: Argument | None) -> Any:
        """The value of a variable, or of an argument outside of blocks, which goes before. Raises HclError, BakeFailed."""
        from dockercompat.build.bake.definition import Undefined

        block = self.declared.get(name)
        if argument is None and block is None:
            raise Undefined(f'variable "{name}" does not exist: undefined')
        wanted = self._type(name, block)
        default = argument or (block.body.arguments.get("default") if block is not None else None)
        scope = self.definition.scope
        value: Any = None
        if default is not None:
            self.definition.load(scope, default.expression)
            value = default.expression.evaluate(scope)
            if wanted is not None:
                try:
                    value = types.convert(value, wanted)
                except HclError as error:
                    raise HclError(f"invalid type {wanted.words} for variable {name} default value: {error}") from None
        if block is None:
            return value
        if wanted is not None:
            given = self.lookup(f"{name}_JSON")
            if given is not None:
                return _from_json(name, wanted, given)
        given = self.lookup(name)
        if given is None:
            return value if default is not None or wanted is not None else ""
        if default is None and wanted is None:
            return given
        return _from_text(name, wanted, value, given)

    def _type(self, name: str, block: Block | None) -> Type | None:
        if block is None or "type" not in block.body.arguments:
            return None
        if name not in self.types:
            self.types[name] = read_type(block.body.arguments["type"].expression)
        wanted = self.types[name]
        return None if wanted.kind == "any" else wanted

    def _check(self, block: Block) -> Iterator[BakeFailed]:
        """What the rules of a variable find wrong."""
        scope = self.definition.scope
        for rule in block.body.of_type("validation"):
            condition = rule.body.arguments.get("condition")
            value = condition.expression.evaluate(scope) if condition is not None else None
            if condition is None or value is None:
                at = condition.expression.at if condition is not None else rule.body.start
                detail = "Condition expression must return either true or false, not null."
                yield fault(at, "Invalid condition result", detail)
            elif value is not True:
                message = rule.body.arguments.get("error_message")
                text = str(message.expression.evaluate(scope)) if message is not None else ""
                yield fault(condition.expression.at, "Validation failed", text)


def _from_json(name: str, wanted: Type, given: str) -> Any:
    try:
        value = values.decode(given)
    except ValueError:
        detail = f"invalid character '{given.strip()[:1]}' looking for beginning of value" if given.strip() else "EOF"
        raise HclError(f"failed to convert variable {name} from JSON: {detail}") from None
    if wanted.kind in ("list", "set", "tuple") and not isinstance(value, list):
        raise HclError(f"failed to convert variable {name} from JSON: missing expected [")
    if wanted.kind in ("map", "object") and not isinstance(value, dict):
        raise HclError(f"failed to convert variable {name} from JSON: missing expected {{")
    try:
        return types.convert(value, wanted)
    except HclError as error:
        raise HclError(f"failed to convert variable {name} from JSON: {error}") from None


def _from_text(name: str, wanted: Type | None, value: Any, given: str) -> Any:
    kind = wanted.kind if wanted is not None else values.type_name(value).split(" ")[0]
    if kind == "bool":
        try:
            return entries.parse_bool(given)
        except HclError as error:
            raise HclError(f"failed to parse {name} as bool: {error}") from None
    if kind in ("string", "dynamic"):
        return given
    if kind == "number":
        return _number(name, given)
    if wanted is not None and kind in ("list", "set", "map", "tuple"):
        try:
            return _from_csv(name, wanted, given)
        except HclError as error:
            raise HclError(f"failed to convert variable {name} from CSV: {error}") from None
    raise HclError(f"unsupported type {kind if wanted is None else wanted.words} for variable {name}")


def _number(name: str, given: str) -> Any:
    try:
        if "0x" in given.lower() or "_" in given:
            raise ValueError
        made = float(given)
    except ValueError:
        raise HclError(f'failed to parse {name} as number: strconv.ParseFloat: parsing "{given}": invalid syntax') from None
    if made != made or made in (float("inf"), float("-inf")):
        raise HclError(f"failed to parse {name} as number: invalid number value")
    return values.from_float(made)


def _from_csv(name: str, wanted: Type, given: str) -> Any:
    if not given:
        raise HclError("failed to parse  as CSV: EOF")
    place = given.find('"')
    if place > 0 and given[place - 1] != "," and given[:place].count('"') == 0:
        raise HclError(f'failed to parse {given} as CSV: parse error on line 1, column {place + 1}: bare " in non-quoted-field')
    fields = entries.fields_of(given)
    if wanted.kind == "map":
        made: dict[str, Any] = {}
        for field in fields:
            key, colon, text = field.partition(":")
            if not colon:
                raise HclError(f"expected one k/v pair but got 1 pieces from {field}")
            made[key] = _element(name, wanted, wanted.of[0], text)
        return values.Mapped(made)
    if wanted.kind == "tuple":
        if len(fields) < len(wanted.of):
            raise HclError(f"tuple expects {len(wanted.of)} elements but only {len(fields)} provided")
        if len(fields) > len(wanted.of):
            raise HclError(f"tuple expects {len(wanted.of)} elements but {len(fields)} provided")
        return [_element(name, wanted, each, field) for each, field in zip(wanted.of, fields)]
    items = [_element(name, wanted, wanted.of[0], field) for field in fields]
    return values.Set.of(items) if wanted.kind == "set" else items


def _element(name: str, whole: Type, wanted: Type, text: str) -> Any:
    try:
        return _from_text(name, wanted, None, text)
    except HclError as error:
        raise HclError(f"failed to parse element of type {whole.words}: {error}") from None
