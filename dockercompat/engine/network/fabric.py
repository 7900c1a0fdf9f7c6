"""What stands under all containers of a user: the network namespace with its bridges and rules, and the helper with its ports."""

from __future__ import annotations

import fcntl
import os
from binascii import crc32

from dockercompat.engine.network import linking, listening, store
from dockercompat.errors import KernelRefused, ToolFailed
from dockercompat.host.lock import Lock
from dockercompat.kernel.process import start_time
from dockercompat.net import ipam, links, netns, nft, ports
from dockercompat.net.relay import control
from dockercompat.net.uplink import helper
from dockercompat.net.uplink.addresses import Uplink
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sqlite3 import Row

    from dockercompat.engine.engine import Engine
    from dockercompat.net.relay.control import Place


class Fabric(Record):
    """netns_fd names the user's network namespace; it is the caller's to close."""

    netns_fd: int
    uplink: Uplink


def lock(engine: Engine) -> Lock:
    """Serialises making the namespace, its bridges and the helper."""
    return Lock(f"{engine.paths.locks_dir}/network")


class _Start(Record):
    """A helper that this process has started and nobody has waited for; the lock keeps others from starting a second one."""

    lock: Lock
    ready_fd: int


_starting: dict[str, _Start] = {}


def ensure(engine: Engine, *, wait: bool = True) -> Fabric:
    """The fabric, made or mended where it is missing: namespace, then helper, then the published ports of running containers.

    wait  False: a helper that has to be started may still be on its way; the next call of this process waits for it
    """
    run_dir = engine.paths.run_dir
    if run_dir in _starting:
        if not wait:
            return Fabric(netns.open_pin(run_dir), uplink_addresses(engine))
        settle(engine)
    netns_fd = netns.open_pin(run_dir)
    uplink = _read_uplink(run_dir)
    if netns_fd >= 0 and uplink is not None:
        _renew_rules(engine, netns_fd, uplink)
        if helper.pid(run_dir):
            return Fabric(netns_fd, uplink)
    if netns_fd >= 0:
        os.close(netns_fd)
    held = lock(engine)
    held.acquire()
    try:
        netns_fd = netns.open_pin(run_dir)
        is_new = False
        if netns_fd < 0:
            netns_fd = netns.adopt(run_dir, [row["monitor_pid"] for row in _running(engine)])
        uplink = _read_uplink(run_dir)
        if netns_fd < 0 or uplink is None:
            helper.stop(run_dir)  # one of a namespace that is lost
            netns_fd, uplink = _make(engine)
            is_new = True
        if not helper.pid(run_dir):
            if not is_new and _meets_others(engine, uplink):
                uplink = _move_uplink(engine, netns_fd)
            program = helper.choose(engine.settings.network_helper)
            _forget_dead(engine)
            start = _Start(held, helper.start(run_dir, program, uplink))
            if is_new:
                _restore_rules(engine, netns_fd)
            if not wait:
                _starting[run_dir] = start
                return Fabric(netns_fd, uplink)
            helper.await_ready(run_dir, start.ready_fd)
            configure_ipv6(engine, netns_fd)
        return Fabric(netns_fd, uplink)
    finally:
        if run_dir not in _starting:
            held.release()


def is_starting(engine: Engine) -> bool:
    """Whether this process has started the helper and not waited for it yet."""
    return engine.paths.run_dir in _starting


def settle(engine: Engine) -> None:
    """Wait for the helper that this process has started, if it has."""
    start = _starting.pop(engine.paths.run_dir, None)
    if start is None:
        return
    try:
        helper.await_ready(engine.paths.run_dir, start.ready_fd)
        netns_fd = netns.open_pin(engine.paths.run_dir)
        try:
            configure_ipv6(engine, netns_fd)
        finally:
            os.close(netns_fd)
    finally:
        start.lock.release()


def configure_ipv6(engine: Engine, netns_fd: int) -> None:
    """Where some network has IPv6: the way of answers to the relay, and the helper's device gets its address and route."""
    if not netns.has_ipv6() or not store.has_ipv6(engine):
        return
    try:
        netns.apply(links.RELAY_ROUTES6, netns_fd)
    except KernelRefused:  # they are there
        pass
    if helper.name(engine.paths.run_dir) == helper.DEFAULT:
        uplink = uplink_addresses(engine)
        netns.apply(links.uplink6(nft.UPLINK, uplink.guest_address6, uplink.host_address6), netns_fd)


