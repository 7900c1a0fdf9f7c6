"""What a container's monitor is told: where it writes the log, how large that may become, what follows the end."""

from __future__ import annotations

import os

from dockercompat.errors import DockerError
from dockercompat.runtime import conmon, logs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine

_LOG_BYTES = 60 << 20  # of a log file before it is rotated, unless --log-opt max-size says otherwise


def order(engine: Engine, container: Container, bundle_dir: str, watched: bool, grouped: bool) -> conmon.Order:
    """What conmon is started with.

    watched  somebody waits for the end and records it: the exit handler comes later
    grouped  the container has a control group of its own
    Raises   DockerError for --log-opt values that the logging driver does not take
    """
    config = container.config
    log_config = container.host_config.get("LogConfig") or {}
    driver = {"journald": "journald", "none": "none"}.get(log_config.get("Type") or "json-file", "k8s-file")
    options = log_config.get("Config") or {}
    directory = engine.paths.container_dir(container.id)
    return conmon.Order(
        container_id=container.id,
        name=container.name,
        bundle_dir=bundle_dir,
        crun_dir=engine.paths.crun_dir,
        exits_dir=engine.paths.exits_dir,
        log_driver=driver,
        log_path=f"{directory}/container.log" if driver == "k8s-file" else "",
        exit_argv=(*engine.paths.own_command(), "exit", container.id),
        exit_delay_s=2 if watched else 0,
        terminal=bool(config.get("Tty")),
        stdin=bool(config.get("OpenStdin")),
        leave_stdin_open=bool(config.get("OpenStdin")) and bool(config.get("Tty") or not config.get("StdinOnce")),
        grouped=grouped,
        log_size_max_bytes=_log_bytes(options) if driver == "k8s-file" else 0,
        log_tag=options.get("tag", "") if driver == "journald" else "",
    )


def _log_bytes(options: dict[str, str]) -> int:
    from dockercompat.spec.number import quoted
    from dockercompat.spec.size import ram_in_bytes

    failed = "failed to create task for container: failed to initialize logging driver"
    count = options.get("max-file")
    if count is not None:
        if not count.lstrip("+-").isdigit():
            raise DockerError(f"{failed}: strconv.Atoi: parsing {quoted(count)}: invalid syntax")
        if int(count) < 1:
            raise DockerError(f"{failed}: max-file cannot be less than 1")
    text = options.get("max-size")
    if not text:
        return _LOG_BYTES
    try:
        return 0 if text == "-1" else ram_in_bytes(text)
    except ValueError as error:
        raise DockerError(f"{failed}: {error}") from None


def keep_log(engine: Engine, container: Container) -> None:
    """Let the file of the log outlive its first rotation, unless --log-opt wants one file only."""
    options = (container.host_config.get("LogConfig") or {}).get("Config") or {}
    if not options.get("max-size") or int(options.get("max-file") or 1) > 1:
        logs.keep(f"{engine.paths.container_dir(container.id)}/container.log", begin=True)


def environment() -> dict[str, str]:
    """What the monitor, crun and the exit handler need of ours."""
    kept = ("PATH", "HOME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "PYDOCKER_STORAGE_DRIVER", "PYDOCKER_NETWORK_HELPER")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "TZ": "UTC"}
