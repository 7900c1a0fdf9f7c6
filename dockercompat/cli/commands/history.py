"""Handlers of `docker buildx history`: records of builds."""

from __future__ import annotations

import operator
import re
import sys
import time

from dockercompat.cli.builders import Store, given
from dockercompat.errors import ClientError, InvalidParameter, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.build.history import Summary
    from dockercompat.cli.invocation import Invocation
    from dockercompat.cli.listing.table import Noun

_DESKTOP = "docker-desktop://dashboard/build"
_COMPARISONS = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "=": operator.eq, "!=": operator.ne}


def list(invocation: Invocation) -> None:
    from dockercompat.build import history
    from dockercompat.cli.listing.table import render, table

    options = invocation.options
    builder = _builder(invocation)
    tests = [_filter(text) for text in options.filter]
    if options.local:
        raise ClientError("ERROR: could not get remote URL for local filter: records do not say which repository they are of")
    records = [record for record in history.every(invocation.engine) if all(test(record) for test in tests)]
    if options.format in ("", "table"):
        rows = [(record.ref, record.name, record.status, _ago(record), _duration(record), "") for record in records]
        sys.stdout.write(table(("BUILD ID", "NAME", "STATUS", "CREATED AT", "DURATION", ""), rows))
        return
    if options.format == "json" or options.format.replace(" ", "") == "{{json.}}":
        from dockercompat.cli.listing.json_line import dump

        for record in records:
            sys.stdout.write(dump(_line(record, builder)) + "\n")
        return
    sys.stdout.write(render(_noun(builder), records, options.format))


def _builder(invocation: Invocation) -> str:
    """`BUILDER/NODE`, as references to records begin."""
    builder = Store(invocation.environ).chosen(given(invocation))
    return f"{builder.name}/{builder.nodes[0].name}"


def _ago(record: Summary) -> str:
    from dockercompat.spec import duration

    return f"{duration.human((time.time_ns() - record.began_ns) / 1e9)} ago"


def _duration(record: Summary) -> str:
    seconds = (record.ended_ns - record.began_ns) / 1e9
    return f"{seconds:.1f}s" if seconds < 60 else f"{int(seconds) // 60}m {int(seconds) % 60:2d}s"


def _moment(time_ns: int) -> str:
    from dockercompat.spec import clock

    return clock.format_ns(time_ns)


def _line(record: Summary, builder: str) -> dict[str, Any]:
    return {
        "cached_steps": record.cached,
        "completed_at": _moment(record.ended_ns),
        "completed_steps": record.steps,
        "created_at": _moment(record.began_ns),
        "name": record.name,
        "ref": f"{builder}/{record.ref}",
        "status": record.status,
        "total_steps": record.steps,
    }


def _noun(builder: str) -> Noun:
    from dockercompat.cli.listing.table import Noun

    return Noun(
        go_type="*history.lsContext",
        fields={
            "Ref": lambda record: record.ref,
            "Name": lambda record: record.name,
            "Status": lambda record: record.status,
            "CreatedAt": _ago,
            "Duration": _duration,
            "Link": lambda record: f"{_DESKTOP}/{builder}/{record.ref}",
        },
        titles={
            "Ref": "BUILD ID",
            "Name": "NAME",
            "Status": "STATUS",
            "CreatedAt": "CREATED AT",
            "Duration": "DURATION",
            "Link": "LINK",
        },
    )


