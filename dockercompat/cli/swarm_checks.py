"""What docker's swarm flags check in a value while the command line is read; flag_checks tells how such functions work."""

from __future__ import annotations

import os

from dockercompat.errors import InvalidParameter
from dockercompat.spec import duration, option, swarm
from dockercompat.spec.env import go_reason
from dockercompat.spec.mount import parse_mount
from dockercompat.spec.ulimit import parse_ulimit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def config(text: str) -> str:
    return _checked(lambda value: swarm.parse_file_request(value, "config"), text)


def secret(text: str) -> str:
    return _checked(lambda value: swarm.parse_file_request(value, "secret"), text)


def credential_spec(text: str) -> str:
    return _checked(swarm.check_credential_spec, text)


def words(text: str) -> str:
    return _checked(swarm.check_words, text)


def mount(text: str) -> str:
    return _checked(lambda value: parse_mount(value, working_dir=os.getcwd()), text)


def network(text: str) -> str:
    return _checked(option.parse_network, text)


def placement(text: str) -> str:
    return _checked(swarm.check_placement, text)


def port(text: str) -> str:
    return _checked(swarm.parse_service_port, text)


def ulimit(text: str) -> str:
    return _checked(parse_ulimit, text)


def generic_resource(text: str) -> str:
    return _checked(swarm.check_generic_resource, text)


def span(text: str) -> str:
    if duration.parse(text) < 0:
        raise ValueError("duration cannot be negative")
    return text


def node_address(text: str) -> str:
    return _checked(swarm.parse_node_address, text)


def pem_file(text: str) -> str:
    content = _read(text)
    if b"-----BEGIN " not in content or b"-----END " not in content:
        raise ValueError("file contents must be in PEM format")
    return text


def external_ca(text: str) -> str:
    certificate = ""

    def parse(value: str) -> None:
        nonlocal certificate
        certificate = swarm.parse_external_ca(value)

    _checked(parse, text)
    if certificate:
        try:
            _read(certificate)
        except ValueError as error:
            raise ValueError(f"unable to read CA cert for external CA: {error}") from None
    return text


def subnets(text: str) -> str:
    """The subnets with a comma between them, docker's quotes and spaces taken away."""
    import ipaddress

    found = []
    for part in text.replace('"', "").replace("'", "").replace("`", "").split(",") if text else ():
        subnet = part.strip()
        try:
            if "/" not in subnet or not subnet.rpartition("/")[2].isdigit():
                raise ValueError
            ipaddress.ip_interface(subnet)
        except ValueError:
            raise ValueError(f"invalid string being converted to CIDR: {subnet}") from None
        found.append(subnet)
    return ",".join(found)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except IsADirectoryError:
        raise ValueError(f"read {path}: is a directory") from None
    except OSError as error:
        raise ValueError(f"open {path}: {go_reason(error)}") from None


def _checked(grammar: Callable[[str], object], text: str) -> str:
    try:
        grammar(text)
    except InvalidParameter as error:
        raise ValueError(str(error)) from None
    return text
