"""What a stack's Compose file may hold, as tables: a kind for each field, in the order docker writes them.

Kinds: text, flag, flag?, int, int?, number, number?, float, bytes, duration, duration?, strings and words (lists; words are unique),
text-or-words, shell, scalars (strings or numbers), env, labels, hosts, options (a mapping of strings), test, unread (a whole number
that is checked and dropped), a Struct, or one of the containers below. A `?` marks a field whose zero is written.
Source: docker/cli, cli/compose/types.
"""

from __future__ import annotations

from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Struct(Record):
    fields: dict[str, Any]
    extras: bool = False  # x-... is kept
    loose: bool = False  # an unknown key is not refused, and not kept
    nullable: bool = False
    pointer: bool = False  # an empty one is written as {}
    short: str = ""  # how a plain string is read: the name of the field, or "volume"
    required: tuple[str, ...] = ()
    since: dict[str, int] = {}  # the minor version of the format that brought a field; "*" for the looseness


class Rows(Record):
    item: Any
    numbers: bool = False  # a plain number is allowed (ports)


class Named(Record):
    item: Any
    names: str = r"^[a-zA-Z0-9._-]+$"
    list_of_names: bool = False


EXTERNAL = "external"
ORDERS = ("start-first", "stop-first")
REFERENCE = Struct({"source": "text", "target": "text", "uid": "text", "gid": "text", "mode": "number?"}, loose=True, short="source")
UPDATE = Struct(
    {
        "parallelism": "int?",
        "delay": "duration",
        "failure_action": "text",
        "monitor": "duration",
        "max_failure_ratio": "float",
        "order": "order",
    },
    pointer=True,
    since={"order": 4},
)
GENERIC = Rows(Struct({"discrete_resource_spec": Struct({"kind": "text", "value": "number"}, pointer=True)}))
DEPLOY = Struct(
    {
        "mode": "text",
        "replicas": "int?",
        "labels": "labels",
        "update_config": UPDATE,
        "rollback_config": UPDATE,
        "resources": Struct(
            {
                "limits": Struct({"cpus": "text", "memory": "bytes", "pids": "int"}, pointer=True, since={"pids": 9}),
                "reservations": Struct(
                    {"cpus": "text", "memory": "bytes", "generic_resources": GENERIC}, pointer=True, since={"generic_resources": 5}
                ),
            }
        ),
        "restart_policy": Struct({"condition": "text", "delay": "duration?", "max_attempts": "int?", "window": "duration?"}, pointer=True),
        "placement": Struct(
            {"constraints": "strings", "preferences": Rows(Struct({"spread": "text"})), "max_replicas_per_node": "int"},
            since={"preferences": 3, "max_replicas_per_node": 8},
        ),
        "endpoint_mode": "text",
    },
    since={"rollback_config": 7, "endpoint_mode": 2},
    nullable=True,
)
VOLUME_MOUNT = Struct(
    {
        "type": "text",
        "source": "text",
        "target": "text",
        "read_only": "flag",
        "consistency": "text",
        "bind": Struct({"propagation": "text"}, loose=True, pointer=True),
        "volume": Struct({"nocopy": "flag", "subpath": "text"}, loose=True, pointer=True),
        "tmpfs": Struct({"size": "int"}, loose=True, pointer=True),
    },
    short="volume",
    required=("type",),
)
PORT = Struct({"mode": "text", "target": "int", "published": "int", "protocol": "text"}, short="port")
SERVICE_NETWORK = Struct(
    {"aliases": "words", "driver_opts": "options", "ipv4_address": "text", "ipv6_address": "text"},
    nullable=True,
    pointer=True,
    since={"driver_opts": 13},
)
SERVICE = Struct(
    {
        "build": Struct(
            {
                "context": "text",
                "dockerfile": "text",
                "args": "env",
                "labels": "labels",
                "cache_from": "words",
                "extra_hosts": "hosts",
                "network": "text",
                "target": "text",
            },
            loose=True,
            short="context",
            since={"labels": 3, "cache_from": 2, "extra_hosts": 9, "network": 4, "target": 4, "*": 11},
        ),
        "cap_add": "words",
        "cap_drop": "words",
        "cgroupns_mode": "text",
        "cgroup_parent": "text",
        "command": "shell",
        "configs": Rows(REFERENCE),
        "container_name": "text",
        "credential_spec": Struct({"config": "text", "file": "text", "registry": "text"}, since={"config": 8}),
        "depends_on": "words",
        "deploy": DEPLOY,
        "devices": "words",
        "dns": "text-or-words",
        "dns_search": "text-or-words",
        "domainname": "text",
        "entrypoint": "shell",
        "environment": "env",
        "env_file": "text-or-words",
        "expose": "scalars",
        "external_links": "words",
        "extra_hosts": "hosts",
        "hostname": "text",
        "healthcheck": Struct(
            {
                "test": "test",
                "timeout": "duration?",
                "interval": "duration?",
                "retries": "number?",
                "start_period": "duration?",
                "start_interval": "duration?",
                "disable": "flag",
            },
            pointer=True,
            since={"start_period": 4, "start_interval": 12},
        ),
        "image": "text",
        "init": "flag?",
        "ipc": "text",
        "isolation": "text",
        "labels": "labels",
        "links": "words",
        "logging": Struct({"driver": "text", "options": "options"}, pointer=True),
        "mac_address": "text",
        "network_mode": "text",
        "networks": Named(SERVICE_NETWORK, list_of_names=True),
        "pid": "text-or-null",
        "ports": Rows(PORT, numbers=True),
        "privileged": "flag",
        "read_only": "flag",
        "restart": "text",
        "secrets": Rows(REFERENCE),
        "security_opt": "words",
        "shm_size": "size-text",
        "stdin_open": "flag",
        "stop_grace_period": "duration?",
        "stop_signal": "text",
        "sysctls": "labels",
        "tmpfs": "text-or-words",
        "tty": "flag",
        "ulimits": Named("ulimit", names="^[a-z]+$"),
        "user": "text",
        "userns_mode": "text",
        "volumes": Rows(VOLUME_MOUNT),
        "working_dir": "text",
        "oom_score_adj": "unread",
    },
    extras=True,
    since={
        "cgroupns_mode": 9,
        "configs": 3,
        "credential_spec": 3,
        "init": 7,
        "isolation": 5,
        "secrets": 1,
        "oom_score_adj": 13,
        "x-": 7,
    },
)
IPAM = Struct({"driver": "text", "config": Rows(Struct({"subnet": "text"}))})
NETWORK = Struct(
    {
        "name": "text",
        "driver": "text",
        "driver_opts": "options",
        "ipam": IPAM,
        "external": EXTERNAL,
        "internal": "flag",
        "attachable": "flag",
        "labels": "labels",
    },
    extras=True,
    nullable=True,
    since={"name": 5, "attachable": 2, "x-": 7},
)
VOLUME = Struct(
    {"name": "text", "driver": "text", "driver_opts": "options", "external": EXTERNAL, "labels": "labels"},
    extras=True,
    nullable=True,
    since={"name": 4, "x-": 7},
)
_OBJECT: dict[str, Any] = {"name": "text", "file": "text", "external": EXTERNAL, "labels": "labels"}
_SINCE = {"name": 5, "driver": 8, "driver_opts": 8, "template_driver": 8, "x-": 7}
SECRET = Struct({**_OBJECT, "driver": "text", "driver_opts": "options", "template_driver": "text"}, extras=True, since=_SINCE)
CONFIG = Struct({**_OBJECT, "template_driver": "text"}, extras=True, since=_SINCE)
FILE = Struct(
    {
        "version": "text",
        "services": Named(SERVICE),
        "networks": Named(NETWORK),
        "volumes": Named(VOLUME),
        "secrets": Named(SECRET),
        "configs": Named(CONFIG),
    },
    extras=True,
    since={"secrets": 1, "configs": 3, "x-": 4},
)
UNSUPPORTED = (
    "build", "cgroupns_mode", "cgroup_parent", "devices", "domainname", "external_links", "ipc", "links", "mac_address",
    "network_mode", "pid", "privileged", "restart", "security_opt", "shm_size", "userns_mode",
)  # fmt: skip
DEPRECATED = {
    "container_name": "Setting the container name is not supported.",
    "expose": "Exposing ports is unnecessary - services on the same network can access each other's containers on any port.",
}
_LIMITS = "Set resource limits using deploy.resources"
FORBIDDEN = {
    "extends": "Support for `extends` is not implemented yet.",
    "volume_driver": "Instead of setting the volume driver on the service, "
    "define a volume using the top-level `volumes` option and specify the driver there.",
    "volumes_from": "To share a volume between services, define it using the top-level `volumes` option "
    "and reference it from each service that shares it using the service-level `volumes` option.",
    "cpu_quota": _LIMITS,
    "cpu_shares": _LIMITS,
    "cpuset": _LIMITS,
    "mem_limit": _LIMITS,
    "memswap_limit": _LIMITS,
}
