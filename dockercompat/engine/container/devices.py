"""--gpus and `--device vendor.com/class=name`: docker's device requests, met by specifications of the Container Device Interface."""

from __future__ import annotations

import os
import stat

from dockercompat.errors import DeviceMissing, DockerError
from dockercompat.runtime import cdi
from dockercompat.spec.number import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine

_GPU_KINDS = ("nvidia.com/gpu", "amd.com/gpu", "intel.com/gpu")


def check(host_config: dict[str, Any]) -> None:
    """Raises DockerError in docker's words for a --device that is none on this host."""
    if host_config.get("Privileged"):
        return  # which has all the host's, whatever --device says
    for each in host_config.get("Devices") or ():
        path = each["PathOnHost"]
        try:
            mode = os.stat(path).st_mode
        except OSError as error:
            raise DeviceMissing(path, (error.strerror or "").lower()) from None
        if not (stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or (stat.S_ISDIR(mode) and _has_devices(path))):
            raise DeviceMissing(path, "not a device node")


def _has_devices(directory: str) -> bool:
    for parent, _, names in os.walk(directory):
        for name in names:
            try:
                mode = os.lstat(f"{parent}/{name}").st_mode
            except FileNotFoundError:
                continue
            if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
                return True
    return False


def edits(engine: Engine, host_config: dict[str, Any]) -> list[dict[str, Any]]:
    """What the named devices of a HostConfig add to a container (runtime/cdi.py applies it).

    Raises  DockerError in docker's words for what no specification describes
    """
    requests = host_config.get("DeviceRequests") or ()
    if not requests:
        return []
    known = cdi.devices(cdi.spec_dirs(os.path.dirname(engine.paths.run_dir), os.path.dirname(engine.paths.config_dir)))
    result: list[dict[str, Any]] = []
    for request in requests:
        for name in _names(request, known):
            result += known[name]
    return result


def _names(request: dict[str, Any], known: dict[str, list[dict[str, Any]]]) -> list[str]:
    if request.get("Driver") == "cdi":
        missing = [name for name in request.get("DeviceIDs") or () if name not in known]
        if missing:
            raise DockerError(f"CDI device injection failed: unresolvable CDI devices {', '.join(missing)}")
        return list(request.get("DeviceIDs") or ())
    kind = next((kind for kind in _GPU_KINDS if any(name.startswith(kind + "=") for name in known)), "")
    wanted = {word for each in request.get("Capabilities") or () for word in each}
    if not kind or "gpu" not in wanted or request.get("Driver", "") not in ("", kind.partition(".")[0]):
        capabilities = " ".join(f"[{' '.join(each)}]" for each in request.get("Capabilities") or ())
        raise DockerError(f"could not select device driver {quoted(request.get('Driver') or '')} with capabilities: [{capabilities}]")
    if request.get("DeviceIDs"):
        return _names({"Driver": "cdi", "DeviceIDs": [f"{kind}={name}" for name in request["DeviceIDs"]]}, known)
    if request.get("Count") == -1 and f"{kind}=all" in known:
        return [f"{kind}=all"]
    numbered = sorted((name for name in known if name.startswith(kind + "=") and name.partition("=")[2].isdigit()), key=_number)
    return numbered if request.get("Count") == -1 else numbered[: request.get("Count") or 0]


def _number(name: str) -> int:
    return int(name.partition("=")[2])