def bridge_rules(row: Row) -> dict[str, bool]:
    """What nft.add_bridge and nft.remove_bridge have to know of a network."""
    masquerade = store.options_of(row).get(store.MASQUERADE) not in store.FALSE_WORDS
    return {"internal": store.is_internal(row), "masquerade": masquerade, "icc": store.has_icc(row)}


def make_bridge(engine: Engine, row: Row, netns_fd: int) -> None:
    """Make a network's bridge and its rules. The caller holds the lock."""
    bridge = store.bridge_of(row)
    netns.apply(links.make_bridge(bridge), netns_fd)
    netns.apply((), netns_fd, sysctls=bridge.sysctls)
    netns.nft(nft.add_bridge(row["bridge"], **bridge_rules(row)), netns_fd)
    if store.pool(row, bits=128) is not None:
        configure_ipv6(engine, netns_fd)


def make_bridge_anew(engine: Engine, before: Row, after: Row, netns_fd: int) -> None:
    """The bridge of a network that nobody is in, with other addresses or options. The caller holds the lock."""
    rules = bridge_rules(before)
    netns.nft(nft.add_bridge(before["bridge"], **rules) + nft.remove_bridge(before["bridge"], **rules), netns_fd)
    try:
        netns.remove_links([before["bridge"]], netns_fd)
    except KernelRefused:  # it is gone already
        pass
    make_bridge(engine, after, netns_fd)


def abandon(engine: Engine) -> None:
    """Let go of a helper that this process has started and will not need; it comes up by itself."""
    try:
        settle(engine)
    except ToolFailed:  # the next command that needs it starts another one
        pass


def uplink_addresses(engine: Engine) -> Uplink:
    """The uplink's addresses; those of a first uplink where there is no namespace yet."""
    return _read_uplink(engine.paths.run_dir) or Uplink(str(ipam.uplink_subnet(ipam.host_routes())))


def existing(engine: Engine) -> int:
    """A descriptor of the user's namespace if there is one, else -1; the caller holds the lock when it is going to change bridges."""
    netns_fd = netns.open_pin(engine.paths.run_dir)
    uplink = _read_uplink(engine.paths.run_dir)
    if netns_fd >= 0 and uplink is not None:
        _renew_rules(engine, netns_fd, uplink)
    return netns_fd


def stop_if_idle(engine: Engine) -> None:
    """End the helper when no container has an address any more."""
    abandon(engine)
    with lock(engine):
        if engine.db.one("SELECT 1 FROM addresses LIMIT 1") is None:
            helper.stop(engine.paths.run_dir)


def _rules_lock(engine: Engine, mode: int) -> int:
    fd = os.open(f"{engine.paths.locks_dir}/rules", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, mode)
    return fd


def add_rules(engine: Engine, lines: str, netns_fd: int) -> netns.Job:
    """Start adding elements, once all that were dropped before are gone; hand the job to finish_rules."""
    os.close(_rules_lock(engine, fcntl.LOCK_EX))
    return netns.nft_job(lines, netns_fd)


def finish_rules(job: netns.Job, lines: str, netns_fd: int) -> None:
    """Wait for add_rules; what stands under the same keys with other values is replaced."""
    try:
        job.wait()
    except ToolFailed:
        for line in lines.splitlines(keepends=True):
            try:
                netns.nft(line, netns_fd)
            except ToolFailed:
                netns.nft(nft.replacing(line), netns_fd)


def drop_rules(engine: Engine, lines: str, netns_fd: int) -> None:
    """Delete elements without waiting for the end, which the kernel takes 15 ms for; the lock tells add_rules about it."""
    lock_fd = _rules_lock(engine, fcntl.LOCK_SH)
    try:
        netns.nft_job(lines, netns_fd, keep_fd=lock_fd).leave()
    finally:
        os.close(lock_fd)


def _uplink_path(run_dir: str) -> str:
    return f"{run_dir}/uplink"


def _read_uplink(run_dir: str) -> Uplink | None:
    try:
        with open(_uplink_path(run_dir), encoding="utf-8") as file:
            return Uplink(file.read().split()[0])
    except (FileNotFoundError, IndexError):
        return None


def _write_uplink(run_dir: str, uplink: Uplink) -> None:
    with open(_uplink_path(run_dir) + ".new", "w", encoding="utf-8") as file:
        file.write(f"{uplink.cidr} {_fingerprint(uplink)}")
    os.rename(_uplink_path(run_dir) + ".new", _uplink_path(run_dir))


def _fingerprint(uplink: Uplink) -> str:
    """What tells one version's rules from another's."""
    return f"{crc32(_ruleset(uplink).encode()):08x}"


