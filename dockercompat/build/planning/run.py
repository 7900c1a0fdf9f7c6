"""RUN: its command, mounts and rights to an operation of the graph."""

from __future__ import annotations

import posixpath
import re

from dockercompat.build.dockerfile.lexer import parse_heredoc
from dockercompat.build.planning.graph import SCRATCH, MountOp, RunOp
from dockercompat.build.planning.paths import absolute
from dockercompat.errors import BuildFailed
from dockercompat.spec import size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockercompat.build.dockerfile import instructions as dockerfile
    from dockercompat.build.planning.plan import Planner
    from dockercompat.build.planning.stages import Stage


def run(planner: Planner, stage: Stage, instruction: dockerfile.Run, trigger: bool) -> None:
    """Add what a RUN does to the graph and the history of its stage. Raises BuildFailed, DockerfileError."""
    args: Sequence[str] = instruction.args
    mounts: list[MountOp] = []
    shell = instruction.shell
    suffix = ""
    if instruction.files:
        first = instruction.files[0]
        if not shell or len(args) != 1:
            raise BuildFailed("parsing produced an invalid run command")
        if parse_heredoc(args[0]) is not None:
            suffix = f" ({_summary(first.content)})"
            if first.text.startswith("#!"):
                mounts.append(MountOp("inline", "/dev/pipes/" + first.name, content=first.text))
                args, shell = ("/dev/pipes/" + first.name,), True
            else:
                args = (first.text,)
        else:
            args = (args[0] + "".join(f"\n{file.content}{file.name}" for file in instruction.files),)
    argv = planner.with_shell(stage, args, shell)
    if not argv:
        planner.unplaced("failed to marshal LLB definition: arguments are required")
    inputs = [stage.vertex]
    for wanted in instruction.mounts:
        mounts.append(_mount(planner, stage, instruction, wanted, inputs, len(mounts)))
    env = list(stage.env.items())
    for mount in mounts:
        if mount.type == "ssh" and "SSH_AUTH_SOCK" not in stage.env:
            env.append(("SSH_AUTH_SOCK", mount.target))
            break
    for wanted_right, is_wanted in (
        ("network.host", instruction.network == "host"),
        ("security.insecure", instruction.security == "insecure"),
    ):
        if is_wanted and wanted_right not in planner.options.allowed:
            planner.unplaced(f"failed to load LLB: {wanted_right} is not allowed")
    network = instruction.network if instruction.network != "default" else planner.options.network
    op = RunOp(
        tuple(argv),
        tuple(env),
        stage.config.get("WorkingDir") or "/",
        stage.config.get("User") or "",
        tuple(mounts),
        network,
        instruction.security,
        str(stage.platform or planner.target_platform),
        planner.options.shm_size_bytes,
        planner.options.ulimits,
        tuple((name, value) for name, value in planner.proxies if name not in stage.env),
        planner.options.hosts,
    )
    shown = planner.shown(stage, instruction, suffix, hidden=[each.env for each in mounts if each.env])
    stage.vertex = planner.graph.add(
        op,
        tuple(inputs),
        name=planner.name(stage, shown, trigger=trigger),
        lines=instruction.lines,
        no_cache=planner.uncached(stage),
    )
    scope: dict[str, str] = {}
    for name, value in stage.args:
        scope[name] = stage.env.get(name, value or "")
    prefix = f"|{len(scope)} " + "".join(f"{name}={value} " for name, value in scope.items()) if scope else ""
    planner.record(stage, f"RUN {prefix}{' '.join(argv)}", vertex=stage.vertex, layer=True, buildkit=True)


def _mount(planner: Planner, stage: Stage, instruction: dockerfile.Run, mount: dockerfile.Mount, inputs: list[str], number: int) -> MountOp:
    if mount.mistake:
        raise BuildFailed(mount.mistake)
    expand = planner.expander(stage.env)
    kind = mount.type
    target = expand(mount.target)
    mount_id = expand(mount.id)
    if kind == "secret":
        mount_id = mount_id or posixpath.basename(target)
        if not mount_id:
            raise BuildFailed("invalid secret mount. one of source, target required")
        target = target or ("" if mount.env else f"/run/secrets/{mount_id}")
    elif kind == "ssh":
        mount_id = mount_id or "default"
        target = target or f"/run/buildkit/ssh_agent.{number}"
    if target or kind in ("bind", "cache", "tmpfs"):
        target = absolute(target, stage.config.get("WorkingDir") or "/")
        if target == "/":
            raise BuildFailed('invalid mount target "/"')
    index = -1
    if mount.from_ or kind == "bind":
        vertex = planner.source_of(stage, mount.from_, instruction) if mount.from_ else planner.context()
        if vertex != SCRATCH:
            if vertex not in inputs:
                inputs.append(vertex)
            index = inputs.index(vertex)
    defaults = {"secret": 0o400, "ssh": 0o600}
    mode = expand(mount.mode)
    if mode and not re.fullmatch("[0-7]+", mode):
        raise BuildFailed(f"invalid value {mode} for mode")
    numbers = {}
    for name, text in (("uid", expand(mount.uid)), ("gid", expand(mount.gid))):
        if text and not text.isdigit():
            raise BuildFailed(f"invalid value {text} for {name}")
        numbers[name] = int(text or 0)
    try:
        size_bytes = size.ram_in_bytes(expand(mount.size)) if mount.size else 0
    except ValueError:
        raise BuildFailed(f"invalid value for size: {expand(mount.size)}") from None
    return MountOp(
        kind,
        target,
        absolute(expand(mount.source), "/") if mount.source else "/",
        index,
        mount.read_only,
        mount_id or (target if kind == "cache" else ""),
        mount.sharing,
        mount.required,
        size_bytes,
        int(mode, 8) if mode else defaults.get(kind, 0o755),
        numbers["uid"],
        numbers["gid"],
        mount.env,
    )


def _summary(content: str) -> str:
    lines = content.strip().replace("\r\n", "\n").split("\n")
    return lines[0] + ("..." if len(lines) > 1 else "")
