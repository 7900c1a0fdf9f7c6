"""`build` on another engine: the context as an archive to the classic builder, its messages shown as docker's client shows them.

BuildKit's own protocol is not spoken: what the classic builder can't do is refused.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import tarfile

from dockercompat.build.archives import is_archive
from dockercompat.build.solving.ignore import Matcher, read_lines
from dockercompat.errors import Bare, BuildFailed, ClientError, DockerError
from dockercompat.spec.env import go_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, BinaryIO, TextIO

    from dockercompat.cli.flags import Options
    from dockercompat.cli.invocation import Invocation
    from dockercompat.remote.client import Remote

_PIECE_BYTES = 1 << 16
_BLOCK = 512
_BUILDKIT_ALONE = (
    "secret", "ssh", "output", "push", "cache_to", "build_context", "allow", "attest", "sbom", "provenance", "annotation", "metadata_file",
    "check", "no_cache_filter", "debug_shell",
)  # fmt: skip


def build(invocation: Invocation, remote: Remote) -> None:
    """`docker build` on another engine."""
    options = invocation.options
    for name in _BUILDKIT_ALONE:
        if getattr(options, name, None) and options.given(name.replace("_", "-")):
            flag = name.replace("_", "-")
            raise ClientError(f"ERROR: docker build --{flag} works on pydocker's own engine alone, not on {remote.address.host}")
    where = invocation.args[0]
    if not where:
        raise ClientError('ERROR: failed to build: please specify build context (e.g. "." for the current directory)')
    image_id = send(remote, options, where, invocation.environ, sys.stdin.buffer, proxies=invocation.proxies())
    if options.iidfile:
        try:
            with open(options.iidfile, "w", encoding="utf-8") as file:
                file.write(image_id)
        except OSError as error:
            raise ClientError(f"ERROR: writing image ID file: open {options.iidfile}: {go_reason(error)}") from None


def is_elsewhere(where: str) -> bool:
    """Whether a context is no directory and no archive of ours: the engine fetches it itself."""
    return where.startswith(("http://", "https://", "git://", "git@", "github.com/")) or where.endswith(".git")


def send(
    remote: Remote,
    options: Options,
    where: str,
    environ: Mapping[str, str],
    stdin: BinaryIO,
    *,
    proxies: Iterable[tuple[str, str]] = (),
    shows_id: bool = True,
) -> str:
    """Have an image built, show what is told of it, and return its id.

    options   those of `build`, or anything with the same attributes
    where     a directory, an address that the engine fetches, "-" for stdin
    stdin     what "-" means, as the context and as options.file
    proxies   build arguments of the client's configuration, weaker than those of options
    shows_id  a quiet build writes its id
    Raises    Bare and StreamFailed with the engine's words
    """
    from dockercompat.cli import progress
    from dockercompat.remote import build as verb
    from dockercompat.remote.answer import StreamFailed

    query = _query(options, environ, proxies)
    context: Iterator[bytes] | None = None
    sent = io.StringIO() if options.quiet else sys.stdout  # what is quiet is told when it went wrong
    if is_elsewhere(where):
        query["remote"] = where
        query["dockerfile"] = options.file or ""
    else:
        pieces, query["dockerfile"] = _context(where, options.file or "", stdin)
        context = _counted(pieces, sent)
    image_id = ""
    shown = progress.PullProgress()
    said: list[dict[str, Any]] = []
    try:
        for message in verb.build(remote, query, context, _registry_config(remote)):
            if "aux" in message:
                image_id = str((message["aux"] or {}).get("ID") or image_id)
            if options.quiet:
                said.append(message)
            else:
                shown(message)
    except StreamFailed as error:
        _tell(sent, said)
        error.exit_status = error.code or 1
        raise
    except DockerError as error:
        _tell(sent, said)
        raise Bare(error.line) from None
    finally:
        shown.close()
    if options.quiet:
        image_id = "".join(str(message.get("stream") or "") for message in said)  # its newline included, as docker's client has it
        if shows_id:
            sys.stdout.write(image_id)
    return image_id


def _tell(sent: TextIO, said: list[dict[str, Any]]) -> None:
    if isinstance(sent, io.StringIO):
        sys.stderr.write(sent.getvalue() + "".join(str(message.get("stream") or "") for message in said))


def _query(options: Options, environ: Mapping[str, str], proxies: Iterable[tuple[str, str]]) -> dict[str, Any]:
    from dockercompat import json
    from dockercompat.cli.building import given_bytes
    from dockercompat.spec.ulimit import parse_ulimit

    build_args: dict[str, str | None] = {**dict(proxies)}
    for text in options.build_arg:
        name, equals, value = text.partition("=")
        build_args[name] = value if equals else environ.get(name)
    if len(options.platform) > 1:
        raise ClientError("ERROR: the classic builder of another engine builds one platform at a time")
    return {
        "version": "1",
        "t": [*options.tag],
        "q": bool(options.quiet),
        "nocache": bool(options.no_cache),
        "pull": bool(options.pull),
        "rm": True,
        "networkmode": options.network or "default",
        "target": options.target or "",
        "platform": (options.platform[0] if options.platform else "") or environ.get("DOCKER_DEFAULT_PLATFORM", ""),
        "shmsize": given_bytes(options, "shm_size") or "",
        "memory": given_bytes(options, "memory") or "",
        "buildargs": json.dumps(build_args),
        "labels": json.dumps(dict(text.partition("=")[::2] for text in options.label)),
        "ulimits": json.dumps([parse_ulimit(text) for text in options.ulimit]),
        "cachefrom": json.dumps([*options.cache_from]),
        "extrahosts": [text.replace("=", ":", 1) if "=" in text else text for text in options.add_host],
    }


def _registry_config(remote: Remote) -> dict[str, str]:
    """The header with the credentials of all registries that the builder may pull from."""
    import base64

    from dockercompat import json
    from dockercompat.distribution.credentials import CredentialStore

    found = {
        key: {"username": known.username, "password": known.password, "identitytoken": known.identity_token, "serveraddress": key}
        for key, known in CredentialStore(remote.settings.config_dir).all().items()
    }
    return {"X-Registry-Config": base64.urlsafe_b64encode(json.dumps(found).encode()).decode()}


def _counted(pieces: Iterator[bytes], sent: TextIO) -> Iterator[bytes]:
    """The pieces; then docker's line about their size, where that is told."""
    from dockercompat.spec.size import human_size

    size = 0
    for piece in pieces:
        size += len(piece)
        yield piece
    sent.write(f"Sending build context to Docker daemon  {human_size(size)}\r\r\n")
    sent.flush()


