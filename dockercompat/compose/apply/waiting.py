"""A container that is waited for: until it runs, is healthy, or has done its work.

Source: docker/compose, pkg/compose/convergence.go.
"""

from __future__ import annotations

import time

from dockercompat.compose.plan import graph
from dockercompat.errors import Bare
from dockercompat.spec import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.compose.door import Door
    from dockercompat.compose.plan.step import Step

READY = "running_or_healthy"  # what --wait wants


class NotReady(Bare):
    """What a container is waited for won't come.

    container  its document, as inspect gives it, where it is that one's fault
    shown      what is said of it among the progress, "" for nothing
    skipped    the same where the dependency is an optional one; warning: what is said of that besides
    """

    def __init__(
        self, message: str, container: Mapping[str, Any] | None = None, *, shown: str = "Error", skipped: str = "", warning: str = ""
    ) -> None:
        super().__init__(message)
        self.container, self.shown, self.skipped, self.warning = container, shown, skipped, warning or skipped


class Wait:
    """One wait. look_at_s: when to look next, by the monotonic clock."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.look_at_s = 0.0
        limit_s = step.values.get("timeout_s")
        self._end_s = time.monotonic() + limit_s if limit_s else 0.0

    def look(self, door: Door) -> str:
        """The word for its end, "" when it is to go on.

        Raises  NotReady when what is waited for won't come, or not within the time that it has
        """
        if self._end_s and time.monotonic() > self._end_s:
            limit = duration.format(self.step.values["timeout_s"] * 1_000_000_000)
            raise NotReady(f"application not healthy after {limit}", shown="")
        document = door.verb("container.inspect")(door.engine, self.step.target)
        name, state = document["Name"].removeprefix("/"), document["State"]
        condition = self.step.values["condition"]
        if condition == graph.COMPLETED:
            return self._completed(document)
        if state["Status"] in ("exited", "dead"):
            raise self._failed(f"container {name} exited ({state['ExitCode']})", document)
        health = (state.get("Health") or {}).get("Status") or "none"
        if condition == READY and health == "none":
            return "Healthy" if state["Running"] and not state["Restarting"] else ""
        if health == "none":
            raise self._failed(f"container {name} has no healthcheck configured")
        if health == "unhealthy":
            raise self._failed(f"container {name} is unhealthy", document)
        return "Healthy" if health == "healthy" else ""

    def _failed(self, reason: str, container: Mapping[str, Any] | None = None) -> NotReady:
        if self.step.values["condition"] == READY:
            return NotReady(reason, container, shown="")
        skipped = f'optional dependency "{self.step.values["service"]}" failed to start'
        return NotReady(f"dependency failed to start: {reason}", container, skipped=skipped, warning=f"{skipped}: {reason}")

    def _completed(self, document: Mapping[str, Any]) -> str:
        state = document["State"]
        if state["Status"] not in ("exited", "dead"):
            return ""
        if state["ExitCode"]:
            failure = f'"{self.step.values["service"]}" didn\'t complete successfully: exit {state["ExitCode"]}'
            raise NotReady(f"service {failure}", document, shown=f"service {failure}", skipped=f"optional dependency {failure}")
        return "Exited"
