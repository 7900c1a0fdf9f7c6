"""Where things are: one place that turns the environment into directories."""

from __future__ import annotations

import os
import stat
import sys

from dockercompat.errors import HostLacks
from dockercompat.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Paths(Record):
    """The directories of one user's engine; all private (0700).

    data_dir    what must outlive a reboot: database, layers, volumes, containers
    run_dir     what must not: holder, sockets, bundles, locks
    config_dir  docker's own configuration directory (config.json), shared with the real client
    """

    data_dir: str
    run_dir: str
    config_dir: str

    @property
    def db_path(self) -> str:
        return f"{self.data_dir}/pydocker.db"

    @property
    def blobs_dir(self) -> str:
        return f"{self.data_dir}/blobs/sha256"

    @property
    def partial_dir(self) -> str:
        return f"{self.data_dir}/partial"

    @property
    def layers_dir(self) -> str:
        return f"{self.data_dir}/layers"

    @property
    def links_dir(self) -> str:
        return f"{self.data_dir}/l"

    @property
    def temp_dir(self) -> str:
        return f"{self.data_dir}/tmp"

    @property
    def volumes_dir(self) -> str:
        return f"{self.data_dir}/volumes"

    def container_dir(self, container_id: str) -> str:
        return f"{self.data_dir}/containers/{container_id}"

    def bundle_dir(self, container_id: str) -> str:
        return f"{self.run_dir}/c/{container_id}"

    @property
    def rootfs_dir(self) -> str:
        """Where every monitor mounts its container's file system: each in a mount namespace of its own, so that one place serves all."""
        return f"{self.run_dir}/rootfs"

    @property
    def locks_dir(self) -> str:
        return f"{self.run_dir}/locks"

    @property
    def crun_dir(self) -> str:
        return f"{self.run_dir}/crun"

    @property
    def exits_dir(self) -> str:
        return f"{self.run_dir}/exits"

    def own_command(self) -> tuple[str, ...]:
        """The words that start this very engine again, for what outlives the command; a verb of engine/internal.py follows."""
        package_dir = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        libraries = [path for path in sys.path if path.endswith("-packages")]
        code = f"import sys; sys.path[:0] = {[package_dir]!r}; sys.path += {libraries!r}; "
        code += "from dockercompat.__main__ import main; sys.exit(main())"
        return (sys.executable, "-I", "-S", "-c", code, "internal", self.data_dir, self.run_dir, self.config_dir)

    def make(self) -> None:
        """Create what is missing of the fixed directories.

        Raises  HostLacks when the runtime directory is somebody else's: its fallback lies in /tmp, where anyone may have made it before
        """
        os.makedirs(self.run_dir, 0o700, exist_ok=True)
        status = os.lstat(self.run_dir)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
            uid = os.getuid()
            raise HostLacks(f"The runtime directory {self.run_dir} belongs to another user.", f"export XDG_RUNTIME_DIR=/run/user/{uid}")
        for path in (
            self.data_dir,
            self.blobs_dir,
            self.partial_dir,
            self.layers_dir,
            self.links_dir,
            self.temp_dir,
            self.volumes_dir,
            f"{self.data_dir}/containers",
            f"{self.run_dir}/c",
            self.rootfs_dir,
            self.locks_dir,
            self.crun_dir,
            self.exits_dir,
        ):
            os.makedirs(path, 0o700, exist_ok=True)


def daemon_json(environ: Mapping[str, str]) -> str:
    """Where a rootless docker engine reads its configuration: $XDG_CONFIG_HOME/docker/daemon.json, below ~/.config by default."""
    return f"{environ.get('XDG_CONFIG_HOME') or (environ.get('HOME') or '/root') + '/.config'}/docker/daemon.json"


def from_environment(environ: Mapping[str, str], uid: int) -> Paths:
    """Directories by XDG_DATA_HOME, XDG_RUNTIME_DIR, DOCKER_CONFIG and PYDOCKER_ROOT.

    A PYDOCKER_ROOT of its own gets a runtime directory of its own, so that two roots never meet.
    Without XDG_RUNTIME_DIR: /run/user/UID where that is writable, else /tmp/pydocker-UID.
    """
    home = environ.get("HOME") or "/root"
    data = environ.get("PYDOCKER_ROOT") or os.path.join(environ.get("XDG_DATA_HOME") or f"{home}/.local/share", "pydocker")
    data = os.path.abspath(data)
    runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{uid}"
    run = f"{runtime}/pydocker" if os.access(runtime, os.W_OK) else f"/tmp/pydocker-{uid}"
    if environ.get("PYDOCKER_ROOT"):
        from zlib import crc32

        run += f"-{crc32(data.encode()):08x}"
    return Paths(data, run, environ.get("DOCKER_CONFIG") or f"{home}/.docker")
