"""/containers: what makes, shows, changes, starts and ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.errors import Forbidden, InvalidParameter
from dockercompat.spec.number import quoted

_START_BODY_BYTES = 7  # what clients send that mean none: {}, null
_LEAST_MEMORY_BYTES = 6 << 20

if TYPE_CHECKING:
    from builtins import list as _list
    from typing import Any

    from dockercompat.api.call import Call


def list(call: Call) -> _list[dict[str, Any]]:
    from dockercompat.engine.container.list import list as verb

    return verb(call.engine, call.filters(), all=call.flag("all"), limit=call.strict_integer("limit"), size=call.flag("size"))


def create(call: Call) -> None:
    from dockercompat.engine.container.create import create as verb
    from dockercompat.engine.image.ensure import ensure

    body = call.document("container.CreateRequest", required=True) or {}
    endpoints = (body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {}
    if call.version < (1, 44) and len(endpoints) > 1:
        raise InvalidParameter(f"Container cannot be created with multiple network endpoints: {', '.join(sorted(endpoints))}")
    _check_kernel_memory(call, body.get("HostConfig") or {})
    image, platform = body.get("Image") or "", call.text("platform") if call.version >= (1, 41) else ""
    answer = verb(call.engine, body, call.text("name"), lambda: ensure(call.engine, image, policy="never", platform=platform))
    call.answer(answer, 201)


def _check_kernel_memory(call: Call, resources: dict[str, Any]) -> None:
    """A limit that newer versions of the API know no more; it has no effect in any, but a bound."""
    if call.version < (1, 42) and 0 < (resources.get("KernelMemory") or 0) < _LEAST_MEMORY_BYTES:
        raise InvalidParameter("Minimum kernel memory limit allowed is 6MB")


def inspect(call: Call) -> dict[str, Any]:
    from dockercompat.engine.container.inspect import inspect as verb

    return verb(call.engine, call.params["id"], size=call.flag("size"))


def start(call: Call) -> None:
    from dockercompat.engine.container import start as verb
    from dockercompat.engine.container import state

    if int(call.headers.get("content-length") or 0) > _START_BODY_BYTES or "transfer-encoding" in call.headers:
        raise InvalidParameter("starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24")
    if call.text("checkpoint"):
        raise InvalidParameter("checkpoint is only supported in experimental mode")
    container = state.current(call.engine, call.params["id"])
    if container.is_alive and container.status != "paused":
        return call.no_content(304)
    if call.text("checkpoint-dir"):
        raise Forbidden("custom checkpointdir is not supported")
    return verb.start(call.engine, container)


def stop(call: Call) -> None:
    from dockercompat.engine.container import state
    from dockercompat.engine.container import stop as verb

    timeout_s = _timeout(call)
    container = state.current(call.engine, call.params["id"])
    if not container.is_alive and container.status != "restarting":
        return call.no_content(304)
    return verb.stop(call.engine, call.params["id"], timeout_s=timeout_s, signal_text=_signal(call))


def restart(call: Call) -> None:
    from dockercompat.engine.container import stop as verb

    verb.restart(call.engine, call.params["id"], timeout_s=_timeout(call), signal_text=_signal(call))


def _timeout(call: Call) -> int | None:
    return call.strict_integer("t") if call.text("t") else None


def _signal(call: Call) -> str:
    return call.text("signal") if call.version >= (1, 42) else ""


def kill(call: Call) -> None:
    from dockercompat.engine.container import stop as verb

    verb.kill(call.engine, call.params["id"], call.text("signal") or "KILL")


def pause(call: Call) -> None:
    from dockercompat.engine.container import stop as verb

    verb.pause(call.engine, call.params["id"])


def unpause(call: Call) -> None:
    from dockercompat.engine.container import stop as verb

    verb.unpause(call.engine, call.params["id"])


def rename(call: Call) -> None:
    from dockercompat.engine.container.rename import rename as verb

    verb(call.engine, call.params["id"], call.text("name"))


def update(call: Call) -> dict[str, Any]:
    from dockercompat.engine.container.update import update as verb

    changes = call.document("container.UpdateConfig") or {}
    _check_kernel_memory(call, changes)
    found = verb(call.engine, call.params["id"], changes)
    return {**found, "Warnings": found["Warnings"] or None}


def remove(call: Call) -> None:
    from dockercompat.engine.container import remove as verb

    if not call.params["id"]:
        raise InvalidParameter('invalid name or ID supplied: ""')
    if call.flag("link"):
        from dockercompat.engine.container import links

        links.unlink(call.engine, call.params["id"])
        return
    verb.remove(call.engine, call.params["id"], force=call.flag("force"), volumes=call.flag("v"))


def prune(call: Call) -> dict[str, Any]:
    from dockercompat.engine.container.prune import prune as verb

    return verb(call.engine, call.filters())


def top(call: Call) -> dict[str, Any]:
    from dockercompat.engine.container.processes import top as verb

    return verb(call.engine, call.params["id"], call.text("ps_args", "-ef").split())


def changes(call: Call) -> _list[dict[str, Any]] | None:
    from dockercompat.engine.container.changes import changes as verb

    found = verb(call.engine, call.params["id"])
    if not found:
        call.answer(None)
        return None
    return found


def resize(call: Call) -> None:
    """The size of a container's terminal."""
    from dockercompat.engine.container import state
    from dockercompat.errors import Conflict
    from dockercompat.runtime.conmon import resize as verb

    rows, columns = dimension(call, "h", "height"), dimension(call, "w", "width")
    container = state.current(call.engine, call.params["id"])
    if not container.is_alive:
        raise Conflict(f"container {container.id} is not running")
    verb(call.engine.paths.bundle_dir(container.id), rows, columns)
    call.connection.answer(200, b"")


def dimension(call: Call, name: str, shown: str) -> int:
    """Rows or columns of a terminal. Raises InvalidParameter in docker's words."""
    text = call.text(name)
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidParameter(f"invalid resize {shown} {quoted(text)}: invalid syntax")
    if digits != text or int(digits) >= 1 << 32:
        raise InvalidParameter(f"invalid resize {shown} {quoted(text)}: value out of range")
    return int(digits)
