"""What there is of a project on the engine, as the labels of containers, networks and volumes tell."""

from __future__ import annotations

from dockercompat.compose import names
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from dockercompat.compose.door import Door

RUNNING = ("running", "paused", "restarting")


class Container(Record):
    """A container of a project.

    number    0 for one that `run` made
    networks  by name, as NetworkSettings.Networks of a list's entry
    mounts    the list's Mounts
    state     created, running, paused, restarting, exited, removing or dead
    """

    id: str
    name: str
    service: str
    number: int
    one_off: bool
    state: str
    labels: Mapping[str, str]
    networks: Mapping[str, Any]
    mounts: Sequence[Mapping[str, Any]]
    summary: Mapping[str, Any]

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING


def container_of(summary: Mapping[str, Any]) -> Container:
    """An entry of docker's list as a project's container."""
    labels = summary.get("Labels") or {}
    number = labels.get(names.NUMBER) or ""
    return Container(
        id=summary["Id"],
        name=(summary.get("Names") or [""])[0].removeprefix("/"),
        service=labels.get(names.SERVICE) or "",
        number=int(number) if number.isdigit() else 0,
        one_off=labels.get(names.ONE_OFF) == "True",
        state=summary["State"],
        labels=labels,
        networks=(summary.get("NetworkSettings") or {}).get("Networks") or {},
        mounts=summary.get("Mounts") or (),
        summary=summary,
    )


class Actual(Record):
    """A project as it is: its containers by name, and networks and volumes by their names on the engine."""

    containers: tuple[Container, ...]
    networks: Mapping[str, Mapping[str, Any]]
    volumes: Mapping[str, Mapping[str, Any]]

    def of(self, service: str) -> list[Container]:
        """A service's containers, by number; not those of `run`."""
        found = [each for each in self.containers if each.service == service and not each.one_off]
        return sorted(found, key=lambda each: each.number)

    def services(self) -> list[str]:
        """The services that have containers, one-offs aside."""
        return sorted({each.service for each in self.containers if not each.one_off})


def look(door: Door, project: str, *, wanted: Iterable[str] = (), wanted_volumes: Iterable[str] = ()) -> Actual:
    """What there is of a project, and of the networks and volumes with the names that it wants, whoever made them."""
    label = f"{names.PROJECT}={project}"
    made = [each for each in door.containers([label]) if (each.get("Labels") or {}).get(names.HASH)]  # by compose, not by hand
    containers = sorted(map(container_of, made), key=lambda each: (each.service, each.number, each.name))
    networks = {each["Name"]: each for each in door.networks([]) if _is_of(each, project) or each["Name"] in set(wanted)}
    volumes = {each["Name"]: each for each in door.volumes([]) if _is_of(each, project) or each["Name"] in set(wanted_volumes)}
    return Actual(tuple(containers), networks, volumes)


def _is_of(resource: Mapping[str, Any], project: str) -> bool:
    return (resource.get("Labels") or {}).get(names.PROJECT) == project
