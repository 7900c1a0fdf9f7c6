"""Handlers of `docker network`."""

from __future__ import annotations

import sys

from dockercompat.errors import ClientError, DockerError, NotFound, StatusOnly
from dockercompat.net import ipam
from dockercompat.spec import filter as filters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.cli.invocation import Invocation


def create(invocation: Invocation) -> None:
    verb = invocation.verb("network.create")

    options = invocation.options
    request = {
        "Name": invocation.args[0],
        "Driver": options.driver,
        "Scope": options.scope or "",
        "Internal": bool(options.internal),
        "Attachable": bool(options.attachable),
        "Ingress": bool(options.ingress),
        "ConfigOnly": bool(options.config_only),
        "ConfigFrom": {"Network": options.config_from} if options.config_from else None,
        "EnableIPv4": bool(options.ipv4),
        "EnableIPv6": bool(options.ipv6),
        "Options": _pairs(options.opt),
        "Labels": dict(_key_value(each) for each in options.label),
        "IPAM": {
            "Driver": options.ipam_driver,
            "Options": _pairs(options.ipam_opt),
            "Config": _ipam_config(options.subnet, options.ip_range, options.gateway, _pairs(options.aux_address)),
        },
    }
    invocation.join()
    answer = verb(invocation.engine, request)
    if answer["Warning"]:
        print(f"WARNING: {answer['Warning']}", file=sys.stderr)
    print(answer["Id"])


def _pairs(value: Mapping[str, str] | Sequence[str]) -> dict[str, str]:
    return dict(_key_value(each) for each in value) if not isinstance(value, dict) else value


def _key_value(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key, value


def _ipam_config(
    subnets: Sequence[str], ranges: Sequence[str], gateways: Sequence[str], aux: Mapping[str, str]
) -> Sequence[dict[str, Any]]:
    """Which range, gateway and reserved address belongs to which subnet, as docker's client sorts them out."""
    if len(subnets) < len(ranges) or len(subnets) < len(gateways):
        raise ClientError("every ip-range or gateway must have a corresponding subnet")
    parsed: dict[str, ipam.Subnet | None] = {}
    configs: dict[str, dict[str, Any]] = {}
    for text in subnets:
        subnet = _subnet(text)
        if subnet is not None and any(other is not None and subnet.overlaps(other) for other in parsed.values()):
            raise ClientError("multiple overlapping subnet configuration is not supported")
        parsed[text] = subnet
        configs[text] = {"Subnet": text}
    for text in ranges:
        if _subnet(text) is None:
            raise ClientError(f"invalid CIDR address: {text}")
        owner = _owner(parsed, text.partition("/")[0])
        if owner is None:
            raise ClientError(f"no matching subnet for range {text}")
        if "IPRange" in configs[owner]:
            raise ClientError(f"cannot configure multiple ranges ({text}, {configs[owner]['IPRange']}) on the same subnet ({owner})")
        configs[owner]["IPRange"] = text
    for text in gateways:
        owner = _owner(parsed, text)
        if owner is None:
            raise ClientError(f"no matching subnet for gateway {text}")
        if "Gateway" in configs[owner]:
            raise ClientError(f"cannot configure multiple gateways ({text}, {configs[owner]['Gateway']}) for the same subnet ({owner})")
        configs[owner]["Gateway"] = text
    for name, text in aux.items():
        owner = _owner(parsed, text)
        if owner is None:
            raise ClientError(f"no matching subnet for aux-address {text}")
        configs[owner].setdefault("AuxiliaryAddresses", {})[name] = text
    return tuple(configs.values())


def _subnet(text: str) -> ipam.Subnet | None:
    """None for what the engine has to judge, as it is no subnet at all."""
    try:
        return ipam.parse_subnet(text)
    except DockerError:
        return None


def _owner(parsed: Mapping[str, ipam.Subnet | None], text: str) -> str | None:
    return next((each for each, subnet in parsed.items() if subnet is not None and subnet.find(text) is not None), None)


def list(invocation: Invocation) -> None:
    from dockercompat.cli.listing import network as listing

    verb = invocation.verb("network.list")

    options = invocation.options
    rows = sorted(verb(invocation.engine, filters.parse(options.filter)), key=lambda row: row["Name"])
    chosen = options.format or ("" if options.quiet else invocation.config.get("networksFormat", ""))
    sys.stdout.write(listing.render(rows, format=chosen, quiet=bool(options.quiet), no_trunc=bool(options.no_trunc)))


def inspect(invocation: Invocation) -> int:
    from dockercompat.cli.inspecting import inspect_many

    return inspect_many(invocation.args, lambda ref: document(invocation, ref), invocation.options.format or "", kind="network")


def document(invocation: Invocation, ref: str) -> dict[str, Any]:
    """A network of this name. Raises ClientError for no name, of which docker's client asks nobody."""
    _check_ref(ref)
    found: dict[str, Any] = invocation.verb("network.inspect")(invocation.engine, ref)
    return found


def _check_ref(ref: str) -> None:
    if not ref.strip():
        raise ClientError("invalid network name or ID: value is empty")


def remove(invocation: Invocation) -> None:
    verb = invocation.verb("network.remove")

    invocation.join()
    failed = False
    for ref in invocation.args:
        try:
            _check_ref(ref)
            verb(invocation.engine, ref)
        except NotFound as error:
            if not invocation.options.force:
                failed = True
                print(error.line, file=sys.stderr)
        except DockerError as error:
            failed = True
            print(error.line, file=sys.stderr)
        else:
            print(ref)
    if failed:
        print("exit status 1", file=sys.stderr)
        raise StatusOnly(1)


def prune(invocation: Invocation) -> None:
    from dockercompat.cli.asking import confirm
    from dockercompat.cli.config_file import prune_filters

    verb = invocation.verb("network.remove", "prune")

    options = invocation.options
    chosen = prune_filters(invocation.config, options.filter)
    if not options.force and not confirm(
        "WARNING! This will remove all custom networks not used by at least one container.\nAre you sure you want to continue?"
    ):
        return
    invocation.join()
    deleted = verb(invocation.engine, chosen)["NetworksDeleted"]
    if deleted:
        print("Deleted Networks:", *deleted, "", sep="\n")


def connect(invocation: Invocation) -> None:
    verb = invocation.verb("network.connect")

    _check_ref(invocation.args[0])
    options = invocation.options
    if any("=" not in text for text in options.driver_opt):
        raise ClientError("invalid key/value pair format in driver options")
    addresses = {"IPv4Address": options.ip, "IPv6Address": options.ip6, "LinkLocalIPs": [*options.link_local_ip]}
    settings: dict[str, Any] = {
        "IPAMConfig": {name: value for name, value in addresses.items() if value} or None,
        "Links": [*options.link] or None,
        "Aliases": [*options.alias] or None,
        "DriverOpts": dict(_key_value(each) for each in options.driver_opt),
        "GwPriority": int(options.gw_priority or 0),
    }
    invocation.join()
    verb(invocation.engine, invocation.args[0], invocation.args[1], settings)


def disconnect(invocation: Invocation) -> None:
    verb = invocation.verb("network.connect", "disconnect")

    _check_ref(invocation.args[0])
    invocation.join()
    verb(invocation.engine, invocation.args[0], invocation.args[1], force=bool(invocation.options.force))
