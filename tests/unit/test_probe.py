"""What doctor finds out about programs and file systems."""

from __future__ import annotations

import pytest

from dockercompat.host import probe
from dockercompat.host.paths import Paths


@pytest.mark.parametrize(
    ("text", "numbers"), [("1.8.1", (1, 8, 1)), ("6.18.44-fc", (6, 18, 44)), ("1.0.6", (1, 0, 6)), ("", ()), ("unknown", ())]
)
def test_numbers(text, numbers):
    assert probe._numbers(text) == numbers


def test_every_check_that_fails_says_what_mends_it(tmp_path):
    paths = Paths(str(tmp_path / "data"), str(tmp_path / "run" / "pydocker"), str(tmp_path))
    found = list(probe.checks(paths))
    assert [check.name for check in found if check.state == probe.FAIL and not check.remedy] == []
    assert len({check.name for check in found}) == len(found)
    assert list(tmp_path.iterdir()) == []  # it leaves nothing


def test_a_missing_program_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(probe, "find_program", lambda program: None)
    check = probe._program("nft", "1.0", True)
    assert (check.state, check.detail) == (probe.FAIL, "not installed")
    assert check.remedy.endswith("nftables")


def test_file_system_type():
    assert probe.file_system_type("/proc/self") == "proc"
