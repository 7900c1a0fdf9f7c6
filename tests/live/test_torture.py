"""The short form of scripts/torture."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.conftest import Pydocker
from tests.torture import Torture


@pytest.mark.slow
def test_nothing_is_lost_or_left_when_processes_are_killed():
    top = Path(tempfile.mkdtemp(prefix="pydocker-torture-", dir="/tmp"))
    program = Pydocker(top)
    torture = Torture([program.command], program.env, top, seed=1)
    try:
        torture.prepare()
        torture.run(12, 3)
        assert torture.findings() == []
    finally:
        program("system", "reset", "--force")
        shutil.rmtree(top, ignore_errors=True)
