"""The flags of `run` and `create` as docker's create body, with what docker's client refuses by itself, in its words."""

from __future__ import annotations

from dockercompat.errors import ClientError, InvalidParameter, UsageError
from dockercompat.record import Record
from dockercompat.spec import container, env, option, port, size
from dockercompat.spec import mount as mounts
from dockercompat.spec.number import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    from dockercompat.cli.flags import Options

    T = TypeVar("T")

_PULL = ("always", "missing", "never")
_PROXIES = (
    ("httpProxy", "HTTP_PROXY"),
    ("httpsProxy", "HTTPS_PROXY"),
    ("noProxy", "NO_PROXY"),
    ("ftpProxy", "FTP_PROXY"),
    ("allProxy", "ALL_PROXY"),
)
_DEVICE_FLAGS = ("ulimit", "gpus", "blkio-weight-device", "device-read-bps", "device-write-bps", "device-read-iops", "device-write-iops")
_SHORTS = {"attach": "-a, ", "env": "-e, ", "label": "-l, ", "memory": "-m, "}


class ClientSettings(Record):
    """What of the flags is the client's own affair.

    pull      always, missing or never
    quiet     no pull output
    cidfile   where the id is to be written, or ""
    warnings  sentences for stderr, each to be led by "WARNING: "
    """

    name: str = ""
    platform: str = ""
    pull: str = "missing"
    quiet: bool = False
    cidfile: str = ""
    warnings: tuple[str, ...] = ()


def container_body(
    options: Options, args: Sequence[str], environ: Mapping[str, str], config: Mapping[str, Any], *, working_dir: str
) -> tuple[dict[str, Any], ClientSettings]:
    """The body of POST /containers/create that docker's client would send, and the rest of what the flags say.

    options      of `container run` or `container create`
    args         the image, then the command
    config       docker's config.json, for its proxies
    working_dir  what relative host paths are relative to
    Raises       UsageError for a flag's value, ClientError for what is found when all flags are known
    """
    lists = _flag_values(options, environ, working_dir)
    if options.cpus:
        _parsed("cpus", [options.cpus], option.parse_cpus)
    if options.pull not in ("", *_PULL):
        raise ClientError(f'invalid pull option: \'{options.pull}\': must be one of "always", "missing" or "never"')
    try:
        body = _body(options, args, environ, config, working_dir, lists)
    except InvalidParameter as error:
        raise ClientError(str(error)) from None
    settings = ClientSettings(
        options.name, options.platform, options.pull or "missing", options.quiet, options.cidfile, tuple(_warnings(body["HostConfig"]))
    )
    return body, settings


def _flag_values(options: Options, environ: Mapping[str, str], working_dir: str) -> dict[str, list[Any]]:
    """The repeatable flags whose values docker's client parses as it reads them."""
    grammars: dict[str, Callable[[str], Any]] = {
        "attach": option.parse_attach,
        "env": lambda text: env.parse_variable(text, environ),
        "label": env.parse_label,
        "link": option.parse_link,
        "mount": lambda text: mounts.parse_mount(text, working_dir=working_dir),
        "network": option.parse_network,
    }
    result: dict[str, list[Any]] = {}
    for name in (*grammars, *_DEVICE_FLAGS):
        values = getattr(options, name.replace("-", "_"))
        typed = "net" if name == "network" and values and not options.spelt("network") else name
        result[name] = _parsed(typed, values, grammars.get(name) or _device_grammar(name)) if values else []
    return result


def _device_grammar(name: str) -> Callable[[str], Any]:
    from dockercompat.spec import device, ulimit

    if name == "ulimit":
        return ulimit.parse_ulimit
    if name == "gpus":
        return device.parse_gpus
    if name == "blkio-weight-device":
        return device.parse_weight_device
    per_second = "bytes" if name.endswith("bps") else "operations"
    return lambda text: device.parse_throttle_device(text, per_second=per_second)


def _parsed(name: str, values: Sequence[str], grammar: Callable[[str], T]) -> list[T]:
    result: list[T] = []
    for value in values:
        try:
            result.append(grammar(value))
        except InvalidParameter as error:
            raise UsageError(f'invalid argument {quoted(value)} for "{_SHORTS.get(name, "")}--{name}" flag: {error}') from None
    return result


