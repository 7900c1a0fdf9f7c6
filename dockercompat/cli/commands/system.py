"""Handlers of `docker system`, `version`, `inspect` and what is ours: doctor and reset."""

from __future__ import annotations

import os
import sys
import time

from dockercompat.cli import contexts, endpoint
from dockercompat.cli.asking import confirm
from dockercompat.errors import ClientError, DockerError, InvalidParameter, NoSuchObject, NotConnected, NotFound, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.spec.filter import Filters

    Verb = Callable[[str], dict[str, Any]]


def version(invocation: Invocation) -> None:
    from dockercompat.cli.listing import versions as listing

    verb = invocation.verbs("system.version")

    problem: DockerError | None = None
    server: dict[str, Any] | None = None
    try:
        if invocation.environ.get("DOCKER_API_VERSION") and (text := endpoint.version_problem(invocation.environ)):
            raise InvalidParameter(text)
        server = verb.version(invocation.engine)
        for component in server["Components"]:
            if component["Name"] == "Engine":
                component["Details"]["BuildTime"] = _built(component["Details"]["BuildTime"])
    except DockerError as error:
        problem = error
    client = {
        **_client(invocation),
        "ApiVersion": (invocation.remote and invocation.remote.version) or endpoint.client_version(invocation.environ),
    }
    if invocation.options.format:
        from dockercompat.cli.inspecting import format_document

        document = {"Client": client, "Server": server}
        try:
            sys.stdout.write(format_document(document, invocation.options.format, kind="version"))
        except ClientError:
            if not problem:
                raise
    else:
        print("\n".join(listing.version_lines(client, server)), flush=True)
    if problem:
        raise problem


def _client(invocation: Invocation) -> dict[str, Any]:
    """What `version` and `info` both say of this program."""
    from dockercompat.engine.system import version as verb
    from dockercompat.spec import release

    return {
        "Version": release.DOCKER_VERSION,
        "DefaultAPIVersion": release.API_VERSION,
        "GitCommit": release.COMMIT,
        "GoVersion": verb.go_version(),
        "Os": "linux",
        "Arch": verb.architecture(),
        "BuildTime": _built(verb.built()),
        "Context": contexts.current(invocation.environ),
    }


def _built(text: str) -> str:
    """A build time as the text form shows it: Fri May 30 12:07:14 2025."""
    from datetime import datetime  # time.strptime would load the locale and a calendar

    return datetime.fromisoformat(text[:19]).strftime("%a %b %e %H:%M:%S %Y")


def info(invocation: Invocation) -> None:
    from dockercompat.cli import plugins
    from dockercompat.cli.listing import versions as listing

    verb = invocation.verbs("system.info")
    problem: DockerError | None = None
    found: dict[str, Any] | None = None
    try:
        found = verb.info(invocation.engine)
    except DockerError as error:
        problem = error
    client: dict[str, Any] = {
        "Debug": invocation.debug,
        **_client(invocation),
        "Plugins": [plugin.to_json() for plugin in plugins.installed(invocation.environ)],
        "Warnings": None,
    }
    if invocation.options.format:
        from dockercompat.cli.inspecting import format_document

        document = found or {"ServerErrors": [str(problem)]}
        sys.stdout.write(format_document({**document, "ClientInfo": client}, invocation.options.format, kind="info"))
        if problem is not None:
            raise ClientError(str(problem))
        return
    lines = listing.info_lines(found, client)
    print("\n".join(lines[: lines.index("")]), flush=True)
    for plugin in client["Plugins"]:
        if "Err" in plugin:
            print(f'WARNING: Plugin "{plugin["Path"]}" is not valid: {plugin["Err"]}', file=sys.stderr, flush=True)
    print("\n".join(lines[lines.index("") :]), flush=True)
    if isinstance(problem, NotConnected):
        raise problem
    if problem is not None:
        raise ClientError(f"ERROR: {problem.line}\nerrors pretty printing info")
    for warning in (found or {}).get("Warnings") or ():
        print(warning, file=sys.stderr)


