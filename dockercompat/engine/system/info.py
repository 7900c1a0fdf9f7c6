"""What `info` says: the machine, the engine's programs and how many objects there are."""

from __future__ import annotations

import os
import time

from dockercompat.distribution.policy import service_config
from dockercompat.engine import configuration
from dockercompat.errors import DockerError
from dockercompat.host import probe
from dockercompat.kernel import cgroup
from dockercompat.net.uplink import helper
from dockercompat.runtime import cdi
from dockercompat.spec.release import DOCKER_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any

    from dockercompat.engine.engine import Engine

_LIMITS = (
    ("memory", "memory limit"),
    ("memory", "swap limit"),
    ("cpu", "cpu cfs quota"),
    ("cpu", "cpu cfs period"),
    ("cpu", "cpu shares"),
    ("cpuset", "cpuset"),
)
_FILE_SYSTEMS = {"ext2": "extfs", "ext3": "extfs", "ext4": "extfs", "overlay": "overlayfs"}  # by their magic numbers, docker's names
INDEX_SERVER = "https://index.docker.io/v1/"


def _labels(engine: Engine) -> list[str]:
    """What docker has no field for: the way out of the user's network, the one that runs or else the one that would be started."""
    try:
        name = helper.name(engine.paths.run_dir) or helper.choose(engine.settings.network_helper)
    except DockerError:  # none is installed, or there is none of that name: `doctor` and `run` say so
        return []
    return [f"pydocker.network-helper={name}"]


def info(engine: Engine) -> dict[str, Any]:
    """The API's SystemInfo."""
    by_status = {row["status"]: row["n"] for row in engine.db.all("SELECT status, count(*) AS n FROM containers GROUP BY status")}
    running = by_status.get("running", 0) + by_status.get("restarting", 0)
    images = engine.db.one("SELECT count(*) AS n FROM images")
    pools, warnings = _configured(engine)
    controllers = cgroup.delegated(os.getuid(), os.path.dirname(engine.paths.run_dir))
    limits = {name: name in controllers for name in ("memory", "cpu", "cpuset", "pids")}
    driver = storage_driver(engine)
    backing = probe.file_system_type(engine.paths.data_dir)
    return {
        "ID": _engine_id(engine),
        "Containers": sum(by_status.values()),
        "ContainersRunning": running,
        "ContainersPaused": by_status.get("paused", 0),
        "ContainersStopped": sum(by_status.values()) - running - by_status.get("paused", 0),
        "Images": images["n"] if images else 0,
        "Driver": "overlay2" if driver == "overlay" else driver,
        "DriverStatus": [
            ["Backing Filesystem", _FILE_SYSTEMS.get(backing, backing)],
            ["Supports d_type", "true"],
            *([["Using metacopy", "false"]] if driver != "vfs" else []),
            ["Native Overlay Diff", "true" if driver == "overlay" else "false"],
            ["userxattr", "true" if driver != "vfs" else "false"],
        ],
        "Plugins": {
            "Volume": ["local"],
            "Network": ["bridge", "host", "null"],
            "Authorization": None,
            "Log": ["journald", "json-file", "local"],
        },
        "MemoryLimit": limits["memory"],
        "SwapLimit": limits["memory"],
        "CpuCfsPeriod": limits["cpu"],
        "CpuCfsQuota": limits["cpu"],
        "CPUShares": limits["cpu"],
        "CPUSet": limits["cpuset"],
        "PidsLimit": limits["pids"],
        "IPv4Forwarding": True,
        "Debug": False,
        "NFd": len(os.listdir("/proc/self/fd")),
        "OomKillDisable": False,
        "NGoroutines": 1,
        "SystemTime": _now(),
        "LoggingDriver": "json-file",
        "CgroupDriver": "cgroupfs" if controllers else "none",
        "CgroupVersion": "2" if cgroup.is_unified() else "1",
        "NEventsListener": 0,
        "KernelVersion": os.uname().release,
        "OperatingSystem": probe.os_release().get("PRETTY_NAME", "Linux"),
        "OSVersion": probe.os_release().get("VERSION_ID", ""),
        "OSType": "linux",
        "Architecture": os.uname().machine,
        "IndexServerAddress": INDEX_SERVER,
        "RegistryConfig": service_config(engine.registries),
        "NCPU": len(os.sched_getaffinity(0)),
        "MemTotal": probe.memory_total_bytes(),
        "GenericResources": None,
        "DockerRootDir": engine.paths.data_dir,
        "HttpProxy": "",
        "HttpsProxy": "",
        "NoProxy": "",
        "Name": os.uname().nodename,
        "Labels": _labels(engine),
        "ExperimentalBuild": False,
        "ServerVersion": DOCKER_VERSION,
        "Runtimes": {"crun": {"path": probe.find_program("crun") or "crun"}},
        "DefaultRuntime": "crun",
        "Swarm": {
            "NodeID": "",
            "NodeAddr": "",
            "LocalNodeState": "inactive",
            "ControlAvailable": False,
            "Error": "",
            "RemoteManagers": None,
        },
        "LiveRestoreEnabled": True,
        "Isolation": "",
        "InitBinary": "docker-init",
        "ContainerdCommit": {"ID": ""},
        "RuncCommit": {"ID": ""},
        "InitCommit": {"ID": ""},
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"],
        "CDISpecDirs": cdi.spec_dirs(os.path.dirname(engine.paths.run_dir), os.path.dirname(engine.paths.config_dir)),
        "Warnings": [*_warnings(controllers), *warnings],
        **({"DefaultAddressPools": pools} if pools else {}),
    }


def _configured(engine: Engine) -> tuple[list[dict[str, Any]], list[str]]:
    """What daemon.json makes of the address pools, and warnings about it."""
    try:
        pools = [{"Base": str(base), "Size": size} for base, size in configuration.load(engine).pools]
        return pools, configuration.warnings(engine)
    except DockerError as error:
        return [], [f"WARNING: {error}"]


def storage_driver(engine: Engine) -> str:
    """Name of the storage driver in use, or that would be chosen."""
    from dockercompat.storage import driver

    return driver.choose(engine.paths, engine.settings.storage_driver).name


def _warnings(controllers: Container[str]) -> list[str]:
    """docker's sentences for the limits that this host can't set."""
    found = [words for name, words in _LIMITS if name not in controllers]
    if len(found) < len(_LIMITS):
        return [f"WARNING: No {words} support" for words in found]
    missing = (
        "Systemd is required to enable cgroups in rootless-mode."
        if cgroup.is_unified()
        else "To enable cgroups in rootless-mode, you need to boot the system in cgroup v2 mode."
    )
    return [f"WARNING: Running in rootless-mode without cgroups. {missing}"]


def _engine_id(engine: Engine) -> str:
    """An identifier of this store: made once, kept in the settings."""
    import uuid

    engine.db.execute("INSERT OR IGNORE INTO settings (key, value) VALUES ('engine_id', ?)", (str(uuid.uuid4()),))
    row = engine.db.one("SELECT value FROM settings WHERE key = 'engine_id'")
    return str(row["value"]) if row else ""


def _now() -> str:
    nanoseconds = time.time_ns()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(nanoseconds // 10**9)) + f".{nanoseconds % 10**9:09d}Z"
