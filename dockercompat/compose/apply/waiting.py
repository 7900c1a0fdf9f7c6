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
    """What a container is waited for won't come. container: its id, "" where it is not that one's fault."""

    def __init__(self, message: str, container: str = "") -> None:
        super().__init__(message)
        self.container = container


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
            raise NotReady(f"application not healthy after {duration.format(self.step.values['timeout_s'] * 1_000_000_000)}")
        document = door.verb("container.inspect")(door.engine, self.step.target)
        name, state = document["Name"].removeprefix("/"), document["State"]
        condition = self.step.values["condition"]
        if condition == graph.COMPLETED:
            return self._completed(document["Id"], state)
        if state["Status"] in ("exited", "dead"):
            raise NotReady(f"{self._prefix}container {name} exited ({state['ExitCode']})", document["Id"])
        health = (state.get("Health") or {}).get("Status") or "none"
        if condition == READY and health == "none":
            return "Healthy" if state["Running"] and not state["Restarting"] else ""
        if health == "none":
            raise NotReady(f"{self._prefix}container {name} has no healthcheck configured")
        if health == "unhealthy":
            raise NotReady(f"{self._prefix}container {name} is unhealthy", document["Id"])
        return "Healthy" if health == "healthy" else ""

    @property
    def _prefix(self) -> str:
        return "" if self.step.values["condition"] == READY else "dependency failed to start: "

    def _completed(self, container: str, state: Mapping[str, Any]) -> str:
        if state["Status"] not in ("exited", "dead"):
            return ""
        if state["ExitCode"]:
            raise NotReady(f'service "{self.step.values["service"]}" didn\'t complete successfully: exit {state["ExitCode"]}', container)
        return "Exited"
