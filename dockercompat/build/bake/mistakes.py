"""What is wrong with a text that is not HCL, in the words of HCL's own parser."""

from __future__ import annotations

from dockercompat.build.bake.expressions import fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tree_sitter import Node as Parsed

    from dockercompat.build.bake.expressions import Range
    from dockercompat.build.bake.syntax import Reader

_SINGLE = (
    "An argument definition on the same line as its containing block creates a single-line block definition, which must also be closed on "
    "the same line. Place the block's closing brace immediately after the argument definition."
)


def find_mistake(reader: Reader, root: Parsed) -> None:
    """Raises BakeFailed for the first mistake in a tree."""
    if root.has_error:
        bad = _first_bad(root)
        if bad is not None:
            _tell(reader, bad)
    _lines(reader, root)


def _first_bad(node: Parsed) -> Parsed | None:
    if node.is_missing or node.type == "ERROR":
        return node
    for child in node.children:
        if child.has_error or child.is_missing:
            found = _first_bad(child)
            if found is not None:
                return found
    return None


def _tell(reader: Reader, bad: Parsed) -> None:
    _characters(reader, bad)
    parent = bad.parent.type if bad.parent is not None else ""
    if bad.type == "quoted_template_end" or (bad.type == "ERROR" and _unclosed_quote(reader, bad)):
        row = bad.start_point[0]
        start = bad.parent.start_point if bad.parent is not None and bad.type != "ERROR" else bad.start_point
        row = start[0]
        end = len(reader.lines[row])
        detail = (
            "Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \\n escape to represent a "
            'newline character or use the "heredoc" multi-line template syntax.'
        )
        raise fault(reader.between((row, end), (row + 1, 0)), "Invalid multi-line string", detail, others=1)
    if bad.type == "block_end":
        opening = _opening(bad)
        detail = "There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file."
        raise fault(reader.at(opening), "Unclosed configuration block", detail)
    if bad.type == "heredoc_identifier":
        raise fault(reader.at(bad), "Unterminated template string", "No closing marker was found for the string.")
    if bad.type == "identifier" and parent == "variable_expr":
        row, column = bad.start_point
        while column < len(reader.lines[row]) and reader.lines[row][column : column + 1] in (b" ", b"\t"):
            column += 1
        end = (row, column + 1) if column < len(reader.lines[row]) else (row + 1, 0)
        detail = "Expected the start of an expression, but found an invalid expression token."
        raise fault(reader.between((row, column), end), "Invalid expression", detail)
    raise _general(reader, bad)


def _characters(reader: Reader, bad: Parsed) -> None:
    """A character that HCL has no use for, or an escape that means nothing."""
    row = bad.start_point[0]
    line = reader.lines[row]
    quoted = False
    for column in range(len(line)):
        mark = line[column : column + 1]
        if quoted and mark == b"\\":
            selector = line[column + 1 : column + 2].decode(errors="replace")
            if line[column - 1 : column] != b"\\" and selector not in 'nrt"\\uU':
                detail = f'The symbol "{selector}" is not a valid escape sequence selector.'
                raise fault(reader.between((row, column), (row, column + 2)), "Invalid escape sequence", detail)
        elif mark == b'"' and line[column - 1 : column] != b"\\":
            quoted = not quoted
        elif not quoted and mark in (b"@", b"'", b"$", b"`"):
            detail = "This character is not used within the language."
            if mark == b"'":
                detail = 'Single quotes are not valid. Use double quotes (") to enclose strings.'
            raise fault(reader.between((row, column), (row, column + 1)), "Invalid character", detail, others=1)


def _unclosed_quote(reader: Reader, bad: Parsed) -> bool:
    line = reader.lines[bad.start_point[0]]
    return line.replace(b'\\"', b"").count(b'"') % 2 == 1 and any(child.type == "quoted_template_start" for child in bad.children)


