"""The verb `build`: context and Dockerfile to plan, plan to layers, layers to what the caller wants of them."""

from __future__ import annotations

import os
import time

from dockercompat.build import context as contexts
from dockercompat.build import prune
from dockercompat.build.dockerfile import lint, reading
from dockercompat.build.planning import plan
from dockercompat.build.planning.graph import merged
from dockercompat.build.planning.outline import targets as list_targets
from dockercompat.build.planning.stages import IMAGE_SCHEMES, BaseImage
from dockercompat.build.request import Source, human_bytes
from dockercompat.build.results import export, provenance
from dockercompat.build.solving.agent import Agents
from dockercompat.build.solving.imported import Imported
from dockercompat.build.solving.inputs import Inputs
from dockercompat.build.solving.report import Event, Reporter
from dockercompat.build.solving.solve import Solver
from dockercompat.engine.image import store
from dockercompat.engine.image.ensure import ensure
from dockercompat.engine.image.leases import Lease
from dockercompat.errors import BuildFailed, DockerError, DockerfileError, InvalidReference, NoBaseImage
from dockercompat.host.lock import Lock
from dockercompat.spec import platform as platforms
from dockercompat.spec.reference import parse
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from dockercompat.build.dockerfile import instructions
    from dockercompat.build.dockerfile.lint import Finding
    from dockercompat.build.planning.graph import Plan
    from dockercompat.build.planning.outline import Outline
    from dockercompat.build.planning.stages import Options
    from dockercompat.build.request import Built, Listener, Request
    from dockercompat.build.solving.tree import Tree
    from dockercompat.engine.engine import Engine
    from dockercompat.spec.platform import Platform

    Result = TypeVar("Result")


def build(engine: Engine, request: Request, listener: Listener) -> Built:
    """Build an image. The process has joined the holder and has one thread.

    Raises  BuildFailed, with lines when an instruction is at fault; KeyboardInterrupt: nothing is left
    """
    tags = tuple(_tag(tag) for tag in request.tags)
    reporter = Reporter(listener.report)
    cleaner = _Cleaner(engine)
    agents = Agents(cleaner.directory)
    cache_dir = f"{engine.paths.data_dir}/build/contexts"
    began_ns = time.time_ns()
    lease = Lease(engine)
    try:
        context = _load(request, reporter, cleaner, cache_dir)
        listener.see(Source(context.name, tuple(context.dockerfile.decode("utf-8", "replace").split("\n"))))
        findings: tuple[Finding, ...] = ()
        try:
            source = _understand(context)
            export.epoch(request)  # what is wrong with it shows itself before the work
            plans = [_plan(engine, request, source, reporter, platform) for platform in request.platforms or ("",)]
            findings = plans[0].findings
        except BuildFailed as error:
            findings = error.findings
            raise
        finally:
            told = lint.as_found(findings)
            reporter.go_on(*(Event("warn", 1, text=f"{each.rule}: {each.message} (line {each.lines[0]})") for each in told))
        made = plans[0]
        listener.planned(made)
        checks = request.check_text or dict(source.directives).get("check", "")
        if made.findings and lint.settings(checks).is_error:
            raise BuildFailed(f"failed to solve: lint violation found for rules: {', '.join(lint.in_order(made.findings))}")
        if not context.ignore_beside:
            with reporter.step("[internal] load .dockerignore") as step:
                step.log(f"transferring context: {human_bytes(context.ignore_size + 2)} done")
        trees: dict[str, Tree] = {"context": context.tree}
        for name, where in request.options.contexts:
            if not where.startswith(IMAGE_SCHEMES):
                trees[name] = contexts.named(name, where, cwd=request.cwd, temp_dir=cleaner.directory, cache_dir=cache_dir)
        imported = Imported(engine) if request.cache_from else None
        for cache in request.cache_from:
            if imported is not None:
                imported.add(cache, reporter)
        sockets = {name: agents.socket_for(where) for name, where in request.ssh}
        inputs = Inputs(
            lease,
            trees,
            dict(request.secrets),
            sockets,
            imported,
            origin(request, context),
            request.explains,
            request.shell,
            listener.tells_streams,
        )
        try:
            solver = Solver(engine, merged(plan.graph for plan in plans), inputs, reporter)
            outcomes = solver.solve()
        except BuildFailed as error:
            error.args = (f"failed to solve: {error}",)
            raise
        finally:
            for tree in trees.values():
                if tree.hashes is not None:
                    tree.hashes.save(time.time_ns())
        facts = provenance.Facts(request, context, tuple(plans), began_ns, time.time_ns())
        built = export.export(engine, request, tags, plans, outcomes, reporter, cleaner.directory, facts)
        lease.release()
        if solver.made:
            prune.collect_garbage(engine, began_ns=began_ns)
        listener.built(built.image_id)
        return built
    except BuildFailed as error:
        listener.stopped(error)
        raise
    finally:
        lease.release()
        agents.stop()
        cleaner.clean()


