"""/plugins, as an engine answers that has none and takes none in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockercompat.errors import DockerError, InvalidReference, NoSuchPlugin, NotImplementedHere
from dockercompat.spec.reference import parse

if TYPE_CHECKING:
    from builtins import list as _list
    from typing import Any

    from dockercompat.api.call import Call

_FILTERS = ("capability", "enabled")


def list(call: Call) -> _list[Any]:
    filters = call.filters()
    filters.check(_FILTERS)
    filters.boolean("enabled", False)
    return []


def missing(call: Call) -> None:
    raise NoSuchPlugin(call.params["name"])


def enable(call: Call) -> None:
    _timeout(call)
    missing(call)


def set(call: Call) -> None:
    call.document("[]string")
    missing(call)


def upgrade(call: Call) -> None:
    call.document("types.PluginPrivileges")
    _remote(call)
    raise NoSuchPlugin(_named(call.params["name"]))


def privileges(call: Call) -> _list[Any]:
    _remote(call)
    return []


def pull(call: Call) -> None:
    call.document("types.PluginPrivileges")
    _remote(call)
    raise NotImplementedHere("managed plugins need a daemon with a root user's rights; there is none here")


def create(call: Call) -> None:
    name = call.text("name")
    try:
        parse(name)
    except InvalidReference as error:
        raise DockerError(f"failed to parse reference {name}: {error}") from None
    raise NotImplementedHere("managed plugins need a daemon with a root user's rights; there is none here")


def _remote(call: Call) -> None:
    _named(call.text("remote"))


def _named(text: str) -> str:
    try:
        return parse(text).tagged.familiar
    except InvalidReference as error:
        raise DockerError(str(error)) from None


def _timeout(call: Call) -> None:
    from dockercompat.errors import InvalidParameter
    from dockercompat.spec.number import parse_int

    try:
        parse_int(call.text("timeout"), function="Atoi")
    except InvalidParameter as error:
        raise DockerError(str(error)) from None
