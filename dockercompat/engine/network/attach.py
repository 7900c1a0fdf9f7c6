"""Attaching a container to its networks: addresses leased, links plugged, ports published, and all of it given back.

The order is reserve (before the bundle is written: /etc/hosts needs the address), attach (after create, before start), detach.
"""

from __future__ import annotations

import json
import os

from dockercompat.engine.network import fabric, health, naming, settings, store
from dockercompat.errors import DockerError, InvalidParameter, NetworkingFailed, NoSuchNetwork, PortRefused
from dockercompat.net import dns, ipam, links, netns, nft, ports, slirp4netns
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.engine import Engine

HOST_NAME = "host.docker.internal"
_HOST_GATEWAY = "host-gateway"


class Endpoint(Record):
    """A container's place in one network: network is its row, settings the EndpointSettings that were asked for."""

    network: Row
    settings: dict[str, Any]
    address: str = ""


def attach(engine: Engine, container: Mapping[str, Any], pid: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the network namespace of pid its interfaces and publish its ports; NetworkSettings.Networks and .Ports.

    container  id, name, config, host_config, networking (JSON texts or parsed)
    pid        the container's first process, not started yet, in a network namespace of its own
    Raises     NetworkingFailed; nothing is left attached then
    """
    try:
        return _attach(engine, container, pid)
    except BaseException as error:
        detach(engine, container["id"])
        if isinstance(error, DockerError) and not isinstance(error, NetworkingFailed):
            raise NetworkingFailed(str(error)) from error
        raise


def _attach(engine: Engine, container: Mapping[str, Any], pid: int) -> tuple[dict[str, Any], dict[str, Any]]:
    endpoints = _leased(engine, container)
    documents = {each.network["name"]: endpoint_json(container, each) for each in endpoints}
    config, host_config = _json(container, "config"), _json(container, "host_config")
    exposed = list(config.get("ExposedPorts") or {})
    plugged = [each for each in endpoints if each.network["bridge"]]
    names_of_links = settings.link_names([(each.network, each.settings) for each in plugged], [])
    interfaces = [interface(each, documents[each.network["name"]], name) for each, name in zip(plugged, names_of_links)]
    base = fabric.ensure(engine, wait=False)
    names: naming.Refresh | None = None
    try:
        if any(has_names(each) for each in plugged):
            names = naming.Refresh(engine, base.netns_fd, base.uplink)
        is_starting = fabric.is_starting(engine)
        if is_starting:  # links need no helper
            _plug(interfaces, pid, base.netns_fd)
            fabric.settle(engine)
        published: list[ports.Published] = []
        rules = ""
        way_in = next((each for each in plugged if not store.is_internal(each.network)), None)
        if way_in is not None:
            wanted = ports.wanted(
                host_config.get("PortBindings"),
                exposed,
                bool(host_config.get("PublishAllPorts")),
                ports.dynamic_range(),
                store.options_of(way_in.network).get(store.HOST_BINDING) or ports.ANY,
            )
            if wanted:
                published = _publish(engine, container, wanted, documents[way_in.network["name"]]["EndpointID"], way_in.address)
            rules = nft.publish([_forward(each, way_in.address) for each in published])
        if _may_reach_host(engine, host_config):
            rules += nft.allow_host([each.address for each in plugged])
            engine.db.execute("UPDATE addresses SET host_access = 1 WHERE container_id = ?", (container["id"],))
        rules_job = fabric.add_rules(engine, rules, base.netns_fd) if rules else None
        if not is_starting:
            _plug(interfaces, pid, base.netns_fd)
        if rules_job is not None:
            fabric.finish_rules(rules_job, rules, base.netns_fd)
    finally:
        os.close(base.netns_fd)
        if names is not None:
            names.finish()
    return documents, ports.to_json(published, exposed)


def has_names(endpoint: Endpoint) -> bool:
    return bool(endpoint.network["bridge"]) and endpoint.network["name"] not in store.PREDEFINED


def _plug(interfaces: list[links.Interface], pid: int, netns_fd: int) -> None:
    netns.ip(links.plug(interfaces, pid), netns_fd)
    container_fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        pairs = [pair for each in interfaces for pair in each.sysctls]
        netns.ip(links.configure(interfaces), container_fd, route_localnet=any(each.resolver for each in interfaces), sysctls=pairs)
    finally:
        os.close(container_fd)


def detach(engine: Engine, container_id: str) -> None:
    """Take back ports, rules and leases; links vanish with the container's namespace. Does nothing for what is not there."""
    port_rows = engine.db.all("SELECT * FROM published_ports WHERE container_id = ?", (container_id,))
    leases = engine.db.all("SELECT network_id, address, host_access FROM addresses WHERE container_id = ? ORDER BY rowid", (container_id,))
    if not port_rows and not leases:
        return
    fabric.abandon(engine)
    run_dir = engine.paths.run_dir
    if port_rows and slirp4netns.pid(run_dir):
        slirp4netns.withdraw(run_dir, [(row["protocol"], row["host_ip"], row["host_port"]) for row in port_rows])
    with_access = [row["address"] for row in leases if row["host_access"]]
    if port_rows or with_access:
        netns_fd = fabric.existing(engine)
        if netns_fd >= 0:
            try:
                lines = nft.withdraw([fabric.forward_of(row, store.way_in(engine, container_id)) for row in port_rows]) if leases else ""
                lines += nft.forbid_host(with_access)
                fabric.drop_rules(engine, lines, netns_fd)
            finally:
                os.close(netns_fd)
    with engine.db.transaction():
        engine.db.execute("DELETE FROM published_ports WHERE container_id = ?", (container_id,))
        engine.db.execute("DELETE FROM addresses WHERE container_id = ?", (container_id,))
    if any(store.find(engine, row["network_id"])["name"] != store.DEFAULT for row in leases):
        naming.update(engine)
    if engine.db.one("SELECT 1 FROM addresses LIMIT 1") is None:
        fabric.stop_if_idle(engine)


def reserve(engine: Engine, container: Mapping[str, Any]) -> dict[str, str]:
    """Lease an address in each of the container's networks: network name -> address. Repeated calls give the same leases.

    Raises  NetworkingFailed (no such network, an address that is taken or not allowed)
    """
    try:
        fabric.before_leasing(engine)
        found = {each.network["name"]: each.address for each in _leased(engine, container)}
        if found:
            os.close(fabric.ensure(engine, wait=False).netns_fd)  # before the monitor is started: its copy of the pin is a spare one
        return found
    except NetworkingFailed:
        raise
    except DockerError as error:
        raise NetworkingFailed(str(error)) from error


def repair(engine: Engine) -> None:
    """Start helpers that were killed and publish the ports again, where health.needs_repair finds any missing."""
    if not health.needs_repair(engine):
        return
    base = fabric.ensure(engine)
    try:
        if naming.is_missing(engine):
            naming.refresh(engine, base.netns_fd, base.uplink)
    finally:
        os.close(base.netns_fd)


def host_files(engine: Engine, container: Mapping[str, Any]) -> tuple[str, str, str]:
    """The texts of /etc/resolv.conf, /etc/hosts and /etc/hostname; reserves the container's addresses.

    Raises  NetworkingFailed
    """
    config, host_config = _json(container, "config"), _json(container, "host_config")
    mode = host_config.get("NetworkMode") or "default"
    hostname, domain_name = config.get("Hostname") or container["id"][:12], config.get("Domainname") or ""
    asked = dns.Resolver(
        tuple(host_config.get("Dns") or ()), tuple(host_config.get("DnsSearch") or ()), tuple(host_config.get("DnsOptions") or ())
    )
    host = dns.parse_resolv_conf(_read("/etc/resolv.conf"))
    if mode == "host":
        resolv = dns.resolv_conf(host, asked)
        hostname = config.get("Hostname") or os.uname().nodename
        extra = _extra_hosts(engine, host_config, "127.0.0.1")
        return resolv, dns.hosts(extra, []), f"{hostname}\n"
    if mode != "none" and not mode.startswith("container:"):
        reserve(engine, container)
    uplink = fabric.uplink_addresses(engine)
    reachable = dns.reachable(host, uplink.dns_address)
    leased = engine.db.all(
        "SELECT a.address, a.network_id, n.name FROM addresses a JOIN networks n ON n.id = a.network_id"
        " WHERE a.container_id = ? ORDER BY a.rowid",
        (container["id"],),
    )
    own_names = dns.own_names(hostname, domain_name)
    own = [(row["address"], own_names) for row in leased]
    extra = _extra_hosts(engine, host_config, uplink.host_address) + _linked_hosts(
        engine, host_config, [row["network_id"] for row in leased]
    )
    if any(row["name"] not in store.PREDEFINED for row in leased):
        resolv = dns.resolv_conf_internal(host, asked)
    else:
        resolv = dns.resolv_conf(reachable, asked)
    return resolv, dns.hosts(extra, own), f"{hostname}\n"


def hosts_lines(engine: Engine, container: Mapping[str, Any], endpoint: Endpoint) -> str:
    """What /etc/hosts of a running container gains by one more network."""
    config = _json(container, "config")
    own = dns.own_names(config.get("Hostname") or container["id"][:12], config.get("Domainname") or "")
    return "".join(
        f"{address}\t{names}\n"
        for address, names in [*_linked_hosts(engine, endpoint.settings, (endpoint.network["id"],)), (endpoint.address, own)]
    )


def idle_endpoints(engine: Engine, container: Mapping[str, Any]) -> dict[str, Any]:
    """NetworkSettings.Networks of a container that is not attached: created, stopped, or in host, none."""
    mode = mode_of(container)
    if mode.startswith("container:"):
        return {}
    return {
        each.network["name"]: endpoint_json(container, each, idle=mode not in ("host", "none"))
        for each in wanted(engine, container, missing_ok=True)
    }


# What a container asked for


def _json(container: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = container[key]
    parsed: dict[str, Any] | None = json.loads(value) if isinstance(value, str) else value
    return parsed or {}


def mode_of(container: Mapping[str, Any]) -> str:
    mode: str = _json(container, "host_config").get("NetworkMode") or "default"
    return store.DEFAULT if mode == "default" else mode


def wanted(engine: Engine, container: Mapping[str, Any], *, missing_ok: bool = False) -> list[Endpoint]:
    """The networks a container is to be in, that of its NetworkMode first; null settings mean that it was disconnected."""
    mode = mode_of(container)
    if mode.startswith("container:"):
        return []
    asked = _json(container, "networking")
    asked = {store.DEFAULT if ref == "default" else ref: settings for ref, settings in asked.items()}
    refs = list(asked)
    if mode not in asked:
        refs.insert(0, mode)
    elif refs[0] != mode:
        refs.remove(mode)
        refs.insert(0, mode)
    found: dict[str, Endpoint] = {}
    for ref in refs:
        endpoint = asked.get(ref, {})
        if ref in asked and endpoint is None:
            continue
        try:
            network = store.find(engine, ref)
        except NoSuchNetwork:
            if missing_ok:
                continue
            raise
        found.setdefault(network["id"], Endpoint(network, endpoint or {}))
    return list(found.values())


def _leased(engine: Engine, container: Mapping[str, Any]) -> list[Endpoint]:
    """The container's endpoints with their addresses, leased now where they are not yet."""
    endpoints = []
    for each in wanted(engine, container):
        check(each)
        if each.network["bridge"]:
            each = each.replace(address=lease(engine, each.network, container["id"], fixed_address(each.settings)))
        endpoints.append(each)
    return endpoints


def fixed_address(asked: Mapping[str, Any]) -> str:
    config: dict[str, str] = asked.get("IPAMConfig") or {}
    return config.get("IPv4Address") or ""


def check(endpoint: Endpoint, *, connecting: bool = False) -> None:
    """Raise InvalidParameter for settings that this network does not allow; connecting: docker leaves its name out."""
    name = endpoint.network["name"]
    if json.loads(endpoint.network["body"])["ConfigOnly"]:
        raise InvalidParameter("cannot create endpoint on configuration-only network")
    if not endpoint.network["bridge"]:
        raise InvalidParameter(f"cannot attach a container to network {name}: it is not a bridge")
    settings.check(name, endpoint.network, endpoint.settings, prefix="" if connecting else f"invalid config for network {name}: ")


def lease(engine: Engine, network: Row, container_id: str, fixed: str = "") -> str:
    """The container's address in a network: the one it has, the one it asks for, or the lowest free one."""
    with engine.db.transaction():
        held = {
            row["address"]: row["container_id"] for row in engine.db.all("SELECT * FROM addresses WHERE network_id = ?", (network["id"],))
        }
        for address, owner in held.items():
            if owner == container_id:
                return str(address)
        config = store.ipv4_config(network)
        subnet = ipam.parse_subnet(config["Subnet"])
        reserved = [config.get("Gateway") or "", *store.auxiliary_addresses(network)]
        taken = {number for text in (*held, *reserved) if (number := ipam.parse_address(text)) is not None}
        if fixed:
            number = ipam.parse_address(fixed)
            if number is None or not subnet.contains(number):
                raise InvalidParameter(f"invalid address {fixed}: It does not belong to any of this network's subnets")
            if number in taken:
                raise InvalidParameter("Address already in use")
        else:
            number = ipam.pick_address(subnet, taken, ipam.parse_subnet(config["IPRange"]) if config.get("IPRange") else None)
        address = ipam.format_address(number)
        engine.db.execute(
            "INSERT INTO addresses (network_id, address, container_id) VALUES (?, ?, ?)", (network["id"], address, container_id)
        )
    return address


def endpoint_json(container: Mapping[str, Any], endpoint: Endpoint, *, idle: bool = False) -> dict[str, Any]:
    asked, address = endpoint.settings, endpoint.address
    name = endpoint.network["name"]
    config = store.ipv4_config(endpoint.network) if address else {}
    number = ipam.parse_address(address)
    user_defined = name not in store.PREDEFINED
    return {
        "IPAMConfig": asked.get("IPAMConfig") or None,
        "Links": asked.get("Links") or None,
        "Aliases": asked.get("Aliases") or None,
        "MacAddress": (asked.get("MacAddress") or _json(container, "config").get("MacAddress") or ipam.mac_address(number))
        if number
        else "",
        "DriverOpts": asked.get("DriverOpts"),
        "GwPriority": asked.get("GwPriority") or 0,
        "NetworkID": "" if idle else endpoint.network["id"],
        "EndpointID": "" if idle else store.new_id(),
        "Gateway": "" if not config or store.is_internal(endpoint.network) else config.get("Gateway", ""),
        "IPAddress": address,
        "IPPrefixLen": ipam.parse_subnet(config["Subnet"]).prefix if config else 0,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "DNSNames": naming.names(container, _json(container, "config"), asked) if user_defined else None,
    }


def interface(endpoint: Endpoint, document: Mapping[str, Any], name: str) -> links.Interface:
    return links.Interface(
        peer=f"veth{os.urandom(4).hex()[:7]}",
        name=name,
        bridge=endpoint.network["bridge"],
        address=endpoint.address,
        prefix=document["IPPrefixLen"],
        mac=document["MacAddress"],
        gateway=document["Gateway"],
        mtu=store.mtu_of(endpoint.network),
        isolated=store.options_of(endpoint.network).get(store.ICC) in ("false", "0"),
        priority=document["GwPriority"],
        resolver=store.ipv4_config(endpoint.network)["Gateway"] if has_names(endpoint) else "",
        link_local=tuple((endpoint.settings.get("IPAMConfig") or {}).get("LinkLocalIPs") or ()),
        sysctls=settings.sysctls(endpoint.settings, name),
    )


# Ports


def _publish(
    engine: Engine, container: Mapping[str, Any], wanted: list[ports.Wanted], endpoint_id: str, address: str
) -> list[ports.Published]:
    """Claim each port in the database, then have the helper listen on it. Raises NetworkingFailed in docker's words."""
    published = []
    for want in wanted:
        refused: set[int] = set()
        while True:
            claimed = _claim(engine, container["id"], want, refused)
            if claimed is None:
                at_endpoint = f"on endpoint {container['name'].lstrip('/')} ({endpoint_id})"
                problem = _why_no_port(want, address, is_refused=bool(refused))
                raise NetworkingFailed(f"driver failed programming external connectivity {at_endpoint}: {problem}")
            try:
                slirp4netns.forward(engine.paths.run_dir, want.protocol, want.host_ip, claimed.host_port, claimed.guest_port)
            except PortRefused:
                refused.add(claimed.host_port)
                engine.db.execute("DELETE FROM published_ports WHERE protocol = ? AND host_ip = ? AND host_port = ?", claimed.listener)
                continue
            published.append(claimed)
            break
    order = {(each.container_port, each.protocol): index for index, each in enumerate(sorted(wanted, key=lambda each: each.container_port))}
    return sorted(published, key=lambda each: order[(each.container_port, each.protocol)])


def _claim(engine: Engine, container_id: str, want: ports.Wanted, refused: set[int]) -> ports.Published | None:
    with engine.db.transaction():
        rows = engine.db.all("SELECT * FROM published_ports")
        taken = [(row["protocol"], row["host_ip"], row["host_port"]) for row in rows]
        for host_port in ports.candidates(want, taken):
            if host_port in refused:
                continue
            used = {row["guest_port"] for row in rows if row["protocol"] == want.protocol}
            claimed = ports.Published(want.protocol, want.host_ip, host_port, want.container_port, ports.guest_port(host_port, used))
            engine.db.execute(
                "INSERT INTO published_ports (protocol, host_ip, host_port, container_id, container_port, guest_port)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (*claimed.listener, container_id, claimed.container_port, claimed.guest_port),
            )
            return claimed
    return None


def _why_no_port(want: ports.Wanted, address: str, *, is_refused: bool) -> str:
    if not want.fixed:
        return "all ports are allocated"
    if not is_refused:
        return f"Bind for {want.host_ip}:{want.first} failed: port is already allocated"
    place = f"{want.host_ip}:{want.first}:{address}:{want.container_port}/{want.protocol}"
    return f"failed to bind host port for {place}: {ports.why_not(want.protocol, want.host_ip, want.first)}"


def _forward(published: ports.Published, address: str) -> nft.Forward:
    host_port = published.host_port if published.host_ip == ports.ANY else 0
    return nft.Forward(published.protocol, published.guest_port, host_port, address, published.container_port)


# Names


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _asks_for_host(host_config: Mapping[str, Any]) -> bool:
    return any(each.partition(":")[2] == _HOST_GATEWAY for each in host_config.get("ExtraHosts") or [])


def _may_reach_host(engine: Engine, host_config: Mapping[str, Any]) -> bool:
    return engine.settings.host_loopback or _asks_for_host(host_config)


def _extra_hosts(engine: Engine, host_config: Mapping[str, Any], host_address: str) -> list[tuple[str, str]]:
    """--add-host entries; one that asks for the host brings host.docker.internal along."""
    extra = []
    for each in host_config.get("ExtraHosts") or []:
        name, _, address = each.partition(":")
        extra.append((host_address if address == _HOST_GATEWAY else address, name))
    if _may_reach_host(engine, host_config) and all(name != HOST_NAME for _, name in extra):
        extra.append((host_address, HOST_NAME))
    return extra


def _linked_hosts(engine: Engine, asked: Mapping[str, Any], network_ids: Collection[str]) -> list[tuple[str, str]]:
    """--link: the other container's address in one of the networks, under its alias, short id and name.

    asked  a HostConfig or EndpointSettings
    """
    found = []
    for link in asked.get("Links") or []:
        ref, _, alias = link.partition(":")
        rows = engine.db.all(
            "SELECT c.id, c.name, a.address, a.network_id FROM containers c JOIN addresses a ON a.container_id = c.id"
            " WHERE c.name = ? OR c.id = ? ORDER BY a.rowid",
            (ref.strip("/"), ref),
        )
        for row in [row for row in rows if row["network_id"] in network_ids][:1]:
            names = [alias.rpartition("/")[2] or row["name"], row["id"][:12], row["name"]]
            found.append((row["address"], " ".join(dict.fromkeys(names))))
    return found
