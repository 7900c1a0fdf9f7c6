"""What can be wrong with a project although each of its attributes is well formed."""

from __future__ import annotations

from dockercompat.errors import InvalidProject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockercompat.compose.model.project import Project, Service

_INVALID = "invalid compose project"
_TESTS = ("CMD", "CMD-SHELL", "NONE")


def check(project: Project) -> None:
    """Raises InvalidProject for the first mistake, services in the order of the files."""
    for name, service in project.services.items():
        _source(name, service, project)
        _networks(name, service, project)
        test = (service.get("healthcheck") or {}).get("test")
        if test and test[0] not in _TESTS:
            raise InvalidProject('healthcheck.test must start either by "CMD", "CMD-SHELL" or "NONE"')
        _references(name, service, project)
        _limits(name, service)
        for watch in (service.get("develop") or {}).get("watch") or ():
            if not watch.get("target") and watch["action"] not in ("rebuild", "restart"):
                raise InvalidProject(f"services.{name}.develop.watch: target is required for non-rebuild actions: {_INVALID}")
        _mounts(name, service)
    for name, secret in project.secrets.items():
        if not secret.get("external") and not secret.get("file") and not secret.get("environment"):
            raise InvalidProject(f'secret "{name}" must declare either `file` or `environment`: {_INVALID}')
    check_cycles(project)


def _source(name: str, service: Service, project: Project) -> None:
    build = service.get("build")
    if build is None:
        if not service.get("image") and "provider" not in service:
            raise InvalidProject(f'service "{name}" has neither an image nor a build context specified: {_INVALID}')
        return
    if build.get("dockerfile_inline") and build.get("dockerfile"):
        raise InvalidProject(f'service "{name}" declares mutualy exclusive dockerfile and dockerfile_inline: {_INVALID}')
    for key, context in (build.get("additional_contexts") or {}).items():
        if context.startswith("service:"):
            target = context.removeprefix("service:")
            if target not in project.services:
                raise InvalidProject(f'service "{name}" declares unknown service "{target}" as additional contexts {key}')
            if project.services[target].get("build") is None:
                raise InvalidProject(f'service "{name}" declares non-buildable service "{target}" as additional contexts {key}')
    platform = service.get("platform")
    if build.get("platforms") and platform and platform not in build["platforms"]:
        raise InvalidProject(f'service.build.platforms MUST include service.platform "{platform}": {_INVALID}')


def _networks(name: str, service: Service, project: Project) -> None:
    if service.get("network_mode") and service.get("networks"):
        raise InvalidProject(f"service {name} declares mutually exclusive `network_mode` and `networks`: {_INVALID}")
    for network in service.get("networks") or ():
        _known(name, "network", network, project.networks)


def _known(name: str, what: str, key: str, known: object) -> None:
    if key not in known:  # type: ignore[operator]
        raise InvalidProject(f'service "{name}" refers to undefined {what} {key}: {_INVALID}')


def _references(name: str, service: Service, project: Project) -> None:
    for other, dependency in (service.get("depends_on") or {}).items():
        if other in project.services or (other in project.disabled and not dependency.get("required", True)):
            continue
        raise InvalidProject(f'service "{name}" depends on undefined service "{other}": {_INVALID}')
    for volume in service.get("volumes") or ():
        if volume.get("type") == "volume" and volume.get("source"):
            _known(name, "volume", volume["source"], project.volumes)
    for secret in (service.get("build") or {}).get("secrets") or ():
        _known(name, "build secret", secret.get("source", ""), project.secrets)
    for config in service.get("configs") or ():
        _known(name, "config", config.get("source", ""), project.configs)
    for model in service.get("models") or ():
        _known(name, "model", model, project.models)
    for secret in service.get("secrets") or ():
        _known(name, "secret", secret.get("source", ""), project.secrets)


def _limits(name: str, service: Service) -> None:
    deploy = service.get("deploy") or {}
    scale, replicas = service.get("scale"), deploy.get("replicas")
    if scale is not None and replicas is not None and scale != replicas:
        raise InvalidProject(f"services.{name}: can't set distinct values on 'scale' and 'deploy.replicas': {_INVALID}")
    if scale is not None and scale < 0:
        raise InvalidProject(f"services.{name}.scale: must be greater than or equal to 0")
    if replicas is not None and replicas < 0:
        raise InvalidProject(f"services.{name}.deploy.replicas: must be greater than or equal to 0")
    resources = deploy.get("resources") or {}
    for attribute, kind, key in (
        ("cpus", "limits", "cpus"),
        ("mem_limit", "limits", "memory"),
        ("mem_reservation", "reservations", "memory"),
        ("pids_limit", "limits", "pids"),
    ):
        if service.get(attribute) and kind in resources and resources[kind].get(key) != service[attribute]:
            raise InvalidProject(
                f"services.{name}: can't set distinct values on '{attribute}' and 'deploy.resources.{kind}.{key}': {_INVALID}"
            )
    if service.get("container_name") and (scale if scale is not None else replicas or 1) > 1:
        attribute = "deploy.replicas" if scale is None else "scale"
        raise InvalidProject(f"services.{name}: can't set container_name and {attribute} as container name must be unique: {_INVALID}")


def _mounts(name: str, service: Service) -> None:
    taken: dict[str, str] = {}
    for kind, targets in _targets(service):
        for index, target in enumerate(targets):
            place = f"services.{name}.{kind}[{index}]"
            if target in taken:
                raise InvalidProject(f"{place}: target {target} already mounted as {taken[target]}")
            taken[target] = place


def _targets(service: Service) -> Iterator[tuple[str, list[str]]]:
    yield "tmpfs", [one.partition(":")[0] for one in service.get("tmpfs") or ()]
    yield "volumes", [one.get("target", "") for one in service.get("volumes") or ()]


def check_cycles(project: Project) -> None:
    """Raises InvalidProject: dependency cycle detected: a -> b -> a"""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise InvalidProject("dependency cycle detected: " + " -> ".join((*path[path.index(name) :], name)))
        if name in done or name not in project.services:
            return
        for other in sorted(project.services[name].get("depends_on") or ()):
            visit(other, (*path, name))
        done.add(name)

    for name in sorted(project.services):
        visit(name, ())


def check_container_names(project: Project) -> None:
    """Raises InvalidProject when two services ask for one container name."""
    taken: dict[str, str] = {}
    for name, service in project.services.items():
        container = service.get("container_name")
        if container:
            if container in taken:
                raise InvalidProject(
                    f'services.{name}: container name "{container}" is already in use by service {taken[container]}: {_INVALID}'
                )
            taken[container] = name
