"""A Dockerfile to a build graph and an image document: scopes of ARG and ENV, stages, triggers; decided here, done elsewhere.

Spec    dockerfile-reference; BuildKit frontend/dockerfile/dockerfile2llb
"""

from __future__ import annotations

import math
from functools import partial

from dockercompat.build.dockerfile import instructions as dockerfile
from dockercompat.build.dockerfile import lint
from dockercompat.build.dockerfile.shell import Lex
from dockercompat.build.nearest import nearest
from dockercompat.build.planning import outline as outlines
from dockercompat.build.planning.configure import configure
from dockercompat.build.planning.graph import (
    ContextOp,
    Graph,
    ImageOp,
    MakeDirOp,
    Plan,
)
from dockercompat.build.planning.paths import absolute
from dockercompat.build.planning.run import run
from dockercompat.build.planning.stages import BaseImage, Options, Stage, Stages, at
from dockercompat.build.planning.transfer import transfer
from dockercompat.errors import BuildFailed, DockerfileError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Any

    from dockercompat.build.dockerfile.instructions import Instruction
    from dockercompat.build.planning.outline import Outline
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


def make(
    source: dockerfile.Dockerfile,
    options: Options,
    resolve: Callable[[str, Platform], BaseImage],
) -> Plan:
    """Plan a build.

    resolve  finds or pulls an image by the name that FROM or --from gives; asked for needed stages only
    Raises   DockerfileError or BuildFailed with the lines of the instruction at fault
    """
    return Planner(source, options, resolve).plan()


def outline(
    source: dockerfile.Dockerfile,
    options: Options,
    resolve: Callable[[str, Platform], BaseImage],
) -> Outline:
    """What a target can be given: its arguments, secrets and agents. Raises what `make` raises."""
    planner = Planner(source, options, resolve)
    target, reachable = planner.dispatch()
    return outlines.outline(planner.stages, target, reachable).replace(findings=planner.findings())


