"""Operators, calls and templates of HCL."""

from __future__ import annotations

from fractions import Fraction

from dockercompat.build.bake import values
from dockercompat.build.bake.access import iterate
from dockercompat.build.bake.expressions import Node, Scope, suggestion
from dockercompat.build.bake.places import Range, fault
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_LOGIC = ("&&", "||")
_EQUALITY = ("==", "!=")


class Binary(Node):
    def __init__(self, at: Range, operator: str, left: Node, right: Node) -> None:
        self.at, self.operator, self.left, self.right = at, operator, left, right

    def start(self) -> Range:
        return self.left.start()

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)

    def evaluate(self, scope: Scope) -> Any:
        left, right = self.left.evaluate(scope), self.right.evaluate(scope)
        if self.operator in _EQUALITY:
            return values.equal(left, right) == (self.operator == "==")
        convert = values.to_bool if self.operator in _LOGIC else values.to_number
        left, right = self._operands(convert, left, right)
        if self.operator == "&&":
            return left and right
        if self.operator == "||":
            return left or right
        if self.operator in _COMPARISONS:
            return _COMPARISONS[self.operator](left, right)
        try:
            return calculate(self.operator, left, right)
        except HclError as error:
            raise fault(self.at, "Operation failed", f"Error during operation: {error}.") from None

    def _operands(self, convert: Any, left: Any, right: Any) -> tuple[Any, Any]:
        failures = []
        for value, node, which in ((left, self.left, "left operand"), (right, self.right, "right operand")):
            try:
                if value is not None:
                    convert(value)
            except HclError as error:
                failures.append(fault(node.at, "Invalid operand", f"Unsuitable value for {which}: {error}."))
        if failures:
            raise failures[0].with_others(len(failures) - 1)
        if left is None or right is None:
            raise fault(self.at, "Operation failed", "Error during operation: argument must not be null.")
        return convert(left), convert(right)


class Unary(Node):
    def __init__(self, at: Range, operator: str, operand: Node) -> None:
        self.at, self.operator, self.operand = at, operator, operand

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)

    def evaluate(self, scope: Scope) -> Any:
        value = self.operand.evaluate(scope)
        if self.operator == "!":
            return not _operand(values.to_bool, value, self.operand.at, "unary operand")
        return -_operand(values.to_number, value, self.operand.at, "unary operand")


def _operand(convert: Any, value: Any, at: Range, which: str) -> Any:
    if value is None:
        raise fault(at, "Operation failed", "Error during operation: argument must not be null.")
    try:
        return convert(value)
    except HclError as error:
        raise fault(at, "Invalid operand", f"Unsuitable value for {which}: {error}.") from None


_COMPARISONS: dict[str, Any] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def calculate(operator: str, left: Any, right: Any) -> Any:
    """+ - * / % of two numbers; a division by zero is infinite, as go-cty's is. Raises HclError."""
    if operator == "/" and right == 0:
        if left == 0:
            raise HclError("can't divide zero by zero or infinity by infinity")
        return float("inf") if left > 0 else float("-inf")
    if operator == "%" and right == 0:
        return left
    if isinstance(left, float) or isinstance(right, float):
        return _infinite(operator, left, right)
    if operator == "+":
        return values.rounded(left + right)
    if operator == "-":
        return values.rounded(left - right)
    if operator == "*":
        return values.rounded(left * right)
    if operator == "/":
        return values.rounded(left / right)
    quotient = left / right
    towards_zero = quotient.numerator // quotient.denominator if quotient >= 0 else -(-quotient.numerator // quotient.denominator)
    return values.rounded(left - right * towards_zero)


def _infinite(operator: str, left: Any, right: Any) -> Any:
    made = {
        "+": lambda: float(left) + float(right),
        "-": lambda: float(left) - float(right),
        "*": lambda: float(left) * float(right),
        "/": lambda: float(left) / float(right),
        "%": lambda: float(left),
    }[operator]()
    if made != made:
        raise HclError("can't add infinity of two signs" if operator in "+-" else "can't calculate with infinity")
    return made if made in (float("inf"), float("-inf")) else Fraction(made)


