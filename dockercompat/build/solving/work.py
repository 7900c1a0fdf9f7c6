"""What a worker process does for one vertex: in its own mount and pid namespaces, with no database, answering through a pipe."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import stat

from dockercompat import json
from dockercompat.build.planning.graph import CopyOp, GitOp, MakeDirOp, Op, RunOp, SourceOp, UrlOp
from dockercompat.build.solving import git, run_step
from dockercompat.build.solving import uplink as uplinks
from dockercompat.build.solving.copy import Copier, make_dirs, owner_of
from dockercompat.build.solving.ignore import Matcher
from dockercompat.build.solving.mounts import Room
from dockercompat.build.solving.tree import Tree, resolve
from dockercompat.distribution.failures import explain
from dockercompat.errors import BuildFailed, DockerError, RunFailed, sentence
from dockercompat.kernel import idmap, syscall
from dockercompat.record import Record
from dockercompat.runtime import users
from dockercompat.storage.changes import files_size
from dockercompat.storage.pack import layer_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.build.solving.inputs import Secret
    from dockercompat.host.paths import Paths
    from dockercompat.storage.driver import Driver


class Question(Record):
    """Which content of an input counts: a path or glob, without what excludes match.

    deep  ** is any number of directories, and where a file was found counts, too
    """

    path: str
    wildcards: bool
    excludes: tuple[str, ...] = ()
    deep: bool = False

    def to_json(self) -> list[Any]:
        return [self.path, self.wildcards, list(self.excludes), *([True] if self.deep else [])]


class Source(Record):
    """An input: layers (top first), a tree of the caller, or a directory made by this build."""

    layer_dirs: tuple[str, ...] = ()
    tree: Tree | None = None
    plain_dir: str = ""


class Task(Record):
    """One vertex's work. kind: hash, url, git, copy, mkdir, run, shell; directory is the worker's own, empty; streams: see Inputs."""

    kind: str
    op: Op
    sources: tuple[Source, ...]
    directory: str
    paths: Paths
    driver: Driver
    secrets: Mapping[str, Secret]
    ssh: Mapping[str, str]
    streams: bool = False


def questions(op: Op, index: int) -> list[Question]:
    """What an operation takes from one of its inputs."""
    if isinstance(op, CopyOp):
        found = []
        for source in op.sources:
            if source.input == index:
                path = source.path.replace("/./", "/") if op.parents else source.path
                found.append(Question(path, source.wildcards, op.excludes, op.parents))
        return found
    if isinstance(op, RunOp):
        return [Question(mount.source, False) for mount in op.mounts if mount.input == index and index > 0]
    return []


def content_of(tree: Tree, question: Question) -> str:
    """The digest of what a question names. Raises BuildFailed when it is not there."""
    failed = "failed to compute cache key: failed to calculate checksum of ref"
    try:
        excludes = Matcher(question.excludes)
    except BuildFailed:
        raise BuildFailed(f"{failed}: invalid excludepatterns: [{' '.join(question.excludes)}]: syntax error in pattern") from None
    digest = hashlib.sha256()
    try:
        for path in tree.find(question.path, wildcards=question.wildcards, deep=question.deep):
            name = path if question.deep else os.path.basename(path)
            digest.update(f"{name}\0{tree.digest(path, excludes)}\n".encode("utf-8", "surrogateescape"))
    except BuildFailed as error:
        raise BuildFailed(f"{failed}: {error}", classic=_classic(question)) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        name = os.path.relpath(error.filename, tree.root) if isinstance(error.filename, str) else "?"
        call = "lstat" if error.errno == errno.ENAMETOOLONG else "open"
        raise BuildFailed(f"error from sender: {call} {name}: {reason}") from None
    return digest.hexdigest()


def _classic(question: Question) -> str:
    name = question.path.strip("/")
    return f"COPY failed: file not found in build context or excluded by .dockerignore: stat {name}: file does not exist"


def perform(task: Task, answer_fd: int) -> int:
    """Do the work in a grandchild that is the first process of a pid namespace; its exit status.

    The answer is one JSON line: {"diff_id", "size", "changed"}, {"contents"}, {"tree_dir", "content"} or {"error"};
    {"log"} lines come before it, with {"is_error"} where the streams are kept apart.
    """
    syscall.unshare(syscall.CLONE_NEWNS | syscall.CLONE_NEWPID)
    syscall.mount("none", "/", None, syscall.MS_REC | syscall.MS_PRIVATE)
    ask_read, ask_write = os.pipe()
    reply_read, reply_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ask_read)
        os.close(reply_write)
        syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGKILL)
        _first_process(task, answer_fd, uplinks.Uplink(ask_write, reply_read))
    os.close(answer_fd)
    os.close(ask_write)
    os.close(reply_read)
    uplinks.serve(ask_read, reply_write)
    while True:  # helpers, too: the first process can't end before they are reaped
        ended, status = os.waitpid(-1, 0)
        if ended == pid:
            return os.waitstatus_to_exitcode(status) & 255


def _first_process(task: Task, answer_fd: int, uplink: uplinks.Uplink) -> None:
    status = 1

    def say(message: dict[str, Any]) -> None:
        data = memoryview(json.dumps(message).encode() + b"\n")
        while data:
            data = data[os.write(answer_fd, data) :]

    try:
        try:
            syscall.mount("proc", "/proc", "proc", syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC)
        except OSError:  # this machine hides parts of /proc: programs see the outer one, which works as well
            pass
        say(_answer(task, uplink, lambda text, is_error: say({"log": text, **({"is_error": True} if is_error else {})})))
        status = 0
    except RunFailed as error:
        say({"error": str(error), "args": error.args_text, "status": error.status})
    except DockerError as error:
        say({"error": str(error)})
    except OSError as error:
        say({"error": sentence(error)})
    except Exception as error:  # a defect: the build must not hang, and the person must see it
        trace = ""
        if os.environ.get("PYDOCKER_DEBUG"):
            import traceback

            trace = f"\n{traceback.format_exc()}"
        say({"error": f"internal error: {type(error).__name__}: {error}{trace}"})
    finally:
        os._exit(status)


def _answer(task: Task, uplink: uplinks.Uplink, log: run_step.Log) -> dict[str, Any]:
    if task.kind == "hash":
        return {"contents": _contents(task)}
    if isinstance(task.op, GitOp):
        return _clone(task, task.op)
    if task.kind == "url":
        return _fetch(task)
    is_link = isinstance(task.op, CopyOp) and task.op.link  # made on an empty root, then laid over whatever is below
    base = [] if is_link else list(task.sources[0].layer_dirs)
    container_dir = f"{task.directory}/c"
    root = f"{task.directory}/root"
    os.mkdir(container_dir, 0o755)
    os.mkdir(root, 0o755)
    task.driver.mount(base, container_dir, root, volatile=True)
    changed = ""
    try:
        if isinstance(task.op, CopyOp):
            trees = _trees(task)
            names = users.from_layers(task.sources[0].layer_dirs) if is_link else users.from_root(root)
            copier = Copier(root, task.op, names)
            copier.copy([(each, trees[each.input] if each.input >= 0 else None) for each in task.op.sources])
            changed = copier.changed
        elif isinstance(task.op, MakeDirOp):
            owner = owner_of(task.op.user, users.from_root(root)) if task.op.user else (0, 0)
            try:
                make_dirs(root, task.op.path, owner or (0, 0), single_id=idmap.current_is_single())
            except BuildFailed:
                call = "mkdir" if os.path.lexists(f"{root}/{resolve(root, task.op.path)}") else "lstat"
                raise BuildFailed(f"{call} {task.op.path}: not a directory") from None
        elif isinstance(task.op, RunOp):
            places = {index: _directory(task, index) for index in {mount.input for mount in task.op.mounts if mount.input > 0}}
            room = Room(task.directory, root, task.paths, task.secrets, task.ssh, places)
            if task.kind == "shell":
                run_step.shell(task.op, room, uplink)
                return {}
            run_step.run(task.op, room, uplink, log, apart=task.streams)
            changed = _moved(task)
    finally:
        task.driver.unmount(root)
    upper = task.driver.finish_layer(base, container_dir)
    os.mkdir(f"{task.directory}/layer", 0o755)
    os.rename(upper, f"{task.directory}/layer/diff")
    diff_id = layer_digest(f"{task.directory}/layer/diff")
    return {"diff_id": diff_id, "size": files_size(f"{task.directory}/layer/diff"), "changed": changed}


def _directory(task: Task, index: int) -> tuple[str, bool]:
    """An input as a directory, and whether it may be written to (it is a throw-away view)."""
    source = task.sources[index]
    if source.plain_dir:
        return source.plain_dir, False
    if source.tree is not None:
        if not source.tree.ignore:
            return source.tree.root, False
        copy_dir = f"{task.directory}/in{index}"
        os.mkdir(copy_dir, 0o755)
        Copier(copy_dir, CopyOp((), "/"), lambda _: "").copy([(SourceOp(1, "/"), source.tree)])
        return copy_dir, True
    target = f"{task.directory}/in{index}"
    container_dir = f"{task.directory}/in{index}-c"
    os.mkdir(target, 0o755)
    os.mkdir(container_dir, 0o755)
    task.driver.mount(list(source.layer_dirs), container_dir, target, volatile=True)
    return target, True


def _trees(task: Task) -> dict[int, Tree]:
    """The inputs that something is copied from, as trees."""
    op = task.op
    wanted = {source.input for source in op.sources if source.input > 0} if isinstance(op, CopyOp) else set()
    if isinstance(op, RunOp):
        wanted = {mount.input for mount in op.mounts if mount.input > 0}
    found: dict[int, Tree] = {}
    for index in wanted:
        source = task.sources[index]
        if source.tree is not None:
            found[index] = source.tree
        else:
            found[index] = Tree(_directory(task, index)[0], owned=not source.plain_dir)
    return found


def _moved(task: Task) -> str:
    """Something of the caller's that a RUN saw and that is no longer what its content was found to be, "" when all is."""
    for index, source in enumerate(task.sources):
        tree = source.tree
        if tree is None or tree.hashes is None:
            continue
        for question in questions(task.op, index):
            try:
                tops = tree.find(question.path, wildcards=question.wildcards)
            except BuildFailed:
                return question.path
            for top in tops:
                info = os.lstat(tree.full(top))
                if tree.hashes.differs(tree.full(top), info):
                    return top or "/"
                if not stat.S_ISDIR(info.st_mode):
                    continue
                for below, each in tree.walk(top):
                    path = f"{top}/{below}" if top else below
                    if tree.hashes.differs(tree.full(path), each):
                        return path
    return ""


