"""The tree of a template; every node prints itself as text/template/parse does in its messages."""

from __future__ import annotations

from dockercompat.cli.template.lexer import quote


class Node:
    """position  where error messages point, in characters from the start of the text"""

    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position


class Text(Node):
    __slots__ = ("text",)

    def __init__(self, position: int, text: str) -> None:
        self.position = position
        self.text = text

    def __str__(self) -> str:
        return self.text


class Dot(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "."


class Nil(Node):
    __slots__ = ()

    def __str__(self) -> str:
        return "nil"


class Bool(Node):
    __slots__ = ("true",)

    def __init__(self, position: int, true: bool) -> None:
        self.position = position
        self.true = true

    def __str__(self) -> str:
        return "true" if self.true else "false"


class Number(Node):
    """A constant: integer is None when it has no exact one, floating when it can't be taken as a float.

    is_float  written as a floating-point number, so that it is one where nothing asks for another type
    complex   of a number with an "i"; it comes before the others
    """

    __slots__ = ("complex", "floating", "integer", "is_float", "text")

    def __init__(
        self,
        position: int,
        text: str,
        integer: int | None,
        floating: float | None,
        *,
        is_float: bool = False,
        complex_: complex | None = None,
    ) -> None:
        self.position = position
        self.text = text
        self.integer = integer
        self.floating = floating
        self.complex = complex_
        self.is_float = is_float

    def __str__(self) -> str:
        return self.text


class String(Node):
    __slots__ = ("quoted", "text")

    def __init__(self, position: int, quoted: str, text: str) -> None:
        self.position = position
        self.quoted = quoted
        self.text = text

    def __str__(self) -> str:
        return self.quoted


class Identifier(Node):
    __slots__ = ("name",)

    def __init__(self, position: int, name: str) -> None:
        self.position = position
        self.name = name

    def __str__(self) -> str:
        return self.name


class Field(Node):
    __slots__ = ("names",)

    def __init__(self, position: int, names: tuple[str, ...]) -> None:
        self.position = position
        self.names = names

    def __str__(self) -> str:
        return "".join(f".{n}" for n in self.names)


class Variable(Node):
    """names  the variable with its "$", then fields"""

    __slots__ = ("names",)

    def __init__(self, position: int, names: tuple[str, ...]) -> None:
        self.position = position
        self.names = names

    def __str__(self) -> str:
        return ".".join(self.names)


class Chain(Node):
    __slots__ = ("names", "node")

    def __init__(self, position: int, node: Node, names: tuple[str, ...]) -> None:
        self.position = position
        self.node = node
        self.names = names

    def __str__(self) -> str:
        head = f"({self.node})" if isinstance(self.node, Pipe) else str(self.node)
        return head + "".join(f".{n}" for n in self.names)


class Command(Node):
    __slots__ = ("arguments",)

    def __init__(self, position: int, arguments: list[Node]) -> None:
        self.position = position
        self.arguments = arguments

    def __str__(self) -> str:
        return " ".join(f"({a})" if isinstance(a, Pipe) else str(a) for a in self.arguments)


class Pipe(Node):
    __slots__ = ("assigns", "commands", "variables")

    def __init__(self, position: int) -> None:
        self.position = position
        self.commands: list[Command] = []
        self.variables: list[Variable] = []
        self.assigns = False

    def __str__(self) -> str:
        head = ""
        if self.variables:
            head = ", ".join(str(v) for v in self.variables) + (" = " if self.assigns else " := ")
        return head + " | ".join(str(c) for c in self.commands)


class Action(Node):
    __slots__ = ("pipe",)

    def __init__(self, position: int, pipe: Pipe) -> None:
        self.position = position
        self.pipe = pipe

    def __str__(self) -> str:
        return f"{{{{{self.pipe}}}}}"


class Branch(Node):
    """word  if, range or with"""

    __slots__ = ("body", "otherwise", "pipe", "word")

    def __init__(self, position: int, word: str, pipe: Pipe, body: list[Node], otherwise: list[Node] | None) -> None:
        self.position = position
        self.word = word
        self.pipe = pipe
        self.body = body
        self.otherwise = otherwise

    def __str__(self) -> str:
        text = f"{{{{{self.word} {self.pipe}}}}}" + "".join(str(n) for n in self.body)
        if self.otherwise is not None:
            text += "{{else}}" + "".join(str(n) for n in self.otherwise)
        return text + "{{end}}"


class Jump(Node):
    """word  break, continue, end or else; the last two never stay in a tree"""

    __slots__ = ("word",)

    def __init__(self, position: int, word: str) -> None:
        self.position = position
        self.word = word

    def __str__(self) -> str:
        return f"{{{{{self.word}}}}}"


class Call(Node):
    """A {{template "name" pipe}}."""

    __slots__ = ("name", "pipe")

    def __init__(self, position: int, name: str, pipe: Pipe | None) -> None:
        self.position = position
        self.name = name
        self.pipe = pipe

    def __str__(self) -> str:
        return f"{{{{template {quote(self.name)}{'' if self.pipe is None else f' {self.pipe}'}}}}}"