class Call(Node):
    """at is the whole call; name_at its name; close_at its closing parenthesis."""

    def __init__(self, at: Range, name: str, name_at: Range, arguments: tuple[Node, ...], close_at: Range, *, spread: bool) -> None:
        self.at, self.name, self.name_at, self.arguments = at, name, name_at, arguments
        self.close_at, self.spread = close_at, spread
        self.called_at = Range(name_at.file, name_at.line, name_at.column, name_at.end_line, name_at.end_column + 1)

    def start(self) -> Range:
        return self.name_at

    def children(self) -> tuple[Node, ...]:
        return self.arguments

    def calls(self) -> Iterator[str]:
        yield self.name
        yield from super().calls()

    def evaluate(self, scope: Scope) -> Any:
        function = scope.function(self.name)
        if function is None:
            known = [name for each in scope.chain() for name in each.functions]
            raise fault(
                self.name_at, "Call to unknown function", f'There is no function named "{self.name}".{suggestion(self.name, known)}'
            )
        if function.lazy is not None:
            return function.lazy(self, scope)
        given = [(argument.evaluate(scope), argument.start()) for argument in self.arguments]
        if self.spread:
            last, at = given.pop()[0], self.arguments[-1].at
            if last is None:
                raise fault(at, "Invalid expanding argument value", "The expanding argument (indicated by ...) must not be null.")
            if not isinstance(last, list):
                detail = "The expanding argument (indicated by ...) must be of a tuple, list, or set type."
                raise fault(at, "Invalid expanding argument value", detail)
            given += [(item, at) for item in last]
        self._check_count(function, len(given), given)
        arguments = []
        for number, (value, at) in enumerate(given):
            parameter = function.parameter(number)
            try:
                arguments.append(parameter.accept(value))
            except HclError as error:
                raise fault(at, "Invalid function argument", f'Invalid value for "{parameter.name}" parameter: {error}.') from None
        try:
            return function.run(*arguments)
        except HclError as error:
            if error.argument >= 0:
                at = given[error.argument][1]
                blamed = function.parameter(error.argument).name
                raise fault(at, "Invalid function argument", f'Invalid value for "{blamed}" parameter: {error}.') from None
            raise fault(self.called_at, "Error in function call", f'Call to function "{self.name}" failed: {error}.') from None

    def _check_count(self, function: Any, count: int, given: list[tuple[Any, Range]]) -> None:
        wanted = len(function.parameters)
        if count < wanted:
            qualifier = " at least" if function.variadic is not None else ""
            missing = function.parameters[count].name
            raise fault(
                self.close_at,
                "Not enough function arguments",
                f'Function "{self.name}" expects{qualifier} {wanted} argument(s). Missing value for "{missing}".',
            )
        if count > wanted and function.variadic is None:
            at = given[wanted][1]
            raise fault(at, "Too many function arguments", f'Function "{self.name}" expects only {wanted} argument(s).')


class Template(Node):
    """Text with expressions in it. One expression and no text gives its value as it is."""

    def __init__(self, at: Range, parts: tuple[Node, ...], *, alone: bool) -> None:
        self.at, self.parts, self.alone = at, parts, alone

    def start(self) -> Range:
        return self.parts[0].start() if self.parts else self.at

    def children(self) -> tuple[Node, ...]:
        return self.parts

    def evaluate(self, scope: Scope) -> Any:
        if self.alone:
            return self.parts[0].evaluate(scope)
        return "".join(self._text(part, scope) for part in self.parts)

    def _text(self, part: Node, scope: Scope) -> str:
        value = part.evaluate(scope)
        if value is None:
            detail = "The expression result is null. Cannot include a null value in a string template."
            raise fault(part.at, "Invalid template interpolation value", detail)
        try:
            return values.to_string(value)
        except HclError as error:
            detail = f"Cannot include the given value in a string template: {error}."
            raise fault(part.at, "Invalid template interpolation value", detail) from None


class TemplateFor(Node):
    """`%{ for k, v in source }body%{ endfor }`"""

    def __init__(self, at: Range, names: tuple[str, str], source: Node, body: Template) -> None:
        self.at, self.names, self.source, self.body = at, names, source, body

    def children(self) -> tuple[Node, ...]:
        return (self.source, self.body)

    def references(self) -> Iterator[tuple[str, ...]]:
        yield from self.source.references()
        yield from (path for path in self.body.references() if path[0] not in self.names)

    def evaluate(self, scope: Scope) -> Any:
        source = self.source.evaluate(scope)
        made = ""
        for names in iterate(source, self.source.at, "'for' expression"):
            made += self.body.evaluate(scope.child({name: value for name, value in zip(self.names, names) if name}))
        return made
