"""`logs`: the monitor's file read back, from any state of the container."""

from __future__ import annotations

from dockercompat.engine.container import state
from dockercompat.errors import NoSuchContainer, NotImplementedHere
from dockercompat.runtime import logs as log_file
from dockercompat.spec.clock import format_padded_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine
    from dockercompat.runtime.logs import Entry


def logs(
    engine: Engine, ref: str, *, tail: int = -1, since_ns: int | None = None, until_ns: int | None = None, follow: bool = False
) -> Iterator[Entry]:
    """Entries of a container's log; with follow until it ends. Raises NotImplementedHere for a driver that keeps none to read."""
    container = state.current(engine, ref)
    driver = (container.host_config.get("LogConfig") or {}).get("Type") or "json-file"
    if driver == "none":
        raise NotImplementedHere("configured logging driver does not support reading")
    if driver == "journald":
        return _journal(container.id, tail, follow)

    def running() -> bool:
        try:
            return state.load(engine, container.id).is_alive
        except NoSuchContainer:
            return False

    return log_file.read(
        f"{engine.paths.container_dir(container.id)}/container.log",
        tail=tail,
        since=format_padded_ns(since_ns) if since_ns is not None else "",
        until=format_padded_ns(until_ns) if until_ns is not None else "",
        follow=follow,
        running=running,
    )


def looks(
    engine: Engine,
    ref: str,
    *,
    tail: int = -1,
    since_ns: int | None = None,
    until_ns: int | None = None,
    follow: bool = False,
    timestamps: bool = False,
    running: Callable[[], bool],
) -> Iterator[tuple[str, bytes] | None]:
    """Stream and text of a log for one who follows several: None whenever there is nothing more for now.

    running  whether the container may write more, as the caller knows it
    Raises   NotImplementedHere for a driver that keeps nothing in a file
    """
    container = state.current(engine, ref)
    driver = (container.host_config.get("LogConfig") or {}).get("Type") or "json-file"
    if driver in ("none", "journald"):
        raise NotImplementedHere("configured logging driver does not support reading")
    entries = log_file.looks(
        f"{engine.paths.container_dir(container.id)}/container.log",
        tail=tail,
        since=format_padded_ns(since_ns) if since_ns is not None else "",
        until=format_padded_ns(until_ns) if until_ns is not None else "",
        follow=follow,
        running=running,
    )
    shown = _Shown(timestamps=timestamps)
    for entry in entries:
        yield None if entry is None else shown.of(entry)


class _Shown:
    """Stream and text of entries as docker shows them: what goes before a line goes before its first part only."""

    def __init__(self, *, timestamps: bool, details: bytes = b"") -> None:
        self._timestamps, self._details = timestamps, details
        self._begins = {"stdout": True, "stderr": True}

    def of(self, entry: Entry) -> tuple[str, bytes]:
        prefix = (f"{entry.time} ".encode() if self._timestamps else b"") + self._details
        text = prefix + entry.text if self._begins.get(entry.stream, True) else entry.text
        self._begins[entry.stream] = entry.text.endswith(b"\n")
        return entry.stream, text


def shown_logs(
    engine: Engine,
    container: Container,
    *,
    tail: int = -1,
    since_ns: int | None = None,
    until_ns: int | None = None,
    follow: bool = False,
    timestamps: bool = False,
    details: bool = False,
) -> Iterator[tuple[str, bytes]]:
    """Stream and text of a container's log as docker shows it; with details what --log-opt labels and env ask for, too."""
    entries = logs(engine, container.id, tail=tail, since_ns=since_ns, until_ns=until_ns, follow=follow)
    shown = _Shown(timestamps=timestamps, details=_details(container) if details else b"")
    return (shown.of(entry) for entry in entries)


def _details(container: Container) -> bytes:
    """What --log-opt labels and env ask to be shown before each line: "a=1,b=2 "."""
    config = container.config
    options = (container.host_config.get("LogConfig") or {}).get("Config") or {}
    pairs = {}
    labels = config.get("Labels") or {}
    for name in filter(None, options.get("labels", "").split(",")):
        if name in labels:
            pairs[name] = labels[name]
    environment = dict(entry.partition("=")[::2] for entry in config.get("Env") or ())
    for name in filter(None, options.get("env", "").split(",")):
        if name in environment:
            pairs[name] = environment[name]
    from urllib.parse import quote_plus

    return (",".join(f"{quote_plus(key)}={quote_plus(pairs[key])}" for key in sorted(pairs)) + " ").encode()


def _journal(container_id: str, tail: int, follow: bool) -> Iterator[Entry]:
    """Entries that conmon sent to the journal, through journalctl's JSON."""
    import os

    from dockercompat import json
    from dockercompat.host.run import spawn, wait

    argv = ["journalctl", "-o", "json", "--no-pager", f"CONTAINER_ID_FULL={container_id}"]
    argv += ["-n", str(tail)] if tail >= 0 else ["-n", "all"]
    if follow:
        argv.append("-f")
    read_fd, write_fd = os.pipe()
    pid = spawn(argv, stdout_fd=write_fd)
    os.close(write_fd)
    with os.fdopen(read_fd, "rb") as file:
        for line in file:
            entry = json.loads(line)
            message = entry.get("MESSAGE") or ""
            text = bytes(message) if isinstance(message, list) else str(message).encode()
            stream = "stderr" if entry.get("PRIORITY") == "3" else "stdout"
            yield log_file.Entry(format_padded_ns(int(entry["__REALTIME_TIMESTAMP"]) * 1000), stream, text + b"\n")
    wait(pid)
