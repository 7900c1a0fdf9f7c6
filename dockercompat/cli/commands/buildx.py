"""Handlers of `docker buildx` about builders. There is one, the engine's own, `default`; other names mean it, too."""

from __future__ import annotations

import os
import sys

from dockercompat.cli import asking
from dockercompat.cli.builders import DEFAULT, Builder, Node, Store, check_name, given, is_name, platforms, shortened
from dockercompat.errors import ClientError, DockerError, sentence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.cli.invocation import Invocation
    from dockercompat.cli.listing.table import Noun

_FLAGS = "--allow-insecure-entitlement=network.host"


def list(invocation: Invocation) -> None:
    from dockercompat.cli.listing.table import render, table

    store = Store(invocation.environ)
    form = invocation.options.format
    current = store.current()
    whole = bool(invocation.options.no_trunc)
    if form == "json" or form.replace(" ", "") == "{{json.}}":
        from dockercompat.cli.listing.json_line import dump

        for builder in store.all():
            line = dump(_document(builder, current)) + "\n"
            sys.stdout.write(line if form == "json" else line * (1 + len(builder.nodes)))
        return
    shown = form in ("", "table")
    rows: Any = []
    for builder in store.all():
        mark = "*" if builder.name == current and form.startswith("table") else ""
        rows.append((f"{builder.name}{mark}", builder.driver, "", "", "", builder.last_used, ""))
        for node in builder.nodes:
            name, endpoint = node.name, node.endpoint
            if form.startswith("table") or shown:
                name, endpoint = rf" \_ {name}", rf" \_ {endpoint}"
            names = _platforms_of(node)
            text = shortened(names) if shown and not whole else ", ".join(names)
            rows.append((name, endpoint, "running", _version(), text, "", ""))
    if shown:
        sys.stdout.write(table(("NAME/NODE", "DRIVER/ENDPOINT", "STATUS", "BUILDKIT", "PLATFORMS"), [row[:5] for row in rows]))
        return
    sys.stdout.write(render(_noun(), rows, form))


def _noun() -> Noun:
    from dockercompat.cli.listing.table import Noun

    return Noun(
        go_type="*commands.lsContext",
        fields={
            "Name": lambda row: row[0],
            "DriverEndpoint": lambda row: row[1],
            "Status": lambda row: row[2],
            "Buildkit": lambda row: row[3],
            "Platforms": lambda row: row[4],
            "LastActivity": lambda row: row[5],
            "Error": lambda row: row[6],
        },
        titles={
            "Name": "NAME/NODE",
            "DriverEndpoint": "DRIVER/ENDPOINT",
            "LastActivity": "LAST ACTIVITY",
            "Status": "STATUS",
            "Buildkit": "BUILDKIT",
            "Platforms": "PLATFORMS",
            "Error": "ERROR",
        },
    )


def _document(builder: Builder, current: str) -> dict[str, Any]:
    return {
        "Current": builder.name == current,
        "Driver": builder.driver,
        "Dynamic": False,
        "LastActivity": builder.last_used or "0001-01-01T00:00:00Z",
        "Name": builder.name,
        "Nodes": [
            {
                "Endpoint": node.endpoint,
                **({"Flags": [*node.flags]} if node.flags else {}),
                "Name": node.name,
                "Platforms": [*_platforms_of(node)],
                "Status": "running",
                "Version": _version(),
            }
            for node in builder.nodes
        ],
    }


def _version() -> str:
    from dockercompat import __version__

    return f"v{__version__}"


def _platforms_of(node: Node) -> tuple[str, ...]:
    """Those that were asked for, with a star, before those that there are."""
    own = platforms()
    return (*(f"{name}*" for name in node.platforms), *(name for name in own if name not in node.platforms))


