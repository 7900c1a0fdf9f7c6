"""A container's published ports: claimed in the database, listened on for the relay, led to the container by it and by the rules."""

from __future__ import annotations

import os

from dockercompat.engine.network import endpoints, fabric, listening, store
from dockercompat.errors import NotReachable
from dockercompat.host.lock import Lock
from dockercompat.kernel.process import start_time
from dockercompat.net import nft, ports
from dockercompat.net.relay.control import Listening

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.engine.network.endpoints import Endpoint


def publish(
    engine: Engine, netns_fd: int, container: Mapping[str, Any], places: Iterable[Endpoint], endpoint_ids: Mapping[str, str]
) -> tuple[dict[str, Any], str]:
    """Publish what the container asks for through its networks: NetworkSettings.Ports, and rules that are yet to be added.

    Ports of the host that lead nowhere, because the container has no address of their family, are left out, as with docker.

    netns_fd      names the user's network namespace
    places        the container's endpoints, leased
    endpoint_ids  of the networks, by their names
    Raises    NotReachable; ports that were published before the one that failed are the caller's to withdraw
    """
    way_in = store.way_in(engine, container["id"])
    first = next((each for each in places if not store.is_internal(each.network) and (each.address or each.address6)), None)
    if first is None:
        return {}, ""
    host_config = endpoints.parsed(container, "host_config")
    exposed = list(endpoints.parsed(container, "config").get("ExposedPorts") or {})
    wanted = ports.wanted(
        host_config.get("PortBindings"),
        exposed,
        bool(host_config.get("PublishAllPorts")),
        ports.dynamic_range(),
        store.options_of(first.network).get(store.HOST_BINDING) or ports.ANY,
    )
    wanted = [each.replace(host_ips=tuple(ip for ip in each.host_ips if way_in.target(ip))) for each in wanted]
    endpoint_id = endpoint_ids.get(first.network["name"]) or store.new_id()
    published = [each for want in wanted if want.host_ips for each in _listen(engine, netns_fd, container, want, endpoint_id, way_in)]
    order = {(each.container_port, each.protocol): index for index, each in enumerate(sorted(wanted, key=lambda each: each.container_port))}
    published.sort(key=lambda each: order[(each.container_port, each.protocol)])
    return ports.to_json(published, exposed), nft.publish(
        [fabric.forward(each.listener, way_in.address, each.container_port) for each in published]
    )


def follow(engine: Engine, container: Mapping[str, Any], before: store.WayIn) -> dict[str, Any] | None:
    """Have the ports of a running container follow what networks it is in now; NetworkSettings.Ports, None for no change.

    They lead to its first network that is not internal; without any they are withdrawn.

    before  where they led until now: store.way_in
    """
    rows = _rows(engine, container["id"])
    way_in = store.way_in(engine, container["id"])
    if way_in == before:
        return None
    if way_in.is_none:
        _withdraw(engine, rows, before)
        return {}
    netns_fd = fabric.existing(engine)
    if netns_fd < 0:
        return None
    try:
        shown: dict[str, Any] | None = None
        if rows and all(way_in.target(row["host_ip"]) for row in rows) and bool(before.address) == bool(way_in.address):
            listening.lead(engine, rows, way_in)
            lines = nft.publish([fabric.forward_of(row, way_in) for row in rows])
        else:
            _withdraw(engine, rows, before)
            try:
                shown, lines = publish(engine, netns_fd, container, endpoints.held(engine, container), {})
            except BaseException:
                listening.withdraw(engine, _rows(engine, container["id"]))
                raise
        if lines:
            fabric.finish_rules(fabric.add_rules(engine, lines, netns_fd), lines, netns_fd)
    finally:
        os.close(netns_fd)
    return shown


def _rows(engine: Engine, container_id: str) -> list[Row]:
    return engine.db.all("SELECT * FROM published_ports WHERE container_id = ?", (container_id,))


def _withdraw(engine: Engine, rows: list[Row], way_in: store.WayIn) -> None:
    """Give back ports that lead to a container's addresses."""
    lines = nft.withdraw([fabric.forward_of(row, way_in) for row in rows])
    netns_fd = fabric.existing(engine) if lines else -1
    if netns_fd >= 0:
        try:
            fabric.drop_rules(engine, lines, netns_fd)
        finally:
            os.close(netns_fd)
    listening.withdraw(engine, rows)


