"""An ssh agent for the keys that `--ssh ID=KEY` names: OpenSSH's own, for the time of the build."""

from __future__ import annotations

import os
import signal
import stat
import time

from dockercompat.errors import BuildFailed, DockerError
from dockercompat.host import run as programs
from dockercompat.kernel import syscall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def _die_with_us() -> None:
    syscall.prctl(syscall.PR_SET_PDEATHSIG, signal.SIGTERM)


class Agents:
    """Agents that this build started, ended by `stop`. temp_dir gives an empty private directory for the sockets."""

    def __init__(self, temp_dir: Callable[[], str]) -> None:
        self._temp_dir = temp_dir
        self._pids: list[int] = []

    def socket_for(self, where: str) -> str:
        """The socket of an agent that is running, or of a new one with keys (paths with commas between). Raises BuildFailed."""
        paths = where.split(",")
        if len(paths) == 1 and stat.S_ISSOCK(os.stat(paths[0]).st_mode):
            return paths[0]
        directory = self._temp_dir()
        os.chmod(directory, 0o700)
        path = f"{directory}/agent"
        try:
            self._pids.append(
                programs.spawn(["ssh-agent", "-D", "-a", path], env={"PATH": programs.SYSTEM_PATH}, cwd="/", before_exec=_die_with_us)
            )
            for _ in range(200):
                if os.path.exists(path):
                    break
                time.sleep(0.01)
            env = {"PATH": programs.SYSTEM_PATH, "SSH_AUTH_SOCK": path, "SSH_ASKPASS_REQUIRE": "never", "HOME": directory}
            for key in paths:
                programs.run(["ssh-add", "-q", key], env=env)
        except (DockerError, OSError) as error:
            raise BuildFailed(f"failed to give the keys {where} to an ssh agent (openssh-client is needed): {error}") from None
        return path

    def stop(self) -> None:
        for pid in self._pids:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
            programs.wait(pid)
        self._pids = []
