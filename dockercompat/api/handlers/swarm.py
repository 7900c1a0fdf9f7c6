"""Swarm's nouns as an engine answers that is in no swarm: what is wrong with a request comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.errors import DockerError, InvalidParameter, NotASwarmManager, NotImplementedHere, NotInSwarm
from dockercompat.spec.number import FALSE, TRUE, quoted

if TYPE_CHECKING:
    from dockercompat.api.call import Call

_IN_NONE = "a rootless engine without a daemon can be in no swarm"
_SPECS = {
    "swarm": "swarm.Spec",
    "nodes": "swarm.NodeSpec",
    "services": "swarm.ServiceSpec",
    "secrets": "swarm.SecretSpec",
    "configs": "swarm.ConfigSpec",
}


def not_a_manager(call: Call) -> None:
    raise NotASwarmManager


def not_in_swarm(call: Call) -> None:
    raise NotInSwarm


def list(call: Call) -> None:
    call.filters()
    if call.params["kind"] == "services":
        call.strict_flag("status")
    raise NotASwarmManager


def inspect(call: Call) -> None:
    if call.params["kind"] == "services":
        call.strict_flag("insertDefaults")
    raise NotASwarmManager


def create(call: Call) -> None:
    call.document(_SPECS[call.params["kind"]])
    raise NotASwarmManager


def unlock(call: Call) -> None:
    call.document("swarm.UnlockRequest")
    raise NotASwarmManager


def update(call: Call) -> None:
    """Every object of a swarm is changed at a version."""
    kind = call.params.get("kind", "swarm")
    call.document(_SPECS[kind])
    text = call.text("version")
    if not (text.isascii() and text.isdigit()):
        one = kind.removesuffix("s")
        if one in ("secret", "config"):
            raise InvalidParameter(f"invalid {one} version")
        raise InvalidParameter(f"invalid {one} version '{text}': strconv.ParseUint: parsing {quoted(text)}: invalid syntax")
    for name in ("rotateWorkerToken", "rotateManagerToken", "rotateManagerUnlockKey") if kind == "swarm" else ():
        if call.text(name) not in ("", *TRUE, *FALSE):  # without Go's own words, as docker has it here
            raise InvalidParameter(f"invalid value for {name}: {call.text(name)}")
    raise NotASwarmManager


def logs(call: Call) -> None:
    if not (call.flag("stdout") or call.flag("stderr")):
        raise DockerError("Bad parameters: you must choose at least one stream")
    raise NotASwarmManager


def init(call: Call) -> None:
    from dockercompat.engine.swarm import membership

    membership.check_init(call.document("swarm.InitRequest") or {})
    raise NotImplementedHere(_IN_NONE)


def join(call: Call) -> None:
    from dockercompat.engine.swarm import membership

    membership.check_join(call.document("swarm.JoinRequest") or {})
    raise NotImplementedHere(_IN_NONE)
