"""Handlers of what makes, shows and changes containers: create, ps, inspect, rename, update, port."""

from __future__ import annotations

import sys

from dockercompat.errors import ClientError, DockerError, InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.cli.invocation import Invocation


def create(invocation: Invocation) -> None:
    from dockercompat.cli.creating import create_container

    invocation.join()
    print(create_container(invocation))


def list(invocation: Invocation) -> None:
    from dockercompat.cli.listing import container as listing

    verb = invocation.verb("container.list")
    from dockercompat.spec import filter as filters

    options = invocation.options
    format = options.format or ("" if options.quiet else invocation.config.get("psFormat", ""))
    if options.quiet and options.format:
        print(listing.QUIET_IGNORES_FORMAT, file=sys.stderr)
    needed = listing.needs_size(options.format or invocation.config.get("psFormat", ""))
    size = bool(options.size) or (needed and not options.quiet and not options.given("size"))
    if size:
        invocation.join()
    limit = 1 if options.latest and options.last == -1 else int(options.last)
    rows = verb(invocation.engine, filters.parse(options.filter), all=bool(options.all), limit=limit, size=size)
    sys.stdout.write(
        listing.render(rows, format=format, quiet=bool(options.quiet), no_trunc=bool(options.no_trunc), size=bool(options.size))
    )


def inspect(invocation: Invocation) -> int:
    from dockercompat.cli.inspecting import inspect_many

    verb = invocation.verb("container.inspect")

    options = invocation.options
    if options.size:
        invocation.join()
    return inspect_many(
        invocation.args, lambda ref: verb(invocation.engine, ref, size=bool(options.size)), options.format, kind="container"
    )


def rename(invocation: Invocation) -> None:
    verb = invocation.verb("container.rename")

    old, new = (text.strip() for text in invocation.args)
    if not old or not new:
        raise ClientError("Error: Neither old nor new names may be empty")
    try:
        verb(invocation.engine, old, new)
    except DockerError as error:
        print(error.line, file=sys.stderr)
        raise ClientError(f"Error: failed to rename container named {old}") from None


def update(invocation: Invocation) -> None:
    from dockercompat.cli.run_options import resources

    verb = invocation.verb("container.update")
    from dockercompat.spec.option import parse_cpus, parse_restart_policy

    options = invocation.options
    if not any(options.given(flag.name) for flag in invocation.command.flags):
        raise ClientError("you must provide one or more flags when using this command")
    if options.cpus:
        try:
            parse_cpus(options.cpus)
        except InvalidParameter as error:
            raise invocation.invalid_flag("cpus", options.cpus, str(error)) from None
    try:
        policy = parse_restart_policy(options.restart)
    except InvalidParameter as error:
        raise ClientError(str(error)) from None
    changes = {**resources(options), "RestartPolicy": policy}
    warnings: Any = []
    failures = []
    for ref in invocation.args:
        try:
            warnings += verb(invocation.engine, ref, dict(changes))["Warnings"] or ()
            print(ref)
        except DockerError as error:
            failures.append(error.line)
    if warnings:
        print("\n".join(warnings))
    if failures:
        raise ClientError("\n".join(failures))


def port(invocation: Invocation) -> None:
    from dockercompat.cli.listing import port as listing

    published = invocation.verb("container.port", "published")
    from dockercompat.spec.port import parse_wanted

    ref = invocation.args[0]
    found = published(invocation.engine, ref)
    if len(invocation.args) == 1 or not invocation.args[1]:
        sys.stdout.write(listing.render(found))
        return
    wanted = invocation.args[1]
    try:
        bindings = found.get(parse_wanted(wanted))
    except InvalidParameter as error:
        raise ClientError(f"Error: {error}") from None
    if not bindings:
        raise ClientError(f"Error: No public port '{wanted}' published for {ref}")
    for each in sorted(map(listing.address, bindings)):
        print(each)
