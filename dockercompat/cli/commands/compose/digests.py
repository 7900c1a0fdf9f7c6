"""Images of a project with the digests that registries give them now."""

from __future__ import annotations

from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation
    from dockercompat.compose.model.project import Project


def resolved(project: Project, invocation: Invocation) -> Project:
    """The project with `image` of each service pinned: docker.io/library/nginx:latest@sha256:... Raises what a registry answers."""
    from dockercompat.engine.manifest.look import look
    from dockercompat.errors import InvalidParameter
    from dockercompat.spec.reference import parse

    services = {}
    for name, service in project.services.items():
        if service.get("image"):
            try:
                reference = parse(service["image"]).tagged
            except InvalidParameter as error:
                raise ClientError(str(error)) from None
            pinned = reference.canonical
            if not reference.digest:
                pinned = f"{pinned}@{look(invocation.engine, reference).digest}"
            changed = service.__class__(service)
            changed["image"] = pinned
            service = changed
        services[name] = service
    return project.replace(services=services)
