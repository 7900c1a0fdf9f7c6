"""Who is who on user-defined networks, for the name server: read from the database whenever that has changed since the last question."""

from __future__ import annotations

import os
import time

from dockercompat import json
from dockercompat.distribution.policy import InvalidConfiguration
from dockercompat.engine import configuration
from dockercompat.engine.network import naming, store
from dockercompat.kernel.process import start_time
from dockercompat.net import dns
from dockercompat.net.forwarder import Way

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Row
    from typing import Any

    from dockercompat.engine.engine import Engine

_RESOLV_CONF = "/etc/resolv.conf"
_LIBC_SERVER = "127.0.0.1"  # what resolv.conf(5) says of a file that names none
_FRESH_NS = 50_000_000  # a file changed so lately may change again without its time being another

_PLACES = """
SELECT a.network_id, a.address, a.address6, n.name AS network, json_extract(n.body, '$.Internal') AS internal,
       c.id, c.name, c.pid, c.pid_start, c.networking, json_extract(c.config, '$.Hostname') AS hostname,
       json_extract(c.host_config, '$.Dns') AS servers, json_extract(c.host_config, '$.DnsOptions') AS options
FROM addresses a JOIN containers c ON c.id = a.container_id JOIN networks n ON n.id = a.network_id
WHERE n.name != ? ORDER BY a.rowid
"""


class HostResolver:
    """The host's resolv.conf as it is now."""

    def __init__(self, path: str = _RESOLV_CONF) -> None:
        self._path = path
        self._seen: tuple[int, int, int, int] | None = None
        self._read = dns.Resolver()

    def now(self) -> dns.Resolver:
        """With at least one name server."""
        try:
            status = os.stat(self._path)
            seen = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            if seen != self._seen:
                with open(self._path, encoding="utf-8", errors="replace") as file:
                    self._read = dns.parse_resolv_conf(file.read())
                self._seen = None if time.time_ns() - status.st_mtime_ns < _FRESH_NS else seen
        except OSError:  # it is not there, or is just being replaced
            self._seen = None
            return dns.Resolver((_LIBC_SERVER,))
        return self._read if self._read.nameservers else self._read.replace(nameservers=(_LIBC_SERVER,))


class _Network:
    """The names and addresses of one network."""

    def __init__(self, name: str, *, internal: bool) -> None:
        self.name, self.internal = name.lower(), internal
        self.members: dict[str, list[tuple[str, str]]] = {}
        self.names: dict[str, str] = {}

    def add(self, names: list[str], addresses: tuple[str, str]) -> None:
        for name in {name.lower() for name in names}:
            self.members.setdefault(name, []).append(addresses)
        for address in filter(None, addresses):
            self.names[address] = f"{names[0]}.{self.name}"


class Asker:
    """A container, as the name server knows it (net/nameserver.py)."""

    def __init__(self, row: Row, host: HostResolver, own: dns.Resolver) -> None:
        self._host = host
        self._servers: tuple[str, ...] = tuple(json.loads(row["servers"] or "[]")) or own.nameservers
        self._options: tuple[str, ...] = tuple(json.loads(row["options"] or "[]")) or own.options
        self._pid, self._pid_start = row["pid"], row["pid_start"]
        self._places: list[tuple[_Network, dict[str, str]]] = []

    def join(self, network: _Network, links: dict[str, str]) -> None:
        """links  name for this container alone -> name on the network"""
        self._places.append((network, links))
        self._places.sort(key=lambda each: each[0].internal)

    def addresses(self, name: str) -> list[tuple[str, str]] | None:
        name = name.lower()
        for network, links in self._places:
            short = name[: -len(network.name) - 1] if name.endswith(f".{network.name}") else name
            for each in (name, short):
                found = network.members.get(links.get(each, each))
                if found:
                    return found
        return None

    def name_of(self, address: str) -> str:
        return next((network.names[address] for network, _ in self._places if address in network.names), "")

    def keeps(self, name: str) -> bool:
        """Names of one label, where a person or the host set ndots: the C library goes on with its search domains then, as with docker."""
        if "." in name:
            return False
        return any(each.startswith("ndots:") and each != "ndots:0" for each in self._options or self._host.now().options)

    @property
    def way(self) -> Way:
        """To its own servers from within the container, else to the host's, unless all its networks are internal ones."""
        if self._servers:
            return Way(self._servers, f"/proc/{self._pid}/ns/net") if start_time(self._pid) == self._pid_start != 0 else Way(())
        if all(network.internal for network, _ in self._places):
            return Way(())
        return Way(self._host.now().nameservers)


class Directory:
    """The name server's view of the database; its connection lives as long as the process."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._db = engine, engine.db
        self._version = -1
        self._host = HostResolver()
        self._askers: dict[str, Asker] = {}
        self._parsed: dict[str, Any] = {}

    def asker(self, address: str) -> Asker | None:
        row = self._db.one("PRAGMA data_version")
        version = row[0] if row is not None else 0
        if version != self._version:
            self._read()
            self._version = version
        return self._askers.get(address)

    def _read(self) -> None:
        networks: dict[str, _Network] = {}
        askers: dict[str, Asker] = {}
        self._askers = {}
        try:
            own = configuration.load(self._engine).resolver
        except InvalidConfiguration:  # whoever edits it is told by the next container's start
            own = dns.Resolver()
        parsed, self._parsed = self._parsed, {}
        for row in self._db.all(_PLACES, (store.DEFAULT,)):
            asked = self._document(row["networking"], parsed) or {}
            settings: dict[str, Any] = next((asked[ref] for ref in (row["network"], row["network_id"]) if asked.get(ref)), {})
            if row["network_id"] not in networks:
                networks[row["network_id"]] = _Network(row["network"], internal=bool(row["internal"]))
            network = networks[row["network_id"]]
            network.add(naming.names(row, {"Hostname": row["hostname"]}, settings), (row["address"], row["address6"]))
            if row["id"] not in askers:
                askers[row["id"]] = Asker(row, self._host, own)
            askers[row["id"]].join(network, _links(settings))
            for address in filter(None, (row["address"], row["address6"])):
                self._askers[address] = askers[row["id"]]

    def _document(self, text: str, parsed: dict[str, Any]) -> Any:
        """A document of a row; most are what they were before the change."""
        document = parsed[text] if text in parsed else json.loads(text or "null")
        self._parsed[text] = document
        return document


def _links(settings: dict[str, Any]) -> dict[str, str]:
    """--link of an endpoint: other names, for this container alone, of containers on the network."""
    found = {}
    for link in settings.get("Links") or ():
        name, _, alias = link.partition(":")
        found[(alias or name).lower()] = name.lower()
    return found
