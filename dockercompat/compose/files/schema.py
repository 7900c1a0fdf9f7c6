"""The grammar of compose files: which attributes exist, and of what type each is.

Spec: compose-spec, the schema of docker compose 2.40
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Rule:
    """What a value must be.

    types     names of JSON types; empty: any
    enum      the only texts allowed
    pattern   a regular expression that a text must match somewhere
    minimum, maximum   bounds of a number
    fields    attributes of a mapping
    keyed     (regular expression, rule) for attributes that users name
    closed    other attributes are refused
    required  attributes that may not lack
    items     the rule of each item of a list
    distinct  no two items are equal
    one_of    the value fits exactly one of these; mistakes are told of the first
    """

    __slots__ = ("closed", "distinct", "enum", "fields", "items", "keyed", "maximum", "minimum", "one_of", "pattern", "required", "types")

    def __init__(
        self,
        *types: str,
        enum: tuple[str, ...] = (),
        pattern: str = "",
        minimum: int | None = None,
        maximum: int | None = None,
        fields: Mapping[str, Rule] | None = None,
        keyed: tuple[tuple[str, Rule], ...] = (),
        closed: bool = False,
        required: tuple[str, ...] = (),
        items: Rule | None = None,
        distinct: bool = False,
        one_of: tuple[Rule, ...] = (),
    ) -> None:
        self.types, self.enum, self.pattern = types, enum, pattern
        self.minimum, self.maximum = minimum, maximum
        self.fields = fields or {}
        self.keyed = tuple((re.compile(key).search, rule) for key, rule in keyed)
        self.closed, self.required, self.items, self.one_of = closed, required, items, one_of
        self.distinct = distinct


_ANY = Rule()
_NAMES = "^[a-zA-Z0-9._-]+$"
_EXTENSION = (("^x-", _ANY),)

text = Rule("string")
loose_texts = Rule("array", items=text)
texts = Rule("array", items=text, distinct=True)
boolean = Rule("boolean", "string")
integer = Rule("integer", "string")
number = Rule("number", "string")
flag = Rule("boolean")
nothing = Rule("null")


def mapping(fields: Mapping[str, Rule], *, required: tuple[str, ...] = (), extensible: bool = True, nullable: bool = False) -> Rule:
    """A mapping with the attributes given and, if extensible, x- ones."""
    types = ("object", "null") if nullable else ("object",)
    return Rule(*types, fields=fields, required=required, closed=True, keyed=_EXTENSION if extensible else ())


def keyed(rule: Rule, key: str = _NAMES, *, closed: bool = False) -> Rule:
    """A mapping whose keys users choose."""
    return Rule("object", keyed=((key, rule),), closed=closed)


def either(*rules: Rule) -> Rule:
    return Rule(one_of=rules)


def listed(rule: Rule, *, distinct: bool = False) -> Rule:
    return Rule("array", items=rule, distinct=distinct)


def fields(rule: Rule, words: str) -> dict[str, Rule]:
    return dict.fromkeys(words.split(), rule)


text_or_list = either(text, texts)
pairs = either(keyed(Rule("string", "number", "boolean", "null"), ".+", closed=True), texts)
hosts = either(keyed(either(text, loose_texts), ".+", closed=True), texts)
command = either(nothing, text, loose_texts)
options = keyed(number, "^.+$")
hook = mapping({"command": command, **fields(text, "user working_dir"), "privileged": boolean, "environment": pairs}, required=("command",))
file_mounts = listed(either(text, mapping({**fields(text, "source target uid gid"), "mode": number})))
ulimits = keyed(either(integer, mapping(fields(integer, "hard soft"), required=("soft", "hard"))), "^[a-z]+$")
device_fields: dict[str, Rule] = {
    "capabilities": texts,
    "count": Rule("string", "integer"),
    "device_ids": texts,
    "driver": text,
    "options": pairs,
}
external = Rule("boolean", "string", "object", fields={"name": text}, closed=True, keyed=_EXTENSION)
loose_external = Rule("boolean", "string", "object", fields={"name": text})

build = either(
    text,
    mapping(
        {
            **fields(text, "context dockerfile dockerfile_inline network target isolation"),
            **fields(loose_texts, "entitlements cache_from cache_to tags platforms"),
            **fields(pairs, "args ssh labels additional_contexts"),
            **fields(boolean, "no_cache pull privileged provenance sbom"),
            "shm_size": integer,
            "extra_hosts": hosts,
            "secrets": file_mounts,
            "ulimits": ulimits,
        }
    ),
)
update = mapping(
    {
        "parallelism": integer,
        **fields(text, "delay failure_action monitor"),
        "max_failure_ratio": number,
        "order": Rule("string", enum=("start-first", "stop-first")),
    }
)
deploy = mapping(
    {
        **fields(text, "mode endpoint_mode"),
        "replicas": integer,
        "labels": pairs,
        **fields(update, "rollback_config update_config"),
        "resources": mapping(
            {
                "limits": mapping({"cpus": number, "memory": text, "pids": integer}),
                "reservations": mapping(
                    {
                        "cpus": number,
                        "memory": text,
                        "generic_resources": listed(mapping({"discrete_resource_spec": mapping({"kind": text, "value": number})})),
                        "devices": listed(mapping(device_fields, required=("capabilities",))),
                    }
                ),
            }
        ),
        "restart_policy": mapping({**fields(text, "condition delay window"), "max_attempts": integer}),
        "placement": mapping(
            {"constraints": loose_texts, "preferences": listed(mapping({"spread": text})), "max_replicas_per_node": integer}
        ),
    },
    nullable=True,
)
develop = mapping(
    {
        "watch": listed(
            mapping(
                {
                    **fields(text_or_list, "ignore include"),
                    **fields(text, "path target"),
                    "action": Rule("string", enum=("rebuild", "sync", "restart", "sync+restart", "sync+exec")),
                    "exec": hook,
                    "initial_sync": flag,
                },
                required=("path", "action"),
            )
        )
    },
    nullable=True,
)
healthcheck = mapping(
    {
        "disable": boolean,
        **fields(text, "interval timeout start_period start_interval"),
        "retries": number,
        "test": either(text, loose_texts),
    }
)
depends_on = either(
    texts,
    keyed(
        mapping(
            {
                "restart": boolean,
                "required": flag,
                "condition": Rule("string", enum=("service_started", "service_healthy", "service_completed_successfully")),
            },
            required=("condition",),
        ),
        closed=True,
    ),
)
service_networks = either(
    texts,
    keyed(
        either(
            mapping(
                {
                    **fields(texts, "aliases link_local_ips"),
                    **fields(text, "interface_name ipv4_address ipv6_address mac_address"),
                    "driver_opts": options,
                    **fields(Rule("number"), "priority gw_priority"),
                }
            ),
            nothing,
        ),
        closed=True,
    ),
)
service_volumes = listed(
    either(
        text,
        mapping(
            {
                "type": Rule("string", enum=("bind", "volume", "tmpfs", "cluster", "npipe", "image")),
                **fields(text, "source target consistency"),
                "read_only": boolean,
                "bind": mapping(
                    {
                        "propagation": text,
                        "create_host_path": boolean,
                        "recursive": Rule("string", enum=("enabled", "disabled", "writable", "readonly")),
                        "selinux": Rule("string", enum=("z", "Z")),
                    }
                ),
                "volume": mapping({"labels": pairs, "nocopy": boolean, "subpath": text}),
                "tmpfs": mapping({"size": either(Rule("integer", minimum=0), text), "mode": number}),
                "image": mapping({"subpath": text}),
            },
            required=("type",),
        ),
    )
)
service_ports = listed(
    either(
        Rule("number"),
        text,
        mapping({**fields(text, "name mode host_ip protocol app_protocol"), "target": integer, "published": integer}),
    )
)
throttles = listed(mapping({"path": text, "rate": integer}, extensible=False))
blkio = mapping(
    {
        **fields(throttles, "device_read_bps device_read_iops device_write_bps device_write_iops"),
        "weight": integer,
        "weight_device": listed(mapping({"path": text, "weight": integer}, extensible=False)),
    },
    extensible=False,
)
provider_value = Rule("string", "number", "boolean")
service = mapping(
    {
        **fields(
            text,
            """cgroup_parent cpuset domainname hostname image ipc isolation mac_address network_mode platform pull_refresh_after
            restart runtime stop_grace_period stop_signal user uts userns_mode working_dir""",
        ),
        **fields(boolean, "attach init oom_kill_disable privileged read_only stdin_open tty"),
        **fields(texts, "cap_add cap_drop device_cgroup_rules dns_opt external_links links profiles security_opt volumes_from"),
        **fields(number, "cpu_shares cpu_quota cpu_period cpu_rt_period cpu_rt_runtime cpus mem_limit memswap_limit pids_limit shm_size"),
        **fields(integer, "mem_reservation mem_swappiness scale"),
        **fields(pairs, "annotations environment labels sysctls"),
        **fields(text_or_list, "dns dns_search tmpfs"),
        "label_file": either(text, loose_texts),
        **fields(command, "command entrypoint"),
        **fields(file_mounts, "configs secrets"),
        **fields(listed(hook), "post_start pre_stop"),
        "develop": develop,
        "deploy": deploy,
        "build": build,
        "blkio_config": blkio,
        "cgroup": Rule("string", enum=("host", "private")),
        "container_name": Rule("string", pattern="[a-zA-Z0-9][a-zA-Z0-9_.-]+"),
        "cpu_count": either(text, Rule("integer", minimum=0)),
        "cpu_percent": either(text, Rule("integer", minimum=0, maximum=100)),
        "credential_spec": mapping(fields(text, "config file registry")),
        "depends_on": depends_on,
        "devices": listed(either(text, mapping(fields(text, "source target permissions"), required=("source",)))),
        "env_file": either(
            text,
            listed(either(text, mapping({**fields(text, "path format"), "required": boolean}, required=("path",), extensible=False))),
        ),
        "expose": listed(number, distinct=True),
        "extends": either(text, mapping(fields(text, "service file"), required=("service",), extensible=False)),
        "provider": mapping({"type": text, "options": keyed(either(provider_value, listed(provider_value)), "^.+$")}, required=("type",)),
        "extra_hosts": hosts,
        "gpus": either(Rule("string", enum=("all",)), listed(mapping(device_fields))),
        "group_add": listed(number, distinct=True),
        "healthcheck": healthcheck,
        "logging": mapping({"driver": text, "options": keyed(Rule("string", "number", "null"), "^.+$")}),
        "models": either(texts, keyed(either(mapping(fields(text, "endpoint_var model_var")), nothing))),
        "networks": service_networks,
        "oom_score_adj": either(text, Rule("integer", minimum=-1000, maximum=1000)),
        "pid": Rule("string", "null"),
        "ports": service_ports,
        "pull_policy": Rule("string", pattern="always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+"),
        "storage_opt": Rule("object"),
        "ulimits": ulimits,
        "use_api_socket": flag,
        "volumes": service_volumes,
    }
)
pool = mapping({**fields(text, "subnet ip_range gateway"), "aux_addresses": keyed(text, "^.+$", closed=True)})
network = mapping(
    {
        **fields(text, "name driver"),
        "driver_opts": options,
        "ipam": mapping({"driver": text, "config": listed(pool), "options": keyed(text, "^.+$", closed=True)}),
        "external": external,
        **fields(boolean, "internal enable_ipv4 enable_ipv6 attachable"),
        "labels": pairs,
    },
    nullable=True,
)
volume = mapping({**fields(text, "name driver"), "driver_opts": options, "external": external, "labels": pairs}, nullable=True)
secret = mapping(
    {**fields(text, "name environment file driver template_driver"), "external": loose_external, "labels": pairs, "driver_opts": options}
)
config = mapping({**fields(text, "name content environment file template_driver"), "external": loose_external, "labels": pairs})
model = mapping({**fields(text, "name model"), "context_size": Rule("integer"), "runtime_flags": loose_texts}, required=("model",))

PROJECT = mapping(
    {
        **fields(text, "version name"),
        "include": listed(either(text, mapping({**fields(text_or_list, "path env_file"), "project_directory": text}, extensible=False))),
        "services": keyed(service, closed=True),
        "models": keyed(model),
        "networks": keyed(network),
        "volumes": keyed(volume, closed=True),
        "secrets": keyed(secret, closed=True),
        "configs": keyed(config, closed=True),
    }
)