def _context(where: str, file: str, stdin: BinaryIO) -> tuple[Iterator[bytes], str]:
    """The archive to send, and what the Dockerfile is called in it."""
    if where == "-":
        if file == "-":
            raise ClientError("invalid argument: can't use stdin for both build context and dockerfile")
        return _from_stream(stdin, file)
    try:
        is_dir = stat.S_ISDIR(os.stat(where).st_mode)
    except OSError:
        is_dir = False
    if not is_dir:
        raise ClientError(f'unable to prepare context: path "{where}" not found')
    root = os.path.realpath(where)
    extra: dict[str, bytes] = {}
    if file == "-":
        name = f".dockerfile.{os.urandom(10).hex()}"
        extra[name] = stdin.read()
    else:
        path = os.path.realpath(file) if file else f"{root}/Dockerfile"
        if not file and not os.path.lexists(path) and os.path.lexists(f"{root}/dockerfile"):
            path = f"{root}/dockerfile"
        name = os.path.relpath(path, root)
        try:
            os.lstat(path)
        except OSError as error:
            reason = f"lstat {path}: {go_reason(error)}"
            raise ClientError(f"unable to prepare context: unable to evaluate symlinks in Dockerfile path: {reason}") from None
        if name.startswith("../"):
            name = f".dockerfile.{os.urandom(10).hex()}"
            with open(path, "rb") as opened:
                extra[name] = opened.read()
    return _of_directory(root, _ignored(root, name), extra), name


