"""Registry credentials in docker's own config.json: auths, credsStore, credHelpers, identity tokens.

The file is shared with the real client: what it holds beside credentials is kept as it is.
"""

from __future__ import annotations

import base64
import binascii
import os

from dockercompat import json
from dockercompat.errors import ClientError
from dockercompat.host import files, run
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

INDEX_KEY = "https://index.docker.io/v1/"  # the key of Docker Hub
_TOKEN_USER = "<token>"
_ORDER = (
    "HttpHeaders", "psFormat", "imagesFormat", "networksFormat", "pluginsFormat", "volumesFormat", "statsFormat", "detachKeys",
    "credsStore", "credHelpers", "serviceInspectFormat", "servicesFormat", "tasksFormat", "secretFormat", "configFormat", "nodesFormat",
    "pruneFilters", "proxies", "currentContext", "cliPluginsExtraDirs", "plugins", "aliases", "features",
)  # fmt: skip
_NOT_FOUND = "credentials not found in native keychain"


class Credentials(Record):
    """What a registry is shown. identity_token replaces the password in the OAuth2 flow, registry_token is a ready bearer token."""

    username: str = ""
    password: str = ""
    identity_token: str = ""
    registry_token: str = ""

    @property
    def empty(self) -> bool:
        return not (self.username or self.password or self.identity_token or self.registry_token)


def key_of(domain: str) -> str:
    """What config.json calls the registry of a reference's domain."""
    return INDEX_KEY if domain in ("docker.io", "index.docker.io", "registry-1.docker.io") else domain


def host_of(address: str) -> str:
    """The host name in an address: without scheme and path."""
    address = address.removeprefix("http://").removeprefix("https://")
    return address.partition("/")[0]


class CredentialStore:
    """The credentials of one docker configuration directory."""

    def __init__(self, config_dir: str) -> None:
        self.path = f"{config_dir}/config.json"

    def load(self) -> dict[str, Any]:
        """The whole configuration. Raises ClientError when the file is malformed."""
        try:
            with open(self.path, encoding="utf-8") as file:
                text = file.read()
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise ClientError(f"loading config file: open {self.path}: {(error.strerror or '').lower()}") from None
        try:
            config = json.loads(text) if text.strip() else {}
        except ValueError as error:
            raise ClientError(f"loading config file: {self.path}: {error}") from None
        return config if isinstance(config, dict) else {}

    def get(self, key: str) -> Credentials:
        """The credentials for a registry (a host name, or INDEX_KEY); empty ones when there are none."""
        config = self.load()
        helper = _helper(config, key)
        if helper:
            try:
                return _ask_helper(helper, key)
            except ClientError:
                return Credentials()  # docker goes on without any, and lets the registry complain
        auths = config.get("auths") or {}
        entry = auths.get(key)
        if entry is None:
            entry = next((auths[name] for name in auths if host_of(name) == key), None)
        return _from_entry(entry) if isinstance(entry, dict) else Credentials()

    def all(self) -> dict[str, Credentials]:
        """Those of every registry that the configuration names, by its key there."""
        config = self.load()
        found = {key: self.get(key) for key in (*(config.get("auths") or {}), *(config.get("credHelpers") or {}))}
        return {key: each for key, each in found.items() if not each.empty}

    def check(self, key: str) -> None:
        """Ask the helper for a key, if there is one. Raises ClientError when it fails."""
        helper = _helper(self.load(), key)
        if helper:
            _ask_helper(helper, key)

    def put(self, key: str, credentials: Credentials) -> bool:
        """Remember the credentials for a registry; True when the password went into the file in the clear."""
        config = self.load()
        helper = _helper(config, key)
        entry: dict[str, Any] = {}
        if helper:
            secret = credentials.identity_token or credentials.password
            user = _TOKEN_USER if credentials.identity_token else credentials.username
            pair = {"ServerURL": key, "Username": user, "Secret": secret}
            _run_helper(helper, "store", json.dumps(pair, ensure_ascii=False, separators=(",", ":")))
        else:
            entry = _entry(credentials)
        auths = config.get("auths")
        if isinstance(auths, dict) and auths.get(key) == entry:
            return False  # it is there already: docker neither writes nor warns
        config["auths"] = {**(auths or {}), key: entry}
        save(self.path, config)
        return not helper and bool(credentials.password) and not credentials.identity_token

    def erase(self, key: str) -> None:
        """Forget the credentials under a key, in its helper and in the file. Raises ClientError when the helper fails."""
        config = self.load()
        helper = _helper(config, key)
        if helper:
            _run_helper(helper, "erase", key)
        if key in (config.get("auths") or {}):
            del config["auths"][key]
            save(self.path, config)


