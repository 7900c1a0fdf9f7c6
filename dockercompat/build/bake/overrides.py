"""`--set PATTERN.KEY=VALUE` and the flags that are short for it."""

from __future__ import annotations

from dockercompat.build.bake import entries
from dockercompat.errors import BakeFailed, HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.build.bake.read import Config
    from dockercompat.build.bake.target import Target

_LISTS = ("output", "cache-to", "cache-from", "tags", "platform", "secrets", "ssh", "attest", "entitlements", "network", "annotations")
_ENTRIES = {"cache-from": "cache", "cache-to": "cache", "secrets": "secret", "ssh": "ssh", "output": "output", "attest": "attest"}
_TEXTS = ("context", "dockerfile", "target", "call", "shm-size", "network")


class Override:
    """value: of a key that has one; values: of a key that has a list; appends: `+=` was said."""

    def __init__(self) -> None:
        self.value = ""
        self.values: list[str] = []
        self.appends = False


def overrides_of(config: Config, settings: list[str], environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Overrides by target and key. Raises BakeFailed."""
    found: dict[str, dict[str, Any]] = {}
    for text in settings:
        left, equals, value = text.partition("=")
        key = left.removesuffix("+")
        keys = key.split(".", 2)
        if len(keys) < 2:
            raise BakeFailed(f"invalid override key {key}, expected target.name")
        if not equals and keys[1] != "args":
            raise BakeFailed(f"invalid override {text}, expected target.name=value")
        for name in config.expand(keys[0]):
            of_target = found.setdefault(name, {})
            word = ".".join(keys[1:])
            override = of_target.get(word) or Override()
            if keys[1] in _LISTS:
                override.appends = left.endswith("+")
                override.values.append(value)
            else:
                if keys[1] in ("args", "contexts") and len(keys) != 3:
                    raise BakeFailed(f"invalid key {left}, {keys[1]} requires name")
                if not equals:
                    if keys[2] not in environ:
                        continue
                    value = environ[keys[2]]
                override.value = value
            of_target[word] = override
    return found


def lay_overrides(target: Target, overrides: dict[str, Any]) -> None:
    """Change a target as the command line says. Raises BakeFailed."""
    for key, override in overrides.items():
        word, _, rest = key.partition(".")
        if word in _TEXTS:
            target.fields[word] = override.value
        elif word in ("args", "contexts", "labels", "extra-hosts"):
            if not rest:
                example = "<hostname>=<ip>" if word == "extra-hosts" else "<name>=<value>"
                raise BakeFailed(f"invalid format for {word}, expecting {word}.{example}")
            target.fields[word] = {**(target.get(word) or {}), rest: override.value}
        elif word in _ENTRIES:
            _lay_entries(target, word, override)
        elif word in ("tags", "platform", "no-cache-filter", "ulimits"):
            name = "platforms" if word == "platform" else word
            target.fields[name] = [*(target.get(name) or []), *override.values] if override.appends else list(override.values)
        elif word in ("entitlements", "annotations"):
            target.fields[word] = [*(target.get(word) or []), *override.values]
        elif word in ("no-cache", "pull", "push", "load"):
            try:
                value = entries.parse_bool(override.value)
            except HclError:
                raise BakeFailed(f"invalid value {override.value} for boolean key {word}") from None
            if word in ("no-cache", "pull"):
                target.fields[word] = value
            elif word == "push":
                target.fields["output"] = _pushed(target.get("output") or [], push=value)
            elif value:
                target.fields["output"] = _loaded(target.get("output") or [])
        else:
            raise BakeFailed(f"unknown key: {word}")


def _lay_entries(target: Target, word: str, override: Override) -> None:
    kind = _ENTRIES[word]
    name = "secret" if word == "secrets" else word
    try:
        made = [entry for text in override.values for entry in entries.PARSERS[kind][0](text)]
    except HclError as error:
        prefix = "" if kind == "cache" else "invalid value for attest: " if kind == "attest" else "invalid value for outputs: "
        raise BakeFailed(f"{prefix}{error}") from None
    if override.appends or kind == "attest":
        made = entries.without_repeats(kind, [*(target.get(name) or []), *made])
    target.fields[name] = made


def _pushed(outputs: list[dict[str, Any]], *, push: bool) -> list[dict[str, Any]]:
    if not push:
        kept = [dict(output) for output in outputs]
        at = 0
        while at < len(kept):
            if kept[at]["type"] == "registry":  # the last one takes its place, as in buildx
                kept[at] = kept[-1]
                kept.pop()
                continue
            if kept[at]["type"] == "image":
                kept[at]["push"] = "false"
            at += 1
        return kept
    made = [{**output, "push": "true"} if output["type"] == "image" else output for output in outputs]
    if all(output["type"] == "docker" for output in outputs):
        made.append({"type": "image", "push": "true"})
    return made


def _loaded(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for output in outputs:
        if output["type"] == "docker":
            if not output.get("dest"):
                return outputs
        elif output["type"] not in ("image", "registry", "oci"):
            return outputs
    return [*outputs, {"type": "docker"}]
