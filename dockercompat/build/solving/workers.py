"""Worker processes: begun, listened to, ended; what they made of files is in a directory that goes with the build.

They have mount and pid namespaces of their own: however one ends, nothing that it mounted or started is left.
"""

from __future__ import annotations

import os
import select
import signal
import time

from dockercompat import json
from dockercompat.build.solving import work
from dockercompat.host.lock import Lock
from dockercompat.kernel import syscall
from dockercompat.storage import driver as drivers
from dockercompat.storage.tree import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.build.planning.graph import Vertex
    from dockercompat.build.solving.inputs import Inputs
    from dockercompat.engine.engine import Engine

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP)


class Job:
    """A worker process at work on a vertex."""

    def __init__(self, vertex: Vertex, kind: str, key: str, lock: Lock | None) -> None:
        self.vertex = vertex
        self.kind = kind
        self.key = key
        self.lock = lock
        self.pid = 0
        self.fd = -1
        self.directory = ""
        self.buffer = b""
        self.began = time.monotonic()
        self.answer: dict[str, Any] | None = None


class Workers:
    """The workers of one build.

    source_of  what a worker is given for an input, by the digest of its vertex
    told       takes each line that a worker says while it is at work, and whether it is of standard error
    """

    def __init__(
        self, engine: Engine, inputs: Inputs, source_of: Callable[[str], work.Source], told: Callable[[Job, str, bool], None]
    ) -> None:
        self.engine = engine
        self.inputs = inputs
        self.source_of = source_of
        self.told = told
        self.jobs: list[Job] = []
        self.directory = ""
        self.guard: Lock | None = None

    def start(self, vertex: Vertex, kind: str, key: str, lock: Lock | None) -> None:
        """Begin a vertex's work. lock: held until the job is done with."""
        if not self.directory:
            self._make_directory()
        job = Job(vertex, kind, key, lock)
        job.directory = f"{self.directory}/{len(os.listdir(self.directory))}-{kind}"
        os.mkdir(job.directory, 0o700)
        task = self._task(vertex, kind, job.directory)
        self.engine.db.close()  # a connection must not cross the fork
        read_fd, write_fd = os.pipe()
        parent = os.getpid()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # else a worker could begin that nobody knows of
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.setsid()
                for number in _ENDING:
                    signal.signal(number, signal.SIG_DFL)
                signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
                syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGKILL)
                os.close(read_fd)
                if os.getppid() == parent:
                    status = work.perform(task, write_fd)
            finally:
                os._exit(status)
        os.close(write_fd)
        job.pid, job.fd = pid, read_fd
        self.jobs.append(job)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def _task(self, vertex: Vertex, kind: str, directory: str) -> work.Task:
        return work.Task(
            kind,
            vertex.op,
            tuple(self.source_of(each) for each in vertex.inputs),
            directory,
            self.engine.paths,
            self._driver(),
            self.inputs.secrets,
            self.inputs.ssh,
            self.inputs.streams,
        )

    def open_shell(self, job: Job) -> None:
        """Let the person look around where a step failed; what is done there is thrown away."""
        base = job.directory
        directory = f"{base}-shell"
        os.mkdir(directory, 0o700)
        task = self._task(job.vertex, "shell", directory)
        changes = self._driver().finish_layer(task.sources[0].layer_dirs, f"{base}/c")
        below = work.Source(layer_dirs=(changes, *task.sources[0].layer_dirs))
        self.engine.db.close()
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        pid = os.fork()
        if pid == 0:
            try:
                syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGKILL)
                work.perform(task.replace(sources=(below, *task.sources[1:])), os.open("/dev/null", os.O_WRONLY | os.O_CLOEXEC))
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        signal.signal(signal.SIGINT, before)

    def _driver(self) -> drivers.Driver:
        return drivers.choose(self.engine.paths, self.engine.settings.storage_driver)

    def _make_directory(self) -> None:
        """A directory of this build, with a lock on it that says that the build lives."""
        temp_dir = self.engine.paths.temp_dir
        remove_stale(self.engine)
        name = f"build-{os.getpid()}-{os.urandom(4).hex()}"
        self.guard = Lock(f"{self.engine.paths.locks_dir}/{name}")
        self.guard.acquire()
        os.mkdir(f"{temp_dir}/{name}", 0o700)
        self.directory = f"{temp_dir}/{name}"

    def listen(self, timeout_s: float) -> list[Job]:
        """Hear what the workers say; the jobs that ended."""
        poller = select.poll()
        by_fd = {job.fd: job for job in self.jobs}
        for fd in by_fd:
            poller.register(fd, select.POLLIN)
        ended = []
        for fd, _ in poller.poll(timeout_s * 1000):
            job = by_fd[fd]
            data = os.read(fd, 1 << 16)
            if not data:
                ended.append(job)
                continue
            job.buffer += data
            *lines, job.buffer = job.buffer.split(b"\n")
            for line in lines:
                message = json.loads(line)
                if "log" in message:
                    self.told(job, message["log"], bool(message.get("is_error")))
                else:
                    job.answer = message
        return ended

    def take(self, job: Job) -> dict[str, Any]:
        """The answer of a job that ended, which is none of ours any more; its lock is for the caller to give back."""
        os.close(job.fd)
        os.waitpid(job.pid, 0)
        self.jobs.remove(job)
        return job.answer or {"error": "the worker of this step was killed"}

    def end(self) -> list[Job]:
        """Kill the workers that still run, and remove what all of them made; the jobs that were cut off."""
        for job in self.jobs:
            try:
                os.kill(job.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for job in self.jobs:
            os.waitpid(job.pid, 0)
            os.close(job.fd)
            if job.lock is not None:
                job.lock.release(remove=True)
        ended, self.jobs = self.jobs, []
        if self.directory:
            remove_tree(self.directory)
            self.directory = ""
        if self.guard is not None:
            self.guard.release(remove=True)
            self.guard = None
        return ended


def remove_stale(engine: Engine) -> None:
    """Remove the directories that killed builds left."""
    for name in os.listdir(engine.paths.temp_dir):
        if name.startswith("build-"):
            lock = Lock(f"{engine.paths.locks_dir}/{name}")
            if lock.acquire(block=False):
                remove_tree(f"{engine.paths.temp_dir}/{name}")
                lock.release(remove=True)
    contexts_dir = f"{engine.paths.data_dir}/build/contexts"
    for name in os.listdir(contexts_dir) if os.path.isdir(contexts_dir) else ():
        pid = name.rpartition(".")[2]
        if pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            os.unlink(f"{contexts_dir}/{name}")
