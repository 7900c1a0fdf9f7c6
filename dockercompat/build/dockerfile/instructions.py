"""What a Dockerfile says, as typed records gathered into stages.

Spec    dockerfile-reference; BuildKit frontend/dockerfile/instructions
"""

from __future__ import annotations

from dockercompat.build.dockerfile.lexer import Heredoc
from dockercompat.record import Record


class Instruction(Record):
    """What every instruction has: the text as written and its place in the file."""

    text: str
    lines: tuple[int, int]


class Arg(Instruction):
    """ARG: names with defaults; None where no default is given. Values are unexpanded."""

    args: tuple[tuple[str, str | None], ...]
    comment: tuple[str, ...] = ()


class Env(Instruction):
    pairs: tuple[tuple[str, str], ...]
    old: bool = False


class Label(Instruction):
    pairs: tuple[tuple[str, str], ...]
    old: bool = False


class Maintainer(Instruction):
    author: str


class Transfer(Instruction):
    """COPY and ADD.

    sources   paths, URLs
    files     heredocs that are written to files
    parents   `--parents`; excludes: `--exclude`, repeatable
    unpack    None: by content (ADD) or never (COPY)
    """

    sources: tuple[str, ...]
    files: tuple[Heredoc, ...]
    destination: str
    from_: str = ""
    chown: str = ""
    chmod: str = ""
    link: bool = False
    parents: bool = False
    excludes: tuple[str, ...] = ()


class Copy(Transfer):
    pass


class Add(Transfer):
    checksum: str = ""
    unpack: bool | None = None
    keep_git_dir: bool = False


class Mount(Record):
    """One `RUN --mount=...`; texts are unexpanded. mistake: what is wrong with it, which shows itself when the step is reached."""

    type: str = "bind"
    target: str = ""
    source: str = ""
    from_: str = ""
    read_only: bool = True
    id: str = ""
    sharing: str = "shared"
    required: bool = False
    size: str = ""
    mode: str = ""
    uid: str = ""
    gid: str = ""
    env: str = ""
    mistake: str = ""


class Run(Instruction):
    """RUN: shell form when shell is true, then args is one text."""

    args: tuple[str, ...]
    shell: bool
    files: tuple[Heredoc, ...] = ()
    mounts: tuple[Mount, ...] = ()
    network: str = "default"
    security: str = "sandbox"


class Cmd(Instruction):
    args: tuple[str, ...]
    shell: bool


class Entrypoint(Instruction):
    args: tuple[str, ...]
    shell: bool


class Shell(Instruction):
    args: tuple[str, ...]


class Workdir(Instruction):
    path: str


class User(Instruction):
    user: str


class Volume(Instruction):
    paths: tuple[str, ...]


class Expose(Instruction):
    ports: tuple[str, ...]


class StopSignal(Instruction):
    signal: str


class Onbuild(Instruction):
    expression: str


class Healthcheck(Instruction):
    """test as the image config has it; times in nanoseconds, 0 for the default."""

    test: tuple[str, ...]
    interval_ns: int = 0
    timeout_ns: int = 0
    start_period_ns: int = 0
    start_interval_ns: int = 0
    retries: int = 0


class Stage(Record):
    """FROM and what follows it. name is lower case, "" without AS; base is unexpanded."""

    base: str
    name: str
    platform: str
    text: str
    lines: tuple[int, int]
    instructions: tuple[Instruction, ...] = ()
    index: int = 0
    comment: tuple[str, ...] = ()


class Dockerfile(Record):
    """A file understood.

    global_args  ARG lines before the first FROM
    source       the file's lines, for excerpts
    """

    stages: tuple[Stage, ...]
    global_args: tuple[Arg, ...]
    escape: str
    directives: tuple[tuple[str, str], ...]
    source: tuple[str, ...]
    empty_continuations: tuple[tuple[int, int], ...] = ()
