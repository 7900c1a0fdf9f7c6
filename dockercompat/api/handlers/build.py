"""/build: the classic builder's parameters and words, over the one builder that there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from dockercompat.api.call import JSON, error_message, message_line
from dockercompat.api.vanish import Watch
from dockercompat.errors import BuildFailed, DockerError, InvalidParameter, InvalidReference, RunFailed

if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from dockercompat.api.call import Call
    from dockercompat.build.planning.stages import Options
    from dockercompat.build.request import Request


_PRUNE_FILTERS = ("until", "id", "parent", "type", "description", "inuse", "shared", "private", "unused-for")


def build(call: Call) -> None:
    """Build the archive in the body, or what `remote` names; what happens is told as messages."""
    from dockercompat.build.build import build as verb
    from dockercompat.build.classic import Steps
    from dockercompat.spec.reference import parse

    request = _request(call)
    quiet = call.flag("q")
    call.connection.begin(200, JSON)

    def send(message: dict[str, Any]) -> None:
        call.connection.send_body(message_line(message))

    steps = Steps((lambda text: None) if quiet else (lambda text: send({"stream": text})))
    try:
        with Watch(call.connection.sock):
            built = verb(call.engine, request, steps)
    except RunFailed as error:
        text = f"The command '{error.args_text}' returned a non-zero code: {error.status}"
        send({"errorDetail": {"code": error.status, "message": text}, "error": text})
    except (BuildFailed, DockerError) as error:
        send(error_message(str(error)))
    else:
        if quiet:
            send({"stream": built.image_id + "\n"})
        else:
            send({"aux": {"ID": built.image_id}})
            send({"stream": f"Successfully built {built.image_id.partition(':')[2][:12]}\n"})
            for tag in built.tags:
                send({"stream": f"Successfully tagged {parse(tag).familiar}\n"})
    call.connection.end()


def _request(call: Call) -> Request:
    from dockercompat.build.history import new_ref
    from dockercompat.build.request import Request
    from dockercompat.spec.reference import parse

    if call.flag("squash"):
        raise InvalidParameter("squash is only supported with experimental mode")
    tags = [tag for tag in call.query.get("t", []) if tag]
    for tag in tags:
        try:
            parse(tag)
        except InvalidReference as error:
            raise InvalidParameter(str(error)) from None
    remote = call.text("remote")
    return Request(
        remote if remote and remote != "client-session" else "-",
        call.text("dockerfile"),
        "/",
        lambda: cast("BinaryIO", call.body),
        _options(call),
        tuple(tags),
        call.flag("pull"),
        ref=new_ref(),
    )


def _options(call: Call) -> Options:
    from dockercompat.build.planning.stages import Options

    args = _document(call, "buildargs", dict)
    network = call.text("networkmode") or "default"
    return Options(
        build_args=tuple((name, value) for name, value in args.items() if value is not None),
        target=call.text("target"),
        labels=tuple(_document(call, "labels", dict).items()),
        no_cache=call.flag("nocache"),
        network=network if network in ("none", "host") else "default",
        hosts=tuple(call.query.get("extrahosts", [])),
        shm_size_bytes=call.integer("shmsize"),
        ulimits=tuple(f"{each['Name']}={each['Soft']}:{each['Hard']}" for each in _document(call, "ulimits", list)),
        platform=call.text("platform") or call.engine.settings.platform,
    )


def _document(call: Call, name: str, kind: type) -> Any:
    text = call.text(name)
    if not text:
        return kind()
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, kind) and value is not None:
        raise InvalidParameter(f"error reading {name}: it must be a JSON {'object' if kind is dict else 'array'}")
    return value or kind()


def cancel(call: Call) -> None:
    """Builds end with the connection that began them; there is nothing to cancel by name."""
    if not call.text("id"):
        raise InvalidParameter("build ID not provided")
    call.connection.answer(200, b"", JSON)


def prune(call: Call) -> dict[str, Any]:
    from dockercompat.build.prune import prune as verb

    reserved = _bytes(call, "reserved-space") or _bytes(call, "keep-storage")
    filters = call.filters()
    for name in filters.values:
        if name.rstrip("!") not in _PRUNE_FILTERS:
            raise InvalidParameter(f"failed to prune build cache: invalid filter '{name}'")
    try:
        found = verb(
            call.engine,
            everything=call.flag("all"),
            filters=filters,
            reserved_bytes=reserved,
            max_used_bytes=_bytes(call, "max-used-space"),
            min_free_bytes=_bytes(call, "min-free-space"),
        )
    except InvalidParameter as error:
        text = f"\"until\" filter expects a duration (e.g., '24h') or a timestamp: {error}"
        raise InvalidParameter(f"failed to prune build cache: {text}") from None
    return {"CachesDeleted": [entry.id for entry in found.entries] or None, "SpaceReclaimed": found.freed_bytes}


def _bytes(call: Call, name: str) -> int:
    from dockercompat.spec.number import parse_int

    text = call.text(name)
    try:
        return parse_int(text, function="Atoi") if text else 0
    except InvalidParameter as error:
        raise InvalidParameter(f"{name} is in bytes and expects an integer, got {text}: {error}") from None
