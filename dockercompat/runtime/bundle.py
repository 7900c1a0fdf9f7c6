"""A container's runtime configuration: its create body and its image turned into config.json (runtime-spec config.md, config-linux.md)."""

from __future__ import annotations

import os

from dockercompat.record import Record
from dockercompat.runtime import capabilities, seccomp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.kernel.idmap import Exchange, IdRange

_INIT_PATH = "/sbin/docker-init"
_BPF_ANNOTATION = "run.oci.seccomp_bpf_data"  # crun loads it instead of compiling linux.seccomp, which takes 10 ms


class Process(Record):
    """Who a process in a container is and what it runs; user ids are the container's own."""

    args: tuple[str, ...]
    env: tuple[str, ...]
    cwd: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    terminal: bool = False
    console_size: tuple[int, int] = (0, 0)  # rows, columns; 0 to leave it


class Joined(Record):
    """Namespaces of another process that the container uses: a path under /proc, "host" for none of its own, "" for a new one."""

    network: str = ""
    pid: str = ""
    ipc: str = ""
    uts: str = ""


class Place(Record):
    """What the host gives a container besides its create body.

    rootfs       mount point of its file system, as the monitor sees it
    files        container path -> host file, for /etc/hosts, /etc/hostname and /etc/resolv.conf
    init_path    the host's init program, or ""
    cgroup_path  where its control group goes (runtime-spec cgroupsPath), "" for none
    seccomp_bpf  the compiled form of the default filter, base64, "" where it is not known yet
    shm_dir      what is to be its /dev/shm, "" for one of its own
    owners       who is the caller in it, where that is not root: it gets a user namespace then
    views        host path of a mount -> where a view of it is mounted that shows other owners
    id           of the container
    """

    id: str
    rootfs: str
    files: tuple[tuple[str, str], ...]
    joined: Joined
    init_path: str = ""
    cgroup_path: str = ""
    seccomp_bpf: str = ""
    shm_dir: str = ""
    owners: Exchange | None = None
    views: tuple[tuple[str, str], ...] = ()


def document(
    config: dict[str, Any], host_config: dict[str, Any], mounts: list[dict[str, Any]], process: Process, place: Place
) -> dict[str, Any]:
    """config.json of a container, as a JSON value.

    config, host_config  docker's create body, merged with the image
    mounts               resolved mount points, as inspect shows them
    """
    privileged = bool(host_config.get("Privileged"))
    held = capabilities.of(host_config)
    annotations = dict(host_config.get("Annotations") or {})
    linux: dict[str, Any] = {
        "namespaces": _namespaces(place.joined, host_config),
        "rootfsPropagation": _root_propagation(mounts),
    }
    if place.owners is not None:
        linux["namespaces"].append({"type": "user"})
        linux["uidMappings"], linux["gidMappings"] = map(_mappings, place.owners.container_maps())
    if place.joined.network == "" or (place.joined.network and place.joined.network != "host"):
        sysctl = dict(host_config.get("Sysctls") or {})
        if place.joined.network == "":
            sysctl.setdefault("net.ipv4.ip_unprivileged_port_start", "0")
            sysctl.setdefault("net.ipv4.ping_group_range", "0 2147483647" if _whole_range() else _ping_range(place.owners))
        linux["sysctl"] = sysctl
    elif host_config.get("Sysctls"):
        linux["sysctl"] = dict(host_config["Sysctls"])
    if not privileged:
        linux["maskedPaths"] = host_config["MaskedPaths"]
        linux["readonlyPaths"] = host_config["ReadonlyPaths"]
    filter_ = _seccomp(host_config, held)
    if filter_ is not None:
        linux["seccomp"] = filter_
        if place.seccomp_bpf:
            annotations[_BPF_ANNOTATION] = place.seccomp_bpf
    if place.cgroup_path:
        linux["cgroupsPath"] = place.cgroup_path
        linux["resources"] = resources(host_config)
    document: dict[str, Any] = {
        "ociVersion": "1.0.2",
        "process": process_document(process, host_config, held, place.init_path if host_config.get("Init") else ""),
        "root": {"path": place.rootfs, "readonly": bool(host_config.get("ReadonlyRootfs"))},
        "mounts": _mounts(host_config, mounts, place, privileged),
        "linux": linux,
        "annotations": annotations,
    }
    if place.joined.uts == "":
        document["hostname"] = config.get("Hostname") or place.id[:12]
        if config.get("Domainname"):
            document["domainname"] = config["Domainname"]
    return document


