"""Solving a graph: what is in the cache is looked up, the rest is done by worker processes, independent branches side by side.

Only this process writes the database.
"""

from __future__ import annotations

import time

from dockercompat.build.planning.graph import SCRATCH, ContextOp, CopyOp, GitOp, ImageOp, RunOp, UrlOp
from dockercompat.build.solving import work
from dockercompat.build.solving.inputs import Outcome
from dockercompat.build.solving.keys import Keys
from dockercompat.build.solving.lookup import Results
from dockercompat.build.solving.report import Event
from dockercompat.build.solving.tree import glob_regex
from dockercompat.build.solving.workers import Workers
from dockercompat.engine.image import layers, stack
from dockercompat.errors import BuildFailed, RunFailed
from dockercompat.host.lock import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.build.planning.graph import Graph, Vertex
    from dockercompat.build.solving.inputs import Inputs
    from dockercompat.build.solving.report import Reporter
    from dockercompat.build.solving.workers import Job
    from dockercompat.engine.engine import Engine

_LOCK_POLL_S = 0.05
_TICK_S = 0.1
_RETRIES = 2  # so often files that change while they are read are read again


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
        self.keys = Keys(engine, graph, inputs, self.outcomes)
        self.results = Results(engine, inputs.imported, inputs.lease)
        self.workers = Workers(engine, inputs, self._source, self._told)
        self.numbers: dict[str, int] = {}
        self.untold: set[str] = set()  # base images that nothing has shown the need of
        self.waiting: dict[str, Lock] = {}
        self.retries: dict[str, int] = {}
        self.made = 0

    def solve(self) -> Mapping[str, Outcome]:
        """Do what is missing; the outcome of every vertex by its digest.

        Raises  BuildFailed with the lines of the instruction at fault; KeyboardInterrupt: everything is ended first
        """
        try:
            while self._advance() or self.workers.jobs:
                if self.workers.jobs or self.waiting:
                    for job in self.workers.listen(_LOCK_POLL_S if self.waiting else _TICK_S):
                        self._finish(job)
                    self.reporter.report(Event("tick", 0))
            for digest in list(self.untold):
                self._tell_base(digest, used=True)
            self.results.note_uses()
            return self.outcomes
        finally:
            for job in self.workers.end():
                if job.kind != "hash":
                    self.reporter.end("canceled", self._number(job.vertex))

    def _advance(self) -> bool:
        """Look at every vertex that has what it needs; True while some are not solved."""
        busy = {job.vertex.digest for job in self.workers.jobs}
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
                    busy = {job.vertex.digest for job in self.workers.jobs}
        return left

    def _consider(self, vertex: Vertex) -> bool:
        """Solve a vertex from the cache, or begin the work on it; True when it is solved."""
        op = vertex.op
        if isinstance(op, ImageOp):
            self.inputs.lease.take(op.diff_ids)
            stack.dirs(self.engine, op.diff_ids)
            self.outcomes[vertex.digest] = Outcome(op.diff_ids)
            self.untold.add(vertex.digest)
            return True
        if isinstance(op, ContextOp):
            number = self._number(vertex)
            if bad := self._bad_patterns(vertex):
                text = f"rpc error: code = Unknown desc = invalid includepatterns: [{bad}]: syntax error in pattern"
                self.reporter.end("error", number, text=text)
                raise BuildFailed(text)
            self.outcomes[vertex.digest] = Outcome((), tree_dir=self.inputs.trees[op.name].root)
            self.reporter.end("done", number)
            return True
        if isinstance(op, UrlOp | GitOp):
            self._start(vertex, op.kind, "", None)
            return False
        try:
            key = self.keys.of(vertex)
        except BuildFailed as error:
            self.reporter.end("error", self._number(vertex), text=str(error).removeprefix("failed to compute cache key: "))
            error.lines = vertex.lines
            raise
        if key is None:
            self._tell_bases(vertex, used=True)
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
        self._tell_inputs(vertex, used=True)
        if self.inputs.explains:
            for reason in self.keys.reasons(vertex):
                self.reporter.end("status", self._number(vertex), text=f"not in the cache: {reason}")
        self._start(vertex, "run" if isinstance(op, RunOp) else "copy" if isinstance(op, CopyOp) else "mkdir", key, lock)
        return False

    def _bad_patterns(self, context: Vertex) -> str:
        """The paths that are asked of a tree of the caller, "" when all are good patterns."""
        questions = [
            question
            for vertex in self.graph
            for index, digest in enumerate(vertex.inputs)
            if digest == context.digest
            for question in work.questions(vertex.op, index)
        ]
        asked = sorted({question.path.strip("/") for question in questions})
        if "" in asked or "." in asked:  # all of it is wanted, no pattern is sent
            return ""
        try:
            for question in questions:
                for part in question.path.split("/") if question.wildcards else ():
                    glob_regex(part)
        except BuildFailed:
            return " ".join(asked)
        return ""

    def _start(self, vertex: Vertex, kind: str, key: str, lock: Lock | None) -> None:
        if kind != "hash":
            self._number(vertex)
        self.workers.start(vertex, kind, key, lock)

    def _cached(self, vertex: Vertex, key: str) -> bool:
        found = self.results.find(vertex, key)
        if found is None:
            return False
        self._tell_inputs(vertex, used=False)
        self.reporter.end("cached", self._number(vertex))
        self.outcomes[vertex.digest] = Outcome((*self.outcomes[vertex.inputs[0]].diff_ids, found.diff_id), found.created_ns, key=key)
        return True

    def _tell_inputs(self, vertex: Vertex, *, used: bool) -> None:
        """Report what is there without work before the vertex itself: base images and inline documents. used: the vertex has to be done."""
        self._tell_bases(vertex, used=used)
        if vertex.digest not in self.numbers:
            for _ in range(vertex.op.documents()):
                with self.reporter.step("[internal] preparing inline document"):
                    pass

    def _tell_bases(self, vertex: Vertex, *, used: bool) -> None:
        for digest in vertex.inputs:
            if digest in self.untold:
                self._tell_base(digest, used=used)

    def _tell_base(self, digest: str, *, used: bool) -> None:
        """Report a base image: cached when something is done with it now, and it was before."""
        self.untold.discard(digest)
        number = self._number(self.graph.vertices[digest])
        self.reporter.end("cached" if used and self.results.was_used(self.outcomes[digest].diff_ids) else "done", number)

    def _number(self, vertex: Vertex) -> int:
        if vertex.digest not in self.numbers:
            self.numbers[vertex.digest] = self.reporter.start(vertex.name, vertex.digest)
        return self.numbers[vertex.digest]

    def _source(self, digest: str) -> work.Source:
        """An input as a worker sees it: directories of layers, top first, or a tree of the caller."""
        vertex = self.graph.vertices.get(digest)
        if vertex is not None and isinstance(vertex.op, ContextOp):
            return work.Source(tree=self.inputs.trees[vertex.op.name])
        outcome = self.outcomes[digest]
        if outcome.tree_dir:
            return work.Source(plain_dir=outcome.tree_dir)
        return work.Source(layer_dirs=tuple(reversed(stack.dirs(self.engine, outcome.diff_ids))))

    def _told(self, job: Job, text: str, is_error: bool) -> None:
        seconds = time.monotonic() - job.began
        self.reporter.report(Event("log", self._number(job.vertex), text=text, seconds=seconds, is_error=is_error))

    def _finish(self, job: Job) -> None:
        answer = self.workers.take(job)
        vertex = job.vertex
        try:
            if "error" in answer:
                self.reporter.end("error", self._number(vertex), text=answer["error"].removeprefix("failed to compute cache key: "))
                if "status" in answer:
                    if self.inputs.shell:
                        self.reporter.report(Event("shell", self._number(vertex)))
                        self.workers.open_shell(job)
                    raise RunFailed(answer["args"], answer["status"], vertex.lines)
                raise BuildFailed(answer["error"], vertex.lines)
            if job.kind == "hash":
                self.keys.remember_contents(vertex, answer["contents"])
            elif job.kind in ("url", "git"):
                self.outcomes[vertex.digest] = Outcome((), tree_dir=answer["tree_dir"], content=answer["content"])
                self.reporter.end("done", self._number(vertex), seconds=time.monotonic() - job.began)
            elif job.kind == "copy" and answer.get("changed") and self._again(job):
                return
            else:
                self._keep(job, answer, known=not answer.get("changed"))
        finally:
            if job.lock is not None:
                job.lock.release(remove=True)

    def _again(self, job: Job) -> bool:
        """Whether a copy of files that changed since their content was looked at is to be done anew: not for ever, they may never rest."""
        number = self.retries.get(job.vertex.digest, 0)
        if number >= _RETRIES:
            return False
        self.retries[job.vertex.digest] = number + 1
        self.keys.forget_contents()
        return True

    def _keep(self, job: Job, answer: dict[str, Any], *, known: bool) -> None:
        """Take a finished layer into the store and record it, in one transaction with the cache entry.

        known  its content is what its key says; else it serves this build alone
        """
        vertex = job.vertex
        diff_id, size = answer["diff_id"], answer["size"]
        self.inputs.lease.take((diff_id,))
        layers.adopt(self.engine, f"{job.directory}/layer", diff_id)
        with self.engine.db.transaction():
            layers.record(self.engine, diff_id, size)
            now = self.results.record(vertex, job.key, diff_id, size) if known else time.time_ns()
            self.keys.remember_parts(vertex, now)
        self.made += 1
        self.outcomes[vertex.digest] = Outcome((*self.outcomes[vertex.inputs[0]].diff_ids, diff_id), now, key=job.key if known else "")
        self.reporter.end("done", self._number(vertex), seconds=time.monotonic() - job.began)
