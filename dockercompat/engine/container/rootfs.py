"""A container's root file system: the layers of its image under its own changes."""

from __future__ import annotations

import os

from dockercompat.engine.image import stack, store
from dockercompat.kernel import syscall
from dockercompat.storage import driver as drivers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine
    from dockercompat.kernel.idmap import Exchange
    from dockercompat.storage.driver import Driver


def layer_dirs(engine: Engine, container: Container) -> list[str]:
    """Directories of the image's layers, top first; one that is missing is brought back."""
    dirs = stack.layer_dirs(engine, store.by_id(engine, container.image_id))
    dirs.reverse()
    return dirs


def driver(engine: Engine, container_id: str) -> Driver:
    """The graph driver that a container was made with."""
    return drivers.of_container(engine.paths, engine.paths.container_dir(container_id), engine.settings.storage_driver)


def prepare(engine: Engine, container: Container, lower_dirs: list[str]) -> Driver:
    """Make what the container's file system needs on disk, once; its driver."""
    container_dir = engine.paths.container_dir(container.id)
    os.makedirs(container_dir, 0o700, exist_ok=True)
    chosen = driver(engine, container.id)
    chosen.prepare(lower_dirs, container_dir)
    return chosen


def mount_private(
    engine: Engine, container: Container, chosen: Driver, lower_dirs: list[str], target: str, owners: Exchange | None = None
) -> None:
    """In the process that becomes the monitor: mount the file system where only this process and its children see it."""
    syscall.unshare(syscall.CLONE_NEWNS)
    chosen.mount(lower_dirs, engine.paths.container_dir(container.id), target, owners=owners)
    for image_dirs, image_dir in images(engine, container):
        chosen.mount(image_dirs, image_dir, f"{image_dir}/view", owners=owners)


def mark(target: str, owner: tuple[int, int]) -> None:
    """Make /.dockerenv, by which programs know that they are in a container, where there is none.

    owner  uid and gid of the container's root, as they are here
    """
    try:
        fd = os.open(f"{target}/.dockerenv", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o755)
    except FileExistsError:
        return
    try:
        os.fchmod(fd, 0o755)
        os.fchown(fd, *owner)
    finally:
        os.close(fd)


def prepare_images(engine: Engine, container: Container, chosen: Driver) -> None:
    """Make what the images need on disk that are mounted in a container (--mount type=image)."""
    for image_dirs, image_dir in images(engine, container):
        os.makedirs(f"{image_dir}/view", 0o700, exist_ok=True)
        chosen.prepare(image_dirs, image_dir)


def images(engine: Engine, container: Container) -> list[tuple[list[str], str]]:
    """Layers, top first, and directory of each image among its mounts."""
    return [
        (stack.layer_dirs(engine, store.by_id(engine, point["ImageId"]))[::-1], os.path.dirname(point["Source"]))
        for point in container.mounts
        if point["Type"] == "image"
    ]
