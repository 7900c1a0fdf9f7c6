"""The canonical project: the document that `docker compose config --format json` prints, with what is needed to act on it."""

from __future__ import annotations

from dockercompat.compose.values import clone
from dockercompat.errors import InvalidProject
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dockercompat.compose.values import Value

    Service = dict[str, Value]
    Resource = dict[str, Value]

SECTIONS = ("networks", "volumes", "secrets", "configs", "models")


class Project(Record):
    """A loaded project. Nothing in it is changed once made: select() and the like give another.

    name          as containers, networks and volumes are named by
    working_dir   absolute
    paths         the compose files, absolute ("-" for standard input): label com.docker.compose.project.config_files
    env_files     given by --env-file, absolute: label com.docker.compose.project.environment_file
    environment   variables for interpolation, and the values of secrets and configs that take theirs from the environment
    services      name -> the service as `config --format json` prints it: long forms, sizes in bytes as text, durations as Go prints
                  them ("1m30s"), environment and labels as maps of texts (null: unset), `x-` keys kept; keys that are zero lack
    disabled      services that no active profile has, or that were not selected
    networks, volumes, secrets, configs, models   key -> resource with its `name`; `external: true` when it is not the project's
    profiles      the active ones
    extensions    top-level x- keys
    """

    name: str
    working_dir: str
    paths: tuple[str, ...]
    env_files: tuple[str, ...]
    environment: dict[str, str]
    services: dict[str, Service]
    disabled: dict[str, Service]
    networks: dict[str, Resource]
    volumes: dict[str, Resource]
    secrets: dict[str, Resource]
    configs: dict[str, Resource]
    models: dict[str, Resource]
    profiles: tuple[str, ...]
    extensions: dict[str, Value]

    def document(self) -> dict[str, Value]:
        """The project as one mapping in the order that docker compose prints it in."""
        found: dict[str, Value] = {"name": self.name, "services": self.services}
        for section in SECTIONS:
            resources = getattr(self, section)
            if resources:
                found[section] = resources
        return {**found, **self.extensions}

    def with_profiles(self, profiles: tuple[str, ...]) -> Project:
        """Services without one of these profiles are disabled, the others enabled; "*" enables all."""
        everything = {**self.services, **self.disabled}
        on = {name: service for name, service in everything.items() if _is_active(service, profiles)}
        off = {name: service for name, service in everything.items() if name not in on}
        return self.replace(services=on, disabled=off, profiles=profiles)

    def with_enabled(self, names: Iterable[str]) -> Project:
        """A service named by the user brings its own profiles with it."""
        wanted = [profile for name in names if name in self.disabled for profile in self.disabled[name].get("profiles", ())]
        return self.with_profiles((*self.profiles, *wanted)) if wanted else self

    def select(self, names: Iterable[str], *, dependencies: bool = True) -> Project:
        """The project with these services and, unless told otherwise, those that they depend on. Raises InvalidProject for unknown ones."""
        chosen: dict[str, None] = {}
        for name in names:
            self._choose(name, chosen, dependencies=dependencies)
        if not chosen:
            return self
        services = {}
        for name, service in self.services.items():
            if name not in chosen:
                continue
            depends_on = service.get("depends_on")
            if depends_on and not depends_on.keys() <= chosen.keys():
                service = clone(service)
                kept = {other: one for other, one in depends_on.items() if other in chosen}
                if kept:
                    service["depends_on"] = kept
                else:
                    del service["depends_on"]
            services[name] = service
        left = {name: service for name, service in self.services.items() if name not in chosen}
        return self.replace(services=services, disabled={**self.disabled, **left})

    def _choose(self, name: str, chosen: dict[str, None], *, dependencies: bool, required: bool = True, by: str = "") -> None:
        if name in chosen:
            return
        if name not in self.services:
            if not required:
                return
            if name in self.disabled and by:
                profiles = " ".join(self.disabled[name].get("profiles", ()))
                raise InvalidProject(f'service "{name}" is required by "{by}" but is disabled. Can be enabled by profiles [{profiles}]')
            raise InvalidProject(f"no such service: {name}")
        chosen[name] = None
        if dependencies:
            for other, dependency in self.services[name].get("depends_on", {}).items():
                self._choose(other, chosen, dependencies=True, required=dependency.get("required", True), by=name)

    def without_unused(self) -> Project:
        """Without networks, volumes, secrets, configs and models that no service uses."""
        used: dict[str, set[str]] = {section: set() for section in SECTIONS}
        for service in self.services.values():
            used["networks"].update(service.get("networks", ()))
            used["models"].update(service.get("models", ()))
            used["volumes"].update(one["source"] for one in service.get("volumes", ()) if one.get("type") == "volume" and one.get("source"))
            used["secrets"].update(one.get("source", "") for one in service.get("secrets", ()))
            used["secrets"].update(one.get("source", "") for one in (service.get("build") or {}).get("secrets", ()))
            used["configs"].update(one.get("source", "") for one in service.get("configs", ()))
        return self.replace(
            **{section: {key: one for key, one in getattr(self, section).items() if key in used[section]} for section in SECTIONS}
        )

    def in_order(self) -> Iterator[str]:
        """Names of services, dependencies first."""
        seen: set[str] = set()

        def visit(name: str) -> Iterator[str]:
            if name in seen or name not in self.services:
                return
            seen.add(name)
            for other in self.services[name].get("depends_on", {}):
                yield from visit(other)
            yield name

        for name in sorted(self.services):
            yield from visit(name)


def _is_active(service: Mapping[str, Value], profiles: tuple[str, ...]) -> bool:
    own = service.get("profiles", ())
    return not own or "*" in profiles or any(profile in profiles for profile in own)


def scale(service: Mapping[str, Value]) -> int:
    """How many containers a service has."""
    if "scale" in service:
        return int(service["scale"])
    replicas = (service.get("deploy") or {}).get("replicas")
    return 1 if replicas is None else int(replicas)


def image(project: Project, service_name: str) -> str:
    """The image of a service: its own, or the name that its build gets."""
    return str(project.services[service_name].get("image") or f"{project.name}-{service_name}")
