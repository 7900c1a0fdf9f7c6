"""The holder: a sleeping process that owns the user, mount and cgroup namespaces in which everything happens.

It is made once per user and boot; every later command joins it with one setns. It is a convenience: when it was killed while
containers run, the next command makes another one in the very namespaces that their monitors still keep alive.
"""

from __future__ import annotations

import os

from dockercompat.errors import HostLacks, ToolFailed
from dockercompat.kernel import idmap, syscall
from dockercompat.kernel.process import start_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = "pydocker-holder"
_NAMESPACES = (("user", syscall.CLONE_NEWUSER), ("mnt", syscall.CLONE_NEWNS), ("cgroup", syscall.CLONE_NEWCGROUP))
_CGROUP_ROOT = "/sys/fs/cgroup"
_is_joined = False
_directory_is_gone = False


def joined() -> bool:
    """Whether this process is in the holder's namespaces already."""
    return _is_joined


def join(run_dir: str) -> None:
    """Put this process, which must have one thread only, into the holder's namespaces; make the holder when there is none.

    run_dir  the engine's runtime directory; its file `holder` names the holder and its namespaces
    Raises   HostLacks when this machine can't give user namespaces, with the command that mends it
    """
    global _is_joined
    if _is_joined:
        return
    path = f"{run_dir}/holder"
    pid_fd = _find(path)
    if pid_fd < 0:
        pid_fd = _find_or_make(run_dir, path)
    try:
        _enter(pid_fd)
    finally:
        os.close(pid_fd)
    _is_joined = True


def pid(run_dir: str) -> int:
    """Pid of the living holder, 0 when there is none."""
    record = _read(f"{run_dir}/holder")
    return record[0] if record is not None and start_time(record[0]) == record[1] else 0


def surrounds(run_dir: str) -> bool:
    """Whether this process was started by one that had joined: it is inside already, and knows nothing of the outside."""
    record = _read(f"{run_dir}/holder")
    return record is not None and record[2] == os.stat("/proc/self/ns/user").st_ino


def end(run_dir: str) -> None:
    """Kill the holder (system reset). Containers that run keep their namespaces."""
    import signal

    holder_pid = pid(run_dir)
    if holder_pid:
        os.kill(holder_pid, signal.SIGKILL)
    try:
        os.unlink(f"{run_dir}/holder")
    except FileNotFoundError:
        pass


def _enter(pid_fd: int) -> None:
    directory = _working_directory()
    foreign = _foreign(_pid_of(pid_fd))
    if not foreign:  # started by a process that had joined
        return
    syscall.setns(pid_fd, foreign)
    try:
        os.chdir(directory)
    except OSError:
        os.chdir("/")


def _foreign(process_id: int) -> int:
    """Flags of the namespaces of a process that this one is not in yet."""
    flags = 0
    for name, flag in _NAMESPACES:
        if os.stat(f"/proc/{process_id}/ns/{name}").st_ino != os.stat(f"/proc/self/ns/{name}").st_ino:
            flags |= flag
    return flags


