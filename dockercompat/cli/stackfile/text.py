"""YAML as Go's yaml.v3 reads and writes it: what is a number or a truth, where quotes stand, the order of names."""

from __future__ import annotations

import re
import sys

from dockercompat.cli.stackfile.shape import FILE, Named, Rows, Struct
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TRUTHS = {**dict.fromkeys(("true", "True", "TRUE"), True), **dict.fromkeys(("false", "False", "FALSE"), False)}
_OLD_TRUTHS = frozenset(word for old in ("y", "yes", "on", "n", "no", "off") for word in (old, old.capitalize(), old.upper()))
_NULLS = ("", "~", "null", "Null", "NULL")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?")


def scalar(text: str) -> Any:
    """The value of a plain scalar."""
    if text in _NULLS:
        return None
    if text in _TRUTHS:
        return _TRUTHS[text]
    if text[:1] in "0123456789+-.":
        plain = text.replace("_", "")
        try:
            octal = re.fullmatch(r"([-+]?)0([0-7]+)", plain)
            return int(f"{octal[1]}0o{octal[2]}", 0) if octal else int(plain, 0)
        except ValueError:
            pass
        if _FLOAT.fullmatch(plain):
            return float(plain)
        if _SPECIAL.fullmatch(text):
            return float(text.replace(".", "", 1))
    return text


def parse(content: bytes) -> dict[str, Any]:
    """The mapping a file holds. Raises ClientError in Go's words."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers: dict[str, Any] = {
            None: [("tag:yaml.org,2002:plain", re.compile(".*|", re.S))],  # type: ignore[dict-item]
            "<": [("tag:yaml.org,2002:merge", re.compile("^<<$"))],
        }

    Loader.add_constructor("tag:yaml.org,2002:plain", lambda loader, node: scalar(node.value))
    try:
        document = yaml.load(content, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f"line {mark.line + (0 if 'mapping values' not in str(error.problem) else 1)}: " if mark and mark.line else ""
        raise ClientError(f"yaml: {line}{str(error.problem).replace('allowed here', 'allowed in this context')}") from None
    except yaml.YAMLError as error:
        raise ClientError(f"yaml: {error}") from None
    if not isinstance(document, dict) or not all(isinstance(name, str) for name in document):
        raise ClientError("top-level object must be a mapping")
    return document


def shown(value: Any) -> str:
    """A value as Go prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
        return repr(value)
    return "<nil>" if value is None else str(value)


def warn(text: str) -> None:
    """A warning as docker's client logs it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\x1b[33mWARN\x1b[0m[0000] {text}\n")
        return
    import time

    now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    now = f"{now[:-2]}:{now[-2:]}" if not now.endswith("+0000") else f"{now[:-5]}Z"
    sys.stderr.write(f'time="{now}" level=warning msg="{text}"\n')


def write(loaded: dict[str, Any]) -> str:
    """The loaded file as YAML: fields in docker's order, names sorted, empty fields left out."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
        style = None
        if "\n" in value:
            style = "|"
        elif scalar(value) is not value or _SEXAGESIMAL.fullmatch(value) or value in _OLD_TRUTHS or value == "<<":
            style = '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    Dumper.yaml_implicit_resolvers = {}
    for kind in (str, int, float, bool, type(None)):
        _plain(Dumper, kind)
    Dumper.add_representer(str, text)
    document = _file(loaded)
    out: str = yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1 << 30)
    return out


def _plain(dumper: Any, kind: type) -> None:
    """Numbers and truths are written bare: everything is a string to the emitter, whose plain style needs no tag."""
    words = {"True": "true", "False": "false", "None": "null"}
    tag = "tag:yaml.org,2002:str"
    dumper.add_representer(
        kind, lambda d, value: d.represent_scalar(tag, words.get(str(value), shown(value) if value is not None else "null"))
    )


def _file(loaded: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"version": loaded["version"], "services": _written(FILE.fields["services"], loaded["services"])}
    for name in ("networks", "volumes", "secrets", "configs"):
        if loaded[name]:
            found[name] = _written(FILE.fields[name], loaded[name])
    return {**found, **_sorted({name: value for name, value in loaded.items() if name.startswith("x-")})}


def _written(kind: Any, value: Any) -> Any:
    if isinstance(kind, Struct) and isinstance(value, dict):
        found = {}
        for name, field in kind.fields.items():
            if name in value:
                item = _written(field, value[name])
                always = (isinstance(field, Struct) and field.pointer) or (isinstance(field, str) and field.endswith("?"))
                if item or (always and item is not None):
                    found[name] = item
        return {**found, **_sorted({name: item for name, item in value.items() if name.startswith("x-")})}
    if kind == "unread":
        return None
    if isinstance(kind, Rows):
        return [_written(kind.item, item) for item in value]
    if isinstance(kind, Named):
        return {name: _written(kind.item, value[name]) for name in sorted(value, key=_natural)}
    if kind == "ulimit" and isinstance(value, dict):
        return {"soft": value["soft"], "hard": value["hard"]} if value["soft"] or value["hard"] else {}
    return _sorted(value)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value, key=_natural)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Numbers in a name by their size, signs before digits before letters."""
    parts = re.findall(r"[0-9]+|.", name, re.S)
    return [(1, int(part), "") if part.isdigit() else (2 if part.isalpha() else 0, 0, part) for part in parts]
