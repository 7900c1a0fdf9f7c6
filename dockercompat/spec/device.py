"""Devices: the grammars of --device, --device-cgroup-rule, --blkio-weight-device, --device-read-bps and its kin, and --gpus."""

from __future__ import annotations

import posixpath
import re

from dockercompat.errors import InvalidParameter
from dockercompat.spec.csvline import parse_line
from dockercompat.spec.env import as_map
from dockercompat.spec.number import parse_int, parse_uint
from dockercompat.spec.size import ram_in_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CDI_NAME = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9.\-]*[A-Za-z0-9]/[A-Za-z0-9]([A-Za-z0-9_\-]*[A-Za-z0-9])?=[A-Za-z0-9]([A-Za-z0-9_.:\-]*[A-Za-z0-9])?"
)
_CGROUP_RULE = re.compile(r"[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}")


def is_cdi_name(text: str) -> bool:
    """Whether a value of --device names a device of the Container Device Interface (vendor.com/class=name)."""
    return _CDI_NAME.fullmatch(text) is not None


def parse_device(text: str) -> dict[str, Any]:
    """One value of --device as docker's device mapping."""
    parts = text.split(":")
    if len(parts) > 3 or not parts[0]:
        raise InvalidParameter(f"bad format for path: {text}")
    host, target, permissions = posixpath.normpath(parts[0]) if len(parts) == 1 else parts[0], "", "rwm"
    if len(parts) == 3:
        if not _is_mode(parts[2]):
            raise InvalidParameter(f"bad mode specified: {parts[2]}")
        target, permissions = parts[1], parts[2]
    elif len(parts) == 2:
        if _is_mode(parts[1]):
            host, permissions = posixpath.normpath(host), parts[1]
        else:
            target = posixpath.normpath(parts[1])
    shown = target if len(parts) == 3 else target or host
    if not shown.startswith("/"):
        raise InvalidParameter(f"{shown} is not an absolute path")
    return {"PathOnHost": host, "PathInContainer": target or host, "CgroupPermissions": permissions}


def _is_mode(text: str) -> bool:
    return text != "" and set(text) <= {"r", "w", "m"} and len(set(text)) == len(text)


def parse_cgroup_rule(text: str) -> str:
    if not _CGROUP_RULE.fullmatch(text):
        raise InvalidParameter(f"invalid device cgroup format '{text}'")
    return text


def parse_weight_device(text: str) -> dict[str, Any]:
    path, colon, weight = text.partition(":")
    if not colon or not path or not weight:
        raise InvalidParameter(f"bad format: {text}")
    if not path.startswith("/dev/"):
        raise InvalidParameter(f"bad format for device path: {text}")
    try:
        value = parse_uint(weight, bits=16)
    except InvalidParameter:
        raise InvalidParameter(f"invalid weight for device: {text}") from None
    if value > 0 and not 10 <= value <= 1000:
        raise InvalidParameter(f"invalid weight for device: {text}")
    return {"Path": path, "Weight": value}


def parse_throttle_device(text: str, *, per_second: str) -> dict[str, Any]:
    """One value of --device-read-bps (per_second "bytes") or --device-read-iops ("operations")."""
    path, colon, rate = text.partition(":")
    if not colon or not path or not rate:
        raise InvalidParameter(f"bad format: {text}")
    if not path.startswith("/dev/"):
        raise InvalidParameter(f"bad format for device path: {text}")
    form = "<device-path>:<number>"
    try:
        if per_second == "operations":
            return {"Path": path, "Rate": parse_uint(rate)}
        return {"Path": path, "Rate": ram_in_bytes(rate)}
    except (InvalidParameter, ValueError):
        form, unit = (form, "") if per_second == "operations" else (form + "[<unit>]", ". Unit is optional and can be kb, mb, or gb")
        raise InvalidParameter(
            f"invalid rate for device: {text}. The correct format is {form}. Number must be a positive integer{unit}"
        ) from None


def parse_gpus(text: str) -> dict[str, Any]:
    """One value of --gpus as docker's device request."""
    request: dict[str, Any] = {"Driver": "", "Count": 0, "DeviceIDs": None, "Capabilities": None, "Options": None}
    seen: set[str] = set()
    for field in parse_line(text):
        key, equals, value = field.partition("=")
        if key in seen:
            raise InvalidParameter(f"gpu request key '{key}' can be specified only once")
        seen.add(key)
        if not equals:
            seen.add("count")
            request["Count"] = _count(key)
        elif key == "driver":
            request["Driver"] = value
        elif key == "count":
            request["Count"] = _count(value)
        elif key == "device":
            request["DeviceIDs"] = value.split(",")
        elif key == "capabilities":
            request["Capabilities"] = [[*value.split(","), "gpu"]]
        elif key == "options":
            try:
                request["Options"] = as_map(parse_line(value))
            except InvalidParameter as error:
                raise InvalidParameter(f"failed to read gpu options: {error}") from None
        else:
            raise InvalidParameter(f"unexpected key '{key}' in '{field}'")
    if "count" not in seen and request["DeviceIDs"] is None:
        request["Count"] = 1
    request["Options"] = request["Options"] or {}
    request["Capabilities"] = request["Capabilities"] or [["gpu"]]
    return request


def _count(text: str) -> int:
    if text == "all":
        return -1
    try:
        return parse_int(text)
    except InvalidParameter as error:
        reason = str(error).rpartition(": ")[2]
        raise InvalidParameter(f'invalid count ({text}): value must be either "all" or an integer: {reason}') from None
