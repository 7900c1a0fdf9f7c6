"""What docker's engine refuses in the body of `create`, in its words."""

from __future__ import annotations

from dockercompat.errors import DockerError, InvalidParameter
from dockercompat.runtime import capabilities
from dockercompat.spec import env, mount, option, port
from dockercompat.spec.number import parse_bool, quoted
from dockercompat.spec.size import ram_in_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_LEAST_HEALTH_NS = 1_000_000
_LOG_OPTIONS: dict[str, tuple[str, ...]] = {
    "json-file": ("max-file", "max-size", "compress", "labels", "labels-regex", "env", "env-regex", "tag"),
    "local": ("max-file", "max-size", "compress", "labels", "labels-regex", "env", "env-regex", "tag"),
    "journald": ("labels", "labels-regex", "env", "env-regex", "tag"),
    "none": (),
}
_RUNTIMES = ("", "crun", "runc", "io.containerd.runc.v2")


def check_conflicts(config: dict[str, Any], host: dict[str, Any]) -> None:
    """Modes that exclude each other."""
    mode = host["NetworkMode"]
    if mode.startswith("container:") or mode == "container":
        if not mode.partition(":")[2]:
            raise InvalidParameter("invalid network mode: invalid container format container:<name|id>")
        for present, sentence in (
            (config["Hostname"], "conflicting options: hostname and the network mode"),
            (
                host["Links"],
                "conflicting options: container type network can't be used with links. This would result in undefined behavior",
            ),
            (host["Dns"], "conflicting options: dns and the network mode"),
            (host["ExtraHosts"], "conflicting options: custom host-to-IP mapping and the network mode"),
            (
                host["PortBindings"] or host["PublishAllPorts"],
                "conflicting options: port publishing and the container type network mode",
            ),
            (config.get("ExposedPorts"), "conflicting options: port exposing and the container type network mode"),
        ):
            if present:
                raise InvalidParameter(sentence)
    if host["UTSMode"] == "host" and config["Hostname"]:
        raise InvalidParameter("conflicting options: hostname and the UTS mode")
    if mode == "host" and host["Links"]:
        raise InvalidParameter(
            "conflicting options: host type networking can't be used with links. This would result in undefined behavior"
        )


def check_config(config: dict[str, Any]) -> None:
    directory = config["WorkingDir"]
    if directory and not directory.startswith("/"):
        raise InvalidParameter(f"the working directory '{directory}' is invalid, it needs to be an absolute path")
    if config.get("StopSignal"):
        check_signal(config["StopSignal"])
    for text in config["Env"] or ():
        env.parse_variable(text, {})
    health = config.get("Healthcheck") or {}
    for name in ("Interval", "Timeout", "StartPeriod", "StartInterval"):
        value = health.get(name) or 0
        if value and value < _LEAST_HEALTH_NS:
            raise InvalidParameter(f"{name} in Healthcheck cannot be less than 1ms")
    if (health.get("Retries") or 0) < 0:
        raise InvalidParameter("Retries in Healthcheck cannot be negative")


def check_signal(text: str) -> None:
    """Raises InvalidParameter for a word that is no signal's name or number."""
    if text.removeprefix("-").isdigit():
        if int(text) == 0:
            raise InvalidParameter(f"invalid signal: {text}")
        return
    import signal

    name = text.upper().removeprefix("SIG")
    known = {each.name[3:] for each in signal.Signals} | {"CLD", "POLL", "IOT", "STKFLT", "PWR", "UNUSED"}
    if name in known or _is_realtime(name):
        return
    raise InvalidParameter(f"invalid signal: {text}")


def _is_realtime(name: str) -> bool:
    for start, low, high in (("RTMIN", 0, 15), ("RTMAX", 0, 14)):
        if name.startswith(start):
            rest = name[len(start) :]
            sign = "+" if start == "RTMIN" else "-"
            return rest == "" or (rest[:1] == sign and rest[1:].isdigit() and low <= int(rest[1:]) <= high)
    return False


