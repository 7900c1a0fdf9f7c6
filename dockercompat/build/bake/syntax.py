"""HCL text to blocks, arguments and expressions, over the tree that tree-sitter's grammar of HCL makes."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from dockercompat.build.bake import values
from dockercompat.build.bake.access import attribute, index
from dockercompat.build.bake.expressions import Attribute, Conditional, For, Index, Literal, Node, Object, Splat, Tuple, Variable
from dockercompat.build.bake.operations import Binary, Call, Unary
from dockercompat.build.bake.places import Range, fault
from dockercompat.build.bake.source import Argument, Block, Body

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tree_sitter import Node as Parsed

    from dockercompat.build.bake.expressions import Scope

_POWER = re.compile(rb"(?<![\w.-])\d+[eE][+-]?\d+")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def parse(text: str, name: str) -> Body:
    """A whole file. Raises BakeFailed where it is not HCL."""
    return Reader(text, name).body()


class Reader:
    """Reads one file."""

    def __init__(self, text: str, name: str) -> None:
        import tree_sitter
        import tree_sitter_hcl

        self.name = name
        self.source = text.encode() + b"\n"
        self.lines = self.source.split(b"\n")
        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language()))
        self.tree = parser.parse(_POWER.sub(_as_name, self.source))

    def body(self) -> Body:
        from dockercompat.build.bake.mistakes import Checker

        Checker(self.source.decode(errors="replace")[:-1], self.name).check()
        body = Body(Range(self.name, 1, 1, 1, 1))
        for child in self.tree.root_node.named_children:
            if child.type == "body":
                self._fill(body, child)
        return body

    def at(self, first: Parsed, last: Parsed | None = None) -> Range:
        return self.between(first.start_point, (last or first).end_point)

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> Range:
        """From one row and byte to another."""
        return Range(self.name, start[0] + 1, self.column(*start), end[0] + 1, self.column(*end))

    def column(self, row: int, offset: int) -> int:
        return len(self.lines[row][:offset].decode(errors="replace")) + 1 if row < len(self.lines) else 1

    def text(self, node: Parsed) -> str:
        return self.between_bytes(node.start_byte, node.end_byte)

    def between_bytes(self, start: int, end: int) -> str:
        """Text of the file, composed (NFC) as all text of HCL is."""
        text = self.source[start:end].decode(errors="replace")
        return text if text.isascii() else unicodedata.normalize("NFC", text)

    def _fill(self, body: Body, parsed: Parsed) -> None:
        for child in parsed.named_children:
            if child.type == "attribute":
                name = child.named_children[0]
                expression = self.expression(child.named_children[-1])
                body.add(Argument(self.text(name), self.at(name), self.at(child), expression))
            elif child.type == "block":
                body.blocks.append(self._block(child))

    def _block(self, parsed: Parsed) -> Block:
        header = [child for child in parsed.named_children if child.type in ("identifier", "string_lit")]
        opening = next(child for child in parsed.children if child.type == "block_start")
        inner = next((child for child in parsed.named_children if child.type == "body"), opening)
        first = inner if inner.start_point[0] == opening.start_point[0] else opening
        body = Body(self.between(first.start_point, first.start_point), self.at(opening))
        for child in parsed.named_children:
            if child.type == "body":
                self._fill(body, child)
        labels = tuple(self._label(child) for child in header[1:])
        return Block(self.text(header[0]), self.at(header[0], header[-1]), labels, tuple(self.at(child) for child in header[1:]), body)

    def _label(self, parsed: Parsed) -> str:
        return self.text(parsed) if parsed.type == "identifier" else unescaped(self.text(parsed)[1:-1])

    def expression(self, parsed: Parsed) -> Node:
        """An expression node of the tree, or one that stands in its place."""
        if parsed.type == "expression":
            return self._sequence(parsed.children)
        return self._primary(parsed)

    def _sequence(self, parts: list[Parsed]) -> Node:
        """A term in parentheses or bare, and what is taken from it."""
        parts = [part for part in parts if part.type != "comment"]
        made: Node
        if parts[0].type == "(":
            made, used = Parenthesised(self.at(parts[0], parts[2]), self.expression(parts[1])), 3
        else:
            made, used = self._primary(parts[0]), 1
        first = parts[0]
        for part in parts[used:]:
            made = self._postfix(first, made, part)
        return made

    def _postfix(self, first: Parsed, source: Node, part: Parsed) -> Node:
        at, step = self.at(first, part), self.at(part)
        if part.type == "get_attr":
            return Attribute(at, source, self.text(part.named_children[-1]), step)
        if part.type == "index":
            return Index(at, source, self._key(part), step)
        if part.type != "splat":
            raise fault(step, "Invalid expression", "Expected the start of an expression, but found an invalid expression token.")
        steps: list[Callable[[Any, Scope], Any]] = []
        keys = []
        for child in part.children[0].named_children:
            place = self.at(child)
            if child.type == "get_attr":
                name = self.text(child.named_children[-1])
                steps.append(_take_attribute(name, place))
            elif child.type == "index":
                key = self._key(child)
                keys.append(key)
                steps.append(_take_index(key, place))
        return Splat(at, source, tuple(steps), tuple(keys))

    def _key(self, parsed: Parsed) -> Node:
        inner = parsed.children[0]
        if inner.type == "legacy_index":
            return Literal(self.at(inner), values.number(self.text(inner).lstrip(".")))
        return self.expression(inner.named_children[0])

    def _primary(self, parsed: Parsed) -> Node:
        kind, at = parsed.type, self.at(parsed)
        if kind in ("literal_value", "collection_value", "template_expr", "operation", "for_expr"):
            return self._primary(parsed.named_children[0])
        if kind == "variable_expr":
            text = self.text(parsed)
            return Literal(at, values.number(text)) if text[0].isdigit() else Variable(at, text)
        if kind == "expression":
            return self.expression(parsed)
        reader = getattr(self, f"_read_{kind}", None)
        if reader is None:
            raise fault(at, "Invalid expression", "Expected the start of an expression, but found an invalid expression token.")
        made: Node = reader(parsed, at)
        return made

    def _read_numeric_lit(self, parsed: Parsed, at: Range) -> Node:
        try:
            return Literal(at, values.number(self.text(parsed)))
        except ValueError:
            raise fault(at, "Invalid number literal", "Failed to recognize the value of this number literal.") from None

    def _read_bool_lit(self, parsed: Parsed, at: Range) -> Node:
        return Literal(at, self.text(parsed) == "true")

    def _read_null_lit(self, parsed: Parsed, at: Range) -> Node:
        return Literal(at, None)

    def _read_string_lit(self, parsed: Parsed, at: Range) -> Node:
        return self._read_quoted_template(parsed, at)

    def _read_quoted_template(self, parsed: Parsed, at: Range) -> Node:
        from dockercompat.build.bake.templates import quoted

        return quoted(self, parsed)

    def _read_heredoc_template(self, parsed: Parsed, at: Range) -> Node:
        from dockercompat.build.bake.templates import heredoc

        return heredoc(self, parsed)

    def _read_tuple(self, parsed: Parsed, at: Range) -> Node:
        return Tuple(at, tuple(self.expression(child) for child in parsed.named_children if child.type == "expression"))

    def _read_object(self, parsed: Parsed, at: Range) -> Node:
        items = []
        for element in parsed.named_children:
            if element.type == "object_elem":
                key, value = (child for child in element.named_children if child.type == "expression")
                items.append((self._object_key(key), self.expression(value)))
        return Object(at, tuple(items))

    def _object_key(self, parsed: Parsed) -> Node:
        key = self.expression(parsed)
        word = key.keyword()
        if isinstance(key, Literal) and isinstance(key.value, str):
            return key
        if isinstance(key, Attribute):
            detail = (
                "If this expression is intended to be a reference, wrap it in parentheses. If it's instead intended as a literal name "
                "containing periods, wrap it in quotes to create a string literal."
            )
            raise fault(key.at, "Ambiguous attribute key", detail)
        return Literal(key.at, word) if word else key

    def _read_for_tuple_expr(self, parsed: Parsed, at: Range) -> Node:
        return self._for(parsed, at)

    def _read_for_object_expr(self, parsed: Parsed, at: Range) -> Node:
        return self._for(parsed, at)

    def _for(self, parsed: Parsed, at: Range) -> Node:
        intro = next(child for child in parsed.named_children if child.type == "for_intro")
        names = [self.text(child) for child in intro.named_children if child.type == "identifier"]
        source = next(self.expression(child) for child in intro.named_children if child.type == "expression")
        made = [self.expression(child) for child in parsed.named_children if child.type == "expression"]
        condition = None
        for child in parsed.named_children:
            if child.type == "for_cond":
                condition = next(self.expression(each) for each in child.named_children if each.type == "expression")
        pair = (names[0], names[1]) if len(names) > 1 else ("", names[0])
        keyed = parsed.type == "for_object_expr"
        grouped = any(child.type == "ellipsis" for child in parsed.named_children)
        return For(at, pair, source, made[0] if keyed else None, made[-1], condition, grouped=grouped)

    def _read_conditional(self, parsed: Parsed, at: Range) -> Node:
        condition, yes, no = (self.expression(child) for child in parsed.named_children if child.type == "expression")
        return Conditional(at, condition, yes, no)

    def _read_unary_operation(self, parsed: Parsed, at: Range) -> Node:
        return Unary(at, parsed.children[0].type, self._sequence(parsed.children[1:]))

    def _read_binary_operation(self, parsed: Parsed, at: Range) -> Node:
        children = [child for child in parsed.children if child.type != "comment"]
        middle = next(place for place, child in enumerate(children) if not child.is_named and child.type not in ("(", ")"))
        return Binary(at, children[middle].type, self._sequence(children[:middle]), self._sequence(children[middle + 1 :]))

    def _read_function_call(self, parsed: Parsed, at: Range) -> Node:
        name = parsed.named_children[0]
        arguments: list[Node] = []
        spread = False
        for child in parsed.named_children[1:]:
            if child.type == "function_arguments":
                arguments = [self.expression(each) for each in child.named_children if each.type == "expression"]
                spread = any(each.type == "ellipsis" for each in child.named_children)
        return Call(at, self.text(name), self.at(name), tuple(arguments), self.at(parsed.children[-1]), spread=spread)


def _as_name(match: re.Match[bytes]) -> bytes:
    """`1e3` spelt as a name of the same length: the grammar does not know such numbers."""
    return b"E" + match[0][1:].replace(b"+", b"-")


def _take_attribute(name: str, at: Range) -> Callable[[Any, Scope], Any]:
    return lambda item, scope: attribute(item, name, at)


def _take_index(key: Node, at: Range) -> Callable[[Any, Scope], Any]:
    return lambda item, scope: index(item, key.evaluate(scope), at)


class Parenthesised(Node):
    """An expression in parentheses: no keyword and no literal any more."""

    def __init__(self, at: Range, inner: Node) -> None:
        self.at, self.inner = at, inner

    def children(self) -> tuple[Node, ...]:
        return (self.inner,)

    def evaluate(self, scope: Scope) -> Any:
        return self.inner.evaluate(scope)


def unescaped(text: str) -> str:
    """The text between quotes with its backslashes taken. Raises ValueError for one that means nothing."""
    if "\\" not in text:
        return text
    made, at = "", 0
    while at < len(text):
        letter = text[at]
        at += 1
        if letter != "\\":
            made += letter
            continue
        mark = text[at : at + 1]
        at += 1
        if mark in _ESCAPES:
            made += _ESCAPES[mark]
        elif mark in ("u", "U"):
            size = 4 if mark == "u" else 8
            made += chr(int(text[at : at + size], 16))
            at += size
        else:
            raise ValueError(mark)
    return made
