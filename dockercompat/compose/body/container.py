"""The create body of a service's container: what docker compose sends the engine for it.

Source: docker/compose, pkg/compose/create.go; compose-spec, services.
"""

from __future__ import annotations

import shlex

from dockercompat.compose import names
from dockercompat.compose.body import endpoints, mounts, resources
from dockercompat.record import Record
from dockercompat.spec import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

_BORROWED = (("ipc", "IpcMode"), ("pid", "PidMode"))


class Wanted(Record):
    """A container that is to be made.

    project     the canonical project
    service     its service's name
    name        what it is called
    labels      compose's own labels
    kept        anonymous volumes of the container it replaces: entries of its Mounts
    proxies     variables of the client's configuration, weaker than the service's
    find        the id of a running container of a service, by the service's name: whose namespaces or volumes are borrowed
    containers  (name, number) of a service's containers, for links
    mounted     ids of images that are mounted as volumes, by their names in the files
    one_off     for `run`: no aliases unless aliases is set
    """

    project: Mapping[str, Any]
    service: str
    name: str
    labels: Mapping[str, str]
    find: Callable[[str], str]
    containers: Callable[[str], Sequence[tuple[str, int]]]
    kept: Sequence[Mapping[str, Any]] = ()
    proxies: Sequence[tuple[str, str]] = ()
    mounted: Mapping[str, str] = {}
    one_off: bool = False
    aliases: bool = True


def create_body(wanted: Wanted) -> dict[str, Any]:
    """The create body: Config's members, HostConfig and NetworkingConfig."""
    project = wanted.project
    service = project["services"][wanted.service]
    called = [wanted.name, wanted.service]
    networking = endpoints.members(project, service, called, aliases=wanted.aliases, links=_links(wanted, service))
    body = _config(service, names.image(project, wanted.service), wanted)
    body["HostConfig"] = _host_config(wanted, service, next(iter(networking), ""))
    body["NetworkingConfig"] = {"EndpointsConfig": networking}
    return body


def _config(service: Mapping[str, Any], image: str, wanted: Wanted) -> dict[str, Any]:
    exposed: dict[str, dict[str, str]] = {f"{each['target']}/{each.get('protocol') or 'tcp'}": {} for each in service.get("ports") or ()}
    for each in service.get("expose") or ():
        text = str(each)
        exposed[text if "/" in text else f"{text}/tcp"] = {}
    interactive = wanted.one_off and bool(service.get("stdin_open"))
    config: dict[str, Any] = {
        "Hostname": service.get("hostname") or "",
        "Domainname": service.get("domainname") or "",
        "User": service.get("user") or "",
        "ExposedPorts": exposed or None,
        "Tty": bool(service.get("tty")),
        "OpenStdin": bool(service.get("stdin_open")),
        "StdinOnce": interactive,
        "AttachStdin": interactive,
        "AttachStdout": True,
        "AttachStderr": True,
        "Cmd": _words(service.get("command")),
        "Entrypoint": _words(service.get("entrypoint")),
        "Image": image,
        "WorkingDir": service.get("working_dir") or "",
        "Labels": {**(service.get("labels") or {}), **wanted.labels},
        "Env": _environment(service, wanted.proxies),
    }
    if service.get("stop_signal"):
        config["StopSignal"] = service["stop_signal"]
    if service.get("stop_grace_period"):
        config["StopTimeout"] = duration.parse(service["stop_grace_period"]) // 1_000_000_000
    if service.get("healthcheck"):
        config["Healthcheck"] = _healthcheck(service["healthcheck"])
    return config


def _words(value: Any) -> list[str] | None:
    """A command: None for the image's, a string split as a shell splits it."""
    if value is None:
        return None
    return shlex.split(value) if isinstance(value, str) else [str(word) for word in value]


def _environment(service: Mapping[str, Any], proxies: Sequence[tuple[str, str]]) -> list[str] | None:
    values: dict[str, Any] = {**dict(proxies), **(service.get("environment") or {})}
    return [name if value is None else f"{name}={value}" for name, value in values.items()] or None


def _healthcheck(check: Mapping[str, Any]) -> dict[str, Any]:
    if check.get("disable"):
        return {"Test": ["NONE"]}
    found: dict[str, Any] = {"Test": list(check.get("test") or ())}
    for name, member in (
        ("interval", "Interval"),
        ("timeout", "Timeout"),
        ("start_period", "StartPeriod"),
        ("start_interval", "StartInterval"),
    ):
        if check.get(name):
            found[member] = duration.parse(check[name])
    if check.get("retries") is not None:
        found["Retries"] = int(check["retries"])
    return found