def _filter(text: str) -> Any:
    """A test of records: `status=error`, `ref=PART`, `startedAt>MOMENT`, `completedAt`, `duration>1m`. Raises ClientError."""
    match = re.fullmatch(r"(\w+)(<=|>=|!=|=|<|>)(.*)", text, re.S)
    name, sign, value = match.groups() if match is not None else ("", "", "")
    if name == "ref" and sign in ("=", "!="):
        return lambda record: (value in record.ref) == (sign == "=")
    if name == "status" and sign in ("=", "!="):
        return lambda record: (record.status.lower() == value.lower()) == (sign == "=")
    if name == "repository" and sign in ("=", "!="):
        return lambda record: sign == "!="
    compare = _COMPARISONS.get(sign)
    if compare is not None and name in ("startedAt", "completedAt"):
        moment = _given_moment(text, value)
        return lambda record: compare(record.began_ns if name == "startedAt" else record.ended_ns, moment)
    if compare is not None and name == "duration":
        from dockercompat.spec import duration

        try:
            wanted = duration.parse(value)
        except (ValueError, InvalidParameter):
            raise ClientError(f'ERROR: unsupported filter "{text}"') from None
        return lambda record: compare(record.ended_ns - record.began_ns, wanted)
    raise ClientError(f'ERROR: unsupported filter "{text}"')


def _given_moment(text: str, value: str) -> int:
    from dockercompat.spec import clock

    try:
        return clock.timestamp(value, time.time_ns())
    except ValueError:
        raise ClientError(f'ERROR: unsupported filter "{text}"') from None


def _find(invocation: Invocation, word: str) -> Summary:
    from dockercompat.build import history

    try:
        return history.find(invocation.engine, word)
    except NotFound:
        if word:
            raise ClientError(f'ERROR: no record found for ref "{word}"') from None
        raise ClientError("ERROR: no record found") from None


def inspect(invocation: Invocation) -> None:
    from dockercompat.build import history

    word = invocation.args[0] if invocation.args else ""
    if word == "attachment":
        raise ClientError("ERROR: attachments of build records are not kept: a build with --metadata-file writes its provenance")
    builder = _builder(invocation)
    record = _find(invocation, word)
    details = history.details(invocation.engine, record.ref)
    form = invocation.options.format
    if form in ("", "pretty"):
        _pretty(record, details, builder)
        return
    document = _document(record, details)
    if form == "json":
        from dockercompat.cli.template.json_text import escape_html, plain

        print(escape_html(plain(document, step="  ")))
        return
    from dockercompat.cli.template.errors import TemplateError
    from dockercompat.cli.template.evaluate import Template
    from dockercompat.cli.template.gotypes import go_type
    from dockercompat.cli.template.values import Value

    try:
        print(Template(form).execute(Value(go_type("history.inspectOutput"), document)))
    except TemplateError as error:
        raise ClientError(f"ERROR: {error}") from None


def _error(record: Summary) -> str:
    return record.error.removeprefix("failed to solve: ")


def _document(record: Summary, details: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Name": record.name,
        "Ref": record.ref,
        "Context": details.get("context"),
        "Dockerfile": details.get("dockerfile"),
        "Target": details.get("target"),
        "Platform": details.get("platforms"),
        "StartedAt": _moment(record.began_ns),
        "CompletedAt": _moment(record.ended_ns),
        "Duration": record.ended_ns - record.began_ns,
        "Status": record.status.lower(),
        "Error": {"Code": 1 if record.status == "Canceled" else 2, "Message": _error(record)} if record.error else None,
        "NumCompletedSteps": record.steps,
        "NumTotalSteps": record.steps,
        "NumCachedSteps": record.cached,
        "BuildArgs": [{"Name": name, "Value": value} for name, value in sorted((details.get("build_args") or {}).items())],
        "Labels": [{"Name": name, "Value": value} for name, value in sorted((details.get("labels") or {}).items())],
        "Config": {"ImageResolveMode": "local"},
        "Attachments": _attachments(details),
    }
    kept = ("Duration", "NumCompletedSteps", "NumTotalSteps", "NumCachedSteps")
    return {name: value for name, value in found.items() if value or name in kept}


def _attachments(details: Mapping[str, Any]) -> Any:
    if not details.get("image"):
        return []
    return [{"Digest": details["image"], "Type": "application/vnd.docker.container.image.v1+json"}]


