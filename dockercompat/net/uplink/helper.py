"""The helper that is the way out of the user's network namespace: slirp4netns or pasta, by the same verbs.

One runs per user, in the host's network namespace, with a device in the user's. It is known by a record in the runtime directory (pid,
start time, name) that it leaves before it becomes the program; whoever starts one holds the network lock.
"""

from __future__ import annotations

import os

from dockercompat.errors import HostLacks, InvalidParameter, ToolFailed
from dockercompat.host import run
from dockercompat.net import netns, outside, process
from dockercompat.net.uplink import pasta, slirp4netns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.net.uplink.addresses import Uplink

DEFAULT = "slirp4netns"
_PROGRAMS = {"slirp4netns": slirp4netns, "pasta": pasta}


def choose(setting: str) -> str:
    """Which helper is to run.

    setting  a name, or "" for the default, where the other one serves if it alone is installed
    Raises   InvalidParameter for an unknown name, HostLacks where it is not installed
    """
    if setting and setting not in _PROGRAMS:
        raise InvalidParameter(f"PYDOCKER_NETWORK_HELPER: unknown network helper {setting}")
    for name in (setting,) if setting else (DEFAULT, "pasta"):
        if run.find(name) is not None:
            return name
    run.require(setting or DEFAULT)
    raise HostLacks(f"{setting or DEFAULT} is not installed.")


def record_path(run_dir: str) -> str:
    return f"{run_dir}/uplink.pid"


def log_path(run_dir: str) -> str:
    return f"{run_dir}/uplink.log"


def pid(run_dir: str) -> int:
    """Pid of the living helper, 0 when there is none."""
    return process.recorded(record_path(run_dir))


def name(run_dir: str) -> str:
    """Name of the living helper, "" when there is none."""
    return process.recorded_name(record_path(run_dir)) if pid(run_dir) else ""


def start(run_dir: str, program: str, uplink: Uplink) -> int:
    """Start a helper and return a descriptor to give to await_ready. No other one may live; one that is ending is awaited.

    As root it is started outside the holder's namespaces, if there is anybody left to do that.
    """
    ready_read, ready_write = os.pipe()
    try:
        if not outside.start_helper(program, uplink.cidr, ready_write):
            spawn(run_dir, program, uplink, netns.pin_path(run_dir), "", ready_write)
    finally:
        os.close(ready_write)
    return ready_read


def spawn(run_dir: str, program: str, uplink: Uplink, netns_path: str, userns_path: str, ready_fd: int) -> None:
    """Start the program itself; netns_path and userns_path as this process sees them."""
    module = _PROGRAMS[program]
    ending = process.ending(record_path(run_dir))

    def prepare() -> None:
        process.await_end(ending)  # it holds the device
        process.end_strays(run_dir, _PROGRAMS)
        process.record(record_path(run_dir), program)

    log_fd = os.open(log_path(run_dir), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        argv = module.argv(uplink, netns_path, userns_path)
        run.spawn(argv, stderr_fd=log_fd, keep_fds={ready_fd: module.READY_FD}, new_session=True, cwd="/", before_exec=prepare)
    finally:
        os.close(log_fd)


def await_ready(run_dir: str, ready_fd: int) -> None:
    """Return when the uplink is configured.

    Raises  ToolFailed with what the helper wrote when it ended instead; HostLacks where it can't work on this host as it is now
    """
    try:
        answer = os.read(ready_fd, 32)
    finally:
        os.close(ready_fd)
    if not answer:
        with open(log_path(run_dir), encoding="utf-8", errors="replace") as file:
            said = file.read().strip()
        program = process.recorded_name(record_path(run_dir))
        if program == "pasta" and pasta.NO_WAY_OUT in said:
            raise HostLacks("pasta works only while the host has a way out itself; slirp4netns always does.", run.install_hint(DEFAULT))
        raise ToolFailed((program or "network helper",), 1, said)


def end_strays(run_dir: str) -> None:
    """End helpers that are in no record, where none is: those of an earlier version hold the device and the published ports."""
    if not pid(run_dir):
        process.end_strays(run_dir, _PROGRAMS)


def stop(run_dir: str) -> None:
    """End the helper, if it runs. Its device goes a moment later; start waits for that."""
    process.stop(record_path(run_dir))