def _listen(
    engine: Engine, netns_fd: int, container: Mapping[str, Any], want: ports.Wanted, endpoint_id: str, way_in: store.WayIn
) -> list[ports.Published]:
    """Claim a port in the database, on all addresses that are asked for, then listen there."""
    refused: dict[int, OSError] = {}
    has_looked = False
    while True:
        claimed = _claim(engine, container["id"], want, refused)
        if isinstance(claimed, list):
            try:
                listening.listen(
                    engine, netns_fd, [Listening(each.listener, way_in.target(each.host_ip), each.container_port) for each in claimed]
                )
            except OSError as error:
                refused[claimed[0].host_port] = error
                places = [each.listener for each in claimed]
                listening.withdraw(engine, [row for row in _rows(engine, container["id"]) if listening.place_of(row) in places])
                continue
            return claimed
        if not has_looked and _has_freed(engine, want, container["id"]):
            has_looked = True
            continue
        raise NotReachable(container["name"], endpoint_id, _why_not(want, way_in, claimed, refused.get(want.first)))


def _claim(engine: Engine, container_id: str, want: ports.Wanted, refused: Mapping[int, OSError]) -> list[ports.Published] | str:
    """The places that are this container's now, or the address on which another has the port it wants, "" if that is not why."""
    with engine.db.transaction():
        sql = "SELECT * FROM published_ports WHERE protocol = ? AND host_port BETWEEN ? AND ? ORDER BY host_ip"
        rows = engine.db.all(sql, (want.protocol, want.first, want.last))
        taken = [listening.place_of(row) for row in rows]
        for host_port in ports.candidates(want, taken):
            if host_port in refused:
                continue
            claimed = [ports.Published(want.protocol, host_ip, host_port, want.container_port) for host_ip in want.host_ips]
            for each in claimed:
                engine.db.execute(
                    "INSERT INTO published_ports (protocol, host_ip, host_port, container_id, container_port) VALUES (?, ?, ?, ?, ?)",
                    (*each.listener, container_id, each.container_port),
                )
            return claimed
    return ports.in_the_way(want, want.first, taken) if want.fixed else ""


def _has_freed(engine: Engine, want: ports.Wanted, container_id: str) -> bool:
    """Whether ports of the wanted range were still with containers that have ended without anybody noticing; they are free now."""
    sql = (
        "SELECT p.*, c.pid, c.pid_start, c.status FROM published_ports p JOIN containers c ON c.id = p.container_id"
        " WHERE c.id != ? AND c.pid > 0 AND p.protocol = ? AND p.host_port BETWEEN ? AND ?"
    )
    rows = engine.db.all(sql, (container_id, want.protocol, want.first, want.last))
    dead = [
        row for row in rows if start_time(row["pid"]) != row["pid_start"] or (row["status"] == "created" and not _is_starting(engine, row))
    ]
    for row in dead:
        _withdraw(engine, [row], store.way_in(engine, row["container_id"]))
    return bool(dead)


def _is_starting(engine: Engine, row: Row) -> bool:
    """Whether the start of a container goes on: that holds its lock (engine/container/state.py)."""
    held = Lock(f"{engine.paths.locks_dir}/{row['container_id']}")
    if held.acquire(block=False):
        held.release()
        return False
    return True


def _why_not(want: ports.Wanted, way_in: store.WayIn, occupied: str, refusal: OSError | None) -> str:
    if not want.fixed:
        return "all ports are allocated"
    if refusal is None:
        return f"Bind for {occupied or want.host_ips[0]}:{want.first} failed: port is already allocated"
    host_ip = f"[{refusal.filename}]" if ":" in refusal.filename else refusal.filename
    target = way_in.target(refusal.filename)
    target = f"[{target}]" if ":" in target else target
    place = f"{host_ip}:{want.first}:{target}:{want.container_port}/{want.protocol}"
    return f"failed to bind host port for {place}: {ports.why_not(refusal, want.first)}"
