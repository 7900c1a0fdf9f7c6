"""A service's networks as a create body has them: the network mode, and an endpoint for each network.

Source: docker/compose, pkg/compose/create.go.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


_ADDRESSES = (("ipv4_address", "IPv4Address"), ("ipv6_address", "IPv6Address"))


def order(service: Mapping[str, Any]) -> list[str]:
    """Keys of a service's networks, the one with the highest priority first; [] with a network_mode."""
    if service.get("network_mode"):
        return []
    wanted = service.get("networks") or {}
    return sorted(wanted, key=lambda key: (-int((wanted[key] or {}).get("priority") or 0), key))


def members(
    project: Mapping[str, Any], service: Mapping[str, Any], names: Sequence[str], *, aliases: bool, links: Sequence[str] = ()
) -> dict[str, Any]:
    """EndpointsConfig by the networks' names on the engine.

    names    what the container is called: its own name and its service's
    aliases  False for none of them (`run` without --use-aliases: its name alone)
    """
    found = {}
    for key in order(service):
        settings = (service.get("networks") or {}).get(key) or {}
        own = [*names, *(settings.get("aliases") or ())] if aliases else list(names[:1])
        address: dict[str, Any] = {member: settings[name] for name, member in _ADDRESSES if settings.get(name)}
        if settings.get("link_local_ips"):
            address["LinkLocalIPs"] = list(settings["link_local_ips"])
        options = dict(settings.get("driver_opts") or {})
        if settings.get("interface_name"):
            options["com.docker.network.endpoint.ifname"] = settings["interface_name"]
        found[name_of(project, key)] = {
            "Aliases": list(dict.fromkeys(own)),
            "Links": list(links) or None,
            "IPAMConfig": address or None,
            "MacAddress": settings.get("mac_address") or service.get("mac_address") or "",
            "DriverOpts": options or None,
            "GwPriority": int(settings.get("gw_priority") or 0),
        }
    return found


def name_of(project: Mapping[str, Any], key: str) -> str:
    """What the engine calls a network of the project."""
    return str(((project.get("networks") or {}).get(key) or {}).get("name") or f"{project['name']}_{key}")
