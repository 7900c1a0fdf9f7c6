"""What every verb of the engine is given: where things are, the state, and the settings of this call."""

from __future__ import annotations

from dockercompat.record import Record
from dockercompat.state.db import Database

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.distribution.policy import RegistryPolicy
    from dockercompat.host.paths import Paths


class Settings(Record):
    """What a door read from the environment and from configuration files.

    storage_driver  overlay, fuse-overlayfs, vfs, or "" to choose by probing
    network_helper  slirp4netns or pasta, "" for the first that is installed
    host_loopback   every container may reach services on the host's loopback, as host.docker.internal
    platform        os/arch[/variant] asked for when a command names none, or ""
    proxies         names and values that run, create and build put into the environment
    build_cache_size  how large the build cache may become ("20GB", "15%"), "" for the default
    daemon_json     docker's configuration file of a rootless engine, "" for none
    """

    storage_driver: str = ""
    network_helper: str = ""
    host_loopback: bool = False
    platform: str = ""
    proxies: tuple[tuple[str, str], ...] = ()
    daemon_json: str = ""
    build_cache_size: str = ""


class Engine:
    """One user's engine as one command sees it. It prints nothing, never exits, reads neither environment nor terminal."""

    def __init__(self, paths: Paths, settings: Settings | None = None) -> None:
        self.paths = paths
        self.settings = settings or Settings()
        self.db = Database(paths.db_path)
        self._registries: RegistryPolicy | None = None

    @property
    def registries(self) -> RegistryPolicy:
        """How registries are reached, as daemon.json says. Raises InvalidConfiguration when it can't be used."""
        if self._registries is None:
            from dockercompat.distribution import policy

            self._registries = policy.load(self.settings.daemon_json) if self.settings.daemon_json else policy.RegistryPolicy()
        return self._registries

    def forget_settings(self) -> None:
        """Read daemon.json anew when it is asked for next: for a process that outlives a command."""
        self._registries = None

    def for_thread(self) -> Engine:
        """The same engine with a database connection of its own."""
        return Engine(self.paths, self.settings)