def _host_config(wanted: Wanted, service: Mapping[str, Any], first_network: str) -> dict[str, Any]:
    options = [str(each) for each in service.get("security_opt") or ()]
    host_config: dict[str, Any] = {
        **resources.members(service),
        **mounts.members(wanted.project, service, wanted.kept, wanted.mounted),
        "NetworkMode": _network_mode(wanted, service, first_network),
        "RestartPolicy": restart_policy(service),
        "PortBindings": _bindings(service),
        "LogConfig": _logging(service.get("logging") or {}),
        "Privileged": bool(service.get("privileged")),
        "ReadonlyRootfs": bool(service.get("read_only")),
        "UsernsMode": service.get("userns_mode") or "",
        "UTSMode": service.get("uts") or "",
        "CgroupnsMode": service.get("cgroup") or "",
        "Isolation": service.get("isolation") or "",
        "Runtime": service.get("runtime") or "",
        "VolumesFrom": _volumes_from(wanted, service),
        "SecurityOpt": [each for each in options if each != "systempaths=unconfined"] or None,
    }
    if "systempaths=unconfined" in options:
        host_config |= {"MaskedPaths": [], "ReadonlyPaths": []}
    for name, member in _BORROWED:
        text = str(service.get(name) or "")
        host_config[member] = _borrowed(wanted, text)
    for name, member in (
        ("cap_add", "CapAdd"),
        ("cap_drop", "CapDrop"),
        ("dns", "Dns"),
        ("dns_search", "DnsSearch"),
        ("dns_opt", "DnsOptions"),
        ("group_add", "GroupAdd"),
    ):
        if service.get(name):
            host_config[member] = [str(each) for each in service[name]]
    for name, member in (("sysctls", "Sysctls"), ("storage_opt", "StorageOpt"), ("annotations", "Annotations")):
        if service.get(name):
            host_config[member] = {key: str(value) for key, value in service[name].items()}
    if service.get("init") is not None:
        host_config["Init"] = bool(service["init"])
    if service.get("extra_hosts"):
        host_config["ExtraHosts"] = [text.replace("=", ":", 1) for text in service["extra_hosts"]]
    if not first_network:
        host_config["Links"] = _links(wanted, service) or None
    return host_config


def _network_mode(wanted: Wanted, service: Mapping[str, Any], first_network: str) -> str:
    mode = str(service.get("network_mode") or "")
    return _borrowed(wanted, mode) if mode else first_network or "none"


def _borrowed(wanted: Wanted, mode: str) -> str:
    """A namespace's mode with the id of the service's container that it is borrowed of."""
    kind, _, name = mode.partition(":")
    return f"container:{wanted.find(name)}" if kind == "service" else mode


def _volumes_from(wanted: Wanted, service: Mapping[str, Any]) -> list[str] | None:
    found = []
    for text in service.get("volumes_from") or ():
        if text.startswith("container:"):
            found.append(text.removeprefix("container:"))
        else:
            name, _, mode = text.partition(":")
            found.append(wanted.find(name) + (f":{mode}" if mode else ""))
    return found or None


def restart_policy(service: Mapping[str, Any]) -> dict[str, Any]:
    """HostConfig.RestartPolicy: what deploy.restart_policy says, else `restart`."""
    deployed = (service.get("deploy") or {}).get("restart_policy")
    if deployed:
        name = {"none": "no", "any": "always", "on-failure": "on-failure"}.get(deployed.get("condition") or "any", "always")
        return {"Name": name, "MaximumRetryCount": int(deployed.get("max_attempts") or 0) if name == "on-failure" else 0}
    text = str(service.get("restart") or "no")
    name, _, count = text.partition(":")
    return {"Name": name, "MaximumRetryCount": int(count) if count.isdigit() else 0}


def _bindings(service: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for each in service.get("ports") or ():
        key = f"{each['target']}/{each.get('protocol') or 'tcp'}"
        bindings.setdefault(key, []).append({"HostIp": each.get("host_ip") or "", "HostPort": str(each.get("published") or "")})
    return bindings


def _logging(settings: Mapping[str, Any]) -> dict[str, Any]:
    options = {name: str(value) for name, value in (settings.get("options") or {}).items()}
    return {"Type": settings.get("driver") or "", "Config": options}


def _links(wanted: Wanted, service: Mapping[str, Any]) -> list[str]:
    """Links as docker's engine takes them: "container:alias"."""
    found = []
    for text in service.get("links") or ():
        name, _, alias = text.partition(":")
        for container, number in wanted.containers(name):
            found += [f"{container}:{each}" for each in (alias or name, f"{name}-{number}", f"{wanted.project['name']}-{name}-{number}")]
    for text in service.get("external_links") or ():
        name, _, alias = text.partition(":")
        found.append(f"{name}:{alias or name}")
    return list(dict.fromkeys(found))
