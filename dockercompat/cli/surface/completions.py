"""What completion offers for the arguments and the flag values of each command, as docker 28's client answers `__complete`.

A value is the name of a listing ("containers", see cli/offers.py), or fixed words with cobra's directive for the shell.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Offer: TypeAlias = str | tuple[int, tuple[str, ...]]

FAILED = 1  # cobra's directives, bits of one number, which the shells' scripts know
NO_SPACE = 2
NO_FILES = 4
DIRECTORIES = 16
FILES = 0

NOTHING = (NO_FILES, ())
ANY_FILE = (FILES, ())

_PLATFORMS = (
    NO_FILES,
    (
        "linux/386", "linux/amd64", "linux/arm", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm64", "linux/arm64/v8",
        "linux/ppc64le", "linux/s390x", "linux/riscv64", "windows/amd64", "wasip1/wasm",
    ),
)  # fmt: skip

_CAPABILITIES = (
    NO_FILES,
    (
        "ALL", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
        "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE",
        "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG",
        "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN",
        "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ),
)  # fmt: skip

# docker offers these in no order; here they have one
SIGNALS = (
    NO_FILES,
    (
        "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL", "PROF", "PWR",
        "QUIT", "RTMAX", *(f"RTMAX-{number}" for number in range(1, 15)), "RTMIN", *(f"RTMIN+{number}" for number in range(1, 16)),
        "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU",
        "XFSZ",
    ),
)  # fmt: skip

_ULIMITS = (
    NO_SPACE,
    (
        "as=", "chroot=", "core=", "cpu=", "data=", "fsize=", "locks=", "maxlogins=", "maxsyslogins=", "memlock=", "msgqueue=",
        "nice=", "nofile=", "nproc=", "priority=", "rss=", "rtprio=", "sigpending=", "stack=",
    ),
)  # fmt: skip

EVENT_FILTERS = ("container", "daemon", "event", "image", "label", "network", "node", "scope", "type", "volume")
EVENT_TYPES = ("builder", "config", "container", "daemon", "image", "network", "node", "plugin", "secret", "service", "volume")
EVENT_ACTIONS = (
    "create", "start", "restart", "stop", "checkpoint", "pause", "unpause", "attach", "detach", "resize", "update", "rename", "kill",
    "die", "oom", "destroy", "remove", "commit", "top", "copy", "archive-path", "extract-to-dir", "export", "import", "save", "load",
    "tag", "untag", "push", "pull", "prune", "delete", "enable", "disable", "connect", "disconnect", "reload", "mount", "unmount",
    "exec_create", "exec_start", "exec_die", "exec_detach", "health_status",
)  # fmt: skip

LOG_OPTIONS_OF_ALL = ("max-buffer-size", "mode")
LOG_OPTIONS = {
    "awslogs": (
        "awslogs-create-group", "awslogs-credentials-endpoint", "awslogs-datetime-format", "awslogs-group",
        "awslogs-multiline-pattern", "awslogs-region", "awslogs-stream", "tag",
    ),
    "fluentd": (
        "env", "env-regex", "labels", "fluentd-address", "fluentd-async", "fluentd-buffer-limit", "fluentd-request-ack",
        "fluentd-retry-wait", "fluentd-max-retries", "fluentd-sub-second-precision", "fluentd-write-timeout", "tag",
    ),
    "gcplogs": ("env", "env-regex", "labels", "gcp-log-cmd", "gcp-meta-id", "gcp-meta-name", "gcp-meta-zone", "gcp-project"),
    "gelf": (
        "env", "env-regex", "labels", "gelf-address", "gelf-compression-level", "gelf-compression-type", "gelf-tcp-max-reconnect",
        "gelf-tcp-reconnect-delay", "tag",
    ),
    "journald": ("env", "env-regex", "labels", "tag"),
    "json-file": ("env", "env-regex", "labels", "compress", "max-file", "max-size"),
    "local": ("compress", "max-file", "max-size"),
    "splunk": (
        "env", "env-regex", "labels", "splunk-caname", "splunk-capath", "splunk-format", "splunk-gzip", "splunk-gzip-level",
        "splunk-index", "splunk-insecureskipverify", "splunk-source", "splunk-sourcetype", "splunk-token", "splunk-url",
        "splunk-verify-connection", "tag",
    ),
    "syslog": (
        "env", "env-regex", "labels", "syslog-address", "syslog-facility", "syslog-format", "syslog-tls-ca-cert", "syslog-tls-cert",
        "syslog-tls-key", "syslog-tls-skip-verify", "tag",
    ),
}  # fmt: skip

_RESTART = (NO_FILES, ("no", "always", "on-failure", "unless-stopped"))
_CREATE: dict[str, "Offer"] = {
    "attach": (NO_FILES, ("stderr", "stdin", "stdout")),
    "cap-add": _CAPABILITIES,
    "cap-drop": _CAPABILITIES,
    "cgroupns": (NO_FILES, ("host", "private")),
    "env": "environment",
    "env-file": ANY_FILE,
    "ipc": "ipc",
    "link": "links",
    "log-driver": (NO_FILES, ("awslogs", "fluentd", "gelf", "journald", "json-file", "local", "splunk", "syslog")),
    "log-opt": "log_options",
    "network": "networks",
    "pid": "pid",
    "platform": _PLATFORMS,
    "pull": (NO_FILES, ("always", "missing", "never")),
    "restart": _RESTART,
    "security-opt": "security_options",
    "stop-signal": SIGNALS,
    "storage-opt": (NO_SPACE, ("size=",)),
    "ulimit": _ULIMITS,
    "userns": (NO_FILES, ("host",)),
    "uts": (NO_FILES, ("host",)),
    "volume-driver": (NO_FILES, ("local",)),
    "volumes-from": "containers",
}
_SERVICE: dict[str, "Offer"] = {
    "restart-condition": (NO_FILES, ("none", "on-failure", "any")),
    "rollback-failure-action": (NO_FILES, ("pause", "continue")),
    "rollback-order": (NO_FILES, ("start-first", "stop-first")),
    "update-failure-action": (NO_FILES, ("pause", "continue", "rollback")),
    "update-order": (NO_FILES, ("start-first", "stop-first")),
}

FLAGS: dict[str, dict[str, "Offer"]] = {
    "": {"context": "context_names", "log-level": (NO_FILES, ("debug", "info", "warn", "error", "fatal", "panic"))},
    "buildx build": {"platform": _PLATFORMS},
    "container create": _CREATE,
    "container exec": {"env": "environment"},
    "container kill": {"signal": SIGNALS},
    "container restart": {"signal": SIGNALS},
    "container run": {**_CREATE, "detach-keys": (NO_SPACE, ("ctrl-",))},
    "container stop": {"signal": SIGNALS},
    "container update": {"restart": _RESTART},
    "image history": {"platform": _PLATFORMS},
    "image import": {"platform": _PLATFORMS},
    "image inspect": {"platform": _PLATFORMS},
    "image load": {"platform": _PLATFORMS},
    "image pull": {"platform": _PLATFORMS},
    "image push": {"platform": _PLATFORMS},
    "image rm": {"platform": _PLATFORMS},
    "image save": {"platform": _PLATFORMS},
    "inspect": {"type": (NO_FILES, ("config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"))},
    "node update": {"availability": (NO_FILES, ("active", "pause", "drain")), "role": (NO_FILES, ("worker", "manager"))},
    "service create": {
        **_SERVICE,
        "env": "environment",
        "env-file": ANY_FILE,
        "mode": (NO_FILES, ("replicated", "global", "replicated-job", "global-job")),
        "network": "networks",
    },
    "service update": {**_SERVICE, "env-add": "environment", "image": "images", "network-add": "networks"},
    "system events": {"filter": "event_filters"},
}

# commands whose other flags offer nothing, not even files
ALL_FLAGS = (
    "container create", "container run", "inspect", "node ls", "node ps", "node update", "service create", "service inspect",
    "service logs", "service ls", "service ps", "service rollback", "service update",
)  # fmt: skip

# what the arguments are; a number after a colon: how many of them, no files after those
ARGUMENTS: dict[str, "Offer"] = {
    **dict.fromkeys(
        (
            "builder prune", "checkpoint create", "completion", "completion bash", "completion fish", "completion powershell",
            "completion zsh", "config create", "config ls", "container ls", "container prune", "context create", "context ls",
            "context show", "image load", "image prune", "image pull", "inspect", "login", "network create", "network ls", "node ls",
            "plugin create", "plugin ls", "service create", "service ls", "stack config", "system dial-stdio", "stack ls", "swarm ca", "swarm init",
            "swarm leave", "swarm unlock", "swarm unlock-key", "swarm update", "system df", "system events", "system info",
            "system prune", "version", "volume create", "volume ls", "volume prune",
        ),
        NOTHING,
    ),
    **dict.fromkeys(
        (
            "config inspect", "config rm", "node demote", "node inspect", "node promote", "node ps", "node rm", "node update",
            "secret inspect", "secret ls", "secret rm", "service inspect", "service logs", "service ps", "service rm",
            "service rollback", "service scale", "service update", "stack deploy", "stack ps", "stack rm", "stack services",
        ),
        (FAILED, ()),
    ),
    "buildx build": (DIRECTORIES, ()),
    "checkpoint ls": "running",
    "container attach": "not_paused",
    "container commit": "running",
    "container create": "images",
    "container diff": "running",
    "container exec": "not_paused",
    "container export": "containers",
    "container inspect": "containers",
    "container kill": "running",
    "container logs": "containers",
    "container pause": "not_paused",
    "container port": "running",
    "container rename": "containers",
    "container restart": "containers",
    "container rm": "removable",
    "container run": "images:1",
    "container start": "stopped",
    "container stats": "running",
    "container stop": "running",
    "container top": "running",
    "container unpause": "paused",
    "container update": "containers",
    "container wait": "running",
    "context export": "exported_context",
    "context inspect": "contexts",
    "context rm": "contexts",
    "context update": "contexts:1",
    "context use": "contexts:1",
    "image history": "images:1",
    "image inspect": "images",
    "image push": "images:1",
    "image rm": "images",
    "image save": "images",
    "image tag": "images:2",
    "network connect": "network_and_others",
    "network disconnect": "network_and_members",
    "network inspect": "networks",
    "network rm": "networks",
    "volume clone": "volumes",
    "volume export": "volumes",
    "volume import": "volumes",
    "volume inspect": "volumes",
    "volume rename": "volumes",
    "volume rm": "volumes",
    "volume update": "volumes",
}  # fmt: skip

# flags that docker offers again once they are given; their type is a list, but these others of that type aren't such lists there
GIVEN_AGAIN = ("list", "strings", "stringArray", "stringSlice", "stringToString")
ONCE = ("blkio-weight-device", "device-read-bps", "device-read-iops", "device-write-bps", "device-write-iops")