def _ruleset(uplink: Uplink) -> str:
    return nft.ruleset(uplink.host_address, uplink.host_address6)


def _renew_rules(engine: Engine, netns_fd: int, uplink: Uplink) -> None:
    """In a namespace that another version of this program made: replace its rules, all at once, while containers run."""
    with open(_uplink_path(engine.paths.run_dir), encoding="utf-8") as file:
        if file.read().split()[1:] == [_fingerprint(uplink)]:
            return
    lines = [nft.delete_tables(), _ruleset(uplink)]
    lines += [nft.add_bridge(row["bridge"], **bridge_rules(row)) for row in store.bridged(engine)]
    with_access = engine.db.all("SELECT address FROM addresses WHERE host_access AND address != ''")
    lines.append(nft.allow_host([row["address"] for row in with_access]))
    netns.nft("".join(lines), netns_fd)
    netns.forward_everywhere(netns_fd)
    try:
        netns.apply(links.RELAY_ROUTES, netns_fd)
    except KernelRefused:  # they are there
        pass
    helper.end_strays(engine.paths.run_dir)
    _restore_rules(engine, netns_fd)
    _write_uplink(engine.paths.run_dir, uplink)


def _meets_others(engine: Engine, uplink: Uplink) -> bool:
    """Whether routes of the host or networks have come to meet the uplink's addresses."""
    own = ipam.parse_subnet(uplink.cidr)
    return any(own.overlaps(other) for other in (*ipam.host_routes(), *store.subnets(store.bridged(engine))))


def _move_uplink(engine: Engine, netns_fd: int) -> Uplink:
    """Other addresses for a helper that is to be started, and rules that know them."""
    uplink = _choose_uplink(store.bridged(engine))
    with open(_uplink_path(engine.paths.run_dir), "w", encoding="utf-8") as file:
        file.write(uplink.cidr)
    _renew_rules(engine, netns_fd, uplink)
    return uplink


def _choose_uplink(bridged: list[Row]) -> Uplink:
    return Uplink(str(ipam.uplink_subnet([*ipam.host_routes(), *store.subnets(bridged)])))


def _make(engine: Engine) -> tuple[int, Uplink]:
    run_dir = engine.paths.run_dir
    bridged = store.bridged(engine)
    uplink = _choose_uplink(bridged)
    rules = _ruleset(uplink) + "".join(nft.add_bridge(row["bridge"], **bridge_rules(row)) for row in bridged)
    _write_uplink(run_dir, uplink)
    bridges = [store.bridge_of(row) for row in bridged]
    changes = [*links.RELAY_ROUTES, *(change for bridge in bridges for change in links.make_bridge(bridge))]
    return netns.make(run_dir, changes, rules, [pair for bridge in bridges for pair in bridge.sysctls]), uplink


def _running(engine: Engine) -> list[Row]:
    return engine.db.all("SELECT monitor_pid FROM containers WHERE monitor_pid > 0")


def _restore_rules(engine: Engine, netns_fd: int) -> None:
    """Publish again what running containers publish, in a namespace that has just been made."""
    rows = engine.db.all("SELECT * FROM published_ports")
    lines = nft.publish([forward_of(row, store.way_in(engine, row["container_id"])) for row in rows])
    netns.nft(lines + nft.link(linking.allowed(engine)), netns_fd)
    if rows:
        control.stop(engine.paths.run_dir)  # one of the namespace that is lost
        listening.start(engine, netns_fd)


def _forget_dead(engine: Engine) -> None:
    """Drop leases and ports of containers that ended without anybody noticing (a reboot)."""
    sql = "SELECT DISTINCT c.id, c.pid, c.pid_start FROM containers c JOIN addresses a ON a.container_id = c.id WHERE c.pid > 0"
    for row in engine.db.all(sql):
        if start_time(row["pid"]) != row["pid_start"]:
            with engine.db.transaction():
                engine.db.execute("DELETE FROM published_ports WHERE container_id = ?", (row["id"],))
                engine.db.execute("DELETE FROM addresses WHERE container_id = ?", (row["id"],))


def forward(place: Place, address: str, port: int) -> nft.Forward:
    """What the rules have to know of a port of the host and the container's port that it leads to; no address: nothing."""
    protocol, host_ip, host_port = place
    return nft.Forward(protocol, host_port if host_ip == ports.ANY and address else 0, address, port)


def forward_of(row: Row, way_in: store.WayIn) -> nft.Forward:
    """The same of a row of published_ports."""
    return forward(listening.place_of(row), way_in.address, row["container_port"])
