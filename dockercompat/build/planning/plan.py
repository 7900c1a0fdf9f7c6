"""A Dockerfile to a build graph and an image document: scopes of ARG and ENV, stages, triggers; decided here, done elsewhere.

Spec    dockerfile-reference; BuildKit frontend/dockerfile/dockerfile2llb
"""

from __future__ import annotations

import math
import posixpath
import re
from functools import partial

from dockercompat.build.dockerfile import instructions as dockerfile
from dockercompat.build.dockerfile import lint
from dockercompat.build.dockerfile.lexer import Heredoc, parse_heredoc
from dockercompat.build.dockerfile.shell import Lex
from dockercompat.build.planning.graph import (
    SCRATCH,
    ContextOp,
    CopyOp,
    GitOp,
    Graph,
    ImageOp,
    MakeDirOp,
    MountOp,
    Plan,
    RunOp,
    SourceOp,
    UrlOp,
)
from dockercompat.build.planning.stages import BaseImage, Options, Stage, Stages, at
from dockercompat.build.solving import git
from dockercompat.errors import BuildFailed, DockerfileError
from dockercompat.spec import duration, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from dockercompat.build.dockerfile.instructions import Instruction
    from dockercompat.spec.platform import Platform

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_DEFAULT_SHELL = ("/bin/sh", "-c")
_INHERITED = ("architecture", "os", "os.version", "os.features", "variant", "author")
_CONFIG = frozenset(
    (
        *("User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels"),
        *("StopSignal", "ArgsEscaped", "Healthcheck", "OnBuild", "Shell"),
    )
)
_COMMENT = "buildkit.dockerfile.v0"
_PROXY_NAMES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
_SIGNALS = (
    " HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF"
    " WINCH IO PWR SYS CLD POLL IOT RTMIN RTMAX "
)


def make(
    source: dockerfile.Dockerfile,
    options: Options,
    resolve: Callable[[str, Platform], BaseImage],
) -> Plan:
    """Plan a build.

    resolve  finds or pulls an image by the name that FROM or --from gives; asked for needed stages only
    Raises   DockerfileError or BuildFailed with the lines of the instruction at fault
    """
    return _Planner(source, options, resolve).plan()


