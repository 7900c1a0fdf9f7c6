"""Cache keys: over an operation, the layers that it works on and the content of what it takes from other trees."""

from __future__ import annotations

import time

from dockercompat.build.planning.graph import ContextOp, CopyOp, GitOp, UrlOp, digest_of
from dockercompat.build.solving import work
from dockercompat.build.solving.explain import Parts, reasons

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.build.planning.graph import Graph, Op, Vertex
    from dockercompat.build.solving.inputs import Inputs, Outcome
    from dockercompat.engine.engine import Engine


class Keys:
    """The keys of one graph's vertices. outcomes: what is solved so far, by digest; the solver adds to it."""

    def __init__(self, engine: Engine, graph: Graph, inputs: Inputs, outcomes: Mapping[str, Outcome]) -> None:
        self.engine = engine
        self.graph = graph
        self.inputs = inputs
        self.outcomes = outcomes
        self.contents: dict[str, str] = {}
        self.parts: dict[str, Parts] = {}

    def of(self, vertex: Vertex) -> str | None:
        """The cache key of a vertex whose inputs are solved, None when a worker has to look at content first. Raises BuildFailed."""
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

    def reasons(self, vertex: Vertex) -> list[str]:
        """Why a step has to be done."""
        if vertex.no_cache:
            return ["the cache is not to be used"]
        row = self.engine.db.one("SELECT parts FROM build_steps WHERE step = ?", (self._step(vertex),))
        before = Parts.from_text(row[0]) if row is not None else None
        return reasons(before, self.parts[vertex.digest], self.inputs.trees)

    def remember_parts(self, vertex: Vertex, now_ns: int) -> None:
        """Keep what the key was made of, for the reasons of the next build."""
        self.engine.db.execute(
            "INSERT OR REPLACE INTO build_steps (step, parts, used_ns) VALUES (?, ?, ?)",
            (self._step(vertex), self.parts[vertex.digest].to_text(), now_ns),
        )

    def remember_contents(self, vertex: Vertex, contents: list[list[Any]]) -> None:
        """Keep what a worker found the content of its inputs to be."""
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

    def forget_contents(self) -> None:
        """The caller's files have changed: they are looked at anew."""
        self.contents.clear()

    def _source_name(self, digest: str) -> str:
        vertex = self.graph.vertices.get(digest)
        if vertex is None:
            return "nothing"
        return vertex.op.name if isinstance(vertex.op, ContextOp) else vertex.name

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


def _is_apart(op: Op) -> bool:
    """Whether the layer of an operation is the same whatever it is laid over: a copy with --link that looks up no names."""
    return isinstance(op, CopyOp) and op.link and (not op.chown or op.chown.replace(":", "").isdigit())
