"""`docker compose ps`, `ls`, `images`, `volumes`, `port`, `top`, `stats` and `events`."""

from __future__ import annotations

import sys

from dockercompat import json
from dockercompat.cli.composing.session import Session
from dockercompat.compose import names
from dockercompat.compose.actual import container_of
from dockercompat.compose.door import Door
from dockercompat.errors import ClientError, DockerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.compose.actual import Container

_STATES = ("paused", "restarting", "removing", "running", "dead", "created", "exited")


def containers(invocation: Invocation) -> None:
    from dockercompat.cli.listing import compose as listing

    options = invocation.options
    states = list(options.status)
    if options.filter:
        key, equals, value = options.filter.partition("=")
        if not equals:
            raise ClientError("arguments to --filter should be in form KEY=VAL")
        if key == "source":
            raise ClientError("unknown filter source")
        if key != "status":
            raise ClientError(f"unknown filter {key}")
        states.append(value)
    session = Session(invocation, services=invocation.args, needs_files=False)
    if invocation.args:
        session.check_services(invocation.args)
    found = _meant(session, states)
    if options.quiet:
        print("".join(f"{each.id}\n" for each in found), end="")
        return
    if options.services:
        print("\n".join(dict.fromkeys(each.service for each in found)))
        return
    rows = [_with_state(session, each) for each in found]
    chosen = options.format if options.format or not options.given("format") else invocation.config.get("psFormat", "")
    sys.stdout.write(listing.render(rows, format=chosen, no_trunc=bool(options.no_trunc)))


def _meant(session: Session, states: Iterable[str]) -> list[Container]:
    options = session.invocation.options
    wanted = set(states)
    found = []
    for each in session.actual().containers:
        if session.named and each.service not in session.named:
            continue
        if not options.orphans and each.service not in session.project["services"]:
            continue
        if wanted and each.state not in wanted:
            continue
        if not wanted and not options.all and not each.is_running:
            continue
        if each.one_off and not options.all:
            continue
        found.append(each)
    return sorted(found, key=lambda each: each.name)


def _with_state(session: Session, container: Container) -> dict[str, Any]:
    """A list's entry with what only inspect knows of it."""
    row = dict(container.summary)
    try:
        state = session.door.verb("container.inspect")(session.door.engine, container.id)["State"]
    except DockerError:
        return row
    row["ExitCode"] = (state.get("ExitCode") or 0) if container.state in ("exited", "dead") else 0
    row["Health"] = ((state.get("Health") or {}).get("Status") or "") if container.state == "running" else ""
    return row


def projects(invocation: Invocation) -> None:
    from dockercompat.cli.listing.table import table
    from dockercompat.spec.filter import parse

    options = invocation.options
    door = Door(invocation.engine, invocation.verb, remote=invocation.remote is not None)
    filters = parse(options.filter)
    try:
        filters.check(("name",))
    except DockerError as error:
        raise ClientError(str(error)) from None
    by_project: dict[str, list[Container]] = {}
    for each in map(container_of, door.containers([names.PROJECT])):
        if not each.one_off and (options.all or each.is_running):
            by_project.setdefault(each.labels[names.PROJECT], []).append(each)
    rows = [
        {"Name": name, "Status": _status(found), "ConfigFiles": _files(found)}
        for name, found in sorted(by_project.items())
        if filters.regex("name", name)
    ]
    if options.quiet:
        print("".join(f"{row['Name']}\n" for row in rows), end="")
    elif options.format == "json":
        print(json.dumps(rows, ensure_ascii=False, separators=(",", ":")))
    elif options.format in ("", "table"):
        sys.stdout.write(
            table(("NAME", "STATUS", "CONFIG FILES"), [(row["Name"], row["Status"], row["ConfigFiles"]) for row in rows], min_width=20)
        )
    else:
        raise ClientError(f'format value "{options.format}" could not be parsed: parsing failed')


def _status(found: list[Container]) -> str:
    """How many containers are in which state: "exited(1), running(2)"."""
    counts: dict[str, int] = {}
    for each in found:
        counts[each.state] = counts.get(each.state, 0) + 1
    return ", ".join(f"{state}({count})" for state, count in sorted(counts.items()))


def _files(found: list[Container]) -> str:
    return ",".join(dict.fromkeys(path for each in found for path in (each.labels.get(names.CONFIG_FILES) or "N/A").split(",")))