def origin(request: Request, context: contexts.Context) -> str:
    """What tells the steps of one Dockerfile from those of another, from build to build."""
    return "\n".join((context.tree.root, request.file or context.name, request.options.target))


def check(engine: Engine, request: Request, listener: Listener) -> tuple[Finding, ...]:
    """The build checks alone: nothing is built. Raises BuildFailed."""
    with _Looked(engine, request, listener) as looked:
        return _plan(engine, request, looked.source, looked.reporter, "").findings


def outline(engine: Engine, request: Request, listener: Listener) -> Outline:
    """What the target takes. Nothing is built. Raises BuildFailed."""
    with _Looked(engine, request, listener) as looked:
        return _planned(engine, request, looked.source, looked.reporter, "", plan.outline)


def targets(engine: Engine, request: Request, listener: Listener) -> list[dict[str, Any]]:
    """The stages of the Dockerfile, as BuildKit's JSON. Nothing is built. Raises BuildFailed."""
    with _Looked(engine, request, listener) as looked:
        return list_targets(looked.source)


class _Looked:
    """The Dockerfile of a request, read; nothing more is to be done than to look at it."""

    def __init__(self, engine: Engine, request: Request, listener: Listener) -> None:
        self.reporter = Reporter(listener.report)
        self.listener = listener
        self.request = request
        self.cleaner = _Cleaner(engine)
        self.cache_dir = f"{engine.paths.data_dir}/build/contexts"

    def __enter__(self) -> _Looked:
        try:
            context = _load(self.request, self.reporter, self.cleaner, self.cache_dir)
            self.listener.see(Source(context.name, tuple(context.dockerfile.decode("utf-8", "replace").split("\n"))))
            self.reporter.go_on()
            self.source = _understand(context)
        except BaseException:
            self.cleaner.clean()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.cleaner.clean()


def _tag(text: str) -> str:
    try:
        return parse(text).tagged.canonical
    except InvalidReference as error:
        problem = str(error)
        if text != text.lower():
            try:
                parse(text.lower())
                problem = "repository name must be lowercase"
            except InvalidReference:
                pass
        raise BuildFailed(f'invalid tag "{text}": {problem}') from None


def _load(request: Request, reporter: Reporter, cleaner: _Cleaner, cache_dir: str) -> contexts.Context:
    contexts.check(request.where, request.cwd)
    name = os.path.basename(request.file) if request.file not in ("", "-") else "Dockerfile"
    failure: BuildFailed | None = None
    with reporter.step(f"[internal] load build definition from {name}") as step:
        try:
            context = contexts.load(
                request.where,
                request.file,
                stdin=request.stdin,
                cwd=request.cwd,
                temp_dir=cleaner.directory,
                cache_dir=cache_dir,
                sent=request.sent,
            )
            step.log(f"transferring dockerfile: {human_bytes(len(context.dockerfile))} done")
            reporter.hold()  # the checks' warnings belong to this step
            return context
        except BuildFailed as error:
            failure = error
            step.log("transferring dockerfile: 2B done")
    raise failure


def _understand(context: contexts.Context) -> instructions.Dockerfile:
    try:
        return reading.load(context.dockerfile)
    except DockerfileError as error:
        classic = error.classic if context.dockerfile else f"the Dockerfile ({context.name}) cannot be empty"
        raise BuildFailed(f"failed to solve: {error}", error.lines, classic=classic) from None


