"""Docker's config.json: where it is, what of it counts, and docker's warning about one that is damaged."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from dockercompat.spec.filter import Filters

_FORMATS = (
    "psFormat", "imagesFormat", "networksFormat", "pluginsFormat", "volumesFormat", "statsFormat", "detachKeys", "credsStore",
    "serviceInspectFormat", "servicesFormat", "tasksFormat", "secretFormat", "configFormat", "nodesFormat", "currentContext",
)  # fmt: skip
_cached: dict[str, dict[str, Any]] = {}


def directory(environ: Mapping[str, str]) -> str:
    return environ.get("DOCKER_CONFIG") or f"{environ.get('HOME') or '/root'}/.docker"


def path(environ: Mapping[str, str]) -> str:
    return os.path.join(directory(environ), "config.json")


def load(environ: Mapping[str, str]) -> dict[str, Any]:
    """The file's members that docker knows, {} without a file; what is wrong with it is said on stderr, once in a process."""
    place = path(environ)
    if place not in _cached:
        _cached[place], complaint = read(place)
        if complaint:
            import sys

            print(f"WARNING: Error {complaint}", file=sys.stderr, flush=True)
    return _cached[place]


def prune_filters(config: Mapping[str, Any], words: Iterable[str]) -> Filters:
    """The filters of a prune: those of its flags, and pruneFilters with them.

    Labels among these count in docker 28 only beside a flag about the opposite (label and label!) that names another one.
    Raises  UsageError
    """
    from dockercompat.spec.filter import parse

    chosen = parse(words)
    for word in config.get("pruneFilters") or ():
        name, equals, value = str(word).partition("=")
        others = chosen.get({"label": "label!", "label!": "label"}.get(name, ""))
        if equals and (name not in ("label", "label!") or (others and value not in others)):
            chosen.add(name, value)
    return chosen


def save(environ: Mapping[str, str], config: Mapping[str, Any]) -> None:
    """Write the file anew as docker writes it; it is read again at the next load. Raises OSError."""
    from dockercompat.distribution import credentials

    credentials.save(path(environ), config)
    _cached.clear()


def raw(environ: Mapping[str, str]) -> dict[str, Any]:
    """Everything in the file, also what docker does not know; {} where there is none or none that can be read. For writing it anew."""
    from dockercompat.spec import go_json

    try:
        with open(path(environ), encoding="utf-8") as file:
            found = go_json.loads(file.read(), stream=True)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read(place: str) -> tuple[dict[str, Any], str]:
    """The members of the file at a path, and what is wrong with it ("" when nothing is): docker keeps what it could read."""
    try:
        with open(place, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return {}, ""
    except IsADirectoryError:
        return {}, f"parsing config file ({place}): read {place}: is a directory"
    except OSError as error:
        return {}, f"loading config file: open {place}: {(error.strerror or '').lower()}"
    if data.strip() in (b"", b"{}"):
        return {}, ""
    from dockercompat.spec import go_json

    try:
        value = go_json.loads(data.decode(errors="surrogateescape"), stream=True)
    except go_json.InvalidJson as error:
        return {}, f"parsing config file ({place}): {error}"
    found, complaint = go_json.fill(_shape(), value)
    complaint = complaint or _bad_login(found.get("auths") or {})
    return found, f"parsing config file ({place}): {complaint}" if complaint else ""


def _shape() -> Any:
    from dockercompat.spec.go_json import Shape

    texts = ("username", "password", "auth", "email", "serveraddress", "identitytoken", "registrytoken")
    login = Shape("types.AuthConfig", dict.fromkeys(texts, "string"))
    proxy = Shape("configfile.ProxyConfig", dict.fromkeys(("httpProxy", "httpsProxy", "noProxy", "ftpProxy", "allProxy"), "string"))
    return Shape(
        "configfile.ConfigFile",
        {
            **dict.fromkeys(_FORMATS, "string"),
            "auths": "map[string]types.AuthConfig",
            "HttpHeaders": "map[string]string",
            "credHelpers": "map[string]string",
            "pruneFilters": "[]string",
            "proxies": "map[string]configfile.ProxyConfig",
            "cliPluginsExtraDirs": "[]string",
            "plugins": "map[string]map[string]string",
            "aliases": "map[string]string",
            "features": "map[string]string",
        },
        (login, proxy),
    )


def _bad_login(auths: dict[str, Any]) -> str:
    """docker's complaint about an `auth` that is not base64 of user:password."""
    import base64
    import binascii

    for login in auths.values():
        text = (login or {}).get("auth") or ""
        if not text:
            continue
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        at = next((place for place, letter in enumerate(text.rstrip("=")) if letter not in letters), -1)
        if at >= 0 or len(text) % 4:
            return f"illegal base64 data at input byte {at if at >= 0 else len(text) // 4 * 4}"
        try:
            if b":" not in base64.b64decode(text):
                return "Invalid auth configuration file"
        except binascii.Error:
            return f"illegal base64 data at input byte {len(text)}"
    return ""
