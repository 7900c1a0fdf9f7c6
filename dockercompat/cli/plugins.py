"""CLI plugins: executables docker-NAME in docker's directories, run as `docker NAME`.

What is built in wins over a plugin of the same name: `compose` and `buildx` are this program's own. Only an unknown word, the first
page of help, `info` and completion look into the directories.
Source: docker's documentation of cli-plugins and the behaviour of its client 28.
"""

from __future__ import annotations

import os

from dockercompat.cli import config_file
from dockercompat.cli.surface.root import FILES
from dockercompat.errors import ClientError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

METADATA = "docker-cli-plugin-metadata"
SCHEMA = "0.1.0"
OURS = ("buildx", "compose", "doctor")  # built in here, where docker has a plugin or nothing
_BUILT_IN = {*FILES, "help", "completion", "checkpoint"}
_SYSTEM_DIRS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
_PREFIX = "docker-"
_NAME = "^[a-z][a-z0-9]*$"
_ORIGINAL = "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND"
_ATTRIBUTES = "OTEL_RESOURCE_ATTRIBUTES"


class Plugin(Record):
    """One plugin. error says why it can't be used, "" when it can; shadowed are the paths that a directory before theirs hides."""

    name: str
    path: str
    metadata: dict[str, str]
    error: str = ""
    shadowed: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As `info` shows it in ClientInfo.Plugins."""
        document: dict[str, Any] = {key: value for key, value in self.metadata.items() if value}
        if self.name:
            document["Name"] = self.name
        document["Path"] = self.path
        if self.error:
            document["Err"] = self.error
        if self.shadowed:
            document["ShadowedPaths"] = [*self.shadowed]
        return document


def directories(environ: Mapping[str, str]) -> list[str]:
    extra = config_file.load(environ).get("cliPluginsExtraDirs") or []
    return [*extra, os.path.join(config_file.directory(environ), "cli-plugins"), *_SYSTEM_DIRS]


def find(name: str, environ: Mapping[str, str]) -> Plugin | None:
    """The plugin that `docker NAME` runs, None when there is none or the first of that name is not valid."""
    if not _is_name(name) or name in _BUILT_IN:
        return None
    for directory in directories(environ):
        path = os.path.join(directory, _PREFIX + name)
        if os.path.lexists(path):
            found = _read(name, (path,))
            return None if found.error else found
    return None


def installed(environ: Mapping[str, str]) -> tuple[Plugin, ...]:
    """Every plugin by name, those that can't be used too; not the ones that this program has built in."""
    paths: dict[str, list[str]] = {}
    for directory in directories(environ):
        try:
            with os.scandir(directory) as entries:
                here = [entry for entry in entries if entry.name.startswith(_PREFIX)]
        except OSError:
            continue
        for entry in here:
            name = entry.name.removeprefix(_PREFIX)
            if name not in OURS and (entry.is_symlink() or entry.is_file(follow_symlinks=False)):
                paths.setdefault(name, []).append(os.path.join(directory, entry.name))
    return tuple(_read(name, tuple(paths[name])) for name in sorted(paths))


def _read(name: str, paths: tuple[str, ...]) -> Plugin:
    metadata: dict[str, str] = {}
    error = ""
    if not _is_name(name):
        error = f'plugin candidate "{name}" did not match "{_NAME}"'
    elif name in _BUILT_IN:
        error = f'plugin "{name}" duplicates builtin command'
    else:
        metadata, error = _ask(paths[0])
    return Plugin(name, paths[0], metadata, error, paths[1:])


def _is_name(name: str) -> bool:
    return name.isascii() and name.isalnum() and name.lower() == name and not name[:1].isdigit()


