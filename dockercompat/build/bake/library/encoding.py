"""Functions that encode, decode, digest and name: base64, JSON, CSV, URLs, hashes, UUIDs, networks."""

from __future__ import annotations

import base64
import hashlib
import ipaddress

from dockercompat.build.bake import values
from dockercompat.build.bake.functions import Table, declare
from dockercompat.errors import HclError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TABLE: Table = {}

for _name in ("md5", "sha1", "sha256", "sha512"):
    declare(TABLE, _name, "str:string")(lambda text, _name=_name: hashlib.new(_name, text.encode()).hexdigest())

declare(TABLE, "base64encode", "str:string")(lambda text: base64.b64encode(text.encode()).decode())
declare(TABLE, "jsonencode", "val?:any")(values.encode)
declare(TABLE, "byteslen", "buf:bytes")(lambda given: given)
declare(TABLE, "bytesslice", "buf:bytes", "offset:number", "length:number")(lambda given, offset, length: given)


@declare(TABLE, "base64decode", "str:string")
def _base64decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except UnicodeDecodeError:
        raise HclError("the result of decoding the provided string is not valid UTF-8") from None
    except ValueError:
        raise HclError(f"failed to decode base64 data '{text}'") from None


@declare(TABLE, "urlencode", "str:string")
def _urlencode(text: str) -> str:
    from urllib.parse import quote_plus

    return quote_plus(text)


@declare(TABLE, "jsondecode", "str:string")
def _jsondecode(text: str) -> Any:
    try:
        return values.decode(text)
    except ValueError:
        raise HclError(_json_fault(text)) from None


def _json_fault(text: str) -> str:
    """What Go says of the first thing that is wrong, for a text that is wrong from its start."""
    rest = text.lstrip()
    if not rest:
        return "EOF"
    for word in ("null", "true", "false"):
        if rest[0] == word[0]:
            for place, letter in enumerate(word):
                if rest[place : place + 1] != letter:
                    found = rest[place : place + 1]
                    return (
                        f"invalid character '{found}' in literal {word} (expecting '{letter}')" if found else "unexpected end of JSON input"
                    )
    if rest[0] in '{["':
        return "unexpected end of JSON input"
    return f"invalid character '{rest[0]}' looking for beginning of value"


@declare(TABLE, "csvdecode", "str:string")
def _csvdecode(text: str) -> Any:
    import csv
    import io

    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    if not rows:
        raise HclError("missing header line")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(rows[0]):
            raise HclError(f"CSV parse error on line {number}: wrong number of fields")
    return [dict(zip(rows[0], row)) for row in rows[1:]]


@declare(TABLE, "uuidv4")
def _uuidv4() -> str:
    import uuid

    return str(uuid.uuid4())


@declare(TABLE, "uuidv5", "namespace:string", "name:string")
def _uuidv5(namespace: str, name: str) -> str:
    import uuid

    known = {"dns": uuid.NAMESPACE_DNS, "url": uuid.NAMESPACE_URL, "oid": uuid.NAMESPACE_OID, "x500": uuid.NAMESPACE_X500}
    try:
        return str(uuid.uuid5(known[namespace] if namespace in known else uuid.UUID(namespace), name))
    except ValueError:
        raise HclError(f"uuidv5() doesn't support namespace {namespace} (invalid UUID length: {len(namespace)})") from None


def _network(prefix: str) -> Any:
    try:
        return ipaddress.ip_network(prefix, strict=False)
    except ValueError:
        raise HclError(f"invalid CIDR expression: invalid CIDR address: {prefix}") from None


@declare(TABLE, "cidrhost", "prefix:string", "hostnum:number")
def _cidrhost(prefix: str, number: Any) -> str:
    network, at = _network(prefix), values.whole(number)
    if not -network.num_addresses <= at < network.num_addresses:
        raise HclError(f"prefix of {network.prefixlen} does not accommodate a host numbered {at}")
    return str(network[at])


@declare(TABLE, "cidrnetmask", "prefix:string")
def _cidrnetmask(prefix: str) -> str:
    return str(_network(prefix).netmask)


@declare(TABLE, "cidrsubnet", "prefix:string", "newbits:number", "netnum:number")
def _cidrsubnet(prefix: str, bits: Any, number: Any) -> str:
    network, more, at = _network(prefix), values.whole(bits), values.whole(number)
    size = network.prefixlen + more
    if size > network.max_prefixlen:
        raise HclError(f"insufficient address space to extend prefix of {network.prefixlen} by {more}")
    if not 0 <= at < 1 << more:
        raise HclError(f"prefix extension of {more} does not accommodate a subnet numbered {at}")
    first = int(network.network_address) + (at << (network.max_prefixlen - size))
    return f"{type(network.network_address)(first)}/{size}"


@declare(TABLE, "cidrsubnets", "prefix:string", "*newbits:number")
def _cidrsubnets(prefix: str, *bits: Any) -> list[str]:
    network = _network(prefix)
    made, at = [], int(network.network_address)
    for each in bits:
        size = network.prefixlen + values.whole(each)
        step = 1 << (network.max_prefixlen - size)
        at = -(-at // step) * step
        made.append(f"{type(network.network_address)(at)}/{size}")
        at += step
    return made


def _not_here(name: str) -> Any:
    def refuse(*_: Any) -> Any:
        raise HclError(f"{name} is not supported")

    return refuse


declare(TABLE, "bcrypt", "str:string", "*cost:number")(_not_here("bcrypt"))
declare(TABLE, "rsadecrypt", "ciphertext:string", "privatekey:string")(_not_here("rsadecrypt"))
