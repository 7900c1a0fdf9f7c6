"""Changesets into layer directories and back, on a real file system: forms of tar, whiteouts, and what must not get out."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
import tarfile

import pytest

from dockercompat.errors import InvalidLayer, InvalidParameter
from dockercompat.storage.extract import extract_archive, extract_changeset
from dockercompat.storage.layer import is_opaque, is_whiteout
from dockercompat.storage.merge import merge_layer
from dockercompat.storage.pack import layer_digest, pack
from dockercompat.storage.tar import TarWriter, open_compressed


def entry(name, data=b"", *, kind=tarfile.REGTYPE, link="", mode=0o644, pax=None, mtime=1_700_000_000):
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.mode, member.mtime = kind, link, mode, mtime
    member.uid, member.gid = os.getuid(), os.getgid()
    member.size = len(data)
    member.pax_headers = pax or {}
    return member, data


def directory(name, **more):
    return entry(name, kind=tarfile.DIRTYPE, mode=0o755, **more)


def archive(*entries, format=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format, errors="surrogateescape") as tar:
        for member, data in entries:
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture
def layer(tmp_path):
    path = tmp_path / "layer"
    path.mkdir()
    return path


def extract(layer, data):
    return extract_changeset(io.BytesIO(data), str(layer))


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_what_a_tar_says_is_there(layer, format):
    deep = "/".join(["directory-with-a-name"] * 12)
    data = archive(
        directory("d"),
        entry("d/file", b"content", mode=0o4750),
        entry("d/link", kind=tarfile.SYMTYPE, link="../somewhere/else"),
        entry("d/hard", kind=tarfile.LNKTYPE, link="d/file"),
        entry(f"{deep}/{'n' * 200}", b"long"),
        entry("d/long-link", kind=tarfile.SYMTYPE, link="x" * 300),
        entry("d/\udcff\udcfe", b"not UTF-8"),
        entry("fifo", kind=tarfile.FIFOTYPE),
        format=format,
    )
    done = extract(layer, data + b"trailing bytes count")
    assert done.diff_id == "sha256:" + hashlib.sha256(data + b"trailing bytes count").hexdigest()
    assert done.size_bytes == len(b"content" + b"long" + b"not UTF-8") + len("../somewhere/else") + 300
    assert (layer / "d/file").read_bytes() == b"content"
    assert stat.S_IMODE((layer / "d/file").stat().st_mode) == 0o4750
    assert os.readlink(layer / "d/link") == "../somewhere/else"
    assert (layer / "d/hard").stat().st_ino == (layer / "d/file").stat().st_ino
    assert (layer / deep / ("n" * 200)).read_bytes() == b"long"
    assert os.readlink(layer / "d/long-link") == "x" * 300
    assert open(os.fsencode(layer) + b"/d/\xff\xfe", "rb").read() == b"not UTF-8"
    assert stat.S_ISFIFO((layer / "fifo").stat().st_mode)
    assert (layer / "d").stat().st_mtime == 1_700_000_000


def test_numbers_beyond_octal(layer):
    done = extract(layer, archive(entry("old", b"x", mtime=-5.5, pax={"SCHILY.xattr.user.color": "blue"}), entry("far", mtime=2**36)))
    assert done.size_bytes == 1
    assert (layer / "old").stat().st_mtime_ns == -5_500_000_000
    assert os.getxattr(layer / "old", "user.color") == b"blue"


def test_sparse_files(layer, tmp_path):
    source = tmp_path / "sparse"
    with open(source, "wb") as file:
        file.truncate(40 << 20)
        file.seek(30 << 20)
        file.write(b"data")
    for options in ("--format=gnu", "--format=pax --sparse-version=0.0", "--format=pax --sparse-version=0.1", "--format=pax"):
        name = f"out{len(options)}"
        packed = os.popen(f"tar -C {tmp_path} -S {options} --transform=s/sparse/{name}/ -cf - sparse | base64").read()
        data = base64.b64decode(packed)
        assert len(data) < 1 << 20
        assert extract(layer, data).size_bytes == 40 << 20
        assert (layer / name).read_bytes() == source.read_bytes()
        assert (layer / name).stat().st_blocks * 512 < 1 << 20


def test_whiteouts(layer):
    extract(
        layer,
        archive(
            entry("etc/.wh.gone"),
            entry("data/.wh..wh..opq"),
            entry("data/new", b"n"),
            entry(".wh.again"),  # hides what is below ...
            directory("again"),  # ... and is here anew: opaque
            directory("kept"),
            entry(".wh.kept"),
            entry("etc/.wh..wh.plnk", b"bookkeeping"),
        ),
    )
    assert is_whiteout((layer / "etc/gone").lstat())
    assert [is_opaque(str(layer / name)) for name in ("data", "again", "kept", "etc")] == [True, True, True, False]
    assert sorted(os.listdir(layer / "etc")) == ["gone"]


_SECRET = "outside"


@pytest.mark.parametrize(
    "entries",
    [
        [entry("../outside", b"broken")],
        [entry("a/../../outside", b"broken")],
        [entry("up", kind=tarfile.SYMTYPE, link=".."), entry("up/outside", b"broken")],
        [entry("up", kind=tarfile.SYMTYPE, link="../layer/.."), entry("up/outside", b"broken")],
        [entry("abs", kind=tarfile.SYMTYPE, link="{top}"), entry("abs/outside", b"broken")],
        [entry("f", kind=tarfile.SYMTYPE, link="{top}/outside"), entry("f", b"broken")],
        [entry("h", kind=tarfile.LNKTYPE, link="../outside"), entry("h", b"broken")],
        [entry("h", kind=tarfile.LNKTYPE, link="{top}/outside"), entry("h", b"broken")],
        [entry("s", kind=tarfile.SYMTYPE, link=".."), entry("h", kind=tarfile.LNKTYPE, link="s/outside"), entry("h", b"broken")],
        [directory("d"), entry("d/x", b""), entry("d", kind=tarfile.SYMTYPE, link=".."), entry("d/outside", b"broken")],
        [entry("s", kind=tarfile.SYMTYPE, link=".."), entry("s/.wh.outside")],
        [entry("s", kind=tarfile.SYMTYPE, link="../kept"), entry("s/.wh..wh..opq")],
        [entry("s", kind=tarfile.SYMTYPE, link="../kept"), directory("s"), entry("s/x", b"")],
        [entry("../.wh.outside")],
        [entry(".wh...", b"")],
        [entry("/../../outside", b"broken")],
    ],
)
def test_nothing_gets_out(layer, tmp_path, entries):
    (tmp_path / "outside").write_text(_SECRET)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text(_SECRET)
    for member, _ in entries:
        member.linkname = member.linkname.replace("{top}", str(tmp_path))
    try:
        extract(layer, archive(*entries))
    except InvalidLayer:
        pass
    assert (tmp_path / "outside").read_text() == _SECRET
    assert (tmp_path / "outside").stat().st_nlink == 1
    assert os.listdir(tmp_path / "kept") == ["file"]
    assert os.listxattr(tmp_path / "kept") == []
    assert sorted(os.listdir(tmp_path)) == ["kept", "layer", "outside"]


def test_links_inside_are_followed_inside(layer):
    extract(
        layer,
        archive(
            directory("usr/lib"),
            entry("lib", kind=tarfile.SYMTYPE, link="/usr/lib"),
            entry("lib/so", b"1"),
            entry("up", kind=tarfile.SYMTYPE, link="../../../usr"),
            entry("up/x", b"2"),
        ),
    )
    assert (layer / "usr/lib/so").read_bytes() == b"1"
    assert (layer / "usr/x").read_bytes() == b"2"


@pytest.mark.parametrize("damage", [lambda d: d[:700], lambda d: b"x" * 512 + d, lambda d: d[:124] + b"zzzzzzzzzzz\0" + d[136:]])
def test_damaged_streams(layer, damage):
    with pytest.raises(InvalidLayer):
        extract(layer, damage(archive(entry("file", b"x" * 5000))))


@pytest.mark.parametrize("left", [0, 1, 300, 511])
def test_a_stream_may_end_with_its_last_byte_of_data(layer, left):
    """docker's client writes no end, and not the rest of the last block, behind a Dockerfile from elsewhere."""
    data = archive(entry("file", b"x" * 513), directory("d"))
    extract(layer, data[: 512 + 513 + left])
    assert (layer / "file").read_bytes() == b"x" * 513
    with pytest.raises(InvalidLayer):
        extract(layer, data[: 512 + 512])


