"""The output of `inspect` of every noun, and of the other commands that show one document through a template."""

from __future__ import annotations

import sys

from dockercompat.cli.template.errors import TemplateError
from dockercompat.cli.template.gotypes import ROOTS, go_type, sort_maps
from dockercompat.cli.template.json_text import escape_html, plain
from dockercompat.cli.template.values import Value, raw_value
from dockercompat.errors import ClientError, DockerError, InvalidTemplate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, TextIO

    from dockercompat.cli.template.evaluate import Template

    Document = dict[str, Any]


def inspect_many(
    refs: Iterable[str],
    get: Callable[[str], Document | tuple[str, Document]],
    format: str = "",
    *,
    kind: str = "",
    typed: bool = False,
    stdout: TextIO | None = None,
) -> int:
    """Print the documents of all that exist, complain about the others, return the exit status.

    get     ref -> document, or (kind, document) where names of several kinds are looked up; raises DockerError
    format  "" for an indented list, json for one line, or a template
    typed   what `volume inspect` and `context inspect` do: no second reading, and HTML escapes in the lists
    kind    container, image, network, volume or context: the Go types of the document; "" for plain JSON
    Raises  InvalidTemplate (exit status 64)
    """
    out = stdout or sys.stdout
    template = parse_template(format) if format not in ("", "json") else None
    found: list[Document] = []
    lines: list[str] = []
    complaints: list[str] = []
    for ref in refs:
        try:
            answer = get(ref)
        except DockerError as missing:
            complaints.append(missing.line)
            continue
        document_kind, document = answer if isinstance(answer, tuple) else (kind, answer)
        if template is None:
            found.append(sort_maps(go_type(ROOTS[document_kind]), document) if document_kind else document)
            continue
        try:
            lines.append(execute(template, document, document_kind, typed=typed))
        except TemplateError as failure:
            complaints.append(f"template parsing error: {failure}")
    if template is not None:
        out.write("".join(f"{line}\n" for line in lines) or "\n")
    elif format == "json":
        text = plain(found)
        out.write((escape_html(text) if typed else text) + "\n")
    else:
        text = dump_json(found, "    ")
        out.write((escape_html(text) if typed else text) + "\n")
    out.flush()
    if complaints:
        sys.stderr.write("\n".join(complaints) + "\n")
    return 1 if complaints else 0


def parse_template(format: str, *, name: str = "") -> Template:
    """Raises InvalidTemplate: template parsing error: template: :1: ..."""
    from dockercompat.cli.template.evaluate import Template  # which documents without a template do without

    try:
        return Template(format, name=name)
    except TemplateError as failure:
        raise InvalidTemplate(f"template parsing error: {failure}") from None


def execute(template: Template, document: Document, kind: str, *, typed: bool = False) -> str:
    """The template's text for a document, read first with docker's Go types and then, if that fails, as plain JSON.

    The second reading knows keys that the types don't; a key that it lacks is an error.
    typed   there is no second reading
    Raises  TemplateError of the last reading
    """
    if kind:
        try:
            return template.execute(Value(go_type(ROOTS[kind]), document))
        except TemplateError:
            if typed:
                raise
    return template.execute(raw_value(document), missing_key_fails=True)


def format_document(document: Document, format: str, *, kind: str) -> str:
    """The text of `info --format` or `version --format` (kind: info or version), with its newline.

    Raises  InvalidTemplate for what is no template; ClientError for one that fails on the document
    """
    if format == "json":
        format = "{{json .}}"
    name = "version" if kind == "version" else ""
    template = parse_template(format, name=name)
    try:
        return template.execute(Value(go_type(ROOTS[kind]), document)) + "\n"
    except TemplateError as failure:
        sys.stdout.write("\n")
        sys.stdout.flush()
        raise ClientError(str(failure)) from None


def dump_json(value: Any, step: str = "") -> str:
    """JSON in Go's spelling; step is what each level is indented by ("    " for inspect)."""
    return plain(value, "", step)
