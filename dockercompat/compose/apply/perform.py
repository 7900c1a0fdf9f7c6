"""One step done on the engine, by its kind."""

from __future__ import annotations

import io
import tarfile
import time

from dockercompat.compose import names
from dockercompat.compose.apply import hooks
from dockercompat.errors import Conflict, DockerError, Forbidden, NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from dockercompat.compose.door import Door
    from dockercompat.compose.plan.step import Step

    Note = Callable[[str | Mapping[str, Any]], None]


def perform(door: Door, step: Step, note: Note) -> dict[str, Any]:
    """Do a step; {"word", "details"} where it ended in other words than its own.

    note    called with what there is to say meanwhile: a line, or one of the engine's JSON messages
    Raises  the engine's errors
    """
    return _KINDS[step.kind](door, step, note) or {}


def load(door: Door, kind: str) -> None:
    """Load what steps of a kind need, once in the process that starts theirs instead of in each of them."""
    for module in _MODULES.get(kind, (kind,)):
        door.verb(module, "__name__")


def _pull(door: Door, step: Step, note: Note) -> dict[str, Any] | None:
    return _carry(step, note, lambda: door.verb("image.pull")(door.engine, step.target, platform=step.values.get("platform") or ""))


def _push(door: Door, step: Step, note: Note) -> dict[str, Any] | None:
    return _carry(step, note, lambda: door.verb("image.push")(door.engine, step.target))


def _carry(step: Step, note: Note, begin: Callable[[], Iterable[dict[str, Any]]]) -> dict[str, Any] | None:
    """A pull or a push to its end. begin: gives its messages."""
    try:
        for message in begin():
            if "error" in message:
                raise DockerError(message["error"])
            note(message)
    except DockerError as error:
        if step.values.get("reported") or step.values.get("ignore_failures"):
            return {"word": "Warning" if step.values.get("reported") or step.kind == "push" else "Error", "details": str(error)}
        raise
    return None


def _create_network(door: Door, step: Step, note: Note) -> None:
    try:
        door.verb("network.create")(door.engine, step.values["request"])
    except Conflict:  # another `up` of the project was first
        found = [each for each in door.networks([]) if each["Name"] == step.target]
        if not found or (found[0].get("Labels") or {}).get(names.PROJECT) != step.values["request"]["Labels"][names.PROJECT]:
            raise


def _remove_network(door: Door, step: Step, note: Note) -> dict[str, Any] | None:
    try:
        door.verb("network.remove")(door.engine, step.target)
    except NotFound:
        pass
    except DockerError as error:
        if error.http_status == Forbidden.http_status:  # somebody else's containers are on it
            return {"word": "Resource is still in use"}
        raise
    return None


def _create_volume(door: Door, step: Step, note: Note) -> None:
    values = step.values
    door.verb("volume.create")(door.engine, step.target, driver=values["driver"], options=values["options"], labels=values["labels"])


def _remove_volume(door: Door, step: Step, note: Note) -> dict[str, Any] | None:
    try:
        door.verb("volume.remove")(door.engine, step.target)
    except NotFound:
        pass
    except Conflict:
        return {"word": "Resource is still in use"}
    return None


def _create_container(door: Door, step: Step, note: Note) -> None:
    for text in _make(door, step, step.target)["Warnings"] or ():
        note(text)


