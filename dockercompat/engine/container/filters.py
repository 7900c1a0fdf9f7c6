"""Compiled system call filters, kept for the next container that has the same capabilities: crun takes 10 ms to compile one."""

from __future__ import annotations

import os

from dockercompat.runtime import bundle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine


def _filter_path(engine: Engine, host_config: dict[str, Any]) -> str:
    from dockercompat import __version__

    key = bundle.filter_key(host_config)
    return f"{engine.paths.run_dir}/seccomp-{__version__}-{key}" if key else ""


def compiled(engine: Engine, host_config: dict[str, Any]) -> str:
    """The filter as crun compiled it for an earlier container with the same capabilities, base64; "" for the first one."""
    path = _filter_path(engine, host_config)
    if not path:
        return ""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return ""
    import binascii

    return binascii.b2a_base64(data, newline=False).decode()


def keep(engine: Engine, container: Container) -> None:
    """Keep what crun has just compiled for the next container."""
    path = _filter_path(engine, container.host_config)
    if not path:
        return
    try:
        with open(f"{engine.paths.crun_dir}/{container.id}/seccomp.bpf", "rb") as file:
            data = file.read()
    except OSError:
        return
    draft = f"{path}.{os.getpid()}"
    with open(draft, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)
    os.rename(draft, path)
