"""Images of services that are built: their `build` as bake's targets, built together.

Source: docker/compose, pkg/compose/build_bake.go; compose-spec, build.md.
"""

from __future__ import annotations

import os

from dockercompat import json
from dockercompat.compose import names
from dockercompat.errors import BakeFailed, ClientError
from dockercompat.spec.release import COMPOSE_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.build.bake.target import Group, Target
    from dockercompat.cli.composing.session import Session


def build(session: Session, services: Sequence[str], **asked: Any) -> None:
    """Build the images of services, and of the services whose images theirs are made of.

    asked   no_cache, pull, push, quiet, check, print (bool), arguments (dict), ssh, memory, builder, provenance, sbom, progress (text)
    Raises  ClientError for the first that fails
    """
    document = bake_document(session.project, services, session.environ, asked)
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if asked.get("print"):
        print(text)
        return
    from dockercompat.cli import builders

    remote = session.invocation.remote
    builder = builders.Store(session.environ).chosen(asked.get("builder") or "")
    if remote is not None:
        from dockercompat.cli.composing import building_there

        building_there.check(session.project, services, asked, remote.address.host)
        building_there.build(session, services, _read(session, text)[0], asked, remote)
        return
    from dockercompat.build.solving.report import Reporter
    from dockercompat.cli import baking, build_progress
    from dockercompat.cli.flags import Options
    from dockercompat.cli.surface.buildx import COMMANDS

    progress = "quiet" if asked.get("quiet") else asked.get("progress") or session.build_progress()
    display = build_progress.choose(progress, quiet=bool(asked.get("quiet")), classic=False, builder=builder.name)
    invocation = session.invocation
    command = next(each for each in COMMANDS if each.name == "buildx bake")
    bake_options = Options(command.flags)
    vars(bake_options)["allow"] = ["network.host", "security.insecure", "fs=*"]
    targets, groups = _read(session, text)
    baking.build(invocation.with_command(command, bake_options), targets, groups, display, Reporter(display.report), progress)
    if not any(map(asked.get, ("quiet", "check", "progress"))):  # who says how it is shown tells of the end itself
        for name in services:
            session.printer().say(names.image(session.project, name), "Built")


def pretend(session: Session, services: Sequence[str]) -> None:
    """Say what a dry run would have built."""
    import hashlib

    from dockercompat.cli.composing.events import DONE, Event

    show = session.printer("Building")
    for name in services:
        digest = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
        show.show(Event(f"{name} ==>", f"==> writing image dryRun-{digest}", state=DONE))
        show.show(Event(f"{name} ==>", f"==> naming to {names.image(session.project, name)}", state=DONE))
        show.say(name, "Built")


def _read(session: Session, text: str) -> tuple[dict[str, Target], Mapping[str, Group]]:
    """What a definition says. Raises ClientError."""
    from dockercompat.build.bake import read, show

    try:
        config = read.parse_files([read.File("compose.json", text)], {"BAKE_CMD_CONTEXT": "cwd://"}, session.environ, os.getcwd())
        targets, groups = read.read_targets(config, ["default"], [], session.environ)
        show.finish(targets, session.environ, "")
        show.check(targets, session.environ)
    except BakeFailed as error:
        raise ClientError(f"ERROR: {error}") from None
    return targets, groups


def bake_document(
    project: Mapping[str, Any], services: Sequence[str], environ: Mapping[str, str], asked: Mapping[str, Any]
) -> dict[str, Any]:
    """Bake's definition of services' builds: a group of those that are meant, a target for each and for those that they need."""
    wanted = [name for name in services if project["services"][name].get("build")]
    made: dict[str, Any] = {}

    def add(name: str) -> None:
        if name in made:
            return
        made[name] = _target(project, name, environ, asked)
        for place in (project["services"][name]["build"].get("additional_contexts") or {}).values():
            if str(place).startswith("service:"):
                other = str(place).removeprefix("service:")
                if other not in project["services"]:
                    raise ClientError(f'service "{name}" declares unknown service "{other}" as additional contexts {other}')
                add(other)

    for name in wanted:
        add(name)
    key = {name: target_name(name) for name in made}
    return {"group": {"default": {"targets": [key[name] for name in wanted]}}, "target": {key[name]: made[name] for name in made}}


