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
    from _socket import socket
    from collections.abc import Iterable, Sequence
    from sqlite3 import Row

    from dockercompat.engine.engine import Engine
    from dockercompat.net.relay.control import Listening, Place


def _lock(engine: Engine) -> Lock:
    return Lock(f"{engine.paths.locks_dir}/ports")


def place_of(row: Row) -> Place:
    return row["protocol"], row["host_ip"], row["host_port"]


def start(engine: Engine, netns_fd: int) -> None:
    """Have a relay run, which is on its way then; with it come the ports of all running containers."""
    if not control.pid(engine.paths.run_dir):
        with _lock(engine):
            _ensure(engine, netns_fd)


def listen(engine: Engine, netns_fd: int, ports: Sequence[Listening]) -> None:
    """Lead ports of the host to a container's, all or none; the database says so already.

    Raises  OSError where the host does not let us; its file name is the address that is in question
    """
    run_dir = engine.paths.run_dir
    with _lock(engine):
        served = _ensure(engine, netns_fd)  # a new relay serves all that the database had, these ports perhaps among them
        bound = []
        try:
            for port in ports:
                if port.place not in served and (listening := _bind(run_dir, port.place)) is not None:
                    bound.append((port, listening))
            if bound:
                control.serve(run_dir, bound)
        finally:
            for _, listening in bound:
                listening.close()


def _bind(run_dir: str, place: Place) -> socket | None:
    """The socket of a port, None where a relay has it that was started between claim and now."""
    try:
        return control.bind(place)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and control.serves(run_dir, place):
            return None
        error.filename = place[1]
        raise


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


def _ensure(engine: Engine, netns_fd: int) -> set[Place]:
    """Start a relay where none runs, with the ports of the database, which are returned then."""
    run_dir = engine.paths.run_dir
    if control.pid(run_dir):
        return set()
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
    return {port.place for port, _ in ports}
