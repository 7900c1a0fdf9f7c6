"""Handlers of `docker service`: the answers of an engine outside a swarm, after docker's own checks."""

from __future__ import annotations

import os

from dockercompat.cli import swarm_answers
from dockercompat.errors import ClientError, InvalidParameter, NotASwarmManager, NotFound
from dockercompat.spec import env, option, swarm
from dockercompat.spec.number import parse_uint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.flags import Options
    from dockercompat.cli.invocation import Invocation

_JOBS = ("replicated-job", "global-job")
_OF_REPLICATED = "can only be used with replicated or replicated-job mode"


def create(invocation: Invocation) -> None:
    options = invocation.options
    try:
        for path in options.env_file:
            env.read_env_file(path, os.environ)
    except InvalidParameter as error:
        raise ClientError(str(error)) from None
    if options.no_healthcheck and any(options.given(flag.name) for flag in invocation.command.flags if flag.name.startswith("health-")):
        raise ClientError("--no-healthcheck conflicts with --health-* options")
    _check_mode(options)
    if options.mode in _JOBS and any(
        options.given(flag.name) for flag in invocation.command.flags if flag.name.startswith(("update-", "rollback-"))
    ):
        raise ClientError("update and rollback configuration is not supported for jobs")
    for text in options.network:
        target = option.parse_network(text).target
        if not target:
            raise ClientError("invalid network name or ID: value is empty")
        raise NotFound(f"network {target} not found")  # docker looks among a swarm's networks alone
    try:
        swarm.check_generic_resources(options.generic_resource)
    except InvalidParameter as error:
        raise ClientError(str(error)) from None
    _check_targets(options.secret, "secret")
    _check_targets(options.config, "config")


def _check_mode(options: Options) -> None:
    mode = options.mode
    if mode not in ("replicated", "global", *_JOBS):
        raise ClientError(f"Unknown mode: {mode}, only replicated and global supported")
    if mode.startswith("global"):
        if options.given("replicas"):
            raise ClientError(f"replicas {_OF_REPLICATED}")
        if options.replicas_max_per_node:
            raise ClientError(f"replicas-max-per-node {_OF_REPLICATED}")
    if mode != "replicated-job" and options.given("max-concurrent"):
        raise ClientError("max-concurrent can only be used with replicated-job mode")


def _check_targets(texts: list[str], kind: str) -> None:
    """Raises ClientError when two files of a service would have one path; nothing is known of any secret or config here."""
    targets = set()
    for text in texts:
        request = swarm.parse_file_request(text, kind)
        if request.target in targets:
            raise ClientError(f"duplicate {kind} target for {request.source} not allowed")
        targets.add(request.target)


def inspect(invocation: Invocation) -> int:
    return swarm_answers.inspect(invocation, "service")


def one(invocation: Invocation) -> None:
    """`logs`, `rollback` and `update` of one service."""
    swarm_answers.ask("service", invocation.args[0])


def remove(invocation: Invocation) -> None:
    swarm_answers.ask_each("service", invocation.args)


def scale(invocation: Invocation) -> None:
    wanted = []
    for text in invocation.args:
        name, _, replicas = text.partition("=")
        if not name or not replicas:
            from dockercompat.cli import help as pages

            usage = pages.usage(invocation.command, invocation.path)
            raise ClientError(
                f"invalid scale specifier '{text}'.\nSee 'docker {invocation.path} --help'.\n\nUsage:  {usage}\n\n{invocation.command.help}"
            )
        wanted.append((name, replicas))
    complaints = []
    for name, replicas in wanted:
        try:
            parse_uint(replicas)
        except InvalidParameter as error:
            complaints.append(f"{name}: invalid replicas value {replicas}: {error}")
        else:
            complaints.append(f"{name}: {NotASwarmManager().line}")
    raise ClientError("\n".join(complaints))
