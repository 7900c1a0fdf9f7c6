"""aardvark-dns: the names of containers on user-defined networks, served on each network's gateway address in the user's namespace.

A network is a file of its configuration directory: the gateway's address, then a line for each container with its id, address
and names. A hangup signal makes it read them again.
"""

from __future__ import annotations

import os
import signal

from dockercompat.errors import HostLacks, ToolFailed
from dockercompat.host import run
from dockercompat.kernel import syscall
from dockercompat.net import process
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PROGRAMS = ("aardvark-dns", "/usr/lib/podman/aardvark-dns", "/usr/libexec/podman/aardvark-dns")


class Member(Record):
    """A container on a network; nameservers are those it asked for with --dns."""

    container_id: str
    address: str
    names: tuple[str, ...]
    nameservers: tuple[str, ...] = ()


def config_dir(run_dir: str) -> str:
    return f"{run_dir}/dns"


def config_text(gateway: str, members: list[Member]) -> str:
    """The file of one network."""
    lines = [f"{gateway}\n"]
    for each in members:
        words = [each.container_id, each.address, "", ",".join(each.names)]
        if each.nameservers:
            words.append(",".join(each.nameservers))
        lines.append(" ".join(words) + "\n")
    return "".join(lines)


def write(run_dir: str, networks: Mapping[str, str]) -> None:
    """Make the configuration directory hold these files (network id -> text) and no others."""
    directory = config_dir(run_dir)
    os.makedirs(directory, 0o700, exist_ok=True)
    for name, text in networks.items():
        with open(f"{run_dir}/dns.new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(f"{run_dir}/dns.new", f"{directory}/{name}")
    for name in os.listdir(directory):
        if name not in networks and name != "aardvark.pid":
            os.unlink(f"{directory}/{name}")


def _recorded(run_dir: str) -> int:
    """Pid in the server's pid file, if that process is one of ours; 0 otherwise."""
    return _read_pid(run_dir, f"{config_dir(run_dir)}/aardvark.pid")


def _stopped(run_dir: str) -> int:
    """Pid of the server that was stopped last, while it is still there; 0 otherwise."""
    return _read_pid(run_dir, f"{run_dir}/dns.stopped")


def _read_pid(run_dir: str, path: str) -> int:
    try:
        with open(path, encoding="utf-8") as file:
            process_id = int(file.read())
        with open(f"/proc/{process_id}/cmdline", "rb") as words:
            return process_id if config_dir(run_dir).encode() in words.read().split(b"\0") else 0
    except (OSError, ValueError):
        return 0


def pid(run_dir: str) -> int:
    """Pid of the living server, 0 when there is none."""
    process_id = _recorded(run_dir)
    return 0 if process_id == 0 or process.is_ending(process_id) else process_id


def start(run_dir: str, netns_fd: int, upstream: str) -> int:
    """Start the server, after one that is ending, and return a pid to give to await_ready.

    upstream  address of the name server that it asks for names it does not know
    Raises    HostLacks when it is not installed
    """
    program = next((path for each in _PROGRAMS if (path := run.find(each))), None)
    if program is None:
        raise HostLacks(
            "aardvark-dns, which resolves names on user-defined networks, is not installed.", "sudo apt-get install -y aardvark-dns"
        )
    resolv_conf, log_path = f"{run_dir}/dns.resolv.conf", f"{run_dir}/dns.log"  # it reads whatever is in its directory
    with open(resolv_conf, "w", encoding="utf-8") as file:
        file.write(f"nameserver {upstream}\n")

    ending = [each for each in (_recorded(run_dir), _stopped(run_dir)) if each]

    def enter() -> None:
        process.await_end(ending)  # it holds the addresses
        syscall.setns(netns_fd, syscall.CLONE_NEWNET)
        syscall.unshare(syscall.CLONE_NEWNS)
        syscall.mount(resolv_conf, "/etc/resolv.conf", None, syscall.MS_BIND)

    argv = [program, "--config", config_dir(run_dir), "--port", "53", "run"]
    log_fd = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        return run.spawn(argv, stdout_fd=log_fd, stderr_fd=log_fd, new_session=True, cwd="/", before_exec=enter)
    finally:
        os.close(log_fd)


def await_ready(run_dir: str, process_id: int) -> None:
    """Return when the server answers (the process that start has started ends then). Raises ToolFailed when it does not come up."""
    status = run.wait(process_id)
    if status:
        with open(f"{run_dir}/dns.log", encoding="utf-8", errors="replace") as file:
            raise ToolFailed(("aardvark-dns",), status, file.read().strip())


def reload(process_id: int) -> None:
    """Have the server read its configuration again."""
    os.kill(process_id, signal.SIGHUP)


def stop(run_dir: str) -> None:
    """End the server, if it runs. Its addresses are free a moment later; start waits for that."""
    process_id = _recorded(run_dir)
    try:
        os.rename(f"{config_dir(run_dir)}/aardvark.pid", f"{run_dir}/dns.stopped")
        if process_id:
            os.kill(process_id, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError):
        pass
