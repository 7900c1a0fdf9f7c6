"""The small grammars of the flags of run and create that are no family of their own."""

from __future__ import annotations

from dockercompat.errors import InvalidParameter
from dockercompat.record import Record
from dockercompat.spec.csvline import parse_line
from dockercompat.spec.number import parse_int, parse_uint, quoted, whole
from dockercompat.spec.port import is_ip, normal_ip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

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
# Patterns are compiled when they are needed: most commands need none.
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"(:?{_LABEL}(?:\.{_LABEL})*)\.?\s*"
_DECIMAL = r"()([0-9_]*\.?[0-9_]*)(?:([eEpP])([+-]?[0-9]+))?"
_PREFIXED = r"(0[xX]|0[bB]|0[oO])([0-9a-fA-F_]*\.?[0-9a-fA-F_]*)(?:([pP])([+-]?[0-9]+))?"
_MAC = r"[0-9a-fA-F]{2}([:-])[0-9a-fA-F]{2}(\1[0-9a-fA-F]{2}){4}((\1[0-9a-fA-F]{2}){2})?|([0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}"
_LONG_NETWORK = r"\w+=\w+"


class NetworkRequest(Record):
    """One value of --network."""

    target: str
    aliases: tuple[str, ...] = ()
    ipv4: str = ""
    ipv6: str = ""
    link_local_ips: tuple[str, ...] = ()
    driver_opts: tuple[tuple[str, str], ...] = ()
    mac_address: str = ""
    gw_priority: int = 0


def parse_network(text: str) -> NetworkRequest:
    """One value of --network: a name, or `name=NAME,alias=...,ip=...` and more keys."""
    if "=" not in text:
        return NetworkRequest(text)
    import re  # 6 ms that few options need

    if not re.search(_LONG_NETWORK, text, re.ASCII):
        return NetworkRequest(text)
    target = ipv4 = ipv6 = mac = ""
    priority = 0
    aliases: list[str] = []
    link_local: list[str] = []
    options: dict[str, str] = {}
    for field in parse_line(text):
        key, equals, value = field.partition("=")
        if not equals or not key:
            raise InvalidParameter(f"invalid field {field}")
        key, value = key.strip(), value.strip()
        match key:
            case "name":
                target = value
            case "alias":
                aliases.append(value)
            case "ip":
                ipv4 = value
            case "ip6":
                ipv6 = value
            case "link-local-ip":
                link_local.append(value)
            case "mac-address":
                mac = value
            case "gw-priority":
                try:
                    priority = parse_int(value, function="Atoi")
                except InvalidParameter as error:
                    reason = str(error).rpartition(": ")[2]
                    raise InvalidParameter(f"invalid gw-priority ({value}): {reason}") from None
            case "driver-opt":
                name, has_value, option = value.partition("=")
                if not has_value or not name:
                    raise InvalidParameter("invalid key value pair format in driver options")
                options[name.strip().lower()] = option.strip().lower()  # as docker's client does
            case _:
                raise InvalidParameter(f"invalid field key {key}")
    if not target:
        raise InvalidParameter("network name/id is not specified")
    return NetworkRequest(target, tuple(aliases), ipv4, ipv6, tuple(link_local), tuple(options.items()), mac, priority)


def is_user_defined(network: str) -> bool:
    """Whether a network mode names a network that somebody made."""
    return network not in ("", "default", "bridge", "host", "none") and not network.startswith("container:")


def is_mac(text: str) -> bool:
    import re  # 6 ms that few options need

    return re.fullmatch(_MAC, text.strip()) is not None


def parse_restart_policy(text: str) -> dict[str, Any]:
    """One value of --restart as docker's RestartPolicy; which names exist is the engine's matter."""
    name, colon, count = text.partition(":")
    if colon and not name:
        raise InvalidParameter("invalid restart policy format: no policy provided before colon")
    retries = 0
    if count:
        try:
            retries = parse_int(count)
        except InvalidParameter:
            raise InvalidParameter("invalid restart policy format: maximum retry count must be an integer") from None
    return {"Name": name, "MaximumRetryCount": retries}


def check_restart_policy(policy: dict[str, Any]) -> None:
    """Raises InvalidParameter in the engine's words."""
    name, retries = policy.get("Name", ""), policy.get("MaximumRetryCount", 0)
    if name in ("always", "unless-stopped", "no"):
        if retries != 0:
            negative = " and cannot be negative" if retries < 0 else ""
            raise InvalidParameter(f"invalid restart policy: maximum retry count can only be used with 'on-failure'{negative}")
    elif name == "on-failure":
        if retries < 0:
            raise InvalidParameter("invalid restart policy: maximum retry count cannot be negative")
    elif name:
        raise InvalidParameter(
            f"invalid restart policy: unknown policy '{name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
        )


def parse_attach(text: str) -> str:
    if text.lower() not in ("stdin", "stdout", "stderr"):
        raise InvalidParameter("valid streams are STDIN, STDOUT and STDERR")
    return text.lower()


def parse_dns(text: str) -> str:
    address = normal_ip(text.strip())
    if address is None:
        raise InvalidParameter(f"IP address is not correctly formatted: {text}")
    return address


def parse_dns_search(text: str) -> str:
    import re  # 6 ms that few options need

    text = text.strip(" ")
    if text == ".":
        return text
    found = re.fullmatch(_DOMAIN, text) if any(char.isascii() and char.isalpha() for char in text) else None
    if not found or len(found[1]) >= 255:
        raise InvalidParameter(f"{text} is not a valid domain")
    return found[1]


