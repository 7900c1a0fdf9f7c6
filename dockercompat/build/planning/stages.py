"""The stages of a Dockerfile: names, bases, what they need of each other, and which of them a build reaches.

Spec    dockerfile-reference; BuildKit frontend/dockerfile/dockerfile2llb
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from dockercompat.build.dockerfile import instructions as dockerfile
from dockercompat.build.dockerfile import reading
from dockercompat.build.dockerfile.shell import Lex
from dockercompat.build.nearest import suggestion
from dockercompat.build.planning.graph import SCRATCH
from dockercompat.errors import BuildFailed, DockerError, DockerfileError
from dockercompat.record import Record
from dockercompat.spec import platform, reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from dockercompat.build.dockerfile.instructions import Instruction
    from dockercompat.spec.platform import Platform


IMAGE_SCHEMES = ("docker-image://", "image-id://", "oci-layout://")


class BaseImage(Record):
    """An image as FROM finds it. reference is canonical, with its digest where a registry gave one."""

    reference: str
    image_id: str
    document: Mapping[str, Any]
    diff_ids: tuple[str, ...]


class Options(Record):
    """What a build is asked for, besides the Dockerfile.

    build_args  name and value; given names only
    network     of RUN steps without --network: default, none, host
    no_cache_filter  names of stages that are built anew
    allowed     network.host, security.insecure
    several     other platforms are built besides this one: steps are named with it
    contexts    name -> a directory, a URL, or an image: docker-image://NAME, image-id://sha256:HEX,
                oci-layout://DIRECTORY[:TAG][@DIGEST]
    """

    build_args: tuple[tuple[str, str], ...] = ()
    target: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    no_cache: bool = False
    no_cache_filter: tuple[str, ...] = ()
    network: str = "default"
    hosts: tuple[str, ...] = ()
    shm_size_bytes: int = 0
    ulimits: tuple[str, ...] = ()
    platform: str = ""
    contexts: tuple[tuple[str, str], ...] = ()
    allowed: tuple[str, ...] = ()
    several: bool = False


class Stage:
    """A stage while it is worked through (BuildKit: dispatchState)."""

    def __init__(self, source: dockerfile.Stage, base_name: str) -> None:
        self.source = source
        self.base_name = base_name
        self.name = source.name
        self.base: Stage | None = None
        self.commands: list[tuple[Instruction, bool]] = [(each, False) for each in source.instructions]
        self.needs: list[Stage] = []
        self.platform: Platform | None = None
        self.external = False  # made for --from=IMAGE
        self.context = ""  # made for a named context that is a directory
        self.context_name = ""  # the named context that its image is of
        self.replaced = False  # a named context stands for it
        self.image: BaseImage | None = None
        self.triggers_taken = False
        self.dispatched = False
        self.total = 0
        self.index = 0
        # what it has come to
        self.vertex = SCRATCH
        self.env: dict[str, str] = {}
        self.document: dict[str, Any] = {}
        self.config: dict[str, Any] = {}
        self.history: list[dict[str, Any]] = []
        self.args: list[tuple[str, str | None]] = []
        self.base_diff_ids: tuple[str, ...] = ()
        self.cmd_set = False
        self.has_workdir = False


def at(instruction: Instruction | dockerfile.Stage, work: Callable[[], Any]) -> Any:
    """Do something for an instruction: what goes wrong gets its lines."""
    try:
        return work()
    except (DockerfileError, BuildFailed) as error:
        if error.lines != (0, 0):
            raise
        error.lines = instruction.lines
        raise
    except DockerError as error:
        raise BuildFailed(str(error), instruction.lines) from None


class Stages:
    """All stages of a build, in the order in which they were met; images that `--from` names are stages, too."""

    def __init__(self, source: dockerfile.Dockerfile, options: Options, resolve: Callable[[str, Platform], BaseImage]) -> None:
        self.source = source
        self.options = options
        self.resolve = resolve
        self.lex = Lex(source.escape)
        self.build_args = dict(options.build_args)
        self.all: list[Stage] = []
        self.by_name: dict[str, Stage] = {}
        self.host = platform.of_host()
        self.target_platform = platform.parse(options.platform) if options.platform else self.host
        self.contexts = dict(options.contexts)
        self.global_args = self._global_args(self.build_args)
        self.default_args = self._global_args({})

    def reached(self) -> tuple[Stage, list[Stage]]:
        """The target, and the stages that it needs; their images are found or pulled, their triggers taken."""
        self._gather()
        target = self._target()
        for stage in list(self.all):
            for instruction, _ in stage.commands:
                self._find_needs(stage, instruction)
        self._check_loops()
        unnamed = any(
            isinstance(each, dockerfile.Run) and any(not mount.from_ for mount in each.mounts)
            for stage in self.all
            for each, _ in stage.commands
        )
        if len(self.all) == 1 and not unnamed:  # a mount without `from` counts as another stage, as it does for BuildKit
            self.all[0].name = ""
        return target, self._resolve_reachable(target)

    def _global_args(self, given: Mapping[str, str]) -> dict[str, str]:
        args = {"TARGETSTAGE": self.options.target or (self.source.stages[-1].name or "default")}
        for prefix, which in (("BUILD", self.host), ("TARGET", self.target_platform)):
            args[f"{prefix}PLATFORM"] = str(which)
            args[f"{prefix}OS"] = which.os
            args[f"{prefix}OSVERSION"] = which.os_version
            args[f"{prefix}ARCH"] = which.architecture
            args[f"{prefix}VARIANT"] = which.variant
        for name in args:
            if name in given:
                args[name] = given[name]
        for instruction in self.source.global_args:
            for name, default in instruction.args:
                if name in given:
                    args[name] = given[name]
                elif default is not None:
                    args[name] = at(instruction, partial(self.lex.word, default, args))
        return args

    def _gather(self) -> None:
        for source in self.source.stages:
            base_name = at(source, partial(self.lex.word, source.base, self.global_args))
            if not base_name:
                raise BuildFailed(f"base name ({source.base}) should not be blank", source.lines)
            stage = Stage(source, base_name)
            if source.platform:
                text = at(source, partial(self.lex.word, source.platform, self.global_args))
                if not text:
                    raise BuildFailed(f"empty platform value from expression {source.platform}", source.lines)
                try:
                    stage.platform = platform.parse(text)
                except DockerError as error:
                    raise BuildFailed(f"failed to parse platform {text}: {error}", source.lines) from None
            if not stage.name:
                stage.name = f"stage-{source.index}"
            self._register(stage)
            stage.total = sum(isinstance(each, (dockerfile.Transfer, dockerfile.Run, dockerfile.Workdir)) for each in source.instructions)
            if stage.base is None and base_name != "scratch":
                stage.total += 1

    def _register(self, stage: Stage) -> None:
        self.all.append(stage)
        stage.base = self.by_name.get(stage.base_name.lower()) if not stage.external else None
        if stage.source.name and not stage.external:
            self.by_name[stage.source.name] = stage

    def _target(self) -> Stage:
        wanted = self.options.target
        if not wanted:
            return self.all[-1]
        stage = self.by_name.get(wanted.lower())
        if stage is None:
            text = f'target stage "{wanted}" could not be found'
            raise BuildFailed(text + suggestion(wanted, self.by_name), classic=text)
        return stage

    def _sources(self, instruction: Instruction) -> list[str]:
        """The `from` names of an instruction."""
        if isinstance(instruction, dockerfile.Copy) and instruction.from_:
            return [instruction.from_]
        if isinstance(instruction, dockerfile.Run):
            return [mount.from_ for mount in instruction.mounts if mount.from_]
        return []

    def _find_needs(self, stage: Stage, instruction: Instruction) -> None:
        for name in self._sources(instruction):
            found = self.find(name, instruction)
            if found is stage:
                raise BuildFailed(f"circular dependency detected on stage: {stage.name}", instruction.lines)
            if found not in stage.needs:
                stage.needs.append(found)

    def find(self, name: str, instruction: Instruction) -> Stage:
        found = self.by_name.get(name.lower())
        if found is None and name.isdigit():
            named = [each for each in self.all if not each.external]
            if int(name) >= len(named):
                raise BuildFailed(f"invalid stage index {name}")
            found = named[int(name)]
        if found is None:
            for stage in self.all:
                if stage.external and stage.base_name == name:
                    return stage
            if "$" in name:
                raise BuildFailed(
                    "variable expansion is not supported for --from, "
                    "define a new stage with FROM using ARG from global scope as a workaround"
                )
            found = Stage(dockerfile.Stage(name, "", "", f"FROM {name}", instruction.lines), name)
            found.external = True
            found.name = ""
            self._register(found)
        return found

    def _check_loops(self) -> None:
        done: set[Stage] = set()

        def visit(stage: Stage, path: list[Stage]) -> None:
            if stage in path:
                loop = [*path[path.index(stage) :], stage]
                places = [self._need_lines(one, other) for one, other in pairwise(loop)]
                last, *others = reversed(places)
                raise BuildFailed(f"circular dependency detected on stage: {stage.name}", last, tuple(others))
            if stage in done:
                return
            for other in [*([stage.base] if stage.base else []), *stage.needs]:
                visit(other, [*path, stage])
            done.add(stage)

        for stage in self.all:
            visit(stage, [])

    def _need_lines(self, stage: Stage, other: Stage) -> tuple[int, int]:
        """The lines of what makes a stage need another one."""
        for instruction, _ in stage.commands:
            if any(self.find(name, instruction) is other for name in self._sources(instruction)):
                return instruction.lines
        return stage.source.lines

    def _resolve_reachable(self, target: Stage) -> list[Stage]:
        while True:
            reachable: list[Stage] = []
            stack = [target]
            while stack:
                stage = stack.pop()
                if stage not in reachable:
                    reachable.append(stage)
                    stack += [*([stage.base] if stage.base else []), *stage.needs]
            for stage in reachable:
                self._resolve(stage)
            taken = [self._take_triggers(stage) for stage in reachable]
            if not any(taken):
                return reachable

    def _resolve(self, stage: Stage) -> None:
        if stage.image is not None or stage.context:
            return
        own = self.contexts.get(stage.source.name or "\0")
        if own is not None:
            stage.replaced = True
            stage.base, stage.commands, stage.needs = None, [], []
        elif stage.base is not None or stage.base_name == "scratch":
            return
        named = own or self.contexts.get(stage.base_name)
        if named is not None:
            if not named.startswith(IMAGE_SCHEMES):
                stage.context = stage.source.name if own is not None else stage.base_name
                return
            stage.context_name = stage.source.name if own is not None else stage.base_name
            stage.base_name = named if named.startswith("oci-layout://") else named.partition("://")[2]
        wanted = stage.platform or self.target_platform
        name = stage.base_name

        def find() -> BaseImage:
            if not name.startswith(("sha256:", "oci-layout://")):
                try:
                    reference.parse(name)
                except DockerError as error:
                    raise BuildFailed(f'failed to parse stage name "{name}": {error}') from None
            return self.resolve(name, wanted)

        try:
            stage.image = at(stage.source, find)
        except BuildFailed as error:
            error.args = (f"{error}{suggestion(name, self.by_name)}",)
            raise

    def _take_triggers(self, stage: Stage) -> bool:
        """Put the base's ONBUILD instructions in front; True when that made a new need."""
        if stage.triggers_taken or stage.external:
            return False
        stage.triggers_taken = True
        triggers: list[str] = []
        if stage.replaced:
            return False
        if stage.image is not None:
            triggers = list((stage.image.document.get("config") or {}).get("OnBuild") or ())
        elif stage.base is not None:
            triggers = [each.expression for each, _ in stage.base.commands if isinstance(each, dockerfile.Onbuild)]
        before = len(stage.needs)
        taken: list[tuple[Instruction, bool]] = []
        for text in triggers:
            instruction = at(stage.source, partial(reading.load_trigger, text)).replace(lines=stage.source.lines)
            taken.append((instruction, True))
            self._find_needs(stage, instruction)
            stage.total += 1
        stage.commands = taken + stage.commands
        return len(stage.needs) > before
