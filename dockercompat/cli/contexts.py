"""Docker contexts: the client's own store of endpoints under its configuration directory, shared with the real client.

The engine here is the user's own, so a context whose endpoint is a local socket means it; one elsewhere can be kept, shown and handed
on, but not commanded.
"""

from __future__ import annotations

import os
import stat

from dockercompat.cli import config_file
from dockercompat.errors import ClientError, InvalidParameter
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

DEFAULT = "default"
LOCAL_HOST = "unix:///var/run/docker.sock"
# What -H and --context said, in the mapping that stands for the environment; no variable has such a name.
HOST_FLAGS = "--host"
CONTEXT_FLAG = "--context"
DESCRIPTION = "Current DOCKER_HOST based configuration"
_NAME = "^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$"


class NoSuchContext(ClientError):
    """context_path is where its metadata would be."""

    def __init__(self, name: str, context_path: str) -> None:
        super().__init__(f'context "{name}": context not found: open {context_path}: no such file or directory')
        self.name = name


class Context(Record):
    """document is meta.json as docker writes it: Name, Metadata, Endpoints."""

    name: str
    document: dict[str, Any]

    @property
    def description(self) -> str:
        if self.name == DEFAULT:
            return DESCRIPTION
        return str((self.document.get("Metadata") or {}).get("Description") or "")

    @property
    def has_endpoint(self) -> bool:
        return "docker" in (self.document.get("Endpoints") or {})

    @property
    def host(self) -> str:
        return str(((self.document.get("Endpoints") or {}).get("docker") or {}).get("Host") or "")


class Store:
    """The contexts of one configuration directory.

    environ  DOCKER_CONFIG, DOCKER_HOST and DOCKER_CONTEXT count
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.dir = os.path.join(config_file.directory(environ), "contexts")

    def path(self, name: str, part: str = "meta") -> str:
        """Directory of a context's metadata, or of its TLS files (part "tls")."""
        from hashlib import sha256

        return f"{self.dir}/{part}/{sha256(name.encode()).hexdigest()}"

    def exists(self, name: str) -> bool:
        return name == DEFAULT or os.path.exists(f"{self.path(name)}/meta.json")

    def default(self) -> Context:
        host = default_host(self.environ)
        if host == LOCAL_HOST:
            host = local_host(self.environ)
        return Context(DEFAULT, {"Name": DEFAULT, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}})

    def load(self, name: str) -> Context:
        """Raises NoSuchContext."""
        if name == DEFAULT:
            return self.default()
        from dockercompat import json

        path = f"{self.path(name)}/meta.json"
        try:
            with open(path, encoding="utf-8") as file:
                document = json.load(file)
        except FileNotFoundError:
            raise NoSuchContext(name, path) from None
        except (OSError, ValueError) as error:
            raise ClientError(f'context "{name}": {error}') from None
        return Context(name, document)

    def list(self) -> list[Context]:
        """All of them by name, the default among them."""
        from dockercompat import json

        found = [self.default()]
        try:
            entries = os.listdir(f"{self.dir}/meta")
        except FileNotFoundError:
            entries = []
        except OSError as error:
            raise ClientError(f"open {self.dir}/meta: {(error.strerror or '').lower()}") from None
        for entry in entries:
            try:
                with open(f"{self.dir}/meta/{entry}/meta.json", encoding="utf-8") as file:
                    document = json.load(file)
                found.append(Context(document["Name"], document))
            except FileNotFoundError:
                continue
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise ClientError(f"{self.dir}/meta/{entry}/meta.json: {error}") from None
        return sorted(found, key=lambda context: context.name)

    def save(self, context: Context) -> None:
        from dockercompat import json
        from dockercompat.host import files

        directory = self.path(context.name)
        os.makedirs(directory, 0o755, exist_ok=True)
        text = json.dumps(context.document, ensure_ascii=False, separators=(",", ":"))
        files.replace(f"{directory}/meta.json", lambda file: file.write(text.encode()), mode=0o644)

    def remove(self, name: str) -> None:
        import shutil

        for part in ("meta", "tls"):
            shutil.rmtree(self.path(name, part), ignore_errors=True)

    def tls_files(self, name: str) -> dict[str, dict[str, bytes]]:
        """Endpoint -> name of file -> content."""
        found: dict[str, dict[str, bytes]] = {}
        base = self.path(name, "tls")
        for endpoint in sorted(os.listdir(base)) if os.path.isdir(base) else []:
            files = {}
            for entry in sorted(os.listdir(f"{base}/{endpoint}")):
                with open(f"{base}/{endpoint}/{entry}", "rb") as file:
                    files[entry] = file.read()
            found[endpoint] = files
        return found

    def save_tls(self, name: str, files: Mapping[str, Mapping[str, bytes]]) -> None:
        """Replace a context's TLS files; none of an endpoint removes its directory."""
        import shutil

        base = self.path(name, "tls")
        shutil.rmtree(base, ignore_errors=True)
        for endpoint, contents in files.items():
            if contents:
                os.makedirs(f"{base}/{endpoint}", 0o700)
            for entry, content in contents.items():
                if not os.path.isdir(os.path.dirname(f"{base}/{endpoint}/{entry}")):
                    raise ClientError(f"invalid output path: stat {base}/{endpoint}/{os.path.dirname(entry)}: no such file or directory")
                fd = os.open(f"{base}/{endpoint}/{entry}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with open(fd, "wb") as file:
                    file.write(content)


def check_name(name: str) -> None:
    """Raises ClientError for a name that no context may be made with."""
    import re

    if not name:
        raise ClientError("context name cannot be empty")
    if name == DEFAULT:
        raise ClientError('"default" is a reserved context name')
    if not re.fullmatch(_NAME[1:-1], name):
        raise ClientError(f'context name "{name}" is invalid, names are validated against regexp "{_NAME}"')


def default_host(environ: Mapping[str, str]) -> str:
    """The endpoint of the default context, by -H or DOCKER_HOST. Raises ClientError for what is no address."""
    from dockercompat.spec.endpoint import parse_host

    given = environ.get(HOST_FLAGS)
    hosts = [environ.get("DOCKER_HOST") or ""] if given is None else given.split("\n")
    if len(hosts) > 1:
        raise ClientError("Specify only one -H")
    try:
        return parse_host(hosts[0])
    except InvalidParameter as error:
        raise ClientError(str(error)) from None


def local_host(environ: Mapping[str, str]) -> str:
    """Where tools reach the user's own engine: the socket of its service where there is one, else the place that docker names."""
    path = f"{environ.get('XDG_RUNTIME_DIR') or f'/run/user/{os.getuid()}'}/docker.sock"
    try:
        found = stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        found = False
    return f"unix://{path}" if found else LOCAL_HOST


def current(environ: Mapping[str, str]) -> str:
    """The name of the context in use: by --context, -H, DOCKER_HOST, DOCKER_CONTEXT, then config.json's currentContext."""
    if environ.get(CONTEXT_FLAG):
        return environ[CONTEXT_FLAG]
    if HOST_FLAGS in environ or environ.get("DOCKER_HOST"):
        return DEFAULT
    return environ.get("DOCKER_CONTEXT") or str(config_file.load(environ).get("currentContext") or DEFAULT)