def target_name(service: str) -> str:
    """What a service's build is called in a definition."""
    return service.replace(".", "_")


def _target(project: Mapping[str, Any], name: str, environ: Mapping[str, str], asked: Mapping[str, Any]) -> dict[str, Any]:
    service = project["services"][name]
    build = service["build"]
    target: dict[str, Any] = {"context": build.get("context") or "."}
    if build.get("dockerfile_inline"):
        target["dockerfile-inline"] = build["dockerfile_inline"]
    elif build.get("dockerfile"):
        target["dockerfile"] = _dockerfile(target["context"], build["dockerfile"])
    contexts = {
        key: f"target:{target_name(str(place).removeprefix('service:'))}" if str(place).startswith("service:") else str(place)
        for key, place in (build.get("additional_contexts") or {}).items()
    }
    if contexts:
        target["contexts"] = contexts
    arguments = {**(build.get("args") or {}), **(asked.get("arguments") or {})}
    found = {key: environ.get(key) if value is None else str(value) for key, value in arguments.items()}
    target |= {"args": given} if (given := {key: value for key, value in found.items() if value is not None}) else {}
    labels = {names.PROJECT: project["name"], names.SERVICE: name, names.VERSION: COMPOSE_VERSION}
    target["labels"] = {**{key: str(value) for key, value in (build.get("labels") or {}).items()}, **labels}
    target["tags"] = list(dict.fromkeys([*(build.get("tags") or ()), names.image(project, name)]))
    entitlements = [*(build.get("entitlements") or ()), *(["security.insecure"] if build.get("privileged") else ())]
    platforms = build.get("platforms") or ([service["platform"]] if service.get("platform") else [])
    pushed = asked.get("push") and service.get("image")
    fields: dict[str, Any] = {
        "cache-from": _list(build.get("cache_from")),
        "cache-to": _list(build.get("cache_to")),
        "target": build.get("target"),
        "secret": [_secret(project, each) for each in build.get("secrets") or ()],
        "ssh": _ssh(build.get("ssh"), asked.get("ssh") or ""),
        "platforms": list(platforms),
        "pull": bool(build.get("pull") or asked.get("pull")),
        "no-cache": bool(build.get("no_cache") or asked.get("no_cache")),
        "no-cache-filter": _list(build.get("no_cache_filter")),
        "network": build.get("network"),
        "shm-size": str(build["shm_size"]) if build.get("shm_size") else "",
        "ulimits": [_ulimit(key, value) for key, value in (build.get("ulimits") or {}).items()],
        "entitlements": entitlements,
        "extra-hosts": dict(text.split("=", 1) for text in build.get("extra_hosts") or ()),
        "call": "lint" if asked.get("check") else "",
        "output": [] if asked.get("check") else ["type=registry" if pushed else "type=docker"],
    }
    target |= {key: value for key, value in fields.items() if value}
    for key in ("provenance", "sbom"):
        value = asked.get(key) or build.get(key)
        if value:
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            target.setdefault("attest", []).append(
                f"type={key}" if shown == "true" else f"type={key},{'disabled=true' if shown == 'false' else shown}"
            )
    return target


def _ulimit(name: str, value: Any) -> str:
    return f"{name}={value['soft']}:{value['hard']}" if isinstance(value, dict) else f"{name}={value}"


def _secret(project: Mapping[str, Any], reference: Mapping[str, Any]) -> str:
    source = (project.get("secrets") or {}).get(reference["source"]) or {}
    target = str(reference.get("target") or reference["source"]).removeprefix("/run/secrets/")
    if source.get("environment"):
        return f"id={target},type=env,env={source['environment']}"
    return f"id={target},type=file,src={source.get('file') or ''}"


def _ssh(value: Any, asked: str) -> list[str]:
    found = (
        [str(each) for each in value or ()]
        if not isinstance(value, dict)
        else [f"{key}={path}" if path else key for key, path in value.items()]
    )
    found = [text if "=" in text else f"{text}=" for text in found]
    return list(dict.fromkeys([*found, asked if "=" in asked else f"{asked}="])) if asked else found


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _dockerfile(context: str, name: str) -> str:
    """Where a Dockerfile is: below a context that is a directory, as it is in another one."""
    return name if "://" in context or context.startswith("git@") else os.path.join(context, name)
