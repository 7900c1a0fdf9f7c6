"""What a loss of power may have damaged is not used again."""

from __future__ import annotations

import sqlite3

from tests.conftest import eventually, proves


def _layers(pydocker) -> dict[str, str]:
    with sqlite3.connect(pydocker.root / "pydocker.db") as connection:
        return dict(connection.execute("SELECT diff_id, boot FROM layers"))


def test_new_layers_are_soon_known_to_be_on_the_disk(pydocker, image):
    eventually(lambda: set(_layers(pydocker).values()) == {""}, what="the layers' being on the disk")


@proves("container run")
def test_a_layer_of_the_boot_before_comes_back_from_its_blob(pydocker, image):
    eventually(lambda: set(_layers(pydocker).values()) == {""}, what="the layers' being on the disk")
    assert pydocker("run", "--rm", image, "echo", "before").stdout == "before\n"
    with sqlite3.connect(pydocker.root / "pydocker.db") as connection:
        connection.execute("UPDATE layers SET boot = 'another'")
    (pydocker.root / "boot").write_text("another")
    layer = pydocker("image", "inspect", "-f", "{{index .RootFS.Layers 0}}", image, check=True).stdout.strip().partition(":")[2]
    damaged = pydocker.root / "layers" / layer / "diff/bin/busybox"
    size = damaged.stat().st_size
    damaged.write_bytes(b"")
    assert pydocker("run", "--rm", image, "echo", "after").stdout == "after\n"
    assert damaged.stat().st_size == size
