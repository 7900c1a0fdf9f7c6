"""What docker's swarm flags check in a value while the command line is read; flag_checks tells how such functions work."""

from __future__ import annotations

import os

from dockercompat.cli import reading
from dockercompat.cli.flag_checks import checked
from dockercompat.spec import duration, option, swarm
from dockercompat.spec.mount import parse_mount
from dockercompat.spec.ulimit import parse_ulimit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def config(text: str) -> str:
    return _keep(lambda value: swarm.parse_file_request(value, "config"), text)


def secret(text: str) -> str:
    return _keep(lambda value: swarm.parse_file_request(value, "secret"), text)


def credential_spec(text: str) -> str:
    return _keep(swarm.check_credential_spec, text)


def words(text: str) -> str:
    return _keep(swarm.check_words, text)


def mount(text: str) -> str:
    return _keep(lambda value: parse_mount(value, working_dir=os.getcwd()), text)


def network(text: str) -> str:
    return _keep(option.parse_network, text)


def placement(text: str) -> str:
    return _keep(swarm.check_placement, text)


def port(text: str) -> str:
    return _keep(swarm.parse_service_port, text)


def ulimit(text: str) -> str:
    return _keep(parse_ulimit, text)


def generic_resource(text: str) -> str:
    return _keep(swarm.check_generic_resource, text)


def span(text: str) -> str:
    if duration.parse(text) < 0:
        raise ValueError("duration cannot be negative")
    return text


def node_address(text: str) -> str:
    return _keep(swarm.parse_node_address, text)


def pem_file(text: str) -> str:
    content = reading.content(text)
    if b"-----BEGIN " not in content or b"-----END " not in content:
        raise ValueError("file contents must be in PEM format")
    return text


def external_ca(text: str) -> str:
    certificate = ""

    def parse(value: str) -> None:
        nonlocal certificate
        certificate = swarm.parse_external_ca(value)

    _keep(parse, text)
    if certificate:
        try:
            reading.content(certificate)
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


def _keep(grammar: Callable[[str], object], text: str) -> str:
    """The value as it was typed, when a grammar takes it."""
    checked(grammar, text)
    return text