def _ignored(root: str, dockerfile: str) -> Matcher | None:
    """What .dockerignore leaves out; never itself and never the Dockerfile, which the builder needs."""
    try:
        with open(f"{root}/.dockerignore", "rb") as file:
            lines = read_lines(file.read())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ClientError(f"error reading .dockerignore: {go_reason(error)}") from None
    try:
        return Matcher([*lines, "!.dockerignore", f"!{dockerfile}"])
    except BuildFailed as error:
        raise ClientError(f"error checking context: {error}") from None


def _from_stream(stream: BinaryIO, file: str) -> tuple[Iterator[bytes], str]:
    head = stream.read(_BLOCK)
    if is_archive(head):

        def archive() -> Iterator[bytes]:
            yield head
            while data := stream.read(_PIECE_BYTES):
                yield data

        return archive(), file
    return _members({"Dockerfile": head + stream.read()}), "Dockerfile"


def _of_directory(root: str, ignored: Matcher | None, extra: dict[str, bytes]) -> Iterator[bytes]:
    """A directory as an archive, by name; everything belongs to root, as docker's client sends it."""
    yield from _below(root, "", ignored, ())
    yield from _members(extra)


def _below(root: str, directory: str, ignored: Matcher | None, verdicts: tuple[bool, ...]) -> Iterator[bytes]:
    try:
        names = sorted(os.listdir(os.path.join(root, directory)))
    except OSError as error:
        raise ClientError(f"error checking context: can't stat '{os.path.join(root, directory)}': {go_reason(error)}") from None
    for name in names:
        path = f"{directory}/{name}" if directory else name
        skips, below = ignored.ignores_below(path, verdicts) if ignored is not None else (False, ())
        try:
            status = os.lstat(f"{root}/{path}")
        except FileNotFoundError:
            continue
        is_dir = stat.S_ISDIR(status.st_mode)
        if skips and not (is_dir and ignored is not None and ignored.may_take_back(path)):
            continue
        if not skips:
            yield from _entry(f"{root}/{path}", path, status)
        if is_dir:
            yield from _below(root, path, ignored, below)


def _entry(full: str, path: str, status: os.stat_result) -> Iterator[bytes]:
    info = _info(path)
    info.mode = stat.S_IMODE(status.st_mode)
    info.mtime = int(status.st_mtime)
    if stat.S_ISREG(status.st_mode):
        try:
            file = open(full, "rb")
        except OSError as error:
            raise ClientError(f"error checking context: no permission to read from '{full}': {go_reason(error)}") from None
        with file:
            info.size = os.fstat(file.fileno()).st_size
            yield _header(info)
            left = info.size
            while left:
                data = file.read(min(left, _PIECE_BYTES)) or bytes(min(left, _PIECE_BYTES))  # one that has shrunk is filled up
                left -= len(data)
                yield data
        yield bytes(-info.size % _BLOCK)
        return
    if stat.S_ISLNK(status.st_mode):
        info.type, info.linkname = tarfile.SYMTYPE, os.readlink(full)
    elif stat.S_ISDIR(status.st_mode):
        info.type = tarfile.DIRTYPE
    elif stat.S_ISFIFO(status.st_mode):
        info.type = tarfile.FIFOTYPE
    else:
        return
    yield _header(info)


def _members(files: dict[str, bytes]) -> Iterator[bytes]:
    """Files by name, and the end of the archive."""
    for name, data in files.items():
        info = _info(name)
        info.size, info.mode = len(data), 0o600
        yield _header(info) + data + bytes(-len(data) % _BLOCK)
    yield bytes(2 * _BLOCK)


def _info(name: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mtime = 0
    return info


def _header(info: tarfile.TarInfo) -> bytes:
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
