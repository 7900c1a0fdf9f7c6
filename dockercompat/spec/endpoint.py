"""The address of an engine as -H, DOCKER_HOST and contexts write it, in docker's two grammars.

Source: docker's client 28 (opts.ParseHost; client.ParseHostURL with the checks of its helper for ssh).
"""

from __future__ import annotations

from dockercompat.errors import InvalidParameter
from dockercompat.spec.number import quoted

DEFAULT_SOCKET = "unix:///var/run/docker.sock"
_DEFAULT_PIPE = "npipe:////./pipe/docker_engine"
_NOT_IN_HOST = ' "<>\\^`{|}'


def parse_host(text: str) -> str:
    """An address as -H and DOCKER_HOST may have it, with what is missing filled in: `h` is tcp://h:2375.

    Raises  InvalidParameter
    """
    text = text.strip()
    if not text:
        return DEFAULT_SOCKET
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "tcp", text
    if scheme == "tcp":
        host, port, path = parse_tcp(rest, "localhost", "2375")
        return f"tcp://[{host}]:{port}{path}" if ":" in host else f"tcp://{host}:{port}{path}"
    if scheme in ("unix", "npipe"):
        if "://" in rest:
            raise InvalidParameter(f"invalid proto, expected {scheme}: {rest}")
        return f"{scheme}://{rest}" if rest else DEFAULT_SOCKET if scheme == "unix" else _DEFAULT_PIPE
    if scheme in ("fd", "ssh"):
        return text
    raise InvalidParameter(f"invalid bind address format: {text}")


def parse_tcp(text: str, default_host: str, default_port: str) -> tuple[str, str, str]:
    """Host, port and path of `[tcp://]HOST[:PORT][/PATH]`; an IPv6 address has lost its brackets."""
    address = text.removeprefix("tcp://")
    if "://" in address:
        raise InvalidParameter(f"invalid proto, expected tcp: {text}")
    address, slash, path = address.partition("/")
    check_url_host("tcp", address)
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        if not rest:
            raise InvalidParameter(f"invalid bind address format: {text}")
        port = rest.removeprefix(":")
    elif ":" in address and address.rpartition(":")[0].strip(":"):
        host, _, port = address.rpartition(":")
    elif address.count(":") > 1:
        host, port = address, ""
    else:
        host, _, port = address.partition(":")
    return host or default_host, port or default_port, slash + path


def check_url_host(scheme: str, address: str) -> None:
    """Raises InvalidParameter with the complaint of Go's url.Parse about a host and port."""
    url = f"{scheme}://{address}"
    if address.startswith("[") and "]" not in address:
        raise InvalidParameter(f"parse {quoted(url)}: missing ']' in host")
    wrong = next((letter for letter in address if letter in _NOT_IN_HOST), "")
    if wrong:
        raise InvalidParameter(f"parse {quoted(url)}: invalid character {quoted(wrong)} in host name")
    _, colon, port = address.rpartition("]")[2].rpartition(":")
    if colon and port and not (port.isascii() and port.isdigit()):
        raise InvalidParameter(f'parse {quoted(url)}: invalid port ":{port}" after host')


def check_ssh(text: str) -> None:
    """Raises InvalidParameter for an ssh:// address that docker's helper does not take."""
    from urllib.parse import urlsplit

    address = text.removeprefix("ssh://").partition("/")[0].partition("?")[0].rpartition("@")[2]
    shown = text.removeprefix("ssh://").partition("/")[0].partition("?")[0]
    _, colon, port = address.rpartition("]")[2].rpartition(":")
    if colon and port and not port.isdigit():
        raise InvalidParameter(f'parse {quoted(f"ssh://{shown}")}: invalid port ":{port}" after host')
    url = urlsplit(text)
    reason = ""
    if url.password is not None:
        reason = "plain-text password is not supported"
    elif not url.hostname:
        reason = "hostname is empty"
    elif url.query:
        reason = f"query parameters are not allowed: {quoted(url.query)}"
    elif url.fragment:
        reason = f"fragments are not allowed: {quoted(url.fragment)}"
    if reason:
        raise InvalidParameter(f"ssh host connection is not valid: invalid SSH URL: {reason}")


def check_context_host(text: str) -> None:
    """What a context's Host must be for a client to be made: a scheme and something after it. Raises InvalidParameter."""
    scheme, separator, rest = text.partition("://")
    if not separator or not rest:
        raise InvalidParameter(f"unable to parse docker host `{text}`")
    if scheme == "npipe":
        raise InvalidParameter("protocol not available")
