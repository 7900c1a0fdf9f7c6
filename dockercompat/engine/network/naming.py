"""Names on user-defined networks: the resolver is told who has which address, started with the first and ended with the last."""

from __future__ import annotations

import json

from dockercompat.engine.network import store
from dockercompat.host.lock import Lock
from dockercompat.net import aardvark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.net.slirp4netns import Uplink


def names(container: Mapping[str, Any], config: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """By what others on a user-defined network find a container: name, aliases, short id, hostname."""
    found = [container["name"], *(settings.get("Aliases") or []), container["id"][:12], config.get("Hostname") or ""]
    return list(dict.fromkeys(name for name in found if name))


class Refresh:
    """Bringing the resolver up to date with the leases, begun by making this; it is started when it is needed and does not run."""

    def __init__(self, engine: Engine, netns_fd: int, uplink: Uplink) -> None:
        self._run_dir = engine.paths.run_dir
        self._lock = Lock(f"{engine.paths.locks_dir}/names")
        self._starting = 0
        self._lock.acquire()
        try:
            documents = _documents(engine)
            aardvark.write(self._run_dir, documents)
            process_id = aardvark.pid(self._run_dir)
            if not documents:
                aardvark.stop(self._run_dir)
            elif process_id:
                aardvark.reload(process_id)
            else:
                self._starting = aardvark.start(self._run_dir, netns_fd, uplink.dns_address)
        finally:
            if not self._starting:
                self._lock.release()

    def finish(self) -> None:
        """Wait until names resolve; nobody else changes them before."""
        if self._starting:
            try:
                aardvark.await_ready(self._run_dir, self._starting)
            finally:
                self._starting = 0
                self._lock.release()


def refresh(engine: Engine, netns_fd: int, uplink: Uplink) -> None:
    """The same, at once."""
    Refresh(engine, netns_fd, uplink).finish()


def update(engine: Engine) -> None:
    """After a container was detached or renamed: the resolver learns what changed, and ends with the last name."""
    with Lock(f"{engine.paths.locks_dir}/names"):
        documents = _documents(engine)
        aardvark.write(engine.paths.run_dir, documents)
        process_id = aardvark.pid(engine.paths.run_dir)
        if process_id and documents:
            aardvark.reload(process_id)
        elif process_id:
            aardvark.stop(engine.paths.run_dir)


def is_missing(engine: Engine) -> bool:
    """Whether containers need a resolver that does not run."""
    sql = "SELECT 1 FROM addresses a JOIN networks n ON n.id = a.network_id WHERE n.name != ? LIMIT 1"
    return engine.db.one(sql, (store.DEFAULT,)) is not None and not aardvark.pid(engine.paths.run_dir)


def _documents(engine: Engine) -> dict[str, str]:
    """The resolver's file of each user-defined network that has containers."""
    sql = (
        "SELECT a.network_id, a.address, c.id, c.name, c.config, c.host_config, c.networking FROM addresses a"
        " JOIN containers c ON c.id = a.container_id JOIN networks n ON n.id = a.network_id WHERE n.name != ? ORDER BY a.rowid"
    )
    members: dict[str, list[aardvark.Member]] = {}
    for row in engine.db.all(sql, (store.DEFAULT,)):
        network = store.find(engine, row["network_id"])
        asked = json.loads(row["networking"]) or {}
        settings: dict[str, Any] = next((asked[ref] for ref in (network["name"], network["id"]) if asked.get(ref)), {})
        servers = tuple(json.loads(row["host_config"]).get("Dns") or ())
        found = tuple(names(dict(row), json.loads(row["config"]), settings))
        members.setdefault(network["id"], []).append(aardvark.Member(row["id"], row["address"], found, servers))
    return {
        network_id: aardvark.config_text(store.ipv4_config(store.find(engine, network_id))["Gateway"], each)
        for network_id, each in members.items()
    }
