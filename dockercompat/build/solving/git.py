"""Git repositories as build contexts and as sources of ADD: URL[#REF[:SUBDIR]] or URL?ref=...&subdir=..., fetched by git itself."""

from __future__ import annotations

import os
import posixpath
import re

from dockercompat.build.solving.tree import resolve
from dockercompat.errors import BuildFailed, ToolFailed
from dockercompat.host.run import run
from dockercompat.record import Record
from dockercompat.spec.number import quoted
from dockercompat.storage.tree import remove_tree

_SCP = re.compile(r"[\w.+-]+@[\w.-]+:[^/].*")
_QUERY = ("ref", "tag", "branch", "subdir", "checksum", "commit", "submodules", "keep-git-dir")


class GitUrl(Record):
    """A repository and what is wanted of it; ref "" is the remote's default branch, subdir "" the whole tree."""

    remote: str
    ref: str = ""
    subdir: str = ""
    checksum: str = ""
    submodules: bool = True
    keep_git_dir: bool = False


def is_git(text: str) -> bool:
    """Whether a context or a source names a repository: git://, ssh://, git@host:, a path of a forge, or http(s) ending in .git."""
    if text.startswith(("git://", "ssh://", "git+", "github.com/")) or _SCP.fullmatch(text.partition("#")[0]):
        return True
    return text.startswith(("http://", "https://")) and text.partition("#")[0].partition("?")[0].endswith(".git")


def parse(text: str) -> GitUrl:
    """Raises BuildFailed for a query that means nothing."""
    remote, _, fragment = text.partition("#")
    ref, _, subdir = fragment.partition(":")
    remote, _, query = remote.partition("?")
    values = {}
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if name not in _QUERY:
            raise BuildFailed(f'unexpected query "{name}"')
        values[name] = value
    if remote.startswith("github.com/"):
        remote = f"https://{remote}"
    ref = values.get("ref") or values.get("tag") or values.get("branch") or ref
    checksum = values.get("checksum") or values.get("commit") or ""
    off, on = ("0", "false"), ("", "1", "true")
    return GitUrl(
        remote.removeprefix("git+"),
        ref,
        (values.get("subdir") or subdir).strip("/"),
        checksum,
        values.get("submodules", "1").lower() not in off,
        "keep-git-dir" in values and values["keep-git-dir"].lower() in on,
    )


def fetch(url: GitUrl, directory: str) -> tuple[str, str]:
    """Check a repository out into an empty directory; the directory of what is wanted, and the commit.

    Raises  BuildFailed
    """
    os.umask(0o022)
    try:
        run(["git", "init", "-q", directory])
        try:
            _git(directory, "fetch", "-q", "--depth=1", "--", url.remote, url.ref or "HEAD")
        except ToolFailed:  # a server that can't give a part, or a commit that no branch begins with
            _git(directory, "fetch", "-q", "--tags", "--", url.remote, "+refs/heads/*:refs/remotes/origin/*")
            _git(directory, "fetch", "-q", "--", url.remote, "HEAD")
            if url.ref:
                found = _first_commit(directory, (f"refs/remotes/origin/{url.ref}", f"refs/tags/{url.ref}", url.ref))
                _git(directory, "update-ref", "FETCH_HEAD", found)
        _git(directory, "checkout", "-q", "FETCH_HEAD")
        commit = _git(directory, "rev-parse", "HEAD").strip()
        if url.submodules and os.path.exists(f"{directory}/.gitmodules"):
            _git(directory, "submodule", "update", "-q", "--init", "--recursive", "--depth=1")
    except ToolFailed as error:
        if not url.ref:
            reason = f"git stderr:\n{error.stderr.strip()}\n: exit status {error.status}"
            raise BuildFailed(f"failed to load cache key: error fetching default branch for repository {url.remote}: {reason}") from None
        told = "" if "single revision" in error.stderr else error.stderr  # git's way to say that there is no such ref
        what = f"repository does not contain ref {url.ref or 'HEAD'}, output: {quoted(told)}"
        raise BuildFailed(f"failed to load cache key: {what}") from None
    if url.checksum and not commit.startswith(url.checksum):
        raise BuildFailed(f"failed to load cache key: expected checksum to match {url.checksum}, got {commit}")
    if not url.keep_git_dir:
        remove_tree(f"{directory}/.git")
    wanted = posixpath.join(directory, resolve(directory, url.subdir)) if url.subdir else directory
    if not os.path.isdir(wanted):
        name = quoted(url.subdir)
        reason = "not a directory" if os.path.exists(wanted) else f"failed to lstat {name}: statat {url.subdir}: no such file or directory"
        raise BuildFailed(f"invalid subdir /{url.subdir}: {reason}")
    return wanted, commit


def _first_commit(directory: str, names: tuple[str, ...]) -> str:
    for name in names[:-1]:
        try:
            return _git(directory, "rev-parse", "--verify", "-q", f"{name}^{{commit}}").strip()
        except ToolFailed:
            continue
    return _git(directory, "rev-parse", "--verify", f"{names[-1]}^{{commit}}").strip()


def _git(directory: str, *args: str) -> str:
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}
    return run(["git", "-C", directory, "-c", "core.hooksPath=/dev/null", *args], env=env).decode(errors="replace")