def events(invocation: Invocation) -> None:
    from dockercompat.cli import output
    from dockercompat.cli.listing.events import formatter

    verb = invocation.verbs("system.events")
    from dockercompat.spec import clock
    from dockercompat.spec.filter import parse

    options = invocation.options
    now_ns = time.time_ns()
    moments: dict[str, int | None] = {}
    for name in ("since", "until"):
        text = getattr(options, name)
        try:
            moments[name] = clock.timestamp(text, now_ns) if text else None
        except ValueError as error:
            raise ClientError(str(error)) from None
    line = formatter(options.format)
    since_ns, until_ns = moments["since"], moments["until"]
    if since_ns is not None and until_ns is not None and until_ns < since_ns:
        since, until = (_sent(getattr(options, name), moments[name] or 0) for name in ("since", "until"))
        raise InvalidParameter(f"`since` time ({since}) cannot be after `until` time ({until})")
    for message in verb.events(invocation.engine, since_ns=since_ns, until_ns=until_ns, filters=parse(options.filter)):
        print(line(message), flush=True)
        if options.format and output.failure():
            return


def _sent(text: str, moment_ns: int) -> str:
    """A moment as docker's client hands it on: as it was given when it was seconds, whole seconds of a duration, a date with decimals."""
    from dockercompat.spec import duration

    seconds, _, decimals = text.partition(".")
    if seconds.isdigit() and (not decimals or decimals.isdigit()):
        return text
    try:
        duration.parse(text)
    except ValueError:
        return f"{moment_ns // 10**9}.{moment_ns % 10**9:09d}"
    return str(moment_ns // 10**9)


def df(invocation: Invocation) -> None:
    from dockercompat.cli.listing import df as listing

    verb = invocation.verbs("system.df")

    options = invocation.options
    invocation.join()
    sys.stdout.write(listing.render(verb.df(invocation.engine), format=options.format, verbose=bool(options.verbose)))


def prune(invocation: Invocation) -> int | None:
    """Containers, networks, volumes when asked, images and build cache, in docker's order, each reported as its own prune does."""
    from dockercompat.cli.config_file import prune_filters
    from dockercompat.spec.filter import parse

    options = invocation.options
    filters = prune_filters(invocation.config, options.filter)
    if options.volumes and "until" in parse(options.filter):
        raise ClientError('ERROR: The "until" filter is not supported with "--volumes"')
    if not options.force and not confirm(_prune_warning(invocation, filters)):
        return 0
    invocation.join()
    reclaimed = 0
    for verb in _prunes(invocation, filters):
        bytes_freed, text = verb()
        reclaimed += bytes_freed
        if text:
            print(text)
    from dockercompat.spec.size import human_size

    print(f"Total reclaimed space: {human_size(reclaimed)}")
    return 0


def _prune_warning(invocation: Invocation, filters: Filters) -> str:
    options = invocation.options
    items = ["all stopped containers", "all networks not used by at least one container"]
    if options.volumes:
        items.append("all anonymous volumes not used by at least one container")
    items.append("all images without at least one container associated to them" if options.all else "all dangling images")
    items.append("all build cache" if options.all else "unused build cache")
    text = "WARNING! This will remove:\n" + "".join(f"  - {item}\n" for item in items)
    given = sorted(f"{name}={value}" for name in ("label", "label!", "until") for value in filters.get(name))
    if given:
        text += "\n  Items to be pruned will be filtered with:\n" + "".join(f"  - {item}\n" for item in given)
    return text + "\nAre you sure you want to continue?"


def _prunes(invocation: Invocation, filters: Filters) -> list[Callable[[], tuple[int, str]]]:
    cache = invocation.verbs("build.prune")
    prune_containers = invocation.verb("container.prune")
    prune_images = invocation.verb("image.prune")
    prune_networks = invocation.verb("network.remove", "prune")
    prune_volumes = invocation.verb("volume.prune")
    from dockercompat.spec.filter import Filters

    engine, everything = invocation.engine, bool(invocation.options.all)

    def containers() -> tuple[int, str]:
        answer = prune_containers(engine, filters)
        return answer["SpaceReclaimed"], _block("Deleted Containers:", answer["ContainersDeleted"])

    def networks() -> tuple[int, str]:
        return 0, _block("Deleted Networks:", prune_networks(engine, filters)["NetworksDeleted"])

    def volumes() -> tuple[int, str]:
        answer = prune_volumes(engine, filters)
        return answer["SpaceReclaimed"], _block("Deleted Volumes:", answer["VolumesDeleted"])

    def images() -> tuple[int, str]:
        answer = prune_images(engine, Filters({**filters.values, **({"dangling": ["false"]} if everything else {})}))
        lines = [f"{kind.lower()}: {name}" for each in answer["ImagesDeleted"] or () for kind, name in each.items()]
        return answer["SpaceReclaimed"], _block("Deleted Images:", lines)

    def build_cache() -> tuple[int, str]:
        pruned = cache.prune(engine, everything=everything, filters=filters)
        return pruned.freed_bytes, _block("Deleted build cache objects:", [entry.id for entry in pruned.entries])

    return [containers, networks, *([volumes] if invocation.options.volumes else []), images, build_cache]


def _block(title: str, lines: list[str] | None) -> str:
    return "".join(f"{line}\n" for line in (title, *lines)) if lines else ""


def inspect(invocation: Invocation) -> int:
    """Whatever a name is: a container, an image, a network or a volume, in that order; with --type of that kind alone."""
    from dockercompat.cli.inspecting import inspect_many, parse_template

    options = invocation.options
    kind = options.type
    if (options.given("type") or kind) and kind not in _TYPES:
        problem = f'unknown type: "{kind}"' if kind else "type is empty"
        raise ClientError(f"{problem}: must be one of " + ", ".join(f'"{each}"' for each in _TYPES))
    if options.format not in ("", "json"):
        parse_template(options.format)
    verbs = _inspections(invocation)

    def look(ref: str) -> tuple[str, dict[str, Any]]:
        found, document = _look(ref, kind, verbs)
        if options.size and found != "container":
            print("WARNING: --size ignored for", found, file=sys.stderr, flush=True)
        return found, document

    return inspect_many(invocation.args, look, options.format)


_TYPES = ("config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume")


def _look(ref: str, kind: str, verbs: dict[str, Verb]) -> tuple[str, dict[str, Any]]:
    if kind:
        if kind == "plugin":
            raise NotFound(f'plugin "{ref}" not found')
        if kind not in verbs:
            from dockercompat.cli.surface.node import NOT_A_MANAGER

            raise Unavailable(NOT_A_MANAGER)
        return kind, verbs[kind](ref)
    if not ref:
        raise ClientError("invalid container name or ID: value is empty")
    for each, verb in verbs.items():
        try:
            return each, verb(ref)
        except DockerError as error:
            if not isinstance(error, NotFound) and error.http_status not in (400, 404):
                raise
    raise NoSuchObject(ref)


def _inspections(invocation: Invocation) -> dict[str, Verb]:
    from dockercompat.cli.commands.image import document as image
    from dockercompat.cli.commands.network import document as network
    from dockercompat.cli.commands.volume import document as volume

    container = invocation.verb("container.inspect")

    engine = invocation.engine
    if invocation.options.size:
        invocation.join()
    return {
        "container": lambda ref: container(engine, ref, size=bool(invocation.options.size)),
        "image": lambda ref: image(invocation, ref),
        "network": lambda ref: network(invocation, ref),
        "volume": lambda ref: volume(invocation, ref),
    }


def doctor(invocation: Invocation) -> int:
    """Print what was looked at, a line each, and under what is not in order the command that mends it; 1 when containers can't run."""
    verb = invocation.verbs("system.doctor")
    from dockercompat.host.probe import FAIL, OK

    colours = {"ok": "\033[32mok  \033[0m", "note": "\033[33mnote\033[0m", "fail": "\033[31mFAIL\033[0m"}
    plain = {"ok": "ok  ", "note": "note", "fail": "FAIL"}
    words = colours if sys.stdout.isatty() and "NO_COLOR" not in os.environ else plain
    failed = noted = 0
    for check in verb.doctor(invocation.engine):
        failed += check.state == FAIL
        noted += check.state not in (OK, FAIL)
        if invocation.options.quiet and check.state == OK:
            continue
        print(f"{words[check.state]}  {check.name}: {check.detail}")
        if check.remedy:
            print(f"      mend it with: {check.remedy}")
    if failed:
        print(f"{failed} thing{'s' * (failed != 1)} to mend before containers run here")
    elif not invocation.options.quiet:
        print(f"Containers run here{f'; {noted} thing' + 's' * (noted != 1) + ' could be better' if noted else ''}")
    return 1 if failed else 0


def reset(invocation: Invocation) -> int | None:
    verb = invocation.verbs("system.reset")

    warning = (
        "WARNING! This will remove:\n  - all containers\n  - all images\n  - all networks\n  - all volumes\n  - all build cache\n"
        f"of {invocation.engine.paths.data_dir}\n\nAre you sure you want to continue?"
    )
    if not invocation.options.force and not confirm(warning):
        return 0
    verb.reset(invocation.engine)
    return 0
