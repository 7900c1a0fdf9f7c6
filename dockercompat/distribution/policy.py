"""What the engine's configuration says about registries: docker's daemon.json, `registry-mirrors` and `insecure-registries`."""

from __future__ import annotations

from dockercompat.errors import DockerError
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class InvalidConfiguration(DockerError):
    """daemon.json can't be used; nothing is asked of a registry before it is mended."""

    prefixed = False

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"unable to configure the Docker daemon with file {path}: {why}")


class RegistryPolicy(Record):
    """How registries are reached.

    insecure  host, host:port or networks (CIDR) that may be spoken to over http and with certificates nobody signed
    mirrors   URLs that are asked before docker.io, each with a slash at its end
    certs     directories with HOST[:PORT]/{*.crt,*.cert,*.key}
    """

    insecure: tuple[str, ...] = ()
    mirrors: tuple[str, ...] = ()
    certs: tuple[str, ...] = ("/etc/docker/certs.d",)

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks that are insecure: those of the configuration, then loopback."""
        return (*(each for each in self.insecure if _is_network(each)), "::1/128", "127.0.0.0/8")

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that are insecure."""
        return tuple(each for each in self.insecure if not _is_network(each))

    def is_insecure(self, host: str) -> bool:
        """Whether a registry (host or host:port) may be spoken to over http. A name is looked up when only networks could tell."""
        if is_loopback(host) or host in self.insecure or _bare(host) in self.insecure:
            return True
        networks = [each for each in self.insecure if _is_network(each)]
        return bool(networks) and _within(_bare(host), networks)


def is_loopback(host: str) -> bool:
    """Whether a host name (perhaps with a port) is this machine: docker speaks http to it without being told."""
    name = _bare(host)
    return name == "localhost" or name == "::1" or (name.startswith("127.") and name.replace(".", "").isdigit())


def load(path: str) -> RegistryPolicy:
    """What a daemon.json says; the defaults where there is none.

    Raises  InvalidConfiguration for a file that can't be read, is no JSON, or has addresses docker would refuse
    """
    from dockercompat.spec import go_json

    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return RegistryPolicy()
    except OSError as error:
        raise InvalidConfiguration(path, f"open {path}: {(error.strerror or '').lower()}") from None
    if not text.strip():
        return RegistryPolicy()
    try:
        value = go_json.loads(text)
    except go_json.InvalidJson as error:
        raise InvalidConfiguration(path, str(error)) from None
    shape = go_json.Shape("config.Config", {"registry-mirrors": "[]string", "insecure-registries": "[]string"})
    found, complaint = go_json.fill(shape, value)
    if complaint:
        raise InvalidConfiguration(path, complaint)
    mirrors = [_mirror(path, each) for each in found.get("registry-mirrors") or ()]
    insecure = [_insecure(path, each) for each in found.get("insecure-registries") or ()]
    return RegistryPolicy(tuple(dict.fromkeys(insecure)), tuple(dict.fromkeys(mirrors)))


def service_config(policy: RegistryPolicy) -> dict[str, Any]:
    """RegistryConfig of `docker info`."""
    mirrors = list(policy.mirrors)
    indexes = {"docker.io": {"Name": "docker.io", "Mirrors": mirrors, "Secure": True, "Official": True}}
    for host in policy.hosts:
        indexes[host] = {"Name": host, "Mirrors": [], "Secure": False, "Official": False}
    return {
        "InsecureRegistryCIDRs": list(policy.networks),
        "IndexConfigs": indexes,
        "Mirrors": mirrors or None,
    }


def _mirror(path: str, text: str) -> str:
    """A mirror's URL as docker keeps it."""
    from urllib.parse import urlsplit

    parts = urlsplit(text)
    if parts.scheme not in ("http", "https"):
        raise InvalidConfiguration(path, f'invalid mirror: unsupported scheme "{parts.scheme}" in "{text}"')
    if parts.query or parts.fragment:
        raise InvalidConfiguration(path, f'invalid mirror: query or fragment at end of the URI "{text}"')
    if parts.username or parts.password:
        raise InvalidConfiguration(path, f'invalid mirror: username/password not allowed in URI "{text}"')
    return text.rstrip("/") + "/"


def _insecure(path: str, text: str) -> str:
    for scheme in ("http://", "https://"):
        text = text.removeprefix(scheme)
    if "://" in text:
        raise InvalidConfiguration(path, f"insecure registry {text} should not contain '://'")
    if not _is_network(text) and ("/" in text or not text or text.startswith("-")):
        raise InvalidConfiguration(path, f'insecure registry {text} is not valid: invalid host "{text}"')
    return text


def _is_network(text: str) -> bool:
    if "/" not in text:
        return False
    import ipaddress

    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _within(name: str, networks: list[str]) -> bool:
    """Whether one of a host's addresses lies in one of the networks."""
    import ipaddress
    import socket

    try:
        addresses = [ipaddress.ip_address(name)]
    except ValueError:
        try:
            addresses = [ipaddress.ip_address(each[4][0]) for each in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]
        except OSError:
            return False
    return any(address in ipaddress.ip_network(each, strict=False) for address in addresses for each in networks)


def _bare(host: str) -> str:
    """A host without its port."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
