"""Whom a registry's certificate must be signed by, and which one it is shown."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.distribution.policy import RegistryPolicy

_SYSTEM_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")


def trusted() -> bool | str:
    """The file of authorities that servers are judged by, True for the one that requests brings along."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        if os.environ.get(name):
            return os.environ[name]
    return next((path for path in _SYSTEM_CERTIFICATES if os.path.exists(path)), True)


def of_host(policy: RegistryPolicy, host: str) -> tuple[str, tuple[str, str] | None]:
    """(bundle of authorities or "", (certificate, key) or None) that an administrator put down for a registry."""
    for directory in policy.certs:
        place = f"{directory}/{host}"
        if not os.path.isdir(place):
            continue
        names = sorted(os.listdir(place))
        bundle = next((f"{place}/{name}" for name in names if name.endswith(".crt")), "")
        for name in names:
            stem, dot, kind = name.rpartition(".")
            if dot and kind == "cert" and f"{stem}.key" in names:
                return bundle, (f"{place}/{name}", f"{place}/{stem}.key")
        return bundle, None
    return "", None
