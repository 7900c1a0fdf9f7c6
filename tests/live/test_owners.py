"""Who owns the caller's files in a container that does not run as root, and everything else in it."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import textwrap
from functools import partial

import pytest

from tests.conftest import proves

ME = f"{os.getuid()}:{os.getgid()}"

pytestmark = [
    pytest.mark.skipif(os.getuid() == 0, reason="root's own containers have every id as it is"),
    pytest.mark.skipif(not (shutil.which("fuse-overlayfs") and shutil.which("bindfs")), reason="fuse-overlayfs or bindfs is missing"),
    pytest.mark.skipif(os.environ.get("PYDOCKER_STORAGE_DRIVER") == "vfs", reason="vfs can't show other owners"),
]


@pytest.fixture
def node(pydocker, image, tmp_path_factory):
    """An image of a user 1000 with a home and a volume's content of its own."""
    if not pydocker("image", "inspect", "owners-node").status:
        return "owners-node"
    context = tmp_path_factory.mktemp("node")
    (context / "Dockerfile").write_text(
        textwrap.dedent(f"""\
        FROM {image}
        RUN mkdir -p /home/node /data && echo node:x:1000:1000::/home/node:/bin/sh >>/etc/passwd && echo node:x:1000: >>/etc/group \\
            && echo own >/home/node/own && echo v >/data/v && chown -R 1000:1000 /home/node /data
        USER node
        """)
    )
    pydocker("build", "-q", "-t", "owners-node", str(context), check=True)
    return "owners-node"


@pytest.fixture
def source(tmp_path):
    directory = tmp_path / "source"
    directory.mkdir()
    (directory / "secret").write_text("mine\n")
    (directory / "secret").chmod(0o600)
    return directory


def owners(directory, *names):
    return {name: f"{(directory / name).lstat().st_uid}:{(directory / name).lstat().st_gid}" for name in names}


@proves("container run --user")
def test_image_user_owns_the_callers_files(pydocker, node, source):
    """The rest is its own: the image, the volume, what docker writes; root's is not the user's."""
    script = """
        cat /app/secret; echo new >/app/new; mkdir /app/dir; rm /app/secret
        echo x >/home/node/x; echo y >/data/y; mkdir /data/d; echo z >/app/node_modules/z
        stat -c '%u:%g %n' / /etc/passwd /etc/hosts /app /app/new /home/node /home/node/own
        stat -c '%u:%g %n' /home/node/x /data /data/v /data/y /app/node_modules
        echo no 2>/dev/null >/etc/passwd || echo refused; id -u
    """
    mounts = ("-v", f"{source}:/app", "-v", "owners-data:/data", "-v", "owners-modules:/app/node_modules")
    pydocker("volume", "create", "owners-modules", check=True)
    pydocker("run", "--rm", "-v", "owners-modules:/m", node, "true", check=True)
    pydocker("run", "--rm", "-u", "0", "-v", "owners-modules:/m", node, "chown", "1000:1000", "/m", check=True)
    seen = pydocker("run", "--rm", *mounts, node, "sh", "-c", script)
    assert seen.stdout.split("\n") == [
        "mine", "0:0 /", "0:0 /etc/passwd", "0:0 /etc/hosts", "1000:1000 /app", "1000:1000 /app/new", "1000:1000 /home/node",
        "1000:1000 /home/node/own", "1000:1000 /home/node/x", "1000:1000 /data", "1000:1000 /data/v", "1000:1000 /data/y",
        "1000:1000 /app/node_modules", "refused", "1000", "",
    ], seen  # fmt: skip
    assert owners(source, "new", "dir", "node_modules") == {"new": ME, "dir": ME, "node_modules": ME}
    for user in ("0", "1000"):  # as containers without such a mount see the volumes
        seen = pydocker(
            "run",
            "--rm",
            "-u",
            user,
            "-v",
            "owners-data:/data",
            "-v",
            "owners-modules:/m",
            node,
            "stat",
            "-c",
            "%u:%g",
            "/data/y",
            "/data/d",
            "/m/z",
        )
        assert seen.stdout.split() == ["1000:1000"] * 3
    seen = pydocker("run", "--rm", "-u", "0", "-v", f"{source}:/app", node, "sh", "-c", "stat -c %u:%g /app /app/new; touch /app/root")
    assert seen.stdout.split() == ["0:0", "0:0"]
    assert owners(source, "root") == {"root": ME}
    pydocker("volume", "rm", "owners-data", "owners-modules", check=True)


@pytest.mark.parametrize(
    ("user", "seen"),
    [("1000", "1000:0"), ("1005:1006", "1005:1006"), ("1:1", "1:1"), ("1234567:7654321", "1234567:7654321"), ("caller", ME)],
)
def test_user_by_number(pydocker, image, source, user, seen):
    flags = ("--user", ME if user == "caller" else user, "-v", f"{source}:/app", "-v", f"{source}/secret:/one:ro", "-w", "/app/sub/dir")
    result = pydocker("run", "--rm", *flags, image, "sh", "-c", "cat /one && touch f && stat -c %u:%g f /app/secret / && pwd")
    assert result.stdout.split() == ["mine", seen, seen, "0:0", "/app/sub/dir"], result
    assert set(owners(source, "sub", "sub/dir", "sub/dir/f").values()) == {ME}


