"""What a Dockerfile offers: its targets, and the arguments, secrets and agents that a target takes (`--call targets` and `outline`).

Spec    BuildKit frontend/subrequests (targets, outline)
"""

from __future__ import annotations

import re

from dockercompat.build.dockerfile import instructions as dockerfile
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dockercompat.build.dockerfile.lint import Finding
    from dockercompat.build.planning.stages import Stage, Stages

    Lines = tuple[int, int]


class Item(Record):
    """An argument (value: "" without one), a secret or an agent (required)."""

    name: str
    lines: Lines
    value: str = ""
    description: str = ""
    required: bool = False

    def to_json(self) -> dict[str, Any]:
        fields: dict[str, Any] = {"name": self.name}
        if self.description:
            fields["description"] = self.description
        if self.value:
            fields["value"] = self.value
        if self.required:
            fields["required"] = True
        return {**fields, "location": location(self.lines)}


class Outline(Record):
    """What a target takes. findings: of the build checks on the way to it."""

    name: str
    description: str
    args: tuple[Item, ...]
    secrets: tuple[Item, ...]
    ssh: tuple[Item, ...]
    findings: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if self.name:
            fields["name"] = self.name
        if self.description:
            fields["description"] = self.description
        for key, items in (("args", self.args), ("secrets", self.secrets), ("ssh", self.ssh)):
            if items:
                fields[key] = [each.to_json() for each in items]
        return fields


def location(lines: Lines) -> dict[str, Any]:
    """A place in the Dockerfile as BuildKit's JSON has it."""
    first, last = lines
    return {"ranges": [{"start": {"line": first}, "end": {"line": last}}]}


def described(comment: Sequence[str], name: str) -> str:
    """What the comment above a definition says of it: `# NAME TEXT`."""
    for line in comment:
        if name and line.startswith(f"{name} "):
            return line.removeprefix(f"{name} ")
    return ""


def outline(stages: Stages, target: Stage, reachable: Sequence[Stage]) -> Outline:
    """Of stages that have been worked through."""
    args: dict[str, Item] = {}
    secrets: dict[str, Item] = {}
    agents: dict[str, Item] = {}
    used = _used(stages, reachable)
    for given in stages.source.global_args:
        for name, _ in given.args:
            if name in used:
                args[name] = Item(name, given.lines, stages.global_args.get(name, ""), described(given.comment, name))
    for stage in sorted(reachable, key=lambda each: each.source.lines):
        if stage.external:
            continue
        values = dict(stage.args)
        for instruction, _ in stage.commands:
            if isinstance(instruction, dockerfile.Arg):
                for name, _ in instruction.args:
                    args.pop(name, None)
                    args[name] = Item(name, instruction.lines, values.get(name) or "", described(instruction.comment, name))
            elif isinstance(instruction, dockerfile.Run):
                for mount in instruction.mounts:
                    if mount.type == "secret":
                        name = mount.id or mount.target.rpartition("/")[2]
                        secrets.setdefault(name, Item(name, instruction.lines, required=mount.required))
                    elif mount.type == "ssh":
                        name = mount.id or "default"
                        agents.setdefault(name, Item(name, instruction.lines, required=mount.required))
    name = stages.source.stages[target.source.index].name
    return Outline(
        name,
        described(target.source.comment, name),
        tuple(args.values()),
        tuple(secrets.values()),
        tuple(agents.values()),
    )


def _used(stages: Stages, reachable: Sequence[Stage]) -> set[str]:
    """Global arguments that the bases of the stages name, and those that they are made of."""
    texts = [text for stage in reachable for text in (stage.source.base, stage.source.platform)]
    used: set[str] = set()
    defaults = {name: default or "" for each in stages.source.global_args for name, default in each.args}
    while texts:
        for name in re.findall(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)", texts.pop()):
            if name not in used:
                used.add(name)
                texts.append(defaults.get(name, ""))
    return used


def targets(source: dockerfile.Dockerfile) -> list[dict[str, Any]]:
    """Every stage as BuildKit's JSON lists targets."""
    found = []
    for stage in source.stages:
        fields: dict[str, Any] = {}
        if stage.name:
            fields["name"] = stage.name
        text = described(stage.comment, stage.name)
        if text:
            fields["description"] = text
        if stage.index == len(source.stages) - 1:
            fields["default"] = True
        fields["base"] = stage.base
        if stage.platform:
            fields["platform"] = stage.platform
        found.append({**fields, "location": location(stage.lines)})
    return found
