"""Files that are put in another's place at once."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from dockercompat.cli import config_file
from dockercompat.host import files


def test_replace(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    files.replace(str(path), lambda file: file.write(b"new"), mode=0o640)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o640)
    assert os.listdir(tmp_path) == ["file"]


def test_nothing_has_happened_where_the_content_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fill(file: BinaryIO) -> None:
        file.write(b"half")
        raise ValueError

    with pytest.raises(ValueError):
        files.replace(str(path), fill)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_read_text(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a\xff")
    assert files.read_text(str(tmp_path / "file")) == "a\ufffd"
    assert files.read_text(str(tmp_path / "none")) == ""


def test_config_json_keeps_its_permissions_and_its_link(tmp_path: Path) -> None:
    real, environ = tmp_path / "elsewhere.json", {"DOCKER_CONFIG": str(tmp_path / "docker")}
    real.write_text('{"unknown": 1}')
    real.chmod(0o600)
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker/config.json").symlink_to(real)
    config_file.save(environ, {**config_file.raw(environ), "aliases": {"builder": "buildx"}})
    assert (tmp_path / "docker/config.json").is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert config_file.raw(environ) == {"auths": {}, "aliases": {"builder": "buildx"}, "unknown": 1}
