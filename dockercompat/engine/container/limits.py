"""Limits on resources: what docker refuses, and what it takes away with a warning where the kernel gives this user no control of it."""

from __future__ import annotations

import os

from dockercompat.errors import InvalidParameter
from dockercompat.host.files import read_text
from dockercompat.kernel import cgroup, idmap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine

_LEAST_MEMORY_BYTES = 6 << 20
_NO_GROUP = "or the cgroup is not mounted."


def controllers(engine: Engine) -> frozenset[str]:
    """The cgroup controllers whose limits this user's containers can have."""
    return cgroup.delegated(idmap.real_uid(), os.path.dirname(engine.paths.run_dir))


def apply(host_config: dict[str, Any], available: frozenset[str], *, update: bool = False) -> list[str]:
    """Check the limits of a HostConfig, change in it what can't be had, and return docker's warnings.

    update  the values are those of `update`, where a zero means no change
    Raises  InvalidParameter in docker's words
    """
    warnings: list[str] = []
    _memory(host_config, "memory" in available, warnings, update=update)
    if host_config.get("PidsLimit") is not None and "pids" not in available:
        if host_config["PidsLimit"] > 0:
            warnings.append(f"Your kernel does not support PIDs limit capabilities {_NO_GROUP} PIDs limit discarded.")
        host_config["PidsLimit"] = None
    _cpu(host_config, "cpu" in available, warnings)
    _cpuset(host_config, "cpuset" in available, warnings)
    _block_io(host_config, "io" in available, warnings)
    return warnings


def _memory(limits: dict[str, Any], available: bool, warnings: list[str], *, update: bool) -> None:
    memory, swap, reservation = (limits.get(name) or 0 for name in ("Memory", "MemorySwap", "MemoryReservation"))
    swappiness = limits.get("MemorySwappiness")
    if swappiness == -1:
        swappiness = limits["MemorySwappiness"] = None
    if 0 != memory < _LEAST_MEMORY_BYTES:
        raise InvalidParameter("Minimum memory limit allowed is 6MB")
    if memory > 0 and 0 < swap < memory:
        raise InvalidParameter("Minimum memoryswap limit should be larger than memory limit, see usage")
    if memory == 0 and swap > 0 and not update:
        raise InvalidParameter("You should always set the Memory limit when using Memoryswap limit, see usage")
    if swappiness is not None:
        if not 0 <= swappiness <= 100:
            raise InvalidParameter(f"Invalid value: {swappiness}, valid memory swappiness range is 0-100")
        warnings.append(f"Your kernel does not support memory swappiness capabilities {_NO_GROUP} Memory swappiness discarded.")
        limits["MemorySwappiness"] = None
    if 0 < reservation < _LEAST_MEMORY_BYTES:
        raise InvalidParameter("Minimum memory reservation allowed is 6MB")
    if 0 < memory < reservation:
        raise InvalidParameter("Minimum memory limit can not be less than memory reservation limit, see usage")
    # What nobody could have is refused first, here and below: a script's mistake shows on every machine.
    if memory > 0 and not available:
        warnings.append(f"Your kernel does not support memory limit capabilities {_NO_GROUP} Limitation discarded.")
        memory, swap = 0, -1
    if reservation > 0 and not available:
        warnings.append(f"Your kernel does not support memory soft limit capabilities {_NO_GROUP} Limitation discarded.")
        reservation = 0
    if limits.get("OomKillDisable"):
        warnings.append("Your kernel does not support OomKillDisable. OomKillDisable discarded.")
    if "OomKillDisable" in limits:
        limits["OomKillDisable"] = None
    limits["Memory"], limits["MemorySwap"], limits["MemoryReservation"] = memory, swap, reservation


