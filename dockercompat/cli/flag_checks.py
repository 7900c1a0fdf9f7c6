"""What docker's flags check in a value while the command line is read. Loaded only when such a flag is given.

Each function takes the value as typed and returns the one to keep; ValueError has docker's reason.
"""

from __future__ import annotations

import re

from dockercompat.spec import duration, size


def number(name: str, kind: str, text: str) -> str:
    """A size ("bytes"), a span of time ("duration") or a number of CPUs ("decimal")."""
    if kind == "duration":
        duration.parse(text)
    elif kind == "bytes":
        if not (name == "memory-swap" and text == "-1"):
            size.ram_in_bytes(text)
    else:
        _cpus(text)
    return text


def _cpus(text: str) -> None:
    """A number of CPUs, whole in billionths, in any form that Go's big.Rat reads."""
    match = re.fullmatch(r"[+-]?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?", text)
    if match and (match[1] or match[2]):
        precise = len((match[2] or "").rstrip("0")) - int(match[3] or 0) > 9
    elif ratio := re.fullmatch(r"[+-]?(\d+)/(0*[1-9]\d*)", text):
        precise = bool(int(ratio[1]) * 10**9 % int(ratio[2]))
    elif re.fullmatch(r"[+-]?0([xX][0-9a-fA-F]+|[bB][01]+|[oO][0-7]+)", text):
        precise = False
    else:
        raise ValueError(f"failed to parse {text} as a rational number")
    if precise:
        raise ValueError("value is too precise")


def label(text: str) -> str:
    key = text.partition("=")[0].strip()
    if not key:
        raise ValueError(f"invalid label '{text}': empty name")
    return text


def env(text: str) -> str:
    if not text.partition("=")[0]:
        raise ValueError(f"invalid environment variable: {text}")
    return text


def attach(text: str) -> str:
    stream = text.lower()
    if stream not in ("stdin", "stdout", "stderr"):
        raise ValueError("valid streams are STDIN, STDOUT and STDERR")
    return stream


def ip(text: str) -> str:
    import ipaddress

    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        raise ValueError(f"IP address is not correctly formatted: {text}") from None


def dns_search(text: str) -> str:
    domain = text.strip(" ")
    if domain == ".":
        return domain
    match = re.fullmatch(
        r"(:?(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9]))(:?\.(:?[a-zA-Z0-9]|(:?[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])))*)\.?\s*",
        text,
    )
    if not re.search(r"[a-zA-Z]", domain) or not match or len(match[1]) >= 255:
        raise ValueError(f"{text} is not a valid domain")
    return match[1]


def add_host(text: str) -> str:
    """NAME:IP or NAME=IP, kept with a colon."""
    import ipaddress

    equals, colon = text.find("="), text.find(":")
    at = equals if equals > 0 else colon
    if at <= 0:
        raise ValueError(f"bad format for add-host: {_quoted(text)}")
    host, address = text[:at], text[at + 1 :]
    if address[:1] == "[" and address[-1:] == "]":
        address = address[1:-1]
    if address != "host-gateway":
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise ValueError(f"invalid IP address in add-host: {_quoted(address)}") from None
    return f"{host}:{address}"


def device_cgroup_rule(text: str) -> str:
    if not re.fullmatch(r"[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}", text):
        raise ValueError(f"invalid device cgroup format '{text}'")
    return text


def filter_word(text: str) -> str:
    if text and "=" not in text:
        raise ValueError("bad format of filter (expected name=value)")
    return text


_SYSCTLS = (
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
)


def sysctl(text: str) -> str:
    key, equals, _ = text.partition("=")
    if not equals or (key not in _SYSCTLS and not key.startswith(("net.", "fs.mqueue."))):
        raise ValueError(f"sysctl '{text}' is not allowed")
    return text


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