def _mappings(rows: tuple[IdRange, ...]) -> list[dict[str, int]]:
    return [{"containerID": row.inside_id, "hostID": row.outside_id, "size": row.count} for row in rows]


def process_document(process: Process, host_config: dict[str, Any], held: list[str], init_path: str = "") -> dict[str, Any]:
    """The process object, of a container's first process or of one that exec adds."""
    args = list(process.args)
    if init_path:
        args = [_INIT_PATH, "--", *args]
    effective = held if process.uid == 0 else []
    document: dict[str, Any] = {
        "terminal": process.terminal,
        "user": {"uid": process.uid, "gid": process.gid, "umask": 0o22, "additionalGids": list(process.groups)},
        "args": args,
        "env": list(process.env),
        "cwd": process.cwd,
        "capabilities": {
            "bounding": held,
            "effective": effective,
            "permitted": effective,
            "inheritable": [],
            "ambient": [],
        },
        "noNewPrivileges": any(
            option.replace("=", ":").partition(":")[0] == "no-new-privileges" and not option.endswith("false")
            for option in host_config.get("SecurityOpt") or ()
        ),
    }
    if process.terminal and process.console_size[0]:
        document["consoleSize"] = {"height": process.console_size[0], "width": process.console_size[1]}
    limits = [
        {"type": "RLIMIT_" + each["Name"].upper(), "soft": each["Soft"] % (1 << 64), "hard": each["Hard"] % (1 << 64)}
        for each in host_config.get("Ulimits") or ()
    ]
    if limits:
        document["rlimits"] = limits
    wanted = host_config.get("OomScoreAdj") or 0
    if wanted > _own_oom_score():  # a user may make itself a better victim, never a worse one
        document["oomScoreAdj"] = wanted
    return document


def _own_oom_score() -> int:
    try:
        with open("/proc/self/oom_score_adj", encoding="utf-8") as file:
            return int(file.read())
    except OSError:
        return 0


def _whole_range() -> bool:
    """Whether this namespace maps as many group ids as the ping range names."""
    with open("/proc/self/gid_map", encoding="utf-8") as file:
        return any(int(line.split()[2]) > 2147483647 for line in file)


def _ping_range(owners: Exchange | None) -> str:
    """Root's group, or the one that a container has where there is one only."""
    first = owners.container_maps()[1][0].inside_id if owners is not None else 0
    return f"{first} {first}"


def filter_key(host_config: dict[str, Any]) -> str:
    """A name for the default filter that a container gets, the same for the same filter; "" when it gets another or none."""
    if host_config.get("Privileged"):
        return ""
    for option in host_config.get("SecurityOpt") or ():
        key, _, value = option.replace("=", ":", 1).partition(":")
        if key == "seccomp" and value not in ("", "builtin"):
            return ""
    held = set(capabilities.of(host_config))
    return f"{sum(1 << bit for bit, name in enumerate(capabilities.ALL) if name in held):x}"


def _seccomp(host_config: dict[str, Any], capabilities: list[str]) -> dict[str, Any] | None:
    if host_config.get("Privileged"):
        return None
    for option in host_config.get("SecurityOpt") or ():
        key, _, value = option.replace("=", ":", 1).partition(":")
        if key == "seccomp":
            if value == "unconfined":
                return None
            if value not in ("", "builtin"):
                from dockercompat import json

                return seccomp.from_profile(json.loads(value), os.uname().machine, capabilities)
    return seccomp.default_filter(os.uname().machine, capabilities)