class Planner:
    """Works through the stages; planning.run and planning.transfer do the steps that make layers."""

    def __init__(self, source: dockerfile.Dockerfile, options: Options, resolve: Callable[[str, Platform], BaseImage]) -> None:
        self.source = source
        self.options = options
        self.stages = Stages(source, options, resolve)
        self.lex = self.stages.lex
        self.build_args = self.stages.build_args
        self.global_args = self.stages.global_args
        self.target_platform = self.stages.target_platform
        self.graph = Graph()
        self.steps: list[tuple[str, str]] = [(each.text, "") for each in source.global_args]
        self.undefined: list[tuple[str, str, tuple[int, int]]] = []  # variables that were used and not set, what may be meant, where
        self.reached: list[Stage] = []
        self.facts = lint.Facts()
        self.checks = lint.settings(self.build_args.get("BUILDKIT_DOCKERFILE_CHECK") or dict(source.directives).get("check", ""))
        self.broken: tuple[str, ...] = ()  # why what was planned can't be done
        self.dispatched: set[tuple[int, int]] = set()  # the lines of the instructions that have been worked through
        self.declared: set[str] = set()
        self.at_lines = (0, 0)
        given = [(name, value) for name, value in sorted(self.build_args.items()) if name.lower() in _PROXY_NAMES]
        both = {each: value for name, value in given for each in (name.upper(), name.lower())}
        self.proxies = tuple({**both, **dict(given)}.items())

    def plan(self) -> Plan:
        try:
            target, _ = self.dispatch()
            if self.broken:
                raise BuildFailed(self.broken[0])
            return self._finish(target)
        except (BuildFailed, DockerfileError) as error:
            error.findings = self.findings()
            raise

    def dispatch(self) -> tuple[Stage, list[Stage]]:
        """Work through what the target needs; the target, and the stages reached."""
        target, reachable = self.stages.reached()
        self.reached = reachable
        for stage in self.stages.all:
            if stage in reachable and not stage.dispatched:
                self._dispatch_stage(stage)
        return target, reachable

    def expander(self, env: Mapping[str, str]) -> Callable[[str], str]:
        def word(text: str) -> str:
            unset: dict[str, None] = {}
            try:
                return self.lex.word(text, env, unset)
            finally:
                self.note_undefined(unset, env)

        return word

    def unplaced(self, message: str) -> None:
        """What is wrong shows itself when everything has been read, and without a place."""
        self.broken += (message,)

    def note_undefined(self, names: Collection[str], env: Mapping[str, str]) -> None:
        """Variables were used that are not set; those that an ARG without a value declares may be."""
        if not names:
            return
        known = [*self.global_args, *env]
        for name in names:
            if name not in self.declared:
                self.undefined.append((name, nearest(name, known), self.at_lines))

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
            stage.has_workdir = base.has_workdir
            stage.base_diff_ids = base.base_diff_ids
            inherited = dict(base.env)
        elif stage.image is not None:
            stage.document = {k: v for k, v in stage.image.document.items() if k in _INHERITED}
            stage.config = _copy_config(stage.image.document.get("config") or {})
            stage.history = [dict(each) for each in stage.image.document.get("history") or ()]
            stage.base_diff_ids = stage.image.diff_ids
            stage.has_workdir = stage.config.get("WorkingDir") not in (None, "", "/")
            inherited = {}
            if stage.image.diff_ids:
                name = stage.image.reference
                op = ImageOp(name, stage.image.image_id, stage.image.diff_ids)
                stage.vertex = self.graph.add(op, name=self._base_name(stage, name), lines=stage.source.lines)
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
            self.dispatched.add(instruction.lines)
            at(instruction, partial(self._dispatch, stage, instruction, is_trigger))
            self.steps.append((instruction.text, stage.vertex if stage.vertex != before else ""))

    def _base_name(self, stage: Stage, reference: str) -> str:
        if stage.context_name:
            return f"[context {stage.context_name}] {stage.base_name}"
        return self.name(stage, f"FROM {reference}")

    def name(self, stage: Stage, text: str, *, trigger: bool = False) -> str:
        """`[build 2/5] RUN make`"""
        if stage.total == 0:
            return text
        stage.index += 1
        width = int(1 + math.log10(stage.total))
        platform = f"{stage.platform or self.target_platform} " if self.options.several else ""
        prefix = platform + (f"{stage.name} " if stage.name else "")
        return f"[{prefix}{stage.index:>{width}}/{stage.total}] {'ONBUILD ' if trigger else ''}{text}"

    def shown(self, stage: Stage, instruction: Instruction, suffix: str = "", *, hidden: Collection[str] = ()) -> str:
        """The instruction's text with the variables that are set put in, as progress shows it; those of secrets are stars."""
        text = instruction.text + suffix
        runs = isinstance(instruction, dockerfile.Run)
        try:
            text = Lex(self.source.escape, raw_quotes=runs, keep_unset=runs).word(text, {**stage.env, **dict.fromkeys(hidden, "****")})
        except DockerfileError:
            pass
        word, space, rest = text.partition(" ")
        return word.upper() + space + rest

    def record(self, stage: Stage, text: str, *, vertex: str = "", layer: bool = False, buildkit: bool = False) -> None:
        entry: dict[str, Any] = {"created_by": text + (" # buildkit" if buildkit else ""), "comment": _COMMENT}
        if layer:
            entry["vertex"] = vertex
        else:
            entry["empty_layer"] = True
        stage.history.append(entry)

    def _dispatch(self, stage: Stage, instruction: Instruction, trigger: bool) -> None:
        if isinstance(instruction, dockerfile.Run):
            run(self, stage, instruction, trigger)
        elif isinstance(instruction, dockerfile.Transfer):
            transfer(self, stage, instruction, trigger)
        elif isinstance(instruction, dockerfile.Workdir):
            self._workdir(stage, instruction, trigger)
        else:
            configure(self, stage, instruction)

    def _workdir(self, stage: Stage, instruction: dockerfile.Workdir, trigger: bool) -> None:
        given = self.expander(dict(stage.env))(instruction.path)
        path = absolute(given, stage.config.get("WorkingDir") or "/")
        if not stage.has_workdir and not given.startswith("/"):
            self.facts.relative[instruction.lines] = given
        stage.has_workdir = True
        stage.config["WorkingDir"] = path
        if path != "/":
            stage.vertex = self.graph.add(
                MakeDirOp(path, stage.config.get("User") or ""),
                (stage.vertex,),
                name=self.name(stage, self.shown(stage, instruction), trigger=trigger),
                lines=instruction.lines,
                no_cache=self.uncached(stage),
            )
        self.record(stage, f"WORKDIR {path}", vertex=stage.vertex, layer=path != "/")

    def uncached(self, stage: Stage) -> bool:
        return self.options.no_cache or (stage.source.name != "" and stage.source.name in self.options.no_cache_filter)

    def with_shell(self, stage: Stage, args: Sequence[str], shell: bool) -> list[str]:
        if not shell:
            return list(args)
        return [*(stage.config.get("Shell") or _DEFAULT_SHELL), " ".join(args)]

    def context(self) -> str:
        """The vertex of the build context."""
        return self.graph.add(ContextOp("context"), name="[internal] load build context", internal=True)

    def source_of(self, stage: Stage, name: str, instruction: Instruction) -> str:
        """The vertex that `from=NAME` means."""
        source = self.stages.find(name, instruction)
        if not source.dispatched:
            if not source.external:
                raise BuildFailed(
                    f'cannot copy from stage "{name}", it needs to be defined before current stage "{stage.name}"', instruction.lines
                )
            self._dispatch_stage(source)
        return source.vertex

    # -- the image ----------------------------------------------------------------------------------------------------

    def findings(self) -> tuple[lint.Finding, ...]:
        """Of what has been worked through."""
        indexes = [stage.source.index for stage in self.reached if not stage.external]
        return lint.check(
            self.source,
            reachable=indexes,
            worked=self.dispatched,
            facts=self.facts,
            undefined=self.undefined,
            global_names=self.global_args,
            bases=self._default_bases(),
            chosen=self.checks,
        )

    def _default_bases(self) -> dict[int, str]:
        """What the images of the stages would be if no argument were given."""
        found = {}
        for stage in self.source.stages:
            try:
                found[stage.index] = self.lex.word(stage.base, self.stages.default_args)
            except DockerfileError:  # it is refused where it counts
                return found
        return found

    def _finish(self, target: Stage) -> Plan:
        document = dict(target.document)
        config = dict(target.config)
        if self.options.labels:
            config["Labels"] = {**(config.get("Labels") or {}), **dict(self.options.labels)}
            self.steps += [(f"LABEL {name}={value}", "") for name, value in sorted(self.options.labels)]  # as the classic builder tells it
        document["config"] = {name: value for name, value in config.items() if value not in (None, "", {}) or name == "Cmd"}
        if document["config"].get("Cmd") is None:
            document["config"].pop("Cmd", None)
        document["history"] = target.history
        args = frozenset(self.global_args).union(*(dict(stage.args) for stage in self.reached))
        return Plan(
            self.graph.pruned(target.vertex), target.vertex, document, target.base_diff_ids, tuple(self.steps), self.findings(), args
        )


def _copy_config(config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, list) else dict(value) if isinstance(value, dict) else value
        for name, value in config.items()
        if name in _CONFIG
    }
