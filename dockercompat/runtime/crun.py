"""crun, the OCI runtime: create happens through the monitor, everything else here."""

from __future__ import annotations

import os

from dockercompat.errors import CommandNotExecutable, CommandNotFound, DockerError
from dockercompat.host.run import capture, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

CREATE_PREFIX = (
    "failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: "
    "unable to start container process: error during container init: "
)
NOT_A_DIRECTORY_ADVICE = (
    "Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type"
)


class RuntimeFailed(DockerError):
    """crun could not make or start a process; the message is docker's form of its reason."""


class NoDirectory(RuntimeFailed):
    """The working directory of a process is something else."""

    def __init__(self, path: str) -> None:
        super().__init__(f"Cannot mkdir: {path} is not a directory")
        self.path = path


def arguments(root_dir: str, *, grouped: bool) -> list[str]:
    """The global flags of every call. grouped: the container has a control group."""
    return [f"--root={root_dir}", "--cgroup-manager=" + ("cgroupfs" if grouped else "disabled")]


def start(container_id: str, *, root_dir: str, grouped: bool) -> None:
    """Let a created container's process begin. Raises RuntimeFailed and its kind.

    It waits for a byte in a fifo of crun's state directory, which is all that `crun start` would give it; the program is only asked
    where there is no such fifo.
    """
    if _let_go(f"{root_dir}/{container_id}/exec.fifo"):
        return
    result = capture(["crun", *arguments(root_dir, grouped=grouped), "start", container_id])
    if result.status:
        raise failure(result.stderr.decode(errors="replace"), ())


def _let_go(fifo_path: str) -> bool:
    try:
        fd = os.open(fifo_path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.write(fd, b"\0")
        os.unlink(fifo_path)  # crun takes a container whose fifo is there for one that has not begun
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def delete(container_id: str, *, root_dir: str) -> None:
    """Forget a container whose processes and control group are gone: what crun knows of it is a directory."""
    remove_flat(f"{root_dir}/{container_id}")


def remove_flat(directory: str) -> None:
    """Remove a directory of plain files; nothing happens when it is gone."""
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        try:
            os.unlink(f"{directory}/{name}")
        except (IsADirectoryError, PermissionError):
            remove_flat(f"{directory}/{name}")
        except FileNotFoundError:
            continue
    try:
        os.rmdir(directory)
    except OSError:
        return


def update(container_id: str, resources: dict[str, object], *, root_dir: str) -> None:
    """Set new limits on a running container whose control group is ours."""
    from dockercompat import json

    run(["crun", *arguments(root_dir, grouped=True), "update", "--resources", "-", container_id], stdin=json.dumps(resources).encode())


def exec_argv(container_id: str, process_path: str, *, root_dir: str, grouped: bool, pid_file: str = "", detach: bool = False) -> list[str]:
    """The command that adds a process to a running container by a process document."""
    argv = ["crun", *arguments(root_dir, grouped=grouped), "exec", "--process", process_path]
    if pid_file:
        argv += ["--pid-file", pid_file]
    if detach:
        argv.append("--detach")
    return [*argv, container_id]


def failure(message: str, args: Sequence[str]) -> DockerError:
    """crun's reason for a failed create, start or exec as docker's error, with the status 126 or 127 where that is due."""
    text = message.strip()
    lines = [line for line in text.splitlines() if line.strip()]
    reason = _reason(lines[-1] if lines else "the runtime gave no reason")
    prefix = CREATE_PREFIX
    program = _program(reason) or (args[0] if args else "")
    if args and not args[0]:
        return CommandNotFound(f'{prefix}exec: "": executable file not found in $PATH')
    if "not found in $PATH" in reason or (reason.startswith("executable file") and "not found" in reason):
        if "/" in program:
            return CommandNotFound(f'{prefix}exec: "{program}": stat {program}: no such file or directory')
        return CommandNotFound(f'{prefix}exec: "{program}": executable file not found in $PATH')
    if reason.startswith(("open executable", "exec", "executable path is not", "execute")) or "open executable" in reason:
        if "No such file or directory" in reason:
            return CommandNotFound(f'{prefix}exec: "{program}": stat {program}: no such file or directory')
        if "ermission denied" in reason:
            return CommandNotExecutable(f'{prefix}exec: "{program}": permission denied')
        if "s a directory" in reason or "path is not" in reason or "Operation not permitted" in reason:
            return CommandNotExecutable(f'{prefix}exec: "{program}": is a directory: permission denied')
        if "xec format error" in reason:
            return CommandNotExecutable(f"{prefix}exec {program}: exec format error")
    if reason.startswith("chdir `"):
        cause = reason.rpartition(": ")[2]
        if cause == "Not a directory":
            return NoDirectory(_program(reason))
        reason = f'chdir to cwd ("{_program(reason)}") set in config.json failed: {cause}'
    if reason.startswith("mount `") and reason.endswith("Not a directory"):
        source, target = _program(reason), "/" + reason.split("`")[3].rstrip("'").lstrip("/")
        how = f"mount src={source}, dst={target}, dstFd=/proc/thread-self/fd/14, flags=MS_BIND|MS_REC: not a directory"
        return RuntimeFailed(f'{prefix}error mounting "{source}" to rootfs at "{target}": {how}: {NOT_A_DIRECTORY_ADVICE}')
    if "No such file or directory" in reason:
        return CommandNotFound(f"{prefix}{reason[0].lower() + reason[1:]}".replace("No such file", "no such file"))
    if "Permission denied" in reason:
        return CommandNotExecutable(f"{prefix}{reason}".replace("Permission denied", "permission denied"))
    return RuntimeFailed(f"{prefix}{reason}")


def _reason(line: str) -> str:
    """The sentence in crun's line, which may be JSON (--log-format) or carry a time and its name."""
    for mark in ("crun: ", "error: "):
        position = line.find(mark)
        if position >= 0:
            line = line[position + len(mark) :]
    return line.strip()


def _program(reason: str) -> str:
    parts = reason.split("`")
    return parts[1].rstrip("'") if len(parts) > 2 else ""
