"""/images and /distribution."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from dockercompat.errors import InvalidParameter, InvalidReference

if TYPE_CHECKING:
    from builtins import list as _list
    from collections.abc import Iterator
    from typing import Any, BinaryIO

    from dockercompat.api.call import Call
    from dockercompat.distribution.credentials import Credentials


def list(call: Call) -> _list[dict[str, Any]]:
    from dockercompat.engine.image.list import list_images

    filters = call.filters()
    if call.version < (1, 25) and call.text("filter"):
        filters.add("reference", call.text("filter"))
    return list_images(call.engine, all=call.flag("all"), filters=filters, shared_size=call.flag("shared-size"))


def create(call: Call) -> None:
    """Pull an image, or import one from the body or a URL."""
    source = call.text("fromSrc")
    if source:
        call.stream_messages(_import(call, source))
        return
    name, tag = call.text("fromImage"), call.text("tag")
    from dockercompat.engine.image.pull import pull
    from dockercompat.spec.reference import parse

    try:
        reference = parse(name)
    except InvalidReference as error:
        raise InvalidParameter(str(error)) from None
    if tag:
        reference = reference.replace(digest=tag) if ":" in tag else reference.replace(tag=tag)
    all_tags = not reference.tag and not reference.digest
    call.stream_messages(
        pull(call.engine, reference.canonical, platform=call.text("platform"), all_tags=all_tags, credentials=credentials(call))
    )


def _import(call: Call, source: str) -> Iterator[dict[str, Any]]:
    from dockercompat.engine.image.import_ import import_

    repository, tag = call.text("repo"), call.text("tag")
    if "://" not in source and source != "-":
        source = f"http://{source}"
    if source != "-":
        yield {"status": f"Downloading from {source}"}
    image_id = import_(
        call.engine,
        cast("BinaryIO", call.body) if source == "-" else source,
        repository=f"{repository}:{tag}" if repository and tag else repository,
        message=call.text("message"),
        changes=[line for text in call.query.get("changes", []) for line in text.split("\n") if line],
        platform=call.text("platform"),
    )
    yield {"status": image_id}


def credentials(call: Call) -> Credentials | None:
    """Of X-Registry-Auth; None where the client gives none: those of the user's config.json then."""
    import base64

    from dockercompat.distribution.credentials import Credentials

    text = call.headers.get("x-registry-auth", "")
    if not text:
        return None
    try:
        given = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) or b"{}")
        if not isinstance(given, dict):
            raise ValueError
    except ValueError:
        raise InvalidParameter("invalid X-Registry-Auth header: must be a valid base64url-encoded JSON document") from None
    user, password = str(given.get("username") or ""), str(given.get("password") or "")
    if not user and given.get("auth"):
        user, _, password = base64.b64decode(str(given["auth"])).decode("utf-8", "replace").partition(":")
    found = Credentials(user, password, str(given.get("identitytoken") or ""), str(given.get("registrytoken") or ""))
    return None if found.empty else found


def inspect(call: Call) -> dict[str, Any]:
    from dockercompat.engine.image.inspect import inspect as verb

    return verb(call.engine, call.params["name"], platform=_platform(call))


def history(call: Call) -> _list[dict[str, Any]]:
    from dockercompat.engine.image.history import history as verb

    return verb(call.engine, call.params["name"], platform=_platform(call))


def _platform(call: Call) -> str:
    """os/arch[/variant] of a parameter that is image-spec's platform as JSON."""
    text = call.text("platform")
    if not text:
        return ""
    try:
        given = json.loads(text)
        words = [given.get(name) or "" for name in ("os", "architecture", "variant")]
    except (ValueError, AttributeError):
        raise InvalidParameter("invalid platform") from None
    return "/".join(word for word in words if word)


def push(call: Call) -> None:
    from dockercompat.engine.image.push import push as verb

    name, tag = call.params["name"], call.text("tag")
    ref = f"{name}:{tag}" if tag else name
    call.stream_messages(verb(call.engine, ref, all_tags=not tag, platform=_platform(call), credentials=credentials(call)))


def tag(call: Call) -> None:
    from dockercompat.engine.image.tag import tag as verb

    repository, tag = call.text("repo"), call.text("tag")
    verb(call.engine, call.params["name"], f"{repository}:{tag}" if tag else repository)
    call.no_content(201)


def remove(call: Call) -> _list[dict[str, str]]:
    from dockercompat.engine.image.remove import remove as verb

    return verb(call.engine, call.params["name"], force=call.flag("force"), prune_parents=not call.flag("noprune"))


def search(call: Call) -> _list[dict[str, Any]]:
    from dockercompat.engine.image.search import search as verb

    return verb(call.engine, call.text("term"), filters=call.filters(), limit=call.strict_integer("limit"))


def prune(call: Call) -> dict[str, Any]:
    from dockercompat.engine.image.prune import prune as verb

    return verb(call.engine, call.filters())


def save(call: Call) -> None:
    """One image or several as an archive."""
    from dockercompat.engine.image.save import save as verb

    names = [call.params["name"]] if "name" in call.params else call.query.get("names", [])
    out = call.stream_file("application/x-tar")
    verb(call.engine, names, out, platform=_platform(call))
    out.close()


def load(call: Call) -> None:
    from dockercompat.engine.image.load import load as verb

    messages = verb(call.engine, cast("BinaryIO", call.body), platform=_platform(call))
    if call.flag("quiet", True):
        messages = (message for message in messages if "stream" in message)
    call.stream_messages(messages)


def distribution(call: Call) -> dict[str, Any]:
    """What a registry has under a name: descriptor and platforms."""
    from dockercompat.engine.manifest.look import look

    found = look(call.engine, call.params["name"])
    return {"Descriptor": found, "Platforms": []}
