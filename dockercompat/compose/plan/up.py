"""What `up` and `create` change: networks and volumes, then containers, then their starts.

Source: docker/compose, pkg/compose/convergence.go and create.go.
"""

from __future__ import annotations

from dockercompat.compose import names
from dockercompat.compose.body.container import Wanted, create_body
from dockercompat.compose.body.endpoints import name_of, order
from dockercompat.compose.body.given import contents, ignored
from dockercompat.compose.plan import divergence, graph, resources
from dockercompat.compose.plan.remove import remove_container, stop_container
from dockercompat.compose.plan.step import Step
from dockercompat.compose.plan.waits import wait_for
from dockercompat.errors import ClientError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from dockercompat.compose.actual import Actual, Container

_BEFORE_STARTS = ("container.remove", "container.create", "container.recreate")  # nothing starts before all that is there
DIVERGED, FORCE, NEVER = "diverged", "force", "never"


class Asked(Record):
    """What is asked of `up`.

    services      those that are brought up, in the order of their dependencies
    recreate      DIVERGED, FORCE or NEVER, for the services in targets
    recreate_dependencies  the same for the others
    targets       services that were named, all when none was
    renew_volumes  anonymous volumes are made anew with their containers
    scale         replicas by service, before what the project says
    remove_orphans  containers of services that the project has no more go
    start         False for `create`
    no_dependencies  nothing is waited for
    timeout_s     for a container to stop, None for its own
    images        the id of the image of each service, "" where it is not there yet
    mounted       ids of images that are mounted as volumes, by their names in the files
    hashes        config hashes by "services.web", "networks.back", "volumes.data"
    labels        compose's labels that all containers have
    separator     between the parts of a container's name
    proxies       variables of the client's configuration
    replace_volumes  names of volumes that are made anew because their configuration changed
    environ       where configs and secrets may come from
    """

    services: Sequence[str]
    images: Mapping[str, str]
    hashes: Mapping[str, str]
    labels: Mapping[str, str]
    mounted: Mapping[str, str] = {}
    targets: Sequence[str] = ()
    recreate: str = DIVERGED
    recreate_dependencies: str = DIVERGED
    renew_volumes: bool = False
    scale: Mapping[str, int] = {}
    remove_orphans: bool = False
    start: bool = True
    no_dependencies: bool = False
    timeout_s: int | None = None
    separator: str = "-"
    proxies: Sequence[tuple[str, str]] = ()
    replace_volumes: Sequence[str] = ()
    environ: Mapping[str, str] = {}


class Plan(Record):
    """Steps, what to say before them, and containers that are as they should be already."""

    steps: tuple[Step, ...]
    warnings: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()


class _Placed(Record):
    """A container of a service as it will be. step: the key of the step that makes it, "" when it is there."""

    name: str
    number: int
    step: str
    runs: bool


def plan(project: Mapping[str, Any], actual: Actual, asked: Asked) -> Plan:
    """The steps that make a project what it should be. Raises ClientError where the engine has what can't be used."""
    return _Planner(project, actual, asked).plan()


