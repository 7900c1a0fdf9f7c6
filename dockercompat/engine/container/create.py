"""Creating a container: the body is checked and completed, then its row, directory and volumes appear together or not at all."""

from __future__ import annotations

import os
import time

from dockercompat.engine.container import checks, limits, mounting, names, state, store
from dockercompat.engine.container.owners import kept_user, lacking
from dockercompat.engine.image import store as images
from dockercompat.engine.network import settings as endpoint_settings
from dockercompat.engine.network import store as networks
from dockercompat.engine.system import events
from dockercompat.errors import Conflict, DockerError, InvalidParameter, NoSuchContainer, NoSuchNetwork
from dockercompat.kernel import holder
from dockercompat.spec import container as spec
from dockercompat.spec import option, utf8
from dockercompat.state.db import IntegrityError
from dockercompat.storage import driver as drivers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.engine.engine import Engine
    from dockercompat.engine.image.store import ImageRecord


def create(engine: Engine, body: dict[str, Any], name: str, find_image: Callable[[], ImageRecord]) -> dict[str, Any]:
    """Create a container of an image; {"Id", "Warnings"}.

    body    docker's create body: Config's members with HostConfig and NetworkingConfig
    name    "" for a random one
    find_image  what engine/image finds for body["Image"]; asked after the checks that need no image, as docker's engine does
    Raises  Conflict for a name that is taken, InvalidParameter and others in docker's words
    """
    body = utf8.valid(body)
    if not body.keys() - {"HostConfig", "NetworkingConfig"}:
        raise InvalidParameter("config cannot be empty in order to create a container")
    config = spec.config(body)
    host_config = spec.host_config(body.get("HostConfig") or {})
    networking = dict((body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {})
    _settle_network(host_config, networking)
    checks.check_conflicts(config, host_config)
    checks.check_config(config)
    checks.check_host_config(host_config)
    warnings = limits.apply(host_config, limits.controllers(engine))
    fallback = drivers.notice(engine.paths, engine.settings.storage_driver)
    if fallback:
        warnings.append(fallback)
    if host_config["NetworkMode"] == "host" and host_config["PortBindings"]:
        warnings.append("Published ports are discarded when using host network mode")
    image = find_image() if config["Image"] else None
    _settle_host_config(engine, host_config)
    config["User"] = config["User"] or kept_user(host_config)
    config = spec.merged_config(config, image.config if image else {})
    if not spec.command(config):
        raise InvalidParameter("no command specified")
    if image is None:
        raise InvalidParameter("a container without an image is not supported: no image specified")
    _check_links(engine, host_config)
    mac = config.get("MacAddress") or ""
    if mac and not option.is_mac(mac):
        raise InvalidParameter(f"invalid config for network {host_config['NetworkMode']}: invalid MAC address {mac}")
    _check_endpoints(engine, networking)
    plan = mounting.plan(engine, config, host_config)
    engine.db.check_room()
    container_id = _new_id()
    if not config["Hostname"]:
        config["Hostname"] = os.uname().nodename if host_config["NetworkMode"] == "host" else container_id[:12]
    points = list(plan.points)
    container_dir = engine.paths.container_dir(container_id)
    if any(point["Type"] == "image" for point in points):
        mounting.place_images(points, container_dir)
        warnings.append("Image mount is an experimental feature")
    if points and (warning := lacking(config, host_config, points)):
        warnings.append(warning)
    try:
        with engine.db.transaction():  # no rmi and no prune comes between; killed here, nothing of it exists
            images.by_id(engine, image.id)
            taken = _insert(
                engine,
                name,
                {
                    "container_id": container_id,
                    "image_id": image.id,
                    "image_ref": config["Image"],
                    "created_ns": time.time_ns(),
                    "config": config,
                    "host_config": host_config,
                    "networking": networking,
                    "mounts": points,
                },
            )
            if plan.volumes:
                _use_volumes(engine, container_id, plan, points)
            attributes = {**config["Labels"], "image": config["Image"], "name": taken}
            events.record(engine, "container", "create", container_id, attributes)
        try:
            os.makedirs(container_dir, 0o700)  # after the row: a directory without one would be found by nobody
        except OSError:
            store.delete(engine, container_id)
            raise
    except BaseException:
        _remove_directories(engine, container_dir, plan)
        raise
    if plan.volumes:
        _fill_volumes(engine, container_id, plan, points, image)
    return {"Id": container_id, "Warnings": warnings}


def _settle_network(host_config: dict[str, Any], networking: dict[str, Any]) -> None:
    """The default network by its name."""
    if host_config["NetworkMode"] in ("", "default"):
        host_config["NetworkMode"] = networks.DEFAULT
    if "default" in networking:
        networking[networks.DEFAULT] = networking.pop("default")
    for ref, settings in networking.items():
        if settings is None:
            raise InvalidParameter(f"invalid config for network {ref}: EndpointsConfig is nil")
        networking[ref] = spec.endpoint(settings)


def _settle_host_config(engine: Engine, host_config: dict[str, Any]) -> None:
    """docker's defaults for what the body leaves open."""
    if host_config["Memory"] > 0 and host_config["MemorySwap"] == 0:
        host_config["MemorySwap"] = host_config["Memory"] * 2
    host_config["ShmSize"] = host_config["ShmSize"] or spec.DEFAULT_SHM_SIZE_BYTES
    host_config["IpcMode"] = host_config["IpcMode"] or "private"
    host_config["CgroupnsMode"] = host_config["CgroupnsMode"] or "private"
    host_config["Runtime"] = host_config.get("Runtime") or "crun"
    if not host_config["PidsLimit"]:
        host_config["PidsLimit"] = None
    host_config["RestartPolicy"]["Name"] = host_config["RestartPolicy"].get("Name") or "no"
    log = host_config["LogConfig"]
    host_config["LogConfig"] = {"Type": log.get("Type") or "json-file", "Config": log.get("Config") or {}}
    if host_config["Privileged"] or "host" in (host_config["PidMode"], host_config["IpcMode"]):
        security = host_config["SecurityOpt"] or []
        host_config["SecurityOpt"] = security if "label=disable" in security else [*security, "label=disable"]
    if not host_config["Privileged"]:
        if host_config["MaskedPaths"] is None:
            host_config["MaskedPaths"] = list(spec.DEFAULT_MASKED_PATHS)
        if host_config["ReadonlyPaths"] is None:
            host_config["ReadonlyPaths"] = list(spec.DEFAULT_READONLY_PATHS)
    for member in ("NetworkMode", "IpcMode", "PidMode"):
        kind, _, ref = host_config[member].partition(":")
        if kind == "container" and ref:
            try:
                host_config[member] = f"container:{state.another(engine, ref).id}"
            except InvalidParameter:
                if member != "NetworkMode":  # of a network, its start says so, as docker's does
                    raise
    completed = spec.host_config(host_config)
    host_config.clear()
    host_config.update(completed)


def _check_links(engine: Engine, host_config: dict[str, Any]) -> None:
    if option.is_user_defined(host_config["NetworkMode"]):
        return
    for text in host_config["Links"] or ():
        ref, _ = option.parse_link(text)
        if not ref:
            raise InvalidParameter('could not get container for : invalid name or ID supplied: ""')
        try:
            child = state.resolve(engine, ref)
        except NoSuchContainer as error:
            raise InvalidParameter(f"could not get container for {ref}: {error}") from None
        if child.network_mode == "host":
            raise InvalidParameter(
                "conflicting options: host type networking can't be used with links. This would result in undefined behavior"
            )


def _check_endpoints(engine: Engine, networking: dict[str, Any]) -> None:
    for ref, settings in networking.items():
        try:
            network = networks.find(engine, networks.DEFAULT if ref == "default" else ref)
        except NoSuchNetwork:
            network = None  # its start will say that there is no such network
        endpoint_settings.check(ref, network, settings, prefix=f"invalid config for network {ref}: ")


def _new_id() -> str:
    while True:
        container_id = os.urandom(32).hex()
        if not container_id[:12].isdigit():  # a host name of digits alone would be taken for an address
            return container_id


def _insert(engine: Engine, name: str, values: dict[str, Any]) -> str:
    """Record the container and return its name, a random one when it was given none."""
    if name:
        check_name(name.removeprefix("/"), shown=name)
        name = name.removeprefix("/")
        try:
            store.insert(engine, name=name, **values)
        except IntegrityError:
            raise name_taken(engine, name) from None
        return name
    for attempt in range(20):
        name = names.random_name(attempt)
        try:
            store.insert(engine, name=name, **values)
            return name
        except IntegrityError:
            continue
    name = values["container_id"][:12]
    store.insert(engine, name=name, **values)
    return name


def check_name(name: str, *, shown: str = "") -> None:
    if not spec.is_name(name):
        raise InvalidParameter(f"Invalid container name ({shown or name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")


def name_taken(engine: Engine, name: str) -> DockerError:
    holder = store.id_of_name(engine, name)
    return Conflict(
        f'Conflict. The container name "/{name}" is already in use by container "{holder}".'
        " You have to remove (or rename) that container to be able to reuse that name."
    )


def _use_volumes(engine: Engine, container_id: str, plan: mounting.Plan, points: list[dict[str, Any]]) -> None:
    """Have the volumes of the mount points, and write down where they are."""
    from dockercompat.engine.volume import users

    sources = {
        wanted.name: users.use(
            engine,
            wanted.name,
            container_id,
            anonymous=wanted.anonymous,
            driver=wanted.driver,
            options=dict(wanted.options),
            labels=dict(wanted.labels),
        )
        for wanted in plan.volumes
    }
    for point in points:
        if point["Type"] == "volume":
            point["Source"] = sources[point["Name"]]
            if "SourcePath" in point and not point["SourcePath"].startswith("/"):
                point["SourcePath"] = f"{point['Source']}/{point['SourcePath']}"
    store.set_mounts(engine, container_id, points)


def _fill_volumes(engine: Engine, container_id: str, plan: mounting.Plan, points: list[dict[str, Any]], image: ImageRecord) -> None:
    """Give new volumes what the image has in their place. Where that fails, the container and its anonymous volumes are gone."""
    from dockercompat.engine.container.unmounting import unmount_unused
    from dockercompat.engine.image import stack
    from dockercompat.engine.volume import mounting as volume_mounts
    from dockercompat.engine.volume import users

    try:
        users.fill_new(engine, points, lambda: stack.layer_dirs(engine, image)[::-1])
    except BaseException:
        store.delete(engine, container_id)
        for wanted in plan.volumes:
            if wanted.anonymous:
                users.remove_if_unused(engine, wanted.name)
        _remove_directories(engine, engine.paths.container_dir(container_id), plan)
        raise
    finally:
        mounted = volume_mounts.with_options(engine, [wanted.name for wanted in plan.volumes])
        if mounted:
            holder.join(engine.paths.run_dir)
            unmount_unused(engine, mounted)


def _remove_directories(engine: Engine, container_dir: str, plan: mounting.Plan) -> None:
    """Take back the empty directories of what was not recorded in the end."""
    from dockercompat.engine.volume import store as volumes

    doomed = [container_dir]
    for wanted in plan.volumes:
        if volumes.find(engine, wanted.name) is None:
            doomed += [volumes.data_dir(engine, wanted.name), volumes.volume_dir(engine, wanted.name)]
    for directory in doomed:
        try:
            os.rmdir(directory)
        except OSError:
            continue