def _root_propagation(mounts: list[dict[str, Any]]) -> str:
    """What the root file system must pass on for its mounts to: "", or "shared" or "rslave" as docker chooses."""
    wanted = {each.get("Propagation") for each in mounts}
    return "shared" if wanted & {"shared", "rshared"} else "rslave" if wanted & {"slave", "rslave"} else ""


def _namespaces(joined: Joined, host_config: dict[str, Any]) -> list[dict[str, str]]:
    result: list[dict[str, str]] = [{"type": "mount"}]
    for kind, where in (("network", joined.network), ("pid", joined.pid), ("ipc", joined.ipc), ("uts", joined.uts)):
        if where == "":
            result.append({"type": kind})
        elif where != "host":
            result.append({"type": kind, "path": where})
    if (host_config.get("CgroupnsMode") or "private") == "private":
        result.append({"type": "cgroup"})
    return result


def _mounts(host_config: dict[str, Any], mounts: list[dict[str, Any]], place: Place, privileged: bool) -> list[dict[str, Any]]:
    shm_bytes = host_config.get("ShmSize") or 64 << 20
    result = [
        _mount("proc", "/proc", "proc", "nosuid noexec nodev") if place.joined.pid != "host" else _bind("/proc", "/proc", "rbind"),
        _mount("tmpfs", "/dev", "tmpfs", "nosuid strictatime mode=755 size=65536k"),
        _mount("devpts", "/dev/pts", "devpts", "nosuid noexec newinstance ptmxmode=0666 mode=0620" + _gid_five()),
    ]
    if place.joined.network == "":
        result.append(_mount("sysfs", "/sys", "sysfs", "nosuid noexec nodev" + ("" if privileged else " ro")))
        result.append(_mount("cgroup", "/sys/fs/cgroup", "cgroup", "nosuid noexec nodev relatime" + ("" if privileged else " ro")))
    else:  # sysfs belongs to the network namespace's owner: the host's is shown, read-only
        result.append(_bind("/sys", "/sys", "rbind nosuid noexec nodev ro"))
    if place.joined.ipc == "host":
        result.append(_bind("/dev/shm", "/dev/shm", "rbind"))
        if os.path.isdir("/dev/mqueue"):
            result.append(_bind("/dev/mqueue", "/dev/mqueue", "rbind"))
    else:
        if place.shm_dir:
            result.append(_bind(place.shm_dir, "/dev/shm", "rbind"))
        elif host_config.get("IpcMode") != "none":
            result.append(_mount("shm", "/dev/shm", "tmpfs", f"nosuid noexec nodev mode=1777 size={shm_bytes}"))
        result.append(_mount("mqueue", "/dev/mqueue", "mqueue", "nosuid noexec nodev"))
    placed = [(target, _mount("tmpfs", target, "tmpfs", tmpfs_options(text))) for target, text in (host_config.get("Tmpfs") or {}).items()]
    covered = {os.path.normpath(target) for target, _ in placed}
    placed += [(each["Destination"], _point(each, dict(place.views))) for each in mounts if each["Destination"] not in covered]
    result += [entry for _, entry in sorted(placed, key=lambda pair: os.path.normpath(pair[0]).count("/"))]
    covered |= {os.path.normpath(each["Destination"]) for each in mounts}
    for target, source in place.files:  # last: a mount on /etc does not hide them
        if target not in covered:
            result.append(_bind(source, target, "rbind rprivate" + (" ro" if host_config.get("ReadonlyRootfs") else "")))
    if host_config.get("Init") and place.init_path:
        result.append(_bind(place.init_path, _INIT_PATH, "bind ro"))
    result += _devices(host_config, privileged)
    return result


