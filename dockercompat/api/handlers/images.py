"""/images and /distribution."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, cast

from dockercompat import json
from dockercompat.api.call import JSON
from dockercompat.errors import InvalidParameter, InvalidReference
from dockercompat.spec.digest import is_digest

if TYPE_CHECKING:
    from builtins import list as _list
    from collections.abc import Iterator
    from typing import Any, BinaryIO

    from dockercompat.api.call import Call
    from dockercompat.distribution.credentials import Credentials


_CONFIG: dict[str, Any] = {
    "Hostname": "",
    "Domainname": "",
    "AttachStdin": False,
    "AttachStdout": False,
    "AttachStderr": False,
    "Tty": False,
    "OpenStdin": False,
    "StdinOnce": False,
    "Image": "",
}
_CONFIG_NULLS = ("Env", "Cmd", "Volumes", "Entrypoint", "OnBuild", "Labels")


def list(call: Call) -> _list[dict[str, Any]]:
    from dockercompat.engine.image.list import list_images

    filters = call.filters()
    if call.version < (1, 25) and call.text("filter"):
        filters.add("reference", call.text("filter"))
    found = list_images(call.engine, all=call.flag("all"), filters=filters, shared_size=call.flag("shared-size"))
    for image in found if call.version < (1, 51) else ():
        image["Containers"] = -1
    return older_list(call, found)


def older_list(call: Call, images: _list[dict[str, Any]]) -> _list[dict[str, Any]]:
    """Images as older versions of the API list them: with VirtualSize, and <none> where there is no name."""
    for image in images if call.version < (1, 44) else ():
        image["VirtualSize"] = image["Size"]
        if call.version < (1, 43):
            if not image["RepoTags"] and not image["RepoDigests"]:
                image.update(RepoTags=["<none>:<none>"], RepoDigests=["<none>@<none>"])
            image.update({name: image[name] or None for name in ("RepoTags", "RepoDigests")})
    return images


def create(call: Call) -> None:
    """Pull an image, or import one from the body or a URL."""
    name, tag = call.text("fromImage"), call.text("tag")
    if not name:
        call.stream_messages(_import(call, call.text("fromSrc")))
        return
    from dockercompat.engine.image.pull import pull
    from dockercompat.spec.reference import parse

    try:
        reference = parse(name)
    except InvalidReference as error:
        raise InvalidParameter(str(error)) from None
    if tag:
        if is_digest(tag):
            reference = reference.replace(tag="", digest=tag)
        else:
            reference = reference.replace(tag=_tag(tag), digest="")
    all_tags = not reference.tag and not reference.digest
    call.stream_messages(
        pull(call.engine, reference.canonical, platform=call.text("platform"), all_tags=all_tags, credentials=credentials(call))
    )


def _import(call: Call, source: str) -> Iterator[dict[str, Any]]:
    from dockercompat.engine.image.import_ import import_, open_url

    repository = named(call.text("repo"), call.text("tag"))
    body = cast("BinaryIO", call.body)
    if source != "-":
        source = source if "://" in source else f"http://{source}" if source else "http:"
        body = open_url(source)
        yield {"status": f"Downloading from {source}"}
    image_id = import_(
        call.engine,
        body,
        repository=repository,
        message=call.text("message") or f"Imported from {source}",
        changes=call.query.get("changes", []),
        platform=call.text("platform"),
    )
    yield {"status": image_id}


def named(repository: str, tag: str) -> str:
    """The name that the parameters `repo` and `tag` make, "" for none. Raises InvalidParameter."""
    from dockercompat.spec.reference import parse

    if not repository:
        return ""
    try:
        reference = parse(repository)
    except InvalidReference as error:
        raise InvalidParameter(str(error)) from None
    if tag and not reference.digest:
        reference = reference.replace(tag=_tag(tag))
    return reference.familiar


def _tag(text: str) -> str:
    if not re.fullmatch(r"\w[\w.-]{0,127}", text, re.ASCII):
        raise InvalidParameter("invalid tag format")
    return text


def credentials(call: Call) -> Credentials | None:
    """Of X-Registry-Auth; None where the client gives none: those of the user's config.json then. One that can't be read is none."""
    import base64

    from dockercompat.distribution.credentials import Credentials

    text = call.headers.get("x-registry-auth", "")
    if not text:
        return None
    try:
        plain = text.rstrip("=").replace("+", "-").replace("/", "_")
        given = json.loads(base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4)) or b"{}")
    except ValueError:
        return None
    if not isinstance(given, dict):
        return None
    user, password = str(given.get("username") or ""), str(given.get("password") or "")
    if not user and given.get("auth"):
        with contextlib.suppress(ValueError):
            user, _, password = base64.b64decode(str(given["auth"])).decode("utf-8", "replace").partition(":")
    found = Credentials(user, password, str(given.get("identitytoken") or ""), str(given.get("registrytoken") or ""))
    return None if found.empty else found


def inspect(call: Call) -> dict[str, Any]:
    from dockercompat.engine.image.inspect import inspect as verb

    platform = _platform(call, since=(1, 49))
    if platform and call.version >= (1, 48) and call.flag("manifests"):
        raise InvalidParameter("conflicting options: manifests and platform options cannot both be set")
    found = verb(call.engine, call.params["name"], platform=platform)
    return _older(call, found) if call.version < (1, 50) else found


def _older(call: Call, found: dict[str, Any]) -> dict[str, Any]:
    """An image as older versions of the API show it, with what only a container's config has."""
    found["Config"] = {**_CONFIG, **found["Config"]}
    if call.version < (1, 44):
        found["VirtualSize"] = found["Size"]
    if call.version < (1, 45):
        found["ContainerConfig"] = {**_CONFIG, **dict.fromkeys(_CONFIG_NULLS), "User": "", "WorkingDir": ""}
    return found


