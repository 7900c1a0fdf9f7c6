"""Mount options of overlays, and layers seen merged without a mount."""

from __future__ import annotations

import os
import stat

import pytest

from dockercompat.errors import DockerError, InvalidParameter
from dockercompat.host.paths import Paths
from dockercompat.storage import changes, driver
from dockercompat.storage.overlay import OverlayDriver


@pytest.fixture
def paths(tmp_path):
    made = Paths(f"{tmp_path}/data", f"{tmp_path}/run", f"{tmp_path}/config")
    made.make()
    return made


def layer(paths, number):
    directory = f"{paths.layers_dir}/{number:064x}"[:-64] + f"{number:012x}".ljust(64, "0") + "/diff"
    os.makedirs(directory)
    return directory


def test_options(paths):
    overlay = OverlayDriver(paths)
    layers = [layer(paths, number) for number in range(128)]
    options = overlay.options(layers[:2], paths.container_dir("c" * 64))
    container = "containers/" + "c" * 64
    assert options == f"lowerdir=l/000000000000:l/000000000001,upperdir={container}/upper,workdir={container}/work"
    assert len(overlay.options(layers, paths.container_dir("c" * 64))) < 4000
    assert overlay.options([], "/else,where") == r"lowerdir=l/nothing,upperdir=/else\,where/upper,workdir=/else\,where/work"
    assert overlay.options(["/a:b,c"], "/x").startswith(r"lowerdir=/a\:b\,c,")
    with pytest.raises(DockerError, match="max depth exceeded"):
        overlay.options([f"/elsewhere/{number}/{'x' * 50}" for number in range(100)], "/x")


def test_links_lead_to_the_layers(paths):
    overlay = OverlayDriver(paths)
    layers = [layer(paths, number) for number in range(3)]
    for _ in range(2):
        overlay.make_links(layers)
    assert [os.path.realpath(f"{paths.data_dir}/{overlay.short(each)}") for each in layers] == layers
    with pytest.raises(FileNotFoundError):
        overlay.make_links([f"{paths.layers_dir}/{'f' * 64}/diff"])


def test_choice(paths):
    assert [driver.choose(paths, name).name for name in ("overlay2", "fuse-overlayfs", "vfs")] == ["overlay", "fuse-overlayfs", "vfs"]
    with pytest.raises(InvalidParameter, match="driver not supported: zfs"):
        driver.choose(paths, "zfs")
    with open(f"{paths.data_dir}/storage-driver", "w", encoding="ascii") as file:
        file.write(f"vfs {os.uname().release}\n")
    assert driver.choose(paths).name == "vfs"
    assert "vfs" in driver.notice(paths)
    assert driver.notice(paths) == ""


@pytest.fixture
def stack(tmp_path):
    """Three layers, top first: names removed, hidden, replaced."""
    top, middle, base = (tmp_path / name for name in ("top", "middle", "base"))
    for path, text in (("a/x", "1"), ("a/y", "1"), ("hidden/old", "1"), ("gone/z", "1"), ("kind/inner", "1"), ("file", "1")):
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        (base / path).write_text(text)
    (base / "link").symlink_to("/a")
    (middle / "hidden").mkdir(parents=True)
    os.setxattr(middle / "hidden", "user.overlay.opaque", b"y")
    (middle / "hidden/new").write_text("2")
    (middle / "a").mkdir()
    os.mknod(middle / "a/y", stat.S_IFCHR, 0)
    os.mknod(middle / "gone", stat.S_IFCHR, 0)
    (top / "a").mkdir(parents=True)
    (top / "a/x").write_text("3")
    (top / "kind").write_text("3")
    (top / ".wh.file").write_text("")  # as kernels before 5.8 have it
    return [str(top), str(middle), str(base)]


def test_the_merged_view(stack):
    view = changes.LowerView(stack)
    assert view.names("") == {"a", "hidden", "kind", "link"}
    assert view.names("/a") == {"x"}
    assert view.names("/hidden") == {"new"}
    assert view.find("/a/x")[0] == f"{stack[0]}/a/x"
    assert [view.find(path) for path in ("/a/y", "/gone", "/gone/z", "/kind/inner", "/hidden/old", "/file")] == [None] * 6
    assert view.resolve("/link/../a/./x") == "/a/x"
    assert view.resolve("../../link/x") == "/a/x"


def test_differences_of_an_upper_directory(stack, tmp_path):
    upper = tmp_path / "upper"
    (upper / "a").mkdir(parents=True)
    (upper / "a/x").write_text("changed")
    (upper / "a/new").write_text("")
    os.mknod(upper / "kind", stat.S_IFCHR, 0)
    (upper / "etc").mkdir()
    (upper / "etc/hosts").write_text("")
    (upper / "proc").mkdir()
    found = changes.compare(str(upper), stack, whole=False)
    assert [(each.kind, each.path) for each in found] == [("A", "/a/new"), ("C", "/a"), ("C", "/a/x"), ("D", "/kind")]
    assert changes.runtime_leftovers(str(upper), stack) == {"/etc", "/etc/hosts", "/proc"}