@proves("container exec --user", "container run --userns", "container create --userns")
def test_what_else_touches_its_files(pydocker, node, source, tmp_path):
    """exec, cp, export, diff, commit, a second start, and nothing left running at the end."""
    container = pydocker("run", "-d", "--name", "owners-c", "-v", f"{source}:/app", node, "sleep", "60", check=True).stdout.strip()
    inside = partial(pydocker, "exec", container)
    made = "touch /etc/ok && stat -c %u /etc/ok /app/secret"
    stat = partial(inside, "stat", "-c", "%u")
    try:
        assert stat("/app/secret", "/home/node/own").stdout.split() == ["1000", "1000"]
        assert pydocker("exec", "-u", "0", container, "sh", "-c", made).stdout.split() == ["0", "1000"]
        (tmp_path / "t").write_text("t")
        pydocker("cp", f"{tmp_path}/t", f"{container}:/home/node/t", check=True)
        pydocker("cp", "-a", f"{tmp_path}/t", f"{container}:/home/node/a", check=True)
        pydocker("cp", f"{tmp_path}/t", f"{container}:/app/t", check=True)
        assert pydocker("exec", container, "stat", "-c", "%u:%g", "/home/node/t", "/home/node/a").stdout.split()[1] == "1000:1000"
        for _ in range(2):  # while it runs, and when it has ended
            with tarfile.open(fileobj=io.BytesIO(pydocker("export", container).stdout_bytes)) as archive:
                assert [archive.getmember(name).uid for name in ("etc/ok", "home/node/own", "bin")] == [0, 1000, 0]
            assert "A /etc/ok" in pydocker("diff", container).stdout
            pydocker("commit", container, "owners-committed", check=True)
            seen = pydocker("run", "--rm", "owners-committed", "stat", "-c", "%u", "/etc/ok", "/home/node/a")
            assert seen.stdout.split() == ["0", "1000"]
            pydocker("stop", "-t", "0", container, check=True)
        pydocker("start", container, check=True)
        assert stat("/etc/ok", "/home/node/a", "/app/secret").stdout.split() == ["0", "1000", "1000"]
    finally:
        pydocker("rm", "-f", container, check=True)
        pydocker("rmi", "-f", "owners-committed")


def test_userns_modes(pydocker, image, node, source):
    flags = ("--rm", "-v", f"{source}:/app")
    script = "id -u; id -g; stat -c %u:%g /app; touch /app/$0 || echo refused"
    me = ME.replace(":", "\n").split()
    cases = {
        ("keep-id", image): [*me, ME],
        ("keep-id", node): [*me, ME],
        ("keep-id:uid=1000,gid=999", image): ["1000", "999", "1000:999"],
        ("host", node): ["1000", "1000", "0:0", "refused"],
    }
    for (mode, name), wanted in cases.items():
        assert pydocker("run", *flags, "--userns", mode, name, "sh", "-c", script, "f").stdout.split() == wanted
    assert owners(source, "f") == {"f": ME}
    root = pydocker(
        "run", *flags, "--userns", "keep-id:uid=1000,gid=1000", "--user", "0", node, "sh", "-c", "id -u; stat -c %u /app /home/node"
    )
    assert root.stdout.split() == ["0", "1000", "1000"]
    for mode in ("keep-id:", "keep-id:x=1", "keep-id:uid=x", "auto", "nomap", "private", "ns:/x"):
        refused = pydocker("run", *flags, "--userns", mode, image, "true")
        assert (refused.status, refused.stderr.splitlines()[0]) == (125, "docker: --userns: invalid USER mode")
    container = pydocker("create", "--userns", "keep-id", image, check=True).stdout.strip()
    assert pydocker("inspect", "--format", "{{.HostConfig.UsernsMode}}", container).stdout == "keep-id\n"
    pydocker("rm", container, check=True)


def test_those_who_need_none_pay_nothing(pydocker, node, source):
    for flags in ((), ("-u", "0", "-v", f"{source}:/app"), ("-v", "/etc/passwd:/p:ro"), ("-v", "owners-v:/data")):
        seen = pydocker("run", "--rm", *flags, node, "grep", "-c", " / / .*fuse", "/proc/self/mountinfo").stdout
        assert seen == ("1\n" if os.environ.get("PYDOCKER_STORAGE_DRIVER") == "fuse-overlayfs" else "0\n"), flags
    pydocker("volume", "rm", "owners-v", check=True)


def test_shared_namespaces(pydocker, node, source):
    pydocker("run", "-d", "--name", "owners-o", "--ipc", "shareable", "-u", "0", node, "sleep", "60", check=True)
    try:
        for flags in (
            ("--network", "container:owners-o"),
            ("--pid", "container:owners-o", "--ipc", "container:owners-o"),
            ("--network", "host"),
            ("--privileged",),
        ):
            assert pydocker("run", "--rm", *flags, "-v", f"{source}:/app", node, "cat", "/app/secret").stdout == "mine\n", flags
    finally:
        pydocker("rm", "-f", "owners-o", check=True)