def _make(door: Door, step: Step, name: str, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    body = {**step.values["body"]}
    if labels:
        body["Labels"] = {**body["Labels"], **labels}
    answer = door.create_container(body, name, step.values["platform"])
    give(door, answer["Id"], step.values["given"])
    return answer


def _recreate_container(door: Door, step: Step, note: Note) -> None:
    """The new one is made first: where that fails, the old one runs on."""
    values, verb = step.values, door.verb
    number = values["body"]["Labels"][names.NUMBER]
    answer = _make(door, step, values["temporary"], {names.REPLACE: f"{values['service']}-{number}"})
    for text in answer["Warnings"] or ():
        note(text)
    hooks.run(door, values["old"], values["hooks"], note)
    verb("container.stop")(door.engine, values["old"], timeout_s=values["timeout_s"])
    verb("container.remove")(door.engine, values["old"])
    verb("container.rename")(door.engine, answer["Id"], step.target)


def _start_container(door: Door, step: Step, note: Note) -> None:
    give(door, step.target, step.values.get("given") or ())
    door.start(step.target)
    hooks.run(door, step.target, step.values.get("hooks") or (), note)


def _stop_container(door: Door, step: Step, note: Note) -> None:
    hooks.run(door, step.target, step.values.get("hooks") or (), note)
    try:
        door.verb("container.stop")(door.engine, step.target, timeout_s=step.values.get("timeout_s"))
    except NotFound:
        pass


def _kill_container(door: Door, step: Step, note: Note) -> None:
    door.verb("container.stop", "kill")(door.engine, step.target, step.values.get("signal") or "SIGKILL")


def _restart_container(door: Door, step: Step, note: Note) -> None:
    hooks.run(door, step.target, step.values.get("before") or (), note)
    door.verb("container.stop", "restart")(door.engine, step.target, timeout_s=step.values.get("timeout_s"))
    hooks.run(door, step.target, step.values.get("after") or (), note)


def _pause_container(door: Door, step: Step, note: Note) -> None:
    door.verb("container.stop", "pause")(door.engine, step.target)


def _unpause_container(door: Door, step: Step, note: Note) -> None:
    door.verb("container.stop", "unpause")(door.engine, step.target)


def _remove_container(door: Door, step: Step, note: Note) -> None:
    try:
        door.verb("container.remove")(door.engine, step.target, force=True, volumes=bool(step.values.get("volumes")))
    except NotFound:
        pass


def _remove_image(door: Door, step: Step, note: Note) -> dict[str, Any] | None:
    try:
        door.verb("image.remove")(door.engine, step.target)
    except NotFound:
        return {"word": "Warning", "details": "No resource found to remove"}
    except Conflict:
        return {"word": "Resource is still in use"}
    return None


def give(door: Door, container: str, files: Sequence[Mapping[str, Any]]) -> None:
    """Put files into a container that does not run yet."""
    for owned in (False, True):  # those with an owner belong to the container's user
        chosen = [each for each in files if bool(each["uid"] or each["gid"]) == owned]
        if not chosen:
            continue
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as archive:
            for each in chosen:
                content = each["content"].encode()
                info = tarfile.TarInfo(each["path"].lstrip("/"))
                info.size, info.mode, info.mtime = len(content), each["mode"], int(time.time())
                info.uid, info.gid = (int(text) if text.isdigit() else 0 for text in (each["uid"], each["gid"]))
                archive.addfile(info, io.BytesIO(content))
        data.seek(0)
        door.verb("container.copy", "put_archive")(door.engine, container, "/", data, copy_owner=owned)


_KINDS: dict[str, Callable[[Door, Step, Note], dict[str, Any] | None]] = {
    "pull": _pull,
    "push": _push,
    "network.create": _create_network,
    "network.remove": _remove_network,
    "volume.create": _create_volume,
    "volume.remove": _remove_volume,
    "image.remove": _remove_image,
    "container.create": _create_container,
    "container.recreate": _recreate_container,
    "container.start": _start_container,
    "container.stop": _stop_container,
    "container.kill": _kill_container,
    "container.restart": _restart_container,
    "container.pause": _pause_container,
    "container.unpause": _unpause_container,
    "container.remove": _remove_container,
}

_MODULES = {  # of kinds that are no verb's name: where their verbs are
    "pull": ("image.pull",),
    "push": ("image.push",),
    "container.recreate": ("container.create", "container.stop", "container.remove", "container.rename"),
    "container.kill": ("container.stop",),
    "container.restart": ("container.stop",),
    "container.pause": ("container.stop",),
    "container.unpause": ("container.stop",),
}
