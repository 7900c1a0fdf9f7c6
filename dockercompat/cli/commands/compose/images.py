"""`docker compose build`, `pull` and `push`."""

from __future__ import annotations

import sys

from dockercompat.cli.composing.events import DONE, Event
from dockercompat.cli.composing.images import find, is_pinned, pull_step
from dockercompat.cli.composing.session import Session
from dockercompat.compose import names
from dockercompat.compose.plan.step import Step
from dockercompat.errors import ClientError, DockerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.cli.invocation import Invocation


def build(invocation: Invocation) -> None:
    from dockercompat.cli.composing import building

    options = invocation.options
    if options.progress and invocation.noun_options is not None:
        vars(invocation.noun_options)["progress"] = options.progress
    session = Session(invocation, services=invocation.args)
    session.check_services(invocation.args)
    chosen = session.selected(invocation.args, dependencies=bool(options.with_dependencies))
    wanted = [name for name in chosen if session.project["services"][name].get("build")]
    if not wanted:
        return
    if session.dry and not options.print:
        building.pretend(session, wanted)
        return
    arguments: dict[str, str | None] = {}
    for text in options.build_arg:
        key, equals, value = text.partition("=")
        arguments[key] = value if equals else None  # a variable's, or nothing
    session.printer("Building")
    building.build(
        session,
        wanted,
        no_cache=bool(options.no_cache),
        pull=bool(options.pull),
        push=bool(options.push),
        quiet=bool(options.quiet),
        check=bool(options.check),
        print=bool(options.print),
        arguments=arguments,
        ssh=options.ssh or "",
        provenance=options.provenance or "",
        sbom=options.sbom or "",
        memory=options.memory or "",
        builder=options.builder or "",
    )
    session.close_printer()


def pull(invocation: Invocation) -> None:
    options = invocation.options
    if options.policy not in ("", "missing", "always"):
        raise ClientError(f'invalid --policy option "{options.policy}"')
    session = Session(invocation, services=invocation.args)
    session.check_services(invocation.args)
    show = session.printer("Pulling")
    steps: dict[str, Step] = {}
    for name in session.selected(invocation.args, dependencies=bool(options.include_deps)):
        service = session.project["services"][name]
        ref = service.get("image") or ""
        reason = _not_pulled(session, name, service)
        if reason is None and ref in steps:
            reason = f"Image is already being pulled by {steps[ref].subject}"
        if reason is not None:
            show.show(Event(name, " - ".join(filter(None, ("Skipped", reason))), state=DONE))
            continue
        steps[ref] = pull_step(
            session.project,
            name,
            quiet=bool(options.quiet),
            ignore_failures=bool(options.ignore_pull_failures),
            reported=bool(service.get("build")),
        )
    failed = session.apply(steps.values(), "Pulling")
    to_build = [step.subject for step, _ in failed if session.project["services"][step.subject].get("build")]
    if to_build:
        print(
            f"WARNING: Some service image(s) must be built from source by running:\n    docker compose build {' '.join(to_build)}",
            file=sys.stderr,
        )
    if failed and not options.ignore_pull_failures:
        raise DockerError("\n".join(text for _, text in failed))


def _not_pulled(session: Session, name: str, service: Mapping[str, Any]) -> str | None:
    """Why a service's image is not pulled, "" for what goes without saying; None where it is."""
    options = session.invocation.options
    policy = options.policy or service.get("pull_policy") or ""
    if not service.get("image"):
        return "No image to be pulled"
    if service.get("build") and options.ignore_buildable:
        return "Image can be built"
    if policy in ("never", "build"):
        return ""
    if policy in ("missing", "if_not_present") and is_pinned(service["image"]) and find(session, name) is not None:
        return "Image is already present locally"
    return None


def push(invocation: Invocation) -> None:
    options = invocation.options
    session = Session(invocation, services=invocation.args)
    show = session.printer("Pushing")
    steps: dict[str, Step] = {}
    for name in session.selected(invocation.args, dependencies=bool(options.include_deps)):
        service = session.project["services"][name]
        if not service.get("build") or not service.get("image"):
            if not options.quiet:
                show.show(Event(name, "Skipped", state=DONE))
            continue
        ref = names.image(session.project, name)
        values = {"ignore_failures": bool(options.ignore_push_failures), "quiet": bool(options.quiet)}
        steps[ref] = Step(f"push {ref}", "push", f"Pushing {name}:", ref, (), values)
    session.apply(steps.values(), "Pushing")