def tmpfs_options(text: str) -> str:
    """Options of --tmpfs over docker's defaults, space separated."""
    options = ["noexec", "nosuid", "nodev"]
    for option in filter(None, text.split(",")):
        opposite = option[2:] if option.startswith("no") else "no" + option
        options = [kept for kept in options if kept != opposite]
        if option in ("exec", "suid", "dev"):
            continue
        if option not in options:
            options.append(option)
    return " ".join(options)


def _point(each: dict[str, Any], views: dict[str, str]) -> dict[str, Any]:
    if each["Type"] == "tmpfs":
        return _mount("tmpfs", each["Destination"], "tmpfs", each.get("Options") or tmpfs_options(""))
    recursive = "bind" if each.get("NonRecursive") else "rbind"
    options = f"{recursive} {each.get('Propagation') or 'rprivate'}"
    if not each.get("RW", True):
        options += " ro" if each.get("NonRecursive") else " rro" if each.get("ReadOnlyForceRecursive") else " ro"
    if each.get("Restrictions"):  # the runtime takes away what it is not told, though the source has it
        options += f" {each['Restrictions']}"
    source = each.get("SourcePath") or each["Source"]
    return _bind(views.get(source, source), os.path.join("/", each["Destination"]), options)


def _devices(host_config: dict[str, Any], privileged: bool) -> list[dict[str, Any]]:
    """Devices are shown by bind mounts: a user namespace can't make device nodes."""
    result = []
    if privileged:
        for name in sorted(os.listdir("/dev")):
            path = f"/dev/{name}"
            if name in ("null", "zero", "full", "random", "urandom", "tty", "console", "ptmx") or name.startswith("tty"):
                continue
            if _is_device(path) and os.access(path, os.R_OK):
                result.append(_bind(path, path, "bind"))
    for each in host_config.get("Devices") or ():
        source, target = each["PathOnHost"], each["PathInContainer"]
        options = "bind" if "w" in (each.get("CgroupPermissions") or "rwm") else "bind ro"
        result.append(_bind(source, target, options))
    return result


def _is_device(path: str) -> bool:
    import stat

    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def _gid_five() -> str:
    """The tty group, where this namespace has it."""
    with open("/proc/self/gid_map", encoding="utf-8") as file:
        mapped = any(int(row[0]) <= 5 < int(row[0]) + int(row[2]) for row in (line.split() for line in file))
    return " gid=5" if mapped else ""


def _mount(source: str, target: str, kind: str, options: str) -> dict[str, Any]:
    return {"destination": target, "type": kind, "source": source, "options": options.split()}


def _bind(source: str, target: str, options: str) -> dict[str, Any]:
    return {"destination": target, "type": "bind", "source": source, "options": options.split()}


def resources(host_config: dict[str, Any]) -> dict[str, Any]:
    """linux.resources by docker's limits: memory in bytes, CPU time as quota and period in microseconds."""
    result: dict[str, Any] = {}
    memory: dict[str, Any] = {}
    for key, name in (("Memory", "limit"), ("MemoryReservation", "reservation"), ("MemorySwap", "swap")):
        if host_config.get(key):
            memory[name] = host_config[key]
    if "limit" in memory and "swap" not in memory:
        memory["swap"] = 2 * memory["limit"]
    if memory:
        result["memory"] = memory
    cpu: dict[str, Any] = {}
    if host_config.get("NanoCpus"):
        cpu = {"period": 100_000, "quota": host_config["NanoCpus"] // 10_000}
    for key, name in (
        ("CpuShares", "shares"),
        ("CpuQuota", "quota"),
        ("CpuPeriod", "period"),
        ("CpusetCpus", "cpus"),
        ("CpusetMems", "mems"),
    ):
        if host_config.get(key):
            cpu[name] = host_config[key]
    if cpu:
        result["cpu"] = cpu
    if host_config.get("PidsLimit"):
        result["pids"] = {"limit": host_config["PidsLimit"]}
    if host_config.get("BlkioWeight"):
        result["blockIO"] = {"weight": host_config["BlkioWeight"]}
    return result
