"""From a request to its handler: the version of the API, the route, the user's namespaces, and errors in docker's form."""

from __future__ import annotations

import posixpath
import re
import sys
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

from dockercompat.api import routes
from dockercompat.api.call import JSON, Call
from dockercompat.api.http import ClientGone, message_of, to_json
from dockercompat.errors import DockerError, InvalidParameter, NotFound, sentence
from dockercompat.spec.release import API_VERSION, DOCKER_VERSION, MIN_API_VERSION

if TYPE_CHECKING:
    import h11

    from dockercompat.api.http import Connection
    from dockercompat.engine.engine import Engine

HEADERS = (
    ("Api-Version", API_VERSION),
    ("Docker-Experimental", "false"),
    ("Ostype", "linux"),
    ("Server", f"Docker/{DOCKER_VERSION} (linux)"),
)
_VERSIONED = re.compile(r"/v([0-9.]+)(/.*)")


def version_of(text: str) -> tuple[int, int]:
    """(1, 51) of "1.51", and of "1.51.2"."""
    major, minor = [int(part or 0) for part in f"{text}.".split(".")[:2]]
    return major, minor


_NEWEST, _OLDEST = version_of(API_VERSION), version_of(MIN_API_VERSION)


def serve(engine: Engine, connection: Connection) -> None:
    """Answer one client's requests until it goes or its socket is taken over."""
    while (request := connection.next_request()) is not None:
        answer(engine, connection, request)
        if connection.is_hijacked:
            return


def answer(engine: Engine, connection: Connection, request: h11.Request) -> None:
    """Answer one request. Raises ClientGone."""
    try:
        _handle(engine, connection, request)
    except ClientGone:
        raise
    except _NoRoute as error:
        connection.answer(404, message_of(error), JSON, bare=())
    except _Unspoken as error:
        own = ("Api-Version", "Ostype", "Server")
        if version_of(error.text) < _OLDEST:  # those clients do not know errors in JSON
            sniff = [("X-Content-Type-Options", "nosniff")]
            connection.answer(400, f"{error}\n".encode(), "text/plain; charset=utf-8", sniff, bare=own)
        else:
            connection.answer(400, message_of(error), JSON, bare=own)
    except DockerError as error:
        _fail(connection, error.http_status, message_of(error))
    except OSError as error:
        _fail(connection, 500, to_json({"message": sentence(error)}))
    except Exception as error:  # the last resort: one request fails, in a sentence
        _report(error)
        _fail(connection, 500, to_json({"message": f"internal error: {type(error).__name__}: {error}"}))


class _Unspoken(InvalidParameter):
    """A version of the API that is not spoken. text: as the client wrote it."""

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message)
        self.text = text


class _NoRoute(NotFound):
    """docker's router answers itself, without the headers of the engine."""

    def __init__(self) -> None:
        super().__init__("page not found")


def _handle(engine: Engine, connection: Connection, request: h11.Request) -> None:
    target = request.target.decode("ascii", "replace")
    raw_path, _, raw_query = target.partition("?")
    method = request.method.decode("ascii", "replace")
    if (clean := _cleaned(raw_path)) != raw_path:
        connection.answer(301, b"", headers=[("Location", f"{clean}?{raw_query}" if raw_query else clean)], bare=())
        return
    path, text = _versioned(raw_path)
    found = routes.find(method, path)
    if method == "OPTIONS":
        connection.answer(200, b"")
        return
    if found is None:
        raise _NoRoute
    route, params = found
    version = _spoken(text) if text else _NEWEST
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in request.headers}
    query = parse_qs(raw_query, keep_blank_values=True, errors="surrogateescape", max_num_fields=1000) if raw_query else {}
    call = Call(engine, connection, method, path, version, query, headers)
    call.params = {name: unquote(value, errors="surrogateescape") for name, value in params.items()}
    if method not in ("GET", "HEAD"):
        connection.lasts()
    if route.joins:
        call.join()
    document = route.handler()(call)
    if document is not None:
        call.answer(document)
    elif not connection.has_answered:
        call.no_content()


def _cleaned(path: str) -> str:
    """A path as docker's router wants it, which sends clients there: without empty and dotted parts."""
    if "//" not in path and "/." not in path:
        return path
    clean = posixpath.normpath(path).replace("//", "/", 1)
    return clean + "/" if path.endswith("/") and clean != "/" else clean


def _versioned(path: str) -> tuple[str, str]:
    """A path without its version, and the version, "" without one."""
    found = _VERSIONED.fullmatch(path)
    if found is None:
        return path, ""
    return found[2], found[1]


def _spoken(text: str) -> tuple[int, int]:
    version = version_of(text)
    if version < _OLDEST:
        raise _Unspoken(
            f"client version {text} is too old. Minimum supported API version is {MIN_API_VERSION}, "
            "please upgrade your client to a newer version",
            text,
        )
    if version > _NEWEST:
        raise _Unspoken(f"client version {text} is too new. Maximum supported API version is {API_VERSION}", text)
    return version


def _fail(connection: Connection, status: int, body: bytes) -> None:
    if connection.is_hijacked:
        return
    if connection.has_answered:  # a stream has begun: docker ends it with its message
        connection.send_body(body)
        connection.end()
        return
    connection.answer(status, body, JSON)


def _report(error: Exception) -> None:
    import traceback

    traceback.print_exception(error, file=sys.stderr)
