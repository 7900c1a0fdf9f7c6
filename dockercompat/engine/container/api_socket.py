"""The engine's own socket in a container: what `-v /var/run/docker.sock:/var/run/docker.sock` means here.

Nobody need serve it beforehand. A keeper (a small process, one for all containers) listens on a socket of the engine's and starts the
service when the first client comes; the service leaves when idle, the keeper when no container that has the socket runs any more. Keeper
and service both hold the listening socket, so that the death of either costs nothing: a container has the very socket mounted,
and a new one at the same path would be another. A service that has outlived its keeper starts another one; when both were killed,
the next command has a new socket listened on and puts it in the place of the old one in the containers that run.

Who may use it in a container is said by the file, as with docker's: root, and the group `docker` by the number that it has on this
machine; where it has none, the group root, as with rootless docker. Its directory keeps other users of the machine away from it.
"""

from __future__ import annotations

import os
import time

from dockercompat.errors import DockerError
from dockercompat.host.lock import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Sequence
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine

IDLE_S = 60
LISTENER_FD, LOCK_FD = 3, 4
_HANDED_OVER = "handed-over"
_MARK = "engine-socket"  # a file in the bundle of a container that has the socket, while it runs
_LOOK_S = 5
_PATIENCE_S = 10
_TRIES = 20


def is_engines(engine: Engine, source: str) -> bool:
    """Whether the source of a bind is a place where docker's engine has its socket."""
    return source in ("/var/run/docker.sock", "/run/docker.sock", f"{os.path.dirname(engine.paths.run_dir)}/docker.sock")


def path(engine: Engine) -> str:
    return f"{engine.paths.run_dir}/engine.sock"


def _lock(engine: Engine) -> Lock:
    return Lock(f"{engine.paths.locks_dir}/engine-socket")


