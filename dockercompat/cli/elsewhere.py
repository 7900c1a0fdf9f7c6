"""Another engine than the user's own: when an address means one, its certificates, and which commands it can be asked for.

The user's own engine needs no service: the default context means it, and so do the sockets where a rootless engine is looked for,
$XDG_RUNTIME_DIR/docker.sock, and /var/run/docker.sock where that is a link to it or does not exist. Every other address is asked.
"""

from __future__ import annotations

import os

from dockercompat.cli import config_file, contexts
from dockercompat.errors import Bare, ClientError, NotConnected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockercompat.cli.flags import Options
    from dockercompat.remote.client import Remote
    from dockercompat.remote.transport import Address

_SYSTEM_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock")
_MODULES = ("container", "container_run", "container_files", "image", "network", "volume")  # whose handlers ask whatever engine it is
_HANDLERS = (
    "build:build", "builder:prune", "plugin:list", "registry:login", "service_api:dial", "system:df", "system:events", "system:info",
    "system:inspect", "system:prune", "system:version",
)  # fmt: skip
# Client's work with no engine in it, or with registries alone.
_NO_ENGINE = (
    "context", "completion", "manifest", "imagetools", "trust", "registry:logout", "stack:config", "service_api:serve", "compose.config",
    "compose.version",
)  # fmt: skip
_OF_A_SWARM = ("config", "node", "secret", "service", "stack", "swarm")


def is_own(host: str, environ: Mapping[str, str]) -> bool:
    """Whether an address is that of the user's own engine."""
    scheme, _, path = host.partition("://")
    if scheme in ("fd", "npipe"):
        return True
    if scheme != "unix":
        return False
    runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    own = os.path.normpath(f"{runtime}/docker.sock")
    path = os.path.normpath(path)
    if path == own:
        return True
    return path in _SYSTEM_SOCKETS and (not os.path.lexists(path) or (os.path.islink(path) and os.readlink(path) == own))


def without_engine(handler: str) -> bool:
    """Whether a command does its work whatever engine is meant."""
    return handler in _NO_ENGINE or handler.partition(":")[0] in _NO_ENGINE


def check_command(name: str, handler: str, remote: Remote) -> None:
    """Raises ClientError for a command that another engine can't be asked for."""
    module = handler.partition(":")[0]
    noun = name.partition(" ")[0]
    if module in _MODULES or handler in _HANDLERS or noun == "checkpoint" or module.startswith("compose."):
        return
    if noun == "plugin":
        from dockercompat.remote import plugin

        if not plugin.list(remote):  # then the answers are those of every engine that has none
            return
    elif noun in _OF_A_SWARM:
        from dockercompat.remote import system

        if (system.info(remote).get("Swarm") or {}).get("LocalNodeState", "inactive") == "inactive":
            return
    raise ClientError(f"docker {name} works on pydocker's own engine alone, not on {remote.address.host}")


def check_version(name: str, options: Options, remote: Remote) -> None:
    """Raises ClientError for a command, or flags that were given, which an engine of an older version does not know."""
    from dockercompat.cli.surface.versions import SINCE

    since = {flag: version for flag, version in SINCE.get(name, {}).items() if not flag or options.given(flag)}
    if not since:
        return
    try:
        remote.negotiate()
    except NotConnected:  # the command says that
        return
    lacking = {flag: version for flag, version in since.items() if not remote.speaks(version)}
    has = f"but the Docker daemon API version is {remote.version}"
    if "" in lacking:
        raise Bare(f"docker {name} requires API version {lacking['']}, {has}")
    if lacking:
        raise Bare("\n".join(f'"--{flag}" requires API version {lacking[flag]}, {has}' for flag in sorted(lacking)))


def remote(host: str, name: str, options: Options, environ: Mapping[str, str]) -> Remote:
    """The engine at an address of the context of that name."""
    from dockercompat.remote.client import Remote, Settings

    return Remote(
        _address(host, name, options, environ),
        Settings(config_file.directory(environ), environ.get("DOCKER_DEFAULT_PLATFORM", "")),
        environ.get("DOCKER_API_VERSION", "").removeprefix("v"),
    )


def _address(host: str, name: str, options: Options, environ: Mapping[str, str]) -> Address:
    from dockercompat.remote.transport import Address

    if name != contexts.DEFAULT:
        store = contexts.Store(environ)
        directory = f"{store.path(name, 'tls')}/docker"
        ca, cert, key = (_existing(f"{directory}/{file}.pem") for file in ("ca", "cert", "key"))
        endpoint = (store.load(name).document.get("Endpoints") or {}).get("docker") or {}
        skips = bool(endpoint.get("SkipTLSVerify"))
        return Address(host, bool(ca or cert or skips) or host.startswith("https://"), not skips, ca, cert, key)
    verifies = bool(options.tlsverify) if options.given("tlsverify") else bool(environ.get("DOCKER_TLS_VERIFY"))
    asked = options.given("tlsverify") or verifies or (bool(options.tls) if options.given("tls") else bool(environ.get("DOCKER_TLS")))
    if not asked or not host.startswith("tcp://"):
        return Address(host)
    directory = environ.get("DOCKER_CERT_PATH") or config_file.directory(environ)
    given = {flag: getattr(options, flag) for flag in ("tlscacert", "tlscert", "tlskey") if options.given(flag)}
    return Address(
        host,
        True,
        verifies,
        given.get("tlscacert", f"{directory}/ca.pem") if verifies else "",
        given.get("tlscert", _existing(f"{directory}/cert.pem")),
        given.get("tlskey", _existing(f"{directory}/key.pem")),
    )


def _existing(path: str) -> str:
    return path if os.path.exists(path) else ""
