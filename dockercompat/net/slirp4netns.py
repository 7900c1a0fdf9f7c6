"""slirp4netns: the one way out of the user's network namespace and, through its API socket, into it."""

from __future__ import annotations

import _socket
import json
import os
import signal
import struct

from dockercompat.errors import PortRefused, ToolFailed, Unavailable
from dockercompat.host import run
from dockercompat.kernel import holder
from dockercompat.net import ipam, links, netns, nft, process
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SO_PEERCRED = 17


class Uplink(Record):
    """The addresses of the network between namespace and helper, of its subnet in CIDR form."""

    cidr: str

    def _address(self, number: int) -> str:
        return ipam.format_address(ipam.parse_subnet(self.cidr).base + number)

    @property
    def host_address(self) -> str:
        """What the host's loopback is from inside."""
        return self._address(2)

    @property
    def dns_address(self) -> str:
        """A name server that asks whatever the host's resolv.conf names at the time."""
        return self._address(3)

    @property
    def guest_address(self) -> str:
        return self._address(100)


def socket_path(run_dir: str) -> str:
    return f"{run_dir}/slirp4netns.sock"


def _connect(run_dir: str) -> _socket.socket | None:
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        connection.connect(socket_path(run_dir))
    except OSError:
        connection.close()
        return None
    return connection


def _peer(run_dir: str) -> int:
    """Pid of the process that listens on the helper's socket, by the kernel's word; 0 when nobody does."""
    connection = _connect(run_dir)
    if connection is None:
        return 0
    try:
        peer: int = struct.unpack("iII", connection.getsockopt(_socket.SOL_SOCKET, _SO_PEERCRED, 12))[0]
    finally:
        connection.close()
    return peer


def pid(run_dir: str) -> int:
    """Pid of the living helper, 0 when there is none."""
    peer = _peer(run_dir)
    return 0 if peer == 0 or process.is_ending(peer) else peer


_outside: dict[str, tuple[int, int]] = {}  # run_dir -> where to ask the process outside, where its helper says that it is ready


def keep_outside(run_dir: str) -> None:
    """Leave a process outside the holder's namespaces that can start the helper there, where root may listen on ports below 1024.

    Call it before joining the holder; it does nothing for users, and where a helper runs. That process ends with this one.
    """
    if os.geteuid() != 0 or holder.joined() or run_dir in _outside or pid(run_dir):
        return
    ask_read, ask_write = os.pipe()
    ready_read, ready_write = os.pipe()
    if os.fork():
        os.close(ask_read)
        os.close(ready_write)
        _outside[run_dir] = ask_write, ready_read
        return
    try:
        os.close(ask_write)
        os.close(ready_read)
        words = os.read(ask_read, 4096).decode().split()
        if words:
            holder_pid = holder.pid(run_dir)
            place = [f"--userns-path=/proc/{holder_pid}/ns/user", f"/proc/{holder_pid}/root{netns.pin_path(run_dir)}"]
            _spawn(run_dir, words[0], place, [int(word) for word in words[1:]], ready_write)
    finally:
        os._exit(0)


def start(run_dir: str, cidr: str) -> int:
    """Start the helper and return a descriptor to give to await_ready. No other one may live; one that is ending is awaited."""
    ending = [each for each in (_peer(run_dir), _stopped(run_dir)) if each]
    _forget_socket(run_dir)
    if run_dir in _outside:
        ask_fd, ready_read = _outside.pop(run_dir)
        os.write(ask_fd, " ".join([cidr, *map(str, ending)]).encode())
        os.close(ask_fd)
        return ready_read
    ready_read, ready_write = os.pipe()
    try:
        _spawn(run_dir, cidr, [netns.pin_path(run_dir)], ending, ready_write)
    finally:
        os.close(ready_write)
    return ready_read


def _spawn(run_dir: str, cidr: str, place: list[str], ending: list[int], ready_fd: int) -> None:
    argv = ["slirp4netns", "--configure", f"--mtu={links.MTU}", f"--cidr={cidr}", "--ready-fd=3", f"--api-socket={socket_path(run_dir)}"]
    argv += ["--enable-sandbox", "--enable-seccomp", "--netns-type=path", *place, nft.UPLINK]
    log_fd = os.open(f"{run_dir}/slirp4netns.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        run.spawn(argv, stderr_fd=log_fd, keep_fds={ready_fd: 3}, new_session=True, cwd="/", before_exec=lambda: process.await_end(ending))
    finally:
        os.close(log_fd)


def await_ready(run_dir: str, ready_fd: int) -> None:
    """Return when the uplink is configured. Raises ToolFailed with what the helper wrote when it ended instead."""
    try:
        answer = os.read(ready_fd, 1)
    finally:
        os.close(ready_fd)
    if not answer:
        with open(f"{run_dir}/slirp4netns.log", encoding="utf-8", errors="replace") as file:
            raise ToolFailed(("slirp4netns",), 1, file.read().strip())


def stop(run_dir: str) -> None:
    """End the helper, if it runs. Its device and its ports go a moment later; start waits for that."""
    peer = _peer(run_dir)
    if peer == 0:
        return
    try:
        pid_fd = os.pidfd_open(peer)
    except ProcessLookupError:
        return
    try:
        with open(f"{run_dir}/slirp4netns.stopped", "w", encoding="utf-8") as file:
            file.write(str(peer))
        _forget_socket(run_dir)
        signal.pidfd_send_signal(pid_fd, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        os.close(pid_fd)


def _stopped(run_dir: str) -> int:
    """Pid of the helper that was stopped last, while it is still there; 0 otherwise."""
    try:
        with open(f"{run_dir}/slirp4netns.stopped", encoding="utf-8") as file:
            process_id = int(file.read())
        with open(f"/proc/{process_id}/comm", encoding="utf-8") as file:
            return process_id if file.read().strip() == "slirp4netns" and process.is_ending(process_id) else 0
    except (OSError, ValueError):
        return 0


def _forget_socket(run_dir: str) -> None:
    try:
        os.unlink(socket_path(run_dir))
    except FileNotFoundError:
        pass


def _ask(run_dir: str, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
    connection = _connect(run_dir)
    if connection is None:
        raise Unavailable("slirp4netns does not run")
    try:
        connection.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        connection.shutdown(_socket.SHUT_WR)
        chunks = []
        while chunk := connection.recv(65536):
            chunks.append(chunk)
    finally:
        connection.close()
    if not chunks:
        raise Unavailable("slirp4netns does not answer")
    answer: dict[str, Any] = json.loads(b"".join(chunks))
    return answer


def forward(run_dir: str, protocol: str, host_ip: str, host_port: int, guest_port: int) -> None:
    """Listen on the host and deliver to the guest address. Raises PortRefused when the host does not let it listen."""
    arguments = {"proto": protocol, "host_addr": host_ip, "host_port": host_port, "guest_port": guest_port}
    if "error" in _ask(run_dir, "add_hostfwd", arguments):
        raise PortRefused(host_ip, host_port)


def forwarded(run_dir: str) -> dict[tuple[str, str, int], int]:
    """What the helper listens on: (protocol, host address, host port) -> id."""
    entries = _ask(run_dir, "list_hostfwd", {}).get("entries", [])
    return {(each["proto"], each["host_addr"], each["host_port"]): each["id"] for each in entries}


def withdraw(run_dir: str, ports: list[tuple[str, str, int]]) -> None:
    """Stop listening on (protocol, host address, host port)s; those it does not listen on are none of its business."""
    ids = forwarded(run_dir)
    for port in ports:
        if port in ids:
            _ask(run_dir, "remove_hostfwd", {"id": ids[port]})
