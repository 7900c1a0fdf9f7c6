"""Networks and volumes of a project: those to make, those of somebody else, those that are not as they should be.

Source: docker/compose, pkg/compose/create.go.
"""

from __future__ import annotations

from dockercompat.compose import names
from dockercompat.compose.body.endpoints import name_of, order
from dockercompat.compose.plan.remove import remove_container, stop_container
from dockercompat.compose.plan.step import Step
from dockercompat.errors import ClientError
from dockercompat.spec.release import COMPOSE_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from dockercompat.compose.actual import Actual


class NotOurs(ClientError):
    """Something of that name is there and can't be used. warnings: what is to be said before."""

    def __init__(self, message: str, warnings: tuple[str, ...]) -> None:
        super().__init__(message)
        self.warnings = warnings


PREDEFINED = ("bridge", "host", "none")


def volume_name(project: Mapping[str, Any], key: str) -> str:
    """What the engine calls a volume of the project."""
    return str(((project.get("volumes") or {}).get(key) or {}).get("name") or key)


def plan(
    project: Mapping[str, Any],
    actual: Actual,
    services: Iterable[Mapping[str, Any]],
    hashes: Mapping[str, str],
    *,
    replace_volumes: Sequence[str] = (),
) -> tuple[list[Step], list[str]]:
    """Steps and warnings for the networks and volumes that services use.

    hashes           by "networks.KEY" and "volumes.KEY"
    replace_volumes  names of those that are made anew
    Raises           ClientError for an external one that is not there; NotOurs
    """
    services = list(services)
    steps: list[Step] = []
    warnings: list[str] = []
    for key in sorted({key for service in services for key in order(service)}):
        steps += _network(project, actual, key, hashes.get(f"networks.{key}", ""), warnings)
    for key in _used_volumes(project, services):
        again = volume_name(project, key) in replace_volumes
        steps += _volume(project, actual, key, hashes.get(f"volumes.{key}", ""), warnings, again=again)
    return steps, warnings


def _used_volumes(project: Mapping[str, Any], services: Iterable[Mapping[str, Any]]) -> list[str]:
    used = {each.get("source") for service in services for each in service.get("volumes") or () if each.get("type") == "volume"}
    return sorted(used & (project.get("volumes") or {}).keys())


def diverged_volumes(project: Mapping[str, Any], actual: Actual, services: Iterable[str], hashes: Mapping[str, str]) -> list[str]:
    """Names of the project's own volumes that were made from another configuration."""
    found = []
    for key in _used_volumes(project, [project["services"][name] for name in services]):
        name = volume_name(project, key)
        labels = (actual.volumes.get(name) or {}).get("Labels") or {}
        if labels.get(names.PROJECT) == project["name"] and _is_other(labels, hashes.get(f"volumes.{key}", "")):
            found.append(name)
    return found


def _is_other(labels: Mapping[str, str], config_hash: str) -> bool:
    return bool(config_hash) and labels.get(names.HASH) not in (None, "", config_hash)


def _network(project: Mapping[str, Any], actual: Actual, key: str, config_hash: str, warnings: list[str]) -> list[Step]:
    settings = (project.get("networks") or {}).get(key) or {}
    name = name_of(project, key)
    existing = actual.networks.get(name)
    if settings.get("external"):
        if existing is None and name not in PREDEFINED:
            raise ClientError(f"network {name} declared as external, but could not be found")
        return []
    steps: list[Step] = []
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
        if labels.get(names.NETWORK) != key:
            found = labels.get(names.NETWORK) or ""
            text = f'network {name} was found but has incorrect label {names.NETWORK} set to "{found}" (expected: "{key}")'
            raise NotOurs(text, tuple(warnings))
        if owner != project["name"] or not _is_other(labels, config_hash):
            return []
        for each in actual.containers:  # they are made anew, on the new network
            if name in each.networks and each.is_running:
                steps.append(stop_container(each, None))
        needs = tuple(step.key for step in steps)
        steps.append(Step(f"remove network {name}", "network.remove", f"Network {name}", name, needs))
    labels = {**(settings.get("labels") or {}), **_labels(project, names.NETWORK, key, config_hash)}
    values = {"request": network_request(name, settings, labels)}
    after = (steps[-1].key,) if steps else ()
    return [*steps, Step(f"network {name}", "network.create", f"Network {name}", name, after, values)]


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


def _volume(project: Mapping[str, Any], actual: Actual, key: str, config_hash: str, warnings: list[str], *, again: bool) -> list[Step]:
    settings = (project.get("volumes") or {}).get(key) or {}
    name = volume_name(project, key)
    existing = actual.volumes.get(name)
    if settings.get("external"):
        if existing is None:
            raise ClientError(f'external volume "{name}" not found')
        return []
    steps: list[Step] = []
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
        if not again:
            return []
        for each in actual.containers:
            if any(mount.get("Name") == name for mount in each.mounts):
                steps += remove_container(each, None)
        needs = tuple(step.key for step in steps if step.kind == "container.remove")
        steps.append(Step(f"remove volume {name}", "volume.remove", f"Volume {name}", name, needs))
    labels = {**(settings.get("labels") or {}), **_labels(project, names.VOLUME, key, config_hash)}
    options = {option: str(value) for option, value in (settings.get("driver_opts") or {}).items()}
    values = {"driver": settings.get("driver") or "", "options": options, "labels": labels}
    after = (steps[-1].key,) if steps else ()
    return [*steps, Step(f"volume {name}", "volume.create", f"Volume {name}", name, after, values)]


def _labels(project: Mapping[str, Any], label: str, key: str, config_hash: str) -> dict[str, str]:
    return {names.PROJECT: project["name"], label: key, names.VERSION: COMPOSE_VERSION, names.HASH: config_hash}
