"""Building the targets of a bake: each as a `docker build` of its own, those that do not wait for one another side by side."""

from __future__ import annotations

import io
import os
import pickle
import select
import signal
import sys
import time

from dockercompat.build.request import Built, Listener
from dockercompat.cli import building
from dockercompat.cli.build_progress import Display, Recorded
from dockercompat.cli.build_records import remember
from dockercompat.errors import BuildFailed, Canceled, ClientError, DockerError, StatusOnly, sentence
from dockercompat.kernel import syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from dockercompat.build.bake.target import Group, Target
    from dockercompat.build.planning.graph import Plan
    from dockercompat.build.request import Request, Source
    from dockercompat.build.solving.report import Event, Reporter
    from dockercompat.cli.build_progress import Display
    from dockercompat.cli.invocation import Invocation


class TargetOptions:
    """The fields of a target as the flags of `buildx build` that say the same."""

    def __init__(self, target: Target, linked: Mapping[str, str]) -> None:
        get = target.get
        outputs = [each for each in get("output") or () if each["type"] != "cacheonly"]
        self.add_host = [f"{name}={address}" for name, address in (get("extra-hosts") or {}).items()]
        self.allow = list(get("entitlements") or ())
        self.annotation = list(get("annotations") or ())
        self.attest = [_fields(each) for each in get("attest") or ()]
        self.build_arg = [f"{name}={value}" for name, value in (get("args") or {}).items() if value is not None]
        self.build_context = [f"{name}={_context(where, linked)}" for name, where in (get("contexts") or {}).items()]
        self.cache_from = [_fields(each) for each in get("cache-from") or ()]
        self.cache_to = [_fields(each) for each in get("cache-to") or ()]
        self.file = "-" if get("dockerfile-inline") is not None else _dockerfile(target)
        self.label = [f"{name}={value}" for name, value in (get("labels") or {}).items() if value is not None]
        self.load = False
        self.network = get("network") or "default"
        self.no_cache = bool(get("no-cache"))
        self.no_cache_filter = list(get("no-cache-filter") or ())
        self.output = [_fields(each) for each in outputs]
        self.platform = list(get("platforms") or ())
        self.provenance = self.sbom = ""
        self.pull = bool(get("pull"))
        self.push = False
        self.secret = [_fields(each) for each in get("secret") or ()]
        self.shm_size = get("shm-size") or ""
        self.ssh = [each.get("id", "default") + ("=" + ",".join(each["paths"]) if each.get("paths") else "") for each in get("ssh") or ()]
        self.tag = list(get("tags") or ())
        self.target = get("target") or ""
        self.ulimit = list(get("ulimits") or ())

    def __getattr__(self, name: str) -> Any:
        """A flag that no field of a target stands for is not given."""
        return [] if name.endswith("s") else ""


def _fields(entry: Mapping[str, Any]) -> str:
    """An entry as a flag spells it: `type=local,dest=out`."""
    import csv

    parts = [f"{key}={_word(value)}" for key, value in sorted(entry.items(), key=lambda item: (item[0] != "type", item[0]))]
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(parts)
    return text.getvalue()


