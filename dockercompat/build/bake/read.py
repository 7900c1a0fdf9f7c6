"""Bake files to targets: which files, what they define, what the command line lays over them."""

from __future__ import annotations

import fnmatch

from dockercompat.build.bake.definition import Definition
from dockercompat.build.bake.overrides import lay_overrides, overrides_of
from dockercompat.build.bake.source import Body
from dockercompat.build.bake.target import Group, Target
from dockercompat.errors import BakeFailed, HclError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.build.bake.variables import Shown

DEFAULT_FILES = (
    "compose.yaml",
    "compose.yml",
    "docker-compose.yml",
    "docker-compose.yaml",
    "docker-bake.json",
    "docker-bake.hcl",
    "docker-bake.override.json",
    "docker-bake.override.hcl",
)


class File(Record):
    """A definition file: its name as it was given, its text."""

    name: str
    text: str


class Config:
    """What the files define, before anything is inherited.

    variables  of HCL files, in the order of their names
    """

    def __init__(self, groups: list[Group], targets: list[Target], variables: list[Shown]) -> None:
        self.groups, self.targets, self.variables = groups, targets, variables

    def group(self, name: str) -> Group | None:
        return next((group for group in self.groups if group.name == name), None)

    def target(self, name: str) -> Target | None:
        return next((target for target in self.targets if target.name == name), None)

    def matching(self, pattern: str) -> list[str]:
        """Names of groups and targets. Raises BakeFailed when a pattern matches none."""
        if not any(mark in pattern for mark in "*?[]"):
            return [pattern]
        every = [*(group.name for group in self.groups), *(target.name for target in self.targets)]
        names = [name for name in every if fnmatch.fnmatchcase(name, pattern)]
        if not names:
            raise BakeFailed(f'could not find any target matching "{pattern}"')
        return names

    def expand(self, pattern: str) -> list[str]:
        """Names of targets. Raises BakeFailed when none matches."""
        if self.target(pattern) is not None:
            return [pattern]
        names = [target.name for target in self.targets if fnmatch.fnmatchcase(target.name, pattern)]
        if not names:
            raise BakeFailed(f"could not find any target matching '{pattern}'")
        return names

    def members(self, name: str) -> tuple[list[str], list[str]]:
        """The targets that a name stands for, and the groups on the way to them."""
        targets, groups = self._members(name, {})
        return list(dict.fromkeys(targets)), list(dict.fromkeys(groups))

    def _members(self, name: str, seen: dict[str, tuple[list[str], list[str]]]) -> tuple[list[str], list[str]]:
        if name in seen:
            return seen[name]
        group = self.group(name)
        if group is None:
            return [name], []
        seen[name] = [], []
        targets: list[str] = []
        groups = [name]
        for each in group.targets:
            inner, inner_groups = self._members(each, seen)
            targets += inner or [each]
            groups += inner_groups
        seen[name] = targets, groups
        return targets, groups

    def resolve(self, name: str, overrides: dict[str, dict[str, Any]]) -> Target:
        """A target with all that it inherits and all that is laid over it. Raises BakeFailed."""
        made = self._inherited(name, {}, overrides)
        assert made is not None
        made.fields.pop("inherits", None)
        if made.get("context") is None:
            made.fields["context"] = "."
        if not made.get("dockerfile"):
            made.fields["dockerfile"] = "Dockerfile"
        return made

    def _inherited(self, name: str, seen: dict[str, Target | None], overrides: dict[str, dict[str, Any]]) -> Target | None:
        if name in seen:
            return seen[name]
        seen[name] = None
        own = self.target(name)
        if own is None:
            raise BakeFailed(f"failed to find target {name}")
        made = Target(name)
        for parent in own.get("inherits") or ():
            inherited = self._inherited(parent, seen, overrides)
            if inherited is not None:
                made.lay(inherited)
        made.lay(own)
        lay_overrides(made, overrides.get(name, {}))
        made.normalize()
        seen[name] = made
        return made


