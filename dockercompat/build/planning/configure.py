"""Instructions that make no layer: what they do to the image's config, its history and the variables of the stage."""

from __future__ import annotations

import re

from dockercompat.build.dockerfile import instructions as dockerfile
from dockercompat.errors import BuildFailed, DockerfileError
from dockercompat.spec import duration
from dockercompat.spec.number import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dockercompat.build.dockerfile.instructions import Instruction
    from dockercompat.build.planning.plan import Planner
    from dockercompat.build.planning.stages import Stage

_SIGNALS = (
    " HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF"
    " WINCH IO PWR SYS CLD POLL IOT RTMIN RTMAX "
)


def configure(planner: Planner, stage: Stage, instruction: Instruction) -> None:
    """Do to the image's config what the instruction says. Raises DockerfileError or BuildFailed."""
    env = dict(stage.env)
    expand = planner.expander(env)
    config = stage.config
    if isinstance(instruction, dockerfile.Cmd | dockerfile.Entrypoint) and config.get("Shell"):
        planner.facts.shelled.add(instruction.lines)
    if isinstance(instruction, dockerfile.Arg):
        _arg(planner, stage, instruction)
    elif isinstance(instruction, dockerfile.Env):
        pairs = [(expand(name), expand(value)) for name, value in instruction.pairs]
        for name, value in pairs:
            if name in stage.env:
                _set_env(config["Env"], name, value)
            else:
                config["Env"].append(f"{name}={value}")
            stage.env[name] = value
        planner.record(stage, "ENV " + " ".join(f"{name}={value}" for name, value in pairs))
    elif isinstance(instruction, dockerfile.Label):
        pairs = [(expand(name), expand(value)) for name, value in instruction.pairs]
        config["Labels"] = {**(config.get("Labels") or {}), **dict(pairs)}
        planner.record(stage, "LABEL " + " ".join(f"{name}={value}" for name, value in pairs))
    elif isinstance(instruction, dockerfile.Maintainer):
        stage.document["author"] = instruction.author
        planner.record(stage, f"MAINTAINER {instruction.author}")
    elif isinstance(instruction, dockerfile.User):
        config["User"] = expand(instruction.user)
        planner.record(stage, f"USER {config['User']}")
    elif isinstance(instruction, dockerfile.Cmd):
        args = planner.with_shell(stage, instruction.args, instruction.shell)
        config["Cmd"] = args
        config["ArgsEscaped"] = True
        stage.cmd_set = True
        planner.record(stage, f"CMD {_go_quoted(args)}")
    elif isinstance(instruction, dockerfile.Entrypoint):
        args = planner.with_shell(stage, instruction.args, instruction.shell) if instruction.args else []
        config["Entrypoint"] = args
        if not stage.cmd_set:
            config.pop("Cmd", None)
        planner.record(stage, f"ENTRYPOINT {_go_quoted(args)}")
    elif isinstance(instruction, dockerfile.Shell):
        config["Shell"] = list(instruction.args)
        planner.record(stage, f"SHELL [{' '.join(instruction.args)}]")
    elif isinstance(instruction, dockerfile.Expose):
        words = tuple(word for text in instruction.ports for word in planner.lex.words(text, env))
        planner.facts.exposed[instruction.lines] = words
        ports = [port for word in words for port in expose(word)]
        config["ExposedPorts"] = {**(config.get("ExposedPorts") or {}), **{port: {} for port in ports}}
        planner.record(stage, f"EXPOSE [{' '.join(ports)}]")
    elif isinstance(instruction, dockerfile.Volume):
        paths = [expand(path) for path in instruction.paths]
        if not all(paths):
            raise DockerfileError("VOLUME specified can not be an empty string")
        config["Volumes"] = {**(config.get("Volumes") or {}), **{path: {} for path in paths}}
        planner.record(stage, f"VOLUME [{' '.join(paths)}]")
    elif isinstance(instruction, dockerfile.StopSignal):
        text = expand(instruction.signal)
        _check_signal(text)
        config["StopSignal"] = text
        planner.record(stage, f"STOPSIGNAL {text}")
    elif isinstance(instruction, dockerfile.Onbuild):
        config.setdefault("OnBuild", []).append(instruction.expression)
    elif isinstance(instruction, dockerfile.Healthcheck):
        _healthcheck(planner, stage, instruction)


def _arg(planner: Planner, stage: Stage, instruction: dockerfile.Arg) -> None:
    shown: list[str] = []
    for name, default in instruction.args:
        name = planner.lex.word(name, stage.env)
        value: str | None = None
        if name in planner.build_args:
            value = planner.build_args[name]
        elif default is not None:
            value = planner.expander(stage.env)(default)
        elif name in planner.global_args:
            value = planner.global_args[name]
        if value is not None:
            stage.env[name] = value
        stage.args.append((name, value))
        shown.append(name if value is None else f"{name}={value}")
    planner.record(stage, "ARG " + " ".join(shown))


def _healthcheck(planner: Planner, stage: Stage, instruction: dockerfile.Healthcheck) -> None:
    health: dict[str, Any] = {"Test": list(instruction.test)}
    times = (
        ("Interval", instruction.interval_ns),
        ("Timeout", instruction.timeout_ns),
        ("StartPeriod", instruction.start_period_ns),
        ("StartInterval", instruction.start_interval_ns),
    )
    health.update({name: value for name, value in times if value})
    if instruction.retries:
        health["Retries"] = instruction.retries
    stage.config["Healthcheck"] = health
    shown = " ".join(quoted(duration.format(value)) for _, value in times)
    retries = quoted(chr(instruction.retries))[1:-1] if instruction.retries < 0x110000 else "\ufffd"
    retries = retries.replace('\\"', '"').replace("'", "\\'")
    planner.record(stage, f"HEALTHCHECK &{{{_go_quoted(instruction.test)} {shown} '{retries}'}}")


def _set_env(env: list[str], name: str, value: str) -> None:
    prefix = f"{name}="
    for number, each in enumerate(env):
        if each.startswith(prefix):
            env[number] = f"{name}={value}"
            return
    env.append(f"{name}={value}")


def _go_quoted(words: Sequence[str]) -> str:
    from dockercompat import json

    return "[" + " ".join(json.dumps(word, ensure_ascii=False) for word in words) + "]"


def _check_signal(text: str) -> None:
    name = text.upper().removeprefix("SIG")
    if re.fullmatch("[-+]?[0-9]+", text):
        if int(text):
            return
    elif f" {re.sub(r'[-+][0-9]+$', '', name)} " in _SIGNALS:
        return
    raise BuildFailed(f"invalid signal: {text}")


def expose(text: str) -> list[str]:
    """`80`, `80/UDP`, `8000-8002` as docker keeps exposed ports. Raises BuildFailed."""
    rest = text.rpartition(":")[2]
    ports, _, protocol = rest.partition("/")
    if not ports:
        raise BuildFailed(f"no port specified: {text}<empty>")
    protocol = protocol.lower() or "tcp"
    if protocol not in ("tcp", "udp", "sctp"):
        raise BuildFailed(f'invalid port: "{text}": invalid proto: {protocol}')
    first, dash, last = ports.partition("-")
    if not first.isdigit() or (dash and not last.isdigit()) or int(last or first) > 65535 or int(last or first) < int(first):
        raise BuildFailed(f"invalid containerPort: {ports}")
    return [f"{port}/{protocol}" for port in range(int(first), int(last or first) + 1)]
