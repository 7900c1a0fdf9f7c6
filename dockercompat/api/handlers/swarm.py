"""Swarm's nouns as an engine answers that is in no swarm: what is wrong with a request comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.errors import DockerError, InvalidParameter, NotASwarmManager, NotImplementedHere, NotInSwarm
from dockercompat.spec.number import quoted

if TYPE_CHECKING:
    from dockercompat.api.call import Call


def not_a_manager(call: Call) -> None:
    raise NotASwarmManager


def not_in_swarm(call: Call) -> None:
    raise NotInSwarm


def update(call: Call) -> None:
    """Every object of a swarm is changed at a version."""
    call.json(required=False)
    kind = call.params.get("kind", "swarm").removesuffix("s")
    text = call.text("version")
    if not (text.isascii() and text.isdigit()):
        if kind in ("secret", "config"):
            raise InvalidParameter(f"invalid {kind} version")
        raise InvalidParameter(f"invalid {kind} version '{text}': strconv.ParseUint: parsing {quoted(text)}: invalid syntax")
    raise NotASwarmManager


def logs(call: Call) -> None:
    if not (call.flag("stdout") or call.flag("stderr")):
        raise DockerError("Bad parameters: you must choose at least one stream")
    raise NotASwarmManager


def init(call: Call) -> None:
    _refuse(str(call.json(required=False).get("ListenAddr") or ""))


def join(call: Call) -> None:
    body = call.json(required=False)
    address = str(body.get("ListenAddr") or "")
    if address and not body.get("RemoteAddrs"):
        raise InvalidParameter("at least 1 RemoteAddr is required to join")
    _refuse(address)


def _refuse(address: str) -> None:
    if not address:
        raise InvalidParameter('invalid ListenAddr "": invalid empty address')
    raise NotImplementedHere("a rootless engine without a daemon can be in no swarm")