def images(invocation: Invocation) -> None:
    from dockercompat.cli.listing.compose import image_row
    from dockercompat.cli.listing.table import table
    from dockercompat.cli.listing.text import ago, short_id
    from dockercompat.spec import clock
    from dockercompat.spec.size import human_size

    options = invocation.options
    session = Session(invocation, services=invocation.args, needs_files=False)
    found = [each for each in session.containers(one_off=True) if not invocation.args or each.service in invocation.args]
    inspect = session.door.verb("image.inspect")
    known: dict[str, dict[str, Any]] = {}
    rows = []
    for each in sorted(found, key=lambda each: each.name):
        image_id = each.summary["ImageID"]
        try:
            image = known.setdefault(image_id, known.get(image_id) or inspect(session.door.engine, image_id))
        except DockerError:
            continue
        rows.append(image_row(each.name, image, whole_id=options.format == "json" or bool(options.quiet)))
    if options.quiet:
        print("".join(f"{each.removeprefix('sha256:')}\n" for each in dict.fromkeys(row["ID"] for row in rows)), end="")
    elif options.format == "json":
        print(json.dumps(rows or None, ensure_ascii=False, separators=(",", ":")) + "\n")
    elif options.format in ("", "table"):
        titles = ("CONTAINER", "REPOSITORY", "TAG", "PLATFORM", "IMAGE ID", "SIZE", "CREATED")
        lines = [
            (
                row["ContainerName"],
                row["Repository"],
                row["Tag"],
                row["Platform"],
                short_id(row["ID"]),
                human_size(row["Size"], 3),
                ago(clock.parse(row["LastTagTime"]) / 1e9) if row["LastTagTime"] else "N/A",
            )
            for row in rows
        ]
        sys.stdout.write(table(titles, lines, min_width=20))
    else:
        raise ClientError(f'format value "{options.format}" could not be parsed: parsing failed')


def volumes(invocation: Invocation) -> None:
    from dockercompat.cli.listing import volume as listing

    options = invocation.options
    session = Session(invocation, services=invocation.args, needs_files=False)
    session.check_services(invocation.args)
    rows = session.door.volumes([f"{names.PROJECT}={session.name}"])
    if invocation.args:
        mounted = {mount.get("Name") for each in session.containers(invocation.args) for mount in each.mounts}
        rows = [each for each in rows if each["Name"] in mounted]
    format = "" if options.format == "table" else options.format
    sys.stdout.write(listing.render(sorted(rows, key=lambda each: each["Name"]), format=format, quiet=bool(options.quiet)))


def port(invocation: Invocation) -> None:
    service, number = invocation.args[:2]
    if not number.isdigit():
        raise ClientError(f'strconv.ParseUint: parsing "{number}": invalid syntax')
    session = Session(invocation, services=[service], needs_files=False)
    container = session.one(service, invocation.options.index)
    protocol = invocation.options.protocol.lower()
    found = container.summary.get("Ports") or []
    for each in found:
        if each["PrivatePort"] == int(number) and each["Type"] == protocol and each.get("PublicPort"):
            host = f"[{each['IP']}]" if ":" in each["IP"] else each["IP"]
            print(f"{host}:{each['PublicPort']}")
            return
    shown = ", ".join(f"{each.get('PublicPort') or each['PrivatePort']}/{each['Type']}" for each in found)
    raise ClientError(f"no port {number}/{protocol} for container {container.name}: {shown}")


def top(invocation: Invocation) -> None:
    from dockercompat.cli.listing.table import table

    session = Session(invocation, services=invocation.args, needs_files=False)
    found = [each for each in session.containers(running=True) if not invocation.args or each.service in invocation.args]
    invocation.join()
    verb = session.door.verb("container.processes", "top")
    titles: list[str] = []
    rows: list[tuple[str, ...]] = []
    for each in found:
        body = verb(session.door.engine, each.id, [])
        titles = titles or body["Titles"]
        rows += [(each.service, str(each.number), *row) for row in body.get("Processes") or ()]
    if rows:
        sys.stdout.write(table(("SERVICE", "#", *titles), rows, min_width=4, padding=2))


def stats(invocation: Invocation) -> int:
    session = Session(invocation, services=invocation.args, needs_files=False)
    found = session.containers(invocation.args, running=not invocation.options.all)
    from dockercompat.cli.commands import container_run

    if not found:
        return 0
    return container_run.stats(session.as_command("container stats", [each.id for each in found], invocation.options))


def events(invocation: Invocation) -> None:
    from dockercompat.spec import clock
    from dockercompat.spec.filter import Filters

    options = invocation.options
    session = Session(invocation, services=invocation.args, needs_files=False)
    import time

    now_ns = time.time_ns()
    filters = Filters({"label": [session.label], "type": ["container"]})
    verb = session.door.verb("system.events", "events")
    since_ns, until_ns = (clock.timestamp(text, now_ns) if text else None for text in (options.since, options.until))
    for message in verb(session.door.engine, since_ns=since_ns, until_ns=until_ns, filters=filters):
        shown = _event(message, invocation.args, as_json=bool(options.json))
        if shown:
            print(shown, flush=True)


def _event(message: dict[str, Any], services: list[str], *, as_json: bool) -> str:
    """A line for an event of a service's container, "" for one that is not shown."""
    attributes = (message.get("Actor") or {}).get("Attributes") or {}
    service = attributes.get(names.SERVICE) or ""
    if (services and service not in services) or attributes.get(names.ONE_OFF) == "True":
        return ""
    from dockercompat.spec import clock

    moment = clock.format_local_ns(message["timeNano"])
    own = {key: value for key, value in sorted(attributes.items()) if not key.startswith("com.docker.compose.")}
    action, container = message["Action"], (message.get("Actor") or {}).get("ID") or ""
    if as_json:
        shown = {"action": action, "attributes": own, "id": container, "service": service, "time": moment, "type": "container"}
        return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    pairs = ", ".join(f"{key}={value}" for key, value in own.items())
    return f"{moment[:26].replace('T', ' ')} container {action} {container} ({pairs})\n"
