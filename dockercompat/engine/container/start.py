"""Starting a container, in two halves: `prepare` makes everything up to the waiting process, `begin` lets it run.

Between them a door may connect to the monitor, so that no byte of output is lost.
"""

from __future__ import annotations

import os
import time

from dockercompat import json
from dockercompat.engine.container import (
    api_socket,
    filters,
    group,
    happened,
    ipc,
    monitor,
    mounting,
    owners,
    rootfs,
    state,
    subpaths,
    unmounting,
    waiting,
)
from dockercompat.engine.container import exit as ending
from dockercompat.engine.network import attach as network
from dockercompat.engine.network import endpoints as places
from dockercompat.engine.network import hosts
from dockercompat.errors import CommandNotExecutable, CommandNotFound, Conflict, DockerError, NoSuchContainer, NotFound
from dockercompat.host.run import find
from dockercompat.kernel import cgroup
from dockercompat.kernel.process import start_time
from dockercompat.record import Record
from dockercompat.runtime import bundle, conmon, crun, users
from dockercompat.spec.mount import check_tmpfs_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine
    from dockercompat.host.lock import Lock

_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_INITS = ("docker-init", "tini-static", "catatonit", "tini", "/usr/libexec/podman/catatonit", "/usr/lib/podman/catatonit")


class AlreadyRunning(Conflict):
    """Another process has started it meanwhile."""

    def __init__(self, container_id: str) -> None:
        super().__init__(f"container {container_id} is already running")


class Prepared(Record):
    """A container whose process waits to be started: to be handed to `begin` or `abandon`, which give its lock back."""

    container_id: str
    pid: int
    bundle_dir: str
    by_policy: bool
    held: Lock


def start(engine: Engine, container: Container) -> None:
    """Start a container nobody watches; nothing happens when it runs already. The process has joined the holder.

    One that is to be removed at its end goes when it can't be started, too.
    """
    if container.is_alive:
        if container.status == "paused":
            raise Conflict("cannot start a paused container, try unpause instead")
        return
    try:
        prepared = prepare(engine, container)
        begin(engine, prepared)
    except AlreadyRunning:  # somebody else started it just now
        return
    except BaseException:
        discard(engine, container)
        raise


def discard(engine: Engine, container: Container) -> None:
    """Remove a container that could not be started, if it is one that is removed at its end."""
    from dockercompat.engine.container import remove

    if container.row["auto_remove"]:
        try:
            remove.remove(engine, container.id, force=True)
        except NoSuchContainer:
            return


def restart(engine: Engine, container: Container) -> None:
    """Start a container again by its restart policy. Raises Conflict when somebody has stopped or started it meanwhile."""
    begin(engine, prepare(engine, container, by_policy=True))


def prepare(
    engine: Engine,
    container: Container,
    *,
    console_size: tuple[int, int] = (0, 0),
    watched: bool = False,
    by_policy: bool = False,
) -> Prepared:
    """Mount, create and connect a container.

    console_size  rows and columns of the terminal that will show it
    watched       the caller waits for the end and records it itself; the monitor's exit handler is a fallback then
    by_policy     only while it waits to be restarted
    Raises        what keeps it from being made; nothing is left behind then
    """
    held = state.lock(engine, container.id)
    held.acquire()
    started = False
    try:
        container = state.load(engine, container.id)
        if by_policy and container.status != "restarting":
            raise Conflict(f"container {container.id} waits for no restart any more")
        if container.is_alive:
            raise AlreadyRunning(container.id)
        _remove_stale(engine, container)
        bundle_dir = engine.paths.bundle_dir(container.id)
        started = True
        os.makedirs(bundle_dir, 0o700, exist_ok=True)
        try:
            pid = _prepare(engine, container, bundle_dir, console_size, watched)
        except BaseException as error:
            code = error.exit_status if isinstance(error, (CommandNotFound, CommandNotExecutable)) else 0
            _undo(engine, container.id, code, str(error), watched=watched)
            raise
    except BaseException:
        held.release()
        if started:
            unmounting.unmount_unused(engine, unmounting.mounted_for(engine, container))
        raise
    return Prepared(container.id, pid, bundle_dir, by_policy, held)


