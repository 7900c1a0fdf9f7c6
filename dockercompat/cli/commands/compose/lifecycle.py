"""`docker compose start`, `stop`, `restart`, `kill`, `pause`, `unpause` and `wait`."""

from __future__ import annotations

import sys

from dockercompat.cli.composing.session import Session
from dockercompat.compose.plan import down, graph
from dockercompat.compose.plan import restart as planning
from dockercompat.compose.plan.step import Step
from dockercompat.compose.plan.waits import wait_for, wait_step
from dockercompat.errors import ClientError, StatusOnly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.cli.invocation import Invocation
    from dockercompat.compose.actual import Container


def start(invocation: Invocation) -> None:
    session = Session(invocation, services=invocation.args, needs_files=False)
    services = session.selected(invocation.args)
    containers = session.containers()
    if session.by_name_alone and not containers:
        raise ClientError(f'no container found for project "{session.name}": not found')
    by_service = {name: [each for each in containers if each.service == name] for name in services}
    if not containers and services:
        raise ClientError(f'service "{services[0]}" has no container to start')
    steps: list[Step] = []
    started: dict[str, list[str]] = {}
    for name in services:
        service = session.project["services"][name]
        needs: list[str] = []
        for other, each in graph.dependencies(service).items():
            if each["condition"] == graph.STARTED:
                needs += started.get(other, [])
                continue
            for container in by_service.get(other, ()):
                steps.append(wait_for(name, container.name, other, each, started.get(other, ())))
                needs.append(steps[-1].key)
        for container in by_service[name]:
            if not container.is_running:
                hooks = {"hooks": list(service.get("post_start") or ()), "service": name}
                key = f"start {container.name}"
                steps.append(Step(key, "container.start", f"Container {container.name}", container.name, tuple(needs), hooks))
                started.setdefault(name, []).append(key)
    if invocation.options.wait:
        steps += _ready(invocation, containers, services, started)
    session.apply(steps)


def _ready(invocation: Invocation, containers: Sequence[Container], services: Sequence[str], started: dict[str, list[str]]) -> list[Step]:
    from dockercompat.compose.apply.waiting import READY

    after = [key for keys in started.values() for key in keys]
    timeout_s = invocation.options.wait_timeout if invocation.options.given("wait-timeout") else None
    return [
        wait_step(f"ready {each.name}", each.name, each.service, READY, after, timeout_s=timeout_s)
        for each in containers
        if each.service in services
    ]


def stop(invocation: Invocation) -> None:
    session = Session(invocation, services=invocation.args, needs_files=False)
    timeout_s = invocation.options.timeout if invocation.options.given("timeout") else None
    session.apply(down.stop(session.project, session.containers(invocation.args), timeout_s), "Stopping")


def restart(invocation: Invocation) -> None:
    options = invocation.options
    session = Session(invocation, services=invocation.args, needs_files=False)
    timeout_s = options.timeout if options.given("timeout") else None
    services = session.selected(invocation.args, dependencies=False)
    by_service = session.actual().of
    steps = planning.restart(session.project, services, by_service, followers=not options.no_deps, timeout_s=timeout_s)
    session.apply(steps, "Restarting")


def kill(invocation: Invocation) -> None:
    options = invocation.options
    session = Session(invocation, services=invocation.args, needs_files=False)
    containers = session.containers(invocation.args, one_off=True, running=True, orphans=bool(options.remove_orphans))
    if not containers:
        print("no container to kill", end="", file=sys.stderr)
        return
    steps = [
        Step(f"kill {each.name}", "container.kill", f"Container {each.name}", each.id, (), {"signal": options.signal})
        for each in containers
    ]
    session.apply(steps, "Killing")


def pause(invocation: Invocation) -> None:
    _each(invocation, "container.pause", "Pausing")


def unpause(invocation: Invocation) -> None:
    _each(invocation, "container.unpause", "Running")


def _each(invocation: Invocation, kind: str, title: str) -> None:
    session = Session(invocation, services=invocation.args, needs_files=False)
    containers = session.containers(invocation.args, running=True)
    session.apply([Step(f"{kind} {each.name}", kind, f"Container {each.name}", each.id) for each in containers], title)


def wait(invocation: Invocation) -> int:
    """Until the first of the services' containers ends; its status."""
    session = Session(invocation, services=invocation.args, needs_files=False)
    containers = [each for each in session.containers(running=True) if each.service in invocation.args]
    if not containers:
        raise ClientError(f'no containers for project "{session.name}"')
    verb = session.door.verb("container.stop", "wait")
    codes = []
    for each in containers:
        codes.append(verb(session.door.engine, each.id))
        print(f'container "{each.id}" exited with status code {codes[-1]}', flush=True)
    if invocation.options.down_project:
        session.apply(down.down(session.project, session.actual(), session.containers(), timeout_s=None, volumes=False))
    if codes[-1]:
        raise StatusOnly(codes[-1])
    return 0
