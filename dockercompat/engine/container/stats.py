"""One sample of what a container uses, as the API's ContainerStatsResponse: from its control group, or added up from /proc."""

from __future__ import annotations

import os
import time

from dockercompat.engine.container.processes import pids
from dockercompat.kernel import cgroup
from dockercompat.spec.clock import ZERO, format_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.container.state import Container

_TICK_NS = 10**9 // os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_BLKIO = ("io_service_bytes", "io_serviced", "io_queue", "io_service_time", "io_wait_time", "io_merged", "io_time", "sectors")
_MEMORY = (
    *("anon", "file", "kernel_stack", "slab", "sock", "shmem", "file_mapped", "file_dirty", "file_writeback", "anon_thp", "inactive_anon"),
    *("active_anon", "inactive_file", "active_file", "unevictable", "slab_reclaimable", "slab_unreclaimable", "pgfault", "pgmajfault"),
    *("workingset_refault", "workingset_activate", "workingset_nodereclaim", "pgrefill", "pgscan", "pgsteal", "pgactivate"),
    *("pgdeactivate", "pglazyfree", "pglazyfreed", "thp_fault_alloc", "thp_collapse_alloc"),
)


def sample(container: Container, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """Figures of this moment; zeros for a container that does not run.

    before  the last sample, for precpu_stats
    """
    now_ns = time.time_ns()
    running = container.is_alive
    figures = _from_cgroup(container) or _from_processes(container) if running else None
    result: dict[str, Any] = {
        "name": f"/{container.name}",
        "id": container.id,
        "read": format_ns(now_ns) if running else ZERO,
        "preread": before["read"] if before else ZERO,
        "pids_stats": {},
        "blkio_stats": {f"{name}_recursive": None for name in _BLKIO},
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _no_cpu(),
        "precpu_stats": before["cpu_stats"] if before else _no_cpu(),
        "memory_stats": {},
    }
    if figures is None:
        return result
    result["pids_stats"] = {"current": figures["pids"]}
    result["cpu_stats"] = {
        "cpu_usage": {
            "total_usage": figures["user_ns"] + figures["kernel_ns"],
            "usage_in_kernelmode": figures["kernel_ns"],
            "usage_in_usermode": figures["user_ns"],
        },
        "system_cpu_usage": _system_ns(),
        "online_cpus": os.cpu_count() or 1,
        "throttling_data": {
            "periods": figures["periods"],
            "throttled_periods": figures["throttled_periods"],
            "throttled_time": figures["throttled_ns"],
        },
    }
    result["memory_stats"] = {
        "usage": figures["memory_bytes"],
        "limit": figures["limit_bytes"] or _host_memory(),
        "stats": {name: figures[name] for name in _MEMORY if name in figures},
    }
    result["blkio_stats"]["io_service_bytes_recursive"] = [
        {"major": 0, "minor": 0, "op": "read", "value": figures["read_bytes"]},
        {"major": 0, "minor": 0, "op": "write", "value": figures["write_bytes"]},
    ]
    networks = _networks(container)
    if networks:
        result["networks"] = networks
    return result


def _no_cpu() -> dict[str, Any]:
    return {
        "cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
        "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
    }


def _from_cgroup(container: Container) -> dict[str, int] | None:
    """Figures of the container's own control group; None where it has none."""
    try:
        with open(f"/proc/{container.pid}/cgroup", encoding="utf-8") as file:
            path = next((line[3:].strip() for line in file if line.startswith("0::")), "")
    except OSError:
        return None
    group_dir = f"{cgroup.ROOT}{path}"
    if container.id not in path:
        return None
    try:
        cpu = _pairs(f"{group_dir}/cpu.stat")
        memory = int(_text(f"{group_dir}/memory.current"))
        limit = _text(f"{group_dir}/memory.max").strip()
        stat = _pairs(f"{group_dir}/memory.stat")
        count = int(_text(f"{group_dir}/pids.current"))
    except (OSError, ValueError):
        return None
    read_bytes = write_bytes = 0
    try:
        for word in _text(f"{group_dir}/io.stat").split():
            key, _, value = word.partition("=")
            read_bytes += int(value) if key == "rbytes" else 0
            write_bytes += int(value) if key == "wbytes" else 0
    except OSError:
        pass
    return {
        "pids": count,
        "user_ns": cpu.get("user_usec", 0) * 1000,
        "kernel_ns": cpu.get("system_usec", 0) * 1000,
        "memory_bytes": memory,
        "limit_bytes": 0 if limit == "max" else int(limit),
        "periods": cpu.get("nr_periods", 0),
        "throttled_periods": cpu.get("nr_throttled", 0),
        "throttled_ns": cpu.get("throttled_usec", 0) * 1000,
        **{name: value for name, value in stat.items() if name in _MEMORY},
        "read_bytes": read_bytes,
        "write_bytes": write_bytes,
    }


def _from_processes(container: Container) -> dict[str, int]:
    figures = dict.fromkeys(
        (
            *("pids", "user_ns", "kernel_ns", "periods", "throttled_periods", "throttled_ns"),
            *("memory_bytes", "limit_bytes", "inactive_file", "read_bytes", "write_bytes"),
        ),
        0,
    )
    for pid in pids(container):
        try:
            fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
        except OSError:
            continue
        figures["pids"] += int(fields[17])
        figures["user_ns"] += (int(fields[11]) + int(fields[13])) * _TICK_NS
        figures["kernel_ns"] += (int(fields[12]) + int(fields[14])) * _TICK_NS
        figures["memory_bytes"] += int(fields[21]) * _PAGE_BYTES
        try:
            values = _pairs(f"/proc/{pid}/io", ":")
        except OSError:
            continue
        figures["read_bytes"] += values.get("read_bytes", 0)
        figures["write_bytes"] += values.get("write_bytes", 0)
    return figures


def _networks(container: Container) -> dict[str, dict[str, int]]:
    if container.network_mode == "host":
        return {}
    result = {}
    try:
        lines = _text(f"/proc/{container.pid}/net/dev").splitlines()[2:]
    except OSError:
        return {}
    for line in lines:
        name, _, rest = line.partition(":")
        values = [int(word) for word in rest.split()]
        if name.strip() != "lo":
            result[name.strip()] = {
                "rx_bytes": values[0],
                "rx_packets": values[1],
                "rx_errors": values[2],
                "rx_dropped": values[3],
                "tx_bytes": values[8],
                "tx_packets": values[9],
                "tx_errors": values[10],
                "tx_dropped": values[11],
            }
    return result


def _system_ns() -> int:
    """Time of all processors together, busy and idle, since boot."""
    words = _text("/proc/stat").split("\n", 1)[0].split()[1:8]
    return sum(int(word) for word in words) * _TICK_NS


def _host_memory() -> int:
    return _pairs("/proc/meminfo", ":").get("MemTotal", 0) * 1024


def _pairs(path: str, separator: str = "") -> dict[str, int]:
    result = {}
    for line in _text(path).splitlines():
        words = line.replace(separator, " ").split() if separator else line.split()
        if len(words) > 1 and words[1].isdigit():
            result[words[0]] = int(words[1])
    return result


def _text(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
