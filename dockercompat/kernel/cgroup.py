"""Control groups (cgroups(7), version 2): what is delegated to this user, its tree of groups, and a group from begin to end.

The tree is one delegated scope of the user's systemd, made once per boot and kept alive by the holder:
    pydocker.scope/
        .engine/         the holder, monitors, and whatever puts processes into containers
        docker/ID/       a container, or under the parent that --cgroup-parent names instead of docker
A group of a container is made before its monitor starts and lives until it is removed here, so that its counters can be read after its end.
"""

from __future__ import annotations

import errno
import os
import time

from dockercompat.errors import DockerError
from dockercompat.kernel import idmap, manager
from dockercompat.kernel.syscall import write_text

ROOT = "/sys/fs/cgroup"
_OWN = ".engine"
_PATIENCE_S = 10
_ATTEMPTS = 100


def is_unified() -> bool:
    """Whether this host shows version 2 alone."""
    return os.path.exists(f"{ROOT}/cgroup.controllers") and not os.path.isdir(f"{ROOT}/systemd")


def delegated(uid: int, runtime_dir: str) -> frozenset[str]:
    """Controllers whose limits a container of this user can have: those of its systemd manager; of root, the machine's.

    runtime_dir  XDG_RUNTIME_DIR, where the manager's sockets are
    """
    if not is_unified() or not manager.sockets(uid, runtime_dir):
        return frozenset()
    return frozenset(_text(f"{_manager_dir(uid)}/cgroup.controllers").split())


def _manager_dir(uid: int) -> str:
    return f"{ROOT}/user.slice/user-{uid}.slice/user@{uid}.service" if uid else ROOT


def tree_of(run_dir: str) -> Tree:
    """The tree of the engine with this runtime directory."""
    runtime_dir, name = os.path.split(run_dir)
    return Tree(f"{name}.scope", idmap.real_uid(), runtime_dir)


def step_aside(run_dir: str, pid: int) -> None:
    """Have a process leave the session or unit of whoever started it: a helper must not end with it. Nothing without delegation."""
    if delegated(idmap.real_uid(), os.path.dirname(run_dir)):
        try:
            tree_of(run_dir).enter(pid)
        except (OSError, DockerError):  # there is no scope before the first container
            return


