"""Tokens -> the tree of a template, with the complaints of text/template/parse."""

from __future__ import annotations

from dockercompat.cli.template.errors import TemplateError
from dockercompat.cli.template.lexer import Token, lex, quote
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

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container


def parse(name: str, text: str, functions: Container[str]) -> dict[str, list[Node]]:
    """The trees of a text: the main one under its name, and one for each define and block.

    functions  the names that may be called
    Raises     TemplateError: template: NAME:LINE: what is wrong
    """
    return _Parser(name, text, functions).run()


_OPERANDS = frozenset(("bool", "rune", "dot", "field", "identifier", "number", "nil", "raw", "string", "variable", "("))


class _Parser:
    def __init__(self, name: str, text: str, functions: Container[str]) -> None:
        self.name = name
        self.functions = functions
        self.tokens = list(lex(text))
        self.at = 0
        self.trees: dict[str, list[Node]] = {}
        self.variables = ["$"]
        self.range_depth = 0
        self.action_line = 0

    def run(self) -> dict[str, list[Node]]:
        main: list[Node] = []
        while self.peek().kind != "EOF":
            if self.peek().kind == "left":
                start = self.at
                self.next()
                if self.next_word().kind == "define":
                    self.definition()
                    continue
                self.at = start
            node = self.text_or_action()
            if isinstance(node, Jump) and node.word in ("end", "else"):
                raise self.error(f"unexpected {node}")
            main.append(node)
        if self.name not in self.trees or not _is_empty(main):
            self.trees[self.name] = main
        return self.trees

    # tokens

    def next(self) -> Token:
        token = self.tokens[min(self.at, len(self.tokens) - 1)]
        self.at += 1
        return token

    def peek(self) -> Token:
        return self.tokens[min(self.at, len(self.tokens) - 1)]

    def next_word(self) -> Token:
        while True:
            token = self.next()
            if token.kind != "space":
                return token

    def peek_word(self) -> Token:
        token = self.next_word()
        self.at -= 1
        return token

    def expect(self, kinds: tuple[str, ...], context: str) -> Token:
        token = self.next_word()
        if token.kind not in kinds:
            raise self.unexpected(token, context)
        return token

    def error(self, message: str) -> TemplateError:
        token = self.tokens[max(0, min(self.at - 1, len(self.tokens) - 1))]
        return TemplateError(f"template: {self.name}:{token.line}: {message}")

    def unexpected(self, token: Token, context: str) -> TemplateError:
        if token.kind == "error":
            extra = ""
            if self.action_line and self.action_line != token.line:
                extra = f" in action started at {self.name}:{self.action_line}"
                if token.value.endswith(" action"):
                    extra = extra.removeprefix(" in action")
            return self.error(f"{token}{extra}")
        return self.error(f"unexpected {token} in {context}")

    # structure

    def definition(self) -> None:
        name = self.unquote(self.expect(("string", "raw"), "define clause"))
        self.expect(("right",), "define clause")
        self.tree(name, "define clause")

    def tree(self, name: str, context: str) -> None:
        """The body of a define or block: it sees no outer variables and no outer range."""
        outer = self.variables, self.range_depth
        self.variables, self.range_depth = ["$"], 0
        body, end = self.items()
        if end.word != "end":
            raise self.error(f"unexpected {end} in {context}")
        self.variables, self.range_depth = outer
        if name not in self.trees or not _is_empty(body):
            self.trees[name] = body

    def items(self) -> tuple[list[Node], Jump]:
        nodes: list[Node] = []
        while self.peek_word().kind != "EOF":
            node = self.text_or_action()
            if isinstance(node, Jump) and node.word in ("end", "else"):
                return nodes, node
            nodes.append(node)
        self.next()
        raise self.error("unexpected EOF")

    def text_or_action(self) -> Node:
        token = self.next_word()
        if token.kind == "text":
            return Text(token.position, token.value)
        if token.kind == "left":
            self.action_line = token.line
            try:
                return self.action()
            finally:
                self.action_line = 0
        raise self.unexpected(token, "input")

    def action(self) -> Node:
        token = self.next_word()
        kind = token.kind
        if kind in ("if", "range", "with"):
            return self.branch(kind)
        if kind == "end":
            return Jump(self.expect(("right",), "end").position, "end")
        if kind == "else":
            following = self.peek_word()
            if following.kind not in ("if", "with"):
                following = self.expect(("right",), "else")
            return Jump(following.position, "else")
        if kind in ("break", "continue"):
            following = self.next_word()
            if following.kind != "right":
                raise self.unexpected(following, f"{{{{{kind}}}}}")
            if not self.range_depth:
                raise self.error(f"{{{{{kind}}}}} outside {{{{range}}}}")
            return Jump(token.position, kind)
        if kind == "template":
            name_token = self.next_word()
            name = self.template_name(name_token, "template clause")
            pipe = None
            if self.next_word().kind != "right":
                self.at -= 1
                pipe = self.pipeline("template clause", "right")
            return Call(name_token.position, name, pipe)
        if kind == "block":
            name_token = self.next_word()
            name = self.template_name(name_token, "block clause")
            pipe = self.pipeline("block clause", "right")
            self.tree(name, "block clause")
            return Call(name_token.position, name, pipe)
        self.at -= 1
        return Action(self.peek().position, self.pipeline("command", "right"))

    def template_name(self, token: Token, context: str) -> str:
        if token.kind not in ("string", "raw"):
            raise self.unexpected(token, context)
        return self.unquote(token)

    def branch(self, word: str) -> Branch:
        outer = len(self.variables)
        pipe = self.pipeline(word, "right")
        self.range_depth += word == "range"
        body, following = self.items()
        self.range_depth -= word == "range"
        otherwise: list[Node] | None = None
        if following.word == "else":
            if word in ("if", "with") and self.peek().kind == word:
                self.next()
                otherwise = [self.branch(word)]
            else:
                otherwise, following = self.items()
                if following.word != "end":
                    raise self.error(f"expected end; found {following}")
        del self.variables[outer:]
        return Branch(pipe.position, word, pipe, body, otherwise)

    def pipeline(self, context: str, end: str) -> Pipe:
        pipe = Pipe(self.peek_word().position)
        while self.peek_word().kind == "variable":
            start = self.at - 1 if self.at and self.tokens[self.at - 1].kind == "space" else self.at
            variable = self.next_word()
            following = self.peek_word()
            if following.kind in ("assign", "declare"):
                pipe.assigns = following.kind == "assign"
                self.next_word()
                self.declare(pipe, variable)
                break
            if following.kind == "char" and following.value == ",":
                self.next_word()
                self.declare(pipe, variable)
                if context == "range" and len(pipe.variables) < 2:
                    if self.peek_word().kind in ("variable", "right", ")"):
                        continue
                    raise self.error("range can only initialize variables")
                raise self.error(f"too many declarations in {context}")
            self.at = start
            break
        while True:
            token = self.next_word()
            if token.kind == end:
                break
            if token.kind not in _OPERANDS:
                raise self.unexpected(token, context)
            self.at -= 1
            pipe.commands.append(self.command())
        if not pipe.commands:
            raise self.error(f"missing value for {context}")
        for stage, command in enumerate(pipe.commands[1:], 2):
            if isinstance(command.arguments[0], (Bool, Dot, Nil, Number, String)):
                raise self.error(f"non executable command in pipeline stage {stage}")
        return pipe

    def declare(self, pipe: Pipe, variable: Token) -> None:
        pipe.variables.append(Variable(variable.position, (variable.value,)))
        self.variables.append(variable.value)

    def command(self) -> Command:
        command = Command(self.peek_word().position, [])
        while True:
            self.peek_word()
            operand = self.operand()
            if operand is not None:
                command.arguments.append(operand)
            token = self.next()
            if token.kind == "space":
                continue
            if token.kind in ("right", ")"):
                self.at -= 1
            elif token.kind != "pipe":
                raise self.unexpected(token, "operand")
            break
        if not command.arguments:
            raise self.error("empty command")
        return command

    def operand(self) -> Node | None:
        node = self.term()
        if node is None or self.peek().kind != "field":
            return node
        position = self.peek().position
        names: list[str] = []
        while self.peek().kind == "field":
            names.append(self.next().value[1:])
        if isinstance(node, Field):
            return Field(position, (*node.names, *names))
        if isinstance(node, Variable):
            return Variable(position, (*node.names, *names))
        if isinstance(node, (Bool, String, Number, Nil, Dot)):
            raise self.error(f"unexpected . after term {quote(str(node))}")
        return Chain(position, node, tuple(names))

    def term(self) -> Node | None:
        token = self.next_word()
        kind = token.kind
        if kind == "field":
            return Field(token.position, (token.value[1:],))
        if kind == "identifier":
            if token.value not in self.functions:
                raise self.error(f"function {quote(token.value)} not defined")
            return Identifier(token.position, token.value)
        if kind == "dot":
            return Dot(token.position)
        if kind == "variable":
            if token.value not in self.variables:
                raise self.error(f"undefined variable {quote(token.value)}")
            return Variable(token.position, (token.value,))
        if kind in ("string", "raw"):
            return String(token.position, token.value, self.unquote(token))
        if kind in ("number", "rune"):
            return self.number(token)
        if kind == "bool":
            return Bool(token.position, token.value == "true")
        if kind == "nil":
            return Nil(token.position)
        if kind == "(":
            return self.pipeline("parenthesized pipeline", ")")
        self.at -= 1
        return None

    def unquote(self, token: Token) -> str:
        if token.kind == "raw":
            return token.value[1:-1].replace("\r", "")
        try:
            return unquote(token.value)
        except ValueError:
            raise self.error("invalid syntax") from None

    def number(self, token: Token) -> Number:
        text = token.value
        if token.kind == "rune":
            try:
                sign = unquote(text)
            except ValueError:
                raise self.error(f"malformed character constant: {text}") from None
            if len(sign) != 1:
                raise self.error(f"malformed character constant: {text}")
            return Number(token.position, text, ord(sign), float(ord(sign)), False)
        integer = _integer(text)
        if integer is not None and -(1 << 63) <= integer < 1 << 64:
            return Number(token.position, text, integer, float(integer), False)
        floating = _floating(text)
        if floating is None:
            raise self.error(f"illegal number syntax: {quote(text)}")
        if not any(c in ".eEpP" for c in text):
            raise self.error(f"integer overflow: {quote(text)}")
        exact = int(floating) if abs(floating) < 1 << 63 and floating == int(floating) else None
        return Number(token.position, text, exact, floating, True)


