"""The short forms of compose files that are one text: volumes, ports, devices, commands."""

from __future__ import annotations

import posixpath

from dockercompat.errors import InvalidParameter, InvalidProject
from dockercompat.spec import port as ports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.compose.values import Value

_PROPAGATIONS = ("rprivate", "private", "rshared", "shared", "rslave", "slave")


def parse_volume(text: str) -> dict[str, Value]:
    """The long form of `[source:]target[:options]`; a source that looks like a path makes a bind mount."""
    if not text:
        raise InvalidProject("invalid empty volume spec")
    if len(text) < 3:
        return {"type": "volume", "target": text}
    volume: dict[str, Value] = {}
    options: dict[str, Value] = {}
    bind: dict[str, Value] = {}
    part = ""
    depth = 0
    for at, letter in enumerate(text + "\0"):
        if letter == "$" and text.startswith("{", at + 1):
            depth += 1
        elif letter == "}" and depth:
            depth -= 1
        elif not ((letter == ":" and not (len(part) == 1 and part.isalpha())) or letter == "\0") or depth:
            pass
        else:
            if not part:
                raise InvalidProject(f"invalid spec: {text}: empty section between colons")
            if "source" not in volume:
                volume["target" if letter == "\0" else "source"] = part
                if letter == "\0":
                    break
            elif "target" not in volume:
                volume["target"] = part
            elif letter == ":":
                raise InvalidProject(f"invalid spec: {text}: too many colons")
            else:
                _volume_options(part, volume, bind, options)
            part = ""
            continue
        part += letter
    if _is_path(volume.get("source", "")):
        volume["type"] = "bind"
        volume["bind"] = {**bind, "create_host_path": True}
    else:
        volume["type"] = "volume"
        volume["volume"] = options
        if bind:
            volume["bind"] = bind
    return {key: volume[key] for key in ("type", "source", "target", "read_only", "bind", "volume") if key in volume}


def _volume_options(text: str, volume: dict[str, Value], bind: dict[str, Value], options: dict[str, Value]) -> None:
    for word in text.split(","):
        if word == "ro":
            volume["read_only"] = True
        elif word == "rw":
            volume.pop("read_only", None)
        elif word == "nocopy":
            options["nocopy"] = True
        elif word in _PROPAGATIONS:
            bind["propagation"] = word
        elif word in ("z", "Z"):
            bind["selinux"] = word


def _is_path(source: str) -> bool:
    if source[:1] in (".", "/", "~") and source:
        return True
    return source.startswith("\\\\") or (len(source) > 1 and source[0].isalpha() and source[1] == ":")


def mount(text: str) -> dict[str, Value]:
    """The long form of a service's volume, its target cleaned."""
    volume = parse_volume(text)
    if volume.get("target"):
        volume["target"] = clean(volume["target"])
    return volume


def clean(path: str) -> str:
    """Go's path.Clean."""
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


def parse_ports(text: str) -> list[dict[str, Value]]:
    """The long forms of one text of `ports`. Raises InvalidProject."""
    try:
        found = ports.parse_publish(text)
    except InvalidParameter as error:
        raise InvalidProject(str(error)) from None
    result = []
    for one in sorted(found, key=lambda port: port.key):
        long: dict[str, Value] = {"mode": "ingress", "host_ip": one.host_ip, "target": one.container_port}
        long |= {"published": one.host_port, "protocol": one.protocol}
        result.append({key: value for key, value in long.items() if value})
    return result


def device(text: str) -> dict[str, Value]:
    """The long form of `source[:target[:permissions]]`."""
    parts = text.split(":")
    if len(parts) > 3:
        raise InvalidProject(f"confusing device mapping, please use long syntax: {text}")
    target = parts[1] if len(parts) > 1 else parts[0]
    return {"source": parts[0], "target": target, "permissions": parts[2] if len(parts) > 2 else "rwm"}


def words(text: str) -> list[str]:
    """A command line split as a shell's words are, nothing expanded; it ends at the first operator outside quotes. Raises ValueError."""
    found: list[str] = []
    word = quote = ""  # quote: ' or " or ` or, within $(...), )
    started = escaped = False
    for letter in text:
        if escaped:
            word += letter
            started, escaped = True, False
        elif letter == "\\" and quote != "'":
            escaped = True
        elif letter in " \t\r\n" and not quote:
            if started:
                found.append(word)
            word, started = "", False
        elif letter in "'\"" and quote in ("", letter):
            started = started or bool(quote)
            quote = "" if quote else letter
        elif letter in ";&|<>" and not quote:
            if letter == ">" and word[:1].isdigit():
                started = False
            break
        else:
            if letter == "`" and quote in ("", "`"):
                quote = "" if quote else letter
            elif letter == "(" and quote in ("", ")"):
                if quote or not word.endswith("$"):
                    raise ValueError("invalid command line string")
                quote = ")"
            elif letter == ")" and quote in ("", ")"):
                quote = "" if quote else ")"
            word += letter
            started = True
    if quote or escaped:
        raise ValueError("invalid command line string")
    return [*found, word] if started else found
