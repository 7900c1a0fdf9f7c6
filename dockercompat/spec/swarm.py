"""The grammars of swarm's flags: what docker's client accepts in them before it asks an engine.

Each function raises InvalidParameter with the client's reason. Source: the flags of docker's client 28.
"""

from __future__ import annotations

import re

from dockercompat.errors import InvalidParameter
from dockercompat.record import Record
from dockercompat.spec.csvline import parse_line
from dockercompat.spec.endpoint import parse_tcp
from dockercompat.spec.number import parse_uint, quoted
from dockercompat.spec.port import parse_publish

_GO_SPACE = " \t\n\v\f\r\x85\xa0"
_LONG_PORT = r"\w+=\w+"
_CREDENTIALS = ("config://", "file://", "registry://")


class FileRequest(Record):
    """A secret or config that a service asks for: its name, and the file it becomes in the container."""

    source: str
    target: str


def parse_file_request(text: str, kind: str) -> FileRequest:
    """One value of --secret or --config (kind): `NAME`, or `source=NAME,target=PATH,uid=,gid=,mode=`."""
    fields = parse_line(text)
    if len(fields) == 1 and "=" not in fields[0]:
        return FileRequest(fields[0], fields[0])
    source = target = ""
    for field in fields:
        key, equals, value = field.partition("=")
        if not key or not equals:
            raise InvalidParameter(f"invalid field '{field}' must be a key=value pair")
        key = key.lower()
        if key in ("source", "src"):
            source = value
        elif key == "target":
            target = value
        elif key == "mode":
            try:
                parse_uint(value, bits=32, base=0)
            except InvalidParameter as error:
                raise InvalidParameter(f"invalid mode specified: {error}") from None
        elif key not in ("uid", "gid"):
            raise InvalidParameter(f"invalid field in {kind} request: {key}")
    if not source:
        raise InvalidParameter("source is required")
    return FileRequest(source, target or source)


def parse_external_ca(text: str) -> str:
    """One value of --external-ca, `protocol=cfssl,url=URL[,cacert=FILE][,...]`; the path of its certificate, "" without one."""
    protocol = url = False
    certificate = ""
    for field in parse_line(text):
        key, equals, value = field.partition("=")
        if not equals:
            raise InvalidParameter(f"invalid field '{field}' must be a key=value pair")
        key = key.lower()
        if key == "protocol":
            protocol = True
            if value.lower() != "cfssl":
                raise InvalidParameter(f"unrecognized external CA protocol {value}")
        elif key == "url":
            url = True
        elif key == "cacert":
            certificate = value
    if not protocol:
        raise InvalidParameter("the external-ca option needs a protocol= parameter")
    if not url:
        raise InvalidParameter("the external-ca option needs a url= parameter")
    return certificate


def parse_node_address(text: str) -> tuple[str, str]:
    """The host and port of --listen-addr: `[tcp://]HOST[:PORT]`, 0.0.0.0 and 2377 where they are missing."""
    host, port, _ = parse_tcp(text, "0.0.0.0", "2377")
    return host, port


def parse_service_port(text: str) -> None:
    """One value of a service's --publish: `[HOST:]CONTAINER[/PROTOCOL]`, or `target=,published=,protocol=,mode=`."""
    if re.search(_LONG_PORT, text, re.ASCII):
        _parse_long_port(text)
    elif any(port.host_ip for port in parse_publish(text)):
        raise InvalidParameter("hostip is not supported")


def _parse_long_port(text: str) -> None:
    target = 0
    for field in parse_line(text):
        key, equals, value = field.partition("=")
        if not equals or not key:
            raise InvalidParameter(f"invalid field: {field}")
        key, value = key.lower(), value.lower()
        if key == "protocol":
            if value not in ("tcp", "udp", "sctp"):
                raise InvalidParameter(f"invalid protocol value '{value}'")
        elif key == "mode":
            if value not in ("ingress", "host"):
                raise InvalidParameter(f"invalid publish mode value ({value}): must be either 'ingress' or 'host'")
        elif key in ("target", "published"):
            try:
                number = parse_uint(value, bits=16)
            except InvalidParameter as error:
                reason = str(error).rpartition(": ")[2]
                raise InvalidParameter(f"invalid {key} port ({value}): value must be an integer: {reason}") from None
            target = number if key == "target" else target
        else:
            raise InvalidParameter(f"invalid field key: {key}")
    if not target:
        raise InvalidParameter("missing mandatory field 'target'")


def check_placement(text: str) -> None:
    """One value of --placement-pref."""
    strategy, equals, _ = text.partition("=")
    if not equals:
        raise InvalidParameter('placement preference must be of the format "<strategy>=<arg>"')
    if strategy != "spread":
        raise InvalidParameter(f"unsupported placement preference {strategy} (only spread is supported)")


def check_credential_spec(text: str) -> None:
    if text and not text.startswith(_CREDENTIALS):
        shown = ", ".join(f'"{prefix}"' for prefix in _CREDENTIALS[:-1])
        raise InvalidParameter(f'invalid credential spec: value must be prefixed with {shown}, or "{_CREDENTIALS[-1]}"')


def check_generic_resource(text: str) -> None:
    if "=" not in text:
        raise InvalidParameter(f"invalid generic-resource format `{text}` expected `name=value`")


def check_generic_resources(texts: list[str]) -> None:
    """What docker says of a service's resources that are no numbers; of their form check_generic_resource has told already."""
    for text in texts:
        name, _, value = text.partition("=")
        if not re.fullmatch("-?[0-9]+", value):
            raise InvalidParameter(
                f"invalid generic-resource request `{text}`, Named Generic Resources is not supported for service create or update"
            )
        if value.startswith("-"):
            raise InvalidParameter(
                f"invalid generic resource specification: could not parse GenericResource: cannot ask for negative resource {name}"
            )


def check_words(text: str) -> None:
    """A command line for --entrypoint and --args, in a shell's quotes."""
    quote = ""
    at = 0
    while at < len(text):
        letter = text[at]
        if letter == "\\" and quote != "'":
            at += 1
            if at == len(text):
                raise InvalidParameter("EOF found when expecting closing quote" if quote else "EOF found after escape character")
        elif quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "#" and (at == 0 or text[at - 1] in " \t\r\n"):
            break
        at += 1
    if quote:
        raise InvalidParameter("EOF found when expecting closing quote")


def check_stack_name(name: str) -> None:
    if not name.strip(_GO_SPACE + "\"'"):
        raise InvalidParameter(f"invalid stack name: {quoted(name)}")


def is_join_token(text: str) -> bool:
    """Whether it has the form of a swarm's join token, `SWMTKN-1-DIGEST-SECRET` or, of a swarm in FIPS mode, `SWMTKN-2-1-...`."""
    return re.fullmatch("SWMTKN-(1|2-[01])-[0-9a-z]{50}-[0-9a-z]{25}", text) is not None
