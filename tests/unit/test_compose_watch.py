"""What is watched, which changes count, and what they lead to."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from dockercompat.compose.watching import batch, sync
from dockercompat.compose.watching.batch import Copy, Gathering
from dockercompat.compose.watching.patterns import Patterns
from dockercompat.compose.watching.rules import Rule, rules
from dockercompat.errors import ClientError
from dockercompat.host.notifier import Notifier


def read_rules(**services: dict[str, Any]) -> list[Rule]:
    return rules({"services": services}, list(services), warned.append)


warned: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_warned() -> None:
    warned.clear()


def service(*items: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"develop": {"watch": list(items)}, **keys}


def item(action: str = "sync", path: str = "/src", **keys: Any) -> dict[str, Any]:
    return {"action": action, "path": path, "target": "/app", **keys}


@pytest.mark.parametrize(
    ("lines", "yes", "no"),
    [
        (["node_modules/"], ["node_modules", "node_modules/a/b"], ["sub/node_modules", "node_module"]),
        (["**/*.log"], ["a.log", "b/c.log"], ["a.logs"]),
        (["*.x", "!keep.x"], ["a.x"], ["keep.x", "b/a.x"]),
        (["d", "!d/keep"], ["d/a", "d"], ["d/keep"]),
        (["*"], [], ["a"]),
        (["*", "!keep", "b"], [], ["a", "b", "keep"]),
        (["/s[r]c/abs"], ["abs"], ["s[r]c/abs"]),
        (["./a/../b"], ["b/c"], ["a"]),
    ],
)
@pytest.mark.parametrize("directory", ["/src", "/a/src*[1]"])
def test_patterns(lines: list[str], yes: list[str], no: list[str], directory: str) -> None:
    patterns = Patterns(directory, [line.replace("/s[r]c", "/" + directory.strip("/").replace("[", "\\[")) for line in lines])
    assert [path for path in (*yes, *no) if patterns.match(f"{directory}/{path}")] == yes


def test_a_pattern_that_is_none() -> None:
    with pytest.raises(ClientError, match="syntax error in pattern"):
        Patterns("/src", ["a[b"])


@pytest.mark.parametrize("path", [".git/HEAD", ".git", "a/.git/x", ".idea/w.xml", "a~", ".f.swp", "4913", "d/.#x", "#x#", "a___jb_tmp___"])
def test_leftovers_never_count(path: str) -> None:
    assert batch.decide(read_rules(a=service(item())), [f"/src/{path}"]).text() == []


@pytest.mark.parametrize("path", [".gitignore", "a.git", ".f.swift", "#x", "a.tmp"])
def test_what_only_looks_like_leftovers_counts(path: str) -> None:
    assert batch.decide(read_rules(a=service(item())), [f"/src/{path}"]).text() == [f"sync a /src/{path} -> /app/{path}"]


def test_what_a_batch_leads_to() -> None:
    found = read_rules(
        web=service(
            item(ignore=["skip/"]),
            item("sync+restart", "/cfg", target="etc"),
            item("sync+exec", "/ex", target="/ex", exec={"command": ["reload", "now"]}),
            item("restart", "/re"),
            build={"context": "/none"},
        ),
        api=service(item("rebuild", "/src/package.json"), item(path="/src", include=["*.py", "lib/"]), build={"context": "/none"}),
        off={},
    )
    assert batch.decide(found, ["/other", "/srcs/x", "/src/skip/x", "/re2"]).text() == []
    changes = ["/src", "/src/package.json", "/src/a.py", "/src/lib/q", "/cfg/x", "/ex/1", "/ex/2", "/re/r", "/src/skip"]
    assert batch.decide(found, changes).text() == [
        "rebuild api",
        "sync api /src/a.py -> /app/a.py",
        "sync api /src/lib/q -> /app/lib/q",
        "sync web /src -> /app",
        "sync web /src/package.json -> /app/package.json",
        "sync web /src/a.py -> /app/a.py",
        "sync web /src/lib/q -> /app/lib/q",
        "sync web /cfg/x -> /etc/x",
        "sync web /ex/1 -> /ex/1",
        "sync web /ex/2 -> /ex/2",
        "restart web",
        "exec web ['reload', 'now']",
    ]


def test_a_file_goes_under_its_target_or_into_it(tmp_path: Path) -> None:
    (tmp_path / "one").touch()
    for target, place in (("/etc/two", "/etc/two"), ("/etc/", "/etc/one")):
        (rule,) = read_rules(a=service(item(path=f"{tmp_path}/one", target=target)))
        assert rule.place(f"{tmp_path}/one") == place


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ({}, "none of the selected services is configured for watch, consider setting a 'develop' section"),
        (service(item("rebuild")), 'can\'t watch service "a" with action rebuild without a build context'),
    ],
)
def test_refused(made: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as caught:
        read_rules(a=made)
    assert str(caught.value) == message


def test_what_a_bind_mount_has_is_not_synced() -> None:
    volumes = [{"type": "bind", "source": "/src", "target": "/x"}]
    (left,) = read_rules(a=service(item(path="/src/sub"), item("restart"), volumes=volumes))
    assert left.action == "restart"
    assert warned == ["path '/src/sub' also declared by a bind mount volume, this path won't be monitored!\n"]


def test_ignore_files_of_a_build(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("# no\nsrc/no\n**/*.log\n")
    build = {"context": str(tmp_path), "dockerfile": "Dockerfile"}
    made = service(item(path=f"{tmp_path}/src"), build=build)
    changes = [f"{tmp_path}/src/{name}" for name in ("no/x", "a.log", "b")]
    assert [each.source for each in batch.decide(read_rules(a=made), changes).sync["a"]] == changes[2:]
    (tmp_path / "Dockerfile.dockerignore").write_text("b\n")
    assert [each.source for each in batch.decide(read_rules(a=made), changes).sync["a"]] == changes


def test_directories_that_need_not_be_watched() -> None:
    (rule,) = read_rules(a=service(item(path="/p/src", ignore=["node_modules/", "out", "!out/keep"])))
    skipped = ["/p/src/node_modules", "/p/src/a/.git", "/p/other", "/q"]
    assert [path for path in (*skipped, "/p/src", "/p", "/", "/p/src/out", "/p/src/lib") if rule.skips(path)] == skipped


def test_a_batch_is_over_when_it_is_quiet() -> None:
    changes = Gathering()
    assert (changes.wait_s(0), changes.take(0)) == (None, [])
    changes.add(["/b", "/a"], 10.0)
    changes.add([], 10.4)
    assert changes.wait_s(10.4) == pytest.approx(0.1)
    changes.add(["/a"], 10.4)
    assert changes.take(10.6) == []
    assert changes.take(10.9) == ["/a", "/b"]
    assert changes.take(20.0) == []


def test_an_archive_of_single_files(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir(mode=0o750)
    (tmp_path / "dir" / "inner").touch()
    (tmp_path / "file").write_text("text")
    (tmp_path / "file").chmod(0o4751)
    (tmp_path / "link").symlink_to("nowhere")
    data = io.BytesIO()
    copies = [Copy(f"{tmp_path}/{name}", f"/app/{name}") for name in ("dir", "file", "link", "gone")]
    sync.pack([Copy("/none", "/app/file"), *copies], data)
    data.seek(0)
    with tarfile.open(fileobj=data) as archive:
        assert archive.getnames() == ["app/file", "app/dir", "app/link"]
        found = archive.getmember("app/file")
        assert (found.mode, found.uid, found.gid, archive.extractfile(found).read()) == (0o4751, os.getuid(), os.getgid(), b"text")  # type: ignore[union-attr]
        assert (archive.getmember("app/dir").isdir(), archive.getmember("app/dir").mode) == (True, 0o750)
        assert archive.getmember("app/link").linkname == "nowhere"


def test_what_is_synced_at_first(tmp_path: Path) -> None:
    for name in ("a", "b/c", "no/x", ".git/h", "d~"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (rule,) = read_rules(a=service(item(path=str(tmp_path), ignore=["no"])))
    assert [copy.target for copy in sync.initial(rule)] == ["/app/a", "/app/b/c"]
    (rule,) = read_rules(a=service(item(path=f"{tmp_path}/none")))
    with pytest.raises(ClientError, match=f"stat {tmp_path}/none: no such file or directory"):
        list(sync.initial(rule))


class Tree:
    """A directory that is watched."""

    def __init__(self, top: Path, *paths: str, skips: Any = lambda path: False) -> None:
        self.top = top
        self.notifier = Notifier([str(top / path) for path in paths], skips)

    def changed(self) -> set[str]:
        return {os.path.relpath(path, self.top) for path in self.notifier.read()}


def test_changes_of_a_tree(tmp_path: Path) -> None:
    (tmp_path / "src/sub").mkdir(parents=True)
    (tmp_path / "src/sub/f").touch()
    tree = Tree(tmp_path, "src")
    assert tree.changed() == set()
    (tmp_path / "src/sub/f").write_text("x")
    (tmp_path / "beside").touch()
    assert tree.changed() == {"src/sub/f"}
    (tmp_path / "src/sub/f").chmod(0o700)
    assert tree.changed() == {"src/sub/f"}
    (tmp_path / "src/sub/f").read_text()
    assert tree.changed() == set()
    (tmp_path / "src/sub/f").unlink()
    assert tree.changed() == {"src/sub/f"}
    (tmp_path / "src/link").symlink_to("/")
    assert tree.changed() == {"src/link"}
    (tmp_path / "src/sub").rmdir()
    assert tree.changed() == {"src/sub"}
    tree.notifier.close()


def test_what_is_put_into_new_directories(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    tree = Tree(tmp_path, "src")
    deep = tmp_path / "src/a/b/c"
    deep.mkdir(parents=True)
    (deep / "early").touch()
    assert tree.changed() == {"src/a", "src/a/b", "src/a/b/c", "src/a/b/c/early"}
    (deep / "late").touch()
    assert tree.changed() == {"src/a/b/c/late"}
    tree.notifier.close()


def test_directories_that_move(tmp_path: Path) -> None:
    (tmp_path / "src/old/sub").mkdir(parents=True)
    (tmp_path / "src/old/sub/f").touch()
    tree = Tree(tmp_path, "src")
    (tmp_path / "src/old").rename(tmp_path / "src/new")
    assert tree.changed() == {"src/old", "src/new", "src/new/sub", "src/new/sub/f"}
    (tmp_path / "src/new/sub/f").write_text("x")
    assert tree.changed() == {"src/new/sub/f"}
    (tmp_path / "src/new").rename(tmp_path / "away")
    assert tree.changed() == {"src/new"}
    (tmp_path / "away/sub/f").write_text("y")
    assert tree.changed() == set()
    (tmp_path / "away").rename(tmp_path / "src/back")
    assert tree.changed() == {"src/back", "src/back/sub", "src/back/sub/f"}
    tree.notifier.close()


def test_a_path_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    (tmp_path / "other").mkdir()
    tree = Tree(tmp_path, "f")
    (tmp_path / "f").write_text("x")
    (tmp_path / "g").write_text("x")
    (tmp_path / "other/h").touch()
    assert tree.changed() == {"f"}
    (tmp_path / "g").rename(tmp_path / "f")
    assert tree.changed() == {"f"}
    (tmp_path / "f").write_text("y")
    assert tree.changed() == {"f"}
    (tmp_path / "f").unlink()
    assert tree.changed() == {"f"}
    (tmp_path / "f").mkdir()
    (tmp_path / "f/x").touch()
    assert tree.changed() == {"f", "f/x"}
    tree.notifier.close()


def test_a_path_that_comes_goes_and_comes(tmp_path: Path) -> None:
    tree = Tree(tmp_path, "a/b/src")
    (tmp_path / "x/y").mkdir(parents=True)
    assert tree.changed() == set()
    (tmp_path / "a").mkdir()
    assert tree.changed() == set()
    (tmp_path / "a/b/src").mkdir(parents=True)
    (tmp_path / "a/b/src/f").touch()
    assert tree.changed() == {"a/b/src", "a/b/src/f"}
    (tmp_path / "a/b/src/f").write_text("x")
    assert tree.changed() == {"a/b/src/f"}
    (tmp_path / "a").rename(tmp_path / "gone")
    tree.changed()
    (tmp_path / "gone/b/src/f").write_text("y")
    assert tree.changed() == set()
    (tmp_path / "gone").rename(tmp_path / "a")
    assert "a/b/src/f" in tree.changed()
    (tmp_path / "a/b/src/g").touch()
    assert tree.changed() == {"a/b/src/g"}
    tree.notifier.close()


def test_what_is_skipped_is_not_watched(tmp_path: Path) -> None:
    (tmp_path / "src/skip/in").mkdir(parents=True)
    tree = Tree(tmp_path, "src", skips=lambda path: path.endswith("/skip"))
    (tmp_path / "src/skip/f").touch()
    (tmp_path / "src/skip/in/f").touch()
    (tmp_path / "src/new/skip").mkdir(parents=True)
    assert tree.changed() == {"src/new"}
    (tmp_path / "src/new/skip/f").touch()
    assert tree.changed() == set()
    tree.notifier.close()


def test_many_changes_at_once(tmp_path: Path) -> None:
    """More than the kernel's queue holds: then everything counts as changed."""
    (tmp_path / "src").mkdir()
    tree = Tree(tmp_path, "src")
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 100_000:
        pytest.skip(f"fs.inotify.max_queued_events is {limit}: filling it takes too long")
    count = limit // 3 + 1  # created, written and closed
    names = {f"src/{number}" for number in range(count)}
    for name in names:
        (tmp_path / name).write_text("x")
    (tmp_path / "src/last").mkdir()
    (tmp_path / "src/last/f").touch()
    assert tree.changed() >= {*names, "src/last", "src/last/f"}
    (tmp_path / "src/last/f").write_text("x")
    assert tree.changed() == {"src/last/f"}
    tree.notifier.close()


@pytest.mark.parametrize(("setting", "allowed"), [("watches", 3), ("instances", 0)])
def test_what_the_kernel_does_not_allow(tmp_path: Path, setting: str, allowed: int) -> None:
    """The message names the setting. In a user namespace of its own the limit can be set."""
    (tmp_path / "a/b/c/d/e").mkdir(parents=True)
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from dockercompat.errors import HostLacks\n"
        "from dockercompat.host.notifier import Notifier\n"
        f"open('/proc/sys/user/max_inotify_{setting}', 'w').write('{allowed}')\n"
        f"try: Notifier([{str(tmp_path)!r}])\n"
        "except HostLacks as error: print(error)\n"
    )
    ended = subprocess.run(["unshare", "-Ur", sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    if ended.returncode and "unshare" in ended.stderr:
        pytest.skip(f"no user namespaces here: {ended.stderr.strip()}")
    name = f"fs.inotify.max_user_{setting}"
    now = Path(f"/proc/sys/{name.replace('.', '/')}").read_text().strip()
    first, second = ended.stdout.splitlines()
    assert first == f"The kernel's limit for watching files is reached: {name} = {now}."
    assert second.startswith(f"Mend it with: sudo sysctl -w {name}=")
