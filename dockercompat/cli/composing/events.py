"""What is told of a project's change while it goes on: of a step of its plan, or of a layer within a pull or a push.

Source: docker/compose v2.40.3, pkg/progress/event.go, pkg/compose/pull.go and push.go.
"""

from __future__ import annotations

from dockercompat.cli.progress import shown_bar
from dockercompat.compose.apply.runner import ERROR, NOTE
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.compose.plan.step import Step

WORKING, DONE, WARNED, FAILED = "working", "done", "warned", "failed"
_ENDS = ("ed", "Built", "Healthy", "Running", "Resource is still in use")  # of words that say that something is over
_LAYER_ENDS = ("Download complete", "Already exists", "Pull complete", "Pushed", "Layer already exists")
_BAR_COLUMNS = 200  # as wide as a bar is written where no terminal is


class Event(Record):
    """One change of one subject.

    text     of pulls and pushes: what is done ("Pulling")
    status   of all others what is done ("Created"); else what there is to say besides
    parent   the subject that it belongs to, of a layer
    current  bytes done, of total; 0 for what has no size
    """

    subject: str
    text: str = ""
    status: str = ""
    state: str = WORKING
    parent: str = ""
    current: int = 0
    total: int = 0
    percent: int = 0


def of_step(step: Step, word: str, details: str) -> Event | None:
    """What a runner tells of a step, None where nobody is told: a push speaks by its layers alone."""
    if step.kind == "pull" and word not in (NOTE, "Interrupted"):
        return Event(step.subject, "Error" if word == ERROR else word, details, _state(word))
    if step.kind == "push":
        return Event(step.subject, "", details, FAILED) if details else None
    text = " ".join(filter(None, ("" if word in (ERROR, NOTE) else word, details)))
    return Event(step.subject, "", text, _state(word)) if text else None


def of_message(step: Step, message: Mapping[str, Any]) -> Event | None:
    """One of the engine's JSON messages about a layer; None for its others."""
    if not message.get("id") or "progressDetail" not in message or step.values.get("quiet"):
        return None
    detail = message["progressDetail"] or {}
    current, total, text = detail.get("current") or 0, detail.get("total") or 0, message["status"]
    done = text.startswith(_LAYER_ENDS) or text.startswith("Mounted from")
    return Event(
        message["id"] if step.kind == "pull" else f"Pushing {step.target}: {message['id']}",
        text,
        shown_bar(current, total, _BAR_COLUMNS),
        DONE if done else WORKING,
        step.subject if step.kind == "pull" else "",
        current,
        total,
        100 if done else current * 100 // total if total else 0,
    )


def of_word(subject: str, word: str, details: str = "") -> Event:
    """Something that has come to be or begun."""
    return Event(subject, "", " ".join(filter(None, (word, details))), _state(word))


def _state(word: str) -> str:
    if word in (ERROR, "Error", "Interrupted"):
        return FAILED
    return WARNED if word == "Warning" else DONE if word.endswith(_ENDS) or word.startswith("Skipped") else WORKING