def test_an_overlay_attribute_of_an_archive_is_not_taken(layer):
    extract(layer, archive(directory("d", pax={"SCHILY.xattr.user.overlay.opaque": "y", "SCHILY.xattr.user.overlay.redirect": "/x"})))
    assert os.listxattr(layer / "d") == []


def test_packing_is_stable(layer, tmp_path):
    extract(
        layer,
        archive(
            entry("b", b"1" * 3_000_000),
            entry("a/x", b"2"),
            entry("c", kind=tarfile.LNKTYPE, link="a/x"),
            entry("a/.wh.old"),
            entry("o/.wh..wh..opq"),
            entry("long/" + "n" * 150, b"3", pax={"SCHILY.xattr.user.k": "v"}),
            entry("s", kind=tarfile.SYMTYPE, link="t" * 120),
            entry("\udcff", b"raw"),
        ),
    )
    first, again = io.BytesIO(), tmp_path / "again"
    diff_id = pack(str(layer), first)
    again.mkdir()
    assert extract_changeset(io.BytesIO(first.getvalue()), str(again)).diff_id == diff_id
    second = io.BytesIO()
    assert pack(str(again), second) == diff_id == layer_digest(str(layer))
    assert first.getvalue() == second.getvalue()
    names = tarfile.open(fileobj=io.BytesIO(first.getvalue())).getnames()
    assert "a/.wh.old" in names
    assert "o/.wh..wh..opq" in names