def _body(
    options: Options,
    args: Sequence[str],
    environ: Mapping[str, str],
    config: Mapping[str, Any],
    working_dir: str,
    lists: dict[str, list[Any]],
) -> dict[str, Any]:
    if options.mac_address and not option.is_mac(options.mac_address):
        raise InvalidParameter(f"{options.mac_address} is not a valid mac address")
    if options.memory_swappiness != -1 and not 0 <= options.memory_swappiness <= 100:
        raise InvalidParameter(f"invalid value: {options.memory_swappiness}. Valid memory swappiness range is 0-100")
    volumes = list(dict.fromkeys(options.volume))
    binds = [text for text in volumes if mounts.is_bind_request(text)]
    anonymous: dict[str, Any] = {text: {} for text in volumes if not mounts.is_bind_request(text)}
    exposed, bindings = _ports(options)
    devices, device_requests = _devices(options, lists["gpus"])
    environment = _environment(options, lists["env"], environ, config)
    labels = env.as_map(_read_all(options.label_file, env.read_label_file) + lists["label"])
    for flag, valid, kind in (
        ("pid", option.is_pid_mode(options.pid), "PID"),
        ("uts", options.uts in ("", "host"), "UTS"),
        ("userns", option.is_userns_mode(options.userns), "USER"),
        ("cgroupns", options.cgroupns in ("", "host", "private"), "CGROUP"),
    ):
        if not valid:
            raise InvalidParameter(f"--{flag}: invalid {kind} mode")
    restart = option.parse_restart_policy(options.restart)
    if options.log_driver == "none" and options.log_opt:
        raise InvalidParameter("invalid logging opts for driver none")
    security, system_paths_open = _security(options.security_opt)
    storage = option.parse_storage_opts(options.storage_opt)
    health = _health(options)
    if options.rm and restart["Name"] not in ("", "no"):
        raise InvalidParameter("conflicting options: cannot specify both --restart and --rm")
    attach = lists["attach"]
    detached = bool(getattr(options, "detach", False))  # a flag of run alone
    attach_stdin = (options.interactive or "stdin" in attach) and not detached
    cap_add, cap_drop = option.normal_capabilities(options.cap_add, options.cap_drop)
    mode, endpoints = _networks(options, lists["network"])

    members: dict[str, Any] = {
        "Hostname": options.hostname,
        "Domainname": options.domainname,
        "User": options.user,
        "AttachStdin": attach_stdin,
        "AttachStdout": (not attach or "stdout" in attach) and not detached,
        "AttachStderr": (not attach or "stderr" in attach) and not detached,
        "ExposedPorts": exposed,
        "Tty": options.tty,
        "OpenStdin": options.interactive,
        "StdinOnce": options.interactive and attach_stdin,
        "Env": environment or None,
        "Cmd": list(args[1:]) or None,
        "Healthcheck": health,
        "Image": args[0],
        "Volumes": anonymous,
        "WorkingDir": options.workdir,
        "Entrypoint": [options.entrypoint] if options.entrypoint or options.given("entrypoint") else None,
        "Labels": labels,
        "StopSignal": options.stop_signal,
        "StopTimeout": options.stop_timeout if options.given("stop-timeout") else None,
    }
    host: dict[str, Any] = {
        "Binds": sorted(mounts.absolute_bind(text, working_dir) for text in binds) or None,
        "ContainerIDFile": options.cidfile,
        "LogConfig": {"Type": options.log_driver, "Config": env.as_map(options.log_opt)},
        "NetworkMode": mode,
        "PortBindings": bindings,
        "RestartPolicy": restart,
        "AutoRemove": options.rm,
        "VolumeDriver": options.volume_driver,
        "VolumesFrom": options.volumes_from or None,
        "Annotations": env.as_map(options.annotation),
        "CapAdd": cap_add or None,
        "CapDrop": cap_drop or None,
        "CgroupnsMode": options.cgroupns,
        "Dns": options.dns,
        "DnsOptions": options.dns_option,
        "DnsSearch": options.dns_search,
        "ExtraHosts": options.add_host or None,
        "GroupAdd": options.group_add or None,
        "IpcMode": options.ipc,
        "Links": options.link or None,
        "OomScoreAdj": options.oom_score_adj,
        "PidMode": options.pid,
        "Privileged": options.privileged,
        "PublishAllPorts": options.publish_all,
        "ReadonlyRootfs": options.read_only,
        "SecurityOpt": security,
        "StorageOpt": storage,
        "Tmpfs": dict(mounts.parse_tmpfs(text) for text in options.tmpfs),
        "UTSMode": options.uts,
        "UsernsMode": options.userns,
        "ShmSize": _bytes(options.shm_size),
        "Sysctls": env.as_map(options.sysctl),
        "Runtime": options.runtime,
        "Isolation": options.isolation,
        "CgroupParent": options.cgroup_parent,
        "BlkioWeightDevice": lists["blkio-weight-device"],
        "BlkioDeviceReadBps": lists["device-read-bps"],
        "BlkioDeviceWriteBps": lists["device-write-bps"],
        "BlkioDeviceReadIOps": lists["device-read-iops"],
        "BlkioDeviceWriteIOps": lists["device-write-iops"],
        "Devices": devices,
        "DeviceCgroupRules": options.device_cgroup_rule or None,
        "DeviceRequests": device_requests or None,
        "MemorySwappiness": options.memory_swappiness,
        "OomKillDisable": options.oom_kill_disable,
        "Ulimits": sorted({limit["Name"]: limit for limit in lists["ulimit"]}.values(), key=lambda limit: str(limit["Name"])),
        "CpuCount": options.cpu_count,
        "CpuPercent": options.cpu_percent,
        "IOMaximumIOps": options.io_maxiops,
        "IOMaximumBandwidth": _bytes(options.io_maxbandwidth),
        "Mounts": lists["mount"],
        "MaskedPaths": [] if system_paths_open else None,
        "ReadonlyPaths": [] if system_paths_open else None,
        "Init": options.init if options.given("init") else None,
        **resources(options),
    }
    body = container.config(members)
    body["HostConfig"] = container.host_config(host)
    body["NetworkingConfig"] = {"EndpointsConfig": endpoints}
    return body