def inspect(invocation: Invocation) -> None:
    store = Store(invocation.environ)
    builder = store.chosen(invocation.args[0] if invocation.args else given(invocation))
    rows = [("Name", builder.name), ("Driver", builder.driver)]
    if builder.last_used:
        rows.append(("Last Activity", f"{builder.last_used[:10]} {builder.last_used[11:19]} +0000 UTC"))
    _rows(rows)
    print("\nNodes:")
    for number, node in enumerate(builder.nodes):
        if number:
            print()
        rows = [("Name", node.name), ("Endpoint", node.endpoint)]
        if node.driver_options:
            rows.append(("Driver Options", " ".join(f'{key}="{value}"' for key, value in node.driver_options)))
        rows.append(("Status", "running"))
        if node.flags:
            rows.append(("BuildKit daemon flags", " ".join(node.flags)))
        rows += [("BuildKit version", _version()), ("Platforms", ", ".join(_platforms_of(node)))]
        _rows(rows)


def _rows(rows: Any) -> None:
    width = max(len(key) for key, _ in rows) + 2
    for key, value in rows:
        print(f"{key + ':':<{width}}{value}")


def use(invocation: Invocation) -> None:
    store = Store(invocation.environ)
    name = invocation.args[0] if invocation.args else ""
    if name != DEFAULT and store.find(name) is None:
        if not is_name(name):
            why = f"invalid name {name}, name needs to start with a letter and may not contain symbols, except ._-"
        else:
            why = f"open {os.path.join(store.dir, 'instances', name.lower())}: no such file or directory"
        raise ClientError(f'ERROR: failed to find instance "{name}": {why}')
    store.use(name, everywhere=bool(getattr(invocation.options, "global")))


def stop(invocation: Invocation) -> None:
    """Nothing stops: no builder here has a process of its own."""
    Store(invocation.environ).chosen(invocation.args[0] if invocation.args else given(invocation))


def create(invocation: Invocation) -> None:
    options = invocation.options
    store = Store(invocation.environ)
    if options.name:
        check_name(options.name)
    if options.append and not options.name:
        raise ClientError("ERROR: append requires a builder name")
    if options.leave and not options.node:
        raise ClientError("ERROR: leave requires node name")
    name = options.name or _free_name(store)
    found = store.find(name)
    if found is None and (options.append or options.leave):
        raise ClientError(f'ERROR: failed to find instance "{name}" for {"append" if options.append else "leave"}')
    if found is not None and not (options.append or options.leave or options.node):
        raise ClientError(
            f'ERROR: existing instance for "{name}" but no append mode, specify the node name to make changes for existing instances'
        )
    if found is not None and options.leave:
        store.save(_left(found, options.node))
        print(name)
        return
    driver = _driver(options.driver or (found.driver if found is not None else ""), invocation, name)
    node = _node(invocation, name, found)
    if found is not None:
        if options.append:
            raise ClientError(f"ERROR: invalid duplicate endpoint {node.endpoint}")
        if all(each.name != options.node for each in found.nodes):
            raise ClientError(f"ERROR: node {options.node} not found, did you mean to append?")
        print("WARNING: new settings may not be used until builder is restarted", file=sys.stderr)
        nodes = tuple(node if each.name == options.node else each for each in found.nodes)
        store.save(found.replace(nodes=nodes))
    else:
        store.save(Builder(name, driver, (node,)))
    if options.use:
        store.use(name)
    print(name)


def _free_name(store: Store) -> str:
    from dockercompat.engine.container.names import random_name

    for attempt in range(100):
        name = random_name(attempt)
        if store.find(name) is None:
            return name
    raise ClientError("ERROR: could not generate a name for the builder")


def _left(builder: Builder, node: str) -> Builder:
    nodes = tuple(each for each in builder.nodes if each.name != node)
    if len(nodes) == len(builder.nodes):
        raise ClientError(f'ERROR: node "{node}" not found for {builder.name}')
    if not nodes:
        raise ClientError("ERROR: can not leave last node, do you want to rm instance instead?")
    return builder.replace(nodes=nodes)


def _driver(asked: str, invocation: Invocation, name: str) -> str:
    """The driver that is shown. Raises ClientError for one that can't be had."""
    if asked == "docker":
        raise ClientError('ERROR: additional instances of driver "docker" cannot be created')
    if asked == "remote" and not invocation.args:
        raise ClientError("ERROR: no remote endpoint provided")
    if asked in ("remote", "kubernetes"):
        why = f'the driver "{asked}" builds on another machine, and every builder here is the engine\'s own'
        raise ClientError(f"ERROR: failed to initialize builder {name} ({name.lower()}0): {why}")
    if asked not in ("", "docker-container"):
        raise ClientError(f'ERROR: failed to find driver "{asked}"')
    return asked or "docker-container"


