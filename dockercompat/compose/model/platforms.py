"""The platform that a built service runs on, as DOCKER_DEFAULT_PLATFORM and its build say."""

from __future__ import annotations

from dockercompat.compose.model import shapes
from dockercompat.compose.model.decode import Section, changed
from dockercompat.errors import InvalidProject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.compose.model.project import Project, Service


def with_platforms(project: Project) -> Project:
    """The project with `platform` set where a build decides it. Raises InvalidProject for one that the build does not support."""
    default = project.environment.get("DOCKER_DEFAULT_PLATFORM", "")
    return project.replace(services={name: _with_platform(name, service, default) for name, service in project.services.items()})


def _with_platform(name: str, service: Service, default: str) -> Service:
    build = service.get("build")
    if build is None:
        return service
    supported = build.get("platforms")
    platform = service.get("platform", "")
    if default and not platform:
        if supported and default not in supported:
            raise InvalidProject(f'service "{name}" build.platforms does not support value set by DOCKER_DEFAULT_PLATFORM: {default}')
        platform = default
    if not platform:
        return service
    if supported and platform not in supported:
        raise InvalidProject(f'service "{name}" build configuration does not support platform: {platform}')
    return changed(service, shapes.SERVICE, {"platform": platform, "build": Section({**build, "platforms": [platform]})})
