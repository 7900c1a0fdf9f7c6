"""The container of `docker compose run`: a service's, with what the command line says instead.

Source: docker/compose, pkg/compose/run.go.
"""

from __future__ import annotations

import os
import shlex

from dockercompat.cli.composing.settings import warn
from dockercompat.compose import names
from dockercompat.compose.body.container import Wanted, create_body
from dockercompat.compose.body.given import contents, ignored
from dockercompat.compose.plan import graph, refusals, resources
from dockercompat.errors import ClientError, DockerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dockercompat.cli.composing.session import Session


def make(session: Session, service: str, command: Sequence[str]) -> str:
    """Bring up what the service depends on, make a container of it, and return its id; in a dry run its name."""
    from dockercompat.cli.attaching import require_terminal
    from dockercompat.cli.composing import api_socket, images
    from dockercompat.cli.composing.preparing import prepared

    options = session.invocation.options
    for text in options.label:
        if "=" not in text:
            raise ClientError("label must be set as KEY=VALUE")
    refusals.check(session.project, [service])
    api_socket.lend(session, [service])
    needed = [] if options.no_deps else [name for name in session.selected([service]) if name != service]
    session.apply(prepared(session, needed, start=True))
    require_terminal(not options.no_tty, bool(options.interactive))
    project = _changed(session, service, command)
    image_id = images.ensure(session, [service])[service]
    mounted = images.ensure_mounted(session, [service])
    slug = os.urandom(6).hex()
    name = options.name or f"{session.name}-{service}-run-{slug}"
    made, _ = resources.plan(project, session.actual(), [project["services"][service]], session.hashes)
    session.apply(made)
    if session.dry:
        if options.detach:
            return name
        raise ClientError("interactive run is not supported in dry-run mode")
    waits = [] if options.no_deps else _waits(session, service)
    if waits:
        session.apply_quietly(waits)
    labels = {
        **session.labels,
        names.SERVICE: service,
        names.ONE_OFF: "True",
        names.SLUG: slug,
        names.HASH: session.hashes.get(f"services.{service}", ""),
        names.DEPENDS_ON: names.depends_on(project["services"][service]),
        names.IMAGE: image_id,
        names.NUMBER: "1",
    }
    containers = {each.service: each for each in session.containers()}
    body = create_body(
        Wanted(
            project=project,
            service=service,
            name=name,
            labels=labels,
            find=lambda other: containers[other].id if other in containers else f"{session.name}-{other}-1",
            containers=lambda other: [(each.name, each.number) for each in session.containers([other])],
            proxies=session.invocation.proxies(),
            mounted=mounted,
            one_off=True,
            aliases=bool(options.use_aliases),
        )
    )
    for text in ignored(project, project["services"][service]):
        warn(text)
    body["HostConfig"]["RestartPolicy"] = {"Name": "no", "MaximumRetryCount": 0}
    if options.rm and options.detach:
        body["HostConfig"]["AutoRemove"] = True
    session.invocation.join()
    platform = project["services"][service].get("platform") or ""
    container_id = str(session.door.create_container(body, name, platform)["Id"])
    from dockercompat.compose.apply.perform import give

    give(session.door, container_id, contents(project, service, session.environment))
    return container_id


def _waits(session: Session, service: str) -> list[Any]:
    """Waits for the dependencies of the service itself."""
    from dockercompat.compose.plan.waits import wait_for

    steps = []
    for other, each in graph.dependencies(session.project["services"][service]).items():
        if each["condition"] == graph.STARTED:
            continue
        steps += [wait_for(service, container.name, other, each) for container in session.containers([other])]
    return steps


def _changed(session: Session, name: str, command: Sequence[str]) -> dict[str, Any]:
    """The project with the service as the command line wants it."""
    options = session.invocation.options
    service = dict(session.project["services"][name])
    if command:
        service["command"] = list(command)
    if options.given("entrypoint"):
        service["entrypoint"] = shlex.split(options.entrypoint) or [""]
        if not command:
            service["command"] = []
    if not options.service_ports:
        service["ports"] = []
    if options.publish:
        service["ports"] = [*(service.get("ports") or ()), *_ports(options.publish)]
    environment = dict(service.get("environment") or {})
    for path in options.env_from_file:
        from dockercompat.spec import env

        try:
            environment.update(text.partition("=")[::2] for text in env.read_env_file(path, session.environ))
        except DockerError as error:
            raise ClientError(str(error)) from None
    for text in options.env:
        key, equals, value = text.partition("=")
        environment[key] = value if equals else session.environ.get(key)
    service["environment"] = environment
    for key, value in (("user", options.user), ("working_dir", options.workdir)):
        if value:
            service[key] = value
    if options.label:
        service["labels"] = {**(service.get("labels") or {}), **dict(text.partition("=")[::2] for text in options.label)}
    for key, added in (("cap_add", options.cap_add), ("cap_drop", options.cap_drop)):
        if added:
            service[key] = [*(service.get(key) or ()), *added]
    if options.volume:
        service["volumes"] = [*(service.get("volumes") or ()), *map(_volume, options.volume)]
    service.pop("container_name", None)
    service["stdin_open"] = bool(options.interactive)
    service["tty"] = not options.no_tty
    return {**session.project, "services": {**session.project["services"], name: service}}


def _ports(texts: Sequence[str]) -> list[dict[str, Any]]:
    from dockercompat.spec import port

    return [
        {"target": each.container_port, "protocol": each.protocol, "host_ip": each.host_ip, "published": each.host_port}
        for text in texts
        for each in port.parse_publish(text)
    ]


def _volume(text: str) -> dict[str, Any]:
    source, _, rest = text.partition(":")
    if not rest:
        return {"type": "volume", "target": source}
    target, _, mode = rest.partition(":")
    read_only = "ro" in mode.split(",")
    if source.startswith(("/", ".", "~")):
        path = os.path.abspath(os.path.expanduser(source))
        return {"type": "bind", "source": path, "target": target, "read_only": read_only, "bind": {"create_host_path": True}}
    if not source:
        raise ClientError(f"invalid spec: {text}: empty section between colons")
    return {"type": "volume", "source": source, "target": target, "read_only": read_only}
