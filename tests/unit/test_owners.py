"""Id maps of a container whose user is the caller (kernel/idmap.py), and podman's keep-id."""

import pytest

from dockercompat.kernel import idmap
from dockercompat.spec.option import is_userns_mode, parse_keep_id

RANGES = "0 1001 1\n1 100000 65536\n"


@pytest.mark.parametrize(
    ("maps", "uid", "rows", "root"),
    [
        (RANGES, 0, ["0 0 1", "1 1 65536"], 0),
        (RANGES, 1000, ["0 1000 1", "1 1 999", "1000 0 1", "1001 1001 64536"], 1000),
        (RANGES, 1, ["0 1 1", "1 0 1", "2 2 65535"], 1),
        (RANGES, 65536, ["0 65536 1", "1 1 65535", "65536 0 1"], 65536),
        (RANGES, 1234567, ["0 65536 1", "1 1 65535", "1234567 0 1"], 65536),
        ("0 1001 1\n1 100000 3\n4 200000 100\n", 5, ["0 5 1", "1 1 3", "4 4 1", "5 0 1", "6 6 98"], 5),
        ("0 1001 1\n", 1000, ["1000 0 1"], 0),
    ],
)
def test_exchange(maps, uid, rows, root, monkeypatch):
    """No row reaches over an end of a row of the namespace's own map: the kernel refuses that."""
    extents = sorted((int(line.split()[0]), int(line.split()[2])) for line in maps.splitlines())
    monkeypatch.setattr(idmap, "_extents", lambda _kind: extents)
    exchange = idmap.Exchange(uid, 0)
    assert [str(row) for row in exchange.container_maps()[0]] == rows
    assert exchange.root() == (root, 0)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("keep-id", (None, None)),
        ("keep-id:uid=5", (5, None)),
        ("keep-id:gid=6,uid=5", (5, 6)),
        ("keep-id:", None),
        ("keep-id:uid=-1", None),
        ("keep-id:uid=2147483648", None),
        ("keep-id:size=3", None),
        ("keep-ids", None),
        ("nomap", None),
    ],
)
def test_keep_id(text, ids):
    assert parse_keep_id(text) == ids
    assert is_userns_mode(text) == (ids is not None)
