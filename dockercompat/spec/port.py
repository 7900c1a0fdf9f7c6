"""Published and exposed ports: the grammar of -p, --expose and EXPOSE, as docker's go-connections reads it."""

from __future__ import annotations

from _socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from dockercompat.errors import InvalidParameter
from dockercompat.record import Record
from dockercompat.spec.number import parse_uint

PROTOCOLS = ("tcp", "udp", "sctp")


class Port(Record):
    """One container port and where it is published.

    host_port  "" for any free one; "8000-8010" for any free one of a range
    """

    container_port: int
    protocol: str = "tcp"
    host_port: str = ""
    host_ip: str = ""

    @property
    def key(self) -> str:
        """docker's spelling in ExposedPorts and PortBindings."""
        return f"{self.container_port}/{self.protocol}"


def parse_range(text: str) -> tuple[int, int]:
    """First and last port of `80` or `80-90`.

    Raises  InvalidParameter in the words that docker prints after "error: "
    """
    if not text:
        raise InvalidParameter("empty string specified for ports")
    first_text, dash, last_text = text.partition("-")
    first = parse_uint(first_text, bits=16)
    if not dash:
        return first, first
    last = parse_uint(last_text, bits=16)
    if last < first:
        raise InvalidParameter(f"invalid range specified for port: {text}")
    return first, last


def split_protocol(text: str) -> tuple[str, str]:
    """Port and protocol of `80/udp`; tcp where none is named, two empty strings where no port is."""
    port, *rest = text.split("/")
    if not port:
        return "", ""
    return port, (rest[0] if rest else "") or "tcp"


def parse_publish(text: str) -> list[Port]:
    """The ports of one value of -p: `[[IP:][HOST]:]CONTAINER[/PROTOCOL]`, either side a range."""
    parts = text.split(":")
    host_ip, host, container = ":".join(parts[:-2]), parts[-2] if len(parts) > 1 else "", parts[-1]
    container, protocol = split_protocol(container)
    if not container:
        raise InvalidParameter(f"no port specified: {text}<empty>")
    protocol = protocol.lower()
    if protocol not in PROTOCOLS:
        raise InvalidParameter(f"invalid proto: {protocol}")
    if host_ip.startswith("["):
        if not host_ip.endswith("]"):
            problem = f"address {host_ip}:: missing ']' in address"
            raise InvalidParameter(f"invalid IP address {host_ip}: {problem}")
        host_ip = host_ip[1:-1]
    if host_ip and not is_ip(host_ip):
        raise InvalidParameter(f"invalid IP address: {host_ip}")
    try:
        first, last = parse_range(container)
    except InvalidParameter:
        raise InvalidParameter(f"invalid containerPort: {container}") from None
    if not host:
        return [Port(number, protocol, "", host_ip) for number in range(first, last + 1)]
    try:
        host_first, host_last = parse_range(host)
    except InvalidParameter:
        raise InvalidParameter(f"invalid hostPort: {host}") from None
    if last - first != host_last - host_first:
        if first != last:
            raise InvalidParameter(f"invalid ranges specified for container and host Ports: {container} and {host}")
        return [Port(first, protocol, f"{host_first}-{host_last}", host_ip)]
    return [Port(first + step, protocol, str(host_first + step), host_ip) for step in range(last - first + 1)]


def standard_notation(text: str) -> str:
    """`published=8080,target=80,protocol=tcp` as `8080:80/tcp`; anything else as it is."""
    if "=" not in text:
        return text
    named = {"protocol": "tcp"}
    for part in text.split(","):
        pieces = part.split("=")
        if len(pieces) < 2:
            raise InvalidParameter(f"invalid publish opts format (should be name=value but got '{part}')")
        named[pieces[0]] = pieces[1]
    return f"{named.get('published', '')}:{named.get('target', '')}/{named['protocol']}"


def parse_expose(text: str) -> list[str]:
    """The keys of ExposedPorts that one value of --expose means: `80`, `80/udp`, `80-90/tcp`."""
    if ":" in text:
        raise InvalidParameter(f"invalid port format for --expose: {text}")
    port, protocol = split_protocol(text)
    try:
        first, last = parse_range(port)
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid range format for --expose: {text}, error: {error}") from None
    return [f"{number}/{protocol}" for number in range(first, last + 1)]


def parse_key(text: str) -> tuple[int, str]:
    """Number and protocol of a key such as `80/tcp`.

    Raises  InvalidParameter as the engine does for PortBindings
    """
    port, protocol = split_protocol(text)
    try:
        number = parse_uint(port, bits=16)
    except InvalidParameter:
        raise InvalidParameter(f'invalid port specification: "{port}"') from None
    if protocol.lower() not in PROTOCOLS:
        raise InvalidParameter(f'invalid port specification: "{text}"')
    return number, protocol.lower()


def parse_wanted(text: str) -> str:
    """What `docker port CONTAINER PORT` asks for, as a key: `80` is `80/tcp`.

    Raises  InvalidParameter in the client's words
    """
    from dockercompat.spec.number import parse_uint

    port, _, protocol = text.partition("/")
    try:
        parse_uint(port, base=10, bits=16)
    except InvalidParameter as error:
        raise InvalidParameter(f"invalid port ({port}): {error}") from None
    return f"{port}/{protocol or 'tcp'}"


def is_ip(text: str) -> bool:
    """Whether Go's net.ParseIP accepts the text: dotted IPv4 without leading zeros, IPv6 without a zone."""
    return normal_ip(text) is not None


def normal_ip(text: str) -> str | None:
    """The address as Go prints it, None for no address."""
    try:
        if ":" in text:
            packed = inet_pton(AF_INET6, text)
            if packed[:12] == b"\0" * 10 + b"\xff\xff":
                return inet_ntop(AF_INET, packed[12:])
            return inet_ntop(AF_INET6, packed)
        if any(len(part) > 1 and part[0] == "0" for part in text.split(".")):
            return None
        return inet_ntop(AF_INET, inet_pton(AF_INET, text))
    except (OSError, ValueError):
        return None