def history(call: Call) -> _list[dict[str, Any]]:
    from dockercompat.engine.image.history import history as verb

    return verb(call.engine, call.params["name"], platform=_platform(call, since=(1, 48)))


def _platform(call: Call, *, since: tuple[int, int]) -> str:
    """os/arch[/variant] of a parameter that is image-spec's platform as JSON. since: the version of the API that knows it."""
    given = call.query.get("platform", []) if call.version >= since else []
    if len(given) > 1:
        raise InvalidParameter("multiple platform parameters not supported")
    return platform_of(given[0]) if given and given[0] else ""


def platform_of(text: str) -> str:
    """Raises InvalidParameter."""
    from dockercompat.api import decoding
    from dockercompat.spec.go_json import InvalidJson

    try:
        found = decoding.read(text, "v1.Platform") or {}
    except InvalidJson as error:
        raise InvalidParameter(f"failed to parse platform: {error}") from None
    if not found.get("os") or not found.get("architecture"):
        raise InvalidParameter("both OS and Architecture must be provided")
    return "/".join(found[name] for name in ("os", "architecture", "variant") if found.get(name))


def push(call: Call) -> None:
    from dockercompat.engine.image.push import push as verb
    from dockercompat.spec.reference import parse

    tag = call.text("tag")
    try:
        reference = parse(call.params["name"])
    except InvalidReference as error:
        raise InvalidParameter(str(error)) from None
    ref = reference.replace(tag=_tag(tag)).familiar if tag else reference.familiar
    call.stream_messages(verb(call.engine, ref, all_tags=not tag, platform=_platform(call, since=(1, 46)), credentials=credentials(call)))


def tag(call: Call) -> None:
    from dockercompat.engine.image.tag import tag as verb

    target = named(call.text("repo"), call.text("tag"))
    if not target:  # docker does nothing then
        call.connection.answer(200, b"")
        return
    verb(call.engine, call.params["name"], target)
    call.no_content(201)


def remove(call: Call) -> _list[dict[str, str]]:
    from dockercompat.engine.image.remove import remove as verb

    if not call.params["name"].strip():
        raise InvalidParameter("image name cannot be blank")
    wanted = [platform_of(text) for text in (call.query.get("platforms", []) if call.version >= (1, 50) else [])]
    return verb(call.engine, call.params["name"], force=call.flag("force"), prune_parents=not call.flag("noprune"), wanted=wanted)


def search(call: Call) -> _list[dict[str, Any]]:
    from dockercompat.engine.image.search import search as verb
    from dockercompat.spec.number import parse_int

    try:
        limit = parse_int(call.text("limit") or "0", function="Atoi")
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid limit specified: {error}") from None
    return verb(call.engine, call.text("term"), filters=call.filters(), limit=limit)


def prune(call: Call) -> dict[str, Any]:
    from dockercompat.engine.image.prune import prune as verb

    return verb(call.engine, call.filters())


def save(call: Call) -> None:
    """One image or several as an archive."""
    from dockercompat.engine.image.save import save as verb

    names = [call.params["name"]] if "name" in call.params else call.query.get("names", [])
    out = call.stream_file("application/x-tar")
    verb(call.engine, names, out, platform=_platform(call, since=(1, 48)))
    out.close()


def load(call: Call) -> None:
    from dockercompat.engine.image.load import load as verb

    messages = verb(call.engine, cast("BinaryIO", call.body), platform=_platform(call, since=(1, 48)))
    if call.flag("quiet", True):
        messages = (message for message in messages if "stream" in message)
    call.connection.begin(200, JSON)
    call.stream_messages(messages)


def distribution(call: Call) -> dict[str, Any]:
    """What a registry has under a name: descriptor and platforms."""
    from dockercompat.engine.image.distribution import distribution as verb

    return verb(call.engine, call.params["name"], credentials=credentials(call))
