"""Which engine a command line means: global flags, the environment, contexts."""

from __future__ import annotations

from dockercompat.cli import contexts
from dockercompat.errors import ClientError, DockerError, InvalidParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockercompat.cli.flags import Options

_WITHOUT_ENDPOINT = ("context", "logout", "completion")
_SHOWS_ENDPOINT = ("context ls", "context inspect")
_ANSWERS_WITHOUT = ("system info", "version")
_UNRESOLVED = "Failed to initialize: unable to resolve docker endpoint: "


def apply(options: Options, environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with -H and --context. Raises ClientError when both are given."""
    if options.host and options.context:
        raise ClientError("conflicting options: cannot specify both --host and --context")
    if not options.host and not options.context:
        return environ
    changed = dict(environ)
    if options.host:
        changed[contexts.HOST_FLAGS] = "\n".join(options.host)
    else:
        changed[contexts.CONTEXT_FLAG] = options.context
    return changed


def check(command_name: str, environ: Mapping[str, str], options: Options) -> str:
    """The address of the engine that a command is for, "" for the user's own. `context` and `logout` work whatever it is.

    options  the global flags
    Raises   ClientError when the context in use does not exist, its address is none, or a file of TLS is missing;
             InvalidParameter when DOCKER_API_VERSION is a version that the engine does not speak
    """
    asks_for_tls = environ.get("DOCKER_TLS_VERIFY") or environ.get("DOCKER_TLS") or options.tls or options.given("tlsverify")
    if command_name.partition(" ")[0] in _WITHOUT_ENDPOINT:
        if asks_for_tls and command_name in _SHOWS_ENDPOINT:
            from dockercompat.cli import tls

            if problem := tls.problem(options, environ):
                raise ClientError(problem)
        return ""
    name = contexts.current(environ)
    if asks_for_tls:
        from dockercompat.cli import tls

        tls.check(options, environ)
    if name != contexts.DEFAULT or contexts.HOST_FLAGS in environ or environ.get("DOCKER_HOST"):
        from dockercompat.cli.elsewhere import is_own

        host = _resolve(name, environ)
        if not is_own(host, environ):
            return host
    if environ.get("DOCKER_API_VERSION") and command_name not in _ANSWERS_WITHOUT and (problem := version_problem(environ)):
        raise InvalidParameter(problem)
    return ""


def _resolve(name: str, environ: Mapping[str, str]) -> str:
    from dockercompat.spec.endpoint import check_ssh

    try:
        host = contexts.default_host(environ) if name == contexts.DEFAULT else contexts.Store(environ).load(name).host
    except DockerError as error:
        raise ClientError(f"{_UNRESOLVED}{error}") from None
    if host.startswith("ssh://"):
        try:
            check_ssh(host)
        except InvalidParameter as error:
            raise ClientError(f"Failed to initialize: {error}") from None
    return host or contexts.LOCAL_HOST


def client_version(environ: Mapping[str, str]) -> str:
    """The version of the API that docker's client would speak, by DOCKER_API_VERSION; the engine's own without it."""
    from dockercompat.spec.release import API_VERSION

    return environ.get("DOCKER_API_VERSION", "").removeprefix("v") or API_VERSION


def version_problem(environ: Mapping[str, str]) -> str:
    """What the engine answers a client of DOCKER_API_VERSION, "" when it speaks that."""
    from dockercompat.spec.release import API_VERSION, MIN_API_VERSION

    text = client_version(environ)
    parts = text.split(".")
    if not all(part.isascii() and part.isdigit() for part in parts):
        return "page not found"
    version = [int(part) for part in parts]
    if version < [int(part) for part in MIN_API_VERSION.split(".")]:
        return (
            f"client version {text} is too old. Minimum supported API version is {MIN_API_VERSION}, "
            "please upgrade your client to a newer version"
        )
    if version > [int(part) for part in API_VERSION.split(".")]:
        return f"client version {text} is too new. Maximum supported API version is {API_VERSION}"
    return ""
