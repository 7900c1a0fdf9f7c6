"""Swarm's nouns and managed plugins, as an engine answers that is in no swarm and has no plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.errors import NoSuchPlugin, NotASwarmManager, NotImplementedHere, NotInSwarm

if TYPE_CHECKING:
    from typing import Any

    from dockercompat.api.call import Call


def not_a_manager(call: Call) -> None:
    raise NotASwarmManager


def not_in_swarm(call: Call) -> None:
    raise NotInSwarm


def refused(call: Call) -> None:
    raise NotImplementedHere("a rootless engine without a daemon can be in no swarm")


def no_plugins(call: Call) -> list[Any]:
    return []


def no_plugin(call: Call) -> None:
    raise NoSuchPlugin(call.params["name"])
