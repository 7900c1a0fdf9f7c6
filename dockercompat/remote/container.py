"""/containers of another engine: the functions of engine/container/ by the same names, over requests."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from dockercompat import json
from dockercompat.errors import ClientError, CommandNotExecutable, CommandNotFound, DockerError, NotFound
from dockercompat.remote.client import JSON_BODY, filters_text, segment

if TYPE_CHECKING:
    from builtins import list as _list
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, BinaryIO

    from dockercompat.remote.answer import Answer
    from dockercompat.remote.client import Remote
    from dockercompat.spec.filter import Filters

_TAR = "application/x-tar"
_HEADER_BYTES = 8  # of a frame


class Container:
    """A container by what a person typed; it is looked at when something of it is asked for."""

    def __init__(self, engine: Remote, ref: str) -> None:
        self.engine = engine
        self.ref = ref
        self._document: dict[str, Any] | None = None

    @property
    def document(self) -> dict[str, Any]:
        """Its ContainerInspect. Raises NotFound."""
        if self._document is None:
            self._document = inspect(self.engine, self.ref)
        return self._document

    @property
    def id(self) -> str:
        return str(self.document["Id"])

    @property
    def status(self) -> str:
        return str(self.document["State"]["Status"])

    @property
    def config(self) -> Mapping[str, Any]:
        return self.document.get("Config") or {}

    @property
    def is_alive(self) -> bool:
        return bool(self.document["State"]["Running"])


def current(engine: Remote, ref: str) -> Container:
    return Container(engine, _named(ref))


def load(engine: Remote, container_id: str) -> Container:
    """Raises NotFound."""
    container = Container(engine, container_id)
    container.document  # noqa: B018  asks
    return container


def _named(ref: str) -> str:
    ref = ref.strip()
    if not ref.strip("/"):
        raise NotFound(f"No such container: {ref}") if ref else ClientError("invalid container name or ID: value is empty")
    return ref


def _path(ref: str, rest: str = "") -> str:
    return f"/containers/{segment(_named(ref).lstrip('/'))}{rest}"


def create(engine: Remote, body: dict[str, Any], name: str, platform: str) -> dict[str, Any]:
    """{"Id", "Warnings"}. platform: os/arch[/variant], "" for none."""
    engine.negotiate()
    answer = engine.request(
        "POST", "/containers/create", {"name": name, "platform": platform}, json.dumps(body).encode("utf-8", "replace"), JSON_BODY
    )
    found = answer.document()
    return {"Id": found["Id"], "Warnings": found.get("Warnings") or []}


def list(engine: Remote, filters: Filters | None = None, *, all: bool = False, limit: int = 0, size: bool = False) -> _list[dict[str, Any]]:
    found: _list[dict[str, Any]] = engine.get(
        "/containers/json", all=all, limit=limit if limit > 0 else "", size=size, filters=filters_text(filters)
    )
    return found


def inspect(engine: Remote, ref: str, *, size: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = engine.get(_path(ref, "/json"), size=size)
    return found


def rename(engine: Remote, ref: str, new_name: str) -> None:
    engine.post(_path(ref, "/rename"), name=new_name)


def update(engine: Remote, ref: str, changes: dict[str, Any]) -> dict[str, Any]:
    found = engine.post(_path(ref, "/update"), changes) or {}
    return {"Warnings": found.get("Warnings") or []}


def published(engine: Remote, ref: str) -> dict[str, _list[dict[str, str]]]:
    ports = inspect(engine, ref)["NetworkSettings"].get("Ports") or {}
    return {port: bindings for port, bindings in ports.items() if bindings}


def start(engine: Remote, container: Container) -> None:
    try:
        engine.post(_path(container.ref, "/start"))
    except DockerError as error:
        raise failure(error) from None


def failure(error: DockerError) -> DockerError:
    """An error of a start with the exit status that docker's client reads from its words: 127 and 126."""
    text = str(error)
    kind: type[DockerError] | None = None
    if any(words in text for words in ("executable file not found", "no such file or directory", "system cannot find the file specified")):
        kind = CommandNotFound
    elif "permission denied" in text or "is a directory" in text:
        kind = CommandNotExecutable
    return kind(text) if kind is not None and not isinstance(error, NotFound) else error


def stop(engine: Remote, ref: str, *, timeout_s: int | None = None, signal_text: str = "") -> None:
    engine.post(_path(ref, "/stop"), t=timeout_s, signal=signal_text)


def restart(engine: Remote, ref: str, *, timeout_s: int | None = None, signal_text: str = "") -> None:
    engine.post(_path(ref, "/restart"), t=timeout_s, signal=signal_text)


def kill(engine: Remote, ref: str, signal_text: str = "KILL") -> None:
    engine.post(_path(ref, "/kill"), signal=signal_text)


def pause(engine: Remote, ref: str) -> None:
    engine.post(_path(ref, "/pause"))


def unpause(engine: Remote, ref: str) -> None:
    engine.post(_path(ref, "/unpause"))


def remove(engine: Remote, ref: str, *, force: bool = False, volumes: bool = False) -> None:
    engine.request("DELETE", _path(ref), {"force": force, "v": volumes}).close()


def unlink(engine: Remote, name: str) -> None:
    engine.delete(_path(name), link=True)


def wait(engine: Remote, container_id: str, *, condition: str = "", waiter: object = None) -> int:
    return ended(begin_wait(engine, container_id, condition))


