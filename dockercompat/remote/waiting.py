"""The end of a container that is about to be started: by /wait, and by events at engines whose /wait knows no conditions (before 1.30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.errors import DockerError
from dockercompat.remote import container
from dockercompat.remote.answer import Unreadable
from dockercompat.remote.client import filters_text
from dockercompat.spec.filter import Filters

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockercompat.remote.answer import Answer
    from dockercompat.remote.client import Remote

_UNTOLD = 125  # docker's status of a container whose end nobody told


def begin(engine: Remote, container_id: str, *, removes: bool) -> Callable[[], int]:
    """What waits for the end and gives the exit code; called before the start, so that a short life is not missed.

    removes  the container goes when it has ended, which is waited for
    """
    engine.negotiate()
    if engine.speaks("1.30"):
        answer = container.begin_wait(engine, container_id, "removed" if removes else "next-exit")
        return lambda: container.ended(answer)
    filters = Filters({"container": [container_id], "type": ["container"]})
    events = engine.request("GET", "/events", {"filters": filters_text(filters)})
    return lambda: _told(engine, container_id, events, removes=removes)


def _told(engine: Remote, container_id: str, events: Answer, *, removes: bool) -> int:
    code = _UNTOLD
    for message in events.messages():
        action = message.get("status") or message.get("Action")
        if action == "detach":
            return 0
        if action == "die":
            code = int(((message.get("Actor") or {}).get("Attributes") or {}).get("exitCode") or 0)
            if not removes:
                return code
            if not engine.speaks("1.25"):  # which does not do it itself
                try:
                    container.remove(engine, container_id, volumes=True)
                except DockerError:
                    return code
        elif action == "destroy":
            return code
    raise Unreadable("unexpected EOF")
