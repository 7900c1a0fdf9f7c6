"""`docker compose down` and `rm`: what a project has on the engine taken away."""

from __future__ import annotations

import sys

from dockercompat.cli.composing.session import Session
from dockercompat.cli.composing.settings import warn
from dockercompat.compose import names
from dockercompat.compose.actual import Actual
from dockercompat.compose.plan import down as planning
from dockercompat.compose.plan.step import Step
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation
    from dockercompat.compose.actual import Container

_RMI = ("all", "local")


def down(invocation: Invocation) -> None:
    options = invocation.options
    if options.given("rmi") and options.rmi not in _RMI:
        raise ClientError(f'invalid value for --rmi: "{options.rmi}"')
    session = Session(invocation, services=invocation.args, needs_files=False)
    session.check_services(invocation.args)
    actual = session.actual()
    removed = bool(options.remove_orphans) or session.environ.get("COMPOSE_REMOVE_ORPHANS", "").lower() in ("1", "true")
    containers = [each for each in actual.containers if _is_meant(session, each, invocation.args, orphans=removed)]
    images = _images(session, invocation.args, options.rmi) if options.rmi else []
    if not (containers or options.rmi or _resources(session)):
        warn(f'Warning: No resource found to remove for project "{session.name}".')
        return
    timeout_s = options.timeout if options.given("timeout") else None
    steps = planning.down(
        session.project,
        _own(session, actual),
        containers,
        timeout_s=timeout_s,
        volumes=bool(options.volumes),
        images=images,
    )
    session.apply(steps)


def _is_meant(session: Session, container: Container, services: list[str], *, orphans: bool) -> bool:
    if services:
        return container.service in services and not container.one_off
    known = container.service in session.project["services"] and not container.one_off
    return known or orphans


def _own(session: Session, actual: Actual) -> Actual:
    """Without networks and volumes that are somebody else's."""
    label = names.PROJECT
    return Actual(
        actual.containers,
        {name: each for name, each in actual.networks.items() if (each.get("Labels") or {}).get(label) == session.name},
        {name: each for name, each in actual.volumes.items() if (each.get("Labels") or {}).get(label) == session.name},
    )


def _resources(session: Session) -> bool:
    """Whether the project has networks, or volumes that are to go, as its files or else the engine tell."""
    kinds = ("networks", "volumes") if session.invocation.options.volumes else ("networks",)
    if "networks" in session.project:
        return any(not each.get("external") for kind in kinds for each in session.project[kind].values())
    own = _own(session, session.actual())
    return bool(own.networks or (own.volumes and "volumes" in kinds))


def _built(session: Session, service: str) -> bool:
    """Whether the image of a service is one that was built for it."""
    from dockercompat.cli.composing.images import find

    labels = ((find(session, service) or {}).get("Config") or {}).get("Labels") or {}
    return bool(labels.get(names.PROJECT) == session.name)


def _images(session: Session, services: list[str], which: str) -> list[str]:
    """References that --rmi removes: of images that compose built and named, or of all."""
    from dockercompat.cli.composing.images import find
    from dockercompat.spec.reference import parse

    found = []
    for name, service in sorted(session.project["services"].items()):
        if (services and name not in services) or service.get("provider") or find(session, name) is None:
            continue
        if which == "all" or not service.get("image") or _built(session, name):
            found.append(parse(names.image(session.project, name)).tagged.familiar)
    return list(dict.fromkeys(found))


def remove(invocation: Invocation) -> None:
    options = invocation.options
    session = Session(invocation, services=invocation.args, needs_files=False)
    timeout_s = None
    if options.stop:
        stopped = session.containers(invocation.args, running=True)
        session.apply(planning.stop(session.project, stopped, timeout_s), "Stopping")
    stops = bool(options.stop and session.dry)  # then those that run would have been stopped
    containers = [each for each in session.containers(invocation.args) if stops or not each.is_running]
    if not containers:
        print("No stopped containers", file=sys.stderr)
        return
    shown = "Going to remove " + ", ".join(each.name for each in containers)
    if not options.force and sys.stdin.isatty():
        shown = f"? {shown} (y/N) "
    print(shown, end="\n" if options.force else "", flush=True)
    if not options.force:
        from dockercompat.cli.asking import agrees

        if not agrees():
            return
    steps = [
        Step(f"remove {each.name}", "container.remove", f"Container {each.name}", each.id, (), {"volumes": bool(options.volumes)})
        for each in containers
    ]
    session.apply(steps, "Removing")