def parse_extra_host(text: str) -> str:
    """One value of --add-host, `NAME:ADDRESS` or `NAME=ADDRESS`, in the first form; the address may be host-gateway or in brackets."""
    name, found, address = text.partition("=" if "=" in text else ":")
    if not found or not name or ":" in name:
        raise InvalidParameter(f"bad format for add-host: {quoted(text)}")
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    if address != "host-gateway" and not is_ip(address):
        raise InvalidParameter(f"invalid IP address in add-host: {quoted(address)}")
    return f"{name}:{address}"


def parse_link(text: str) -> tuple[str, str]:
    """The container and the alias of one value of --link."""
    if not text:
        raise InvalidParameter("empty string specified for links")
    parts = text.split(":")
    if len(parts) > 2:
        raise InvalidParameter(f"bad format for links: {text}")
    if len(parts) == 1:
        return text, text
    if parts[0].startswith("/"):
        return parts[0][1:], parts[1].rpartition("/")[2]
    return parts[0], parts[1]


def parse_sysctl(text: str) -> str:
    name, equals, _ = text.partition("=")
    if not equals or not (name in _SYSCTLS or name.startswith(("net.", "fs.mqueue."))):
        raise InvalidParameter(f"sysctl '{text}' is not allowed")
    return text


def parse_cpus(text: str) -> int:
    """A number of processors in thousand millionths: `1.5`, `1e-1`, `1/2`, `1_0`, `0x1.8` and `1p3` are numbers, as for Go's big.Rat."""
    over, under = _rational(text)
    nano, rest = divmod(abs(over) * 10**9, under)
    if rest:
        raise InvalidParameter("value is too precise")
    nano &= (1 << 64) - 1  # an int64 is made of the number, however long it was
    nano = -nano if over < 0 else nano
    return (nano + (1 << 63)) % (1 << 64) - (1 << 63)


def _rational(text: str) -> tuple[int, int]:
    """Numerator and denominator, not reduced."""
    import re  # 6 ms that few options need

    refused = InvalidParameter(f"failed to parse {text} as a rational number")
    sign = -1 if text[:1] == "-" else 1
    body = text[1:] if text[:1] in ("+", "-") else text
    try:
        if "/" in body:
            over, under = (parse_uint(part, bits=1 << 20, base=0) for part in body.split("/", 1))
            if under == 0:
                raise refused
            return sign * over, under
        found = re.fullmatch(_DECIMAL, body, re.ASCII) or re.fullmatch(_PREFIXED, body, re.ASCII)
        if found is None or body.endswith("_") or "__" in body:
            raise refused
        prefix, mantissa, letter, exponent = found.groups()
        base = {"x": 16, "o": 8, "b": 2}.get((prefix or "")[-1:].lower(), 10)
        integer, _, fraction = mantissa.replace("_", "").partition(".")
        if not integer + fraction or len(exponent or "") > 7:
            raise refused
        over, under = whole(integer + fraction, base), base ** len(fraction)
    except (InvalidParameter, ValueError):
        raise refused from None
    power = int(exponent or 0)
    factor = (2 if letter in ("p", "P") else 10) ** abs(power)
    return (sign * over * factor, under) if power >= 0 else (sign * over, under * factor)


def normal_capabilities(add: Iterable[str], drop: Iterable[str]) -> tuple[list[str], list[str]]:
    """The values of --cap-add and --cap-drop as docker's client sends them: upper case, CAP_ before, sorted, each once."""
    return sorted({_capability(name) for name in add}), sorted({_capability(name) for name in drop})


def _capability(name: str) -> str:
    name = name.upper()
    return name if name == "ALL" or name.startswith("CAP_") else "CAP_" + name


def parse_storage_opts(texts: Iterable[str]) -> dict[str, str]:
    result: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidParameter("invalid storage option")
        result[name] = value
    return result


def check_security_opt_form(text: str) -> tuple[str, str]:
    """Name and value of one value of --security-opt.

    Raises  InvalidParameter in the client's words
    """
    if text == "no-new-privileges":
        return text, "true"
    for separator in "=:":
        name, found, value = text.partition(separator)
        if found:
            if not value and name != "no-new-privileges":
                break
            return name, value
    raise InvalidParameter(f"Invalid --security-opt: {quoted(text)}")


def is_pid_mode(text: str) -> bool:
    return text in ("", "host") or (text.startswith("container:") and text != "container:")


def is_ipc_mode(text: str) -> bool:
    return text in ("", "none", "private", "shareable", "host") or (text.startswith("container:") and text != "container:")


def is_userns_mode(text: str) -> bool:
    return text in ("", "host") or parse_keep_id(text) is not None


def parse_keep_id(text: str) -> tuple[int | None, int | None] | None:
    """podman's `keep-id[:uid=N,gid=N]` as (uid, gid), None for what is not said; None for any other text."""
    name, colon, rest = text.partition(":")
    if name != "keep-id":
        return None
    values: dict[str, int] = {}
    for word in rest.split(",") if colon else ():
        key, _, value = word.partition("=")
        if key not in ("uid", "gid") or not (value.isascii() and value.isdigit()) or int(value) >= 1 << 31:
            return None
        values[key] = int(value)
    return values.get("uid"), values.get("gid")
