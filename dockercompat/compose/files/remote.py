"""Compose files of git repositories: fetched once for each commit, and read where they are kept.

Source: docker/compose, pkg/remote/git.go.
"""

from __future__ import annotations

import os
import re

from dockercompat.compose.values import quoted
from dockercompat.errors import InvalidProject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockercompat.build.solving.git import GitUrl

_GIT, _OCI = "COMPOSE_EXPERIMENTAL_GIT_REMOTE", "COMPOSE_EXPERIMENTAL_OCI_REMOTE"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_OFF = ("0", "f", "F", "FALSE", "false", "False")
_known: dict[str, str] = {}  # where what was asked for in this process is kept


def is_remote(path: str) -> bool:
    """Whether a file's name means one that is elsewhere: URL.git#REF:PATH, oci://, or another address."""
    return "://" in path or path.startswith(("git@", "github.com/"))


def local(path: str, environ: Mapping[str, str], names: Sequence[str]) -> str:
    """The file of this machine with what a remote name means. names: what a directory's is called. Raises InvalidProject."""
    from dockercompat.build.solving import git
    from dockercompat.errors import BuildFailed

    if path.startswith("oci://"):
        _require(_OCI, "OCI", environ)
        raise InvalidProject(f"{path}: compose files are not read from registries, but from git repositories and this machine")
    if not git.is_git(path):
        raise InvalidProject(f"{path}: compose files are read from git repositories (https://HOST/NAME.git#REF:PATH) and this machine")
    _require(_GIT, "git", environ)
    try:
        url = git.parse(path)
    except BuildFailed as error:
        raise InvalidProject(str(error)) from None
    if path not in _known:
        _known[path] = _kept(path, url, environ)
    return _file(_known[path], url.subdir, names)


def _require(variable: str, what: str, environ: Mapping[str, str]) -> None:
    if environ.get(variable) in _OFF:
        raise InvalidProject(f"{what} remote resource is disabled by {quoted(variable)}")


def _kept(path: str, url: GitUrl, environ: Mapping[str, str]) -> str:
    """The directory of a commit's files, fetched if they are not there."""
    from dockercompat.build.solving import git
    from dockercompat.errors import BuildFailed
    from dockercompat.storage.tree import remove_tree

    commit = url.ref if _COMMIT.fullmatch(url.ref) else _commit(path, url)
    cache_dir = os.path.join(environ.get("XDG_CACHE_HOME") or os.path.join(environ.get("HOME", ""), ".cache"), "docker-compose")
    kept = os.path.join(cache_dir, commit)
    if os.path.isdir(kept):
        return kept
    os.makedirs(cache_dir, 0o700, exist_ok=True)
    directory = os.path.join(cache_dir, f"fetching-{os.urandom(8).hex()}")
    os.mkdir(directory, 0o700)
    mask = os.umask(0o022)
    try:
        git.fetch(url.replace(ref=commit, subdir="", checksum="", submodules=False), directory)
        try:
            os.rename(directory, kept)
        except OSError:  # another process was first
            if not os.path.isdir(kept):
                raise
    except BuildFailed as error:
        raise InvalidProject(f"failed to access repository at {url.remote}:\n {error}") from None
    finally:
        os.umask(mask)
        if os.path.isdir(directory):
            remove_tree(directory)
    return kept


def _commit(path: str, url: GitUrl) -> str:
    """The commit that a branch or a tag stands for now."""
    from dockercompat.host import run

    ref = url.ref or "HEAD"
    env = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -o ControlMaster=no -o BatchMode=yes", **os.environ}
    found = run.capture(["git", "ls-remote", "--exit-code", "--", url.remote, ref], env=env)
    if found.status == 2:
        raise InvalidProject(f"repository does not contain ref {path}")
    if found.status:
        raise InvalidProject(f"failed to access repository at {url.remote}:\n {found.stderr.decode(errors='replace').strip()}")
    commits = {name: commit for commit, _, name in (line.partition("\t") for line in found.stdout.decode().splitlines())}
    for name in (ref, f"refs/{ref}", f"refs/tags/{ref}", f"refs/heads/{ref}"):
        if _COMMIT.fullmatch(commits.get(name, "")):
            return commits[name]
    raise InvalidProject(f"repository does not contain ref {path}")


def _file(directory: str, subdir: str, names: Sequence[str]) -> str:
    """A compose file below a directory, by its path or by that of its directory; what leads out of it is none."""
    place = os.path.realpath(os.path.join(directory, subdir))
    root = os.path.realpath(directory)
    if place != root and not place.startswith(f"{root}/"):
        raise InvalidProject(f"git subdirectory path traversal detected: {subdir}")
    if not os.path.lexists(place):
        raise InvalidProject(f"stat {os.path.join(directory, subdir)}: no such file or directory")
    if not os.path.isdir(place):
        return place
    found = next((name for name in names if os.path.isfile(os.path.join(place, name))), "")
    if not found:
        raise InvalidProject(f"no compose file in {subdir or 'the repository'}: one of {', '.join(names)}")
    return os.path.join(place, found)