def _undo(engine: Engine, container_id: str, exit_code: int, message: str, *, watched: bool = False) -> None:
    """Take back what a start has made so far, and note why.

    exit_code  0 for none of its own: that of the last run stays, 128 stands for it where there was none
    """
    container = state.load(engine, container_id)
    ending.clear_runtime(engine, container)
    engine.db.execute(
        "UPDATE containers SET monitor_pid = 0, pid = 0, error = ?2,"
        " exit_code = CASE WHEN ?1 > 0 THEN ?1 WHEN exit_code > 0 THEN exit_code ELSE 128 END,"
        " status = CASE status WHEN 'restarting' THEN 'exited' ELSE status END WHERE id = ?3",
        (exit_code, message, container_id),
    )
    happened.failed(engine, container, watched=watched)


def abandon(engine: Engine, prepared: Prepared, reason: str) -> None:
    """Give up a prepared container instead of letting it begin."""
    container = state.load(engine, prepared.container_id)
    try:
        _undo(engine, container.id, 0, reason)
    finally:
        prepared.held.release()
    unmounting.unmount_unused(engine, unmounting.mounted_for(engine, container))


def _remove_stale(engine: Engine, container: Container) -> None:
    if os.path.isdir(engine.paths.bundle_dir(container.id)):
        ending.clear_runtime(engine, container)
    try:
        os.unlink(f"{engine.paths.exits_dir}/{container.id}")  # at last: a monitor that is being killed still writes it
    except FileNotFoundError:
        pass


