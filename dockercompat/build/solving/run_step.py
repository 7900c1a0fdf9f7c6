"""RUN done: crun on a mounted root file system, in the pid namespace of a worker, with what RUN is given and must not leave behind."""

from __future__ import annotations

import os
import re
import select

from dockercompat import json
from dockercompat.build.solving import mounts
from dockercompat.build.solving.copy import make_dirs
from dockercompat.build.solving.stubs import Stubs
from dockercompat.build.solving.tree import resolve
from dockercompat.build.solving.uplink import Uplink, join
from dockercompat.errors import BuildFailed, RunFailed
from dockercompat.host import run as programs
from dockercompat.host.files import read_text
from dockercompat.kernel import idmap, syscall
from dockercompat.net import dns
from dockercompat.runtime import bundle, crun, users
from dockercompat.spec import platform as platforms
from dockercompat.spec.container import DEFAULT_MASKED_PATHS, DEFAULT_READONLY_PATHS
from dockercompat.spec.number import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dockercompat.build.planning.graph import RunOp

    Log = Callable[[str, bool], None]  # text, and whether it is of standard error

_HOSTNAME = "buildkitsandbox"
_HOSTS = f"127.0.0.1\tlocalhost {_HOSTNAME}\n::1\tlocalhost ip6-localhost ip6-loopback\n"
_DNS_ADDRESS = "10.0.2.3"
_MAX_LINE = 64 << 10
_NOT_STARTED = re.compile(rb"exec container process `(.*)`: (.*)")
_REFUSALS = (b": No such file or directory", b": Permission denied", b": Is a directory")


def run(op: RunOp, room: mounts.Room, uplink: Uplink, log: Log, *, apart: bool = False) -> None:
    """Run the command to its end.

    apart   what it writes to standard error comes through a pipe of its own
    Raises  BuildFailed when it fails
    """
    temp, identity, document = _prepare(op, room, uplink)
    stubs = Stubs(room.root, [each["destination"] for each in document["mounts"]])
    status = _execute(op, _write_bundle(temp, document), temp, identity, log, apart=apart)
    stubs.remove()
    if status:
        raise RunFailed(quoted(" ".join(op.args))[1:-1], status)


def shell(op: RunOp, room: mounts.Room, uplink: Uplink) -> None:
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


def _prepare(op: RunOp, room: mounts.Room, uplink: Uplink) -> tuple[str, users.Identity, dict[str, Any]]:
    """A directory in memory for files of the step, whom it runs as, and the container's config."""
    temp = f"{room.directory}/t"
    os.mkdir(temp, 0o700)
    syscall.mount("tmpfs", temp, "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV, "mode=0700")
    try:
        identity = users.identify(op.user, users.from_root(room.root))
    except users.NoSuchUser as error:
        raise BuildFailed(f"process {quoted(' '.join(op.args))} did not complete successfully: {error}") from None
    make_dirs(room.root, op.cwd, (identity.uid, identity.gid), single_id=idmap.current_is_single())
    prepared = mounts.prepare(op, temp, room)
    network = join(op.network, temp, uplink)
    return temp, identity, _document(op, room, prepared, identity, network, temp)


def _write_bundle(temp: str, document: dict[str, Any]) -> str:
    bundle_dir = f"{temp}/bundle"
    os.mkdir(bundle_dir)
    with open(f"{bundle_dir}/config.json", "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(document, file)
    return bundle_dir


def _execute(op: RunOp, bundle_dir: str, temp: str, identity: users.Identity, log: Log, *, apart: bool) -> int:
    pipes = [os.pipe() for _ in range(2 if apart else 1)]
    (read_fd, write_fd), (error_fd, error_write_fd) = pipes[0], pipes[-1]
    for _, each in pipes:
        try:
            os.fchown(each, identity.uid, identity.gid)  # so that the command may open /dev/stdout by its path
        except OSError:  # one id alone is mapped
            pass
    argv = ["crun", *crun.arguments(f"{temp}/crun", grouped=False), f"--log={temp}/log", "run", "--bundle", bundle_dir, "run"]
    pid = programs.spawn(argv, stdout_fd=write_fd, stderr_fd=error_write_fd, env={"PATH": programs.SYSTEM_PATH}, cwd="/")
    for _, each in pipes:
        os.close(each)
    rests = {read_fd: b"", error_fd: b""}
    foreign = False
    held = b""  # a line that may be crun's, which docker's own takes the place of
    for fd, data in _output(rests):
        is_error = apart and fd == error_fd
        *lines, rest = (rests[fd] + data).split(b"\n")
        if len(lines) == 1 and (match := _NOT_STARTED.fullmatch(lines[0])):
            lines = [b"exec %s: %s" % (match[1], match[2].lower())]
            foreign = match[2] == b"Exec format error" and not _runs_here(op.platform)
        if len(rest) > _MAX_LINE:
            lines.append(rest)
            rest = b""
        rests[fd] = rest
        if lines and held:
            log(_shown(held), apart)
            held = b""
        if len(lines) == 1 and not rest and not foreign and lines[0].endswith(_REFUSALS):
            held = lines.pop()
        if lines:
            log("\n".join(_shown(line) for line in lines), is_error)
    code = programs.wait(pid)
    status = code if code >= 0 else 128 - code
    reason = read_text(f"{temp}/log").strip() if status else ""  # what crun itself had to say
    if held and not reason:
        log(_shown(held), apart)
    for fd, rest in rests.items():
        os.close(fd)
        if rest:
            log(_shown(rest), apart and fd == error_fd)
    if foreign:
        log(f"programs of {op.platform} do not run here: install qemu-user-static, which registers itself with binfmt_misc", apart)
    if reason:
        text = str(crun.failure(reason, op.args)).rpartition("error during container init: ")[2]
        log(f"runc run failed: unable to start container process: error during container init: {text}", apart)
        return 1
    return status


def _output(fds: dict[int, bytes]) -> Iterator[tuple[int, bytes]]:
    """What comes through pipes until the last of them ends, and through which."""
    if len(fds) == 1:
        (fd,) = fds
        while data := os.read(fd, 1 << 16):
            yield fd, data
        return
    poller = select.poll()
    for fd in fds:
        poller.register(fd, select.POLLIN)
    left = len(fds)
    while left:
        for fd, _ in poller.poll():
            if data := os.read(fd, 1 << 16):
                yield fd, data
            else:
                poller.unregister(fd)
                left -= 1


def _runs_here(platform: str) -> bool:
    return platforms.matches(platforms.of_host(), platforms.parse(platform))


def _shown(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r")


def _document(op: RunOp, room: mounts.Room, prepared: mounts.Prepared, identity: users.Identity, network: str, temp: str) -> dict[str, Any]:
    env = dict(op.env)
    for name, value in op.proxies:
        env.setdefault(name, value)
    env.setdefault("HOME", identity.home)
    names = [(address, name) for name, _, address in (each.partition(":") for each in op.hosts)]
    _write(f"{temp}/hosts", _HOSTS + "".join(f"{address}\t{name}\n" for address, name in names))
    host = dns.parse_resolv_conf(read_text("/etc/resolv.conf"))
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


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(file.fileno(), 0o644)
