"""Solving a graph: what is in the cache is looked up, the rest is done by worker processes, independent branches side by side.

A vertex's cache key is over its operation, the layers that it works on and the content of what it takes from other trees. Workers have
mount and pid namespaces of their own: however one ends, nothing that it mounted or started is left. Only this process writes the database.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time

from dockercompat.build.planning.graph import SCRATCH, ContextOp, CopyOp, GitOp, ImageOp, RunOp, UrlOp, digest_of
from dockercompat.build.solving import work
from dockercompat.build.solving.explain import Parts, reasons
from dockercompat.engine.image import layers, stack
from dockercompat.errors import BuildFailed, RunFailed
from dockercompat.host.lock import Lock
from dockercompat.kernel import syscall
from dockercompat.record import Record
from dockercompat.storage import driver as drivers
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping
    from typing import Any

    from dockercompat.build.planning.graph import Graph, Op, Vertex
    from dockercompat.build.solving.imported import Imported
    from dockercompat.build.solving.tree import Tree
    from dockercompat.engine.engine import Engine

_LOCK_POLL_S = 0.05
_TICK_S = 0.1
_RETRIES = 2  # so often files that change while they are read are read again
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP)
_USED_NS = 60_000_000_000  # a use within this time of the last one is not written down


class Event(Record):
    """What happened to a step, for progress.

    kind  start, log, status, done, cached, error, canceled, failed (which the build bears),
          shell (the person gets a shell), tick (time has passed)
    """

    kind: str
    number: int
    name: str = ""
    text: str = ""
    seconds: float = 0.0
    vertex: str = ""


class Secret(Record):
    """Where `--secret` takes a secret from: a file, or the text itself."""

    path: str = ""
    text: str | None = None


class Inputs(Record):
    """What the caller gives besides the graph.

    trees    name of a context -> its tree
    secrets  by id; ssh: id -> path of an agent's socket
    imported  cache that is kept elsewhere
    origin    what tells one Dockerfile's steps from another's, for explanations
    explains  say why steps were not found in the cache
    shell     open a shell where a step failed
    """

    trees: Mapping[str, Tree]
    secrets: Mapping[str, Secret]
    ssh: Mapping[str, str]
    imported: Imported | None = None
    origin: str = ""
    explains: bool = False
    shell: bool = False


class Outcome(Record):
    """What a vertex gave: a stack of layers (base first), or a tree of files. key: its cache key, "" where it made no layer."""

    diff_ids: tuple[str, ...]
    created_ns: int = 0
    tree_dir: str = ""
    content: str = ""
    key: str = ""


class Reporter:
    """Numbers steps in the order in which they begin."""

    def __init__(self, report: Callable[[Event], None]) -> None:
        self.report = report
        self.count = 0

    def start(self, name: str, vertex: str = "") -> int:
        self.count += 1
        self.report(Event("start", self.count, name, vertex=vertex))
        return self.count

    def end(self, kind: str, number: int, *, text: str = "", seconds: float = 0.0) -> None:
        self.report(Event(kind, number, text=text, seconds=seconds))

    def step(self, name: str) -> Step:
        """A step that this process does itself: `with reporter.step("[internal] ...") as step: step.log(...)`."""
        return Step(self, name)


class Step:
    def __init__(self, reporter: Reporter, name: str) -> None:
        self.reporter = reporter
        self.name = name

    def __enter__(self) -> Step:
        self.began = time.monotonic()
        self.number = self.reporter.start(self.name)
        self.failed = ""
        return self

    def log(self, text: str) -> None:
        """A line without a time before it."""
        self.reporter.end("status", self.number, text=text)

    def fail(self, text: str) -> None:
        """The step failed, which the build bears."""
        self.failed = text

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        seconds = time.monotonic() - self.began
        if self.failed:
            self.reporter.end("failed", self.number, text=self.failed)
        elif error is None:
            self.reporter.end("done", self.number, seconds=seconds)
        elif isinstance(error, KeyboardInterrupt):
            self.reporter.end("canceled", self.number)
        else:
            self.reporter.end("error", self.number, text=str(error))


class _Job:
    """A worker process at work on a vertex."""

    def __init__(self, vertex: Vertex, kind: str, key: str, lock: Lock | None) -> None:
        self.vertex = vertex
        self.kind = kind
        self.key = key
        self.lock = lock
        self.pid = 0
        self.fd = -1
        self.directory = ""
        self.buffer = b""
        self.began = time.monotonic()
        self.answer: dict[str, Any] | None = None


class Solver:
    """Solves one graph.

    engine    its process has joined the holder and has one thread
    no_cache  vertices that say so are done anew, their results are recorded all the same
    """

    def __init__(self, engine: Engine, graph: Graph, inputs: Inputs, reporter: Reporter) -> None:
        self.engine = engine
        self.graph = graph
        self.inputs = inputs
        self.reporter = reporter
        self.outcomes: dict[str, Outcome] = {SCRATCH: Outcome(())}
        self.numbers: dict[str, int] = {}
        self.jobs: list[_Job] = []
        self.waiting: dict[str, Lock] = {}
        self.uses: list[str] = []
        self.contents: dict[str, str] = {}
        self.parts: dict[str, Parts] = {}
        self.directory = ""
        self.guard: Lock | None = None
        self.retries: dict[str, int] = {}
        self.made = 0

    def solve(self) -> Mapping[str, Outcome]:
        """Do what is missing; the outcome of every vertex by its digest.

        Raises  BuildFailed with the lines of the instruction at fault; KeyboardInterrupt: everything is ended first
        """
        try:
            while self._advance() or self.jobs:
                if self.jobs or self.waiting:
                    self._listen(_LOCK_POLL_S if self.waiting else _TICK_S)
                    self.reporter.report(Event("tick", 0))
            self._note_uses()
            return self.outcomes
        finally:
            self._end()

    # -- cache --------------------------------------------------------------------------------------------------------

    def _advance(self) -> bool:
        """Look at every vertex that has what it needs; True while some are not solved."""
        busy = {job.vertex.digest for job in self.jobs}
        left = False
        moved = True
        while moved:
            moved = False
            left = False
            for vertex in self.graph:
                if vertex.digest in self.outcomes:
                    continue
                left = True
                if vertex.digest in busy or any(each not in self.outcomes for each in vertex.inputs):
                    continue
                if self._consider(vertex):
                    moved = True
                else:
                    busy = {job.vertex.digest for job in self.jobs}
        return left

    def _consider(self, vertex: Vertex) -> bool:
        """Solve a vertex from the cache, or begin the work on it; True when it is solved."""
        op = vertex.op
        if isinstance(op, ImageOp):
            number = self._number(vertex)
            stack.dirs(self.engine, op.diff_ids)
            self.outcomes[vertex.digest] = Outcome(op.diff_ids)
            self.reporter.end("done", number)
            return True
        if isinstance(op, ContextOp):
            number = self._number(vertex)
            self.outcomes[vertex.digest] = Outcome((), tree_dir=self.inputs.trees[op.name].root)
            self.reporter.end("done", number)
            return True
        if isinstance(op, UrlOp | GitOp):
            self._start(vertex, op.kind, "", None)
            return False
        try:
            key = self._key(vertex)
        except BuildFailed as error:
            self.reporter.end("error", self._number(vertex), text=str(error).removeprefix("failed to compute cache key: "))
            raise BuildFailed(str(error), vertex.lines) from None
        if key is None:
            self._start(vertex, "hash", "", None)
            return False
        if not vertex.no_cache and self._cached(vertex, key):
            self.waiting.pop(key, None)
            return True
        lock = self.waiting.get(key) or Lock(f"{self.engine.paths.locks_dir}/build-{key[:32]}")
        if not lock.acquire(block=False):  # another build is at it: its result will do
            self.waiting[key] = lock
            return False
        self.waiting.pop(key, None)
        if not vertex.no_cache and self._cached(vertex, key):
            lock.release(remove=True)
            return True
        if self.inputs.explains:
            self._explain(vertex)
        self._start(vertex, "run" if isinstance(op, RunOp) else "copy" if isinstance(op, CopyOp) else "mkdir", key, lock)
        return False

    def _key(self, vertex: Vertex) -> str | None:
        """The cache key, None when content has to be looked at first by a worker."""
        definition = vertex.op.definition()
        parts: list[object] = [definition]
        below = ""
        contents: list[tuple[str, str, str]] = []
        for index, each in enumerate(vertex.inputs):
            if index == 0:
                if not _is_apart(vertex.op):
                    parts.append(self.outcomes[each].diff_ids)
                    below = digest_of(self.outcomes[each].diff_ids)
                continue
            for question in work.questions(vertex.op, index):
                content = self._content(each, question)
                if content is None:
                    return None
                parts.append(content)
                contents.append((self._source_name(each), question.path, content))
        self.parts[vertex.digest] = Parts(definition, below, tuple(contents))
        return digest_of(parts)

    def _source_name(self, digest: str) -> str:
        vertex = self.graph.vertices.get(digest)
        if vertex is None:
            return "nothing"
        return vertex.op.name if isinstance(vertex.op, ContextOp) else vertex.name

    def _explain(self, vertex: Vertex) -> None:
        """Say why a step has to be done."""
        now = self.parts[vertex.digest]
        row = self.engine.db.one("SELECT parts FROM build_steps WHERE step = ?", (self._step(vertex),))
        before = Parts.from_text(row[0]) if row is not None else None
        why = ["the cache is not to be used"] if vertex.no_cache else reasons(before, now, self.inputs.trees)
        for reason in why:
            self.reporter.end("status", self._number(vertex), text=f"not in the cache: {reason}")

    def _step(self, vertex: Vertex) -> str:
        """What this step is called from build to build: its place among the steps of its stage."""
        return digest_of([self.inputs.origin, vertex.name.partition("]")[0]])

    def _content(self, digest: str, question: work.Question) -> str | None:
        """The digest of what is taken from an input, None when a worker has to find it."""
        source = self.graph.vertices[digest].op if digest else None
        outcome = self.outcomes[digest]
        if isinstance(source, UrlOp | GitOp):
            return outcome.content
        memory = digest_of([source.definition() if isinstance(source, ContextOp) else outcome.diff_ids, question.to_json()])
        known = self.contents.get(memory)
        if known is None:
            if isinstance(source, ContextOp):
                known = work.content_of(self.inputs.trees[source.name], question)
            else:
                row = self.engine.db.one("SELECT content FROM build_content WHERE key = ?", (memory,))
                if row is None:
                    return None
                known = str(row[0])
            self.contents[memory] = known
        return known

    def _cached(self, vertex: Vertex, key: str) -> bool:
        row = self._cache_row(key)
        if (row is None or not os.path.isdir(stack.layer_dir(self.engine, json.loads(row[0])["layer"]))) and self._import(vertex, key):
            row = self._cache_row(key)
        if row is None:
            return False
        diff_id = json.loads(row[0])["layer"]
        if not os.path.isdir(stack.layer_dir(self.engine, diff_id)):
            return False
        if time.time_ns() - row[2] > _USED_NS:
            self.uses.append(key)
        self.reporter.end("cached", self._number(vertex))
        self.outcomes[vertex.digest] = Outcome((*self.outcomes[vertex.inputs[0]].diff_ids, diff_id), row[1], key=key)
        return True

    def _cache_row(self, key: str) -> sqlite3.Row | None:
        return self.engine.db.one("SELECT result, created_ns, used_ns FROM build_cache WHERE key = ?", (key,))

    def _import(self, vertex: Vertex, key: str) -> bool:
        """Take a result from a cache that is kept elsewhere; whether there was one."""
        remote = self.inputs.imported.get(key) if self.inputs.imported is not None else None
        if remote is None or self.inputs.imported is None or not self.inputs.imported.bring(remote):
            return False
        row = self.engine.db.one("SELECT size_bytes FROM layers WHERE diff_id = ?", (remote.diff_id,))
        self._record(vertex, key, remote.diff_id, row[0] if row is not None else 0)
        return True

    def _record(self, vertex: Vertex, key: str, diff_id: str, size: int) -> int:
        """Note a cache entry; when it was made."""
        now = time.time_ns()
        self.engine.db.execute(
            "INSERT OR REPLACE INTO build_cache (key, result, created_ns, used_ns, uses, size_bytes, description)"
            " VALUES (?, ?, ?, ?, 0, ?, ?)",
            (key, json.dumps({"layer": diff_id}), now, now, size, vertex.name),
        )
        return now

    def _note_uses(self) -> None:
        if self.uses:
            now = time.time_ns()
            self.engine.db.execute_many(
                "UPDATE build_cache SET used_ns = ?, uses = uses + 1 WHERE key = ?", [(now, key) for key in self.uses]
            )

    def _number(self, vertex: Vertex) -> int:
        if vertex.digest not in self.numbers:
            self.numbers[vertex.digest] = self.reporter.start(vertex.name, vertex.digest)
        return self.numbers[vertex.digest]

    # -- workers ------------------------------------------------------------------------------------------------------

    def _start(self, vertex: Vertex, kind: str, key: str, lock: Lock | None) -> None:
        if not self.directory:
            self._make_directory()
        job = _Job(vertex, kind, key, lock)
        job.directory = f"{self.directory}/{len(os.listdir(self.directory))}-{kind}"
        os.mkdir(job.directory, 0o700)
        if kind != "hash":
            self._number(vertex)
        task = self._task(vertex, kind, job.directory)
        self.engine.db.close()  # a connection must not cross the fork
        read_fd, write_fd = os.pipe()
        parent = os.getpid()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # else a worker could begin that nobody knows of
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.setsid()
                for number in _ENDING:
                    signal.signal(number, signal.SIG_DFL)
                signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
                syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGKILL)
                os.close(read_fd)
                if os.getppid() == parent:
                    status = work.perform(task, write_fd)
            finally:
                os._exit(status)
        os.close(write_fd)
        job.pid, job.fd = pid, read_fd
        self.jobs.append(job)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def _task(self, vertex: Vertex, kind: str, directory: str) -> work.Task:
        return work.Task(
            kind,
            vertex.op,
            tuple(self._source(each) for each in vertex.inputs),
            directory,
            self.engine.paths,
            self._driver(),
            self.inputs.secrets,
            self.inputs.ssh,
        )

    def _open_shell(self, job: _Job) -> None:
        """Let the person look around where a step failed; what is done there is thrown away."""
        self.reporter.report(Event("shell", self._number(job.vertex)))
        base = job.directory
        directory = f"{base}-shell"
        os.mkdir(directory, 0o700)
        task = self._task(job.vertex, "shell", directory)
        changes = self._driver().finish_layer(task.sources[0].layer_dirs, f"{base}/c")
        below = work.Source(layer_dirs=(changes, *task.sources[0].layer_dirs))
        self.engine.db.close()
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        pid = os.fork()
        if pid == 0:
            try:
                syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGKILL)
                work.perform(task.replace(sources=(below, *task.sources[1:])), os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC))
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        signal.signal(signal.SIGINT, before)

    def _source(self, digest: str) -> work.Source:
        """An input as a worker sees it: directories of layers, top first, or a tree of the caller."""
        vertex = self.graph.vertices.get(digest)
        if vertex is not None and isinstance(vertex.op, ContextOp):
            return work.Source(tree=self.inputs.trees[vertex.op.name])
        outcome = self.outcomes[digest]
        if outcome.tree_dir:
            return work.Source(plain_dir=outcome.tree_dir)
        return work.Source(layer_dirs=tuple(reversed(stack.dirs(self.engine, outcome.diff_ids))))

    def _driver(self) -> drivers.Driver:
        return drivers.choose(self.engine.paths, self.engine.settings.storage_driver)

    def _make_directory(self) -> None:
        """A directory of this build, with a lock on it that says that the build lives."""
        temp_dir = self.engine.paths.temp_dir
        remove_stale(self.engine)
        name = f"build-{os.getpid()}-{os.urandom(4).hex()}"
        self.guard = Lock(f"{self.engine.paths.locks_dir}/{name}")
        self.guard.acquire()
        os.mkdir(f"{temp_dir}/{name}", 0o700)
        self.directory = f"{temp_dir}/{name}"

    def _listen(self, timeout_s: float) -> None:
        poller = select.poll()
        by_fd = {job.fd: job for job in self.jobs}
        for fd in by_fd:
            poller.register(fd, select.POLLIN)
        for fd, _ in poller.poll(timeout_s * 1000):
            job = by_fd[fd]
            data = os.read(fd, 1 << 16)
            if not data:
                self._finish(job)
                continue
            job.buffer += data
            *lines, job.buffer = job.buffer.split(b"\n")
            for line in lines:
                self._hear(job, json.loads(line))

    def _hear(self, job: _Job, message: dict[str, Any]) -> None:
        if "log" in message:
            seconds = time.monotonic() - job.began
            self.reporter.report(Event("log", self._number(job.vertex), text=message["log"], seconds=seconds))
        else:
            job.answer = message

    def _finish(self, job: _Job) -> None:
        os.close(job.fd)
        os.waitpid(job.pid, 0)
        self.jobs.remove(job)
        answer = job.answer or {"error": "the worker of this step was killed"}
        vertex = job.vertex
        try:
            if "error" in answer:
                self.reporter.end("error", self._number(vertex), text=answer["error"].removeprefix("failed to compute cache key: "))
                if "status" in answer:
                    if self.inputs.shell:
                        self._open_shell(job)
                    raise RunFailed(answer["args"], answer["status"], vertex.lines)
                raise BuildFailed(answer["error"], vertex.lines)
            if job.kind == "hash":
                self._remember_contents(vertex, answer["contents"])
            elif job.kind in ("url", "git"):
                self.outcomes[vertex.digest] = Outcome((), tree_dir=answer["tree_dir"], content=answer["content"])
                self.reporter.end("done", self._number(vertex), seconds=time.monotonic() - job.began)
            elif answer.get("changed") and self._again(job):
                return
            else:
                self._keep(job, answer, known=not answer.get("changed"))
        finally:
            if job.lock is not None:
                job.lock.release(remove=True)

    def _again(self, job: _Job) -> bool:
        """Whether a copy of files that changed since their content was looked at is to be done anew: not for ever, they may never rest."""
        number = self.retries.get(job.vertex.digest, 0)
        if number >= _RETRIES:
            return False
        self.retries[job.vertex.digest] = number + 1
        self.contents.clear()
        return True

    def _remember_contents(self, vertex: Vertex, contents: list[list[Any]]) -> None:
        now = time.time_ns()
        rows = []
        for index, each in enumerate(vertex.inputs):
            outcome = self.outcomes[each]
            for question in work.questions(vertex.op, index):
                for number, asked, content in contents:
                    if number == index and asked == question.to_json():
                        memory = digest_of([outcome.diff_ids, question.to_json()])
                        self.contents[memory] = content
                        rows.append((memory, content, now))
        self.engine.db.execute_many("INSERT OR REPLACE INTO build_content (key, content, used_ns) VALUES (?, ?, ?)", rows)

    def _keep(self, job: _Job, answer: dict[str, Any], *, known: bool) -> None:
        """Take a finished layer into the store and record it, in one transaction with the cache entry.

        known  its content is what its key says; else it serves this build alone
        """
        vertex = job.vertex
        diff_id, size = answer["diff_id"], answer["size"]
        layers.adopt(self.engine, f"{job.directory}/layer", diff_id)
        with self.engine.db.transaction():
            layers.record(self.engine, diff_id, size)
            now = self._record(vertex, job.key, diff_id, size) if known else time.time_ns()
            self.engine.db.execute(
                "INSERT OR REPLACE INTO build_steps (step, parts, used_ns) VALUES (?, ?, ?)",
                (self._step(vertex), self.parts[vertex.digest].to_text(), now),
            )
        self.made += 1
        self.outcomes[vertex.digest] = Outcome((*self.outcomes[vertex.inputs[0]].diff_ids, diff_id), now, key=job.key if known else "")
        self.reporter.end("done", self._number(vertex), seconds=time.monotonic() - job.began)

    def _end(self) -> None:
        """End the workers that still run, and remove what they made."""
        for job in self.jobs:
            try:
                os.kill(job.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for job in self.jobs:
            os.waitpid(job.pid, 0)
            os.close(job.fd)
            if job.lock is not None:
                job.lock.release(remove=True)
            if job.kind != "hash":
                self.reporter.end("canceled", self._number(job.vertex))
        self.jobs = []
        if self.directory:
            remove_tree(self.directory)
            self.directory = ""
        if self.guard is not None:
            self.guard.release(remove=True)
            self.guard = None


def remove_stale(engine: Engine) -> None:
    """Remove the directories that killed builds left."""
    for name in os.listdir(engine.paths.temp_dir):
        if name.startswith("build-"):
            lock = Lock(f"{engine.paths.locks_dir}/{name}")
            if lock.acquire(block=False):
                remove_tree(f"{engine.paths.temp_dir}/{name}")
                lock.release(remove=True)
    contexts_dir = f"{engine.paths.data_dir}/build/contexts"
    for name in os.listdir(contexts_dir) if os.path.isdir(contexts_dir) else ():
        pid = name.rpartition(".")[2]
        if pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            os.unlink(f"{contexts_dir}/{name}")


def _is_apart(op: Op) -> bool:
    """Whether the layer of an operation is the same whatever it is laid over: a copy with --link that looks up no names."""
    return isinstance(op, CopyOp) and op.link and (not op.chown or op.chown.replace(":", "").isdigit())
