"""`--change` of commit and import: one Dockerfile instruction a time, applied to an image's config."""

from __future__ import annotations

import posixpath

from dockercompat import json
from dockercompat.errors import InvalidParameter
from dockercompat.spec import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_INSTRUCTIONS = ("CMD", "ENTRYPOINT", "HEALTHCHECK", "ENV", "EXPOSE", "LABEL", "ONBUILD", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR")
_SHELL = ("/bin/sh", "-c")


def apply_changes(config: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """A copy of a config (Env, Cmd, ...) with the instructions carried out. Raises InvalidParameter in docker's words."""
    made = json.loads(json.dumps(config))
    if changes and not any(change.strip() for change in changes):
        raise InvalidParameter("file with no instructions")
    for change in changes:
        for line in change.replace("\\\n", "").splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                _apply(made, line.strip())
    return dict(made)


def _apply(config: dict[str, Any], line: str) -> None:
    word, _, rest = line.partition(" ")
    instruction, rest = word.upper(), rest.strip()
    if instruction not in _INSTRUCTIONS:
        raise InvalidParameter(f"{word} is not a valid change command")
    if not rest and instruction not in ("CMD", "ENTRYPOINT"):
        raise InvalidParameter(f"{instruction} requires {'at least one' if instruction != 'USER' else 'exactly one'} argument")
    if instruction in ("CMD", "ENTRYPOINT"):
        config["Cmd" if instruction == "CMD" else "Entrypoint"] = _command(config, rest)
        if instruction == "CMD":
            config.pop("ArgsEscaped", None)
    elif instruction == "ENV":
        _set_environment(config, _pairs(instruction, rest))
    elif instruction == "LABEL":
        labels = config.get("Labels") or {}
        labels.update((key, _expand(value, config)) for key, value in _pairs(instruction, rest))
        config["Labels"] = labels
    elif instruction == "EXPOSE":
        ports = config.get("ExposedPorts") or {}
        for port in words(_expand(rest, config)):
            ports.update((each, {}) for each in _ports(port))
        config["ExposedPorts"] = ports
    elif instruction == "VOLUME":
        volumes = config.get("Volumes") or {}
        for path in _json_list(rest) or words(_expand(rest, config)):
            if not path.strip():
                raise InvalidParameter("VOLUME specified can not be an empty string")
            volumes[path] = {}
        config["Volumes"] = volumes
    elif instruction == "WORKDIR":
        path = " ".join(words(_expand(rest, config)))
        config["WorkingDir"] = posixpath.normpath(posixpath.join("/", config.get("WorkingDir") or "/", path)).replace("//", "/")
    elif instruction == "USER":
        config["User"] = " ".join(words(_expand(rest, config)))
    elif instruction == "STOPSIGNAL":
        config["StopSignal"] = _expand(rest, config)
    elif instruction == "ONBUILD":
        trigger = rest.partition(" ")[0].upper()
        if trigger in ("ONBUILD", "MAINTAINER", "FROM"):
            what = (
                "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
                if trigger == "ONBUILD"
                else f"{trigger} isn't allowed as an ONBUILD trigger"
            )
            raise InvalidParameter(what)
        config["OnBuild"] = [*(config.get("OnBuild") or []), rest]
    else:
        config["Healthcheck"] = _health_check(rest)


def _json_list(text: str) -> list[str] | None:
    if not text.startswith("["):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, list) and all(isinstance(each, str) for each in value) else None


def _command(config: Mapping[str, Any], text: str) -> list[str]:
    listed = _json_list(text)
    if listed is not None:
        return listed
    return [*(config.get("Shell") or _SHELL), text] if text else []


def _pairs(instruction: str, text: str) -> list[tuple[str, str]]:
    """key=value words, or the old form of one key and the rest of the line."""
    parts = words(text, keep_escapes=True)
    if parts and "=" not in parts[0]:
        key, space, value = text.partition(" ")
        if not space:
            raise InvalidParameter(f'Syntax error - can\'t find = in "{key}". Must be of the form: name=value')
        return [(key, value.strip())]
    pairs = []
    for part in words(text):
        key, equals, value = part.partition("=")
        if not equals:
            raise InvalidParameter(f'Syntax error - can\'t find = in "{part}". Must be of the form: name=value')
        if not key:
            raise InvalidParameter(f"{instruction} names can not be blank")
        pairs.append((key, value))
    return pairs


def _set_environment(config: dict[str, Any], pairs: Sequence[tuple[str, str]]) -> None:
    expanded = [(key, _expand(value, config)) for key, value in pairs]
    environment = list(config.get("Env") or [])
    for key, value in expanded:
        for number, entry in enumerate(environment):
            if entry.partition("=")[0] == key:
                environment[number] = f"{key}={value}"
                break
        else:
            environment.append(f"{key}={value}")
    config["Env"] = environment


def _ports(text: str) -> list[str]:
    number, _, protocol = text.partition("/")
    protocol = (protocol or "tcp").lower()
    first, dash, last = number.partition("-")
    if protocol not in ("tcp", "udp", "sctp"):
        raise InvalidParameter(f"invalid proto: {protocol}")
    if not first.isdigit() or (dash and not last.isdigit()) or int(last or first) > 65535 or int(last or first) < int(first):
        raise InvalidParameter(f"Invalid containerPort: {number}")
    return [f"{port}/{protocol}" for port in range(int(first), int(last or first) + 1)]


def _health_check(text: str) -> dict[str, Any]:
    check: dict[str, Any] = {}
    names = {"interval": "Interval", "timeout": "Timeout", "start-period": "StartPeriod", "start-interval": "StartInterval"}
    while text.startswith("--"):
        flag, _, text = text.partition(" ")
        text = text.strip()
        name, _, value = flag[2:].partition("=")
        if name == "retries":
            if not value.isdigit() or int(value) < 1:
                raise InvalidParameter(f"--retries must be at least 1 (not {value})")
            check["Retries"] = int(value)
        elif name in names:
            try:
                check[names[name]] = duration.parse(value)
            except ValueError as error:
                raise InvalidParameter(str(error)) from None
        else:
            raise InvalidParameter(f"unknown flag: {name}")
    kind, _, rest = text.partition(" ")
    rest = rest.strip()
    if kind.upper() == "NONE":
        if rest:
            raise InvalidParameter("HEALTHCHECK NONE takes no arguments")
        return {"Test": ["NONE"]}
    if kind.upper() != "CMD":
        raise InvalidParameter(f"Unknown type {json.dumps(kind)} in HEALTHCHECK (try CMD)")
    if not rest:
        raise InvalidParameter("Missing command after HEALTHCHECK CMD")
    listed = _json_list(rest)
    return {"Test": ["CMD", *listed] if listed is not None else ["CMD-SHELL", rest], **check}


def words(text: str, *, keep_escapes: bool = False) -> list[str]:
    """Words separated by blanks, with quotes and backslashes as in a Dockerfile."""
    found: list[str] = []
    current, inside, quote = "", False, ""
    position = 0
    while position < len(text):
        char = text[position]
        if quote:
            if char == quote:
                quote = ""
            elif char == "\\" and quote == '"' and position + 1 < len(text) and text[position + 1] in '"\\$':
                position += 1
                current += text[position]
            else:
                current += char
        elif char in "'\"":
            quote, inside = char, True
        elif char == "\\" and position + 1 < len(text) and not keep_escapes:
            position += 1
            current, inside = current + text[position], True
        elif char.isspace():
            if inside:
                found.append(current)
            current, inside = "", False
        else:
            current, inside = current + char, True
        position += 1
    if inside:
        found.append(current)
    return found


def _expand(text: str, config: Mapping[str, Any]) -> str:
    """$NAME, ${NAME}, ${NAME:-default} and ${NAME:+other} by the environment of the config."""
    if "$" not in text:
        return text
    environment = dict(entry.partition("=")[::2] for entry in config.get("Env") or [])
    made, position = "", 0
    while position < len(text):
        char = text[position]
        if char != "$" or position + 1 >= len(text):
            made += char
            position += 1
        elif text[position + 1] == "{":
            end = text.find("}", position)
            if end < 0:
                raise InvalidParameter("syntax error: missing '}'")
            name, operator, word = _operator(text[position + 2 : end])
            value = environment.get(name, "")
            made += word if (operator == "-" and not value) or (operator == "+" and value) else ("" if operator == "+" else value)
            position = end + 1
        else:
            end = position + 1
            while end < len(text) and (text[end].isalnum() or text[end] == "_"):
                end += 1
            made += environment.get(text[position + 1 : end], "") if end > position + 1 else "$"
            position = end
    return made


def _operator(text: str) -> tuple[str, str, str]:
    for operator in (":-", ":+"):
        name, found, word = text.partition(operator)
        if found:
            return name, operator[1], word
    return text, "", ""