def _plan(engine: Engine, request: Request, source: instructions.Dockerfile, reporter: Reporter, wanted: str) -> Plan:
    return _planned(engine, request, source, reporter, wanted, plan.make)


def _planned(
    engine: Engine,
    request: Request,
    source: instructions.Dockerfile,
    reporter: Reporter,
    wanted: str,
    make: Callable[[instructions.Dockerfile, Options, Callable[[str, Platform], BaseImage]], Result],
) -> Result:
    """What `make` makes of a Dockerfile with the engine's images and settings."""
    found: dict[tuple[str, str], BaseImage] = {}

    def resolve(name: str, platform: Platform) -> BaseImage:
        known = found.get((name, str(platform)))
        if known is None:
            known = found[name, str(platform)] = _resolve(engine, request, name, platform, reporter)
        return known

    args = dict(request.options.build_args)
    for name, value in engine.settings.proxies:
        args.setdefault(name, value)
    try:
        options = request.options.replace(build_args=tuple(args.items()), several=len(request.platforms) > 1)
        return make(source, options.replace(platform=wanted) if wanted else options, resolve)
    except BuildFailed as error:
        error.args = (f"failed to solve: {error}",)
        raise
    except DockerfileError as error:
        failure = BuildFailed(f"failed to solve: {error}", error.lines, classic=error.classic)
        failure.findings = error.findings
        raise failure from None


def _resolve(engine: Engine, request: Request, name: str, platform: Platform, reporter: Reporter) -> BaseImage:
    if name.startswith("sha256:"):  # a result of another build
        image = store.by_id(engine, name)
        return BaseImage(name, image.id, image.document.fields, image.diff_ids)
    if name.startswith("oci-layout://"):
        return _from_layout(engine, request, name, platform, reporter)
    reference = parse(name).tagged
    canonical = reference.canonical
    internal = f"[{platform} internal]" if len(request.platforms) > 1 else "[internal]"
    if request.pull or platform.architecture != platforms.of_host().architecture or not store.named(engine, reference):
        reporter.go_on()  # this takes its time
    try:
        with reporter.step(f"{internal} load metadata for {canonical}"):
            image = ensure(engine, name, "always" if request.pull else "missing", str(platform))
    except DockerError as error:
        text = f"{name}: failed to resolve source metadata for {canonical}: {error}"
        raise NoBaseImage(text, classic=str(error)) from None
    shown = canonical
    if not reference.digest:
        for known in store.digests_of(engine, image.id):
            if known.repository == reference.repository:
                shown = f"{canonical}@{known.digest}"
                break
    return BaseImage(shown, image.id, image.document.fields, image.diff_ids)


def _from_layout(engine: Engine, request: Request, name: str, platform: Platform, reporter: Reporter) -> BaseImage:
    from dockercompat.engine.image.load import from_layout

    where, _, digest = name.removeprefix("oci-layout://").partition("@")
    tag = ""
    if ":" in os.path.basename(where):
        where, _, tag = where.rpartition(":")
    with reporter.step(f"[context {name}] load metadata"):
        try:
            config = from_layout(engine, os.path.join(request.cwd, where), tag=tag, digest=digest, platform=platform)
        except DockerError as error:
            raise BuildFailed(f"failed to resolve source metadata for {name}: {error}") from None
    return BaseImage(name, config.image_id, config.fields, config.diff_ids)


class _Cleaner:
    """Directories for the files of archives, gone at the end; those of killed builds are removed by the next one (workers.py)."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.made: list[tuple[str, Lock]] = []

    def directory(self) -> str:
        name = f"build-{os.getpid()}-{os.urandom(4).hex()}"
        lock = Lock(f"{self.engine.paths.locks_dir}/{name}")
        lock.acquire()
        path = f"{self.engine.paths.temp_dir}/{name}"
        os.mkdir(path, 0o755)
        self.made.append((path, lock))
        return path

    def clean(self) -> None:
        for path, lock in self.made:
            remove_tree(path)
            lock.release(remove=True)
