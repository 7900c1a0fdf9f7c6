"""`cp`: docker's rules, both ways, and links in containers that point elsewhere."""

from __future__ import annotations

import io
import os
import tarfile

import pytest

from tests.conftest import proves
from tests.live.test_storage import tar


@pytest.fixture(params=["created", "running"])
def c1(request, pydocker, image):
    if request.param == "created":
        pydocker("create", "--name", "c1", "--network", "none", image, "sleep", "1000", check=True)
    else:
        pydocker("run", "-d", "--name", "c1", "--network", "none", image, "sleep", "1000", check=True)
    return "c1"


@proves("container cp")
@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ("f", "/tmp", "/tmp/f"),
        ("f", "/tmp/", "/tmp/f"),
        ("f", "/tmp/g", "/tmp/g"),
        ("f", "tmp/relative", "/tmp/relative"),
        ("d", "/tmp", "/tmp/d/s/x"),
        ("d/", "/tmp", "/tmp/d/s/x"),
        ("d/.", "/tmp", "/tmp/s/x"),
        ("d", "/tmp/new", "/tmp/new/s/x"),
        ("d/.", "/tmp/new", "/tmp/new/s/x"),
        ("d", "/tmp/new/", "/tmp/new/s/x"),
        ("link", "/tmp", "/tmp/link"),
        ("link/", "/tmp", "/tmp/link/s/x"),
        ("link/.", "/tmp", "/tmp/s/x"),
    ],
)
def test_into(pydocker, image, tmp_path, source, target, found):
    (tmp_path / "d/s").mkdir(parents=True)
    (tmp_path / "d/s/x").write_text("x")
    (tmp_path / "f").write_text("x")
    (tmp_path / "link").symlink_to("d")
    pydocker("create", "--name", "c1", image, check=True)
    done = pydocker("cp", source, f"c1:{target}", cwd=tmp_path, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    back = pydocker("cp", f"c1:{found}", "-", check=True).stdout_bytes
    member = tarfile.open(fileobj=io.BytesIO(back)).next()
    assert (member.uid, member.gid) == (0, 0)
    assert member.issym() == (source == "link")


@proves("container cp --follow-link")
@pytest.mark.parametrize(
    ("source", "target", "found"),
    [
        ("/d", "t", "t/s/x"),
        ("/d", "new", "new/s/x"),
        ("/d/.", "t", "t/s/x"),
        ("/d/s/x", "t", "t/x"),
        ("/d/s/x", "new", "new"),
        ("/d/s/../s/x", "new", "new"),
        ("/link", "t", "t/link"),
        ("/link/", "t", "t/link/x"),
        ("/link/x", "t", "t/x"),
    ],
)
def test_out_of(pydocker, image, tmp_path, source, target, found):
    (tmp_path / "t").mkdir()
    pydocker("run", "--name", "c1", image, "sh", "-c", "mkdir -p /d/s; echo x > /d/s/x; ln -s /d/s /link; ln -s d/s/x /file", check=True)
    if source == "/d":
        (tmp_path / "t").rmdir() if target == "t" else None
    pydocker("cp", f"c1:{source}", target, cwd=tmp_path, check=True)
    assert os.path.lexists(tmp_path / found), list(tmp_path.rglob("*"))
    pydocker("cp", "-L", "c1:/file", "followed", cwd=tmp_path, check=True)
    assert (tmp_path / "followed").read_text() == "x\n"
    assert not (tmp_path / "followed").is_symlink()


@proves("container cp")
def test_archives(pydocker, c1, tmp_path):
    pydocker("cp", "-", f"{c1}:/tmp", stdin=tar(("a", tarfile.DIRTYPE, b""), ("a/x", tarfile.REGTYPE, b"data")), check=True)
    out = tarfile.open(fileobj=io.BytesIO(pydocker("cp", f"{c1}:/tmp/a", "-", check=True).stdout_bytes))
    assert out.getnames() == ["a", "a/x"]
    assert out.extractfile("a/x").read() == b"data"


@proves("container cp --archive", "container cp --quiet")
def test_flags(pydocker, image, tmp_path):
    (tmp_path / "f").write_text("x")
    pydocker("create", "--name", "c1", "--user", "12:34", image, check=True)
    assert pydocker("cp", "--quiet=false", tmp_path / "f", "c1:/tmp", check=True).stderr == "Successfully copied 2.05kB to c1:/tmp\n"
    assert pydocker("cp", "-q=false", "c1:/tmp/f", tmp_path / "g", check=True).stderr == f"Successfully copied 2.05kB to {tmp_path}/g\n"
    pydocker("cp", "-a", tmp_path / "f", "c1:/tmp/owned", check=True)
    member = tarfile.open(fileobj=io.BytesIO(pydocker("cp", "c1:/tmp/owned", "-").stdout_bytes)).next()
    assert (member.uid, member.gid) == (12, 34)


def test_refusals(pydocker, c1, tmp_path):
    (tmp_path / "f").write_text("x")
    (tmp_path / "d").mkdir()
    for words, message in (
        (("c1:/nosuch", "."), "Error response from daemon: Could not find the file /nosuch in container c1\n"),
        (("f", "c1:/no/such/x"), "Error response from daemon: Could not find the file /no/such in container c1\n"),
        (("f", "c1:/nosuch/"), "no such directory\n"),
        (("d", "c1:/etc/passwd"), "cannot copy directory\n"),
        (("nosuch", "c1:/"), f"lstat {tmp_path}/nosuch: no such file or directory\n"),
        (("f", "nosuch:/tmp"), "Error response from daemon: No such container: nosuch\n"),
        (("c1:/etc", "f"), "cannot copy directory\n"),
        (("c1:/etc", "no/such/x"), f'invalid output path: directory "{tmp_path}/no/such" does not exist\n'),
        (("f", "d"), "must specify at least one container source\n"),
    ):
        done = pydocker("cp", *words, cwd=tmp_path)
        assert (done.status, done.stdout, done.stderr) == (1, "", message)
    (tmp_path / "passwd").mkdir()
    refused = pydocker("cp", "passwd", "c1:/etc", cwd=tmp_path)
    assert refused.status == 1
    assert "cannot overwrite non-directory" in refused.stderr


def test_links_in_a_container_stay_inside(pydocker, image, tmp_path):
    """Links of a container mean its own files, also where the copy goes."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "file").write_text("host")
    script = f"ln -s {secret} /out; ln -s {secret}/file /outfile; ln -s ../../../../../../..{secret} /up; ln -s / /self"
    pydocker("run", "--name", "c1", image, "sh", "-c", script, check=True)
    (tmp_path / "f").write_text("from outside")
    for words in (
        ("c1:/out/file", tmp_path / "x"),
        ("-L", "c1:/outfile", tmp_path / "x"),
        ("c1:/up/file", tmp_path / "x"),
        (tmp_path / "f", "c1:/out/new"),
        (tmp_path / "f", "c1:/up/"),
    ):
        assert pydocker("cp", *words).status == 1
    pydocker("cp", tmp_path / "f", "c1:/self/self/inside", check=True)
    pydocker("cp", "c1:/inside", tmp_path / "y", check=True)
    assert (tmp_path / "y").read_text() == "from outside"
    assert os.listdir(secret) == ["file"]
    assert (secret / "file").read_text() == "host"
    assert not (tmp_path / "x").exists()


def test_a_container_cannot_write_on_the_host_through_its_archive(pydocker, image, tmp_path):
    """A copied tree has links in it that point out of where it goes."""
    (tmp_path / "to").mkdir()
    (tmp_path / "victim").write_text("safe")
    pydocker("run", "--name", "c1", image, "sh", "-c", f"mkdir /d; ln -s {tmp_path} /d/a; ln -s ../victim /d/victim", check=True)
    pydocker("cp", "c1:/d/.", tmp_path / "to", check=True)
    pydocker("run", "--name", "c2", image, "sh", "-c", "mkdir -p /d/a; echo evil > /d/a/victim; echo evil > /d/victim", check=True)
    pydocker("cp", "c2:/d/.", tmp_path / "to")
    assert (tmp_path / "victim").read_text() == "safe"


def test_read_only(pydocker, image, tmp_path):
    (tmp_path / "f").write_text("x")
    pydocker("create", "--name", "c1", "--read-only", "-v", "ro:/ro:ro", "-v", "rw:/rw", image, check=True)
    assert pydocker("cp", tmp_path / "f", "c1:/tmp").stderr == "Error response from daemon: container rootfs is marked read-only\n"
    assert pydocker("cp", tmp_path / "f", "c1:/ro").stderr == "Error response from daemon: mounted volume is marked read-only\n"
    pydocker("cp", tmp_path / "f", "c1:/rw", check=True)
    pydocker("rm", "c1", check=True)
    pydocker("volume", "rm", "ro", "rw", check=True)


def test_all_of_a_container(pydocker, c1, tmp_path):
    pydocker("cp", f"{c1}:/", tmp_path / "all", check=True)
    assert (tmp_path / "all/bin/busybox").exists()
    assert not any(os.listdir(tmp_path / "all" / each) for each in ("proc", "sys", "dev"))


@proves("container export", "container export --output")
def test_export(pydocker, c1, tmp_path):
    pydocker("export", "-o", tmp_path / "out.tar", c1, check=True)
    names = tarfile.open(tmp_path / "out.tar").getnames()
    assert "bin/busybox" in names
    assert not [name for name in names if name.startswith(("proc/", "sys/"))]
    assert pydocker("export", "-o", tmp_path, c1).stderr == "failed to export container: cannot write to a directory\n"
    assert pydocker("export", "nosuch").stderr == "Error response from daemon: No such container: nosuch\n"


@proves(
    "container commit", "container commit --author", "container commit --message", "container commit --change", "container commit --pause"
)
def test_commit(pydocker, image):
    pydocker("run", "-d", "--name", "c1", "-e", "FROM_RUN=1", image, "sh", "-c", "echo kept > /file; sleep 1000", check=True)
    pydocker("exec", "c1", "sh", "-c", "until test -s /file; do sleep 0.1; done", check=True)
    words = ("-a", "Me <m@x>", "-m", "a note", "-c", "ENV A=1", "-c", 'CMD ["cat", "/file"]', "-c", "EXPOSE 80")
    made = pydocker("commit", *words, "c1", "t:new", check=True).stdout
    assert made.startswith("sha256:")
    form = '{{.Author}}|{{.Comment}}|{{json .Config.Cmd}}|{{json .Config.ExposedPorts}}|{{join .Config.Env " "}}'
    shown = pydocker("image", "inspect", "-f", form, "t:new", check=True).stdout
    assert shown.startswith('Me <m@x>|a note|["cat","/file"]|{"80/tcp":{}}|')
    assert "FROM_RUN=1" in shown
    assert "A=1" in shown
    assert pydocker("inspect", "-f", "{{.State.Status}}", "c1").stdout == "running\n"
    assert pydocker("run", "--rm", "t:new").stdout == "kept\n"
    refused = pydocker("commit", "-c", "RUN x", "c1")
    assert (refused.status, refused.stderr) == (1, "Error response from daemon: RUN is not a valid change command\n")
    pydocker("rmi", "t:new", check=True)


@proves("container cp")
def test_a_terminal_sees_progress(pydocker, image, tmp_path):
    (tmp_path / "f").write_text("x")
    pydocker("create", "--name", "c1", image, check=True)
    with pydocker.terminal("cp", str(tmp_path / "f"), "c1:/tmp") as terminal:
        terminal.expect("Copying to container - ")
        terminal.expect("Successfully copied 2.05kB to c1:/tmp")
        assert terminal.wait() == 0
