"""What compose adds to a merged document: default networks, names, the dependencies that links and shared namespaces imply."""

from __future__ import annotations

from dockercompat.compose.files.merged import resolve
from dockercompat.compose.files.shorthand import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockercompat.compose.values import Value

_NAMESPACES = ("network_mode", "ipc", "pid", "uts", "cgroup")


def normalize(merged: Value, project_name: str, environment: Mapping[str, str]) -> Value:
    """The document with all that is implied written out; it is changed in place."""
    services = merged.get("services") or {}
    _default_network(merged, services)
    for service in services.values():
        if service.get("pull_policy") == "if_not_present":
            service["pull_policy"] = "missing"
        build = service.get("build")
        if isinstance(build, dict):
            build.setdefault("context", ".")
            if build.get("dockerfile") is None and build.get("dockerfile_inline") is None:
                build["dockerfile"] = "Dockerfile"
            if build.get("args") is not None:
                build["args"] = resolve(build["args"], environment, keep=False)
        if service.get("environment") is not None:
            service["environment"] = resolve(service["environment"], environment, keep=True)
        for mount in service.get("volumes") or ():
            if isinstance(mount, dict) and mount.get("target"):
                mount["target"] = clean(mount["target"])
        _dependencies(service)
    for section in ("networks", "volumes", "configs", "secrets"):
        _names(merged, section, project_name)
    return merged


def _default_network(merged: Value, services: Value) -> None:
    used = False
    for service in services.values():
        if "provider" in service or "network_mode" in service:
            continue
        if not service.get("networks"):
            service["networks"] = {"default": None}
        used = used or "default" in service["networks"]
    networks = merged.get("networks") or {}
    if used:
        networks.setdefault("default", None)
    if networks:
        merged["networks"] = networks


def _dependencies(service: Value) -> None:
    depends_on = service.get("depends_on") or {}

    def add(name: str, *, restart: bool) -> None:
        depends_on.setdefault(name, {"condition": "service_started", "restart": restart, "required": True})

    for link in service.get("links") or ():
        parts = link.split(":")
        add(parts[0] if len(parts) == 2 else link, restart=True)
    for namespace in _NAMESPACES:
        value = service.get(namespace)
        if isinstance(value, str) and value.startswith("service:"):
            add(value.removeprefix("service:"), restart=True)
    for source in service.get("volumes_from") or ():
        if not source.startswith("container:"):
            add(source.split(":")[0], restart=False)
    if depends_on:
        service["depends_on"] = depends_on


def _names(merged: Value, section: str, project_name: str) -> None:
    resources = merged.get(section)
    for key, resource in (resources or {}).items():
        if resource is None:
            resource = resources[key] = {}
        if resource.get("name") is None:
            external = resource.get("external")
            resource["name"] = key if external is True or external == "true" else f"{project_name}_{key}"