def parse_files(files: list[File], builtins: dict[str, str], environ: Mapping[str, str], directory: str) -> Config:
    """What files define together. Raises BakeFailed.

    builtins   the variables that buildx has itself
    directory  where relative names start, for the .env of compose files
    """
    lookup = _lookup(environ)
    composed: list[File] = []
    bodies: list[Body] = []
    for file in files:
        compose_fault = _compose_fault(file, environ, directory)
        if compose_fault:
            bodies.append(_parse_hcl(file, compose_fault))
        else:
            composed.append(file)
    groups: list[Group] = []
    targets: list[Target] = []
    if composed:
        from dockercompat.build.bake.compose import read_compose

        try:
            groups, targets = read_compose(composed, environ, directory)
        except HclError as error:
            raise BakeFailed(f"failed to parse compose file: {error}") from None
    shown: list[Shown] = []
    if bodies:
        definition = Definition(bodies, builtins, lookup)
        more_groups, more_targets, renamed = definition.evaluate()
        shown = definition.variables.shown()
        for group in more_groups:
            groups = (
                [group if each.name == group.name else each for each in groups]
                if any(each.name == group.name for each in groups)
                else [*groups, group]
            )
        for target in more_targets:
            before = next((each for each in targets if each.name == target.name), None)
            if before is None:
                targets.append(target)
            else:
                before.lay(target)
        for label, names in renamed.items():
            groups.append(Group(label, list(dict.fromkeys(names))))
    for group in groups:
        group.targets = list(dict.fromkeys(group.targets))
    return Config(groups, targets, shown)


def _lookup(environ: Mapping[str, str]) -> Any:
    return environ.get


def _compose_fault(file: File, environ: Mapping[str, str], directory: str) -> str:
    """ "" when a file is one of compose, else why it is not. Raises HclError for a compose file that is no good."""
    name = file.name.lower()
    if name.endswith((".json", ".hcl")):
        return "by its name"
    from dockercompat.build.bake.compose import validate

    try:
        validate(file, environ, directory)
    except HclError as error:
        if name.endswith((".yml", ".yaml")):
            raise BakeFailed(str(error)) from None
        return str(error)
    return ""


def _parse_hcl(file: File, compose_fault: str) -> Body:
    from dockercompat.build.bake import json_source, syntax

    name = file.name.lower()
    if name.endswith(".json"):
        return json_source.parse(file.text, file.name)
    if name.endswith(".hcl"):
        return syntax.parse(file.text, file.name)
    try:
        return syntax.parse(file.text, f"{file.name}.hcl")
    except BakeFailed as error:
        try:
            return json_source.parse(file.text, f"{file.name}.json")
        except BakeFailed:
            raise BakeFailed(f"failed to parse {file.name}: parsing yaml: {compose_fault}, parsing hcl: {error}") from None


def read_targets(
    config: Config, names: list[str], settings: list[str], environ: Mapping[str, str]
) -> tuple[dict[str, Target], dict[str, Group]]:
    """The targets to build and the groups that `--print` shows. Raises BakeFailed.

    names     as given: targets, groups, patterns
    settings  `PATTERN.KEY[+]=VALUE`, as --set has them
    """
    wanted = list(dict.fromkeys(name for given in names for name in config.matching(given.replace(".", "_"))))
    overrides = overrides_of(config, settings, environ)
    targets: dict[str, Target] = {}
    groups: dict[str, Group] = {}
    for name in wanted:
        inner, on_the_way = config.members(name)
        for each in inner:
            targets[each] = config.resolve(each, overrides)
        for each in on_the_way:
            group = config.group(each)
            assert group is not None
            groups[each] = group
    for name in wanted:
        if name == "default" and "default" in groups:
            continue
        default = groups.setdefault("default", Group("default", []))
        default.targets = [*default.targets, name]
    if "default" in groups:
        groups["default"].targets = sorted(dict.fromkeys(groups["default"].targets))
    for name in list(targets):
        _link(config, name, targets[name], targets, overrides, ())
    return targets, groups


def _link(
    config: Config, name: str, target: Target, targets: dict[str, Target], overrides: dict[str, dict[str, Any]], seen: tuple[str, ...]
) -> None:
    """Add the targets that contexts of this one are made from."""
    seen = (*seen, name)
    for value in (target.get("contexts") or {}).values():
        if not value.startswith("target:"):
            continue
        other = value.removeprefix("target:")
        if other == name:
            raise BakeFailed(f"target {other} cannot link to itself")
        if other in seen:
            raise BakeFailed(f"infinite loop from {name} to {other}")
        if other not in targets:
            made = config.resolve(other, overrides)
            made.fields["output"] = [{"type": "cacheonly"}]
            made.linked = True
            targets[other] = made
        linked = targets[other]
        _link(config, other, linked, targets, overrides, seen)
        if linked.get("entitlements"):
            target.fields["entitlements"] = list(dict.fromkeys([*(target.get("entitlements") or []), *linked.get("entitlements")]))
        mine, theirs = target.get("platforms") or [], linked.get("platforms") or []
        if len(mine) > 1 and len(theirs) > 1 and not set(mine) <= set(theirs):
            raise BakeFailed(
                f"target {other} can't be used by {name} because its platforms [{' '.join(mine)}] are not a subset of [{' '.join(theirs)}]"
            )