def _pid_of(pid_fd: int) -> int:
    with open(f"/proc/self/fdinfo/{pid_fd}", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pid:"))


def _working_directory() -> str:
    global _directory_is_gone
    try:
        return os.getcwd()
    except OSError:
        _directory_is_gone = True
        return "/"


def directory_is_gone() -> bool:
    """Whether the directory that this process was started in had been removed; it is at / since it has joined."""
    return _directory_is_gone


def _read(path: str) -> tuple[int, int, int] | None:
    """(pid, start time, inode of its user namespace) of the recorded holder."""
    try:
        with open(path, encoding="utf-8") as file:
            words = file.read().split()
        return int(words[0]), int(words[1]), int(words[2])
    except (OSError, ValueError, IndexError):
        return None


def _find(path: str) -> int:
    """A pidfd of the recorded holder, or -1."""
    record = _read(path)
    if record is None:
        return -1
    try:
        pid_fd = os.pidfd_open(record[0])
    except OSError:
        return -1
    if start_time(record[0]) != record[1]:
        os.close(pid_fd)
        return -1
    return pid_fd


def _find_or_make(run_dir: str, path: str) -> int:
    import fcntl

    lock_fd = os.open(f"{run_dir}/holder.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX)
        pid_fd = _find(path)
        if pid_fd >= 0:
            return pid_fd
        survivor = _survivor(run_dir, _read(path))
        holder_pid = _start(lambda: _revive(survivor, run_dir)) if survivor else _start_mapped()
        record = f"{holder_pid} {start_time(holder_pid)} {os.stat(f'/proc/{holder_pid}/ns/user').st_ino}\n"
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(record)
        os.rename(path + ".new", path)
        return os.pidfd_open(holder_pid)
    finally:
        os.close(lock_fd)


def _survivor(run_dir: str, record: tuple[int, int, int] | None) -> int:
    """Pid of a monitor or helper that still lives in the user namespace of a dead holder, or 0."""
    if record is None:
        return 0
    for process_id in _recorded_pids(run_dir):
        try:
            if start_time(process_id) and os.stat(f"/proc/{process_id}/ns/user").st_ino == record[2]:
                return process_id
        except OSError:
            continue
    return 0


def _recorded_pids(run_dir: str) -> list[int]:
    """Pids in the pid files that monitors and helpers leave in the runtime directory."""
    found: list[int] = []
    try:
        names = [f"{run_dir}/c/{name}/monitor.pid" for name in os.listdir(f"{run_dir}/c")]
    except OSError:
        names = []
    names += [f"{run_dir}/{name}" for name in sorted(os.listdir(run_dir)) if name.endswith(".pid")]
    for name in names:
        try:
            with open(name, encoding="utf-8") as file:
                found.append(int(file.read().split()[0]))
        except (OSError, ValueError, IndexError):
            continue
    return found


def _start(enter: Callable[[], None], *, after_fork: Callable[[int], None] | None = None) -> int:
    """Fork the process that becomes the holder; return its pid when it stands in its namespaces."""
    ready_read, ready_write = os.pipe()
    go_read, go_write = os.pipe()
    process_id = os.fork()
    if process_id == 0:
        try:
            os.close(ready_read)
            os.close(go_write)
            os.setsid()
            if after_fork is not None:
                syscall.unshare(_wanted())
                os.write(ready_write, b"u")
                if os.read(go_read, 1) != b"g":
                    os._exit(1)
            enter()
            os.write(ready_write, b"r")
            _sleep_forever()
        except OSError as error:
            os.write(ready_write, f"E{error.errno} {error}".encode())
        finally:
            os._exit(1)
    os.close(ready_write)
    os.close(go_read)
    try:
        answer = os.read(ready_read, 512)
        if after_fork is not None and answer == b"u":
            after_fork(process_id)
            os.write(go_write, b"g")
            answer = os.read(ready_read, 512)
        if answer != b"r":
            os.waitpid(process_id, 0)
            raise _refusal(answer)
    finally:
        os.close(ready_read)
        os.close(go_write)
    return process_id


def _start_mapped() -> int:
    ids = idmap.for_this_user()

    def write_maps(process_id: int) -> None:
        if os.getuid() == 0:
            syscall.write_text(f"/proc/{process_id}/uid_map", "\n".join(map(str, ids.uids)))
            syscall.write_text(f"/proc/{process_id}/gid_map", "\n".join(map(str, ids.gids)))
        elif ids.single:
            syscall.write_text(f"/proc/{process_id}/setgroups", "deny")
            syscall.write_text(f"/proc/{process_id}/uid_map", str(ids.uids[0]))
            syscall.write_text(f"/proc/{process_id}/gid_map", str(ids.gids[0]))
        else:
            _map_with("newuidmap", process_id, ids.uids)
            _map_with("newgidmap", process_id, ids.gids)

    return _start(_arrange_mounts, after_fork=write_maps)


def _map_with(program: str, process_id: int, ranges: tuple[idmap.IdRange, ...]) -> None:
    argv = [program, str(process_id)]
    for each in ranges:
        argv += [str(each.inside_id), str(each.outside_id), str(each.count)]
    read_fd, write_fd = os.pipe()
    try:
        child = os.posix_spawnp(program, argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, write_fd, 2)])
    except FileNotFoundError:
        raise HostLacks(f"{program} is not installed.", "sudo apt-get install -y uidmap") from None
    finally:
        os.close(write_fd)
    with os.fdopen(read_fd, "rb") as file:
        message = file.read().decode(errors="replace").strip()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        raise ToolFailed(tuple(argv), status, message)


