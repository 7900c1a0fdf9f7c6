"""Where things are, and whose they must be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dockercompat.errors import HostLacks
from dockercompat.host.paths import from_environment


def test_everything_is_private(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    paths = from_environment({"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}, os.getuid())
    paths.make()
    for directory in (paths.data_dir, paths.run_dir, paths.volumes_dir, paths.crun_dir):
        assert os.stat(directory).st_mode & 0o777 == 0o700, directory


def test_without_a_runtime_directory_two_roots_never_meet() -> None:
    first, second = (from_environment({"HOME": "/h", "XDG_RUNTIME_DIR": "/nowhere", "PYDOCKER_ROOT": root}, 7) for root in ("/a", "/b"))
    assert first.run_dir.startswith("/tmp/pydocker-7-")
    assert first.run_dir != second.run_dir


@pytest.mark.parametrize("trap", ["link", "writable"])
def test_a_runtime_directory_that_others_reach_is_refused(tmp_path: Path, trap: str) -> None:
    """In /tmp anyone can lay out the name before: as a link to a place of the victim, or as a directory that both may write to."""
    run = tmp_path / "run"
    run.mkdir()
    if trap == "link":
        (tmp_path / "elsewhere").mkdir()
        (run / "pydocker").symlink_to(tmp_path / "elsewhere")
    else:
        (run / "pydocker").mkdir()
        (run / "pydocker").chmod(0o777)
    paths = from_environment({"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(run)}, os.getuid())
    with pytest.raises(HostLacks, match="belongs to another user"):
        paths.make()
    assert not (tmp_path / "elsewhere" / "c").exists()
