"""`docker compose up`, `create` and `scale`: the project made what its files say."""

from __future__ import annotations

import os

from dockercompat.cli.composing.preparing import count_of, prepared
from dockercompat.cli.composing.session import Session
from dockercompat.compose import names
from dockercompat.compose.plan import graph
from dockercompat.compose.plan.step import Step
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dockercompat.cli.invocation import Invocation

_IN_FRONT = ("abort_on_container_exit", "abort_on_container_failure", "attach", "attach_dependencies", "watch")  # what no -d goes with
_AND_NOT_WAITING = ("abort_on_container_exit", "attach", "attach_dependencies")


def up(invocation: Invocation) -> int | None:
    options = invocation.options
    _check(options)
    session = Session(invocation, services=invocation.args)
    if options.exit_code_from:
        session.check_service(options.exit_code_from)
    services = session.selected(invocation.args, dependencies=not options.no_deps)
    if not services:
        raise ClientError("no service selected")
    _tell_kept(session)
    start = not options.no_start
    steps = prepared(session, services, start=start)
    if options.detach or options.wait or not start or session.dry:
        if options.wait:
            steps = [*steps, *_ready(session, services, steps)]
        session.apply(steps)
        return None
    from dockercompat.cli.composing.attached import attached

    return attached(session, services, steps)


def _tell_kept(session: Session) -> None:
    """Where files that are elsewhere are kept."""
    from dockercompat.compose.files.remote import is_remote

    for given, path in zip(session.options.file, session.labels[names.CONFIG_FILES].split(",")):
        if is_remote(given):
            print(f'Your compose stack "{given}" is stored in "{os.path.dirname(path)}"', flush=True)


def create(invocation: Invocation) -> None:
    options = invocation.options
    if options.build and options.no_build:
        raise ClientError("--build and --no-build are incompatible")
    if options.force_recreate and options.no_recreate:
        raise ClientError("--force-recreate and --no-recreate are incompatible")
    session = Session(invocation, services=invocation.args)
    session.apply(prepared(session, session.selected(invocation.args), start=False), "Creating")


def scale(invocation: Invocation) -> None:
    counts = {}
    for text in invocation.args:
        name, equals, number = text.partition("=")
        if not equals:
            raise ClientError(f"invalid scale specifier: {text}")
        if not number.lstrip("+-").isdigit():
            raise ClientError(f"invalid scale specifier: can't parse replica value as int: {text}")
        counts[name] = count_of(number, text)
    session = Session(invocation, services=list(counts))
    services = session.selected(list(counts), dependencies=not invocation.options.no_deps)
    session.apply(prepared(session, services, start=True, scale=counts))


def _check(options: Any) -> None:
    """Raises ClientError for flags that go ill together."""
    if options.exit_code_from and not options.abort_on_container_failure:
        options.abort_on_container_exit = True
    if options.abort_on_container_exit and options.abort_on_container_failure:
        raise ClientError("--abort-on-container-failure cannot be combined with --abort-on-container-exit")
    if options.wait and any(getattr(options, name) for name in _AND_NOT_WAITING):
        raise ClientError("--wait cannot be combined with --abort-on-container-exit, --attach or --attach-dependencies")
    if options.watch and options.no_build:
        raise ClientError("--no-build and --watch are incompatible")
    if options.build and options.no_build:
        raise ClientError("--build and --no-build are incompatible")
    if (options.detach or options.wait) and any(getattr(options, name) for name in _IN_FRONT):
        given = "--wait" if options.wait else "--detach"
        words = [f"--{name.replace('_', '-')}" for name in _IN_FRONT]
        raise ClientError(f"{given} cannot be combined with {', '.join(words[:-1])} or {words[-1]}")
    if options.renew_anon_volumes and options.no_recreate:
        raise ClientError("--no-recreate and --renew-anon-volumes are incompatible")
    if options.force_recreate and options.no_recreate:
        raise ClientError("--force-recreate and --no-recreate are incompatible")
    if options.always_recreate_deps and options.no_recreate:
        raise ClientError("--always-recreate-deps and --no-recreate are incompatible")
    if options.attach and options.attach_dependencies:
        raise ClientError("cannot combine --attach and --attach-dependencies")


def _ready(session: Session, services: Sequence[str], steps: Sequence[Step]) -> list[Step]:
    """The waits of --wait, when all is started: for every container to run and be healthy, or to do its work where others wait for that."""
    from dockercompat.compose.apply.waiting import READY
    from dockercompat.compose.plan.waits import wait_step

    project = session.project
    completing = {
        other
        for name in services
        for other, each in graph.dependencies(project["services"][name]).items()
        if each["condition"] == graph.COMPLETED
    }
    started = [step.key for step in steps if step.kind == "container.start"]
    removed = {step.target for step in steps if step.kind == "container.remove"}
    running = {
        each.name: each.service for each in session.actual().containers if each.is_running and not each.one_off and each.id not in removed
    }
    by_name = {**running, **{step.target: step.values["service"] for step in steps if step.kind == "container.start"}}
    timeout_s = session.invocation.options.wait_timeout if session.invocation.options.given("wait-timeout") else None
    return [
        wait_step(
            f"ready {name}",
            name,
            service,
            graph.COMPLETED if service in completing else READY,
            started,
            timeout_s=timeout_s,
        )
        for name, service in sorted(by_name.items())
        if service in services
    ]