class _Planner:
    def __init__(self, source: dockerfile.Dockerfile, options: Options, resolve: Callable[[str, Platform], BaseImage]) -> None:
        self.source = source
        self.options = options
        self.stages = Stages(source, options, resolve)
        self.lex = self.stages.lex
        self.build_args = self.stages.build_args
        self.global_args = self.stages.global_args
        self.target_platform = self.stages.target_platform
        self.graph = Graph()
        self.steps: list[tuple[str, str]] = []
        self.undefined: list[tuple[str, tuple[int, int]]] = []  # variables that were used without being set, and where
        self.declared: set[str] = set()
        self.at_lines = (0, 0)
        given = [(name, value) for name, value in sorted(self.build_args.items()) if name.lower() in _PROXY_NAMES]
        both = {each: value for name, value in given for each in (name.upper(), name.lower())}
        self.proxies = tuple({**both, **dict(given)}.items())

    def plan(self) -> Plan:
        target, reachable = self.stages.reached()
        for stage in self.stages.all:
            if stage in reachable and not stage.dispatched:
                self._dispatch_stage(stage)
        return self._finish(target, reachable)

    def _expander(self, env: Mapping[str, str]) -> Callable[[str], str]:
        def word(text: str) -> str:
            unset: set[str] = set()
            expanded = self.lex.word(text, env, unset)
            self.undefined += [(name, self.at_lines) for name in sorted(unset) if name not in self.declared]
            return expanded

        return word

    # -- one stage ----------------------------------------------------------------------------------------------------

    def _dispatch_stage(self, stage: Stage) -> None:
        stage.dispatched = True
        if stage.base is not None:
            base = stage.base
            if not base.dispatched:
                self._dispatch_stage(base)
            stage.vertex = base.vertex
            stage.env = {}
            stage.config = _copy_config(base.config)
            stage.document = dict(base.document)
            stage.history = [dict(each) for each in base.history]
            stage.args = list(base.args)
            stage.base_diff_ids = base.base_diff_ids
            inherited = dict(base.env)
        elif stage.image is not None:
            stage.document = {k: v for k, v in stage.image.document.items() if k in _INHERITED}
            stage.config = _copy_config(stage.image.document.get("config") or {})
            stage.history = [dict(each) for each in stage.image.document.get("history") or ()]
            stage.base_diff_ids = stage.image.diff_ids
            inherited = {}
            if stage.image.diff_ids:
                name = stage.image.reference
                op = ImageOp(name, stage.image.image_id, stage.image.diff_ids)
                stage.vertex = self.graph.add(op, name=self._name(stage, f"FROM {name}"), lines=stage.source.lines)
        elif stage.context:
            stage.vertex = self.graph.add(ContextOp(stage.context), name=f"[context {stage.context}] load from client")
            inherited = {}
        else:
            stage.document = {"architecture": self.target_platform.architecture, "os": self.target_platform.os}
            if self.target_platform.variant:
                stage.document["variant"] = self.target_platform.variant
            stage.config = {"Env": [f"PATH={DEFAULT_PATH}"], "WorkingDir": "/"}
            inherited = {}
        if stage.external:
            return
        stage.config.pop("OnBuild", None)
        env = stage.config.setdefault("Env", []) or []
        stage.config["Env"] = env
        if not any(each.startswith("PATH=") for each in env):
            env.append(f"PATH={DEFAULT_PATH}")
        stage.env = {**inherited, **dict(each.partition("=")[::2] for each in env)}
        self.steps.append((stage.source.text, stage.vertex if stage.image is not None else ""))
        for instruction, is_trigger in stage.commands:
            before = stage.vertex
            self.at_lines = instruction.lines
            self.declared = {name for name, _ in stage.args}
            at(instruction, partial(self._dispatch, stage, instruction, is_trigger))
            self.steps.append((instruction.text, stage.vertex if stage.vertex != before else ""))

    def _name(self, stage: Stage, text: str, *, trigger: bool = False) -> str:
        """`[build 2/5] RUN make`"""
        if stage.total == 0:
            return text
        stage.index += 1
        width = int(1 + math.log10(stage.total))
        platform = f"{stage.platform or self.target_platform} " if self.options.several else ""
        prefix = platform + (f"{stage.name} " if stage.name else "")
        return f"[{prefix}{stage.index:>{width}}/{stage.total}] {'ONBUILD ' if trigger else ''}{text}"

    def _shown(self, stage: Stage, instruction: Instruction, suffix: str = "") -> str:
        """The instruction's text with the variables that are set put in, as progress shows it."""
        text = instruction.text + suffix
        try:
            text = Lex(self.source.escape, raw_quotes=True, keep_unset=True).word(text, stage.env)
        except DockerfileError:
            pass
        word, space, rest = text.partition(" ")
        return word.upper() + space + rest

    def _record(self, stage: Stage, text: str, *, vertex: str = "", layer: bool = False, buildkit: bool = False) -> None:
        entry: dict[str, Any] = {"created_by": text + (" # buildkit" if buildkit else ""), "comment": _COMMENT}
        if layer:
            entry["vertex"] = vertex
        else:
            entry["empty_layer"] = True
        stage.history.append(entry)

    def _dispatch(self, stage: Stage, instruction: Instruction, trigger: bool) -> None:
        env = dict(stage.env)
        expand = self._expander(env)
        config = stage.config
        if isinstance(instruction, dockerfile.Arg):
            self._arg(stage, instruction)
        elif isinstance(instruction, dockerfile.Env):
            pairs = [(expand(name), expand(value)) for name, value in instruction.pairs]
            for name, value in pairs:
                stage.env[name] = value
                _set_env(config["Env"], name, value)
            self._record(stage, "ENV " + " ".join(f"{name}={value}" for name, value in pairs))
        elif isinstance(instruction, dockerfile.Label):
            pairs = [(expand(name), expand(value)) for name, value in instruction.pairs]
            config["Labels"] = {**(config.get("Labels") or {}), **dict(pairs)}
            self._record(stage, "LABEL " + " ".join(f"{name}={value}" for name, value in pairs))
        elif isinstance(instruction, dockerfile.Maintainer):
            stage.document["author"] = instruction.author
            self._record(stage, f"MAINTAINER {instruction.author}")
        elif isinstance(instruction, dockerfile.Run):
            self._run(stage, instruction, trigger)
        elif isinstance(instruction, dockerfile.Transfer):
            self._transfer(stage, instruction, trigger)
        elif isinstance(instruction, dockerfile.Workdir):
            path = _absolute(expand(instruction.path), config.get("WorkingDir") or "/")
            config["WorkingDir"] = path
            if path != "/":
                stage.vertex = self.graph.add(
                    MakeDirOp(path, config.get("User") or ""),
                    (stage.vertex,),
                    name=self._name(stage, self._shown(stage, instruction), trigger=trigger),
                    lines=instruction.lines,
                    no_cache=self._uncached(stage),
                )
            self._record(stage, f"WORKDIR {path}", vertex=stage.vertex, layer=path != "/")
        elif isinstance(instruction, dockerfile.User):
            config["User"] = expand(instruction.user)
            self._record(stage, f"USER {config['User']}")
        elif isinstance(instruction, dockerfile.Cmd):
            args = self._with_shell(stage, instruction.args, instruction.shell)
            config["Cmd"] = args
            config["ArgsEscaped"] = True
            stage.cmd_set = True
            self._record(stage, f"CMD {_go_quoted(args)}")
        elif isinstance(instruction, dockerfile.Entrypoint):
            args = self._with_shell(stage, instruction.args, instruction.shell) if instruction.args else []
            config["Entrypoint"] = args
            if not stage.cmd_set:
                config.pop("Cmd", None)
            self._record(stage, f"ENTRYPOINT {_go_quoted(args)}")
        elif isinstance(instruction, dockerfile.Shell):
            config["Shell"] = list(instruction.args)
            self._record(stage, f"SHELL [{' '.join(instruction.args)}]")
        elif isinstance(instruction, dockerfile.Expose):
            ports = [port for text in instruction.ports for word in self.lex.words(text, env) for port in expose(word)]
            config["ExposedPorts"] = {**(config.get("ExposedPorts") or {}), **{port: {} for port in ports}}
            self._record(stage, f"EXPOSE [{' '.join(ports)}]")
        elif isinstance(instruction, dockerfile.Volume):
            paths = [expand(path) for path in instruction.paths]
            if not all(paths):
                raise DockerfileError("VOLUME specified can not be an empty string")
            config["Volumes"] = {**(config.get("Volumes") or {}), **{path: {} for path in paths}}
            self._record(stage, f"VOLUME [{' '.join(paths)}]")
        elif isinstance(instruction, dockerfile.StopSignal):
            text = expand(instruction.signal)
            _check_signal(text)
            config["StopSignal"] = text
            self._record(stage, f"STOPSIGNAL {text}")
        elif isinstance(instruction, dockerfile.Onbuild):
            config.setdefault("OnBuild", []).append(instruction.expression)
        elif isinstance(instruction, dockerfile.Healthcheck):
            self._healthcheck(stage, instruction)

    def _uncached(self, stage: Stage) -> bool:
        return self.options.no_cache or (stage.source.name != "" and stage.source.name in self.options.no_cache_filter)

    def _with_shell(self, stage: Stage, args: Sequence[str], shell: bool) -> list[str]:
        if not shell:
            return list(args)
        return [*(stage.config.get("Shell") or _DEFAULT_SHELL), " ".join(args)]

    def _arg(self, stage: Stage, instruction: dockerfile.Arg) -> None:
        shown: list[str] = []
        for name, default in instruction.args:
            name = self.lex.word(name, stage.env)
            value: str | None = None
            if name in self.build_args:
                value = self.build_args[name]
            elif default is not None:
                value = self.lex.word(default, stage.env)
            elif name in self.global_args:
                value = self.global_args[name]
            if value is not None:
                stage.env[name] = value
            stage.args.append((name, value))
            shown.append(name if value is None else f"{name}={value}")
        self._record(stage, "ARG " + " ".join(shown))

    def _healthcheck(self, stage: Stage, instruction: dockerfile.Healthcheck) -> None:
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
        shown = " ".join(f"{name}:{duration.format(value)}" for name, value in times)
        self._record(stage, f"HEALTHCHECK {{Test:[{' '.join(instruction.test)}] {shown} Retries:{instruction.retries}}}")

    # -- RUN ----------------------------------------------------------------------------------------------------------

    def _run(self, stage: Stage, instruction: dockerfile.Run, trigger: bool) -> None:
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
        argv = self._with_shell(stage, args, shell)
        inputs = [stage.vertex]
        for wanted in instruction.mounts:
            mounts.append(self._mount(stage, instruction, wanted, inputs, len(mounts)))
        env = list(stage.env.items())
        for mount in mounts:
            if mount.type == "ssh" and "SSH_AUTH_SOCK" not in stage.env:
                env.append(("SSH_AUTH_SOCK", mount.target))
                break
        for wanted_right, is_wanted in (
            ("network.host", instruction.network == "host"),
            ("security.insecure", instruction.security == "insecure"),
        ):
            if is_wanted and wanted_right not in self.options.allowed:
                raise BuildFailed(f"granting entitlement {wanted_right} is not allowed by build daemon configuration")
        network = instruction.network if instruction.network != "default" else self.options.network
        op = RunOp(
            tuple(argv),
            tuple(env),
            stage.config.get("WorkingDir") or "/",
            stage.config.get("User") or "",
            tuple(mounts),
            network,
            instruction.security,
            str(stage.platform or self.target_platform),
            self.options.shm_size_bytes,
            self.options.ulimits,
            tuple((name, value) for name, value in self.proxies if name not in stage.env),
            self.options.hosts,
        )
        shown = self._shown(stage, instruction, suffix)
        stage.vertex = self.graph.add(
            op,
            tuple(inputs),
            name=self._name(stage, shown, trigger=trigger),
            lines=instruction.lines,
            no_cache=self._uncached(stage),
        )
        scope: dict[str, str] = {}
        for name, value in stage.args:
            scope[name] = stage.env.get(name, value or "")
        prefix = f"|{len(scope)} " + "".join(f"{name}={value} " for name, value in scope.items()) if scope else ""
        self._record(stage, f"RUN {prefix}{' '.join(argv)}", vertex=stage.vertex, layer=True, buildkit=True)

    def _mount(self, stage: Stage, instruction: dockerfile.Run, mount: dockerfile.Mount, inputs: list[str], number: int) -> MountOp:
        expand = self._expander(stage.env)
        kind = mount.type
        target = expand(mount.target)
        mount_id = expand(mount.id)
        if kind == "secret":
            mount_id = mount_id or posixpath.basename(target)
            if not mount_id:
                raise BuildFailed("one of source, target required")
            target = target or ("" if mount.env else f"/run/secrets/{mount_id}")
        elif kind == "ssh":
            mount_id = mount_id or "default"
            target = target or f"/run/buildkit/ssh_agent.{number}"
        if target:
            target = _absolute(target, stage.config.get("WorkingDir") or "/")
            if target == "/":
                raise BuildFailed(f'invalid mount target "{expand(mount.target)}"')
        index = -1
        if mount.from_ or kind == "bind":
            vertex = self._from(stage, mount.from_, instruction) if mount.from_ else self._context()
            if vertex != SCRATCH:
                if vertex not in inputs:
                    inputs.append(vertex)
                index = inputs.index(vertex)
        defaults = {"secret": 0o400, "ssh": 0o600}
        mode = expand(mount.mode)
        if mode and not re.fullmatch("[0-7]+", mode):
            raise BuildFailed(f"invalid mode {mode}")
        numbers = {}
        for name, text in (("uid", expand(mount.uid)), ("gid", expand(mount.gid))):
            if text and not text.isdigit():
                raise BuildFailed(f"invalid value {text} for {name}")
            numbers[name] = int(text or 0)
        return MountOp(
            kind,
            target,
            _absolute(expand(mount.source), "/") if mount.source else "/",
            index,
            mount.read_only,
            mount_id or (target if kind == "cache" else ""),
            mount.sharing,
            mount.required,
            size.ram_in_bytes(expand(mount.size)) if mount.size else 0,
            int(mode, 8) if mode else defaults.get(kind, 0o755),
            numbers["uid"],
            numbers["gid"],
            mount.env,
        )

    # -- COPY and ADD -------------------------------------------------------------------------------------------------

    def _context(self) -> str:
        return self.graph.add(ContextOp("context"), name="[internal] load build context", internal=True)

    def _from(self, stage: Stage, name: str, instruction: Instruction) -> str:
        source = self.stages.find(name, instruction)
        if not source.dispatched:
            if not source.external:
                raise BuildFailed(
                    f'cannot copy from stage "{name}", it needs to be defined before current stage "{stage.name}"', instruction.lines
                )
            self._dispatch_stage(source)
        return source.vertex

    def _transfer(self, stage: Stage, instruction: dockerfile.Transfer, trigger: bool) -> None:
        expand = self._expander(stage.env)
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
        inputs = [stage.vertex]
        sources: list[SourceOp] = []

        def input_of(vertex: str) -> int:
            if vertex in inputs[1:]:
                return inputs.index(vertex, 1)
            inputs.append(vertex)
            return len(inputs) - 1

        shown = self._shown(stage, instruction)
        for path in paths:
            if git.is_git(path):
                if not isinstance(instruction, dockerfile.Add):
                    raise BuildFailed("source can't be a git ref for COPY")
                git.parse(path)
                vertex = self.graph.add(GitOp(path, instruction.keep_git_dir, checksum), name=path, lines=instruction.lines)
                sources.append(SourceOp(input_of(vertex), "/", wildcards=False))
                continue
            if _is_url(path):
                if not adds:
                    raise BuildFailed("source can't be a URL for COPY")
                filename = posixpath.basename(path.split("?")[0].split("#")[0].split("://", 1)[1].partition("/")[2]) or "__unnamed__"
                vertex = self.graph.add(UrlOp(path, filename, checksum), name=path, lines=instruction.lines)
                sources.append(SourceOp(input_of(vertex), "/" + filename, unpack=bool(unpack), wildcards=False))
            else:
                from_ = instruction.from_
                vertex = self._from(stage, from_, instruction) if from_ else self._context()
                source_path = path if instruction.parents else _absolute(path, "/")
                sources.append(SourceOp(input_of(vertex), source_path, unpack=adds if unpack is None else bool(unpack)))
        for file in instruction.files:
            content = self._heredoc(stage, file)
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
        stage.vertex = self.graph.add(
            op,
            tuple(inputs),
            name=self._name(stage, shown, trigger=trigger),
            lines=instruction.lines,
            no_cache=self._uncached(stage),
        )
        text = word + (" --parents" if instruction.parents else "")
        text += (f" --chown={chown}" if chown else "") + (f" --chmod={chmod}" if chmod else "")
        text += "".join(f" {path}" for path in paths) + "".join(f" <<{file.name}" for file in instruction.files)
        self._record(stage, f"{text} {destination}", vertex=stage.vertex, layer=True, buildkit=True)

    def _heredoc(self, stage: Stage, file: Heredoc) -> str:
        if not file.expand:
            return file.text
        return Lex().document(file.text, stage.env)

    # -- the image ----------------------------------------------------------------------------------------------------

    def _findings(self, reachable: list[Stage]) -> tuple[lint.Finding, ...]:
        text = self.build_args.get("BUILDKIT_DOCKERFILE_CHECK") or dict(self.source.directives).get("check", "")
        indexes = [stage.source.index for stage in reachable if not stage.external]
        return lint.check(
            self.source, reachable=indexes, undefined=self.undefined, global_names=self.global_args, chosen=lint.settings(text)
        )

    def _finish(self, target: Stage, reachable: list[Stage]) -> Plan:
        document = dict(target.document)
        config = dict(target.config)
        if self.options.labels:
            config["Labels"] = {**(config.get("Labels") or {}), **dict(self.options.labels)}
        document["config"] = {name: value for name, value in config.items() if value not in (None, "", {}) or name == "Cmd"}
        if document["config"].get("Cmd") is None:
            document["config"].pop("Cmd", None)
        document["history"] = target.history
        return Plan(
            self.graph.pruned(target.vertex), target.vertex, document, target.base_diff_ids, tuple(self.steps), self._findings(reachable)
        )