class _Planner:
    def __init__(self, project: Mapping[str, Any], actual: Actual, asked: Asked) -> None:
        self.project, self.actual, self.asked = project, actual, asked
        self.steps: list[Step] = []
        self.settled: list[str] = []
        self.warnings: list[str] = []
        self.placed: dict[str, list[_Placed]] = {}
        self.replaced: set[str] = set()  # services some container of which is made anew
        self.stopped: dict[str, str] = {}  # by container that is stopped and started again: the key of its stop

    def plan(self) -> Plan:
        used = [self.project["services"][name] for name in self.asked.services]
        made, self.warnings = resources.plan(self.project, self.actual, used, self.asked.hashes, replace_volumes=self.asked.replace_volumes)
        self.steps += made
        self.made = {step.target: step.key for step in made if step.kind.endswith("create")}
        self.warnings += self._orphans()
        for name in self.asked.services:
            self._containers(name)
        if self.asked.start:
            for name in self.asked.services:
                self._starts(name)
        return Plan(tuple(self.steps), tuple(self.warnings), tuple(self.settled))

    def _orphans(self) -> list[str]:
        known = self.project["services"].keys() | set(self.project.get("disabled") or ())
        orphans = [each for each in self.actual.containers if each.service not in known or (each.one_off and not each.is_running)]
        if not orphans:
            return []
        if self.asked.remove_orphans:
            for each in orphans:
                self.steps += remove_container(each, self.asked.timeout_s)
            return []
        shown = " ".join(each.name for each in orphans)
        return [
            f"Found orphan containers ([{shown}]) for this project. If you removed or renamed this service in your compose file, "
            "you can run this command with the --remove-orphans flag to clean it up."
        ]

    def _containers(self, name: str) -> None:
        service = self.project["services"][name]
        recreate = self.asked.recreate if name in self.asked.targets or not self.asked.targets else self.asked.recreate_dependencies
        count = self.asked.scale.get(name, divergence.replicas(service))
        if count > 1 and service.get("container_name"):
            raise ClientError(
                f'WARNING: The "{name}" service is using the custom container name "{service["container_name"]}". '
                "Docker requires each container to have a unique name. Remove the custom name to scale the service"
            )
        existing = self.actual.of(name)
        reasons = {each.name: self._reason(name, each, recreate) for each in existing}
        existing.sort(key=lambda each: (bool(reasons[each.name]), each.number))
        placed = self.placed[name] = []
        for each in existing[count:]:
            self._remove(each)
        stops = self._stop_dependents(name) if any(reasons[each.name] for each in existing[:count]) else []
        for each in sorted(existing[:count], key=lambda each: each.number):
            if reasons[each.name]:
                self.replaced.add(name)
                key = self._recreate(name, each, stops)
                placed.append(
                    _Placed(
                        name=names.container(self.project, name, each.number, self.asked.separator),
                        number=each.number,
                        step=key,
                        runs=False,
                    )
                )
            else:
                runs = each.is_running and each.name not in self.stopped
                if runs:
                    self.settled.append(each.name)
                placed.append(_Placed(name=each.name, number=each.number, step="", runs=runs))
        highest = max((each.number for each in existing), default=0)
        for number in range(highest + 1, highest + 1 + count - len(existing[:count])):
            called = names.container(self.project, name, number, self.asked.separator)
            key = f"create {called}"
            values = {"body": self._body(name, number, called, ()), "platform": service.get("platform") or "", "given": self._given(name)}
            self.steps.append(Step(key, "container.create", f"Container {called}", called, self._needs(name), values))
            placed.append(_Placed(name=called, number=number, step=key, runs=False))

    def _remove(self, container: Container) -> None:
        made = remove_container(container, self.asked.timeout_s)
        self.steps += made[1:] if container.name in self.stopped else made

    def _stop_dependents(self, name: str) -> list[str]:
        """Stops of those that are restarted with a service, for before a container of it is made anew; the keys of the steps."""
        keys = []
        for other in self.asked.services:
            service = self.project["services"][other]
            if not (graph.dependencies(service).get(name) or {}).get("restart"):
                continue
            for each in self.actual.of(other):
                if each.is_running and each.name not in self.stopped:
                    step = stop_container(each, None, hooks=service.get("pre_stop") or ())
                    self.steps.append(step)
                    self.stopped[each.name] = step.key
                if each.name in self.stopped:
                    keys.append(self.stopped[each.name])
        return keys

    def _reason(self, name: str, container: Container, recreate: str) -> str:
        """Why a container is made anew, "" when it stays."""
        if recreate == NEVER:
            return ""
        if recreate == FORCE:
            return "asked for"
        borrowed = [each for each in graph.implied(self.project["services"][name]) if each in self.replaced]
        if set(borrowed) - set(graph.links(self.project["services"][name])):
            return f"{borrowed[0]} is made anew"
        config_hash, image_id = self.asked.hashes.get(f"services.{name}", ""), self.asked.images.get(name, "")
        networks, mounted = self.actual.networks, self.asked.mounted
        return divergence.reason(self.project, name, container, config_hash, image_id, networks, self.made, mounted)

    def _recreate(self, name: str, old: Container, after: Sequence[str]) -> str:
        called = names.container(self.project, name, old.number, self.asked.separator)
        key = f"recreate {called}"
        kept = () if self.asked.renew_volumes else tuple(each for each in old.mounts if divergence.is_anonymous(each))
        values = {
            "body": self._body(name, old.number, called, kept),
            "platform": self.project["services"][name].get("platform") or "",
            "given": self._given(name),
            "old": old.id,
            "old_name": old.name,
            "temporary": f"{old.id[:12]}_{called}",
            "timeout_s": self.asked.timeout_s,
            "hooks": list(self.project["services"][name].get("pre_stop") or ()) if old.is_running and old.name not in self.stopped else [],
            "service": name,
        }
        needs = tuple(filter(None, (*self._needs(name), self.stopped.get(old.name, ""), *after)))
        self.steps.append(Step(key, "container.recreate", f"Container {old.name}", called, needs, values))
        return key

    def _needs(self, name: str) -> tuple[str, ...]:
        """What must be there before a container of a service is made."""
        service = self.project["services"][name]
        wanted = [name_of(self.project, key) for key in order(service)]
        wanted += [
            resources.volume_name(self.project, each["source"])
            for each in service.get("volumes") or ()
            if each.get("type") == "volume" and each.get("source")
        ]
        keys = [self.made[each] for each in wanted if each in self.made]
        for other in graph.dependencies(service):
            keys += [each.step for each in self.placed.get(other, ()) if each.step]
        return tuple(dict.fromkeys(keys))

    def _body(self, name: str, number: int, called: str, kept: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        labels = {
            **self.asked.labels,
            names.SERVICE: name,
            names.NUMBER: str(number),
            names.ONE_OFF: "False",
            names.HASH: self.asked.hashes.get(f"services.{name}", ""),
            names.DEPENDS_ON: names.depends_on(self.project["services"][name]),
            names.IMAGE: self.asked.images.get(name, ""),
        }
        self.warnings += ignored(self.project, self.project["services"][name])
        return create_body(
            Wanted(
                project=self.project,
                service=name,
                name=called,
                labels=labels,
                find=self._first,
                containers=lambda other: [(each.name, each.number) for each in self._known(other)],
                kept=kept,
                mounted=self.asked.mounted,
                proxies=self.asked.proxies,
            )
        )

    def _known(self, service: str) -> list[_Placed]:
        if service in self.placed:
            return self.placed[service]
        return [_Placed(name=each.name, number=each.number, step="", runs=each.is_running) for each in self.actual.of(service)]

    def _first(self, service: str) -> str:
        known = self._known(service)
        return known[0].name if known else names.container(self.project, service, 1, self.asked.separator)

    def _given(self, name: str) -> list[dict[str, Any]]:
        """Configs and secrets that are no files of the host: put into the container before it starts."""
        return contents(self.project, name, self.asked.environ)

    def _starts(self, name: str) -> None:
        service = self.project["services"][name]
        needs: list[str] = []
        if not self.asked.no_dependencies:
            for other, each in graph.dependencies(service).items():
                needs += self._waits(name, other, each)
        first = [step.key for step in self.steps if step.kind in _BEFORE_STARTS]
        for placed in self.placed[name]:
            if placed.runs:
                continue
            values = {
                "hooks": list(service.get("post_start") or ()),
                "service": name,
                "given": self._given(name) if not placed.step else [],
            }
            after = tuple(filter(None, (*first, self.stopped.get(placed.name, ""), *needs)))
            self.steps.append(Step(f"start {placed.name}", "container.start", f"Container {placed.name}", placed.name, after, values))

    def _waits(self, name: str, other: str, dependency: Mapping[str, Any]) -> list[str]:
        """Keys of the steps after which a dependency is as it is wanted."""
        keys = []
        started = {step.target: step.key for step in self.steps if step.kind == "container.start"}
        for each in self._known(other):
            if dependency["condition"] == graph.STARTED:
                if each.name in started:
                    keys.append(started[each.name])
                continue
            step = wait_for(name, each.name, other, dependency, (started[each.name],) if each.name in started else ())
            self.steps.append(step)
            keys.append(step.key)
        return keys
