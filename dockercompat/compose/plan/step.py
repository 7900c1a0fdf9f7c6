"""A step of a plan: what is done, to what, and after which other steps."""

from __future__ import annotations

from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any


# kind: the words while it is done ("" where nothing is said) and after it, as docker compose prints them
WORDS = {
    "pull": ("Pulling", "Pulled"),
    "push": ("Pushing", "Pushed"),
    "build": ("Building", "Built"),
    "network.create": ("Creating", "Created"),
    "network.remove": ("Removing", "Removed"),
    "volume.create": ("Creating", "Created"),
    "volume.remove": ("Removing", "Removed"),
    "image.remove": ("Removing", "Removed"),
    "container.create": ("Creating", "Created"),
    "container.recreate": ("Recreate", "Recreated"),
    "container.start": ("Starting", "Started"),
    "container.restart": ("Restarting", "Started"),
    "container.stop": ("Stopping", "Stopped"),
    "container.kill": ("Killing", "Killed"),
    "container.pause": ("", "Paused"),
    "container.unpause": ("", "Unpaused"),
    "container.remove": ("Removing", "Removed"),
    "container.wait": ("Waiting", "Healthy"),
}


class Step(Record):
    """One change.

    key      names it among the steps of its plan
    kind     a key of WORDS
    subject  what it is about, as progress shows it: "Container web-db-1"
    target   the name or id that the engine is given
    needs    keys of the steps that come first
    values   what else it takes, by kind; JSON values
    """

    key: str
    kind: str
    subject: str
    target: str
    needs: tuple[str, ...] = ()
    values: Mapping[str, Any] = {}

    @property
    def doing(self) -> str:
        return WORDS[self.kind][0]

    @property
    def done(self) -> str:
        return WORDS[self.kind][1]


def text(steps: Iterable[Step]) -> list[str]:
    """A plan in words, a line for each beginning and each end, in an order in which it could be carried out."""
    lines = []
    for step in in_order(steps):
        lines += [f"{step.subject} {word}" for word in (step.doing, step.done) if word]
    return lines


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Steps so that each comes after those that it needs; else as they are. Needs that are no steps count as done."""
    left = {step.key: step for step in steps}
    ordered: list[Step] = []
    while left:
        ready = [step for step in left.values() if not any(need in left for need in step.needs)]
        if not ready:
            raise ValueError(f"steps wait for each other: {', '.join(left)}")
        for step in ready:
            ordered.append(left.pop(step.key))
    return ordered
