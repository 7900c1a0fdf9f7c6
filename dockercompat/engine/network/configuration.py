"""What daemon.json says about networks: the pools that subnets are taken from."""

from __future__ import annotations

from dockercompat.errors import InvalidSubnet
from dockercompat.net import ipam

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def address_pools(engine: Engine) -> list[tuple[ipam.Subnet, int]]:
    """default-address-pools: (pool, prefix length of the subnets to take from it) pairs; [] where none are named.

    Raises  InvalidConfiguration for a file that can't be read or is no JSON, and for pools that docker would not start with
    """
    from dockercompat.distribution.policy import InvalidConfiguration
    from dockercompat.host.files import read_text
    from dockercompat.spec import go_json

    path = engine.settings.daemon_json
    text = read_text(path) if path else ""
    if not text.strip():
        return []
    try:
        document = go_json.loads(text)
    except go_json.InvalidJson as error:
        raise InvalidConfiguration(path, str(error)) from None
    found = []
    for each in (document.get("default-address-pools") if isinstance(document, dict) else None) or ():
        base, size = (each.get("base"), each.get("size")) if isinstance(each, dict) else (None, None)
        try:
            pool = ipam.parse_subnet(str(base))
        except InvalidSubnet:
            raise InvalidConfiguration(path, f"invalid base pool {base!r}") from None
        if isinstance(size, bool) or not isinstance(size, int) or not pool.prefix <= size <= pool.bits:
            raise InvalidConfiguration(path, f"invalid pools size: {size}")
        found.append((pool, size))
    return found