def provide(engine: Engine, container: Container, points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A container's mount points with the engine's socket where it is asked for; somebody listens then. For one that is about to start."""
    if not any(_wants(engine, point) for point in points):
        return list(points)
    with open(f"{engine.paths.bundle_dir(container.id)}/{_MARK}", "w", encoding="utf-8"):
        pass
    _ensure_kept(engine)
    return [{**point, "Source": path(engine)} if _wants(engine, point) else point for point in points]


def _wants(engine: Engine, point: dict[str, Any]) -> bool:
    return point["Type"] == "bind" and is_engines(engine, point["Source"])


def is_used(engine: Engine) -> bool:
    """Whether a container that has the socket runs."""
    return bool(_users(engine))


def _users(engine: Engine) -> list[str]:
    """Ids of the running containers that have the socket."""
    directory = f"{engine.paths.run_dir}/c"
    try:
        return [name for name in os.listdir(directory) if os.path.exists(f"{directory}/{name}/{_MARK}")]
    except FileNotFoundError:
        return []


def hand_over(engine: Engine) -> None:
    """For a service whose keeper was killed: start another one, which gets the socket and its lock."""
    from dockercompat.host.run import spawn, wait

    argv = ("setsid", "--fork", *engine.paths.own_command(), "keep-socket", _HANDED_OVER)
    wait(spawn(argv, keep_fds={LISTENER_FD: LISTENER_FD, LOCK_FD: LOCK_FD}, new_session=True, cwd="/"))


def is_abandoned(engine: Engine) -> bool:
    """Whether there is a socket that nobody listens on any more: keeper and service were killed."""
    return os.path.exists(path(engine)) and not _is_kept(engine, clean=False)


def mend(engine: Engine) -> None:
    """Where keeper and service were killed, have somebody listen again and give the containers the new socket. Joins the holder then."""
    with Lock(f"{engine.paths.locks_dir}/engine-socket-mending"):
        users = _users(engine)
        if _is_kept(engine) or not users:
            return
        from dockercompat.engine.container import state
        from dockercompat.kernel import holder

        _ensure_kept(engine)
        holder.join(engine.paths.run_dir)
        for container_id in users:
            try:
                container = state.load(engine, container_id)
            except DockerError:  # it has just been removed
                continue
            _renew(engine, container)


def _renew(engine: Engine, container: Container) -> None:
    """Mount the socket that there is now over the one that a running container has."""
    from dockercompat.kernel import mount_transfer

    for point in container.mounts:
        if _wants(engine, point) and container.pid:
            try:
                mount_transfer.replace_file(path(engine), container.pid, point["Destination"], read_only=not point.get("RW", True))
            except OSError:  # it ends at this moment
                continue


def _ensure_kept(engine: Engine) -> None:
    """A socket at the path is served while its lock is held: whoever finds it free removes one that was left before anybody is started."""
    if _is_kept(engine):
        return
    from dockercompat.host.run import spawn, wait

    wait(spawn(("setsid", "--fork", *engine.paths.own_command(), "keep-socket"), new_session=True, cwd="/"))
    deadline = time.monotonic() + _PATIENCE_S
    while not _is_kept(engine):
        if time.monotonic() > deadline:
            raise DockerError(f"nobody listens on the engine's socket {path(engine)}")
        time.sleep(0.005)


def _is_kept(engine: Engine, *, clean: bool = True) -> bool:
    """clean: one that nobody keeps is removed."""
    lock = _lock(engine)
    if lock.acquire(block=False):
        if clean:
            _remove(path(engine))
        lock.release()
        return False
    return os.path.exists(path(engine))


def keep(engine: Engine, words: Sequence[str] = ()) -> int:
    """Be the keeper, until no container needs one. A second one ends at once.

    words  what follows the verb: whether socket and lock have been handed over
    """
    import _socket
    import select

    from dockercompat.host.run import spawn
    from dockercompat.kernel import cgroup, syscall

    if list(words) == [_HANDED_OVER]:
        listener, lock_fd, release = _socket.socket(fileno=LISTENER_FD), LOCK_FD, _nothing
    else:
        lock = _lock(engine)
        for _ in range(_TRIES):  # somebody may just be looking whether it is free
            if lock.acquire(block=False):
                break
            time.sleep(0.005)
        else:
            return 0
        listener, lock_fd, release = _listen(engine), lock.fd, lock.release
    syscall.set_process_name("pydocker-socket")
    cgroup.step_aside(engine.paths.run_dir, os.getpid())
    poller = select.poll()
    poller.register(listener.fileno(), select.POLLIN)
    command = (*engine.paths.own_command(), "serve-socket")
    while is_used(engine):
        if poller.poll(_LOOK_S * 1000):
            pid = spawn(command, keep_fds={listener.fileno(): LISTENER_FD, lock_fd: LOCK_FD}, new_session=True, cwd="/")
            _await(engine, pid)
            time.sleep(0.05)  # should it fail each time
    _remove(path(engine))
    release()
    return 0


def _await(engine: Engine, pid: int) -> None:
    """Wait for the end of the service, which is asked for as soon as no container could use it."""
    import select
    import signal

    pid_fd = os.pidfd_open(pid)
    poller = select.poll()
    poller.register(pid_fd, select.POLLIN)
    while not poller.poll(_LOOK_S * 1000):
        if not is_used(engine):
            signal.pidfd_send_signal(pid_fd, signal.SIGTERM)
    os.close(pid_fd)
    os.waitpid(pid, 0)


def _listen(engine: Engine) -> _socket.socket:
    import _socket

    listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    made = f"{path(engine)}.new"
    _remove(made)
    old_mask = os.umask(0o117)
    os.chdir(engine.paths.run_dir)
    listener.bind(os.path.basename(made))  # a socket's path has 107 bytes at most
    os.chdir("/")
    os.umask(old_mask)
    _give_to_group(engine, made)
    listener.listen(512)
    os.rename(made, path(engine))
    return listener


def _nothing() -> None:
    return None


def _give_to_group(engine: Engine, made: str) -> None:
    """Only root of the user's namespaces may give a file to a group that the user is not in, so a process enters them for it."""
    import grp

    from dockercompat.engine import entering

    try:
        docker_gid = grp.getgrnam("docker").gr_gid
    except KeyError:
        return
    pid = os.fork()
    if pid == 0:
        try:
            entering.join(engine)
            os.chown(made, -1, docker_gid)
        except (OSError, DockerError):  # a number that the namespaces do not have
            pass
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def _remove(name: str) -> None:
    try:
        os.unlink(name)
    except FileNotFoundError:
        pass