def check_host_config(host: dict[str, Any]) -> None:
    """What does not concern limits."""
    if host["AutoRemove"] and host["RestartPolicy"].get("Name") not in ("", "no"):
        raise InvalidParameter("can't create 'AutoRemove' container with restart policy")
    if host["ShmSize"] < 0:
        raise InvalidParameter("SHM size can not be less than 0")
    for each in host.get("Mounts") or ():
        mount.check_mount(each)
    for text in host["ExtraHosts"] or ():
        option.parse_extra_host(text)
    for key, bindings in (host["PortBindings"] or {}).items():
        port.parse_key(key)
        for binding in bindings or ():
            _check_host_port(binding.get("HostPort") or "")
    option.check_restart_policy(host["RestartPolicy"])
    check_capabilities(host)
    if host["Isolation"] not in ("", "default"):
        raise InvalidParameter(f"invalid isolation ({host['Isolation']}): linux only supports 'default'")
    if "" in (host.get("Annotations") or {}):
        raise InvalidParameter("invalid Annotations: the empty string is not permitted as an annotation key")
    if not option.is_ipc_mode(host["IpcMode"]):
        raise InvalidParameter(f"invalid IPC mode: {host['IpcMode']}")
    if not option.is_pid_mode(host["PidMode"]):
        raise InvalidParameter(f"invalid PID mode: {host['PidMode']}")
    if host["UTSMode"] not in ("", "host"):
        raise InvalidParameter(f"invalid UTS mode: {host['UTSMode']}")
    if not -1000 <= host["OomScoreAdj"] <= 1000:
        raise InvalidParameter(f"Invalid value {host['OomScoreAdj']}, range for oom score adj is [-1000, 1000]")
    if host.get("Runtime", "") not in _RUNTIMES:
        raise InvalidParameter(f"unknown or invalid runtime name: {host['Runtime']}")
    for each in host.get("Mounts") or ():
        kind = each.get("Type") or ""
        for name in ("bind", "volume", "image", "tmpfs", "cluster"):
            options = f"{name.capitalize()}Options"
            if each.get(options) is not None and kind != name:
                raise InvalidParameter(f"{options} must not be specified on mount type {quoted(kind)}")
    for path in host.get("Tmpfs") or {}:
        mount.check_place(path)  # the options are looked at by each start
    for name in host.get("StorageOpt") or ():
        if name.lower() != "size":
            raise DockerError(f"Unknown option {name}")
        raise DockerError("--storage-opt is supported only for overlay over xfs with 'pquota' mount option")
    if host["CgroupnsMode"] not in ("", "host", "private"):
        raise InvalidParameter(f"invalid cgroup namespace mode: {host['CgroupnsMode']}")
    check_security(host["SecurityOpt"] or [])
    check_log_config(host["LogConfig"])


def _check_host_port(text: str) -> None:
    if text:
        try:
            port.parse_range(text)
        except InvalidParameter:
            raise InvalidParameter(f"invalid port specification: {quoted(text)}") from None


def check_capabilities(host: dict[str, Any]) -> None:
    """Replaces the names by docker's full ones. Raises InvalidParameter for a name that is no capability."""
    for member in ("CapAdd", "CapDrop"):
        names: list[str] = []
        for text in host[member] or ():
            name = text.upper()
            if name != "ALL":
                name = capabilities.full_name(name)
                if name not in capabilities.ALL:
                    raise InvalidParameter(f"invalid {member}: unknown capability: {quoted(name)}")
            names.append(name)
        host[member] = names or host[member]


def check_security(texts: list[str]) -> None:
    for text in texts:
        if text in ("no-new-privileges", "disable"):
            continue
        name, found, value = text.partition("=" if "=" in text else ":")
        if not found:
            raise DockerError(f"invalid --security-opt 1: {quoted(text)}")
        if name in ("no-new-privileges", "writable-cgroups"):
            try:
                parse_bool(value)
            except InvalidParameter:
                raise DockerError(f"invalid --security-opt 2: {quoted(text)}") from None
        elif name not in ("label", "apparmor", "seccomp"):
            raise DockerError(f"invalid --security-opt 2: {quoted(text)}")


def check_log_config(log: dict[str, Any]) -> None:
    driver = log.get("Type") or "json-file"
    known = _LOG_OPTIONS.get(driver)
    if known is None:
        raise InvalidParameter(f"error looking up logging plugin {driver}: plugin {quoted(driver)} not found")
    options: dict[str, str] = log.get("Config") or {}
    mode = options.get("mode", "")
    if mode not in ("", "blocking", "non-blocking"):
        raise InvalidParameter(f"logger: logging mode not supported: {mode}")
    if "max-buffer-size" in options and mode != "non-blocking":
        raise InvalidParameter(f"logger: max-buffer-size option is only supported with 'mode={quoted('non-blocking')[1:-1]}'")
    if options.get("max-buffer-size"):
        try:
            ram_in_bytes(options["max-buffer-size"])
        except ValueError as error:
            raise InvalidParameter(f"error parsing option max-buffer-size: {error}") from None
    if driver == "none":
        return
    for name in options:
        if name not in known and name not in ("mode", "max-buffer-size"):
            whose = "log driver local" if driver == "local" else f"{driver} log driver"
            raise InvalidParameter(f"unknown log opt '{name}' for {whose}")
