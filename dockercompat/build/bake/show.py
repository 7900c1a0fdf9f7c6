"""What bake shows of definitions: the document of `--print`, the tables of `--list`."""

from __future__ import annotations

import os

from dockercompat.build.bake.entries import Ordered
from dockercompat.build.bake.values import quote
from dockercompat.errors import BakeFailed, DockerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.build.bake.read import Config
    from dockercompat.build.bake.target import Group, Target
    from dockercompat.build.bake.variables import Shown


def finish(targets: dict[str, Target], environ: Mapping[str, str], where: str = "") -> None:
    """What buildx adds to all targets before it shows or builds them: the epoch of the environment, the directory's own spelling.

    where  the URL that the definitions came from
    """
    for target in targets.values():
        epoch = environ.get("SOURCE_DATE_EPOCH", "")
        if epoch and "SOURCE_DATE_EPOCH" not in (target.get("args") or {}):
            target.fields["args"] = {**(target.get("args") or {}), "SOURCE_DATE_EPOCH": epoch}
        context = str(target.get("context"))
        if context.startswith("cwd://"):
            target.fields["context"] = clean(context.removeprefix("cwd://"))
        elif not is_remote(context):
            target.fields["context"] = where or clean(context)
            target.subdirectory = clean(context) if where else ""


def check(targets: dict[str, Target], environ: Mapping[str, str]) -> None:
    """What can't be built, before anything is shown. Raises BakeFailed."""
    from dockercompat.spec import platform
    from dockercompat.spec.size import ram_in_bytes

    for name in sorted(targets):
        target = targets[name]
        if target.get("context") == "-":
            raise BakeFailed("context from stdin not allowed in bake")
        if target.get("dockerfile") == "-":
            raise BakeFailed("dockerfile from stdin not allowed in bake")
        if target.get("shm-size") is not None:
            try:
                ram_in_bytes(target.get("shm-size"))
            except DockerError:
                raise BakeFailed(f"invalid value {target.get('shm-size')} for membytes key shm-size") from None
        for text in target.get("platforms") or ():
            for word in text.split(","):
                try:
                    platform.parse(word.strip())
                except DockerError as error:
                    raise BakeFailed(str(error)) from None
        _check_files(target)
        _check_outputs(target)
        _check_agents(target, environ)
        for text in target.get("annotations") or ():
            if "=" not in text:
                raise BakeFailed(f'invalid annotation "{text}", expected key=value')


def _check_files(target: Target) -> None:
    for entry in target.get("secret") or ():
        path = entry.get("src")
        if path and not os.path.exists(path):
            raise BakeFailed(f"failed to stat {path}: stat {path}: no such file or directory")


def _check_outputs(target: Target) -> None:
    """Archives that are told no file go to standard output."""
    outputs = target.get("output") or []
    for entry in outputs:
        if entry["type"] == "local" and not entry.get("dest"):
            raise BakeFailed("dest is required for local exporter")
    if outputs:
        target.fields["output"] = [
            {**entry, "dest": "-"} if entry["type"] in ("tar", "oci") and not entry.get("dest") else entry for entry in outputs
        ]


def _check_agents(target: Target, environ: Mapping[str, str]) -> None:
    for entry in target.get("ssh") or ():
        name, paths = entry.get("id", ""), entry.get("paths") or []
        prefix = f"failed to convert agent config {{{name} [{' '.join(paths)}] false}}: "
        if not paths and not environ.get("SSH_AUTH_SOCK"):
            raise BakeFailed(f"{prefix}invalid empty ssh agent socket: make sure SSH_AUTH_SOCK is set")
        for path in paths or [environ["SSH_AUTH_SOCK"]]:
            if not os.path.exists(path):
                raise BakeFailed(f'{prefix}failed to convert agent config for ID: "{name}": stat {path}: no such file or directory')


def clean(path: str) -> str:
    """As Go's path.Clean."""
    import posixpath

    made = posixpath.normpath(path) if path else "."
    return made[1:] if made.startswith("//") else made


def is_remote(text: str) -> bool:
    """Whether a context is fetched from elsewhere."""
    return text.startswith(("http://", "https://", "git://", "ssh://", "git@", "github.com/"))


def document(targets: dict[str, Target], groups: dict[str, Group]) -> str:
    """The JSON of `--print`, without the newline at its end."""
    made: dict[str, Any] = {}
    if groups:
        made["group"] = {name: groups[name].document() for name in sorted(groups)}
    made["target"] = {name: targets[name].document() for name in sorted(targets)}
    return json_text(made, "", sorted_below=3)


def json_text(value: Any, indent: str, sorted_below: int = 0) -> str:
    """JSON with two spaces to a level, as Go's MarshalIndent writes it; objects below a level have their keys sorted."""
    if isinstance(value, dict):
        if not value:
            return "{}"
        keys = sorted(value) if sorted_below <= 0 and not isinstance(value, Ordered) else list(value)
        rows = [f"{indent}  {quote(key)}: {json_text(value[key], indent + '  ', sorted_below - 1)}" for key in keys]
        return "{\n" + ",\n".join(rows) + f"\n{indent}}}"
    if isinstance(value, list):
        if not value:
            return "[]"
        rows = [f"{indent}  {json_text(item, indent + '  ', sorted_below - 1)}" for item in value]
        return "[\n" + ",\n".join(rows) + f"\n{indent}]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quote(str(value))


def target_rows(config: Config) -> list[dict[str, Any]]:
    """Targets and groups of `--list=targets`; a name that begins with _ is private."""
    rows: list[dict[str, Any]] = []
    every: list[Target | Group] = [*config.targets, *config.groups]
    for each in sorted(every, key=lambda item: item.name):
        if not each.name.startswith("_"):
            rows.append(_description(each))
    return rows


def _description(each: Target | Group) -> dict[str, Any]:
    from dockercompat.build.bake.target import Group

    if not isinstance(each, Group):
        said = each.get("description") or ""
        return {"name": each.name, "description": said} if said else {"name": each.name}
    names = ", ".join(sorted(each.targets))
    said = f"{each.description} ({names})" if each.description and names else each.description or names
    return {"name": each.name, **({"description": said} if said else {}), "group": True}


def variable_rows(variables: list[Shown]) -> list[dict[str, Any]]:
    """Variables as buildx's JSON has them: name, and description, type and value where there are some."""
    rows = []
    for each in variables:
        row: dict[str, Any] = {"name": each.name}
        if each.description:
            row["description"] = each.description
        if each.type:
            row["type"] = each.type
        if each.value is not None:
            row["value"] = each.value
        rows.append(row)
    return rows