def resources(options: Options) -> dict[str, Any]:
    """The limits that `run`, `create` and `update` all have flags for."""
    return {
        "CpuShares": options.cpu_shares,
        "Memory": _bytes(options.memory),
        "NanoCpus": option.parse_cpus(options.cpus) if options.cpus else 0,
        "BlkioWeight": options.blkio_weight,
        "CpuPeriod": options.cpu_period,
        "CpuQuota": options.cpu_quota,
        "CpuRealtimePeriod": options.cpu_rt_period,
        "CpuRealtimeRuntime": options.cpu_rt_runtime,
        "CpusetCpus": options.cpuset_cpus,
        "CpusetMems": options.cpuset_mems,
        "MemoryReservation": _bytes(options.memory_reservation),
        "MemorySwap": -1 if options.memory_swap == "-1" else _bytes(options.memory_swap),
        "PidsLimit": options.pids_limit,
    }


def _bytes(text: str) -> int:
    return size.ram_in_bytes(text) if text else 0


def _ports(options: Options) -> tuple[dict[str, Any], dict[str, list[dict[str, str]]]]:
    exposed: dict[str, Any] = {}
    bindings: dict[str, list[dict[str, str]]] = {}
    for text in [port.standard_notation(text) for text in options.publish]:
        for each in port.parse_publish(text):
            exposed[each.key] = {}
            bindings.setdefault(each.key, []).append({"HostIp": each.host_ip, "HostPort": each.host_port})
    for text in options.expose:
        for key in port.parse_expose(text):
            exposed[key] = {}
    return exposed, bindings


