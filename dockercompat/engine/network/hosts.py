"""The files by which a container knows names: /etc/hosts, /etc/resolv.conf and /etc/hostname."""

from __future__ import annotations

import os
from binascii import crc32

from dockercompat.engine import configuration
from dockercompat.engine.network import attach, endpoints, fabric, store
from dockercompat.host.files import read_text
from dockercompat.net import dns
from dockercompat.net.nft import RESOLVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.engine.network.endpoints import Endpoint

HOST_NAME = "host.docker.internal"
_LEASED = (  # with IPv4 first: 127.0.0.11 can be asked there
    "SELECT a.address, a.address6, a.network_id, n.name, n.body FROM addresses a JOIN networks n ON n.id = a.network_id"
    " WHERE a.container_id = ? ORDER BY a.address = '', a.rowid"
)


def host_files(engine: Engine, container: Mapping[str, Any]) -> tuple[str, str, str]:
    """The texts of /etc/resolv.conf, /etc/hosts and /etc/hostname; reserves the container's addresses.

    Raises  NetworkingFailed
    """
    config, host_config = endpoints.parsed(container, "config"), endpoints.parsed(container, "host_config")
    mode = host_config.get("NetworkMode") or "default"
    hostname, domain_name = config.get("Hostname") or container["id"][:12], config.get("Domainname") or ""
    if mode == "host":
        resolv = dns.resolv_conf(_hosts_own(), _asked(engine, host_config), on_host=True)
        hostname = config.get("Hostname") or os.uname().nodename
        extra = _extra_hosts(engine, host_config, "127.0.0.1")
        return resolv, dns.hosts(extra, []) if extra else read_text("/etc/hosts"), f"{hostname}\n"
    if mode != "none" and not mode.startswith("container:"):
        attach.reserve(engine, container)
    uplink = fabric.uplink_addresses(engine)
    leased = engine.db.all(
        _LEASED,
        (container["id"],),
    )
    own_names = dns.own_names(hostname, domain_name)
    own = [(address, own_names) for row in leased for address in (row["address"], row["address6"]) if address]
    extra = _extra_hosts(engine, host_config, uplink.host_address) + _linked_hosts(
        engine, host_config, [row["network_id"] for row in leased]
    )
    resolv = _resolv_conf(engine, host_config, [row for row in leased if row["name"] not in store.PREDEFINED])
    return resolv, dns.hosts(extra, own, ipv6=endpoints.speaks_ipv6(container)), f"{hostname}\n"


def _asked(engine: Engine, host_config: Mapping[str, Any]) -> dns.Resolver:
    """What a container asks for, or daemon.json where it asks for nothing of a kind."""
    own = configuration.load(engine).resolver
    asked = (tuple(host_config.get(key) or ()) for key in ("Dns", "DnsSearch", "DnsOptions"))
    return dns.Resolver(*(each or default for each, default in zip(asked, (own.nameservers, own.search, own.options))))


def _hosts_own() -> dns.Resolver:
    return dns.parse_resolv_conf(read_text("/etc/resolv.conf"))


def _resolv_conf(engine: Engine, host_config: Mapping[str, Any], named: Iterable[Row]) -> str:
    """named  the container's leases in user-defined networks"""
    for row in named:
        pool6 = None if row["address"] else store.pool(row, bits=128)
        resolver = pool6.gateway_address if pool6 is not None else RESOLVER
        return dns.resolv_conf_internal(_hosts_own(), _asked(engine, host_config), resolver or RESOLVER)
    return dns.resolv_conf(dns.reachable(_hosts_own(), fabric.uplink_addresses(engine).dns_address), _asked(engine, host_config))


def mark_resolv_conf(directory: str, text: str) -> None:
    """Remember what was written to a resolv.conf, to tell it from what others have made of it."""
    with open(f"{directory}/resolv.conf.hash", "w", encoding="utf-8") as file:
        file.write(f"{crc32(text.encode()):08x}")


