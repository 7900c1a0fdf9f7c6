"""What commands that were killed in the middle left of networks: leases of nobody, bridges of networks that are gone."""

from __future__ import annotations

from dockercompat.engine.container import state
from dockercompat.engine.network import attach, connect, store
from dockercompat.errors import KernelRefused, NoSuchContainer
from dockercompat.kernel.rtnetlink import Socket
from dockercompat.net import netns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.engine.engine import Engine


def sweep_leases(engine: Engine, network_id: str = "") -> None:
    """Give back leases of containers that do not run and that nobody starts, and of running ones in networks that they are not in.

    The caller holds neither the network lock nor a container's. The process has joined the holder.

    network_id  the network to look at, "" for all
    """
    sql = "SELECT DISTINCT container_id FROM addresses WHERE ? IN ('', network_id)"
    for row in engine.db.all(sql, (network_id,)):
        held = state.lock(engine, row["container_id"])
        if not held.acquire(block=False):  # somebody is at it
            continue
        try:
            container = state.load(engine, row["container_id"])
            if container.is_alive:
                known = {each["NetworkID"] for each in container.endpoints.values()}
                for lease in engine.db.all("SELECT network_id FROM addresses WHERE container_id = ?", (container.id,)):
                    if lease["network_id"] not in known:
                        connect.unplug(engine, container, store.find(engine, lease["network_id"]))
            elif not state.process_lives(container):
                attach.detach(engine, container.id)
        except NoSuchContainer:
            continue
        finally:
            held.release()


def sweep_bridges(engine: Engine, netns_fd: int) -> None:
    """Take away bridges of networks that are gone. The caller holds the network lock."""
    known = {row["bridge"] for row in store.bridged(engine)}
    with Socket(netns_fd) as socket:
        names = [link.name for link in socket.links() if link.kind == "bridge"]
    for name in names:
        if name not in known:
            try:
                netns.remove_links([name], netns_fd)
            except KernelRefused:  # gone meanwhile
                pass
