"""COPY and ADD: their sources, of whichever kind, to an operation of the graph."""

from __future__ import annotations

import posixpath
import re

from dockercompat.build.dockerfile import instructions as dockerfile
from dockercompat.build.dockerfile.shell import Lex
from dockercompat.build.planning.graph import CopyOp, GitOp, SourceOp, UrlOp
from dockercompat.build.planning.paths import absolute
from dockercompat.build.solving import git
from dockercompat.errors import BuildFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.build.dockerfile.lexer import Heredoc
    from dockercompat.build.planning.plan import Planner
    from dockercompat.build.planning.stages import Stage


_CHANGE = re.compile(r"[ugoa]*([-+=]([ugo]|[rwxXst]*))+")


def transfer(planner: Planner, stage: Stage, instruction: dockerfile.Transfer, trigger: bool) -> None:
    """Add what a COPY or an ADD does to the graph and the history of its stage. Raises BuildFailed, DockerfileError."""
    expand = planner.expander(stage.env)
    adds = isinstance(instruction, dockerfile.Add)
    word = "ADD" if adds else "COPY"
    paths = [expand(path) for path in instruction.sources]
    destination = expand(instruction.destination)
    chown, chmod = expand(instruction.chown), expand(instruction.chmod)
    excludes = tuple(expand(pattern) for pattern in instruction.excludes)
    _check_chmod(chmod)
    checksum = instruction.checksum if isinstance(instruction, dockerfile.Add) else ""
    unpack = instruction.unpack if isinstance(instruction, dockerfile.Add) else False
    if checksum:
        checksum = expand(checksum)
        if len(paths) != 1:
            raise BuildFailed("checksum can't be specified for multiple sources")
        if not _is_url(paths[0]) and not git.is_git(paths[0]):
            raise BuildFailed("checksum requires HTTP(S) or Git sources")
        if _is_url(paths[0]):
            _check_digest(checksum)
    inputs = [stage.vertex]
    sources: list[SourceOp] = []

    def input_of(vertex: str) -> int:
        if vertex in inputs[1:]:
            return inputs.index(vertex, 1)
        inputs.append(vertex)
        return len(inputs) - 1

    name = planner.name(stage, planner.shown(stage, instruction), trigger=trigger)
    for path in paths:
        if git.is_git(path):
            if not isinstance(instruction, dockerfile.Add):
                raise BuildFailed("source can't be a git ref for COPY")
            git.parse(path)
            vertex = planner.graph.add(GitOp(path, instruction.keep_git_dir, checksum), name=name)
            sources.append(SourceOp(input_of(vertex), "/", wildcards=False))
            continue
        if _is_url(path):
            if not adds:
                raise BuildFailed("source can't be a URL for COPY")
            filename = posixpath.basename(path.split("?")[0].split("#")[0].split("://", 1)[1].partition("/")[2]) or "__unnamed__"
            vertex = planner.graph.add(UrlOp(path, filename, checksum), name=name)
            sources.append(SourceOp(input_of(vertex), "/" + filename, unpack=bool(unpack), wildcards=False))
        else:
            from_ = instruction.from_
            vertex = planner.source_of(stage, from_, instruction) if from_ else planner.context()
            source_path = path if instruction.parents else absolute(path, "/")
            sources.append(SourceOp(input_of(vertex), source_path, unpack=adds if unpack is None else bool(unpack)))
    for file in instruction.files:
        content = _heredoc(stage, file)
        sources.append(SourceOp(-1, file.name, content=content, wildcards=False))
    op = CopyOp(
        tuple(sources),
        _destination(destination, stage.config.get("WorkingDir") or "/"),
        chown,
        chmod,
        instruction.link,
        instruction.parents,
        excludes,
    )
    stage.vertex = planner.graph.add(
        op,
        tuple(inputs),
        name=name,
        lines=instruction.lines,
        no_cache=planner.uncached(stage),
    )
    text = word + (" --parents" if instruction.parents else "")
    text += (f" --chown={chown}" if chown else "") + (f" --chmod={chmod}" if chmod else "")
    text += "".join(f" {path}" for path in paths) + "".join(f" <<{file.name}" for file in instruction.files)
    planner.record(stage, f"{text} {destination}", vertex=stage.vertex, layer=True, buildkit=True)


def _heredoc(stage: Stage, file: Heredoc) -> str:
    if not file.expand:
        return file.text
    return Lex().document(file.text, stage.env)


def _check_digest(text: str) -> None:
    algorithm, colon, value = text.partition(":")
    if not colon or not re.fullmatch(r"[a-z0-9]+([+._-][a-z0-9]+)*", algorithm) or not re.fullmatch(r"[a-zA-Z0-9=_-]+", value):
        raise BuildFailed("invalid checksum digest format")
    lengths = {"sha256": 64, "sha384": 96, "sha512": 128}
    if algorithm not in lengths:
        raise BuildFailed("unsupported digest algorithm")
    if len(value) != lengths[algorithm]:
        raise BuildFailed("invalid checksum digest length")


def _is_url(path: str) -> bool:
    return path.startswith(("http://", "https://")) and not git.is_git(path)


def _check_chmod(text: str) -> None:
    if not text:
        return
    if re.fullmatch(r"[0-7]+", text):
        if int(text, 8) <= 0o7777:
            return
    elif not text[0].isdigit():
        if all(_CHANGE.fullmatch(clause) for clause in text.split(",")):
            return
        raise BuildFailed("invalid syntax")
    raise BuildFailed(f"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777")


def _destination(path: str, base: str) -> str:
    """The destination of a copy, absolute; a slash at its end says that it is a directory."""
    whole = absolute(path, base)
    is_dir = path in ("", ".", "..") or path.endswith(("/", "/.", "/.."))
    return whole + "/" if is_dir and whole != "/" else whole
