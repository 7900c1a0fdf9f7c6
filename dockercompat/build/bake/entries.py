"""Entries of targets that have fields: caches, outputs, attestations, secrets, SSH keys; from `type=x,key=value` or from an object.

Each is a dict of text by field, as `bake --print` shows it.
"""

from __future__ import annotations

from dockercompat.build.bake import types, values
from dockercompat.build.bake.types import Type
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_SECRET = Type("object", (types.STRING,) * 3, ("id", "src", "env"), ("id", "src", "env"))
_SSH = Type("object", (types.STRING, types.STRINGS), ("id", "paths"), ("id", "paths"))

Entry = dict[str, "Any"]


class Ordered(dict):  # type: ignore[type-arg]
    """An entry that is shown in the order of its fields."""


def fields_of(text: str) -> list[str]:
    """The fields of a line of CSV. Raises HclError."""
    import csv

    try:
        return next(iter(csv.reader([text], strict=True)), [])
    except csv.Error as error:
        raise HclError(f"parse error on line 1, column 1: {error}") from None


def _pairs(text: str) -> list[tuple[str, str]]:
    found = []
    for field in fields_of(text):
        key, equals, value = field.partition("=")
        if not equals:
            raise HclError(f"invalid value {field}")
        found.append((key, value))
    return found


def parse_bool(text: str) -> bool:
    """What Go's strconv.ParseBool takes. Raises HclError."""
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if text in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise HclError(f'strconv.ParseBool: parsing "{text}": invalid syntax')


def caches(text: str) -> list[Entry]:
    """`REF,REF` or `type=registry,ref=REF`."""
    if not text:
        return []
    if "=" not in text:
        return [{"type": "registry", "ref": field} for field in fields_of(text)]
    made: Entry = {}
    for key, value in _pairs(text):
        made[key.lower()] = value
    if not made.get("type"):
        raise HclError(f'type required form> "{text}"')
    return [made]


def output(text: str) -> list[Entry]:
    """`DIR`, `-`, `type=local,dest=DIR`."""
    if not text:
        return []
    fields = fields_of(text)
    if len(fields) == 1 and fields[0] == text and not text.startswith("type="):
        return [{"type": "tar" if text == "-" else "local", "dest": text}]
    made: Entry = {key.lower().strip(): value for key, value in _pairs(text)}
    return [_output_checked(made)]


def _output_checked(made: Entry) -> Entry:
    if not made.get("type"):
        raise HclError("type is required for output")
    if not made.get("dest"):
        made.pop("dest", None)
    return made


def attestation(text: str) -> list[Entry]:
    """`type=provenance,mode=max`, `type=sbom,disabled=true`."""
    if not text:
        return []
    made: Entry = {}
    for key, value in _pairs(text):
        word = key.lower().strip()
        if word == "disabled":
            try:
                made["disabled"] = parse_bool(value)
            except HclError as error:
                raise HclError(f"invalid value {key}={value}: {error}") from None
        else:
            made[word if word == "type" else key] = value
    if not made.get("type"):
        raise HclError("attestation type not specified")
    return [_attest_plain(made)]


def _attest_plain(made: Entry) -> Entry:
    if made.get("disabled") is False:
        del made["disabled"]
    return made


def secret(text: str) -> list[Entry]:
    """`id=ID[,src=FILE|,env=NAME]`."""
    if not text:
        return []
    made = {"id": "", "src": "", "env": ""}
    kind = ""
    for field in fields_of(text):
        key, equals, value = field.partition("=")
        key = key.lower()
        if not equals:
            raise HclError(f"invalid field '{field}' must be a key=value pair")
        if key == "type":
            if value not in ("file", "env"):
                raise HclError(f'unsupported secret type "{value}"')
            kind = value
        elif key in ("source", "src"):
            made["src"] = value
        elif key in ("id", "env"):
            made[key] = value
        else:
            raise HclError(f"unexpected key '{key}' in '{field}'")
    if kind == "env" and not made["env"]:
        made["env"], made["src"] = made["src"], ""
    return [Ordered((key, value) for key, value in made.items() if value)]


def ssh(text: str) -> list[Entry]:
    """`ID[=PATH,PATH]`."""
    if not text:
        return []
    name, equals, paths = text.partition("=")
    made: Entry = Ordered(id=name) if name else Ordered()
    if equals:
        made["paths"] = paths.split(",")
    return [made]


def _cache_object(value: Any) -> Entry:
    made = _text_map(value)
    if not made.get("type"):
        raise HclError(f"type required form> {values.quote(values.encode(value))}")
    return made


def _text_map(value: Any) -> Entry:
    made = types.convert(value, types.STRING_MAP)
    if any(item is None for item in made.values()):
        raise HclError("string required")
    return dict(made)


def _attest_object(value: Any) -> Entry:
    made = _text_map(value)
    if "disabled" in made:
        made["disabled"] = parse_bool(made["disabled"])
    return _attest_plain(made)


def _secret_object(value: Any) -> Entry:
    return Ordered((key, item) for key, item in types.convert(value, _SECRET).items() if item)


def _ssh_object(value: Any) -> Entry:
    return Ordered((key, item) for key, item in types.convert(value, _SSH).items() if item)


PARSERS: dict[str, tuple[Callable[[str], list[Entry]], Callable[[Any], Entry]]] = {
    "cache": (caches, _cache_object),
    "output": (output, lambda value: _output_checked(_text_map(value))),
    "attest": (attestation, _attest_object),
    "secret": (secret, _secret_object),
    "ssh": (ssh, _ssh_object),
}


def from_value(kind: str, value: Any) -> list[Entry]:
    """The entries in a list of HCL. Raises HclError."""
    wanted = {"secret": "list of object", "ssh": "list of object"}.get(kind, "list of map of string")
    if not isinstance(value, list):
        raise HclError(f"{wanted} required")
    from_text, from_object = PARSERS[kind]
    found: list[Entry] = []
    for item in value:
        if isinstance(item, str):
            found += from_text(item)
        else:
            found.append(from_object(item))
    return found


def without_repeats(kind: str, entries: list[Entry]) -> list[Entry]:
    """Each entry once, in the order that buildx leaves them in; of attestations the last one of a type counts."""
    if kind == "attest":
        by_type: dict[str, Entry] = {}
        for entry in entries:
            by_type[entry["type"]] = entry
        return list(by_type.values())
    kept = list(entries)
    for first in range(len(kept) - 2, -1, -1):
        for other in range(first + 1, len(kept)):
            if kept[first] == kept[other]:
                kept[other] = kept[-1]
                kept.pop()
                break
    return kept