def _contents(task: Task) -> list[list[Any]]:
    trees = _trees(task)
    return [
        [index, question.to_json(), content_of(tree, question)]
        for index, tree in sorted(trees.items())
        if task.sources[index].tree is None
        for question in questions(task.op, index)
    ]


def _clone(task: Task, op: GitOp) -> dict[str, Any]:
    url = git.parse(op.url)
    url = url.replace(keep_git_dir=url.keep_git_dir or op.keep_git_dir, checksum=url.checksum or op.checksum)
    os.mkdir(f"{task.directory}/git", 0o755)
    tree_dir, commit = git.fetch(url, f"{task.directory}/git")
    return {"tree_dir": tree_dir, "content": f"{commit} {url.subdir} {url.keep_git_dir}"}


def _fetch(task: Task) -> dict[str, Any]:
    """One file by http(s), mode 0600, its time from Last-Modified."""
    import email.utils

    import requests

    op = task.op
    if not isinstance(op, UrlOp):
        raise BuildFailed("not a URL")
    tree_dir = f"{task.directory}/url"
    os.mkdir(tree_dir, 0o755)
    path = f"{tree_dir}/{op.filename}"
    digest = hashlib.sha256()
    try:
        with requests.get(op.url, stream=True, timeout=60, headers={"Accept-Encoding": "identity"}) as response:
            if response.status_code >= 400:
                raise BuildFailed(f"failed to load cache key: invalid response status {response.status_code}")
            with open(path, "wb") as file:
                for chunk in response.iter_content(1 << 18):
                    digest.update(chunk)
                    file.write(chunk)
            modified = email.utils.parsedate_tz(response.headers.get("Last-Modified") or "")
    except requests.RequestException as error:
        raise BuildFailed(f'failed to load cache key: Get "{op.url}": {explain(error, op.url)}') from None
    if op.checksum and op.checksum != f"sha256:{digest.hexdigest()}":
        raise BuildFailed(f"digest mismatch sha256:{digest.hexdigest()}: {op.checksum}")
    os.chmod(path, 0o600)
    when = email.utils.mktime_tz(modified) if modified else 0
    os.utime(path, (when, when))
    return {"tree_dir": tree_dir, "content": f"{digest.hexdigest()} {when} {op.filename} {stat.S_IMODE(0o600):o}"}
