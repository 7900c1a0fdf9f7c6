"""What a build is made from: the caller's directory, an archive or a Dockerfile from standard input, a URL; and the Dockerfile."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat

from dockercompat.build.archives import is_archive
from dockercompat.build.solving import git
from dockercompat.build.solving.ignore import Matcher, read_lines
from dockercompat.build.solving.tree import Hashes, Tree, is_readable
from dockercompat.distribution.failures import explain
from dockercompat.errors import BuildFailed
from dockercompat.kernel import idmap
from dockercompat.record import Record
from dockercompat.storage.extract import extract_archive
from dockercompat.storage.tar import Rejoined, open_compressed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO, cast
else:

    def cast(_, value):
        return value


_DEFAULT_NAME = "Dockerfile"
_BLOCK = 512


class Context(Record):
    """A build context that has been looked at.

    tree            what COPY sees; hashes of it are remembered when it is a directory of the caller's
    dockerfile      the bytes; name: as messages call it
    ignore_size     bytes of the ignore file, 0 without one
    ignore_beside   it is the Dockerfile's own, NAME.dockerignore
    """

    tree: Tree
    dockerfile: bytes
    name: str
    ignore_size: int = 0
    ignore_beside: bool = False


def load(
    where: str,
    file: str,
    *,
    stdin: Callable[[], BinaryIO],
    cwd: str,
    temp_dir: Callable[[], str],
    cache_dir: str,
    sent: bool = False,
) -> Context:
    """Find context and Dockerfile.

    where     a directory, `-`, or a URL
    file      -f: a path by the caller's directory, `-`, or "" for Dockerfile in the context
    temp_dir  gives an empty directory for an archive's files, which the caller removes
    sent      standard input is an archive, whose maker has left out what is to be ignored
    Raises    BuildFailed in buildx's words
    """
    if sent and where == "-":
        return _from_client(stdin(), file, temp_dir())
    if where == "-":
        if file == "-":
            raise BuildFailed("invalid argument: can't use stdin for both build context and dockerfile")
        return _from_stream(stdin(), file, temp_dir())
    if git.is_git(where):
        return _from_git(where, file, temp_dir())
    if where.startswith(("http://", "https://")):
        return _from_url(where, file, temp_dir())
    check(where, cwd)
    root = os.path.join(cwd, where)
    if file == "-":
        data, name, ignore_path = stdin().read(), _DEFAULT_NAME, ""
    else:
        path = os.path.join(cwd, file) if file else _default(root)
        data, name = _read_dockerfile(path, file or _DEFAULT_NAME), os.path.basename(path)
        ignore_path = f"{path}.dockerignore"
    ignore_data = _read(ignore_path) if ignore_path else None
    ignore_beside = ignore_data is not None
    if ignore_data is None:
        ignore_data = _read(f"{root}/.dockerignore")
    real = os.path.realpath(root)
    hashes = Hashes(f"{cache_dir}/{hashlib.sha256(os.fsencode(real)).hexdigest()[:32]}.json")
    ignore = Matcher(read_lines(ignore_data)) if ignore_data else None
    return Context(Tree(real, owned=False, ignore=ignore, hashes=hashes), data, name, len(ignore_data or b""), ignore_beside)


def check(where: str, cwd: str) -> None:
    """Raises BuildFailed for a context that is to be a directory and is none."""
    if where == "-" or git.is_git(where) or where.startswith(("http://", "https://")):
        return
    try:
        info = os.stat(os.path.join(cwd, where))
    except OSError:
        raise BuildFailed(f'unable to prepare context: path "{where}" not found') from None
    if not stat.S_ISDIR(info.st_mode):
        raise BuildFailed(f'unable to prepare context: path "{where}" not found')


def named(name: str, where: str, *, cwd: str, temp_dir: Callable[[], str], cache_dir: str) -> Tree:
    """A `--build-context NAME=WHERE` with its own ignore file: a directory, the URL of an archive or of a git repository.

    Raises  BuildFailed
    """
    if git.is_git(where):
        try:
            return Tree(git.fetch(git.parse(where), temp_dir())[0], owned=False)
        except BuildFailed as error:
            raise BuildFailed(f"failed to solve: {error}") from None
    if where.startswith(("http://", "https://")):
        directory = temp_dir()
        stream = _download(where, directory)
        head = stream.read(512)
        stream.seek(0)
        if is_archive(head):
            extract_archive(open_compressed(stream), directory, single_id=idmap.current_is_single())
        else:
            with open(f"{directory}/{os.path.basename(where.partition('?')[0]) or 'context'}", "wb") as file:
                shutil.copyfileobj(stream, file)
        return Tree(directory, owned=False)
    real = os.path.realpath(os.path.join(cwd, where))
    try:
        info = os.stat(real)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BuildFailed(f"failed to get build context {name}: stat {where}: {reason}") from None
    if not stat.S_ISDIR(info.st_mode):
        raise BuildFailed(f"failed to get build context {name}: {where} is not a directory")
    ignore_data = _read(f"{real}/.dockerignore")
    hashes = Hashes(f"{cache_dir}/{hashlib.sha256(os.fsencode(real)).hexdigest()[:32]}.json")
    return Tree(real, owned=False, ignore=Matcher(read_lines(ignore_data)) if ignore_data else None, hashes=hashes)


def _default(root: str) -> str:
    path = f"{root}/{_DEFAULT_NAME}"
    lower = f"{root}/dockerfile"
    return lower if not os.path.exists(path) and os.path.exists(lower) else path


def _read_dockerfile(path: str, shown: str) -> bytes:
    try:
        if not is_readable(path, os.stat(path)):
            return b""
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise BuildFailed("failed to solve: failed to read dockerfile: too many links") from None
        reason = (error.strerror or str(error)).lower()
        if isinstance(error, IsADirectoryError):
            raise BuildFailed(f"failed to solve: failed to read dockerfile: read {shown}: is a directory") from None
        text = f"failed to solve: failed to read dockerfile: open {os.path.basename(shown)}: {reason}"
        raise BuildFailed(text, classic=f"Cannot locate specified Dockerfile: {shown}") from None


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def _from_stream(stream: BinaryIO, file: str, directory: str) -> Context:
    head = _head(stream)
    if not is_archive(head):
        if file:
            raise BuildFailed("ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles")
        if not head:
            raise BuildFailed("failed to solve: failed to read dockerfile: no local sources enabled")
        return Context(Tree(directory, owned=False), head + stream.read(), _DEFAULT_NAME)
    extract_archive(open_compressed(cast("BinaryIO", Rejoined(head, stream))), directory, single_id=idmap.current_is_single())
    return _from_directory(directory, file)


def _head(stream: BinaryIO) -> bytes:
    """The first block of a stream, which may come in pieces."""
    head = b""
    while len(head) < _BLOCK and (data := stream.read(_BLOCK - len(head))):
        head += data
    return head


def _from_client(stream: BinaryIO, file: str, directory: str) -> Context:
    """An archive, of whose ignore file only what it says of itself and of the Dockerfile is still to be done."""
    head = _head(stream)
    if head and not is_archive(head) and any(head):
        reason = "archive/tar: invalid tar header" if len(head) == _BLOCK else "unexpected EOF"
        raise BuildFailed(f"failed to solve: failed to read dockerfile: {reason}", classic=reason)
    if is_archive(head):
        extract_archive(open_compressed(cast("BinaryIO", Rejoined(head, stream))), directory, single_id=idmap.current_is_single())
    context = _from_directory(directory, file)
    name = file.strip("/") or os.path.basename(_default(directory))
    hidden = [each for each in (".dockerignore", name) if context.tree.is_ignored(each)]
    return context.replace(tree=Tree(directory, owned=False, ignore=Matcher(hidden) if hidden else None))


def _from_directory(directory: str, file: str) -> Context:
    path = f"{directory}/{file.strip('/')}" if file else _default(directory)
    data = _read_dockerfile(path, file or _DEFAULT_NAME)
    ignore_data = _read(f"{path}.dockerignore")
    ignore_beside = ignore_data is not None
    if ignore_data is None:
        ignore_data = _read(f"{directory}/.dockerignore")
    ignore = Matcher(read_lines(ignore_data)) if ignore_data else None
    return Context(Tree(directory, owned=False, ignore=ignore), data, os.path.basename(path), len(ignore_data or b""), ignore_beside)


def _from_url(url: str, file: str, directory: str) -> Context:
    return _from_stream(_download(url, directory), file, directory)


def _download(url: str, directory: str) -> BinaryIO:
    """What a URL gives, in a file without a name beside a directory. Raises BuildFailed."""
    import tempfile

    import requests

    file = tempfile.TemporaryFile(dir=os.path.dirname(directory))
    try:
        with requests.get(url, timeout=60, stream=True) as response:
            if response.status_code >= 400:
                raise BuildFailed(f"failed to solve: failed to load cache key: invalid response status {response.status_code}")
            for chunk in response.iter_content(1 << 18):
                file.write(chunk)
    except requests.RequestException as error:
        reason = f'failed to load cache key: Get "{url}": {explain(error, url)}'
        text = f"failed to solve: failed to read downloaded context: {reason}"
        raise BuildFailed(text, classic=f'error downloading remote context {url}: Get "{url}": {explain(error, url)}') from None
    file.seek(0)
    return cast("BinaryIO", file)


def _from_git(url: str, file: str, directory: str) -> Context:
    """A git repository: URL#REF:SUBDIR, fetched by git itself."""
    try:
        wanted, _ = git.fetch(git.parse(url), directory)
    except BuildFailed as error:
        raise BuildFailed(f"failed to solve: failed to read dockerfile: {error}") from None
    return _from_directory(wanted, file)
