"""One call of one command: what the words said, and the engine that the handler acts on."""

from __future__ import annotations

import os

from dockercompat.cli import config_file
from dockercompat.cli.contexts import default_host
from dockercompat.cli.flags import invalid_argument
from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, cast

    from dockercompat.cli.flags import Options
    from dockercompat.cli.surface.rows import Command
    from dockercompat.engine.engine import Engine
    from dockercompat.errors import UsageError
    from dockercompat.remote.client import Remote
else:

    def cast(_, value):
        return value


class HelpInstead(ClientError):
    """A handler asks for the command's help instead of anything else; it goes to stdout, and the status is 0."""

    exit_status = 0

    def __init__(self) -> None:
        super().__init__("")


class Invocation:
    """What a handler is given.

    command  the row
    path     the name it was called by: "ps" or "container ls"
    options  a value for every flag, see flags.Options
    args     the arguments, their number checked already
    environ  the environment, global flags applied (--config is DOCKER_CONFIG)
    noun_options  what was given between the noun and its command (`compose -f FILE up`), None where no flags stand there
    debug    -D was given
    remote   another engine that the command is for, None for the user's own
    """

    def __init__(
        self,
        command: Command,
        path: str,
        options: Options,
        args: list[str],
        environ: Mapping[str, str],
        *,
        noun_options: Options | None = None,
        debug: bool = False,
        remote: Remote | None = None,
    ) -> None:
        self.command = command
        self.path = path
        self.options = options
        self.args = args
        self.environ = environ
        self.noun_options = noun_options
        self.debug = debug
        self.remote = remote
        self._engine: Engine | None = cast("Engine", remote)

    def with_command(self, command: Command, options: Options, args: list[str] | None = None) -> Invocation:
        """The same call as another command's: for one that does part of its work by it. The engine is shared."""
        made = Invocation(command, command.name, options, args or [], self.environ, debug=self.debug, remote=self.remote)
        made._engine = self.engine
        return made

    def verbs(self, name: str) -> Any:
        """The module with verbs of the engine that is meant: "container.stop" of the user's own, remote/container.py of another one."""
        noun = name.partition(".")[0]
        if self.remote is not None:
            name = f"remote.{noun}"
        elif noun != "build":
            name = f"engine.{name}"
        return __import__(f"dockercompat.{name}", fromlist=["*"])

    def verb(self, module: str, name: str = "") -> Any:
        """One function of such a module, by default that of the module's own name."""
        return getattr(self.verbs(module), name or module.rpartition(".")[2])

    @property
    def engine(self) -> Engine:
        """What verbs are given. The user's engine; its directories are made and its database is opened at the first use.

        Another engine stands in for it where one is meant: only what `verbs` gives takes that.
        """
        if self._engine is None:
            from dockercompat.engine.engine import Engine, Settings
            from dockercompat.host.paths import daemon_json, from_environment

            environ = self.environ
            paths = from_environment(environ, os.getuid())
            paths.make()
            self._engine = Engine(
                paths,
                Settings(
                    storage_driver=environ.get("PYDOCKER_STORAGE_DRIVER", ""),
                    network_helper=environ.get("PYDOCKER_NETWORK_HELPER", ""),
                    host_loopback=environ.get("PYDOCKER_HOST_LOOPBACK", "") in ("1", "true", "yes"),
                    platform=environ.get("DOCKER_DEFAULT_PLATFORM", ""),
                    proxies=self.proxies(),
                    daemon_json=daemon_json(environ),
                    build_cache_size=environ.get("PYDOCKER_BUILD_CACHE_SIZE", ""),
                ),
            )
            from dockercompat.engine import mending

            mending.repair_beside(self._engine)
        return self._engine

    def join(self) -> None:
        """Enter the user's holder (made if need be). Call it before any thread starts; calling it again does nothing.

        There is nothing to enter for another engine.
        """
        if self.remote is not None:
            return
        from dockercompat.engine import entering

        entering.join(self.engine)

    @property
    def config(self) -> dict[str, Any]:
        """What counts of docker's config.json, {} where there is none; see config_file."""
        return config_file.load(self.environ)

    def invalid_flag(self, name: str, value: str, reason: str) -> UsageError:
        """The error of docker's parser for a value that a flag does not take, for a handler to raise; name is "publish" or "no_trunc"."""
        name = name.replace("_", "-")
        for flag in self.command.flags:
            if flag.name == name:
                return invalid_argument(flag, value, reason)
        raise KeyError(name)

    def proxies(self) -> tuple[tuple[str, str], ...]:
        """The proxies of config.json for this engine's address, or its default ones, as variables."""
        proxies = self.config.get("proxies")
        if not proxies:
            return ()
        default = proxies.get(default_host(self.environ)) or proxies.get("default")
        if not default:
            return ()
        found = []
        for key, name in (
            ("httpProxy", "HTTP_PROXY"),
            ("httpsProxy", "HTTPS_PROXY"),
            ("noProxy", "NO_PROXY"),
            ("ftpProxy", "FTP_PROXY"),
            ("allProxy", "ALL_PROXY"),
        ):
            value = default.get(key)
            if isinstance(value, str) and value:
                found += [(name, value), (name.lower(), value)]
        return tuple(found)
