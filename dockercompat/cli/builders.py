"""Builders by name. All of them are the engine's own builder: a name is kept so that what scripts create, use and remove is there.

They stand in docker's configuration directory as buildx keeps them: buildx/instances/NAME, buildx/current, buildx/activity/NAME.
"""

from __future__ import annotations

import os
import re
import time

from dockercompat import json
from dockercompat.cli import config_file
from dockercompat.errors import ClientError
from dockercompat.host import files
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.cli.invocation import Invocation

DEFAULT = "default"
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9._-]*")


class Node(Record):
    """flags: of a daemon that there is not; they are kept and shown."""

    name: str
    endpoint: str
    platforms: tuple[str, ...] = ()
    driver_options: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()


class Builder(Record):
    """last_used: RFC 3339, "" when it has built nothing."""

    name: str
    driver: str
    nodes: tuple[Node, ...]
    last_used: str = ""

    def to_json(self) -> dict[str, Any]:
        """buildx's own document of an instance."""
        return {
            "Name": self.name,
            "Driver": self.driver,
            "Nodes": [
                {
                    "Name": node.name,
                    "Endpoint": node.endpoint,
                    "Platforms": [_platform(text) for text in node.platforms] or None,
                    "DriverOpts": dict(node.driver_options) or None,
                    "Flags": list(node.flags) or None,
                    "Files": None,
                }
                for node in self.nodes
            ],
            "Dynamic": False,
        }


def _platform(text: str) -> dict[str, str]:
    from dockercompat.spec import platform

    made = platform.parse(text)
    document = {"architecture": made.architecture, "os": made.os}
    return {**document, "variant": made.variant} if made.variant else document


def _platform_text(document: Mapping[str, str]) -> str:
    parts = (document.get("os", ""), document.get("architecture", ""), document.get("variant", ""))
    return "/".join(part for part in parts if part)


class Store:
    """The builders of one configuration directory.

    environ  DOCKER_CONFIG, BUILDX_CONFIG, BUILDX_BUILDER and DOCKER_HOST count
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.dir = environ.get("BUILDX_CONFIG") or os.path.join(config_file.directory(environ), "buildx")
        self.endpoint = environ.get("DOCKER_HOST") or DEFAULT

    def _path(self, name: str, part: str = "instances") -> str:
        return os.path.join(self.dir, part, name.lower())

    def find(self, name: str) -> Builder | None:
        """The builder of that name, None when there is none; `default` is always there."""
        if name == DEFAULT:
            return Builder(DEFAULT, "docker", (Node(DEFAULT, DEFAULT),), self._last_used(DEFAULT))
        if not is_name(name):
            return None
        try:
            with open(self._path(name), encoding="utf-8") as file:
                document = json.load(file)
        except (OSError, ValueError):
            return None
        nodes = tuple(
            Node(
                str(each.get("Name", "")),
                str(each.get("Endpoint", "")),
                tuple(_platform_text(item) for item in each.get("Platforms") or ()),
                tuple((each.get("DriverOpts") or {}).items()),
                tuple(each.get("Flags") or ()),
            )
            for each in document.get("Nodes") or ()
        )
        return Builder(str(document.get("Name", name)), str(document.get("Driver", "")), nodes, self._last_used(name))

    def require(self, name: str) -> Builder:
        """Raises ClientError when there is none of that name."""
        found = self.find(name)
        if found is None:
            raise ClientError(f'ERROR: no builder "{name}" found')
        return found

    def chosen(self, name: str = "") -> Builder:
        """The builder that a command means: the one named, that of BUILDX_BUILDER, or the current one. Raises ClientError."""
        return self.require(name or self.environ.get("BUILDX_BUILDER") or self.current())

    def all(self) -> list[Builder]:
        """Those that were created, by name, and `default` behind them."""
        try:
            names = sorted(each for each in os.listdir(os.path.join(self.dir, "instances")) if not each.startswith("."))
        except OSError:
            names = []
        found = [self.find(name) for name in [*names, DEFAULT]]
        return [builder for builder in found if builder is not None]

    def current(self) -> str:
        """The name of the builder in use."""
        try:
            with open(os.path.join(self.dir, "current"), encoding="utf-8") as file:
                document = json.load(file)
        except (OSError, ValueError):
            return DEFAULT
        name = str(document.get("Name") or DEFAULT)
        same = document.get("Global") or document.get("Key") == self.endpoint
        return name if same and self.find(name) is not None else DEFAULT

    def use(self, name: str, *, everywhere: bool = False) -> None:
        """Make a builder the current one, for this endpoint or for all."""
        document = {"Key": self.endpoint, "Name": "" if name == DEFAULT else name, "Global": everywhere}
        _write(os.path.join(self.dir, "current"), document)

    def save(self, builder: Builder) -> None:
        _write(self._path(builder.name), builder.to_json())

    def remove(self, name: str) -> None:
        """Remove a builder that there is; if it was the current one, `default` is that now."""
        current = self.current()
        os.unlink(self._path(name))
        for part in ("activity", "defaults"):
            try:
                os.unlink(self._path(name, part))
            except OSError:
                continue
        if current == name:
            self.use(DEFAULT)

    def touch(self, name: str) -> None:
        """Note that a builder is at work now."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        try:
            _write(self._path(name, "activity"), now)
        except OSError:
            return

    def _last_used(self, name: str) -> str:
        try:
            with open(self._path(name, "activity"), encoding="utf-8") as file:
                return file.read().strip()
        except OSError:
            return ""


def _write(path: str, content: Any) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content, separators=(",", ":"))
    files.replace(path, lambda file: file.write(text.encode()), mode=0o644, synced=False)


def given(invocation: Invocation) -> str:
    """--builder, behind the command or before it; "" when it was not given."""
    return str(invocation.options.builder or getattr(invocation.noun_options, "builder", "") or "")


def is_name(text: str) -> bool:
    """Whether a builder can be called so."""
    return _NAME.fullmatch(text) is not None


def check_name(text: str) -> None:
    """Raises ClientError for a name that no builder can have."""
    if not is_name(text):
        raise ClientError(f"ERROR: invalid name {text}, name needs to start with a letter and may not contain symbols, except ._-")
    if text == DEFAULT:
        raise ClientError(f"ERROR: {DEFAULT} is a reserved name and cannot be used to identify builder instance")


def platforms() -> tuple[str, ...]:
    """What this machine builds for by itself, as buildx lists it."""
    from dockercompat.spec import platform

    own = str(platform.of_host())
    if own != "linux/amd64":
        return (own,)
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            flags = set(next((line for line in file if line.startswith("flags")), "").split())
    except OSError:
        flags = set()
    found = [own]
    for level, wanted in (
        ("v2", {"cx16", "popcnt", "sse4_2", "ssse3"}),
        ("v3", {"avx2", "bmi1", "bmi2", "fma", "movbe"}),
        ("v4", {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"}),
    ):
        if not wanted <= flags:
            break
        found.append(f"{own}/{level}")
    return (*found, "linux/386")


def shortened(names: tuple[str, ...]) -> str:
    """`linux/amd64 (+3), linux/386`: the first of each processor, with the number of its variants."""
    groups: dict[str, int] = {}
    for name in names:
        key = "/".join(name.split("/")[:2])
        groups[key] = groups.get(key, 0) + 1
    return ", ".join(f"{key} (+{count - 1})" if count > 1 else key for key, count in groups.items())