def _node(invocation: Invocation, name: str, found: Builder | None) -> Node:
    from dockercompat.spec import platform

    options = invocation.options
    if options.buildkitd_config and not os.path.exists(options.buildkitd_config):
        try:
            os.stat(options.buildkitd_config)
        except OSError as error:
            raise ClientError(f"ERROR: buildkit configuration file not found: {options.buildkitd_config}: stat {sentence(error)}") from None
    settings = []
    for text in options.driver_opt:
        for part in text.split(","):
            key, equals, value = part.partition("=")
            if not equals:
                raise ClientError(f'ERROR: invalid value "{part}", expecting k=v')
            settings.append((key, value))
    wanted = []
    for text in options.platform:
        for word in text.split(","):
            try:
                wanted.append(str(platform.parse(word.strip())))
            except DockerError as error:
                raise ClientError(f"ERROR: {error}") from None
    endpoint = Store(invocation.environ).endpoint
    if invocation.args and invocation.args[0] != endpoint:
        endpoint = _endpoint(invocation, name)
    node = options.node or f"{name.lower()}{len(found.nodes) if found is not None else 0}"
    flags = tuple(options.buildkitd_flags.split())
    return Node(node, endpoint, tuple(dict.fromkeys(wanted)), tuple(settings), flags if _FLAGS in flags else (*flags, _FLAGS))


def _endpoint(invocation: Invocation, name: str) -> str:
    """A context of this machine, or its socket. Raises ClientError for one elsewhere."""
    from dockercompat.cli import contexts

    asked = invocation.args[0]
    if asked.startswith("unix://") or asked == contexts.DEFAULT:
        return asked
    try:
        host = contexts.Store(invocation.environ).load(asked).host
    except DockerError:
        host = asked
    if host.startswith("unix://"):
        return asked
    why = f"{host} is on another machine, and every builder here is the engine's own"
    raise ClientError(f"ERROR: failed to initialize builder {name} ({name.lower()}0): {why}")


def remove(invocation: Invocation) -> None:
    options = invocation.options
    store = Store(invocation.environ)
    if options.all_inactive:
        if invocation.args:
            raise ClientError("ERROR: cannot specify builder name when --all-inactive is set")
        if not options.force:
            what = "all builders that are not in running state"
            asking.confirm(f"WARNING! This will remove {what}. Are you sure you want to continue?")
        return  # a builder here is always running
    failed = False
    for name in invocation.args or [given(invocation) or invocation.environ.get("BUILDX_BUILDER") or store.current()]:
        shown = name if invocation.args else given(invocation)
        found = store.find(name)
        if name == DEFAULT:
            why = f"context builder cannot be removed, run `docker context rm {name}` to remove this context"
            print(f"failed to remove {shown}: {why}", file=sys.stderr)
            failed = True
        elif found is None:
            print(f'failed to remove {shown}: no builder "{name}" found', file=sys.stderr)
            failed = True
        else:
            store.remove(name)
            print(f"{shown} removed", file=sys.stderr)
    if failed:
        raise ClientError("ERROR: failed to remove one or more builders")


def install(invocation: Invocation) -> None:
    """`docker builder` means buildx here whether that is said or not."""
    _set_alias(invocation, on=True)


def uninstall(invocation: Invocation) -> None:
    _set_alias(invocation, on=False)


def _set_alias(invocation: Invocation, *, on: bool) -> None:
    """Write what buildx writes into config.json, so that docker's own client finds it."""
    from dockercompat import json
    from dockercompat.cli import config_file

    path = config_file.path(invocation.environ)
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except FileNotFoundError:
        document = {}
    except (OSError, ValueError) as error:
        raise ClientError(f"ERROR: loading config file: {path}: {error}") from None
    aliases = {key: value for key, value in (document.pop("aliases", None) or {}).items() if key != "builder"}
    if on:
        aliases["builder"] = "buildx"
    if aliases:
        document["aliases"] = aliases
    config_file.save(invocation.environ, document)
