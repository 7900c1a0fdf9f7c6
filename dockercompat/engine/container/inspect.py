"""Everything about one container: what GET /containers/X/json answers, members in docker's order."""

from __future__ import annotations

from dockercompat import json
from dockercompat.engine.container import state, store
from dockercompat.engine.container.list import endpoints
from dockercompat.spec import clock
from dockercompat.spec import container as spec
from dockercompat.spec.option import is_user_defined, parse_link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine

_NEVER = "0001-01-01T00:00:00Z"


def inspect(engine: Engine, ref: str, *, size: bool = False) -> dict[str, Any]:
    """A container by name, id or prefix.

    size    with SizeRw and SizeRootFs; the process has joined the holder then
    Raises  NoSuchContainer, AmbiguousId
    """
    container = state.current(engine, ref)
    row = container.row
    words = spec.command(container.config)
    container_dir = engine.paths.container_dir(container.id)
    driver = _graph_driver(engine, container, container_dir)
    log = container.host_config["LogConfig"]["Type"]
    started = bool(row["started_ns"])
    answer: dict[str, Any] = {
        "Id": container.id,
        "Created": clock.format_ns(row["created_ns"]),
        "Path": words[0] if words else "",
        "Args": words[1:],
        "State": _state(container),
        "Image": container.image_id,
        "ResolvConfPath": f"{container_dir}/resolv.conf" if started else "",
        "HostnamePath": f"{container_dir}/hostname" if started else "",
        "HostsPath": f"{container_dir}/hosts" if started else "",
        "LogPath": f"{container_dir}/container.log" if started and log in ("json-file", "local") else "",
        "Name": "/" + container.name,
        "RestartCount": row["restart_count"],
        "Driver": driver["Name"],
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": _execs(engine, container),
        "HostConfig": _host_config(engine, container),
        "GraphDriver": driver,
    }
    if size:
        from dockercompat.engine.container.size import writable_bytes

        image = engine.db.one("SELECT size_bytes FROM images WHERE id = ?", (container.image_id,))
        written = writable_bytes(engine, container.id)
        answer["SizeRw"] = written
        answer["SizeRootFs"] = written + (image["size_bytes"] if image is not None else 0)
    answer["Mounts"] = store.shown_mounts(container.mounts)
    answer["Config"] = _config(container)
    answer["NetworkSettings"] = _network_settings(container)
    return answer


def _execs(engine: Engine, container: Container) -> list[str] | None:
    if engine.db.one("SELECT 1 FROM execs WHERE container_id = ?", (container.id,)) is None:
        return None
    from dockercompat.engine.container.exec_sessions import running

    return running(engine, container) or None


def _state(container: Container) -> dict[str, Any]:
    row = container.row
    status = container.status
    result: dict[str, Any] = {
        "Status": status,
        "Running": status in ("running", "paused", "restarting"),
        "Paused": status == "paused",
        "Restarting": status == "restarting",
        "OOMKilled": bool(row["oom_killed"]),
        "Dead": status == "dead",
        "Pid": row["pid"] if container.is_alive else 0,
        "ExitCode": row["exit_code"],
        "Error": row["error"],
        "StartedAt": clock.format_ns(row["started_ns"]) if row["started_ns"] else _NEVER,
        "FinishedAt": clock.format_ns(row["finished_ns"]) if row["finished_ns"] else _NEVER,
    }
    if container.health:
        result["Health"] = container.health
    return result


def _graph_driver(engine: Engine, container: Container, container_dir: str) -> dict[str, Any]:
    from dockercompat.storage import driver

    name = driver.of_container(engine.paths, container_dir, engine.settings.storage_driver).name
    data: dict[str, str] = {"ID": container.id}
    if name != "vfs":
        rootfs = f"/proc/{container.pid}/root" if container.is_alive else engine.paths.rootfs_dir
        data |= {
            "LowerDir": ":".join(_lower_dirs(engine, container)),
            "MergedDir": rootfs,
            "UpperDir": f"{container_dir}/upper",
            "WorkDir": f"{container_dir}/work",
        }
    else:
        data = {"Dir": f"{container_dir}/rootfs"}
    return {"Data": data, "Name": "overlay2" if name == "overlay" else name}


def _lower_dirs(engine: Engine, container: Container) -> list[str]:
    row = engine.db.one("SELECT config FROM images WHERE id = ?", (container.image_id,))
    if row is None:
        return []
    diff_ids: list[str] = (json.loads(bytes(row["config"])).get("rootfs") or {}).get("diff_ids") or []
    return [f"{engine.paths.layers_dir}/{diff_id.partition(':')[2]}/diff" for diff_id in reversed(diff_ids)]


def _host_config(engine: Engine, container: Container) -> dict[str, Any]:
    """As stored; links to containers that are there in docker's form, /child:/parent/alias; user-defined networks have their own."""
    host_config = dict(container.host_config)
    if host_config["Links"]:
        shown = []
        for text in host_config["Links"] if not is_user_defined(host_config["NetworkMode"]) else ():
            ref, alias = parse_link(text)
            row = engine.db.one("SELECT name FROM containers WHERE name = ? OR id = ?", (ref.removeprefix("/"), ref))
            if row is not None:
                shown.append(f"/{row['name']}:/{container.name}/{alias}")
        host_config["Links"] = shown or None
    return host_config


def _config(container: Container) -> dict[str, Any]:
    """As stored, with the MAC address that was asked for in the first network, where docker's older clients look for it."""
    asked = container.networking or {}
    mode = container.network_mode
    own = asked.get(mode) or (asked.get("default") if mode == "bridge" else None) or {}
    if not own.get("MacAddress"):
        return container.config
    config: dict[str, Any] = {}
    for name, value in container.config.items():
        if name == "OnBuild":
            config["MacAddress"] = own["MacAddress"]
        config[name] = value
    return config


def _network_settings(container: Container) -> dict[str, Any]:
    row = container.row
    networks = endpoints(row, container.host_config["NetworkMode"])
    default = networks.get("bridge") or spec.endpoint({})
    alive = container.is_alive
    own = alive and not container.network_mode.startswith("container:")
    return {
        "Bridge": "",
        "SandboxID": container.id if own else "",
        "SandboxKey": f"/proc/{container.pid}/ns/net" if own else "",
        "Ports": json.loads(row["ports"]) if alive else {},
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "EndpointID": default["EndpointID"],
        "Gateway": default["Gateway"],
        "GlobalIPv6Address": default["GlobalIPv6Address"],
        "GlobalIPv6PrefixLen": default["GlobalIPv6PrefixLen"],
        "IPAddress": default["IPAddress"],
        "IPPrefixLen": default["IPPrefixLen"],
        "IPv6Gateway": default["IPv6Gateway"],
        "MacAddress": default["MacAddress"],
        "Networks": networks,
    }
