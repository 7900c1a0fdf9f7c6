"""RUN done: crun on a mounted root file system, in the pid namespace of a worker, with what RUN is given and must not leave behind."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat

from dockercompat.build.solving.copy import make_dirs
from dockercompat.build.solving.tree import resolve
from dockercompat.errors import BuildFailed, DockerError, RunFailed
from dockercompat.host import run as programs
from dockercompat.host.lock import Lock
from dockercompat.kernel import idmap, syscall
from dockercompat.net import dns
from dockercompat.record import Record
from dockercompat.runtime import bundle, crun, users
from dockercompat.spec import platform as platforms
from dockercompat.spec.container import DEFAULT_MASKED_PATHS, DEFAULT_READONLY_PATHS
from dockercompat.spec.number import quoted
from dockercompat.storage.merge import copy_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from dockercompat.build.planning.graph import MountOp, RunOp
    from dockercompat.build.solving.inputs import Secret
    from dockercompat.host.paths import Paths

    Log = Callable[[str], None]

_HOSTNAME = "buildkitsandbox"
_DNS_ADDRESS = "10.0.2.3"
_MTU = 65520
_MAX_LINE = 64 << 10
_NOT_STARTED = re.compile(rb"exec container process `(.*)`: (.*)")
_REFUSALS = (b": No such file or directory", b": Permission denied", b": Is a directory")


class Uplink(Record):
    """Pipes to the worker's outer process, which starts the network helper: it alone is still in the host's network namespace."""

    ask_fd: int
    reply_fd: int


class Room(Record):
    """Where one RUN happens.

    directory  the worker's own, on disk
    root       the mounted root file system
    places     input number -> a directory with it, and whether it may be written to
    """

    directory: str
    root: str
    paths: Paths
    secrets: Mapping[str, Secret]
    ssh: Mapping[str, str]
    places: Mapping[int, tuple[str, bool]]


class _Prepared:
    """What the mounts of a RUN come to."""

    def __init__(self) -> None:
        self.points: list[dict[str, Any]] = []
        self.env: list[str] = []
        self.locks: list[Lock] = []
        self.caches: dict[str, str] = {}


def serve_uplink(ask_fd: int, reply_fd: int) -> None:
    """Start a network helper for each namespace path that is asked for, until the asker is gone."""
    while path := os.read(ask_fd, 4096).decode():
        try:
            _start_helper(path)
            answer = "ok"
        except (DockerError, OSError) as error:
            answer = str(error)
        os.write(reply_fd, answer.encode()[:4096])


def _start_helper(netns_path: str) -> None:
    ready_read, ready_write = os.pipe()
    error_fd = os.memfd_create("slirp4netns")
    argv = ["slirp4netns", "--configure", f"--mtu={_MTU}", "--disable-host-loopback", "--ready-fd=3", "--enable-sandbox"]
    argv += ["--netns-type=path", netns_path, "tap0"]
    try:
        programs.spawn(argv, stderr_fd=error_fd, keep_fds={ready_write: 3}, cwd="/")
    finally:
        os.close(ready_write)
    try:
        if not os.read(ready_read, 1):
            raise BuildFailed("slirp4netns failed: " + os.pread(error_fd, 4096, 0).decode(errors="replace").strip())
    finally:
        os.close(ready_read)
        os.close(error_fd)


def run(op: RunOp, room: Room, uplink: Uplink, log: Log) -> None:
    """Run the command to its end.

    Raises  BuildFailed when it fails
    """
    temp, identity, document = _prepare(op, room, uplink)
    stubs = _Stubs(room.root, [each["destination"] for each in document["mounts"]])
    status = _execute(op, _write_bundle(temp, document), temp, identity, log)
    stubs.remove()
    if status:
        raise RunFailed(quoted(" ".join(op.args))[1:-1], status)


def shell(op: RunOp, room: Room, uplink: Uplink) -> None:
    """Where a command would run, a shell on this process's terminal instead, until it ends. Raises BuildFailed."""
    from dockercompat.build.solving.shell import Console, converse

    name = "/bin/bash" if os.path.exists(f"{room.root}/{resolve(room.root, '/bin/bash')}") else "/bin/sh"
    temp, _, document = _prepare(op, room, uplink)
    document["process"].update({"args": [name], "terminal": True})
    console = Console(f"{temp}/console")
    argv = ["crun", *crun.arguments(f"{temp}/crun", grouped=False), f"--log={temp}/log", "run", "--console-socket", console.path]
    pid = programs.spawn([*argv, "--bundle", _write_bundle(temp, document), "run"], env={"PATH": programs.SYSTEM_PATH}, cwd="/")
    converse(console.accept())
    programs.wait(pid)


