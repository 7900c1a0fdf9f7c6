"""Images of services built by another engine: one after the other by its classic builder.

Source: docker/compose, pkg/compose/build_classic.go.
"""

from __future__ import annotations

import io

from dockercompat.compose import names
from dockercompat.compose.plan.step import Step
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.build.bake.target import Target
    from dockercompat.cli.composing.session import Session
    from dockercompat.remote.client import Remote

_BUILDKIT_ALONE = (
    "secrets", "ssh", "additional_contexts", "cache_to", "no_cache_filter", "entitlements", "privileged", "provenance", "sbom",
)  # fmt: skip
_FLAGS = ("ssh", "check", "provenance", "sbom")


def build(session: Session, services: Sequence[str], targets: Mapping[str, Target], asked: Mapping[str, Any], remote: Remote) -> None:
    """Build the images of services, in this order.

    targets  their builds, by building.target_name
    Raises   what the engine says of a build that fails
    """
    from dockercompat.cli import remote_building
    from dockercompat.cli.baking import TargetOptions
    from dockercompat.cli.composing.building import target_name

    quiet = bool(asked.get("quiet"))
    telling = not quiet and not asked.get("progress")
    proxies = session.invocation.proxies()
    for name in services:
        target = targets[target_name(name)]
        inline = str(target.get("dockerfile-inline") or "").encode()
        options: Any = TargetOptions(target, {})
        options.quiet, options.memory = quiet, asked.get("memory") or ""
        if telling:
            session.printer().say(f"Service {name}", "Building")
        session.close_printer()
        remote_building.send(
            remote, options, str(target.get("context")), session.environ, io.BytesIO(inline), proxies=proxies, shows_id=False
        )
        if telling:
            session.printer().say(f"Service {name}", "Built")
    if asked.get("push"):
        pushed = {name: names.image(session.project, name) for name in services if session.project["services"][name].get("image")}
        session.apply(
            [Step(f"push {ref}", "push", f"Pushing {name}:", ref, (), {"quiet": quiet}) for name, ref in pushed.items()], "Pushing"
        )


def check(project: Mapping[str, Any], services: Sequence[str], asked: Mapping[str, Any], host: str) -> None:
    """Raises ClientError for the first flag, or setting of a service, that wants what only BuildKit can do."""
    for flag in _FLAGS:
        if _is_wanted(asked.get(flag)):
            raise ClientError(f"docker compose build --{flag} works on pydocker's own engine alone, not on {host}")
    for name in services:
        _check(name, project["services"][name]["build"], host)


def _check(name: str, settings: Mapping[str, Any], host: str) -> None:
    from dockercompat.cli.remote_building import is_elsewhere

    found = next((key for key in _BUILDKIT_ALONE if _is_wanted(settings.get(key))), "")
    if not found and len(settings.get("platforms") or ()) > 1:
        found = "platforms with more than one"
    if not found and settings.get("dockerfile_inline") and is_elsewhere(str(settings.get("context") or "")):
        found = "dockerfile_inline with a context that is no directory"
    if found:
        raise ClientError(f'service "{name}": build.{found} works on pydocker\'s own engine alone, not on {host}')


def _is_wanted(value: Any) -> bool:
    return bool(value) and value != "false"
