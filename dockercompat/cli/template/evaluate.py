"""Templates executed on values, with the rules and complaints of Go's text/template."""

from __future__ import annotations

from dockercompat.cli.template.errors import CallError, NotAFunction, TemplateError
from dockercompat.cli.template.floats import go_float
from dockercompat.cli.template.functions import BUILTIN, DOCKER, HEADING, Function
from dockercompat.cli.template.lexer import quote
from dockercompat.cli.template.nodes import (
    Action,
    Bool,
    Branch,
    Call,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    Jump,
    Nil,
    Node,
    Number,
    Pipe,
    String,
    Text,
    Variable,
)
from dockercompat.cli.template.parser import parse
from dockercompat.cli.template.printing import printed
from dockercompat.cli.template.values import (
    ANY,
    BOOL,
    COMPLEX,
    FLOAT64,
    INT,
    REFLECT,
    STRING,
    FieldType,
    Type,
    Value,
    at_type,
    dynamic,
    indirect,
    inner,
    is_true,
    open_interface,
    pointer_to,
    zero,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


class _Absent:
    """No final argument: nothing was piped into a command (Go's missingVal)."""


_ABSENT = _Absent()
_NIL_OK = ("slice", "map", "ptr", "interface", "func")


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class Template:
    """A parsed template, to be executed any number of times.

    heading    use the functions that leave the titles of a table alone
    functions  others than docker's own
    Raises     TemplateError: template: :LINE: what is wrong
    """

    def __init__(self, text: str, *, name: str = "", heading: bool = False, functions: Mapping[str, Function] | None = None) -> None:
        self.name = name
        self.text = text
        self.functions = dict(functions) if functions is not None else HEADING if heading else DOCKER
        self.trees = parse(name, text, self.functions)

    def execute(self, value: Value | None, *, missing_key_fails: bool = False) -> str:
        """The text for a value.

        missing_key_fails  a map without the key is an error instead of `<no value>`
        Raises             TemplateError: template: :1:2: executing "" at <.X>: ...
        """
        run = _Run(self, value, missing_key_fails)
        run.walk(value, self.trees[self.name])
        return "".join(run.out)


def plain_value(data: Any) -> Value:
    """Plain Python JSON data as an untyped Go value (map[string]interface {} and the like)."""
    return Value(ANY, None) if data is None else dynamic(data)


class _Run:
    def __init__(self, template: Template, value: Value | None, missing_key_fails: bool) -> None:
        self.template = template
        self.out: list[str] = []
        self.node: Node | None = None
        self.missing_key_fails = missing_key_fails
        self.variables: list[tuple[str, Value | None]] = [("$", value)]
        self.name = template.name
        self.depth = 0

    def error(self, message: str) -> TemplateError:
        if self.node is None:
            return TemplateError(f"template: {self.name}: {message}")
        before = self.template.text[: self.node.position]
        line = 1 + before.count("\n")
        column = len(before[before.rfind("\n") + 1 :].encode("utf-8", "surrogateescape"))
        return TemplateError(f"template: {self.template.name}:{line}:{column}: executing {quote(self.name)} at <{self.node}>: {message}")

    # statements

    def walk(self, dot: Value | None, nodes: list[Node]) -> None:
        for node in nodes:
            if isinstance(node, Text):
                self.out.append(node.text)
            elif isinstance(node, Action):
                self.node = node
                value = self.pipeline(dot, node.pipe)
                if not node.pipe.variables:
                    self.print(node, value)
            elif isinstance(node, Branch):
                mark = len(self.variables)
                self.node = node
                if node.word == "range":
                    self.range(dot, node)
                else:
                    self.condition(dot, node)
                del self.variables[mark:]
            elif isinstance(node, Call):
                self.call_template(dot, node)
            elif isinstance(node, Jump):
                raise _Break if node.word == "break" else _Continue

    def print(self, node: Node, value: Value | None) -> None:
        self.node = node
        if value is not None and value.type.kind == "func":
            raise self.error(f"can't print {node} of type {value.type}")
        self.out.append(printed(value))

    def condition(self, dot: Value | None, node: Branch) -> None:
        value = self.pipeline(dot, node.pipe)
        true, has_truth = is_true(open_interface(value))
        if not has_truth:
            raise self.error(f"{node.word} can't use {printed(value)}")
        if true:
            self.walk(value if node.word == "with" else dot, node.body)
        elif node.otherwise is not None:
            self.walk(dot, node.otherwise)

    def range(self, dot: Value | None, node: Branch) -> None:
        value, _ = indirect(self.pipeline(dot, node.pipe))
        declared = node.pipe.variables
        mark = len(self.variables)
        pairs: Iterable[tuple[Value | None, Value | None]]
        kind = "" if value is None else value.type.kind
        if value is None or (kind == "interface" and value.data is None):
            pairs = []
        elif kind in ("slice", "array"):
            pairs = [(Value(INT, at), each) for at, each in enumerate(value.items())]
        elif kind == "map":
            pairs = [(Value(value.type.key or STRING, key), value[key]) for key in value.sorted_keys()]
        elif kind in ("int", "uint"):
            if len(declared) > 1:
                raise self.error(f"can't use {value.data} to iterate over more than one variable")
            pairs = ((None, Value(value.type, each)) for each in range(value.data)) if value.data > 0 else ()
        else:
            raise self.error(f"range can't iterate over {printed(value)}")
        if not pairs:
            if node.otherwise is not None:
                self.walk(dot, node.otherwise)
            return
        for key, element in pairs:
            if declared and node.pipe.assigns:
                self.set(declared[0].names[0], key if len(declared) > 1 else element)
                if len(declared) > 1:
                    self.set(declared[1].names[0], element)
            elif declared:
                self.variables[mark - 1] = (self.variables[mark - 1][0], element)
                if len(declared) > 1:
                    self.variables[mark - 2] = (self.variables[mark - 2][0], key)
            try:
                self.walk(element, node.body)
            except _Continue:
                pass
            except _Break:
                break
            finally:
                del self.variables[mark:]

    def call_template(self, dot: Value | None, node: Call) -> None:
        self.node = node
        tree = self.template.trees.get(node.name)
        if tree is None:
            raise self.error(f"template {quote(node.name)} not defined")
        if self.depth >= 150:
            raise self.error("exceeded maximum template depth (100000)")
        dot = self.pipeline(dot, node.pipe) if node.pipe is not None else None
        outer = self.variables, self.name
        self.variables, self.name = [("$", dot)], node.name
        self.depth += 1
        self.walk(dot, tree)
        self.depth -= 1
        self.variables, self.name = outer

    def set(self, name: str, value: Value | None) -> None:
        for at in range(len(self.variables) - 1, -1, -1):
            if self.variables[at][0] == name:
                self.variables[at] = (name, value)
                return
        raise self.error(f"undefined variable: {name}")

    # expressions

    def pipeline(self, dot: Value | None, pipe: Pipe) -> Value | None:
        self.node = pipe
        value: Value | _Absent | None = _ABSENT
        for command in pipe.commands:
            value = open_interface(self.command(dot, command, value))
        assert not isinstance(value, _Absent)
        for variable in pipe.variables:
            if pipe.assigns:
                self.set(variable.names[0], value)
            else:
                self.variables.append((variable.names[0], value))
        return value

    def command(self, dot: Value | None, command: Command, final: Value | _Absent | None) -> Value | None:
        first = command.arguments[0]
        if isinstance(first, Field):
            return self.field_node(dot, first, command.arguments, final)
        if isinstance(first, Chain):
            return self.chain_node(dot, first, command.arguments, final)
        if isinstance(first, Identifier):
            return self.function(dot, first, command, command.arguments, final)
        if isinstance(first, Pipe):
            self.no_arguments(command.arguments, final)
            return self.pipeline(dot, first)
        if isinstance(first, Variable):
            return self.variable_node(dot, first, command.arguments, final)
        self.node = first
        self.no_arguments(command.arguments, final)
        if isinstance(first, Bool):
            return Value(BOOL, first.true)
        if isinstance(first, Dot):
            return dot
        if isinstance(first, Nil):
            raise self.error("nil is not a command")
        if isinstance(first, Number):
            return self.constant(first)
        if isinstance(first, String):
            return Value(STRING, first.text)
        raise self.error(f"can't evaluate command {quote(str(first))}")

    def no_arguments(self, arguments: list[Node], final: Value | _Absent | None) -> None:
        if len(arguments) > 1 or not isinstance(final, _Absent):
            raise self.error(f"can't give argument to non-function {arguments[0]}")

    def constant(self, number: Number) -> Value:
        self.node = number
        if number.complex is not None:
            return Value(COMPLEX, number.complex)
        if number.is_float:
            return Value(FLOAT64, number.floating)
        assert number.integer is not None
        if number.integer >= 1 << 63:
            raise self.error(f"{number.text} overflows int")
        return Value(INT, number.integer)

    def field_node(self, dot: Value | None, node: Field, arguments: list[Node], final: Value | _Absent | None) -> Value | None:
        self.node = node
        return self.fields(dot, dot, node.names, arguments, final)

    def chain_node(self, dot: Value | None, node: Chain, arguments: list[Node], final: Value | _Absent | None) -> Value | None:
        self.node = node
        if isinstance(node.node, Nil):
            raise self.error(f"indirection through explicit nil in {node}")
        return self.fields(dot, self.argument(dot, None, node.node), node.names, arguments, final)

    def variable_node(self, dot: Value | None, node: Variable, arguments: list[Node], final: Value | _Absent | None) -> Value | None:
        self.node = node
        value = self.variable(node.names[0])
        if len(node.names) == 1:
            self.no_arguments(arguments, final)
            return value
        return self.fields(dot, value, node.names[1:], arguments, final)

    def variable(self, name: str) -> Value | None:
        for known, value in reversed(self.variables):
            if known == name:
                return value
        raise self.error(f"undefined variable: {name}")

    def fields(
        self,
        dot: Value | None,
        receiver: Value | None,
        names: tuple[str, ...],
        arguments: list[Node],
        final: Value | _Absent | None,
    ) -> Value | None:
        for name in names[:-1]:
            receiver = self.field(dot, name, [], _ABSENT, receiver)
        return self.field(dot, names[-1], arguments, final, receiver)

    def field(
        self, dot: Value | None, name: str, arguments: list[Node], final: Value | _Absent | None, receiver: Value | None
    ) -> Value | None:
        if receiver is None:
            if self.missing_key_fails:
                raise self.error(f"nil data; no entry for key {quote(name)}")
            return None
        type_ = receiver.type
        opened, nil = indirect(receiver)
        assert opened is not None
        if opened.type.kind == "interface" and nil:
            raise self.error(f"nil pointer evaluating {type_}.{name}")
        method = opened.type.methods.get(name)
        if method is not None and opened.data is not None:
            return self.method(dot, opened, name, arguments, final)
        has_arguments = len(arguments) > 1 or not isinstance(final, _Absent)
        kind = opened.type.kind
        if kind == "struct":
            found = opened.type.field(name)
            if found is not None:
                value = self.member(opened, found)
                if has_arguments:
                    raise self.error(f"{name} has arguments but cannot be invoked as function")
                return value
        elif kind == "map":
            if opened.type.key is None or STRING.assignable(opened.type.key):
                if has_arguments:
                    raise self.error(f"{name} is not a method but has arguments")
                if opened.data is not None and name in opened.data:
                    return opened[name]
                if self.missing_key_fails:
                    raise self.error(f"map has no entry for key {quote(name)}")
                return None
        elif kind == "ptr" and nil:
            pointed = opened.type.elem
            if pointed is None or pointed.kind != "struct" or pointed.field(name) is not None:
                raise self.error(f"nil pointer evaluating {type_}.{name}")
        raise self.error(f"can't evaluate field {name} in type {type_}")

    def member(self, value: Value, found: tuple[FieldType, tuple[FieldType, ...]]) -> Value:
        field, way = found
        for each in way:
            value = value.get_field(each)
            if value.type.kind == "ptr":
                value = inner(value)
        return value.get_field(field)

    def method(self, dot: Value | None, receiver: Value, name: str, arguments: list[Node], final: Value | _Absent | None) -> Value | None:
        method = receiver.type.methods[name]
        wanted = method.__code__.co_argcount - 1
        given = max(0, len(arguments) - 1) + (not isinstance(final, _Absent))
        if given != wanted:
            raise self.error(f"wrong number of args for {name}: want {wanted} got {given}")
        values = [self.argument(dot, STRING, each) for each in arguments[1:]]
        if not isinstance(final, _Absent):
            values.append(self.fit(final, STRING))
        result = method(receiver.data, *(v.data if v is not None else "" for v in values))
        return result if isinstance(result, Value) else method_result(result)

    def function(
        self, dot: Value | None, node: Identifier, whole: Node, arguments: list[Node], final: Value | _Absent | None
    ) -> Value | None:
        self.node = node
        name = node.name
        function = self.template.functions[name]
        rest = arguments[1:]
        absent = isinstance(final, _Absent)
        given = len(rest) + (not absent)
        parameters = function.parameters
        fixed = len(parameters) - 1 if function.variadic else len(parameters)
        if function.variadic:
            if given < fixed:
                raise self.error(f"wrong number of args for {name}: want at least {fixed} got {len(rest)}")
        elif given != fixed:
            raise self.error(f"wrong number of args for {name}: want {fixed} got {given}")
        if function is BUILTIN.get(name) and name in ("and", "or"):
            return self.shortcut(dot, name, rest, final)
        values = [self.argument(dot, self.parameter(function, at), each) for at, each in enumerate(rest)]
        if not isinstance(final, _Absent):
            values.append(self.fit(final, self.parameter(function, given - 1)))
        try:
            return function.call(*values)
        except NotAFunction as failure:
            self.node = whole
            message = f"non-function {rest[0]} of type {failure.go_type}" if rest else str(failure)
            raise self.error(f"error calling call: {message}") from None
        except CallError as failure:
            self.node = whole
            raise self.error(f"error calling {name}: {failure}") from None

    def parameter(self, function: Function, at: int) -> Type:
        return function.parameters[min(at, len(function.parameters) - 1)]

    def shortcut(self, dot: Value | None, name: str, arguments: list[Node], final: Value | _Absent | None) -> Value | None:
        value: Value | None = None
        for each in arguments:
            value = self.argument(dot, REFLECT, each)
            if is_true(open_interface(value))[0] == (name == "or"):
                return value
        return value if isinstance(final, _Absent) else self.fit(final, REFLECT)

    def argument(self, dot: Value | None, type_: Type | None, node: Node) -> Value | None:
        self.node = node
        if isinstance(node, Dot):
            return self.fit(dot, type_)
        if isinstance(node, Nil):
            if type_ is None or type_.kind in _NIL_OK:
                return None if type_ is None or type_ is REFLECT else zero(type_)
            raise self.error(f"cannot assign nil to {type_}")
        if isinstance(node, Field):
            return self.fit(self.field_node(dot, node, [node], _ABSENT), type_)
        if isinstance(node, Variable):
            return self.fit(self.variable_node(dot, node, [], _ABSENT), type_)
        if isinstance(node, Pipe):
            return self.fit(self.pipeline(dot, node), type_)
        if isinstance(node, Identifier):
            return self.fit(self.function(dot, node, node, [], _ABSENT), type_)
        if isinstance(node, Chain):
            return self.fit(self.chain_node(dot, node, [], _ABSENT), type_)
        kind = "interface" if type_ is None else type_.kind
        if kind == "interface":
            if isinstance(node, Bool):
                return Value(BOOL, node.true)
            if isinstance(node, Number):
                return self.constant(node)
            if isinstance(node, String):
                return Value(STRING, node.text)
        assert type_ is not None
        if kind == "bool":
            if isinstance(node, Bool):
                return Value(type_, node.true)
            raise self.error(f"expected bool; found {node}")
        if kind == "string":
            if isinstance(node, String):
                return Value(type_, node.text)
            raise self.error(f"expected string; found {node}")
        if kind in ("int", "uint"):
            if isinstance(node, Number) and node.integer is not None:
                return Value(type_, node.integer)
            raise self.error(f"expected {'integer' if kind == 'int' else 'unsigned integer'}; found {node}")
        if kind == "float":
            if isinstance(node, Number):
                return Value(type_, node.floating)
            raise self.error(f"expected float; found {node}")
        raise self.error(f"can't handle {node} for arg of type {type_}")

    def fit(self, value: Value | None, type_: Type | None) -> Value | None:
        """The value as an argument of that type, opened or dereferenced once if that makes it fit."""
        if type_ is None or type_ is REFLECT:
            return value
        if value is None:
            if type_.kind in _NIL_OK:
                return zero(type_)
            raise self.error(f"invalid value; expected {type_}")
        if value.type.assignable(type_):
            return value
        if value.type.kind == "interface" and value.data is not None:
            value = inner(value)
            if value.type.assignable(type_):
                return value
        if value.type.kind == "ptr" and value.type.elem is not None and value.type.elem.assignable(type_):
            if value.data is None:
                raise self.error(f"dereference of nil pointer of type {type_}")
            return inner(value)
        raise self.error(f"wrong type for value; expected {type_}; got {value.type}")


_PLATFORM = pointer_to(Type("v1.Platform", "struct"))


def method_result(result: Any) -> Value | None:
    """What a method of a listing returned: text, number, truth, a list of texts, or None for the platform that is not known."""
    if result is None:
        return Value(_PLATFORM, None)
    if isinstance(result, int) and not isinstance(result, bool):
        return Value(INT, result)
    return plain_value(result)


__all__ = ["Template", "at_type", "go_float", "method_result", "plain_value"]
