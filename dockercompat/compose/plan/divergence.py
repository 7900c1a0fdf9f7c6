"""Whether a container still is what its service says.

Source: docker/compose, pkg/compose/convergence.go.
"""

from __future__ import annotations

from dockercompat.compose import names
from dockercompat.compose.body.endpoints import name_of, order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.compose.actual import Container


def replicas(service: Mapping[str, Any]) -> int:
    """How many containers a service has."""
    deployed = (service.get("deploy") or {}).get("replicas")
    for count in (deployed, service.get("scale")):
        if count is not None:
            return int(count)
    return 1


def is_anonymous(mount: Mapping[str, Any]) -> bool:
    """Whether an entry of a container's Mounts is a volume that nobody named."""
    name = str(mount.get("Name") or "")
    return mount.get("Type") == "volume" and len(name) == 64 and all(letter in "0123456789abcdef" for letter in name)


def reason(
    project: Mapping[str, Any],
    name: str,
    container: Container,
    config_hash: str,
    image_id: str,
    networks: Mapping[str, Mapping[str, Any]],
    made: Mapping[str, str],
    images: Mapping[str, str],
) -> str:
    """Why a container has to be made anew, "" when it need not.

    networks  those of the engine by name
    made      names of networks and volumes that the plan makes
    images    ids of images that are mounted as volumes, by their names in the files
    """
    called = names.container(project, name, container.number)
    if container.name.endswith(f"_{called}") and container.name[:12].isalnum() and len(container.name) == len(called) + 13:
        return "it was left with the name that it had while it was made"
    if container.labels.get(names.HASH) != config_hash:
        return "its configuration changed"
    if image_id and container.labels.get(names.IMAGE) != image_id:
        return "its image changed"
    service = project["services"][name]
    for key in order(service):
        network = name_of(project, key)
        if network in made:
            return f"its network {network} is new"
        joined = container.networks.get(network)
        known = (networks.get(network) or {}).get("Id")
        if joined is None or (joined.get("NetworkID") and known and joined["NetworkID"] != known):
            return f"it is not in {network}"
    mounted = {each["Destination"]: each for each in container.mounts}
    for each in service.get("volumes") or ():
        if each.get("type") == "volume" and each.get("source"):
            wanted = ((project.get("volumes") or {}).get(each["source"]) or {}).get("name") or each["source"]
            if (mounted.get(each["target"]) or {}).get("Name") != wanted:
                return f"its volume at {each['target']} is another"
        if each.get("type") == "image":
            known = str((mounted.get(each["target"]) or {}).get("Name") or "")  # an id, if it was not docker compose that made it
            if known.startswith("sha256:") and known != images.get(each.get("source") or "", known):
                return f"the image at {each['target']} is another"
    return ""