def _word(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _context(where: str, linked: Mapping[str, str]) -> str:
    if where.startswith("target:"):
        return f"image-id://{linked[where.removeprefix('target:')]}"
    return where.removeprefix("cwd://") or "."


def _dockerfile(target: Target) -> str:
    from dockercompat.build.bake.show import clean, is_remote

    name, context = str(target.get("dockerfile")), str(target.get("context"))
    if name.startswith("cwd://"):
        return os.path.abspath(name.removeprefix("cwd://"))
    if is_remote(context) or is_remote(name) or os.path.isabs(name):
        return name
    return clean(os.path.join(context, name))


def build(
    invocation: Invocation, targets: Mapping[str, Target], groups: Mapping[str, Group], display: Display, reporter: Reporter, progress: str
) -> None:
    """Build every target. Raises ClientError for the first that fails, when the others have been ended."""
    from dockercompat.cli import bake_privileges

    options = invocation.options
    bake_privileges.ask(targets, options.allow, invocation.environ, display)
    called = [name for name in sorted(targets) if targets[name].get("call") not in (None, "", "build")]
    if called:
        _call(invocation, targets, called, display)
        return
    invocation.join()
    work = _Bake(invocation, targets, display, reporter)
    try:
        built = work.run()
    except KeyboardInterrupt:
        display.finish()
        raise Canceled("ERROR: failed to solve: Canceled: context canceled") from None
    finally:
        _forget(invocation, targets, work.built)
    display.finish()
    if progress not in ("quiet", "none", "rawjson"):
        sys.stderr.write(display.warnings())
    if options.metadata_file:
        _write_metadata(options.metadata_file, built)


def _forget(invocation: Invocation, targets: Mapping[str, Target], built: Mapping[str, Built]) -> None:
    """Images that were made for other targets alone go again; their layers stay in the build cache."""
    from dockercompat.engine.image.remove import remove

    for name, result in built.items():
        kept = [each for each in targets[name].get("output") or () if each["type"] != "cacheonly"]
        if targets[name].get("output") and not kept and result.image_id and not result.tags:
            try:
                remove(invocation.engine, result.image_id)
            except DockerError:
                continue


def _write_metadata(path: str, built: Mapping[str, Built]) -> None:
    from dockercompat import json

    try:
        with open(path, "w", encoding="utf-8") as file:
            json.dump({name: built[name].metadata for name in sorted(built)}, file, indent=2)
    except OSError as error:
        raise ClientError(f"ERROR: open {sentence(error)}") from None


def _request(invocation: Invocation, target: Target, linked: Mapping[str, str]) -> Request:
    options: Any = TargetOptions(target, linked)
    if target.get("output") and not options.output:
        options.tag = []
    context = str(target.get("context"))
    if target.subdirectory not in ("", "."):
        context += f"{'' if '#' in context else '#'}:{target.subdirectory}"
    request = building.request_of(options, context, invocation.environ, invocation.engine.settings.platform)
    inline = target.get("dockerfile-inline")
    if inline is not None:
        data = str(inline).encode()
        request = request.replace(stdin=lambda: io.BytesIO(data))
    return request


def _call(invocation: Invocation, targets: Mapping[str, Target], names: list[str], display: Display) -> None:
    """`--call`: for each target its name, its description, and what is asked for."""
    from dockercompat.cli import build_calls

    name_of_call, _, rest = ("check" if invocation.options.check else invocation.options.call).partition(",")
    form = "json" if "format=json" in rest.split(",") else ""
    invocation.join()
    status = 0
    for number, name in enumerate(names):
        target = targets[name]
        call, _ = building.call_of(str(target.get("call")) if name_of_call in ("", "build") else name_of_call)
        try:
            request = _request(invocation, target, {})
            if number:
                print()
            print(name)
            if target.get("description"):
                print(target.get("description"))
            print(flush=True)
            shifted: Any = _Shifted(display)
            status = build_calls.call(invocation.engine, request, shifted, call, form) or status
        except BuildFailed as error:
            display.finish()
            raise ClientError(f"ERROR: {error}") from None
    if status:
        raise StatusOnly(status)


class _Shifted:
    """A display whose next steps have numbers of their own, whatever they are numbered."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self.shift = max(display.names, default=0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.display, name)

    def report(self, event: Event) -> None:
        self.display.report(event if event.kind == "tick" else event.replace(number=event.number + self.shift))


class _Telling(Listener):
    """Writes what happens in a build into a pipe."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def tell(self, *message: Any) -> None:
        data = pickle.dumps(message)
        data = len(data).to_bytes(4, "big") + data
        while data and self.fd >= 0:
            try:
                data = data[os.write(self.fd, data) :]
            except BrokenPipeError:  # nobody listens any more: this build is ended, and it still has to clean up
                self.fd = -1

    def report(self, event: Event) -> None:
        if event.kind != "tick":
            self.tell("event", event)

    def see(self, source: Source) -> None:
        self.tell("source", source)

    def planned(self, made: Plan) -> None:
        self.tell("findings", made.findings)


class _Worker:
    """A process that builds one target."""

    def __init__(self, name: str, pid: int, fd: int, request: Request) -> None:
        self.name, self.pid, self.fd = name, pid, fd
        self.buffer = b""
        self.numbers: dict[int, int] = {}
        self.source: Source | None = None
        self.built: Built | None = None
        self.failure: BuildFailed | None = None
        self.record = Recorded(Display(io.StringIO()))
        self.began_ns = time.time_ns()
        self.request = request


class _Bake:
    def __init__(self, invocation: Invocation, targets: Mapping[str, Target], display: Display, reporter: Reporter) -> None:
        self.invocation, self.targets, self.display, self.reporter = invocation, targets, display, reporter
        self.built: dict[str, Built] = {}
        self.workers: dict[int, _Worker] = {}
        self.started: set[str] = set()
        self.findings: list[Any] = []

    def run(self) -> dict[str, Built]:
        try:
            while True:
                self._start_ready()
                if not self.workers:
                    return self.built
                self._listen()
        except BaseException:
            self._end()
            raise

    def _start_ready(self) -> None:
        for name in sorted(self.targets):
            contexts = (self.targets[name].get("contexts") or {}).values()
            needs = [where.removeprefix("target:") for where in contexts if where.startswith("target:")]
            if name not in self.started and all(need in self.built for need in needs):
                self.started.add(name)
                self._start(name, {need: self.built[need].image_id for need in needs})

    def _start(self, name: str, linked: Mapping[str, str]) -> None:
        from dockercompat.build.build import build as verb

        try:
            request = _request(self.invocation, self.targets[name], linked)
        except BuildFailed as error:
            self.display.finish()
            raise ClientError(f"ERROR: {error}") from None
        engine = self.invocation.engine
        engine.db.close()  # a connection must not cross the fork
        read_fd, write_fd = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.close(read_fd)
                os.setpgid(0, 0)  # a Ctrl-C is for the parent, which ends each of them once
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, signal.default_int_handler)
                syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGINT)
                teller = _Telling(write_fd)
                status = _work(lambda: verb(engine, request, teller), teller)
            finally:
                os._exit(status)
        os.close(write_fd)
        self.workers[read_fd] = _Worker(name, pid, read_fd, request)

    def _listen(self) -> None:
        from dockercompat.build.solving.report import Event

        poller = select.poll()
        for fd in self.workers:
            poller.register(fd, select.POLLIN)
        for fd, _ in poller.poll(100):
            worker = self.workers[fd]
            data = os.read(fd, 1 << 16)
            if not data:
                self._finish(worker)
                continue
            worker.buffer += data
            while len(worker.buffer) >= 4:
                size = int.from_bytes(worker.buffer[:4], "big")
                if len(worker.buffer) < 4 + size:
                    break
                message = pickle.loads(worker.buffer[4 : 4 + size])
                worker.buffer = worker.buffer[4 + size :]
                self._hear(worker, *message)
        self.display.report(Event("tick", 0))

    def _hear(self, worker: _Worker, kind: str, value: Any) -> None:
        if kind == "event":
            worker.record.report(value)
            if value.kind == "start":
                self.reporter.count += 1
                worker.numbers[value.number] = self.reporter.count
                value = value.replace(name=self._prefixed(worker.name, value.name))
            self.display.report(value.replace(number=worker.numbers[value.number]))
        elif kind == "source":
            worker.source = value
            worker.record.see(value)
        elif kind == "findings":
            self.findings += value
            self.display.findings = tuple(self.findings)
        elif kind == "built":
            worker.built = value
        else:
            worker.failure = value

    def _prefixed(self, name: str, step: str) -> str:
        """The name of a step, with that of its target when there are several."""
        if len(self.targets) == 1:
            return step
        return f"[{name} {step[1:]}" if step.startswith("[") else f"[{name}] {step}"

    def _finish(self, worker: _Worker) -> None:
        os.close(worker.fd)
        os.waitpid(worker.pid, 0)
        del self.workers[worker.fd]
        engine = self.invocation.engine
        if worker.built is not None:
            remember(engine, worker.request, worker.record, worker.began_ns, "Completed", image_id=worker.built.image_id)
            self.built[worker.name] = worker.built
            return
        error = worker.failure or BuildFailed("the process of this build was killed")
        remember(engine, worker.request, worker.record, worker.began_ns, "Error", error)
        self._end()
        self.display.finish()
        self.display.source = worker.source
        sys.stderr.write(self.display.error_summary(error.lines, *error.others))
        prefix = f"target {worker.name}: " if len(self.targets) > 1 else ""
        raise ClientError(f"ERROR: {prefix}{error}")

    def _end(self) -> None:
        """End what still runs: each ends its own steps."""
        for worker in self.workers.values():
            try:
                os.kill(worker.pid, signal.SIGINT)
            except ProcessLookupError:
                continue
        for worker in self.workers.values():
            while os.read(worker.fd, 1 << 16):
                continue  # it says what it ends; nobody needs to know
            os.close(worker.fd)
            os.waitpid(worker.pid, 0)
        self.workers.clear()


def _work(verb: Callable[[], Built], teller: _Telling) -> int:
    """What a worker does; its exit status."""
    try:
        teller.tell("built", verb())
        return 0
    except BuildFailed as error:
        teller.tell("failed", BuildFailed(str(error), error.lines))
    except DockerError as error:
        teller.tell("failed", BuildFailed(str(error)))
    except KeyboardInterrupt:
        return 130
    return 1
