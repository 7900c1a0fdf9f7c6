"""Nodes to typed records. Every check that needs no build is made here.

Spec    dockerfile-reference; BuildKit frontend/dockerfile/instructions
"""

from __future__ import annotations

import re

from dockercompat.build.dockerfile.instructions import (
    Add,
    Arg,
    Cmd,
    Copy,
    Dockerfile,
    Entrypoint,
    Env,
    Expose,
    Healthcheck,
    Instruction,
    Label,
    Maintainer,
    Mount,
    Onbuild,
    Run,
    Shell,
    Stage,
    StopSignal,
    User,
    Volume,
    Workdir,
)
from dockercompat.build.dockerfile.lexer import Heredoc, Line, lex, parse_heredoc
from dockercompat.build.dockerfile.parser import Node, parse, parse_line
from dockercompat.errors import DockerfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*")
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_UNITS_NS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}


class _Misplaced(DockerfileError):
    """An instruction is right in itself and stands in the wrong place."""


def load(data: bytes) -> Dockerfile:
    """Read a Dockerfile.

    Raises  DockerfileError with its lines; `dockerfile parse error on line N: ...` when an instruction's own words are wrong
    """
    lexed = lex(data)
    nodes = parse(lexed)
    try:
        stages, global_args = _stages(nodes)
    except DockerfileError as error:
        if error.lines == (0, 0):
            raise
        told = "" if isinstance(error, _Misplaced) else f"dockerfile parse error on line {error.lines[0]}: "
        raise DockerfileError(f"{told}{error}", error.lines) from None
    blank = tuple((line.lines[1], line.lines[1]) for line in lexed.lines if line.empty_continuation)
    return Dockerfile(stages, global_args, lexed.escape, lexed.directives, tuple(data.decode("utf-8", "replace").splitlines()), blank)


def load_trigger(text: str) -> Instruction:
    """The instruction of one ONBUILD trigger. Raises DockerfileError."""
    lines = lex(text.encode()).lines
    instruction = instruct(parse_line(Line(lines[0].text, (0, 0), lines[0].heredocs)))
    if isinstance(instruction, Stage):
        raise DockerfileError("FROM isn't allowed as an ONBUILD trigger")
    return instruction


def _stages(nodes: Iterable[Node]) -> tuple[tuple[Stage, ...], tuple[Arg, ...]]:
    stages: list[Stage] = []
    bodies: list[list[Instruction]] = []
    global_args: list[Arg] = []
    for node in nodes:
        instruction = instruct(node)
        if isinstance(instruction, Stage):
            stages.append(instruction.replace(index=len(stages)))
            bodies.append([])
        elif stages:
            bodies[-1].append(instruction)
        elif isinstance(instruction, Arg):
            global_args.append(instruction)
        else:
            raise _Misplaced("no build stage in current context", node.lines)
    if not stages:
        raise DockerfileError("dockerfile contains no stages to build")
    return tuple(stage.replace(instructions=tuple(body)) for stage, body in zip(stages, bodies)), tuple(global_args)


def instruct(node: Node) -> Instruction | Stage:
    """The record of one instruction. Raises DockerfileError with its lines."""
    try:
        maker = _MAKERS.get(node.name)
        if maker is None:
            raise DockerfileError(f"unknown instruction: {node.written}{suggestion(node.written.lower(), _MAKERS, upper=True)}")
        return maker(node)
    except DockerfileError as error:
        raise DockerfileError(str(error), node.lines) from None