def document(found: Mapping[str, Credentials]) -> str:
    """A config.json with these credentials in the clear, by registry."""
    return _text({"auths": {key: _entry(each) for key, each in found.items()}})


def save(path: str, config: Mapping[str, Any]) -> None:
    """Write config.json anew: where a link leads, with the permissions that it has; a new one is readable by the user alone."""
    path = os.path.realpath(path)
    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
    try:
        mode = os.stat(path).st_mode & 0o777
    except OSError:  # there is none yet
        mode = 0o600
    files.replace(path, lambda file: file.write(_text(config).encode()), mode=mode)


def _text(config: Mapping[str, Any]) -> str:
    """The file as docker writes it: its members in the order of its own structure, what it does not know after them, maps sorted."""
    ordered: dict[str, Any] = {"auths": dict(sorted((config.get("auths") or {}).items()))}
    ordered.update({name: config[name] for name in _ORDER if config.get(name)})
    ordered.update({name: value for name, value in config.items() if name not in ordered and name not in _ORDER})
    text = json.dumps(ordered, indent="\t", ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _helper(config: dict[str, Any], key: str) -> str:
    return str((config.get("credHelpers") or {}).get(key) or config.get("credsStore") or "")


def _entry(credentials: Credentials) -> dict[str, str]:
    entry = {}
    if credentials.username or credentials.password:
        pair_text = f"{credentials.username}:{credentials.password if not credentials.identity_token else ''}"
        entry["auth"] = base64.b64encode(pair_text.encode()).decode()
    if credentials.identity_token:
        entry["identitytoken"] = credentials.identity_token
    return entry


def _from_entry(entry: dict[str, Any]) -> Credentials:
    username, password = str(entry.get("username") or ""), str(entry.get("password") or "")
    if entry.get("auth"):
        try:
            text = base64.b64decode(entry["auth"]).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ClientError(f"invalid auth configuration file: {error}") from None
        username, _, password = text.partition(":")
        password = password.strip("\x00")
    return Credentials(username, password, str(entry.get("identitytoken") or ""), str(entry.get("registrytoken") or ""))


def _ask_helper(helper: str, key: str) -> Credentials:
    answer = _run_helper(helper, "get", key)
    if answer is None:
        return Credentials()
    try:
        fields = json.loads(answer)
    except ValueError:
        raise ClientError(f"error getting credentials - err: docker-credential-{helper} gave no JSON") from None
    if fields.get("Username") == _TOKEN_USER:
        return Credentials(identity_token=fields.get("Secret") or "")
    return Credentials(fields.get("Username") or "", fields.get("Secret") or "")


def _run_helper(helper: str, verb: str, text: str) -> bytes | None:
    """Output of a credential helper; None when it has nothing under that name. Raises ClientError when it fails."""
    program = f"docker-credential-{helper}"
    words = {"get": "getting", "store": "storing", "erase": "erasing"}
    if run.find(program) is None:
        raise ClientError(f'error {words[verb]} credentials - err: exec: "{program}": executable file not found in $PATH, out: ``')
    result = run.capture([program, verb], stdin=text.encode())
    output = result.stdout.decode(errors="replace").strip()
    if result.status:
        if output == _NOT_FOUND:
            return None
        raise ClientError(f"error {words[verb]} credentials - err: exit status {result.status}, out: `{output}`")
    return result.stdout
