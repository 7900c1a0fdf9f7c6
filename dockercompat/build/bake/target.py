"""A target and a group: their fields, how a later definition is laid over an earlier one, and what `--print` shows."""

from __future__ import annotations

from dockercompat.build.bake import entries, types
from dockercompat.errors import HclError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Field(Record):
    """kind: text, bool, list, texts (by name), names (by name, without null), or an entry of entries.PARSERS.

    merge  what a later definition does: "replace", "append" (lists), "update" (by name)
    """

    name: str
    kind: str
    merge: str = "replace"


FIELDS = (
    Field("description", "text"),
    Field("inherits", "list", "append"),
    Field("annotations", "list", "append"),
    Field("attest", "attest", "append"),
    Field("context", "text"),
    Field("contexts", "names", "update"),
    Field("dockerfile", "text"),
    Field("dockerfile-inline", "text"),
    Field("args", "texts", "update"),
    Field("labels", "texts", "update"),
    Field("tags", "list"),
    Field("cache-from", "cache", "append"),
    Field("cache-to", "cache"),
    Field("target", "text"),
    Field("secret", "secret", "append"),
    Field("ssh", "ssh", "append"),
    Field("platforms", "list"),
    Field("output", "output"),
    Field("pull", "bool"),
    Field("no-cache", "bool"),
    Field("network", "text"),
    Field("no-cache-filter", "list", "append"),
    Field("shm-size", "text"),
    Field("ulimits", "list", "append"),
    Field("call", "text"),
    Field("entitlements", "list", "append"),
    Field("extra-hosts", "texts", "update"),
)
BY_NAME = {field.name: field for field in FIELDS}
_UNIQUE = ("annotations", "tags", "platforms", "no-cache-filter", "ulimits", "entitlements")
_ESCAPED = ("dockerfile-inline", "annotations", "args", "labels", "extra-hosts")


class Group:
    """told: its targets were told, be they none."""

    def __init__(self, name: str, targets: list[str], description: str = "", *, told: bool = True) -> None:
        self.name, self.targets, self.description, self.told = name, targets, description, told

    def document(self) -> dict[str, Any]:
        made: dict[str, Any] = {"description": self.description} if self.description else {}
        return made | {"targets": self.targets if self.targets or self.told else None}


class Target:
    """fields: what is set, by the name it has in files.

    linked        made because another one's context is it
    subdirectory  of the repository that is its context
    """

    def __init__(self, name: str, fields: dict[str, Any] | None = None) -> None:
        self.name = name
        self.fields: dict[str, Any] = fields or {}
        self.linked = False
        self.subdirectory = ""

    def get(self, name: str) -> Any:
        return self.fields.get(name)

    def lay(self, other: Target) -> None:
        """Lay another definition over this one."""
        for field in FIELDS:
            value = other.fields.get(field.name)
            if value is None:
                continue
            if field.name == "description" and not value:
                continue
            old = self.fields.get(field.name)
            if field.merge == "append":
                made = [*(old or []), *value]
                self.fields[field.name] = entries.without_repeats(field.kind, made) if field.kind in entries.PARSERS else made
            elif field.merge == "update":
                given = value if field.kind == "names" else {key: item for key, item in value.items() if item is not None}
                if old is not None or given:
                    self.fields[field.name] = {**(old or {}), **given}
            else:
                self.fields[field.name] = value

    def normalize(self) -> None:
        """Each thing once, nothing empty, and what the host's network asks for."""
        for name in _UNIQUE:
            if self.fields.get(name) is not None:
                self.fields[name] = [item for item in dict.fromkeys(self.fields[name]) if item]
        for field in FIELDS:
            if field.kind in entries.PARSERS and self.fields.get(field.name) is not None:
                self.fields[field.name] = entries.without_repeats(field.kind, self.fields[field.name])
        if self.get("network") == "host":
            self.fields["entitlements"] = list(dict.fromkeys([*(self.get("entitlements") or []), "network.host"]))
        if self.get("contexts") is not None:
            self.fields["contexts"] = {key: value for key, value in self.fields["contexts"].items() if value}

    def document(self) -> dict[str, Any]:
        """As `--print` shows it: fields in their order, nothing that is empty."""
        made: dict[str, Any] = {}
        for field in FIELDS:
            value = self.fields.get(field.name)
            if value is None or value == [] or value == {} or (field.name == "description" and value == ""):
                continue
            made[field.name] = _escaped(value) if field.name in _ESCAPED else value
        return made

    def value(self) -> dict[str, Any]:
        """As expressions of other blocks see it (`target.NAME`): every field, null where nothing is set."""
        from dockercompat.build.bake.values import Mapped

        made: dict[str, Any] = {"name": self.name}
        for field in FIELDS:
            item = self.fields.get(field.name)
            if field.kind in ("texts", "names") and item is not None:
                item = Mapped(item)
            if field.kind in entries.PARSERS:
                item = item or []
            made[field.name] = "" if item is None and field.name == "description" else item
        return made


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    if isinstance(value, dict):
        return {key: _escaped(item) for key, item in value.items()}
    return value


def decode(field: Field, value: Any) -> Any:
    """The value of an expression as that field has it. Raises HclError."""
    if value is None:
        if field.name == "description":
            return ""
        return None
    if field.kind in entries.PARSERS:
        return entries.from_value(field.kind, value)
    if field.kind == "text":
        return types.convert(value, types.STRING)
    if field.kind == "bool":
        return types.convert(value, types.BOOL)
    if field.kind == "list":
        made = types.convert(value, types.STRINGS)
        if any(item is None for item in made):
            raise HclError("null value is not allowed")
        return made
    found = dict(types.convert(value, types.STRING_MAP))
    if field.kind == "names" and any(item is None for item in found.values()):
        raise HclError("null value is not allowed")
    return found