def suggestion(word: str, known: Iterable[str], *, upper: bool = False) -> str:
    """` (did you mean X?)` for a known word at a small distance, else ""."""
    best = nearest(word, known)
    return f" (did you mean {best.upper() if upper else best}?)" if best else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The first of the known words that are nearest, at most two changes away; "" without one."""
    best, distance = "", 3
    for candidate in known:
        steps = _distance(word, candidate)
        if 0 < steps < distance:
            best, distance = candidate, steps
    return best


def _distance(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (char != other))
    return row[-1]


class _Flags:
    """`--name=value` words of one instruction against what it allows: a type a name."""

    def __init__(self, node: Node, allowed: dict[str, str]) -> None:
        self.values: dict[str, list[str]] = {}
        for flag in node.flags:
            name, equals, value = flag[2:].partition("=")
            kind = allowed.get(name)
            if kind is None:
                raise DockerfileError(f"unknown flag: --{name}{suggestion(name, allowed)}")
            if name in self.values and kind != "list":
                raise DockerfileError(f"duplicate flag specified: --{name}")
            if kind == "bool":
                value = value.lower() if equals else "true"
                if value not in ("true", "false"):
                    raise DockerfileError(f"expecting boolean value for flag --{name}, not: {value}")
            elif not equals:
                raise DockerfileError(f"missing a value on flag: --{name}")
            self.values.setdefault(name, []).append(value)

    def text(self, name: str) -> str:
        return self.values.get(name, [""])[-1]

    def bool(self, name: str) -> bool:
        return self.text(name) == "true"

    def list(self, name: str) -> tuple[str, ...]:
        return tuple(self.values.get(name, ()))


def _at_least_one(node: Node) -> None:
    if not node.args:
        raise DockerfileError(f"{node.name.upper()} requires at least one argument")


def _exactly_one(node: Node) -> str:
    if len(node.args) != 1:
        raise DockerfileError(f"{node.name.upper()} requires exactly one argument")
    return node.args[0]


def _from(node: Node) -> Stage:
    name = ""
    if len(node.args) == 3 and node.args[1].lower() == "as":
        name = node.args[2].lower()
        if not _STAGE_NAME.fullmatch(name):
            raise DockerfileError(f'invalid name for build stage: "{node.args[2]}", name can\'t start with a number or contain symbols')
    elif len(node.args) != 1:
        raise DockerfileError("FROM requires either one or three arguments")
    flags = _Flags(node, {"platform": "text"})
    return Stage(node.args[0], name, flags.text("platform"), node.text, node.lines, comment=node.comment)


def _arg(node: Node) -> Arg:
    _at_least_one(node)
    _Flags(node, {})
    args: list[tuple[str, str | None]] = []
    for word in node.args:
        name, equals, value = word.partition("=")
        if not name:
            raise DockerfileError("ARG names can not be blank")
        args.append((name, value if equals else None))
    return Arg(node.text, node.lines, tuple(args), node.comment)


def _pairs(node: Node) -> tuple[tuple[str, str], ...]:
    _Flags(node, {})
    _at_least_one(node)
    pairs = tuple(zip(node.args[::2], node.args[1::2]))
    if any(not name for name, _ in pairs):
        raise DockerfileError(f"{node.name.upper()} names can not be blank")
    return pairs


def _env(node: Node) -> Env:
    return Env(node.text, node.lines, _pairs(node), node.old)


def _label(node: Node) -> Label:
    return Label(node.text, node.lines, _pairs(node), node.old)


def _maintainer(node: Node) -> Maintainer:
    _Flags(node, {})
    return Maintainer(node.text, node.lines, _exactly_one(node))


def _sources(node: Node) -> tuple[tuple[str, ...], tuple[Heredoc, ...], str]:
    what = node.name.upper()
    if len(node.args) < 2:
        if not node.args:
            raise DockerfileError(f"{what} requires at least two arguments, but only one was provided. Destination could not be determined")
        raise DockerfileError(f"{what} requires at least two arguments, but only one was provided. Destination could not be determined")
    *sources, destination = node.args
    if parse_heredoc(destination):
        raise DockerfileError(f"{what} cannot accept a heredoc as a destination")
    contents = {heredoc.name: heredoc for heredoc in node.heredocs}
    paths: list[str] = []
    files: list[Heredoc] = []
    for source in sources:
        heredoc = parse_heredoc(source)
        if heredoc is None:
            paths.append(source)
        elif heredoc.name in contents:
            files.append(contents[heredoc.name])
    return tuple(paths), tuple(files), destination


def _copy(node: Node) -> Copy:
    sources, files, destination = _sources(node)
    kinds = {"chown": "text", "from": "text", "chmod": "text", "link": "bool", "parents": "bool", "exclude": "list"}
    flags = _Flags(node, kinds)
    return Copy(
        node.text,
        node.lines,
        sources,
        files,
        destination,
        flags.text("from"),
        flags.text("chown"),
        flags.text("chmod"),
        flags.bool("link"),
        flags.bool("parents"),
        flags.list("exclude"),
    )


def _add(node: Node) -> Add:
    sources, files, destination = _sources(node)
    kinds = {
        "chown": "text",
        "chmod": "text",
        "link": "bool",
        "keep-git-dir": "bool",
        "checksum": "text",
        "unpack": "bool",
        "exclude": "list",
    }
    flags = _Flags(node, kinds)
    return Add(
        node.text,
        node.lines,
        sources,
        files,
        destination,
        chown=flags.text("chown"),
        chmod=flags.text("chmod"),
        link=flags.bool("link"),
        excludes=flags.list("exclude"),
        checksum=flags.text("checksum"),
        unpack=flags.bool("unpack") if flags.text("unpack") else None,
        keep_git_dir=flags.bool("keep-git-dir"),
    )


def _run(node: Node) -> Run:
    flags = _Flags(node, {"mount": "list", "network": "text", "security": "text"})
    network = flags.text("network") or "default"
    if network not in ("default", "none", "host"):
        raise DockerfileError(f'invalid network mode "{network}"')
    security = flags.text("security") or "sandbox"
    if security not in ("sandbox", "insecure"):
        raise DockerfileError(f'security mode "{security}" is not supported')
    mounts = tuple(parse_mount(text) for text in flags.list("mount"))
    return Run(
        node.text, node.lines, node.args if node.args or node.json else ("",), not node.json, node.heredocs, mounts, network, security
    )


_MOUNT_TYPES = ("bind", "cache", "tmpfs", "secret", "ssh")
_MOUNT_KEYS = ("target", "source", "from", "readonly", "readwrite", "id", "sharing", "mode", "uid", "gid", "size", "required", "env")
_MOUNT_ALIASES = {"dst": "target", "destination": "target", "src": "source", "ro": "readonly", "rw": "readwrite"}


def parse_mount(text: str) -> Mount:
    """The value of `--mount`. Raises DockerfileError without a position for what no step need be reached for."""
    fields = next(_csv([text]), [])
    if not fields:
        raise DockerfileError("failed to parse csv mounts: EOF")
    try:
        mount = _mount(fields)
    except DockerfileError as error:
        return Mount(mistake=str(error))
    if "$" in mount.from_:
        raise DockerfileError("'from' doesn't support variable expansion, define alias stage instead")
    return mount


def _mount(fields: list[str]) -> Mount:
    values: dict[str, str] = {}
    given: list[tuple[str, str, str]] = []
    for field in fields:
        word, equals, value = field.partition("=")
        key = _MOUNT_ALIASES.get(word.lower(), word.lower())
        if key == "type":
            values["type"] = value
            continue
        if not equals and key not in ("readonly", "readwrite", "required"):
            raise DockerfileError(f"invalid field '{field}' must be a key=value pair")
        given.append((key, word, value if equals else "true"))
    kind = values.get("type", "bind")
    if kind not in _MOUNT_TYPES:
        raise DockerfileError(f'unsupported mount type "{kind}"{suggestion(kind, _MOUNT_TYPES)}')
    read_only = kind == "bind"
    for key, word, value in given:
        if key not in _MOUNT_KEYS:
            raise DockerfileError(f"unexpected key '{word}' in '{word}={value}'{suggestion(word, _MOUNT_KEYS)}")
        if key in ("readonly", "readwrite", "required"):
            if value.lower() not in ("true", "false", "1", "0"):
                raise DockerfileError(f"invalid value for {word}: {value}")
            on = value.lower() in ("true", "1")
            if key == "required":
                values["required"] = "true" if on else ""
            else:
                read_only = on if key == "readonly" else not on
        else:
            values[key] = value
    sharing = values.get("sharing", "shared")
    if sharing not in ("shared", "private", "locked"):
        raise DockerfileError(f'unsupported sharing value "{sharing}"{suggestion(sharing, ("shared", "private", "locked"))}')
    if kind not in ("secret", "ssh", "cache"):
        for key in ("mode", "uid", "gid"):
            if key in values:
                raise DockerfileError(f'{key} not allowed for "{kind}" type mounts')
    if "sharing" in values and kind != "cache":
        raise DockerfileError(f"invalid cache sharing set for {kind} mount")
    if kind in ("secret", "ssh") and values.get("from"):
        raise DockerfileError(f"{kind} mount should not have a from")
    if kind == "secret" and values.get("source") and values.get("id"):
        raise DockerfileError("both source and id can't be set")
    return Mount(
        kind,
        values.get("target", ""),
        values.get("source", ""),
        values.get("from", ""),
        read_only,
        values.get("id", ""),
        sharing,
        bool(values.get("required")),
        values.get("size", ""),
        values.get("mode", ""),
        values.get("uid", ""),
        values.get("gid", ""),
        values.get("env", ""),
    )


def _csv(lines: list[str]) -> Iterator[list[str]]:
    import csv

    return csv.reader(lines)


def _cmd(node: Node) -> Cmd:
    _Flags(node, {})
    return Cmd(node.text, node.lines, node.args, not node.json)


def _entrypoint(node: Node) -> Entrypoint:
    _Flags(node, {})
    return Entrypoint(node.text, node.lines, node.args, not node.json)


def _shell(node: Node) -> Shell:
    _Flags(node, {})
    if not node.args:
        raise DockerfileError("SHELL requires at least one argument")
    if not node.json:
        raise DockerfileError("SHELL requires the arguments to be in JSON form")
    return Shell(node.text, node.lines, node.args)


def _workdir(node: Node) -> Workdir:
    _Flags(node, {})
    return Workdir(node.text, node.lines, _exactly_one(node))


def _user(node: Node) -> User:
    _Flags(node, {})
    return User(node.text, node.lines, _exactly_one(node))


def _volume(node: Node) -> Volume:
    _Flags(node, {})
    _at_least_one(node)
    paths = tuple(path.strip() for path in node.args)
    if not all(paths):
        raise DockerfileError("VOLUME specified can not be an empty string")
    return Volume(node.text, node.lines, paths)


def _expose(node: Node) -> Expose:
    _at_least_one(node)
    _Flags(node, {})
    return Expose(node.text, node.lines, tuple(sorted(node.args)))


def _stop_signal(node: Node) -> StopSignal:
    _Flags(node, {})
    return StopSignal(node.text, node.lines, _exactly_one(node))


def _onbuild(node: Node) -> Onbuild:
    _at_least_one(node)
    _Flags(node, {})
    trigger = node.args[0].split(None, 1)[0].upper()
    if trigger == "ONBUILD":
        raise DockerfileError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if trigger in ("MAINTAINER", "FROM"):
        raise DockerfileError(f"{trigger} isn't allowed as an ONBUILD trigger")
    expression = re.sub(r"^\s*ONBUILD\s*", "", node.text, flags=re.IGNORECASE)
    for heredoc in node.heredocs:
        expression += f"\n{heredoc.content}{heredoc.name}"
    return Onbuild(node.text, node.lines, expression)


def parse_duration_ns(text: str, flag: str) -> int:
    """A Go duration of 0 or at least a millisecond, in nanoseconds; "" is 0. Raises DockerfileError."""
    if not text or text == "0":
        return 0
    negative = text.startswith("-")
    rest = text.lstrip("+-")
    total = 0.0
    at = 0
    while at < len(rest):
        match = _DURATION.match(rest, at)
        if match is None:
            break
        total += float(match[1]) * _UNITS_NS[match[2]]
        at = match.end()
    if at != len(rest) or not rest:
        if re.fullmatch(r"\d+(\.\d*)?", rest):
            raise DockerfileError(f'time: missing unit in duration "{text}"')
        raise DockerfileError(f'time: invalid duration "{text}"')
    value = -int(total) if negative else int(total)
    if value and value < 1_000_000:
        raise DockerfileError(f'Interval "{flag}" cannot be less than 1ms')
    return value


def _healthcheck(node: Node) -> Healthcheck:
    _at_least_one(node)
    kind = node.args[0].upper()
    if kind == "NONE":
        if len(node.args) > 1:
            raise DockerfileError("HEALTHCHECK NONE takes no arguments")
        _Flags(node, {})
        return Healthcheck(node.text, node.lines, ("NONE",))
    names = ("interval", "timeout", "start-period", "start-interval")
    flags = _Flags(node, dict.fromkeys((*names, "retries"), "text"))
    if kind != "CMD":
        raise DockerfileError(f'Unknown type "{kind}" in HEALTHCHECK (try CMD)')
    if len(node.args) < 2:
        raise DockerfileError("Missing command after HEALTHCHECK CMD")
    test = (("CMD" if node.json else "CMD-SHELL"), *node.args[1:])
    times = [parse_duration_ns(flags.text(name), name) for name in names]
    retries = flags.text("retries")
    if retries and not re.fullmatch(r"[+-]?\d+", retries):
        raise DockerfileError(f'strconv.ParseInt: parsing "{retries}": invalid syntax')
    if retries and int(retries) < 0:
        raise DockerfileError(f"--retries cannot be negative ({int(retries)})")
    return Healthcheck(node.text, node.lines, test, times[0], times[1], times[2], times[3], int(retries or 0))


_MAKERS: dict[str, Callable[[Node], Instruction | Stage]] = {
    "add": _add,
    "arg": _arg,
    "cmd": _cmd,
    "copy": _copy,
    "entrypoint": _entrypoint,
    "env": _env,
    "expose": _expose,
    "from": _from,
    "healthcheck": _healthcheck,
    "label": _label,
    "maintainer": _maintainer,
    "onbuild": _onbuild,
    "run": _run,
    "shell": _shell,
    "stopsignal": _stop_signal,
    "user": _user,
    "volume": _volume,
    "workdir": _workdir,
}