def _copy_config(config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, list) else dict(value) if isinstance(value, dict) else value
        for name, value in config.items()
        if name in _CONFIG
    }


def _set_env(env: list[str], name: str, value: str) -> None:
    for number, each in enumerate(env):
        if each.partition("=")[0] == name:
            env[number] = f"{name}={value}"
            return
    env.append(f"{name}={value}")


def _absolute(path: str, base: str) -> str:
    joined = posixpath.normpath(posixpath.join(base, path or "."))
    return "/" + joined.lstrip("/")


def _destination(path: str, base: str) -> str:
    """The destination of a copy, absolute; a slash at its end says that it is a directory."""
    absolute = _absolute(path, base)
    is_dir = path in ("", ".", "..") or path.endswith(("/", "/.", "/.."))
    return absolute + "/" if is_dir and absolute != "/" else absolute


def _go_quoted(words: Sequence[str]) -> str:
    import json

    return "[" + " ".join(json.dumps(word, ensure_ascii=False) for word in words) + "]"


def _summary(content: str) -> str:
    lines = content.strip().replace("\r\n", "\n").split("\n")
    return lines[0] + ("..." if len(lines) > 1 else "")


def _is_url(path: str) -> bool:
    return path.startswith(("http://", "https://")) and not git.is_git(path)


def _check_chmod(text: str) -> None:
    if not text:
        return
    if re.fullmatch(r"[0-7]+", text):
        if int(text, 8) <= 0o7777:
            return
    elif re.fullmatch(r"[ugoa]*[-+=][rwxXst]*([-+=][rwxXst]*)*(,[ugoa]*[-+=][rwxXst]*([-+=][rwxXst]*)*)*", text):
        return
    raise BuildFailed(f"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777")


def _check_signal(text: str) -> None:
    name = text.upper().removeprefix("SIG")
    if text.isdigit():
        if 1 <= int(text) <= 64:
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
        raise BuildFailed(f"invalid proto: {protocol}")
    first, dash, last = ports.partition("-")
    if not first.isdigit() or (dash and not last.isdigit()) or int(last or first) > 65535 or int(last or first) < int(first):
        raise BuildFailed(f"invalid containerPort: {ports}")
    return [f"{port}/{protocol}" for port in range(int(first), int(last or first) + 1)]
