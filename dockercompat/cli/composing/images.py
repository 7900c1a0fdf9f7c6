"""The images of a project's services before its containers are made: built or pulled where they are not there, or are wanted anew.

Source: docker/compose, pkg/compose/build.go and pull.go.
"""

from __future__ import annotations

import re
import time

from dockercompat.compose import names
from dockercompat.compose.plan.step import Step
from dockercompat.errors import ClientError, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.cli.composing.session import Session

_PULL_WORDS = ("always", "missing", "never", "if_not_present", "build", "policy", "refresh", "")
_EVERY = {"daily": 86400, "weekly": 7 * 86400}
_UNITS = {"w": 7 * 86400, "d": 86400, "h": 3600, "m": 60}


def ensure(session: Session, services: Sequence[str]) -> dict[str, str]:
    """The id of each service's image, "" for what a dry run would have made, and for one that is not there and is not to be got.

    Raises  what a pull or a build raises
    """
    options = session.invocation.options
    asked = getattr(options, "pull", "") or ""
    if asked not in _PULL_WORDS:
        raise ClientError(f'invalid --pull option "{asked}"')
    found = {name: find(session, name) for name in services}
    to_pull = [name for name in services if _is_pulled(session, name, found[name], asked if asked != "policy" else "")]
    if to_pull:
        quiet = bool(getattr(options, "quiet_pull", False))
        buildable = {each.get("image") for each in session.project["services"].values() if each.get("build")}
        session.apply(
            pull_step(session.project, name, quiet=quiet, reported=names.image(session.project, name) in buildable) for name in to_pull
        )
        found |= {name: find(session, name) for name in to_pull}
    to_build = [name for name in services if _is_built(session, name, found[name])]
    if to_build:
        if session.dry:
            from dockercompat.cli.composing.building import pretend

            pretend(session, to_build)
        else:
            from dockercompat.cli.composing.building import build

            build(session, to_build, quiet=bool(getattr(options, "quiet_build", False)))
    built = {names.image(session.project, name) for name in to_build}
    found |= {name: find(session, name) for name in services if names.image(session.project, name) in built}
    return {name: image["Id"] if image else "" for name, image in found.items()}


def _is_pulled(session: Session, name: str, image: Mapping[str, Any] | None, asked: str) -> bool:
    service = session.project["services"][name]
    if service.get("build") and (getattr(session.invocation.options, "build", False) or not service.get("image")):
        return False
    return wants_pull(service, image, asked)


def _is_built(session: Session, name: str, image: Mapping[str, Any] | None) -> bool:
    service, options = session.project["services"][name], session.invocation.options
    if not service.get("build") or getattr(options, "no_build", False):
        return False
    return bool(getattr(options, "build", False)) or service.get("pull_policy") == "build" or image is None


def ensure_mounted(session: Session, services: Sequence[str]) -> dict[str, str]:
    """The ids of images that services mount as volumes, by their names in the files; those that are not there are pulled."""
    mounted = {
        f"{name}:volume {at}": str(each["source"])
        for name in services
        for at, each in enumerate(session.project["services"][name].get("volumes") or ())
        if each.get("type") == "image" and each.get("source")
    }
    missing = {ref: subject for subject, ref in mounted.items() if _inspect(session, ref) is None}
    if missing:
        quiet = bool(getattr(session.invocation.options, "quiet_pull", False))
        session.apply(Step(f"pull {subject}", "pull", subject, ref, (), {"quiet": quiet}) for ref, subject in missing.items())
    found = {ref: _inspect(session, ref) for ref in mounted.values()}
    return {ref: image["Id"] for ref, image in found.items() if image is not None}


def find(session: Session, name: str) -> Mapping[str, Any] | None:
    """The image of a service, None when it is not there."""
    return _inspect(session, names.image(session.project, name))


def _inspect(session: Session, ref: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = session.door.verb("image.inspect")(session.door.engine, ref)
        return found
    except NotFound:
        return None


def wants_pull(service: Mapping[str, Any], image: Mapping[str, Any] | None, asked: str) -> bool:
    """Whether a service's image is to be pulled. asked: what --pull says, before the service's pull_policy."""
    policy = asked or service.get("pull_policy") or "missing"
    if policy in ("never", "build"):
        return False
    if policy == "always" or image is None:
        return True
    every = _EVERY.get(policy) or _span(policy)
    if not every:
        return False
    pulled = ((image.get("Metadata") or {}).get("LastTagTime") or "")[:19]
    try:
        import calendar

        return time.time() - calendar.timegm(time.strptime(pulled, "%Y-%m-%dT%H:%M:%S")) > every
    except ValueError:
        return True


def _span(policy: str) -> int:
    """Seconds of `every_1d12h`, 0 for another word."""
    if not policy.startswith("every_"):
        return 0
    return sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([wdhm])", policy))


def is_pinned(ref: str) -> bool:
    """Whether a reference has a tag other than latest."""
    tag = ref.rpartition("/")[2].partition("@")[0].partition(":")[2]
    return tag not in ("", "latest")


def pull_step(project: Mapping[str, Any], name: str, *, quiet: bool = False, ignore_failures: bool = False, reported: bool = False) -> Step:
    """The pull of a service's image.

    quiet            nothing is told of its layers
    ignore_failures  a failure is told as an error and no more
    reported         a failure is a warning: the image can be built
    """
    service = project["services"][name]
    values = {"platform": service.get("platform") or "", "quiet": quiet, "ignore_failures": ignore_failures, "reported": reported}
    return Step(f"pull {name}", "pull", name, names.image(project, name), (), values)