class Tree:
    """The groups of one runtime directory of one user.

    unit         name of its scope
    runtime_dir  XDG_RUNTIME_DIR
    """

    def __init__(self, unit: str, uid: int, runtime_dir: str) -> None:
        self.unit = unit
        self.uid = uid
        self.runtime_dir = runtime_dir
        self.slice = "user.slice" if uid else "system.slice"
        self.directory = f"{_manager_dir(uid)}/{self.slice}/{unit}"

    def group_dir(self, parent: str, name: str) -> str:
        """Where a group would be made. parent is like a path from the scope, whatever dots it has."""
        return f"{self.directory}{os.path.normpath(f'/{parent}')}/{name}"

    def make_group(self, keeper_pid: int, parent: str, name: str) -> str:
        """Directory of a new group with all controllers; the scope is made when it isn't there.

        keeper_pid  process that keeps the scope alive while no container runs: the holder
        parent      what is missing of it is made, and stays
        Raises      DockerError (manager.ManagerRefused) when systemd gives no scope
        """
        for _ in range(3):
            try:
                self._keep(keeper_pid)
                return self._make_group(parent, name)
            except OSError as error:  # the scope ended just now, its last process gone
                if error.errno not in (errno.ENOENT, errno.ENODEV):
                    raise
        raise DockerError(f"systemd ends {self.unit} again and again")

    def _make_group(self, parent: str, name: str) -> str:
        wanted = self.group_dir(parent, name)
        end = len(self.directory)
        while end > 0:
            _make_dir(wanted[:end])
            self._pass_on(wanted[:end])
            end = wanted.find("/", end + 1)
        number = 0
        while True:
            group_dir = f"{wanted}.{number}" if number else wanted
            try:
                os.mkdir(group_dir)
            except FileExistsError:  # left by a start that was cut off, or held by a process that can't end
                if remove(group_dir, 0):
                    continue
                number += 1
            else:
                return group_dir

    def _keep(self, pid: int) -> None:
        """See to it that the scope is there with this process in it."""
        own_dir = f"{self.directory}/{_OWN}"
        if _path_of(pid) == own_dir[len(ROOT) :]:
            return
        if not os.path.isdir(self.directory):
            try:
                manager.start_scope(self._sockets(), self.uid, self.unit, self.slice, "Containers of pydocker", pid)
            except manager.ManagerRefused as error:
                if not error.name.endswith(".UnitExists"):
                    raise
            self._await()
        _make_dir(own_dir)
        self._move(pid)

    def _await(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while not os.path.isdir(self.directory):
            if time.monotonic() > deadline:
                raise DockerError(f"systemd made no {self.unit} within {_PATIENCE_S} s")
            time.sleep(0.001)

    def enter(self, pid: int = 0) -> None:
        """Put this process, or another, among those that may move others into containers' groups. Raises OSError, DockerError."""
        self._move(pid or os.getpid())

    def _move(self, pid: int) -> None:
        """From a login's session, which is outside of all that the user's manager has, only systemd can move it."""
        try:
            write_text(f"{self.directory}/{_OWN}/cgroup.procs", str(pid))
        except PermissionError:
            manager.attach(self._sockets(), self.uid, self.unit, f"/{_OWN}", pid)

    def _pass_on(self, directory: str) -> None:
        """Give the groups below a directory every controller that it has itself; a directory with processes can't."""
        wanted = set(_text(f"{directory}/cgroup.controllers").split()) - set(_text(f"{directory}/cgroup.subtree_control").split())
        if not wanted:
            return
        for attempt in range(_ATTEMPTS):
            try:
                write_text(f"{directory}/cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(wanted)))
            except OSError as error:
                if error.errno != errno.EBUSY or directory != self.directory or attempt == _ATTEMPTS - 1:
                    raise
                for word in _text(f"{directory}/cgroup.procs").split():  # systemd has put a process there meanwhile
                    self._move(int(word))
            else:
                return

    def _sockets(self) -> tuple[str, ...]:
        return manager.sockets(self.uid, self.runtime_dir)


def _make_dir(directory: str) -> None:
    try:
        os.mkdir(directory)
    except FileExistsError:
        pass


def _path_of(pid: int) -> str:
    """Path of a process's group below ROOT, as /proc/PID/cgroup has it."""
    return next((line[3:] for line in _text(f"/proc/{pid}/cgroup").splitlines() if line.startswith("0::")), "")


def oom_kills(group_dir: str) -> int:
    """How many processes of a group, and of those in it, the kernel has killed for want of memory; 0 where nobody counts."""
    words = _text(f"{group_dir}/memory.events").split()
    return int(words[words.index("oom_kill") + 1]) if "oom_kill" in words else 0


def freeze(group_dir: str, frozen: bool) -> None:
    """Stop all processes of a group, or let them go on; returns when they have. Raises DockerError when they don't."""
    write_text(f"{group_dir}/cgroup.freeze", str(int(frozen)))
    if not _wait_for(group_dir, f"frozen {int(frozen)}", _PATIENCE_S):
        write_text(f"{group_dir}/cgroup.freeze", "0")
        raise DockerError("a process of the container could not be stopped")


def remove(group_dir: str, patience_s: float = _PATIENCE_S) -> bool:
    """Kill what is left in a group and remove it with those in it. False when a process would not end within patience_s."""
    if _remove_tree(group_dir):
        return True
    _kill(group_dir)
    _wait_for(group_dir, "populated 0", patience_s)
    return _remove_tree(group_dir)


def _remove_tree(group_dir: str) -> bool:
    """Whether a group is gone. The kernel says busy for one that has processes, or groups."""
    try:
        os.rmdir(group_dir)
    except FileNotFoundError:
        return True
    except OSError:
        below = [entry.path for entry in _entries(group_dir) if entry.is_dir(follow_symlinks=False)]
        if not below or not all(_remove_tree(path) for path in below):
            return False
        try:
            os.rmdir(group_dir)
        except OSError:
            return False
    return True


def _kill(group_dir: str) -> None:
    try:
        write_text(f"{group_dir}/cgroup.kill", "1")
    except OSError:  # a kernel before 5.14
        import signal

        for entry in _entries(group_dir):
            if entry.is_dir(follow_symlinks=False):
                _kill(entry.path)
        for word in _text(f"{group_dir}/cgroup.procs").split():
            try:
                os.kill(int(word), signal.SIGKILL)
            except ProcessLookupError:
                continue


def _entries(directory: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except OSError:
        return []


def _wait_for(group_dir: str, line: str, patience_s: float) -> bool:
    """Wait until cgroup.events has a line; True too when the group is gone."""
    deadline = time.monotonic() + patience_s
    while (text := _text(f"{group_dir}/cgroup.events")) and line not in text.splitlines():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""