def _opening(bad: Parsed) -> Parsed:
    assert bad.parent is not None
    return next((child for child in bad.parent.children if child.type == "block_start"), bad.parent)


def _general(reader: Reader, bad: Parsed) -> Exception:
    at = _token_at(reader, bad)
    if bad.parent is None or bad.parent.type in ("config_file", "body"):
        if reader.text(bad).strip()[:1] in ("}", "]", ")", "=", ":", ",", '"', "{", "[", "("):
            return fault(at, "Argument or block definition required", "An argument or block definition is required here.")
        words = reader.text(bad).split()
        if len(words) == 1:
            detail = 'An argument or block definition is required here. To set an argument, use the equals sign "=" to introduce the argument value.'
            return fault(at, "Argument or block definition required", detail)
    return fault(at, "Invalid expression", "Expected the start of an expression, but found an invalid expression token.")


def _token_at(reader: Reader, bad: Parsed) -> Range:
    """The last token in a faulty stretch: the one that could not follow."""
    node = bad
    while node.children:
        node = node.children[-1]
    row, column = node.start_point
    return reader.between((row, column), node.end_point if node.end_point[0] == row and node.end_point[1] > column else (row, column + 1))


def _lines(reader: Reader, node: Parsed) -> None:
    """Arguments and blocks end with their line, and a block on one line has one argument: the tree does not say so."""
    if node.type == "block":
        _one_line(reader, node)
    if node.type == "body":
        _ends(reader, node)
    if node.type == "object":
        _separators(reader, node)
    for child in node.named_children:
        _lines(reader, child)


def _one_line(reader: Reader, block: Parsed) -> None:
    opening = next(child for child in block.children if child.type == "block_start")
    body = next((child for child in block.children if child.type == "body"), None)
    if body is None or not body.named_children:
        return
    first = next((child for child in body.named_children if child.type != "comment"), None)
    if first is None or first.start_point[0] != opening.start_point[0]:
        return
    closing = block.children[-1]
    if first.type == "block":
        detail = 'A single-line block definition must contain only a single argument. If you meant to define argument "x", use an equals sign to assign it a value. To define a nested block, place it on a line of its own within its parent block.'
        raise fault(
            reader.at(first.children[0]),
            "Invalid single-argument block definition",
            detail.replace('"x"', f'"{reader.text(first.children[0])}"'),
        )
    line = first.end_point[0]
    following = [child for child in body.named_children if child.start_byte >= first.end_byte and child.type != "comment"]
    if following and following[0].start_point[0] == line:
        at = reader.at(following[0].children[0])
        raise fault(at, "Invalid single-argument block definition", _SINGLE)
    if closing.start_point[0] != line:
        end = len(reader.lines[line])
        raise fault(reader.between((line, end), (line + 1, 0)), "Invalid single-argument block definition", _SINGLE)


def _ends(reader: Reader, body: Parsed) -> None:
    children = [child for child in body.named_children if child.type != "comment"]
    for child, following in zip(children, children[1:]):
        if following.start_point[0] == child.end_point[0] and child.end_point[1] and not _heredoc(child):
            at = reader.at(following.children[0])
            if child.type == "attribute":
                raise fault(at, "Missing newline after argument", "An argument definition must end with a newline.")
            raise fault(at, "Missing newline after block definition", "A block definition must end with a newline.")


def _heredoc(node: Parsed) -> bool:
    while node.named_children:
        node = node.named_children[-1]
    return node.type == "heredoc_identifier"


def _separators(reader: Reader, node: Parsed) -> None:
    previous: Parsed | None = None
    comma = True
    for child in node.children:
        if child.type == ",":
            comma = True
        elif child.type == "object_elem":
            if previous is not None and not comma and child.start_point[0] == previous.end_point[0]:
                detail = "Expected a newline or comma to mark the beginning of the next attribute."
                raise fault(reader.at(child.children[0]), "Missing attribute separator", detail)
            previous, comma = child, False
