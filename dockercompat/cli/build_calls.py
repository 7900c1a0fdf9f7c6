"""`docker build --call`: the checks of a Dockerfile, the outline of a target, the list of targets; as text or as JSON."""

from __future__ import annotations

import base64

from dockercompat import json
from dockercompat.build import build
from dockercompat.build.planning.outline import location
from dockercompat.cli.build_progress import excerpt
from dockercompat.errors import BuildFailed, ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dockercompat.build.dockerfile.lint import Finding
    from dockercompat.build.request import Request
    from dockercompat.cli.build_progress import Display
    from dockercompat.engine.engine import Engine


def call(engine: Engine, request: Request, display: Display, name: str, form: str) -> int:
    """Print what is asked for; the exit status, 1 when checks found something. Raises BuildFailed."""
    if name == "check":
        return _check(engine, request, display, form)
    if name == "outline":
        outline = build.outline(engine, request, display)
        display.finish()
        fields = outline.to_json()
        print(
            _json({**fields, "sources": _sources(display)}) if form == "json" else _outline(fields),
            end="\n" if form == "json" else "",
            flush=True,
        )
        display.stream.write(display.warnings(outline.findings))
        return 0
    targets = build.targets(engine, request, display)
    display.finish()
    if form == "json":
        print(_json({"targets": targets, "sources": _sources(display)}))
        return 0
    rows = [("TARGET", "DESCRIPTION")]
    for each in targets:
        label = " ".join(part for part in (each.get("name", ""), "(default)" if each.get("default") else "") if part)
        rows.append((label, each.get("description", "")))
    print(_columns(rows, padding=1), end="")
    return 0


def _check(engine: Engine, request: Request, display: Display, form: str) -> int:
    mistake: BuildFailed | None = None
    try:
        findings = build.check(engine, request, display)
    except BuildFailed as error:
        if display.source is None:
            raise
        findings, mistake = error.findings, error
    display.finish()
    _show_findings(findings, mistake, display, form)
    if mistake is not None and form != "json":
        print(flush=True)
        display.stream.write(display.error_summary())
        raise ClientError(f"ERROR: {_reason(mistake)}\n{display.error_excerpt(mistake.lines)}")
    return 1 if findings or mistake else 0


def _reason(mistake: BuildFailed) -> str:
    return str(mistake).removeprefix("failed to solve: ")


def _show_findings(findings: Sequence[Finding], mistake: BuildFailed | None, display: Display, form: str) -> None:
    source = display.source
    if form == "json":
        warnings = [
            {
                "ruleName": each.rule,
                "description": each.description,
                "url": each.url,
                "detail": each.message,
                "location": location(each.lines),
            }
            for each in findings
        ]
        shown = {"filename": source.name, "data": _sources(display)[0], "language": "Dockerfile"} if source is not None else {}
        error = {"buildError": {"message": _reason(mistake), "location": location(mistake.lines)}} if mistake is not None else {}
        print(_json({"warnings": warnings or None, "sources": [shown], **error}))
        return
    if not findings:
        print("Check complete, no warnings found.")
        return
    count = len(findings)
    print(f"Check complete, {count} warning{'s have' if count > 1 else ' has'} been found!")
    for each in findings:
        lines = excerpt(source.name, source.lines, each.lines) if source is not None else ""
        print(f"\nWARNING: {each.rule} - {each.url}\n{each.message}\n{lines}", end="")


def _outline(fields: dict[str, Any]) -> str:
    parts = []
    if fields.get("name") or fields.get("description"):
        head = f"TARGET: {fields.get('name', '')}\n" if fields.get("name") else ""
        parts.append(head + (f"DESCRIPTION: {fields['description']}\n" if fields.get("description") else ""))
    if fields.get("args"):
        rows = [(each["name"], each.get("value", ""), each.get("description", "")) for each in fields["args"]]
        parts.append(_columns([("BUILD ARG", "VALUE", "DESCRIPTION"), *rows]))
    for key, title in (("secrets", "SECRET"), ("ssh", "SSH")):
        if fields.get(key):
            rows_of = [(each["name"], "true" if each.get("required") else "") for each in fields[key]]
            parts.append(_columns([(title, "REQUIRED"), *rows_of]))
    return "".join(part + "\n" for part in parts)


def _columns(rows: Sequence[tuple[str, ...]], padding: int = 3) -> str:
    widths = [max(len(row[column]) for row in rows) + padding for column in range(len(rows[0]) - 1)]
    return "".join("".join(f"{cell:<{width}}" for cell, width in zip(row, widths)) + row[-1] + "\n" for row in rows)


def _sources(display: Display) -> list[str]:
    """The Dockerfile, base64."""
    if display.source is None:
        return []
    return [base64.b64encode("\n".join(display.source.lines).encode()).decode()]


def _json(value: Any) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