def _prepare(op: RunOp, room: Room, uplink: Uplink) -> tuple[str, users.Identity, dict[str, Any]]:
    """A directory in memory for files of the step, whom it runs as, and the container's config."""
    temp = f"{room.directory}/t"
    os.mkdir(temp, 0o700)
    syscall.mount("tmpfs", temp, "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV, "mode=0700")
    try:
        identity = users.identify(op.user, users.from_root(room.root))
    except users.NoSuchUser as error:
        raise BuildFailed(f"process {quoted(' '.join(op.args))} did not complete successfully: {error}") from None
    make_dirs(room.root, op.cwd, (identity.uid, identity.gid), single_id=idmap.current_is_single())
    prepared = _Prepared()
    for mount in sorted((each for each in op.mounts if each.type == "cache"), key=lambda each: (each.id, each.sharing)):
        _lock_cache(mount, room, prepared)  # in one order, so that no two steps wait for each other
    for number, mount in enumerate(op.mounts):
        _prepare_mount(mount, number, temp, room, prepared)
    network = _network(op.network, temp, uplink)
    return temp, identity, _document(op, room, prepared, identity, network, temp)


def _write_bundle(temp: str, document: dict[str, Any]) -> str:
    bundle_dir = f"{temp}/bundle"
    os.mkdir(bundle_dir)
    with open(f"{bundle_dir}/config.json", "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(document, file)
    return bundle_dir


def _execute(op: RunOp, bundle_dir: str, temp: str, identity: users.Identity, log: Log) -> int:
    read_fd, write_fd = os.pipe()
    try:
        os.fchown(write_fd, identity.uid, identity.gid)  # so that the command may open /dev/stdout by its path
    except OSError:  # one id alone is mapped
        pass
    argv = ["crun", *crun.arguments(f"{temp}/crun", grouped=False), f"--log={temp}/log", "run", "--bundle", bundle_dir, "run"]
    pid = programs.spawn(argv, stdout_fd=write_fd, stderr_fd=write_fd, env={"PATH": programs.SYSTEM_PATH}, cwd="/")
    os.close(write_fd)
    rest = b""
    foreign = False
    held = b""  # a line that may be crun's, which docker's own takes the place of
    while data := os.read(read_fd, 1 << 16):
        *lines, rest = (rest + data).split(b"\n")
        if len(lines) == 1 and (match := _NOT_STARTED.fullmatch(lines[0])):
            lines = [b"exec %s: %s" % (match[1], match[2].lower())]
            foreign = match[2] == b"Exec format error" and not _runs_here(op.platform)
        if len(rest) > _MAX_LINE:
            lines.append(rest)
            rest = b""
        if lines and held:
            log(_shown(held))
            held = b""
        if len(lines) == 1 and not rest and not foreign and lines[0].endswith(_REFUSALS):
            held = lines.pop()
        if lines:
            log("\n".join(_shown(line) for line in lines))
    os.close(read_fd)
    code = programs.wait(pid)
    status = code if code >= 0 else 128 - code
    reason = _own_failure(f"{temp}/log") if status else ""
    for last in (held if not reason else b"", rest):
        if last:
            log(_shown(last))
    if foreign:
        log(f"programs of {op.platform} do not run here: install qemu-user-static, which registers itself with binfmt_misc")
    if reason:
        text = str(crun.failure(reason, op.args)).rpartition("error during container init: ")[2]
        log(f"runc run failed: unable to start container process: error during container init: {text}")
        return 1
    return status


def _runs_here(platform: str) -> bool:
    return platforms.matches(platforms.of_host(), platforms.parse(platform))


def _own_failure(path: str) -> str:
    """What crun itself had to say, "" when the command was run."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


def _shown(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")


def _network(kind: str, temp: str, uplink: Uplink) -> str:
    """Give this process the step's network; the text of bundle.Joined.network for it."""
    if kind == "host":
        return "host"
    if kind == "none":
        return ""
    syscall.unshare(syscall.CLONE_NEWNET)
    pin = f"{temp}/netns"
    os.close(os.open(pin, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    syscall.mount("/proc/self/ns/net", pin, None, syscall.MS_BIND)
    os.write(uplink.ask_fd, pin.encode())
    answer = os.read(uplink.reply_fd, 4096).decode()
    if answer != "ok":
        raise BuildFailed(f"failed to set up the network of a RUN step: {answer or 'the helper did not start'}")
    return "host"


def _document(op: RunOp, room: Room, prepared: _Prepared, identity: users.Identity, network: str, temp: str) -> dict[str, Any]:
    env = dict(op.env)
    for name, value in op.proxies:
        env.setdefault(name, value)
    env.setdefault("HOME", identity.home)
    names = [(address, name) for name, _, address in (each.partition(":") for each in op.hosts)]
    _write(f"{temp}/hosts", dns.hosts([(each or "", name) for each, name in names], [("127.0.0.1", _HOSTNAME)]))
    host = dns.parse_resolv_conf(_read("/etc/resolv.conf"))
    resolver = host if op.network == "host" else dns.reachable(host, _DNS_ADDRESS)
    _write(f"{temp}/resolv.conf", dns.resolv_conf(resolver, dns.Resolver()))
    process = bundle.Process(
        op.args,
        tuple(f"{name}={value}" for name, value in env.items()) + tuple(prepared.env),
        op.cwd,
        identity.uid,
        identity.gid,
        identity.groups,
    )
    host_config = {
        "ShmSize": op.shm_size_bytes,
        "Privileged": op.security == "insecure",
        "Ulimits": [_ulimit(text) for text in op.ulimits],
        "MaskedPaths": list(DEFAULT_MASKED_PATHS),
        "ReadonlyPaths": list(DEFAULT_READONLY_PATHS),
    }
    files = (("/etc/resolv.conf", f"{temp}/resolv.conf"), ("/etc/hosts", f"{temp}/hosts"))
    place = bundle.Place("run", room.root, files, bundle.Joined(network=network))
    return bundle.document({"Hostname": _HOSTNAME}, host_config, prepared.points, process, place)


def _ulimit(text: str) -> dict[str, Any]:
    name, _, values = text.partition("=")
    soft, _, hard = values.partition(":")
    return {"Name": name, "Soft": int(soft), "Hard": int(hard or soft)}


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(file.fileno(), 0o644)


# -- mounts -----------------------------------------------------------------------------------------------------------


def _prepare_mount(mount: MountOp, number: int, temp: str, room: Room, prepared: _Prepared) -> None:
    if mount.type == "tmpfs":
        options = "rw nosuid nodev" + (f" size={mount.size_bytes}" if mount.size_bytes else "")
        prepared.points.append({"Type": "tmpfs", "Destination": mount.target, "Options": options})
        return
    source = f"{temp}/m{number}"
    writable = not mount.read_only
    if mount.type == "inline":
        _write(source, mount.content)
        os.chmod(source, 0o755)
    elif mount.type == "secret":
        secret = _secret(mount, room)
        if secret is None:
            return
        if mount.env:
            prepared.env.append(f"{mount.env}={secret.decode('utf-8', 'surrogateescape')}")
            if not mount.target:
                return
        fd = os.open(source, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with open(fd, "wb") as file:
            file.write(secret)
        _own(source, mount)
        writable = True  # the copy is thrown away
    elif mount.type == "ssh":
        found = room.ssh.get(mount.id)
        if found is None:
            if mount.required:
                raise BuildFailed(f"unset ssh forward key {mount.id}")
            return
        source, writable = found, True
    elif mount.type == "cache":
        source = _cache(mount, room, prepared, number)
    elif mount.input < 0:
        os.mkdir(source, 0o755)
    else:
        directory, is_view = room.places[mount.input]
        source = f"{directory}/{resolve(directory, mount.source)}".rstrip("/")
        if writable and not is_view:
            copied = f"{room.directory}/copy{number}"
            os.mkdir(copied, 0o755)
            copy_tree(source, copied)
            source = copied
    prepared.points.append({"Type": "bind", "Source": source, "Destination": mount.target, "RW": writable, "Propagation": "rprivate"})


def _own(path: str, mount: MountOp) -> None:
    try:
        os.chown(path, mount.uid, mount.gid)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EPERM):
            raise
    os.chmod(path, mount.mode)


def _secret(mount: MountOp, room: Room) -> bytes | None:
    secret = room.secrets.get(mount.id)
    if secret is None:
        if mount.required:
            raise BuildFailed(f"secret {mount.id}: not found")
        return None
    if secret.text is not None:
        return secret.text.encode("utf-8", "surrogateescape")
    with open(secret.path, "rb") as file:
        return file.read()


def cache_dir(data_dir: str, mount_id: str) -> str:
    """The directory of a cache mount."""
    return f"{data_dir}/build/cache/{hashlib.sha256(mount_id.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}"


def _lock_cache(mount: MountOp, room: Room, prepared: _Prepared) -> None:
    """Wait for a cache mount as its sharing says; several mounts of a step with one id are one."""
    if mount.id in prepared.caches:
        return
    base = cache_dir(room.paths.data_dir, mount.id)
    name = os.path.basename(base)
    number = 0
    while True:
        suffix = f"-{number}" if number else ""
        lock = Lock(f"{room.paths.locks_dir}/cache-{name}{suffix}", shared=mount.sharing == "shared")
        if lock.acquire(block=mount.sharing != "private"):
            break
        number += 1
    prepared.locks.append(lock)  # given back when this process ends
    prepared.caches[mount.id] = base + suffix


def _cache(mount: MountOp, room: Room, prepared: _Prepared, number: int) -> str:
    """The directory of a cache mount that is locked, filled from its source at its first use."""
    directory = prepared.caches[mount.id]
    if not os.path.isdir(directory):
        draft = f"{room.directory}/cache{number}"
        os.mkdir(draft, 0o755)
        if mount.input >= 0:
            source, _ = room.places[mount.input]
            copy_tree(f"{source}/{resolve(source, mount.source)}".rstrip("/"), draft)
        _own(draft, mount)
        os.makedirs(os.path.dirname(directory), 0o755, exist_ok=True)
        try:
            os.rename(draft, directory)
        except OSError:  # another step was faster
            if not os.path.isdir(directory):
                raise
    return directory


# -- nothing left behind ----------------------------------------------------------------------------------------------


class _Stubs:
    """The mount points that the root file system lacks: made by crun, taken away again, with their parents' times put back."""

    def __init__(self, root: str, targets: Sequence[str]) -> None:
        self.root = root
        self.missing: list[str] = []
        self.parents: dict[str, tuple[int, int]] = {}
        for target in sorted(set(targets)):
            if target.startswith("/dev/"):
                continue
            path = resolve(root, target)
            parts = path.split("/")
            for length in range(1, len(parts) + 1):
                part = "/".join(parts[:length])
                if not os.path.lexists(f"{root}/{part}"):
                    parent = os.path.dirname(part)
                    if part not in self.missing:
                        self.missing.append(part)
                    if parent not in self.missing and parent not in self.parents:
                        info = os.lstat(f"{root}/{parent}")
                        self.parents[parent] = (info.st_atime_ns, info.st_mtime_ns)

    def remove(self) -> None:
        for path in reversed(self.missing):
            full = f"{self.root}/{path}"
            try:
                info = os.lstat(full)
                if stat.S_ISDIR(info.st_mode):
                    os.rmdir(full)
                elif stat.S_ISREG(info.st_mode) and info.st_size == 0:
                    os.unlink(full)
            except OSError:  # it has content now: it is the command's
                continue
        for parent, times in self.parents.items():
            try:
                os.utime(f"{self.root}/{parent}", ns=times)
            except OSError:  # the command removed it
                continue
