"""The steps of a project's way up, and the images before them: what `up`, `create`, `scale` and `run` share."""

from __future__ import annotations

from dockercompat.cli.composing.settings import warn
from dockercompat.compose.plan import refusals
from dockercompat.compose.plan import up as planning
from dockercompat.compose.plan.resources import NotOurs
from dockercompat.errors import ClientError, DockerError
from dockercompat.spec.number import parse_int

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockercompat.cli.composing.session import Session
    from dockercompat.compose.plan.step import Step


def count_of(text: str, shown: str) -> int:
    """Replicas. Raises ClientError, which shows the whole word."""
    if not text.isdigit():
        raise ClientError(f"invalid scale specifier: {shown}")
    return int(text)


def prepared(session: Session, services: Sequence[str], *, start: bool, scale: Mapping[str, int] | None = None) -> Sequence[Step]:
    """The steps of a project's way up; its images are there then."""
    from dockercompat.cli.composing import api_socket, images

    options = session.invocation.options
    counts = dict(scale or {})
    for text in getattr(options, "scale", None) or ():
        name, equals, number = text.partition("=")
        if not equals:
            raise ClientError(f'invalid --scale option "{text}". Should be SERVICE=NUM')
        try:
            parse_int(number, function="Atoi")
        except DockerError as error:
            raise ClientError(str(error)) from None
        counts[name] = count_of(number, text)
    for name in counts:
        session.check_service(name)
    refusals.check(session.project, services)
    api_socket.lend(session, services)
    ids = images.ensure(session, services)
    recreate = planning.FORCE if getattr(options, "force_recreate", False) else planning.DIVERGED
    others = planning.FORCE if getattr(options, "always_recreate_deps", False) else planning.DIVERGED
    if getattr(options, "no_recreate", False):
        recreate = others = planning.NEVER
    ignored = session.environ.get("COMPOSE_IGNORE_ORPHANS", "").lower() in ("1", "true")
    removed = bool(getattr(options, "remove_orphans", False)) or session.environ.get("COMPOSE_REMOVE_ORPHANS", "").lower() in ("1", "true")
    if ignored and removed:
        raise ClientError("cannot combine COMPOSE_IGNORE_ORPHANS and --remove-orphans")
    timeout_s = options.timeout if hasattr(options, "timeout") and options.given("timeout") else None
    asked = asked_for(session, services, ids)
    try:
        plan = planning.plan(
            session.project,
            session.actual(),
            asked.replace(
                targets=session.named,
                recreate=recreate,
                recreate_dependencies=others,
                renew_volumes=bool(getattr(options, "renew_anon_volumes", False)),
                scale=counts,
                remove_orphans=removed,
                start=start,
                no_dependencies=bool(getattr(options, "no_deps", False)),
                timeout_s=timeout_s,
                replace_volumes=_replaced(session, services),
            ),
        )
    except NotOurs as error:
        for text in error.warnings:
            warn(text)
        raise
    for text in plan.warnings:
        if not (ignored and text.startswith("Found orphan")):
            warn(text)
    show = session.printer()
    for name in plan.settled:
        show.say(f"Container {name}", "Running")
    return plan.steps


def asked_for(session: Session, services: Sequence[str], image_ids: Mapping[str, str]) -> planning.Asked:
    """What is asked of a plan by the project alone, no flags considered."""
    from dockercompat.cli.composing.images import ensure_mounted

    return planning.Asked(
        services=services,
        images=image_ids,
        mounted=ensure_mounted(session, services),
        hashes=session.hashes,
        labels=session.labels,
        separator=session.separator,
        proxies=session.invocation.proxies(),
        environ=session.environment,
    )


def _replaced(session: Session, services: Sequence[str]) -> list[str]:
    """Names of volumes with another configuration than the project's that a person gives up."""
    import sys

    from dockercompat.cli.asking import agrees
    from dockercompat.compose.plan.resources import diverged_volumes

    found = []
    for name in diverged_volumes(session.project, session.actual(), services, session.hashes):
        if getattr(session.invocation.options, "yes", False):
            found.append(name)
            continue
        print(
            f'? Volume "{name}" exists but doesn\'t match configuration in compose file. Recreate (data will be lost)? (y/N) ',
            end="",
            flush=True,
        )
        if sys.stdin.isatty() and agrees():
            found.append(name)
        elif not sys.stdin.isatty():
            print()
    return found
