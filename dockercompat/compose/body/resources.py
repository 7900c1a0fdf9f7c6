"""A service's bounds and devices as members of HostConfig. What `deploy` says goes before the older attributes.

Source: docker/compose, pkg/compose/create.go; compose-spec, deploy.md.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_NUMBERS = (
    ("cpu_shares", "CpuShares"),
    ("cpu_period", "CpuPeriod"),
    ("cpu_quota", "CpuQuota"),
    ("cpu_rt_period", "CpuRealtimePeriod"),
    ("cpu_rt_runtime", "CpuRealtimeRuntime"),
    ("cpu_count", "CpuCount"),
    ("mem_limit", "Memory"),
    ("mem_reservation", "MemoryReservation"),
    ("memswap_limit", "MemorySwap"),
    ("shm_size", "ShmSize"),
    ("oom_score_adj", "OomScoreAdj"),
)
_DEVICE_BOUNDS = (
    ("device_read_bps", "BlkioDeviceReadBps"),
    ("device_read_iops", "BlkioDeviceReadIOps"),
    ("device_write_bps", "BlkioDeviceWriteBps"),
    ("device_write_iops", "BlkioDeviceWriteIOps"),
)


def members(service: Mapping[str, Any]) -> dict[str, Any]:
    """Members of HostConfig that bound what a container uses, and its devices."""
    found: dict[str, Any] = {member: int(service[name]) for name, member in _NUMBERS if service.get(name)}
    if service.get("cpus"):
        found["NanoCpus"] = _nano(service["cpus"])
    if service.get("pids_limit"):
        found["PidsLimit"] = int(service["pids_limit"])
    if service.get("mem_swappiness") is not None:
        found["MemorySwappiness"] = int(service["mem_swappiness"])
    if service.get("oom_kill_disable"):
        found["OomKillDisable"] = True
    for name, member in (("cpuset", "CpusetCpus"), ("cgroup_parent", "CgroupParent")):
        if service.get(name):
            found[member] = service[name]
    found.update(_deployed(service.get("deploy") or {}))
    found.update(_block(service.get("blkio_config") or {}))
    if service.get("ulimits"):
        found["Ulimits"] = [_ulimit(name, value) for name, value in sorted(service["ulimits"].items())]
    if service.get("device_cgroup_rules"):
        found["DeviceCgroupRules"] = list(service["device_cgroup_rules"])
    devices = [each for each in service.get("devices") or () if each["source"] != each.get("target") or each["source"].startswith("/")]
    found["Devices"] = [
        {"PathOnHost": each["source"], "PathInContainer": each["target"], "CgroupPermissions": each.get("permissions") or "rwm"}
        for each in devices
    ] or None
    requests = [_request(each) for each in _wanted_devices(service)]
    named = [each["source"] for each in service.get("devices") or () if each not in devices]
    if named:
        requests.append({"Driver": "cdi", "DeviceIDs": named})
    if requests:
        found["DeviceRequests"] = requests
    return found


def _nano(value: Any) -> int:
    return round(float(value) * 1_000_000_000)


def _deployed(deploy: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    resources = deploy.get("resources") or {}
    limits, reservations = resources.get("limits") or {}, resources.get("reservations") or {}
    if limits.get("memory"):
        found["Memory"] = int(limits["memory"])
    if limits.get("cpus"):
        found["NanoCpus"] = _nano(limits["cpus"])
    if limits.get("pids"):
        found["PidsLimit"] = int(limits["pids"])
    if reservations.get("memory"):
        found["MemoryReservation"] = int(reservations["memory"])
    return found


def _block(settings: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if settings.get("weight"):
        found["BlkioWeight"] = int(settings["weight"])
    if settings.get("weight_device"):
        found["BlkioWeightDevice"] = [{"Path": each["path"], "Weight": int(each["weight"])} for each in settings["weight_device"]]
    for name, member in _DEVICE_BOUNDS:
        if settings.get(name):
            found[member] = [{"Path": each["path"], "Rate": int(each["rate"])} for each in settings[name]]
    return found


def _ulimit(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        if "single" in value:
            value = value["single"]
        else:
            return {"Name": name, "Soft": int(value["soft"]), "Hard": int(value["hard"])}
    return {"Name": name, "Soft": int(value), "Hard": int(value)}


def _wanted_devices(service: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    reservations = ((service.get("deploy") or {}).get("resources") or {}).get("reservations") or {}
    gpus = [{"capabilities": ["gpu"], **each} for each in service.get("gpus") or ()]
    return [*(reservations.get("devices") or ()), *gpus]


def _request(device: Mapping[str, Any]) -> dict[str, Any]:
    ids = list(device.get("device_ids") or ())
    count = device.get("count")
    if count == "all":
        count = -1
    if count is None and not ids:
        count = -1
    return {
        "Driver": device.get("driver") or "",
        "Count": int(count or 0),
        "DeviceIDs": ids or None,
        "Capabilities": [list(device.get("capabilities") or ())],
        "Options": dict(device.get("options") or {}),
    }