def test_an_empty_layer_has_dockers_diff_id(layer):
    layer.chmod(0o755)
    if os.getuid() == 0:
        assert layer_digest(str(layer)) == "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"
    out = io.BytesIO()
    TarWriter(out).finish()
    assert out.getvalue() == bytes(1024)


def test_merging(layer, tmp_path):
    target = tmp_path / "target"
    for path, text in (("gone", "1"), ("data/old", "2"), ("dir/deep/x", "3"), ("file/inner", "4")):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text)
    extract(layer, archive(entry(".wh.gone"), entry("data/.wh..wh..opq"), entry("data/new", b"n"), entry(".wh.dir"), entry("file", b"f")))
    merge_layer(str(layer), str(target))
    assert sorted(os.listdir(target)) == ["data", "file"]
    assert os.listdir(target / "data") == ["new"]
    assert (target / "file").read_text() == "f"


@pytest.mark.parametrize("kind", ["plain", "gzip", "two gzip members", "bzip2", "xz", "zstd"])
def test_compression_is_found_out(kind):
    import bz2
    import gzip
    import lzma

    import zstandard

    data = archive(entry("file", os.urandom(3_000_000)))
    packed = {
        "plain": lambda: data,
        "gzip": lambda: gzip.compress(data),
        "two gzip members": lambda: gzip.compress(data[:1000]) + gzip.compress(data[1000:]) + bytes(100),
        "bzip2": lambda: bz2.compress(data),
        "xz": lambda: lzma.compress(data, preset=0),
        "zstd": lambda: zstandard.compress(data[:5000]) + zstandard.compress(data[5000:]),
    }[kind]()
    assert open_compressed(io.BytesIO(packed)).read() == data


def test_no_change_of_kind(tmp_path):
    (tmp_path / "d").mkdir()
    with pytest.raises(InvalidParameter, match='cannot overwrite directory "/d" with non-directory'):
        extract_archive(io.BytesIO(archive(entry("d", b"x"))), str(tmp_path), replace_kinds=False)
    (tmp_path / "f").write_text("")
    with pytest.raises(InvalidParameter, match='cannot overwrite non-directory "/f" with directory'):
        extract_archive(io.BytesIO(archive(directory("f"))), str(tmp_path), replace_kinds=False)


def test_a_damaged_stream_does_not_wait_for_its_end(layer):
    read_fd, write_fd = os.pipe()
    os.write(write_fd, b"x" * 1024)
    with os.fdopen(read_fd, "rb", buffering=0) as source, pytest.raises(InvalidLayer):
        extract_changeset(source, str(layer))
    os.close(write_fd)