def _is_empty(nodes: list[Node]) -> bool:
    return all(isinstance(n, Text) and not n.text.strip() for n in nodes)


def _integer(text: str) -> int | None:
    digits = text.lstrip("+-")
    if not digits[:1].isdigit() or digits.startswith("_") or digits.endswith("_"):
        return None
    try:
        if len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567_":
            return int(text, 8)
        return int(text, 0)
    except ValueError:
        return None


def _floating(text: str) -> float | None:
    try:
        if text.lstrip("+-")[:2].lower() == "0x":
            return float.fromhex(text.replace("_", ""))
        return None if "_" in text else float(text)
    except ValueError:
        return None


_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34}


def unquote(text: str) -> str:
    """Go's strconv.Unquote for "..." and '...'. Raises ValueError."""
    closing = text[0]
    body = text[1:-1]
    if "\\" not in body:
        return body
    out = bytearray()
    at = 0
    while at < len(body):
        sign = body[at]
        at += 1
        if sign != "\\":
            out += sign.encode("utf-8", "surrogateescape")
            continue
        escape = body[at : at + 1]
        at += 1
        if escape in ("'", '"') and escape != closing:
            raise ValueError(text)
        if escape in _SIMPLE:
            out.append(_SIMPLE[escape])
        elif escape in ("x", "u", "U"):
            width = {"x": 2, "u": 4, "U": 8}[escape]
            digits = body[at : at + width]
            if len(digits) < width or not all(c in "0123456789abcdefABCDEF" for c in digits):
                raise ValueError(text)
            at += width
            code = int(digits, 16)
            if escape == "x" and closing == '"':
                out.append(code)
            elif code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise ValueError(text)
            else:
                out += chr(code).encode()
        elif escape and escape in "01234567":
            digits = body[at - 1 : at + 2]
            if len(digits) < 3 or not all(c in "01234567" for c in digits) or int(digits, 8) > 255:
                raise ValueError(text)
            at += 2
            out.append(int(digits, 8))
        else:
            raise ValueError(text)
    return out.decode("utf-8", "surrogateescape")