def _is_unified() -> bool:
    return os.path.exists(f"{_CGROUP_ROOT}/cgroup.controllers")


def _wanted() -> int:
    """What a new holder has of its own. The cgroup namespace only where cgroup2 must be mounted anew: elsewhere crun and the
    user's systemd have to agree on the paths of groups."""
    flags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS
    return flags if _is_unified() else flags | syscall.CLONE_NEWCGROUP


def _arrange_mounts() -> None:
    syscall.mount("none", "/", None, syscall.MS_REC | syscall.MS_SLAVE)
    if not _is_unified():  # crun refuses a hybrid host: show it cgroup2 alone
        try:
            syscall.mount("cgroup2", _CGROUP_ROOT, "cgroup2", syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC)
        except OSError:
            syscall.mount("none", _CGROUP_ROOT, "tmpfs", 0, "size=0,mode=0755")


def _revive(survivor_pid: int, run_dir: str) -> None:
    """Enter what a survivor keeps of the namespaces. Its mounts are its own affair: a copy serves, where it sees this machine's files;
    a helper that has shut itself in does not, and the mounts are arranged anew."""
    flags = _foreign(survivor_pid)
    sees_all = os.path.isdir(f"/proc/{survivor_pid}/root{run_dir}")
    pid_fd = os.pidfd_open(survivor_pid)
    syscall.setns(pid_fd, flags if sees_all else flags & ~syscall.CLONE_NEWNS)
    os.close(pid_fd)
    syscall.unshare(syscall.CLONE_NEWNS)
    if not sees_all:
        _arrange_mounts()
        return
    syscall.mount("none", "/", None, syscall.MS_REC | syscall.MS_SLAVE)
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
        points = [line.split()[4].replace("\\040", " ") for line in file]
    for point in points:
        if point == f"{run_dir}/rootfs" or point.startswith(f"{run_dir}/c/"):
            syscall.unmount(point, syscall.MNT_DETACH)


def _sleep_forever() -> None:
    null_fd = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null_fd, number)
    os.closerange(3, 4096)
    os.chdir("/")
    for path in ("/usr/bin/sleep", "/bin/sleep"):
        if os.access(path, os.X_OK):
            os.execve(path, [_NAME, "infinity"], {})


def _refusal(answer: bytes) -> HostLacks:
    """Why a user namespace can't be made, and what mends it (users.md: Ubuntu's AppArmor, Debian's and RHEL's sysctls)."""
    detail = answer[1:].decode(errors="replace") if answer.startswith(b"E") else "it ended without a word"
    if _sysctl("kernel/apparmor_restrict_unprivileged_userns") == "1":
        return HostLacks(
            "This system's AppArmor does not let programs of users make user namespaces, which every container needs.",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        )
    if _sysctl("kernel/unprivileged_userns_clone") == "0":
        return HostLacks("User namespaces are switched off for users.", "sudo sysctl -w kernel.unprivileged_userns_clone=1")
    if _sysctl("user/max_user_namespaces") == "0":
        return HostLacks("User namespaces are switched off.", "sudo sysctl -w user.max_user_namespaces=28633")
    return HostLacks(f"Cannot make a user namespace: {detail}", "pydocker doctor")


def _sysctl(name: str) -> str:
    try:
        with open(f"/proc/sys/{name}", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""