def _pretty(record: Summary, details: Mapping[str, Any], builder: str) -> None:
    rows = [("Name:", record.name)] if record.name else [("Ref:", record.ref)]
    for title, key in (("Context:", "context"), ("Dockerfile:", "dockerfile"), ("Target:", "target")):
        if details.get(key):
            rows.append((title, str(details[key])))
    if details.get("platforms"):
        rows.append(("Platforms:", ", ".join(details["platforms"])))
    _tabs(rows)
    print()
    started = _moment(record.began_ns)
    rows = [("Started:", f"{started[:10]} {started[11:19]}"), ("Duration:", _duration(record))]
    if record.error:
        rows.append(("Error:", f"{'Canceled' if record.status == 'Canceled' else 'Unknown'} {_error(record)}"))
    share = f" ({round(100 * record.cached / record.steps)}% cached)" if record.steps else ""
    rows.append(("Build Steps:", f"{record.steps}/{record.steps}{share}"))
    _tabs(rows)
    print()
    _tabs([("Image Resolve Mode:", "local")])
    print()
    for title, key in (("BUILD ARG", "build_args"), ("LABEL", "labels")):
        given_here = details.get(key) or {}
        if given_here:
            _tabs([(title, "VALUE"), *sorted(given_here.items())])
            print()
    if not record.error and details.get("image"):
        print("Attachments:")
        kind = "application/vnd.docker.container.image.v1+json"
        _tabs([("DIGEST", "PLATFORM", "TYPE"), (str(details["image"]), "", kind)])
        print()
    lines = details.get("lines") or (0, 0)
    if record.error and lines[0] and details.get("source"):
        from dockercompat.cli.build_progress import excerpt

        print(excerpt(str(details.get("source_name")), tuple(details["source"]), (lines[0], lines[1])))
    if record.error:
        print("Enable --debug to see stack traces for error")
    print(f"Print build logs: docker buildx history logs {record.ref}")
    print(f"View build in Docker Desktop: {_DESKTOP}/{builder}/{record.ref}")


def _tabs(rows: Any) -> None:
    """Columns as Go's tabwriter sets them with tabs of eight."""
    widths = [(max(len(row[column]) for row in rows) + 8) // 8 * 8 for column in range(len(rows[0]) - 1)]
    for row in rows:
        print("".join(cell + "\t" * -(-(width - len(cell)) // 8) for cell, width in zip(row, widths)) + row[-1])


def logs(invocation: Invocation) -> None:
    """The plain output of a build, on standard error as buildx writes it."""
    from dockercompat.build import history

    progress = invocation.options.progress
    if progress not in ("plain", "tty", "rawjson", "auto"):
        raise ClientError(f"ERROR: invalid progress mode {progress}")
    _builder(invocation)
    record = _find(invocation, invocation.args[0] if invocation.args else "")
    text = history.log_of(invocation.engine, record.ref)
    if progress != "rawjson":
        sys.stderr.write(text)
        return
    import base64

    from dockercompat import json

    for line in text.splitlines(keepends=True):
        data = base64.b64encode(line.encode()).decode()
        sys.stderr.write(
            json.dumps({"logs": [{"stream": 2, "data": data, "timestamp": _moment(record.ended_ns)}]}, separators=(",", ":")) + "\n"
        )


def remove(invocation: Invocation) -> None:
    from dockercompat.build import history

    if not invocation.args and not invocation.options.all:
        raise ClientError("ERROR: rm requires at least one argument")
    if invocation.args and invocation.options.all:
        raise ClientError("ERROR: rm requires either --all or at least one argument")
    _builder(invocation)
    refs = [record.ref for record in history.every(invocation.engine)] if invocation.options.all else []
    for word in invocation.args:
        try:
            refs.append(history.find(invocation.engine, word).ref)
        except NotFound:
            continue
    history.remove(invocation.engine, refs)
