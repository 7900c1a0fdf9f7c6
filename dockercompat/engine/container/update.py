"""`update`: the limits and the restart policy of a container, running or not."""

from __future__ import annotations

from dockercompat.engine.container import limits, state, store
from dockercompat.engine.system import events
from dockercompat.errors import Conflict, DockerError, InvalidParameter
from dockercompat.spec.option import check_restart_policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine

_LIMITS = (
    "BlkioWeight",
    "CpuPeriod",
    "CpuQuota",
    "CpuRealtimePeriod",
    "CpuRealtimeRuntime",
    "CpuShares",
    "CpusetCpus",
    "CpusetMems",
    "Memory",
    "MemoryReservation",
    "MemorySwap",
    "NanoCpus",
    "PidsLimit",
)


def update(engine: Engine, ref: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Change a container; {"Warnings"}.

    changes  members of HostConfig: limits (0, "" and None: no change) and RestartPolicy ({"Name": ""}: no change)
    Raises   NoSuchContainer, InvalidParameter, Conflict in docker's words
    """
    wanted = {name: changes[name] for name in (*_LIMITS, "MemorySwappiness") if changes.get(name)}
    available = limits.controllers(engine)
    warnings = limits.apply(wanted, available, update=True)
    policy: dict[str, Any] = changes.get("RestartPolicy") or {}
    check_restart_policy(policy)
    with engine.db.transaction():
        container = state.resolve(engine, ref)
        if container.status in ("removing", "dead"):
            raise _refused(container.id, 'Container is marked for removal and cannot be "update".')
        host_config = container.host_config
        if policy.get("Name"):
            if host_config["AutoRemove"] and policy["Name"] != "no":
                raise _refused(container.id, "Restart policy cannot be updated because AutoRemove is enabled for the container")
            host_config["RestartPolicy"] = {"Name": policy["Name"], "MaximumRetryCount": policy.get("MaximumRetryCount", 0)}
        try:
            _check_against(host_config, wanted)
        except InvalidParameter as error:
            raise _refused(container.id, str(error)) from None
        for name in _LIMITS:
            if wanted.get(name):
                host_config[name] = wanted[name]
        if wanted.get("PidsLimit", 0) == -1:
            host_config["PidsLimit"] = None
        store.set_host_config(engine, container.id, host_config)
        events.record(engine, "container", "update", container.id, container.attributes())
    if available and container.is_alive and any(wanted.get(name) for name in _LIMITS):
        _apply_now(engine, container.id, host_config)
    return {"Warnings": warnings or None}


def _refused(container_id: str, reason: str) -> DockerError:
    return Conflict(f"Cannot update container {container_id}: {reason}")


def _check_against(now: dict[str, Any], wanted: dict[str, Any]) -> None:
    if wanted.get("NanoCpus") and (now["CpuPeriod"] or now["CpuQuota"]):
        name = "Period" if now["CpuPeriod"] else "Quota"
        raise InvalidParameter(f"Conflicting options: Nano CPUs cannot be updated as CPU {name} has already been set")
    for member, name in (("CpuPeriod", "Period"), ("CpuQuota", "Quota")):
        if wanted.get(member) and now["NanoCpus"]:
            raise InvalidParameter(f"Conflicting options: CPU {name} cannot be updated as NanoCPUs has already been set")
    memory, swap = wanted.get("Memory") or 0, wanted.get("MemorySwap") or 0
    if memory and not swap and 0 < now["MemorySwap"] < memory:
        raise InvalidParameter("Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time")


def _apply_now(engine: Engine, container_id: str, host_config: dict[str, Any]) -> None:
    """Give a running container its new limits; only where the user has control groups at all."""
    from dockercompat.runtime import bundle, crun

    crun.update(container_id, bundle.resources(host_config), root_dir=engine.paths.crun_dir)
