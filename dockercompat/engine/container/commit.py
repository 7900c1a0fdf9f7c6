"""`commit`: an image of what a container is now."""

from __future__ import annotations

import os

from dockercompat.engine.container import access, rootfs, state, stop
from dockercompat.engine.container.child import Child
from dockercompat.engine.image import layers, store
from dockercompat.engine.image.changes import apply_changes
from dockercompat.engine.image.create import create_image
from dockercompat.engine.system.events import record
from dockercompat.errors import DockerError
from dockercompat.spec import clock
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import EMPTY_LAYER_DIFF_ID, new_config
from dockercompat.spec.release import DOCKER_VERSION
from dockercompat.storage.changes import runtime_leftovers
from dockercompat.storage.extract import Extracted
from dockercompat.storage.pack import Packer
from dockercompat.storage.tar import TarWriter
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.store import ImageRecord

# Of a container's config, what an image has too; a container's own names and streams stay behind.
_KEPT = (
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "Healthcheck",
    "ArgsEscaped",
    "Volumes",
    "WorkingDir",
    "Labels",
    "OnBuild",
    "StopSignal",
    "StopTimeout",
    "Shell",
)


def commit(
    engine: Engine,
    ref: str,
    repository: str = "",
    *,
    author: str = "",
    message: str = "",
    changes: Sequence[str] = (),
    pause: bool = True,
    config: Mapping[str, Any] | None = None,
) -> str:
    """Make an image of a container's config and files, without its volumes; its ID. The process has joined the holder.

    repository  name for it, "" for none
    changes     Dockerfile instructions applied to the config
    pause       a running container is frozen meanwhile
    config      an API's client's own, which the container's completes
    Raises      NoSuchContainer, InvalidParameter, InvalidReference
    """
    container = state.current(engine, ref)
    own = {key: value for key, value in container.config.items() if key in _KEPT and value not in (None, "", [], {})}
    made = apply_changes(own, changes) if not config else _merged(apply_changes(config, changes), own)
    parent = store.by_id(engine, container.image_id)
    frozen = pause and container.status == "running" and _freeze(engine, container)
    try:
        return _image(engine, container, repository, made, parent, author, message)
    finally:
        if frozen:
            stop.unpause(engine, container.id)


def _merged(given: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A config completed by a container's, as docker does it: maps and the environment are joined, the rest stays where it is given."""
    made: dict[str, Any] = {
        key: [value] if key in ("Cmd", "Entrypoint") and isinstance(value, str) else value for key, value in given.items()
    }
    for key in ("ExposedPorts", "Labels", "Volumes"):
        if own.get(key):
            made[key] = {**own[key], **(made.get(key) or {})}
    names = {each.partition("=")[0] for each in made.get("Env") or ()}
    made["Env"] = [*(made.get("Env") or ()), *(each for each in own.get("Env") or () if each.partition("=")[0] not in names)]
    if not made.get("Entrypoint"):
        made["Cmd"] = made.get("Cmd") or own.get("Cmd")
        made["Entrypoint"] = own.get("Entrypoint")
    for key in ("User", "WorkingDir", "StopSignal", "Healthcheck"):
        made[key] = made.get(key) or own.get(key)
    return {key: value for key, value in made.items() if value not in (None, "", [], {})}


def _image(
    engine: Engine, container: Container, repository: str, config: dict[str, Any], parent: ImageRecord, author: str, message: str
) -> str:
    extracted = _layer(engine, container)
    created = clock.now()
    entry: dict[str, Any] = {"created": created}
    if author:
        entry["author"] = author
    entry["created_by"] = " ".join(container.config.get("Cmd") or ())
    if message:
        entry["comment"] = message
    diff_ids = list(parent.diff_ids)
    if extracted.diff_id == EMPTY_LAYER_DIFF_ID:
        entry["empty_layer"] = True
    else:
        layers.record(engine, extracted.diff_id, extracted.size_bytes)
        diff_ids.append(extracted.diff_id)
    fields = parent.document.fields
    document = new_config(
        config=config,
        diff_ids=diff_ids,
        history=[*(fields.get("history") or ()), entry],
        created=created,
        platform=platforms.Platform(fields.get("os") or "linux", fields.get("architecture") or "", fields.get("variant") or ""),
        author=author,
        comment=message,
        extra={"docker_version": DOCKER_VERSION, "container": container.id},
    )
    image_id = create_image(engine, document.raw, parent.id, (repository,) if repository else (), announced=True)
    shown = {"comment": message, "imageID": image_id, "imageRef": repository}
    record(engine, "container", "commit", container.id, container.attributes(**shown))
    return image_id


def _freeze(engine: Engine, container: Container) -> bool:
    """Pause it; where that can't be done, its files are read as they change, as with --no-pause."""
    try:
        stop.pause(engine, container.id)
    except DockerError:
        return False
    return True


def _layer(engine: Engine, container: Container) -> Extracted:
    """Bring a container's own changes into the store as a layer; the caller records it."""
    lower_dirs = rootfs.layer_dirs(engine, container)
    driver = rootfs.prepare(engine, container, lower_dirs)
    container_dir = engine.paths.container_dir(container.id)
    read_fd, write_fd = os.pipe()

    def work(_send: Callable[[Any], None]) -> None:
        upper_dir = driver.upper_layer(lower_dirs, container_dir)
        leftovers = frozenset(os.fsencode(path[1:]) for path in runtime_leftovers(upper_dir, lower_dirs))
        root_fd = os.open(upper_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with os.fdopen(write_fd, "wb", buffering=0) as out:
            packer = Packer(TarWriter(out), root_fd, whiteouts=True, skipped=leftovers.__contains__)
            packer.add_root()
            packer.writer.finish()

    child = Child(work, closed=(read_fd,))
    os.close(write_fd)
    try:
        with os.fdopen(read_fd, "rb") as changeset:
            extracted = layers.install(engine, changeset)
    except DockerError:
        child.answer()  # the reason why the stream ended early
        raise
    finally:
        if os.path.isdir(f"{container_dir}/changes"):
            remove_tree(f"{container_dir}/changes")
    try:
        child.answer()
    except OSError as error:
        raise access.unreadable(error) from None
    child.wait()
    return extracted
