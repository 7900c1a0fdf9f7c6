"""`docker compose build`, `pull` and `push`."""

from __future__ import annotations

import sys

from dockercompat.cli.composing.images import pull_steps
from dockercompat.cli.composing.session import Session
from dockercompat.compose import names
from dockercompat.compose.plan.step import Step
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation


def build(invocation: Invocation) -> None:
    from dockercompat.cli.composing import building

    options = invocation.options
    session = Session(invocation, services=invocation.args)
    session.check_services(invocation.args)
    chosen = session.selected(invocation.args, dependencies=bool(options.with_dependencies))
    wanted = [name for name in chosen if session.project["services"][name].get("build")]
    if not wanted:
        print("No services to build", file=sys.stderr)
        return
    arguments = {}
    for text in options.build_arg:
        key, equals, value = text.partition("=")
        arguments[key] = value if equals else invocation.environ.get(key, "")
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
    )


def pull(invocation: Invocation) -> None:
    options = invocation.options
    if options.policy not in ("", "missing", "always"):
        raise ClientError(f'invalid --policy option "{options.policy}"')
    session = Session(invocation, services=invocation.args)
    session.check_services(invocation.args)
    wanted = []
    for name in session.selected(invocation.args, dependencies=bool(options.include_deps)):
        service = session.project["services"][name]
        if service.get("build") and (options.ignore_buildable or not service.get("image")):
            continue
        if service.get("image"):
            wanted.append(name)
    show = session.printer("pull")
    if options.policy == "missing":
        from dockercompat.cli.composing.images import find

        for name in [each for each in wanted if find(session, each) is not None]:
            show.say(f"Image {names.image(session.project, name)}", "Skipped", "Image is already present locally")
            wanted.remove(name)
    session.apply(pull_steps(session.project, wanted, ignore_failures=bool(options.ignore_pull_failures)), "pull")


def push(invocation: Invocation) -> None:
    options = invocation.options
    session = Session(invocation, services=invocation.args)
    session.check_services(invocation.args)
    steps: dict[str, Step] = {}
    for name in session.selected(invocation.args, dependencies=bool(options.include_deps)):
        service = session.project["services"][name]
        if not service.get("build") or not service.get("image"):
            continue
        ref = names.image(session.project, name)
        steps[ref] = Step(f"push {ref}", "push", f"Image {ref}", ref, (), {"ignore_failures": bool(options.ignore_push_failures)})
    session.apply(steps.values(), "push")