def follow_resolver(engine: Engine, container: Mapping[str, Any]) -> None:
    """Have a running container ask the name server of its networks from now on, or the host's, unless its resolv.conf was edited."""
    leased = engine.db.all(_LEASED, (container["id"],))
    if not leased:
        return
    directory = engine.paths.container_dir(container["id"])
    with open(f"{directory}/resolv.conf", "r+", encoding="utf-8", errors="surrogateescape") as file:
        before = file.read()
        if f"{crc32(before.encode(errors='surrogateescape')):08x}" != read_text(f"{directory}/resolv.conf.hash"):
            return
        named = [row for row in leased if row["name"] not in store.PREDEFINED]
        after = _resolv_conf(engine, endpoints.parsed(container, "host_config"), named)
        if after != before:
            file.seek(0)
            file.truncate()
            file.write(after)  # in place, because the file is mounted
            mark_resolv_conf(directory, after)


def hosts_lines(engine: Engine, container: Mapping[str, Any], endpoint: Endpoint) -> str:
    """What /etc/hosts of a running container gains by one more network."""
    config = endpoints.parsed(container, "config")
    own = dns.own_names(config.get("Hostname") or container["id"][:12], config.get("Domainname") or "")
    return "".join(
        f"{address}\t{names}\n"
        for address, names in [
            *_linked_hosts(engine, endpoint.settings, (endpoint.network["id"],)),
            (endpoint.address, own),
            (endpoint.address6, own),
        ]
        if address
    )


def _extra_hosts(engine: Engine, host_config: Mapping[str, Any], host_address: str) -> list[tuple[str, str]]:
    """--add-host entries; one that asks for the host brings host.docker.internal along."""
    extra = []
    hosts = configuration.load(engine).host_gateways or (host_address,)
    for each in host_config.get("ExtraHosts") or []:
        name, _, address = each.partition(":")
        extra += [(one, name) for one in (hosts if address == endpoints.HOST_GATEWAY else (address,))]
    if endpoints.may_reach_host(engine, host_config) and all(name != HOST_NAME for _, name in extra):
        extra.append((host_address, HOST_NAME))
    return extra


def _linked_hosts(engine: Engine, asked: Mapping[str, Any], network_ids: Collection[str]) -> list[tuple[str, str]]:
    """--link on the default network: the other container's address, under its alias, host name and name.

    asked  a HostConfig or EndpointSettings; on other networks the name server knows the alias
    """
    found = []
    default_id = store.find(engine, store.DEFAULT)["id"] if asked.get("Links") else ""
    network_ids = [each for each in network_ids if each == default_id]
    for link in asked.get("Links") or []:
        ref = link.partition(":")[0]
        rows = engine.db.all(
            "SELECT c.id, c.name, json_extract(c.config, '$.Hostname') AS hostname, a.address, a.network_id"
            " FROM containers c JOIN addresses a ON a.container_id = c.id"
            " WHERE c.name = ? OR c.id = ? ORDER BY a.rowid",
            (ref.strip("/"), ref),
        )
        for row in [row for row in rows if row["network_id"] in network_ids][:1]:
            names = [_alias(link), row["hostname"] or row["id"][:12], row["name"]]
            found.append((row["address"], " ".join(dict.fromkeys(names))))
    return found


def _alias(link: str) -> str:
    name, _, alias = link.partition(":")
    return alias.rpartition("/")[2] or name.strip("/")


def tell_linked(engine: Engine, container: Mapping[str, Any]) -> None:
    """Have running containers that link to this one on the default network find it where it is now."""
    sql = 'SELECT id, host_config FROM containers WHERE monitor_pid > 0 AND id != ? AND host_config LIKE \'%"Links": ["%\''
    for row in engine.db.all(sql, (container["id"],)):
        for link in endpoints.parsed(dict(row), "host_config")["Links"]:
            if link.partition(":")[0].strip("/") in (container["name"], container["id"]):
                for address, _ in _linked_hosts(engine, {"Links": [link]}, [store.find(engine, store.DEFAULT)["id"]]):
                    _move(f"{engine.paths.container_dir(row['id'])}/hosts", _alias(link), address)


def _move(path: str, name: str, address: str) -> None:
    """Another address for a line of a hosts file; written in place, because the file is mounted."""
    with open(path, "r+", encoding="utf-8", errors="surrogateescape") as file:
        before = file.read()
        lines = [line.split("\t", 1) for line in before.splitlines(keepends=True)]
        after = "".join("\t".join([address, *line[1:]] if line[-1].split(" ")[0] == name and len(line) == 2 else line) for line in lines)
        if after != before:
            file.seek(0)
            file.truncate()
            file.write(after)
