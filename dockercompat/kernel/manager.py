"""The systemd that hands control groups to this user: the few D-Bus calls that are needed, spoken directly.

Two sockets take them: the user's bus, and where there is none, the manager's own (the one that systemctl uses).
Formats: the D-Bus specification, Message Protocol and Authentication Protocol; org.freedesktop.systemd1(5).
"""

from __future__ import annotations

import os
import struct

from dockercompat.errors import DockerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_TIMEOUT_S = 30
_NAME, _PATH, _INTERFACE = "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
_REPLY, _ERROR = 2, 3


class ManagerRefused(DockerError):
    """systemd answered a call with an error; `name` is the D-Bus name of it."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"systemd refused a control group: {message or name}")
        self.name = name


def sockets(uid: int, runtime_dir: str) -> tuple[str, ...]:
    """Sockets of the manager of this user (root's is the system's), the bus first; () where none runs.

    runtime_dir  XDG_RUNTIME_DIR
    """
    paths = (f"{runtime_dir}/bus", f"{runtime_dir}/systemd/private") if uid else ("/run/dbus/system_bus_socket", "/run/systemd/private")
    return tuple(path for path in paths if os.path.exists(path)) if os.path.exists(paths[1]) else ()


def start_scope(sockets: Sequence[str], uid: int, unit: str, slice_unit: str, description: str, pid: int) -> None:
    """Ask for a scope with delegated controllers that holds one process; it is there a moment later.

    Raises  ManagerRefused (UnitExists when it is there already), OSError when no manager listens
    """
    properties = (
        _property("Description", "s", _string(description)),
        _property("Slice", "s", _string(slice_unit)),
        _property("Delegate", "b", struct.pack("<I", 1)),
        _property("CollectMode", "s", _string("inactive-or-failed")),
        _property("TimeoutStopUSec", "t", struct.pack("<Q", 10_000_000)),  # what docker gives containers at shutdown
        _property("PIDs", "au", struct.pack("<II", 4, pid)),
    )
    body = _string(unit)
    body = _aligned(body, 4) + _string("fail")
    body = _array(_aligned(body, 4), properties)
    body = _array(_aligned(body, 4), ())
    _call(sockets, uid, "StartTransientUnit", "ssa(sv)a(sa(sv))", body)


def attach(sockets: Sequence[str], uid: int, unit: str, subgroup: str, pid: int) -> None:
    """Move a process of this user into a group below a unit's, from wherever it is. subgroup begins with a slash.

    Raises  ManagerRefused, OSError when no manager listens
    """
    body = _string(unit)
    body = _aligned(body, 4) + _string(subgroup)
    body = _aligned(body, 4) + struct.pack("<II", 4, pid)
    _call(sockets, uid, "AttachProcessesToUnit", "ssau", body)


def _call(sockets: Sequence[str], uid: int, member: str, signature: str, body: bytes) -> None:
    import socket

    failure: OSError | None = None
    for path in sockets:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_TIMEOUT_S)
        try:
            connection.connect(path)
            connection.sendall(b"\0AUTH EXTERNAL " + str(uid).encode().hex().encode() + b"\r\nBEGIN\r\n")
            if not path.endswith("/private"):
                connection.sendall(_message(1, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", "", b""))
            connection.sendall(_message(2, _NAME, _PATH, _INTERFACE, member, signature, body))
            with connection.makefile("rb") as file:
                if not file.readline().startswith(b"OK"):
                    raise ConnectionRefusedError(f"{path} does not know this user")
                while True:
                    kind, serial, name, message = _read(file.read)
                    if kind == _ERROR and serial in (1, 2):
                        raise ManagerRefused(name, message)
                    if kind == _REPLY and serial == 2:
                        return
        except OSError as error:
            failure = error
        finally:
            connection.close()
    raise failure or FileNotFoundError("no systemd manager")


def _read(read: object) -> tuple[int, int, str, str]:
    """(type, serial of the call it answers, error name, first string of the body)."""
    assert callable(read)
    head = read(16)
    if len(head) < 16:
        raise ConnectionResetError("the manager hung up")
    order = "<" if head[:1] == b"l" else ">"
    body_size, _, fields_size = struct.unpack(order + "III", head[4:])
    fields = read(fields_size + -fields_size % 8)
    body = read(body_size)
    serial, name, position = 0, "", 0
    while position + 8 <= fields_size:  # each field begins at a multiple of 8
        code, signature = fields[position], fields[position + 1 : position + 4]
        (number,) = struct.unpack_from(order + "I", fields, position + 4)
        if signature == b"\1u\0":
            serial = number if code == 5 else serial
            position += 8
        elif signature in (b"\1s\0", b"\1o\0"):
            name = fields[position + 8 : position + 8 + number].decode(errors="replace") if code == 4 else name
            position += 8 + number + 1
        elif signature == b"\1g\0":
            position += 4 + 1 + fields[position + 4] + 1
        position += -position % 8
    message = ""
    if len(body) > 4 and head[1] == _ERROR:
        message = body[4 : 4 + struct.unpack_from(order + "I", body)[0]].decode(errors="replace")
    return head[1], serial, name, message


def _message(serial: int, destination: str, path: str, interface: str, member: str, signature: str, body: bytes) -> bytes:
    """A method call."""
    fields = b""
    for code, kind, value in ((1, "o", path), (2, "s", interface), (3, "s", member), (6, "s", destination)):
        fields = _aligned(fields, 8) + bytes((code,)) + _signature(kind) + _string(value)
    if signature:
        fields = _aligned(fields, 8) + b"\x08" + _signature("g") + _signature(signature)
    head = struct.pack("<BBBBIII", ord("l"), 1, 0, 1, len(body), serial, len(fields))
    return _aligned(head + fields, 8) + body


def _property(name: str, signature: str, value: bytes) -> bytes:
    """A struct (sv); as structs begin at a multiple of 8, it can be made apart."""
    text = _string(name) + _signature(signature)
    return _aligned(text, 8 if signature == "t" else 4) + value


def _array(before: bytes, structs: Sequence[bytes]) -> bytes:
    start = len(_aligned(before + b"\0\0\0\0", 8))
    content = b""
    for each in structs:
        content = _aligned(content, 8) + each
    return (before + struct.pack("<I", len(content))).ljust(start, b"\0") + content


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


def _signature(text: str) -> bytes:
    return bytes((len(text),)) + text.encode() + b"\0"


def _aligned(data: bytes, size: int) -> bytes:
    return data + b"\0" * (-len(data) % size)
