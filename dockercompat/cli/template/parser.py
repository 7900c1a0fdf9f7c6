"""Tokens -> the tree of a template, with the complaints of text/template/parse."""

from __future__ import annotations

from dockercompat.cli.template import constants
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
        self.next()
        self.add(self.name, main)
        return self.trees

    def add(self, name: str, nodes: list[Node]) -> None:
        """An empty definition never replaces one; only an empty one can be replaced."""
        if name not in self.trees or _is_empty(self.trees[name]):
            self.trees[name] = nodes
        elif not _is_empty(nodes):
            raise self.error(f"template: multiple definition of template {quote(name)}")

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
        self.add(name, body)

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
            return constants.unquote(token.value)
        except ValueError:
            raise self.error("invalid syntax") from None

    def number(self, token: Token) -> Number:
        try:
            return constants.rune(token.position, token.value) if token.kind == "rune" else constants.number(token.position, token.value)
        except ValueError as failure:
            raise self.error(str(failure)) from None


def _is_empty(nodes: list[Node]) -> bool:
    return all(isinstance(n, Text) and not n.text.strip() for n in nodes)
