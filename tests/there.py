"""Commands at another engine, for tests."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import Pydocker, Result, Terminal


class There:
    """Commands at the other engine; env says how it is reached."""

    def __init__(self, pydocker: Pydocker, env: dict[str, str]) -> None:
        self.pydocker = pydocker
        self.env = env

    def __call__(self, *words: str | Path, **options: Any) -> Result:
        return self.pydocker(*words, env=self.env, **options)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return self.pydocker.start(*words, env=self.env)

    def terminal(self, *words: str) -> contextlib.AbstractContextManager[Terminal]:
        return self.pydocker.terminal(*words, env=self.env)

    def streams(self, image: str) -> None:
        """Megabytes both ways, standard output and error apart, and the status."""
        data = os.urandom(1 << 20) * 12
        script = "md5sum >&2; dd if=/dev/zero bs=1M count=12 2>/dev/null; exit 7"
        ran = self("run", "-i", "--rm", "--network", "none", image, "sh", "-c", script, stdin=data)
        assert (ran.status, len(ran.stdout_bytes)) == (7, 12 << 20), (ran.status, len(ran.stdout_bytes), ran.stderr)
        assert ran.stderr.split()[0] == hashlib.md5(data).hexdigest()
