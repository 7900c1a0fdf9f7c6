"""/build: the classic builder's parameters and words, over the one builder that there is."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, cast

from dockercompat import json
from dockercompat.api import decoding
from dockercompat.api.call import JSON, error_message, message_line
from dockercompat.api.vanish import Watch
from dockercompat.errors import BuildFailed, DockerError, DockerfileError, InvalidParameter, InvalidReference, NoSuchImage, RunFailed
from dockercompat.spec import go_json
from dockercompat.spec.number import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, BinaryIO

    from dockercompat.api.call import Call
    from dockercompat.build.planning.stages import Options
    from dockercompat.build.request import Request
    from dockercompat.engine.engine import Engine


_PRUNE_FILTERS = ("until", "id", "parent", "type", "description", "inuse", "shared", "private", "unused-for", "label")


def build(call: Call) -> None:
    """Build the archive in the body, or what `remote` names; what happens is told as messages.

    What goes wrong before there is anything to tell is an answer with a status of its own.
    """
    from dockercompat.build.build import build as verb
    from dockercompat.build.classic import Steps
    from dockercompat.spec.reference import parse

    request = _request(call)
    quiet = call.flag("q")
    held: list[str] = []

    def send(message: dict[str, Any]) -> None:
        if not call.connection.has_answered:
            call.connection.begin(200, JSON)
        call.connection.send_body(message_line(message))

    def tell(text: str) -> None:
        if quiet:
            held.append(text)
        else:
            send({"stream": text})

    steps = Steps(tell, removes=call.flag("rm", True), removes_failed=call.flag("forcerm"))
    try:
        with Watch(call.connection.sock), _registries(call) as engine:
            built = verb(engine, request, steps)
    except RunFailed as error:
        for text in held:  # docker, too, tells of a quiet build that failed
            send({"stream": text})
        message = f"The command '{error.args_text}' returned a non-zero code: {error.status}"
        send({"errorDetail": {"code": error.status, "message": message}, "error": message})
    except (BuildFailed, DockerError) as error:
        message = _message(error)
        if not call.connection.has_answered and not held:
            raise _refusal(error, message, has_begun=steps.has_begun) from None
        for text in held:
            send({"stream": text})
        send(error_message(message))
    else:
        if quiet:
            send({"stream": built.image_id + "\n"})
        else:
            send({"aux": {"ID": built.image_id}})
            if unused := steps.unused(_document(call, "buildargs", "map[string]*string")):
                send({"stream": f"[Warning] One or more build-args [{' '.join(unused)}] were not consumed\n"})
            send({"stream": f"Successfully built {built.image_id.partition(':')[2][:12]}\n"})
            for tag in built.tags:
                send({"stream": f"Successfully tagged {parse(tag).familiar}\n"})
    call.connection.end()


def _message(error: DockerError) -> str:
    classic = error.classic if isinstance(error, (BuildFailed, DockerfileError)) else ""
    return classic or str(error).removeprefix("failed to solve: ")


def _refusal(error: DockerError, message: str, *, has_begun: bool) -> DockerError:
    """docker's status for what a Dockerfile has wrong is 400; that of one which can't be had is not."""
    return InvalidParameter(message) if has_begun or isinstance(error, InvalidParameter) else DockerError(message)


@contextlib.contextmanager
def _registries(call: Call) -> Iterator[Engine]:
    """The engine, and for this build with the credentials of X-Registry-Config: a JSON object of AuthConfigs by registry."""
    import base64
    import tempfile

    text = call.headers.get("x-registry-config", "").rstrip("=").replace("+", "-").replace("/", "_")
    try:
        given = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) or b"{}")
    except ValueError:
        given = None
    auths = {}
    for server, each in given.items() if isinstance(given, dict) else ():
        if isinstance(each, dict):
            pair = f"{each.get('username') or ''}:{each.get('password') or ''}"
            auths[server] = {**each, "auth": each.get("auth") or base64.b64encode(pair.encode()).decode()}
    if not auths:
        yield call.engine
        return
    own = call.engine.paths
    own.make()
    with tempfile.TemporaryDirectory(dir=own.temp_dir) as directory:
        with open(f"{directory}/config.json", "w", encoding="utf-8") as file:
            json.dump({"auths": auths}, file)
        call.engine.paths = own.replace(config_dir=directory)
        try:
            yield call.engine
        finally:
            call.engine.paths = own


def _request(call: Call) -> Request:
    from dockercompat.api.handlers.system import NO_BUILDKIT
    from dockercompat.build.history import new_ref
    from dockercompat.build.request import Request
    from dockercompat.build.solving import git

    version, remote = call.text("version"), call.text("remote")
    if version not in ("", "1", "2"):
        raise InvalidParameter(f"invalid version {quoted(version)}")
    if version == "2":
        raise InvalidParameter(NO_BUILDKIT)
    if remote == "client-session":
        raise InvalidParameter("experimental session with v1 builder is no longer supported, use builder version v2 (BuildKit) instead")
    if call.text("isolation") not in ("", "default", "process"):
        raise InvalidParameter(f"unsupported isolation: {quoted(call.text('isolation'))}")
    if call.flag("squash"):
        raise InvalidParameter("squash is only supported with experimental mode")
    if remote and not git.is_git(remote) and not remote.startswith(("http://", "https://")):
        raise DockerError(f"remoteURL ({remote}) could not be recognized as URL")
    file = call.text("dockerfile")
    if os.path.normpath(file or ".").startswith(".."):
        raise DockerError(f"forbidden path outside the build context: {file} ()")
    if call.text("outputs"):
        try:
            decoding.parse(call.text("outputs"), stream=False)
        except go_json.InvalidJson as error:
            raise InvalidParameter(f"invalid outputs specified: {error}") from None
    return Request(
        remote or "-",
        file,
        "/",
        lambda: cast("BinaryIO", call.body),
        _options(call),
        tuple(_tags(call)),
        call.flag("pull"),
        ref=new_ref(),
        sent=True,
    )


def _tags(call: Call) -> Iterator[str]:
    from dockercompat.spec.reference import parse

    for tag in call.query.get("t", []):
        if tag:
            try:
                reference = parse(tag)
            except InvalidReference as error:
                raise DockerError(str(error)) from None
            if reference.digest:
                raise DockerError("build tag cannot contain a digest")
            yield tag


def _options(call: Call) -> Options:
    from dockercompat.build.planning.stages import Options

    args = _document(call, "buildargs", "map[string]*string", "build args")
    network = call.text("networkmode") or "default"
    if network not in ("default", "bridge", "none", "host"):
        raise InvalidParameter(f"network mode {quoted(network)} is not supported here: builds have the networks default, none and host")
    ulimits = _document(call, "ulimits", "[]*units.Ulimit", "ulimit settings")
    return Options(
        build_args=tuple((name, value) for name, value in args.items() if value is not None),
        target=call.text("target"),
        labels=tuple(_document(call, "labels", "map[string]string").items()),
        no_cache=call.flag("nocache") or _has_no_source(call),
        network=network if network in ("none", "host") else "default",
        hosts=tuple(call.query.get("extrahosts", [])),
        shm_size_bytes=_shm_size(call),
        ulimits=tuple(f"{each.get('Name')}={each.get('Soft')}:{each.get('Hard')}" for each in ulimits if isinstance(each, dict)),
        platform=call.text("platform") or call.engine.settings.platform,
    )


def _has_no_source(call: Call) -> bool:
    """Whether the cache is to come from images alone of which there is none here: the classic builder pulls none."""
    from dockercompat.engine.image import store

    names = _document(call, "cachefrom", "[]string", "cache-from")
    for name in names:
        try:
            store.find(call.engine, name)
        except (NoSuchImage, InvalidReference):
            continue
        return False
    return bool(names)


def _shm_size(call: Call) -> int:
    from dockercompat.spec.number import parse_int

    try:
        return parse_int(call.text("shmsize") or "0")
    except InvalidParameter as error:
        raise DockerError(str(error)) from None


def _document(call: Call, name: str, go_type: str, shown: str = "") -> Any:
    """A parameter that is JSON. Raises InvalidParameter in Go's words."""
    empty: Any = [] if go_type.startswith("[]") else {}
    text = call.text(name)
    if not text:
        return empty
    try:
        return decoding.read(text, go_type) or empty
    except go_json.InvalidJson as error:
        raise InvalidParameter(f"error reading {shown or name}: {error}") from None


def cancel(call: Call) -> None:
    """Builds end with the connection that began them; there is nothing to cancel by name."""
    if not call.text("id"):
        raise InvalidParameter("build ID not provided")
    call.connection.answer(200, b"", JSON)


def prune(call: Call) -> dict[str, Any]:
    from dockercompat.build.prune import prune as verb

    reserved = _bytes(call, "reserved-space") or _bytes(call, "keep-storage")
    most, least = _bytes(call, "max-used-space"), _bytes(call, "min-free-space")
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
            max_used_bytes=most,
            min_free_bytes=least,
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