def begin_wait(engine: Remote, container_id: str, condition: str = "") -> Answer:
    """The head of an answer whose body comes when the condition has come true."""
    engine.negotiate()
    return engine.request("POST", _path(container_id, "/wait"), {"condition": condition})


def ended(answer: Answer) -> int:
    """The exit code of a container that was waited for. Raises DockerError when the waiting failed."""
    found = answer.document() or {}
    if (found.get("Error") or {}).get("Message"):
        raise DockerError(found["Error"]["Message"])
    return int(found["StatusCode"])


def top(engine: Remote, ref: str, ps_args: Sequence[str] = ()) -> dict[str, Any]:
    found: dict[str, Any] = engine.get(_path(ref, "/top"), ps_args=" ".join(ps_args))
    return found


def prune(engine: Remote, filters: Filters) -> dict[str, Any]:
    engine.negotiate()
    found: dict[str, Any] = engine.post("/containers/prune", filters=filters_text(filters))
    return found


def changes(engine: Remote, ref: str) -> _list[dict[str, Any]]:
    return engine.get(_path(ref, "/changes")) or []


def export(engine: Remote, ref: str, out: BinaryIO) -> None:
    for piece in engine.request("GET", _path(ref, "/export")).pieces():
        out.write(piece)


def commit(
    engine: Remote,
    ref: str,
    repository: str = "",
    *,
    author: str = "",
    message: str = "",
    changes: Sequence[str] = (),
    pause: bool = True,
    config: Mapping[str, Any] | None = None,
) -> str:
    from dockercompat.spec.reference import parse

    name = parse(repository) if repository else None
    answer = engine.post(
        "/commit",
        dict(config) if config else None,
        container=_named(ref),
        repo=name.repository if name else "",
        tag=name.tagged.tag if name else "",
        author=author,
        comment=message,
        changes=[*changes],
        pause="1" if pause else "0",
    )
    return str(answer["Id"])


def shown_logs(
    engine: Remote,
    container: Container,
    *,
    tail: int = -1,
    since_ns: int | None = None,
    until_ns: int | None = None,
    follow: bool = False,
    timestamps: bool = False,
    details: bool = False,
) -> Iterator[tuple[str, bytes]]:
    tty = bool(container.config.get("Tty"))
    query: dict[str, Any] = {
        "stdout": True,
        "stderr": True,
        "follow": follow,
        "timestamps": timestamps,
        "details": details,
        "tail": "all" if tail < 0 else str(tail),
        "since": moment(since_ns),
        "until": moment(until_ns),
    }
    answer = engine.request("GET", _path(container.ref, "/logs"), query)
    if tty:
        yield from (("stdout", piece) for piece in answer.pieces())
        return
    rest = b""
    for piece in answer.pieces():
        frames, rest = split_frames(rest + piece)
        yield from (("stderr" if number == 2 else "stdout", text) for number, text in frames)


def moment(time_ns: int | None) -> str:
    """A time as a parameter: seconds and decimals."""
    return "" if time_ns is None else f"{time_ns // 10**9}.{time_ns % 10**9:09d}"


def split_frames(data: bytes) -> tuple[_list[tuple[int, bytes]], bytes]:
    """Whole frames (1 stdout, 2 stderr, 3 an error of the engine) and what there is of the next one."""
    found = []
    at = 0
    while len(data) - at >= _HEADER_BYTES:
        size = int.from_bytes(data[at + 4 : at + _HEADER_BYTES], "big")
        if len(data) - at - _HEADER_BYTES < size:
            break
        at += _HEADER_BYTES
        found.append((data[at - _HEADER_BYTES], data[at : at + size]))
        at += size
    return found, data[at:]


def sample(container: Container, before: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = container.engine.get(_path(container.ref, "/stats"), stream="0", **{"one-shot": True})
    if not found.get("name"):  # docker leaves it out of a single sample
        found["name"], found["id"] = container.document["Name"], container.id
    if before is not None:
        found["precpu_stats"], found["preread"] = before["cpu_stats"], before["read"]
    return found


# -- files -----------------------------------------------------------------------------------------------------------


class Archive:
    """A tar stream of a container's file or directory, and what it is of."""

    def __init__(self, answer: Answer) -> None:
        self.stat = _stat(answer)
        self._answer = answer

    def read(self, size: int = -1) -> bytes:
        return self._answer.read(size)

    def close(self) -> None:
        self._answer.close()


def _stat(answer: Answer) -> dict[str, Any]:
    text = answer.headers.get("X-Docker-Container-Path-Stat") or ""
    found: dict[str, Any] = json.loads(base64.b64decode(text))
    return found


def stat_path(engine: Remote, ref: str, path: str) -> dict[str, Any]:
    try:
        answer = engine.request("HEAD", _path(ref, "/archive"), {"path": path})
    except NotFound:
        inspect(engine, ref)  # an answer without a body does not say what is missing
        raise NotFound(f"Could not find the file {path} in container {ref}") from None
    found = _stat(answer)
    answer.read()
    return found


def get_archive(engine: Remote, ref: str, path: str) -> Archive:
    return Archive(engine.request("GET", _path(ref, "/archive"), {"path": path}))


def put_archive(engine: Remote, ref: str, path: str, archive: BinaryIO, *, keep_kinds: bool = False, copy_owner: bool = False) -> None:
    query: dict[str, Any] = {"path": path, "noOverwriteDirNonDir": keep_kinds, "copyUIDGID": copy_owner}
    engine.request("PUT", _path(ref, "/archive"), query, archive, {"Content-Type": _TAR}).document()