def _ask(path: str) -> tuple[dict[str, str], str]:
    """What a plugin says about itself, and what is wrong with that."""
    from dockercompat.host.run import capture_here
    from dockercompat.spec.go_json import InvalidJson, Shape, fill, loads

    try:
        status, output = capture_here((path, METADATA), os.environ)
    except OSError as error:
        return {}, f"failed to fetch metadata: fork/exec {path}: {(error.strerror or '').lower()}"
    if status:
        return {}, f"failed to fetch metadata: {ending(status)}"
    keys = ("SchemaVersion", "Vendor", "Version", "ShortDescription", "URL")
    try:
        found, wrong = fill(Shape("metadata.Metadata", dict.fromkeys(keys, "string")), loads(output.decode(errors="replace")))
    except InvalidJson as invalid:
        return {}, f"invalid metadata: {invalid}"
    found = {key: found[key] for key in keys if key in found}
    if wrong:
        return found, f"invalid metadata: {wrong}"
    if found.get("SchemaVersion", "") != SCHEMA:
        return found, f'plugin SchemaVersion "{found.get("SchemaVersion", "")}" is not valid, must be {SCHEMA}'
    if not found.get("Vendor"):
        return found, "plugin metadata does not define a vendor"
    return found, ""


def ending(status: int) -> str:
    """How a program ended, as Go says it."""
    if status > 0:
        return f"exit status {status}"
    import signal

    return f"signal: {(signal.strsignal(-status) or str(-status)).lower()}"


def aliased(rest: list[str], words: Sequence[str], environ: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Apply `aliases` of config.json ({"builder": "buildx"}): the words from the command on, and the whole line.

    Raises  ClientError for an alias of anything but builder, and for one that means a command that docker has built in
    """
    aliases = config_file.load(environ).get("aliases") or {}
    for name, meaning in aliases.items():
        if name != "builder":
            raise ClientError(f'not allowed to alias "{name}" (allowed: map[string]struct {{}}{{"builder":struct {{}}{{}}}})')
        first = meaning.split(" ")[0]
        if (not first or first in _BUILT_IN) and first not in OURS:
            raise ClientError(f'not allowed to alias with builtin "{meaning}" as target')
    meaning = aliases.get(rest[0]) if rest else None
    if meaning is None:
        return rest, [*words]
    at = len(words) - len(rest)
    changed = [*meaning.split(" "), *rest[1:]]
    return changed, [*words[:at], *changed]


def answer(rest: Sequence[str], words: Sequence[str], environ: Mapping[str, str]) -> int | None:
    """Run the plugin that an unknown first word names, also behind `__complete`; None when there is no such plugin.

    rest   the words from the command on
    words  the whole line
    """
    from dockercompat.cli import surface

    completes = rest[0] in ("__complete", "__completeNoDesc")
    if rest[0] == "help" or (completes and (len(rest) < 3 or surface.rows_of(rest[1]) is not None)):
        return None
    name = rest[1] if completes else rest[0]
    plugin = find(name, environ)
    if plugin is None:
        return None
    if not completes:
        return run(plugin, words, environ, name)
    if run_plain(plugin, ["__complete", *rest[1:]], environ, name) != 0:
        print(":1", flush=True)
    return 0


def run(plugin: Plugin, words: Sequence[str], environ: Mapping[str, str], called: str) -> int:
    """Run a plugin with the whole command line, and return its exit status.

    called  the word that it was called by, which may be an alias
    """
    from dockercompat.cli.plugin_process import supervise

    return supervise([plugin.path, *words], environment(environ, called))


def run_plain(plugin: Plugin, words: Sequence[str], environ: Mapping[str, str], called: str) -> int:
    """Run a plugin to its end with nothing around it, as help and completion do; negative when a signal ended it."""
    from dockercompat.host.run import start_here, wait

    return wait(start_here([plugin.path, *words], environment(environ, called)))


def environment(environ: Mapping[str, str], called: str) -> dict[str, str]:
    """What a plugin finds in its environment: how to call this program, and the command for telemetry."""
    import sys

    attribute = f"docker.cli.cobra.command_path=docker%20{called}"
    before = environ.get(_ATTRIBUTES)
    return {**environ, _ORIGINAL: sys.argv[0], _ATTRIBUTES: f"{before},{attribute}" if before else attribute}
