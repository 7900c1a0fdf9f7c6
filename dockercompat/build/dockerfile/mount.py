"""The value of `RUN --mount`."""

from __future__ import annotations

from dockercompat.build.dockerfile.instructions import Mount
from dockercompat.build.nearest import suggestion
from dockercompat.errors import DockerfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
_KEYS = ("target", "source", "from", "readonly", "readwrite", "id", "sharing", "mode", "uid", "gid", "size", "required", "env")
_ALIASES = {"dst": "target", "destination": "target", "src": "source", "ro": "readonly", "rw": "readwrite"}


def parse_mount(text: str) -> Mount:
    """The value of `--mount`. Raises DockerfileError without a position for what no step need be reached for."""
    fields = next(_csv([text]), [])
    if not fields:
        raise DockerfileError("failed to parse csv mounts: EOF")
    try:
        mount = _mount(fields)
    except DockerfileError as error:
        return Mount(mistake=str(error))
    if "$" in mount.from_:
        raise DockerfileError("'from' doesn't support variable expansion, define alias stage instead")
    return mount


def _mount(fields: list[str]) -> Mount:
    values: dict[str, str] = {}
    given: list[tuple[str, str, str]] = []
    for field in fields:
        word, equals, value = field.partition("=")
        key = _ALIASES.get(word.lower(), word.lower())
        if key == "type":
            values["type"] = value
            continue
        if not equals and key not in ("readonly", "readwrite", "required"):
            raise DockerfileError(f"invalid field '{field}' must be a key=value pair")
        given.append((key, word, value if equals else "true"))
    kind = values.get("type", "bind")
    if kind not in _TYPES:
        raise DockerfileError(f'unsupported mount type "{kind}"{suggestion(kind, _TYPES)}')
    read_only = kind == "bind"
    for key, word, value in given:
        if key not in _KEYS:
            raise DockerfileError(f"unexpected key '{word}' in '{word}={value}'{suggestion(word, _KEYS)}")
        if key in ("readonly", "readwrite", "required"):
            if value.lower() not in ("true", "false", "1", "0"):
                raise DockerfileError(f"invalid value for {word}: {value}")
            on = value.lower() in ("true", "1")
            if key == "required":
                values["required"] = "true" if on else ""
            else:
                read_only = on if key == "readonly" else not on
        else:
            values[key] = value
    sharing = values.get("sharing", "shared")
    if sharing not in ("shared", "private", "locked"):
        raise DockerfileError(f'unsupported sharing value "{sharing}"{suggestion(sharing, ("shared", "private", "locked"))}')
    if kind not in ("secret", "ssh", "cache"):
        for key in ("mode", "uid", "gid"):
            if key in values:
                raise DockerfileError(f'{key} not allowed for "{kind}" type mounts')
    if "sharing" in values and kind != "cache":
        raise DockerfileError(f"invalid cache sharing set for {kind} mount")
    if kind in ("secret", "ssh") and values.get("from"):
        raise DockerfileError(f"{kind} mount should not have a from")
    if kind == "secret" and values.get("source") and values.get("id"):
        raise DockerfileError("both source and id can't be set")
    return Mount(
        kind,
        values.get("target", ""),
        values.get("source", ""),
        values.get("from", ""),
        read_only,
        values.get("id", ""),
        sharing,
        bool(values.get("required")),
        values.get("size", ""),
        values.get("mode", ""),
        values.get("uid", ""),
        values.get("gid", ""),
        values.get("env", ""),
    )


def _csv(lines: list[str]) -> Iterator[list[str]]:
    import csv

    return csv.reader(lines)
