"""/containers: their files, as archives; and what becomes of them: export, commit."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, cast

from dockercompat import json
from dockercompat.errors import InvalidParameter

if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from dockercompat.api.call import Call

_TAR = "application/x-tar"
_PIECE_BYTES = 1 << 16


def export(call: Call) -> None:
    from dockercompat.engine.container.export import export as verb

    out = call.stream_file("application/octet-stream")
    verb(call.engine, call.params["id"], out)
    out.close()


def _path(call: Call) -> str:
    path = call.text("path")
    if not path:
        raise InvalidParameter("bad parameter: pathcannot be empty")
    return path


def _stat_header(found: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return (("X-Docker-Container-Path-Stat", base64.b64encode(json.dumps(found, separators=(",", ":")).encode()).decode()),)


def stat(call: Call) -> None:
    """What is at a path, in a header."""
    from dockercompat.engine.container.copy import stat_path

    found = stat_path(call.engine, call.params["id"], _path(call))
    call.connection.answer(200, b"", "", _stat_header(found))


def get(call: Call) -> None:
    from dockercompat.engine.container.copy import get_archive

    archive = get_archive(call.engine, call.params["id"], _path(call))
    try:
        out = call.stream_file(_TAR, _stat_header(archive.stat))
        while data := archive.read(_PIECE_BYTES):
            out.write(data)
        out.close()
    finally:
        archive.close()


def put(call: Call) -> None:
    from dockercompat.engine.container.copy import put_archive

    put_archive(
        call.engine,
        call.params["id"],
        _path(call),
        cast("BinaryIO", call.body),
        keep_kinds=call.flag("noOverwriteDirNonDir"),
        copy_owner=call.flag("copyUIDGID"),
    )
    call.connection.answer(200, b"")


def commit(call: Call) -> None:
    from dockercompat.api.handlers.images import named
    from dockercompat.engine.container.commit import commit as verb

    config = call.document("container.CreateRequest") or {}
    if not call.text("container"):
        raise InvalidParameter('invalid name or ID supplied: ""')
    image_id = verb(
        call.engine,
        call.text("container"),
        named(call.text("repo"), call.text("tag")),
        author=call.text("author"),
        message=call.text("comment"),
        changes=[line for text in call.query.get("changes", []) for line in text.split("\n") if line],
        pause=call.flag("pause", True),
        config=config,
    )
    call.answer({"Id": image_id}, 201)
