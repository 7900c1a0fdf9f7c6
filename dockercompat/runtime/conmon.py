"""conmon, the monitor of one container: started here, told to begin, read from through its sockets and files."""

from __future__ import annotations

import os

from dockercompat.errors import DockerError
from dockercompat.host.run import spawn, wait
from dockercompat.kernel.process import start_time
from dockercompat.record import Record
from dockercompat.runtime import crun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Monitor(Record):
    """A monitor that has created its container: pid of the container's first process, and of itself."""

    pid: int
    monitor_pid: int


class Order(Record):
    """What a monitor is to do.

    bundle_dir    holds config.json; conmon puts its pid file, control fifo and attach socket there
    log_path      file in the format of the Kubernetes container log (CRI), or "" to write none
    log_driver    k8s-file, journald, none
    exit_argv     program that records the end of the container
    exit_delay_s  how long it waits before that, 0 at once
    grouped       the container has a control group
    """

    container_id: str
    name: str
    bundle_dir: str
    crun_dir: str
    exits_dir: str
    log_driver: str
    log_path: str
    exit_argv: tuple[str, ...]
    exit_delay_s: int = 0
    terminal: bool = False
    stdin: bool = False
    leave_stdin_open: bool = False
    grouped: bool = False
    log_size_max_bytes: int = 0
    log_tag: str = ""


def create(order: Order, args: Sequence[str], *, before_exec: Callable[[], None], environment: dict[str, str]) -> Monitor:
    """Start the monitor, which creates the container with crun; the container's process waits to be started.

    before_exec  runs in the monitor's process first: it makes the container's mounts
    Raises       what runtime/crun.py makes of a failure to create; args are the container's own words, for its message
    """
    sync_read, sync_write = os.pipe()
    start_read, start_write = os.pipe()
    argv = _argv(order)
    pid = spawn(
        argv,
        stderr_fd=sync_write,
        keep_fds={sync_write: 3, start_read: 4},
        env={**environment, "_OCI_SYNCPIPE": "3", "_OCI_STARTPIPE": "4"},
        cwd=order.bundle_dir,
        new_session=True,
        before_exec=before_exec,
    )
    os.close(sync_write)
    os.close(start_read)
    try:
        os.write(start_write, b"\0")
    except BrokenPipeError:
        pass
    os.close(start_write)
    status = wait(pid)  # conmon forks away at once
    with os.fdopen(sync_read, "rb") as file:
        answer = file.readline()
    return _read_answer(answer, status, order, args)


def _read_answer(answer: bytes, status: int, order: Order, args: Sequence[str]) -> Monitor:
    from dockercompat import json

    try:
        body = json.loads(answer)
        pid, message = int(body.get("data", body.get("pid", -1))), str(body.get("message", ""))
    except (ValueError, AttributeError, TypeError):
        text = answer.decode(errors="replace").strip()
        raise DockerError(f"the monitor of container {order.container_id[:12]} could not start (status {status}): {text}") from None
    if pid <= 0:
        raise crun.failure(message, args)
    with open(f"{order.bundle_dir}/monitor.pid", encoding="utf-8") as file:
        return Monitor(pid, int(file.read()))


def _argv(order: Order) -> list[str]:
    argv = [
        "conmon",
        "--api-version=1",
        f"--cid={order.container_id}",
        f"--cuuid={order.container_id}",
        f"--name={order.name}",
        f"--runtime={_crun_path()}",
        f"--bundle={order.bundle_dir}",
        f"--container-pidfile={order.bundle_dir}/pid",
        f"--conmon-pidfile={order.bundle_dir}/monitor.pid",
        f"--exit-dir={order.exits_dir}",
        "--full-attach",
        "--no-sync-log",
        "--log-level=error",
        f"--log-path={order.log_driver}:{order.log_path}",
    ]
    argv += [f"--runtime-arg={flag}" for flag in crun.arguments(order.crun_dir, grouped=order.grouped)]
    argv.append(f"--exit-command={order.exit_argv[0]}")
    argv += [f"--exit-command-arg={word}" for word in order.exit_argv[1:]]
    if order.exit_delay_s:
        argv.append(f"--exit-delay={order.exit_delay_s}")
    if order.log_size_max_bytes:
        argv.append(f"--log-size-max={order.log_size_max_bytes}")
    if order.log_tag:
        argv.append(f"--log-tag={order.log_tag}")
    if order.terminal:
        argv.append("--terminal")
    if order.stdin:
        argv.append("--stdin")
    if order.leave_stdin_open:
        argv.append("--leave-stdin-open")
    return argv


def _crun_path() -> str:
    from dockercompat.host.run import require

    return require("crun")


def resize(bundle_dir: str, rows: int, columns: int) -> None:
    """Tell a terminal container the size of the window that shows it; nothing happens when it is gone."""
    try:
        fd = os.open(f"{bundle_dir}/ctl", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    try:
        os.write(fd, f"1 {rows} {columns}\n".encode())
    except OSError:
        pass
    finally:
        os.close(fd)


def lives(bundle_dir: str) -> bool:
    """Whether the monitor of a bundle still lives."""
    try:
        with open(f"{bundle_dir}/monitor.pid", encoding="utf-8") as file:
            return start_time(int(file.read())) != 0
    except (OSError, ValueError):
        return False


def exit_status(exits_dir: str, container_id: str) -> tuple[int, int] | None:
    """(exit code, time in ns) that the monitor wrote when the container ended; None while there is none."""
    path = f"{exits_dir}/{container_id}"
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read().strip()
            time_ns = os.fstat(file.fileno()).st_mtime_ns
    except OSError:
        return None
    return (int(text), time_ns) if text.lstrip("-").isdigit() else None
