"""The host's ports that lead to containers: had from the host, served by the relay, restored where it has died.

What is to be served is in the database; every change of what is served happens under the lock of ports.
"""

from __future__ import annotations

import errno

from dockercompat.engine.network import store
from dockercompat.host.lock import Lock
from dockercompat.net.relay import control

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from sqlite3 import Row

    from dockercompat.engine.engine import Engine
    from dockercompat.net.relay.control import Place


def _lock(engine: Engine) -> Lock:
    return Lock(f"{engine.paths.locks_dir}/ports")


def place_of(row: Row) -> Place:
    return row["protocol"], row["host_ip"], row["host_port"]


def start(engine: Engine, netns_fd: int) -> None:
    """Have a relay run, which is on its way then; with it come the ports of all running containers."""
    if not control.pid(engine.paths.run_dir):
        with _lock(engine):
            _ensure(engine, netns_fd)


def listen(engine: Engine, netns_fd: int, place: Place, address: str, port: int) -> None:
    """Lead a port of the host to a container's, which the database says already. Raises OSError where the host does not let us."""
    run_dir = engine.paths.run_dir
    with _lock(engine):
        is_new = _ensure(engine, netns_fd)  # then it serves all that the database had, this port perhaps among them
        try:
            listening = None if is_new and control.serves(run_dir, place) else control.bind(place)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not control.serves(run_dir, place):
                raise
            listening = None  # a relay that was started between claim and now has it already
        if listening is None:
            return
        try:
            control.serve(run_dir, [(control.Listening(place, address, port), listening)])
        finally:
            listening.close()


def lead(engine: Engine, rows: Iterable[Row], way_in: store.WayIn) -> None:
    """Have ports lead to other addresses of their container."""
    if control.pid(engine.paths.run_dir):
        control.lead(engine.paths.run_dir, [(place_of(row), way_in.target(row["host_ip"])) for row in rows])


def withdraw(engine: Engine, rows: Iterable[Row]) -> None:
    """Give ports back to the host, and forget them. The relay leaves with the last one."""
    places = [place_of(row) for row in rows]
    if not places:
        return
    with _lock(engine):
        with engine.db.transaction():
            for place in places:
                engine.db.execute("DELETE FROM published_ports WHERE protocol = ? AND host_ip = ? AND host_port = ?", place)
        if control.pid(engine.paths.run_dir):
            control.withdraw(engine.paths.run_dir, places, end=engine.db.one("SELECT 1 FROM published_ports LIMIT 1") is None)


def is_missing(engine: Engine) -> bool:
    """Whether ports are to be served and no relay runs."""
    return not control.pid(engine.paths.run_dir) and engine.db.one("SELECT 1 FROM published_ports LIMIT 1") is not None


def _ensure(engine: Engine, netns_fd: int) -> bool:
    """Start a relay where none runs, with the ports of the database; whether it had to be."""
    run_dir = engine.paths.run_dir
    if control.pid(run_dir):
        return False
    control.start(run_dir, engine.paths.own_command(), netns_fd)
    ports = []
    for row in engine.db.all("SELECT * FROM published_ports"):
        address = store.way_in(engine, row["container_id"]).target(row["host_ip"])
        if not address:
            continue
        try:
            listening = control.bind(place_of(row))
        except OSError:  # another program took it meanwhile: that port alone is lost until the container starts again
            continue
        ports.append((control.Listening(place_of(row), address, row["container_port"]), listening))
    if ports:
        control.serve(run_dir, ports)
    for _, listening in ports:
        listening.close()
    return True
