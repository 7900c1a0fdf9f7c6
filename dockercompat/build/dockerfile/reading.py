"""Nodes to typed records. Every check that needs no build is made here.

Spec    dockerfile-reference; BuildKit frontend/dockerfile/instructions
"""

from __future__ import annotations

import re

from dockercompat.build.dockerfile.flags import Flags, at_least_one
from dockercompat.build.dockerfile.healthcheck import healthcheck
from dockercompat.build.dockerfile.instructions import (
    Add,
    Arg,
    Cmd,
    Copy,
    Dockerfile,
    Entrypoint,
    Env,
    Expose,
    Instruction,
    Label,
    Maintainer,
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
from dockercompat.build.dockerfile.mount import parse_mount
from dockercompat.build.dockerfile.parser import Node, parse, parse_line
from dockercompat.build.nearest import suggestion
from dockercompat.errors import DockerfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*")


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
            raise DockerfileError(
                f"unknown instruction: {node.written}{suggestion(node.written.lower(), _MAKERS, upper=not node.written.islower())}"
            )
        return maker(node)
    except DockerfileError as error:
        raise DockerfileError(str(error), node.lines) from None


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
    flags = Flags(node, {"platform": "text"})
    return Stage(node.args[0], name, flags.text("platform"), node.text, node.lines, comment=node.comment)


def _arg(node: Node) -> Arg:
    at_least_one(node)
    Flags(node, {})
    args: list[tuple[str, str | None]] = []
    for word in node.args:
        name, equals, value = word.partition("=")
        if not name:
            raise DockerfileError("ARG names can not be blank")
        args.append((name, value if equals else None))
    return Arg(node.text, node.lines, tuple(args), node.comment)


def _pairs(node: Node) -> tuple[tuple[str, str], ...]:
    Flags(node, {})
    at_least_one(node)
    pairs = tuple(zip(node.args[::2], node.args[1::2]))
    if any(not name for name, _ in pairs):
        raise DockerfileError(f"{node.name.upper()} names can not be blank")
    return pairs


def _env(node: Node) -> Env:
    return Env(node.text, node.lines, _pairs(node), node.old)


def _label(node: Node) -> Label:
    return Label(node.text, node.lines, _pairs(node), node.old)


def _maintainer(node: Node) -> Maintainer:
    Flags(node, {})
    return Maintainer(node.text, node.lines, _exactly_one(node))


def _sources(node: Node) -> tuple[tuple[str, ...], tuple[Heredoc, ...], str]:
    what = node.name.upper()
    if len(node.args) < 2:
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
    flags = Flags(node, kinds)
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
    flags = Flags(node, kinds)
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
    flags = Flags(node, {"mount": "list", "network": "text", "security": "text"})
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


def _cmd(node: Node) -> Cmd:
    Flags(node, {})
    return Cmd(node.text, node.lines, node.args, not node.json)


def _entrypoint(node: Node) -> Entrypoint:
    Flags(node, {})
    return Entrypoint(node.text, node.lines, node.args, not node.json)


def _shell(node: Node) -> Shell:
    Flags(node, {})
    if not node.args:
        raise DockerfileError("SHELL requires at least one argument")
    if not node.json:
        raise DockerfileError("SHELL requires the arguments to be in JSON form")
    return Shell(node.text, node.lines, node.args)


def _workdir(node: Node) -> Workdir:
    Flags(node, {})
    return Workdir(node.text, node.lines, _exactly_one(node))


def _user(node: Node) -> User:
    Flags(node, {})
    return User(node.text, node.lines, _exactly_one(node))


def _volume(node: Node) -> Volume:
    Flags(node, {})
    at_least_one(node)
    paths = tuple(path.strip() for path in node.args)
    if not all(paths):
        raise DockerfileError("VOLUME specified can not be an empty string")
    return Volume(node.text, node.lines, paths)


def _expose(node: Node) -> Expose:
    at_least_one(node)
    Flags(node, {})
    return Expose(node.text, node.lines, tuple(sorted(node.args)))


def _stop_signal(node: Node) -> StopSignal:
    Flags(node, {})
    return StopSignal(node.text, node.lines, _exactly_one(node))


def _onbuild(node: Node) -> Onbuild:
    at_least_one(node)
    Flags(node, {})
    trigger = node.args[0].split(None, 1)[0].upper()
    if trigger == "ONBUILD":
        raise DockerfileError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
    if trigger in ("MAINTAINER", "FROM"):
        raise DockerfileError(f"{trigger} isn't allowed as an ONBUILD trigger")
    expression = re.sub(r"^\s*ONBUILD\s*", "", node.text, flags=re.IGNORECASE)
    for heredoc in node.heredocs:
        expression += f"\n{heredoc.content}{heredoc.name}"
    return Onbuild(node.text, node.lines, expression)


_MAKERS: dict[str, Callable[[Node], Instruction | Stage]] = {
    "add": _add,
    "arg": _arg,
    "cmd": _cmd,
    "copy": _copy,
    "entrypoint": _entrypoint,
    "env": _env,
    "expose": _expose,
    "from": _from,
    "healthcheck": healthcheck,
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