def _devices(options: Options, gpus: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if not options.device:
        return [], gpus
    from dockercompat.spec import device

    mappings: list[dict[str, Any]] = []
    named: list[str] = []
    for text in options.device:
        if device.is_cdi_name(text):
            named.append(text)
        else:
            mappings.append(device.parse_device(text))
    requests = list(gpus)
    if named:
        requests.append({"Driver": "cdi", "Count": 0, "DeviceIDs": named, "Capabilities": None, "Options": None})
    return mappings, requests


def _environment(options: Options, given: list[str], environ: Mapping[str, str], config: Mapping[str, Any]) -> list[str]:
    """Variables of the files, then of -e (the last of a name wins), then the proxies of config.json that neither names."""
    variables = env.last_wins(given)
    proxies: Mapping[str, Any] = (config.get("proxies") or {}).get("default") or {}
    if proxies:
        names = {text.partition("=")[0] for text in variables}
        for key, name in _PROXIES:
            value = proxies.get(key)
            variables += [f"{each}={value}" for each in (name, name.lower()) if value and each not in names]
    return _read_all(options.env_file, lambda path: env.read_env_file(path, environ)) + variables


def _read_all(paths: Sequence[str], read: Callable[[str], list[str]]) -> list[str]:
    return [text for path in paths for text in read(path)]


def _security(texts: Sequence[str]) -> tuple[list[str] | None, bool]:
    """The options that the engine gets, a seccomp profile as its text, and whether the system paths are left open."""
    result: list[str] = []
    system_paths_open = False
    for text in texts:
        name, value = option.check_security_opt_form(text)
        if text == "systempaths=unconfined":
            system_paths_open = True
        elif name == "seccomp" and value not in ("unconfined", "builtin"):
            result.append(f"seccomp={_seccomp_profile(value)}")
        else:
            result.append(text)
    return (result if texts else None), system_paths_open


def _seccomp_profile(path: str) -> str:
    from dockercompat import json
    from dockercompat.spec import go_json

    try:
        with open(path, encoding="utf-8") as file:
            return json.dumps(go_json.loads(file.read()), separators=(",", ":"), ensure_ascii=False)
    except OSError as error:
        verb = "read" if isinstance(error, IsADirectoryError) else "open"
        raise InvalidParameter(f"opening seccomp profile ({path}) failed: {verb} {path}: {env.go_reason(error)}") from None
    except ValueError as error:
        raise InvalidParameter(f"compacting json for seccomp profile ({path}) failed: {error}") from None


def _health(options: Options) -> dict[str, Any] | None:
    from dockercompat.spec import duration

    spans = {
        name: duration.parse(text) if (text := getattr(options, f"health_{name.replace('-', '_')}")) else 0
        for name in ("interval", "timeout", "start-period", "start-interval")
    }
    given = options.health_cmd != "" or options.health_retries != 0 or any(spans.values())
    if options.no_healthcheck:
        if given:
            raise InvalidParameter("--no-healthcheck conflicts with --health-* options")
        return {"Test": ["NONE"]}
    if not given:
        return None
    for name in ("interval", "timeout"):
        if spans[name] < 0:
            raise InvalidParameter(f"--health-{name} cannot be negative")
    if options.health_retries < 0:
        raise InvalidParameter("--health-retries cannot be negative")
    for name in ("start-period", "start-interval"):
        if spans[name] < 0:
            raise InvalidParameter(f"--health-{name} cannot be negative")
    members = {
        "Test": ["CMD-SHELL", options.health_cmd] if options.health_cmd else None,
        "Interval": spans["interval"],
        "Timeout": spans["timeout"],
        "StartPeriod": spans["start-period"],
        "StartInterval": spans["start-interval"],
        "Retries": options.health_retries,
    }
    return {name: value for name, value in members.items() if value}


def _networks(options: Options, requests: list[option.NetworkRequest]) -> tuple[str, dict[str, Any]]:
    """The network mode and the endpoints; the flags of one network (--ip, --link ...) go to the first."""
    endpoints: dict[str, Any] = {}
    kinds: set[bool] = set()
    requests = requests or [option.NetworkRequest("default")]
    for number, request in enumerate(requests):
        kinds.add(option.is_user_defined(request.target))
        links: list[str] = []
        if number == 0:
            request = _with_flags(request, options)
            links = list(options.link) if option.is_user_defined(request.target) else []
        if not request.target.strip():
            raise InvalidParameter("no name set for network")
        if request.mac_address and not option.is_mac(request.mac_address):
            raise InvalidParameter(f"{request.mac_address} is not a valid mac address")
        if request.aliases and not option.is_user_defined(request.target):
            raise InvalidParameter("network-scoped aliases are only supported for user-defined networks")
        if request.target in endpoints:
            raise InvalidParameter(f"network {quoted(request.target)} is specified multiple times")
        endpoints[request.target] = _endpoint(request, links)
    if len(kinds) == 2:
        raise InvalidParameter("conflicting options: cannot attach both user-defined and non-user-defined network-modes")
    if len(endpoints) == 1 and options.network and endpoints[requests[0].target] == container.endpoint({}):
        endpoints = {}
    return requests[0].target, endpoints


def _with_flags(request: option.NetworkRequest, options: Options) -> option.NetworkRequest:
    conflicts = (
        (bool(request.aliases), bool(options.network_alias), "--network-alias and per-network alias"),
        (bool(request.ipv4), bool(options.ip), "--ip and per-network IPv4 address"),
        (bool(request.ipv6), bool(options.ip6), "--ip6 and per-network IPv6 address"),
        (bool(request.mac_address), bool(options.mac_address), "--mac-address and per-network MAC address"),
        (bool(request.link_local_ips), bool(options.link_local_ip), "--link-local-ip and per-network link-local IP addresses"),
    )
    for in_network, in_flag, words in conflicts:
        if in_network and in_flag:
            raise InvalidParameter(f"conflicting options: cannot specify both {words}")
    return request.replace(
        aliases=tuple(options.network_alias) or request.aliases,
        ipv4=options.ip or request.ipv4,
        ipv6=options.ip6 or request.ipv6,
        mac_address=options.mac_address or request.mac_address,
        link_local_ips=tuple(options.link_local_ip) or request.link_local_ips,
    )


def _endpoint(request: option.NetworkRequest, links: list[str]) -> dict[str, Any]:
    addresses = {
        name: value
        for name, value in (
            ("IPv4Address", request.ipv4),
            ("IPv6Address", request.ipv6),
            ("LinkLocalIPs", list(request.link_local_ips)),
        )
        if value
    }
    return container.endpoint(
        {
            "IPAMConfig": addresses or None,
            "Links": links or None,
            "Aliases": list(request.aliases) or None,
            "MacAddress": request.mac_address,
            "DriverOpts": dict(request.driver_opts) or None,
            "GwPriority": request.gw_priority,
        }
    )


def _warnings(host: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for address in host["Dns"]:
        if address.startswith("127.") or address == "::1":
            found.append(f"Localhost DNS ({address}) may fail in containers.")
            break
    return found
