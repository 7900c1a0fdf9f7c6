"""The network of a RUN: a namespace of its own with a slirp4netns, which lasts as long as the step."""

from __future__ import annotations

import os

from dockercompat.errors import BuildFailed, DockerError
from dockercompat.host import run as programs
from dockercompat.kernel import syscall
from dockercompat.record import Record

_MTU = 65520


class Uplink(Record):
    """Pipes to the worker's outer process, which starts the network helper: it alone is still in the host's network namespace."""

    ask_fd: int
    reply_fd: int


def serve(ask_fd: int, reply_fd: int) -> None:
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


def join(kind: str, temp: str, uplink: Uplink) -> str:
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
