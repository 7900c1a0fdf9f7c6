"""Flags of instructions, `--name=value`, and how many words an instruction needs."""

from __future__ import annotations

from dockercompat.build.nearest import suggestion
from dockercompat.errors import DockerfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.build.dockerfile.parser import Node


class Flags:
    """`--name=value` words of one instruction against what it allows: a type a name."""

    def __init__(self, node: Node, allowed: dict[str, str]) -> None:
        self.values: dict[str, list[str]] = {}
        for flag in node.flags:
            name, equals, value = flag[2:].partition("=")
            kind = allowed.get(name)
            if kind is None:
                raise DockerfileError(f"unknown flag: --{name}{suggestion(name, allowed)}")
            if name in self.values and kind != "list":
                raise DockerfileError(f"duplicate flag specified: --{name}")
            if kind == "bool":
                value = value.lower() if equals else "true"
                if value not in ("true", "false"):
                    raise DockerfileError(f"expecting boolean value for flag --{name}, not: {value}")
            elif not equals:
                raise DockerfileError(f"missing a value on flag: --{name}")
            self.values.setdefault(name, []).append(value)

    def text(self, name: str) -> str:
        return self.values.get(name, [""])[-1]

    def bool(self, name: str) -> bool:
        return self.text(name) == "true"

    def list(self, name: str) -> tuple[str, ...]:
        return tuple(self.values.get(name, ()))


def at_least_one(node: Node) -> None:
    """Raises DockerfileError for an instruction without words."""
    if not node.args:
        raise DockerfileError(f"{node.name.upper()} requires at least one argument")
