"""--tls and its kin. The engine is reached without a socket; the files that docker would read for one are read all the same."""

from __future__ import annotations

import os

from dockercompat.errors import ClientError
from dockercompat.spec.env import go_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockercompat.cli.flags import Options

_FILES = (("tlscacert", "ca.pem"), ("tlscert", "cert.pem"), ("tlskey", "key.pem"))


def problem(options: Options, environ: Mapping[str, str]) -> str:
    """What docker says of the first file that can't be read, "" when TLS is not asked for or all are there.

    options  the global flags; --tlsverify asks for TLS whatever its value is, as DOCKER_TLS_VERIFY and DOCKER_TLS do
    """
    verifies = options.given("tlsverify") or environ.get("DOCKER_TLS_VERIFY")
    if not (verifies or (options.tls if options.given("tls") else environ.get("DOCKER_TLS"))):
        return ""
    default_dir = environ.get("DOCKER_CERT_PATH") or environ.get("DOCKER_CONFIG") or f"{environ.get('HOME', '')}/.docker"
    for name, file_name in _FILES:
        path = getattr(options, name) if options.given(name) else f"{default_dir}/{file_name}"
        if not path or (name != "tlscacert" and not options.given(name) and not os.path.exists(path)):
            continue
        try:
            with open(path, "rb") as file:
                file.read(1)
        except OSError as error:
            verb = "read" if os.path.isdir(path) else "open"
            return f"{verb} {path}: {go_reason(error)}"
    return ""


def check(options: Options, environ: Mapping[str, str]) -> None:
    """Raises ClientError where docker could not make a client."""
    found = problem(options, environ)
    if found:
        raise ClientError(f"Failed to initialize: unable to resolve docker endpoint: {found}")