def _cpu(limits: dict[str, Any], available: bool, warnings: list[str]) -> None:
    nano, period, quota = (limits.get(name) or 0 for name in ("NanoCpus", "CpuPeriod", "CpuQuota"))
    shares = limits.get("CpuShares") or 0
    if shares < 0:
        raise InvalidParameter(f"invalid CPU shares ({shares}): value must be a positive integer")
    if nano > 0 and period > 0:
        raise InvalidParameter("Conflicting options: Nano CPUs and CPU Period cannot both be set")
    if nano > 0 and quota > 0:
        raise InvalidParameter("Conflicting options: Nano CPUs and CPU Quota cannot both be set")
    count = os.cpu_count() or 1
    if not 0 <= nano <= count * 10**9:
        raise InvalidParameter(f"range of CPUs is from 0.01 to {count}.00, as there are only {count} CPUs available")
    if period and not 1000 <= period <= 1_000_000:
        raise InvalidParameter("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
    if 0 < quota < 1000:
        raise InvalidParameter("CPU cfs quota can not be less than 1ms (i.e. 1000)")
    if (limits.get("CpuShares") or 0) < 0:
        raise InvalidParameter(f"invalid CPU shares ({limits['CpuShares']}): value must be a positive integer")
    if limits.get("CpuRealtimePeriod") or limits.get("CpuRealtimeRuntime"):
        raise InvalidParameter("kernel does not support CPU real-time scheduler")
    if not available:
        if shares:
            warnings.append(f"Your kernel does not support CPU shares {_NO_GROUP} Shares discarded.")
            limits["CpuShares"] = 0
        if nano:
            warnings.append(f"Your kernel does not support CPU CFS scheduler {_NO_GROUP} NanoCPUs discarded.")
            limits["NanoCpus"] = 0
        if period or quota > 0:
            warnings.append("Your kernel does not support CPU CFS scheduler. CPU period/quota discarded.")
            limits["CpuPeriod"] = limits["CpuQuota"] = 0
    if limits.get("CpuPercent"):
        warnings.append("linux does not support CPU percent. Percent discarded.")
        limits["CpuPercent"] = 0


def _cpuset(limits: dict[str, Any], available: bool, warnings: list[str]) -> None:
    cpus, nodes = limits.get("CpusetCpus") or "", limits.get("CpusetMems") or ""
    for text, kind, name, path in (
        (cpus, "cpus", "CPUs", "/sys/devices/system/cpu/online"),
        (nodes, "mems", "memory nodes", "/sys/devices/system/node/online"),
    ):
        if not text:
            continue
        wanted = _numbers(text)
        if wanted is None:
            raise InvalidParameter(f"Invalid value {text} for cpuset {kind}: invalid format: {text}")
        online = read_text(path).strip() or "0"
        if not wanted <= (_numbers(online) or set()):
            raise InvalidParameter(f"Requested {name} are not available - requested {text}, available: {online}")
    if (cpus or nodes) and not available:
        warnings.append(f"Your kernel does not support cpuset {_NO_GROUP} Cpuset discarded.")
        limits["CpusetCpus"] = limits["CpusetMems"] = ""


def _numbers(text: str) -> set[int] | None:
    """The numbers of a list such as 0-3,7; None for no list."""
    result: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdigit() or (dash and not last.isdigit()) or len(part) > 11 or (dash and int(last) < int(first)):
            return None
        if int(last or first) > 1 << 16:
            return None
        result |= set(range(int(first), int(last or first) + 1))
    return result


def _block_io(limits: dict[str, Any], available: bool, warnings: list[str]) -> None:
    weight = limits.get("BlkioWeight") or 0
    if weight and not available:
        warnings.append(f"Your kernel does not support Block I/O weight {_NO_GROUP} Weight discarded.")
        weight = limits["BlkioWeight"] = 0
    if weight and not 10 <= weight <= 1000:
        raise InvalidParameter("Range of blkio weight is from 10 to 1000")
    for name, shown in (("IOMaximumBandwidth", "bandwidth"), ("IOMaximumIOps", "IOPs")):
        if limits.get(name):
            raise InvalidParameter(f"invalid option: QoS maximum {shown} configuration is not supported on linux")
    if available:
        return
    for name, sentence in (
        ("BlkioWeightDevice", f"Block I/O weight_device {_NO_GROUP} Weight-device discarded."),
        ("BlkioDeviceReadBps", f"BPS Block I/O read limit {_NO_GROUP} Block I/O BPS read limit discarded."),
        ("BlkioDeviceWriteBps", f"BPS Block I/O write limit {_NO_GROUP} Block I/O BPS write limit discarded."),
        ("BlkioDeviceReadIOps", f"IOPS Block read limit {_NO_GROUP} Block I/O IOPS read limit discarded."),
        ("BlkioDeviceWriteIOps", f"IOPS Block write limit {_NO_GROUP} Block I/O IOPS write limit discarded."),
    ):
        if limits.get(name):
            warnings.append(f"Your kernel does not support {sentence}")
            limits[name] = []
