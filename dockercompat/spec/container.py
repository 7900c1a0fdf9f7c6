"""The body of `create`: docker's Config, HostConfig and NetworkingConfig with every member, in docker's order, with its defaults."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

DEFAULT_SHM_SIZE_BYTES = 64 << 20
DEFAULT_MASKED_PATHS = (
    "/proc/asound",
    "/proc/acpi",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
)
DEFAULT_READONLY_PATHS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")

# Members that docker leaves out when they are empty; all others are always there.
_CONFIG_OPTIONAL = ("ExposedPorts", "Healthcheck", "ArgsEscaped", "NetworkDisabled", "MacAddress", "StopSignal", "StopTimeout", "Shell")
_HOST_OPTIONAL = ("Annotations", "StorageOpt", "Tmpfs", "Sysctls", "Runtime", "Mounts", "Init")

_CONFIG: dict[str, Any] = {
    "Hostname": "",
    "Domainname": "",
    "User": "",
    "AttachStdin": False,
    "AttachStdout": False,
    "AttachStderr": False,
    "ExposedPorts": None,
    "Tty": False,
    "OpenStdin": False,
    "StdinOnce": False,
    "Env": None,
    "Cmd": None,
    "Healthcheck": None,
    "ArgsEscaped": None,
    "Image": "",
    "Volumes": None,
    "WorkingDir": "",
    "Entrypoint": None,
    "NetworkDisabled": None,
    "MacAddress": None,
    "OnBuild": None,
    "Labels": None,
    "StopSignal": None,
    "StopTimeout": None,
    "Shell": None,
}

_HOST_CONFIG: dict[str, Any] = {
    "Binds": None,
    "ContainerIDFile": "",
    "LogConfig": {"Type": "", "Config": {}},
    "NetworkMode": "",
    "PortBindings": None,
    "RestartPolicy": {"Name": "", "MaximumRetryCount": 0},
    "AutoRemove": False,
    "VolumeDriver": "",
    "VolumesFrom": None,
    "ConsoleSize": [0, 0],
    "Annotations": None,
    "CapAdd": None,
    "CapDrop": None,
    "CgroupnsMode": "",
    "Dns": None,
    "DnsOptions": None,
    "DnsSearch": None,
    "ExtraHosts": None,
    "GroupAdd": None,
    "IpcMode": "",
    "Cgroup": "",
    "Links": None,
    "OomScoreAdj": 0,
    "PidMode": "",
    "Privileged": False,
    "PublishAllPorts": False,
    "ReadonlyRootfs": False,
    "SecurityOpt": None,
    "StorageOpt": None,
    "Tmpfs": None,
    "UTSMode": "",
    "UsernsMode": "",
    "ShmSize": 0,
    "Sysctls": None,
    "Runtime": None,
    "Isolation": "",
    "CpuShares": 0,
    "Memory": 0,
    "NanoCpus": 0,
    "CgroupParent": "",
    "BlkioWeight": 0,
    "BlkioWeightDevice": None,
    "BlkioDeviceReadBps": None,
    "BlkioDeviceWriteBps": None,
    "BlkioDeviceReadIOps": None,
    "BlkioDeviceWriteIOps": None,
    "CpuPeriod": 0,
    "CpuQuota": 0,
    "CpuRealtimePeriod": 0,
    "CpuRealtimeRuntime": 0,
    "CpusetCpus": "",
    "CpusetMems": "",
    "Devices": None,
    "DeviceCgroupRules": None,
    "DeviceRequests": None,
    "MemoryReservation": 0,
    "MemorySwap": 0,
    "MemorySwappiness": None,
    "OomKillDisable": None,
    "PidsLimit": None,
    "Ulimits": None,
    "CpuCount": 0,
    "CpuPercent": 0,
    "IOMaximumIOps": 0,
    "IOMaximumBandwidth": 0,
    "Mounts": None,
    "MaskedPaths": None,
    "ReadonlyPaths": None,
    "Init": None,
}

_ENDPOINT: dict[str, Any] = {
    "IPAMConfig": None,
    "Links": None,
    "Aliases": None,
    "MacAddress": "",
    "DriverOpts": None,
    "GwPriority": 0,
    "NetworkID": "",
    "EndpointID": "",
    "Gateway": "",
    "IPAddress": "",
    "IPPrefixLen": 0,
    "IPv6Gateway": "",
    "GlobalIPv6Address": "",
    "GlobalIPv6PrefixLen": 0,
    "DNSNames": None,
}


def is_name(text: str) -> bool:
    """Whether a container may be called so: [a-zA-Z0-9][a-zA-Z0-9_.-]+."""
    rest = text[1:]
    for sign in "_.-":
        rest = rest.replace(sign, "")
    return len(text) > 1 and text.isascii() and text[0].isalnum() and (not rest or rest.isalnum())


def config(members: Mapping[str, Any]) -> dict[str, Any]:
    """A Config with every member that docker always shows, unknown members dropped."""
    return _completed(_CONFIG, members, _CONFIG_OPTIONAL)


def host_config(members: Mapping[str, Any]) -> dict[str, Any]:
    """A HostConfig with every member that docker always shows, unknown members dropped."""
    return _completed(_HOST_CONFIG, members, _HOST_OPTIONAL)


def endpoint(members: Mapping[str, Any]) -> dict[str, Any]:
    """One entry of NetworkSettings.Networks or of EndpointsConfig."""
    return _completed(_ENDPOINT, members, ())


def _completed(defaults: dict[str, Any], members: Mapping[str, Any], optional: tuple[str, ...]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, default in defaults.items():
        value = members.get(name)
        if value is None:
            if name in optional:
                continue
            value = default.copy() if isinstance(default, (dict, list)) else default
        elif name in optional and name not in ("StopTimeout", "Init", "Healthcheck") and not value:
            continue
        result[name] = value
    return result


def merged_config(own: Mapping[str, Any], image: Mapping[str, Any]) -> dict[str, Any]:
    """The Config of a container: its own members, and the image's where docker inherits them.

    own     Config of the create body
    image   `config` member of the image's config
    Returns every member; Entrypoint [""] (a reset) has become None
    """
    result = config(own)
    result["User"] = result["User"] or image.get("User") or ""
    for name in ("ExposedPorts", "Volumes"):
        inherited, chosen = image.get(name), result.get(name)
        both = {**(chosen or {}), **(inherited or {})}
        if both:
            result[name] = both
        elif name == "Volumes":
            result[name] = None
    variables = list(result["Env"] or [])
    names = {text.partition("=")[0] for text in variables}
    variables += [text for text in image.get("Env") or [] if text.partition("=")[0] not in names]
    result["Env"] = variables or None  # a name without a value stays here, and takes the variable away from the process
    result["Labels"] = {**(image.get("Labels") or {}), **(result["Labels"] or {})}
    if not result["Entrypoint"]:
        if not result["Cmd"]:
            result["Cmd"] = image.get("Cmd") or None
        if result["Entrypoint"] is None:
            result["Entrypoint"] = image.get("Entrypoint") or None
    if result["Entrypoint"] == [""]:
        result["Entrypoint"] = None
    health = _merged_health(result.get("Healthcheck"), image.get("Healthcheck"))
    if health:
        result["Healthcheck"] = health
    result["WorkingDir"] = result["WorkingDir"] or image.get("WorkingDir") or ""
    for name in ("StopSignal", "Shell"):
        if not result.get(name) and image.get(name):
            result[name] = image[name]
    return config(result)


def _merged_health(own: Mapping[str, Any] | None, image: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if own is None or image is None:
        chosen = own if image is None else image
        return dict(chosen) if chosen is not None else None
    result: dict[str, Any] = {}
    for name in ("Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"):
        value = own.get(name) or image.get(name)
        if value:
            result[name] = value
    return result


def command(container_config: Mapping[str, Any]) -> list[str]:
    """The words of the first process: entrypoint, then command."""
    return list(container_config.get("Entrypoint") or []) + list(container_config.get("Cmd") or [])