def _prepare(engine: Engine, container: Container, bundle_dir: str, console_size: tuple[int, int], watched: bool) -> int:
    """Pid of the waiting process."""
    config, host_config = container.config, container.host_config
    layers = rootfs.layer_dirs(engine, container)
    driver = rootfs.prepare(engine, container, layers)
    if container.mounts:
        mounting.make_sources(engine, container.mounts)
        rootfs.prepare_images(engine, container, driver)
    for options in (host_config.get("Tmpfs") or {}).values():
        check_tmpfs_options(options)
    restricted: dict[str, str] = {}
    if any(mount["Type"] == "volume" for mount in container.mounts):
        from dockercompat.engine.volume import users as volumes

        restricted = volumes.prepare_mounts(engine, container.mounts, layers, first=not container.row["started_ns"])
    points, parts = subpaths.prepare(engine, container)
    if restricted:
        points = [{**point, "Restrictions": restricted.get(point.get("Name", ""), "")} for point in points]
    points = api_socket.provide(engine, container, points)
    joined, borrowed = _joined(engine, container)
    group_dir = group.make(engine, container)
    container_dir = engine.paths.container_dir(container.id)
    accounts = users.from_layers([f"{container_dir}/upper", f"{container_dir}/rootfs", *layers])
    process = _process(container, accounts, console_size, borrowed, _linked(engine, container))
    owner = process.uid, process.gid
    if not process.uid and (user := owners.remote_user(container.config)):
        owner = _ids_of(user, accounts) or owner
    owned = owners.choose(engine, container, points, driver, *owner)
    place = bundle.Place(
        id=container.id,
        rootfs=engine.paths.rootfs_dir,
        files=_files(engine, container, borrowed, owned.root),
        joined=joined,
        init_path=_init_path() if host_config.get("Init") else "",
        cgroup_path=group_dir[len(cgroup.ROOT) :],
        seccomp_bpf=filters.compiled(engine, host_config),
        shm_dir=ipc.shm_dir(engine, container),
        owners=owned.exchange,
        views=tuple((view.source, view.shown) for view in owned.views),
    )
    shown = config
    if borrowed is not None:
        names = {"Hostname": borrowed.config.get("Hostname") or borrowed.id[:12], "Domainname": borrowed.config.get("Domainname")}
        shown = {**config, **names}
    document = bundle.document(shown, host_config, points, process, place)
    if host_config.get("Devices") or host_config.get("DeviceRequests"):
        from dockercompat.engine.container import devices
        from dockercompat.runtime import cdi

        devices.check(host_config)
        cdi.apply(document, devices.edits(engine, host_config))
    with open(f"{bundle_dir}/config.json", "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump(document, file)

    def before_exec() -> None:
        if group_dir:
            group.tree(engine).enter()
        rootfs.mount_private(engine, container, owned.driver, layers, place.rootfs, owned.exchange)
        if not container.row["started_ns"]:
            rootfs.mark(place.rootfs, owned.root)
        subpaths.mount(parts)
        owned.mount_views()

    created = conmon.create(
        monitor.order(engine, container, bundle_dir, watched, bool(group_dir)),
        process.args,
        before_exec=before_exec,
        environment=monitor.environment(),
    )
    engine.db.execute(
        "UPDATE containers SET pid = ?, pid_start = ?, monitor_pid = ?, monitor_start = ? WHERE id = ?",
        (created.pid, start_time(created.pid), created.monitor_pid, start_time(created.monitor_pid), container.id),
    )
    monitor.keep_log(engine, container)
    if not place.seccomp_bpf:
        filters.keep(engine, container)
    endpoints, ports = _connect(engine, container, created.pid)
    engine.db.execute(
        "UPDATE containers SET endpoints = ?, ports = ? WHERE id = ?", (json.dumps(endpoints), json.dumps(ports), container.id)
    )
    return created.pid


def _connect(engine: Engine, container: Container, pid: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """NetworkSettings.Networks and .Ports after the container's network is made."""
    mode = container.network_mode
    if mode in ("host", "none") or mode.startswith("container:"):
        return places.idle_endpoints(engine, dict(container.row)), {}
    return network.attach(engine, dict(container.row), pid)


def begin(engine: Engine, prepared: Prepared) -> None:
    """Let the process of a prepared container run, and record that it does."""
    container_id = prepared.container_id
    container = state.load(engine, container_id)
    try:
        with prepared.held:
            health = _let_run(engine, prepared, container)
    except DockerError:
        unmounting.unmount_unused(engine, unmounting.mounted_for(engine, container))
        raise
    if health:
        from dockercompat.engine import tending

        tending.ensure(engine)


def _let_run(engine: Engine, prepared: Prepared, container: Container) -> str:
    """The health of a container that runs now. The caller holds its lock."""
    try:
        waiting.let_in(engine, container.id)
        crun.start(container.id, root_dir=engine.paths.crun_dir, grouped=bool(group.of(engine, container.id)))
    except DockerError as error:
        _undo(engine, container.id, 128, str(error))
        raise
    health = _first_health(container)
    engine.db.execute(
        "UPDATE containers SET status = 'running', started_ns = ?, stopped_by_user = 0, error = '', exit_code = 0, oom_killed = 0,"
        " restart_at_ns = 0, restart_count = restart_count * ?, health = ? WHERE id = ?",
        (time.time_ns(), int(prepared.by_policy), health, container.id),
    )
    happened.started(engine, container)
    return health


def _first_health(container: Container) -> str:
    test = (container.config.get("Healthcheck") or {}).get("Test") or []
    if not test or test[0] == "NONE":
        return ""
    return json.dumps({"Status": "starting", "FailingStreak": 0, "Log": []})


def _joined(engine: Engine, container: Container) -> tuple[bundle.Joined, Container | None]:
    """The namespaces it shares, and the container whose network, names and files it borrows."""
    host_config = container.host_config
    borrowed: Container | None = None
    mode = container.network_mode
    network_path = "host" if mode == "host" else ""
    if mode.startswith("container:"):
        try:
            borrowed = _running(engine, mode[10:])
        except NoSuchContainer as error:
            raise NotFound(f"joining network namespace of container: {error}") from None
        network_path = f"/proc/{borrowed.pid}/ns/net"
    paths = {"network": network_path}
    for key, kind in (("PidMode", "pid"), ("IpcMode", "ipc"), ("UTSMode", "uts")):
        value = host_config.get(key) or ""
        if value == "host":
            paths[kind] = "host"
        elif value.startswith("container:"):
            paths[kind] = f"/proc/{_running(engine, value[10:]).pid}/ns/{kind}"
    if mode == "host" and not container.config.get("Hostname"):
        paths["uts"] = "host"
    return bundle.Joined(**paths), borrowed


def _running(engine: Engine, ref: str) -> Container:
    other = state.current(engine, ref)
    if not other.is_alive:
        raise Conflict(f"cannot join network of a non running container: {other.id}")
    return other


def _linked(engine: Engine, container: Container) -> list[str]:
    """The variables of --link, which only the default network has."""
    if not container.host_config.get("Links") or container.network_mode != "bridge":
        return []
    from dockercompat.engine.container import links

    return links.environment(engine, container)


def _process(
    container: Container,
    accounts: Callable[[str], str],
    console_size: tuple[int, int],
    borrowed: Container | None,
    linked: Sequence[str],
) -> bundle.Process:
    config = container.config
    args = [*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())]
    if not args:
        raise DockerError("no command specified")
    identity = users.identify(config.get("User") or "", accounts, container.host_config.get("GroupAdd") or ())
    hostname = (borrowed or container).config.get("Hostname") or (borrowed or container).id[:12]
    if (borrowed or container).network_mode == "host" and not (borrowed or container).config.get("Hostname"):
        hostname = os.uname().nodename
    return bundle.Process(
        args=tuple(args),
        env=tuple(environment(config, hostname, identity.home, linked)),
        cwd=config.get("WorkingDir") or "/",
        uid=identity.uid,
        gid=identity.gid,
        groups=identity.groups,
        terminal=bool(config.get("Tty")),
        console_size=console_size,
    )


def _ids_of(user: str, accounts: Callable[[str], str]) -> tuple[int, int] | None:
    """uid and gid of a user of a container, None when it has none by that name."""
    try:
        identity = users.identify(user, accounts, ())
    except DockerError:
        return None
    return identity.uid, identity.gid


def environment(config: dict[str, Any], hostname: str, home: str, linked: Sequence[str] = ()) -> list[str]:
    """The process's environment: docker's own first, that of links, the image's and the user's over it, HOME last unless set."""
    result = {"PATH": _PATH, "HOSTNAME": f"HOSTNAME={hostname}"}
    if config.get("Tty"):
        result["TERM"] = "TERM=xterm"
    for entry in (*linked, *(config.get("Env") or ())):
        name, equals, _ = entry.partition("=")
        if equals:
            result[name] = entry
        else:
            result.pop(name, None)
    result.setdefault("HOME", f"HOME={home}")
    return list(result.values())


def _files(engine: Engine, container: Container, borrowed: Container | None, owner: tuple[int, int]) -> tuple[tuple[str, str], ...]:
    """/etc/resolv.conf, /etc/hostname and /etc/hosts, written to the container's directory or those of the one it borrows from.

    owner  uid and gid of the container's root, as they are here
    """
    targets = (("/etc/resolv.conf", "resolv.conf"), ("/etc/hosts", "hosts"), ("/etc/hostname", "hostname"))
    directory = engine.paths.container_dir((borrowed or container).id)
    if borrowed is None:
        texts = hosts.host_files(engine, dict(container.row))
        hosts.tell_linked(engine, dict(container.row))
        hosts.mark_resolv_conf(directory, texts[0])
        for (_, name), text in zip(targets, texts):
            with open(f"{directory}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
                os.fchmod(file.fileno(), 0o644)
                status = os.fstat(file.fileno())
                if (status.st_uid, status.st_gid) != owner:
                    os.fchown(file.fileno(), *owner)
    return tuple((target, f"{directory}/{name}") for target, name in targets)


def _init_path() -> str:
    for name in _INITS:
        path = find(name)
        if path is not None:
            return path
    raise DockerError("an init program (catatonit or tini) is not installed: sudo apt-get install -y catatonit")
