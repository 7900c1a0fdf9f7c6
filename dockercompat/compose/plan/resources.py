"""Networks and volumes of a project: those to make, those of somebody else, those that are not as they should be.

Source: docker/compose, pkg/compose/create.go.
"""

from __future__ import annotations

from dockercompat.compose import names
from dockercompat.compose.body.endpoints import name_of, order
from dockercompat.compose.plan.step import Step
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from dockercompat.compose.actual import Actual


def volume_name(project: Mapping[str, Any], key: str) -> str:
    """What the engine calls a volume of the project."""
    return str(((project.get("volumes") or {}).get(key) or {}).get("name") or key)


def plan(project: Mapping[str, Any], actual: Actual, services: Iterable[Mapping[str, Any]]) -> tuple[list[Step], list[str]]:
    """Steps and warnings for the networks and volumes that services use.

    Raises  ClientError for an external one that is not there
    """
    services = list(services)
    steps: list[Step] = []
    warnings: list[str] = []
    for key in sorted({key for service in services for key in order(service)}):
        steps += _network(project, actual, key, warnings)
    used = {
        each["source"]
        for service in services
        for each in service.get("volumes") or ()
        if each.get("type") == "volume" and each.get("source")
    }
    for key in sorted(used & (project.get("volumes") or {}).keys()):
        steps += _volume(project, actual, key, warnings)
    return steps, warnings


def _network(project: Mapping[str, Any], actual: Actual, key: str, warnings: list[str]) -> list[Step]:
    settings = (project.get("networks") or {}).get(key) or {}
    name = name_of(project, key)
    existing = actual.networks.get(name)
    if settings.get("external"):
        if existing is None:
            raise ClientError(f"network {name} declared as external, but could not be found")
        return []
    if existing is not None:
        labels = existing.get("Labels") or {}
        owner = labels.get(names.PROJECT)
        if not owner:
            warnings.append(
                f"a network with name {name} exists but was not created by compose.\nSet `external: true` to use an existing network"
            )
        elif owner != project["name"]:
            warnings.append(
                f'a network with name {name} exists but was not created for project "{project["name"]}".\n'
                "Set `external: true` to use an existing network"
            )
        elif labels.get(names.NETWORK) != key:
            found = labels.get(names.NETWORK) or ""
            raise ClientError(f'network {name} was found but has incorrect label {names.NETWORK} set to "{found}" (expected: "{key}")')
        return []
    labels = {**(settings.get("labels") or {}), **_labels(project, names.NETWORK, key, settings)}
    values = {"request": network_request(name, settings, labels)}
    return [Step(f"network {name}", "network.create", f"Network {name}", name, (), values)]


def network_request(name: str, settings: Mapping[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """A network's NetworkCreateRequest."""
    ipam = settings.get("ipam") or {}
    configs = []
    for each in ipam.get("config") or ():
        found = {
            member: each[key] for key, member in (("subnet", "Subnet"), ("ip_range", "IPRange"), ("gateway", "Gateway")) if each.get(key)
        }
        if each.get("aux_addresses"):
            found["AuxiliaryAddresses"] = dict(each["aux_addresses"])
        configs.append(found)
    request: dict[str, Any] = {
        "Name": name,
        "Driver": settings.get("driver") or "",
        "Options": {option: str(value) for option, value in (settings.get("driver_opts") or {}).items()},
        "Internal": bool(settings.get("internal")),
        "Attachable": bool(settings.get("attachable")),
        "Labels": dict(labels),
        "IPAM": {"Driver": ipam.get("driver") or "", "Config": configs, "Options": ipam.get("options") or None},
    }
    for key, member in (("enable_ipv4", "EnableIPv4"), ("enable_ipv6", "EnableIPv6")):
        if settings.get(key) is not None:
            request[member] = bool(settings[key])
    return request


def _volume(project: Mapping[str, Any], actual: Actual, key: str, warnings: list[str]) -> list[Step]:
    settings = (project.get("volumes") or {}).get(key) or {}
    name = volume_name(project, key)
    existing = actual.volumes.get(name)
    if settings.get("external"):
        if existing is None:
            raise ClientError(f'external volume "{name}" not found')
        return []
    if existing is not None:
        owner = (existing.get("Labels") or {}).get(names.PROJECT)
        if not owner:
            warnings.append(
                f'volume "{name}" already exists but was not created by Docker Compose. Use `external: true` to use an existing volume'
            )
        elif owner != project["name"]:
            warnings.append(
                f'volume "{name}" already exists but was created for project "{owner}" (expected "{project["name"]}"). '
                "Use `external: true` to use an existing volume"
            )
        return []
    labels = {**(settings.get("labels") or {}), **_labels(project, names.VOLUME, key, settings)}
    options = {option: str(value) for option, value in (settings.get("driver_opts") or {}).items()}
    values = {"driver": settings.get("driver") or "", "options": options, "labels": labels}
    return [Step(f"volume {name}", "volume.create", f"Volume {name}", name, (), values)]


def _labels(project: Mapping[str, Any], label: str, key: str, settings: Mapping[str, Any]) -> dict[str, str]:
    return {names.PROJECT: project["name"], label: key, names.VERSION: names.COMPOSE_VERSION}
