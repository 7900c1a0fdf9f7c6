"""Builds that are killed, interrupted, crowded or short of space; contexts that are odd or change; what is kept and what leaks nowhere."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import eventually, processes_naming, proves

SECRET = "correct-horse-battery-staple-7391"


def leftovers(pydocker):
    """Half-made things: directories of builds, drafts, mounts, locks of builds."""
    found = [f"tmp/{name}" for name in os.listdir(pydocker.root / "tmp")]
    contexts = pydocker.root / "build/contexts"
    found += [name for name in os.listdir(contexts) if not name.endswith(".json")] if contexts.is_dir() else []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                mounts = (process / "mountinfo").read_text()
                if f"{pydocker.root}/tmp/build-" in mounts:
                    found.append(f"a mount in {process.name}")
    return found


def steps(result):
    """Step name -> whether it was looked up."""
    names = dict(re.findall(r"^#(\d+) (\[[^\]\n]*\d/\d+\] .*)$", result.stderr, re.M))
    return {name: f"\n#{number} CACHED" in result.stderr for number, name in names.items()}


def cache_rows(pydocker):
    with contextlib.closing(sqlite3.connect(f"file:{pydocker.root}/pydocker.db?mode=ro", uri=True)) as db:
        return {key: json.loads(result)["layer"] for key, result in db.execute("SELECT key, result FROM build_cache")}


def made(pydocker, image, *command):
    return pydocker("run", "--rm", "--network", "none", image, *command, check=True).stdout


@pytest.fixture
def files(context):
    for number in range(300):
        context(f"files/{number % 10}/{number}", f"{number}\n" * 50)
    return context


def dockerfile_of(image, tag):
    return (
        f"FROM {image} AS one\nRUN echo {tag} > /one; dd if=/dev/zero of=/zeros bs=64k count=40 2>/dev/null\nCOPY files /files\n"
        f"FROM {image}\nRUN --mount=type=cache,target=/c,id={tag} echo {tag} > /c/x; cp /c/x /two\n"
        "COPY --from=one /one /files/ /all/\nRUN cat /all/one /two > /three\n"
    )


def test_killed_at_any_moment(pydocker, image, files):
    seed = random.Random(5)
    for turn in range(6):
        tag = f"kill{turn}"
        files("Dockerfile", dockerfile_of(image, tag))
        process = pydocker.start("build", "-q", "-t", tag, ".", cwd=files.path)
        time.sleep(seed.uniform(0.1, 0.9))
        process.kill()
        process.communicate(timeout=20)
        before = cache_rows(pydocker)
        for layer in before.values():
            assert (pydocker.root / "layers" / layer.partition(":")[2] / "diff").is_dir()
        result = pydocker("build", "--progress=plain", "-t", tag, ".", cwd=files.path, check=True)
        assert made(pydocker, tag, "cat", "/three") == f"{tag}\n{tag}\n"
        assert made(pydocker, tag, "sh", "-c", "find /all -type f | wc -l").strip() == "301"
        assert set(before) <= set(cache_rows(pydocker))
        assert len(steps(result)) == 6
    eventually(lambda: not leftovers(pydocker), what=f"nothing is left: {leftovers(pydocker)}")
    known = {layer.partition(":")[2] for layer in cache_rows(pydocker).values()}
    with contextlib.closing(sqlite3.connect(f"file:{pydocker.root}/pydocker.db?mode=ro", uri=True)) as db:
        known |= {row[0].partition(":")[2] for row in db.execute("SELECT diff_id FROM layers")}
    assert set(os.listdir(pydocker.root / "layers")) <= known


class Stalling:
    """A registry that takes a connection and says nothing."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.kept = []
        self.asked = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                self.kept.append(self.socket.accept()[0])
                self.asked.set()

    @property
    def address(self):
        return f"127.0.0.1:{self.socket.getsockname()[1]}"

    def __exit__(self, *_):
        self.socket.close()
        for each in self.kept:
            each.close()


def interrupt(pydocker, number, args, ready, cwd, *, stdin=None):
    """Start a build, interrupt it when it is ready; the status, what it said, and how long the end took."""
    process = pydocker.start("build", "--progress=plain", *args, cwd=cwd, stdin=stdin or subprocess.DEVNULL)
    said = b""
    end = time.monotonic() + 30
    os.set_blocking(process.stderr.fileno(), False)
    while not ready(said):
        assert time.monotonic() < end and process.poll() is None, said.decode()
        said += process.stderr.read() or b""
        time.sleep(0.005)
    began = time.monotonic()
    process.send_signal(number)
    process.wait(20)
    took = time.monotonic() - began
    os.set_blocking(process.stderr.fileno(), True)
    said += process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    return process.returncode, said.decode(), took


CANCELED = "ERROR: failed to build: failed to solve: Canceled: context canceled"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stage", ["run", "copy", "export", "push", "pull", "import", "context"])
def test_interrupted(pydocker, image, files, number, stage, tmp_path):
    text = f"FROM {image}\nCOPY files /files\n"
    args = ["-t", f"interrupted:{stage}", "."]
    with Stalling() as registry:

        def asked(said):
            return registry.asked.is_set()

        ready = asked
        if stage == "run":
            text += "RUN echo begun-$((1)); sleep 4321\n"

            def ready(said):
                return b"begun-1\n" in said

        elif stage == "copy":
            for copy in range(15):
                text += f"COPY files /more{copy}{int(number)}\n"

            def ready(said):
                return b"COPY files /more3" in said

        elif stage == "export":
            text += "RUN dd if=/dev/urandom of=/big bs=1M count=60 2>/dev/null\n"
            pydocker("build", "-q", "-", stdin=text.replace("COPY files /files\n", ""), check=True)
            text = text.replace("COPY files /files\n", "")
            args = ["-o", f"type=oci,dest={tmp_path}/out.tar", "."]

            def ready(said):
                return b"exporting layers done" in said and (tmp_path / "out.tar").exists()

        elif stage == "push":
            args = ["-t", f"{registry.address}/x:1", "--push", "."]
        elif stage == "pull":
            text = f"FROM {registry.address}/base:1\n"
        elif stage == "import":
            args += ["--cache-from", f"type=registry,ref={registry.address}/cache:1"]
        elif stage == "context":
            args = ["-t", "x", f"http://{registry.address}/context.tar"]
        files("Dockerfile", text)
        status, said, took = interrupt(pydocker, number, args, ready, files.path)
    assert status in (1, 130, 143), said
    assert status == 1 and said.endswith(f"{CANCELED}\n"), said
    assert "Traceback" not in said
    assert took < 3, took  # a second on a quiet machine
    assert not leftovers(pydocker)
    if stage == "export":
        assert pydocker("build", "-q", ".", cwd=files.path, check=True)


def test_odd_contexts(pydocker, image, context, tmp_path):
    top = tmp_path / "c"
    top.mkdir()
    os.mkfifo(top / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(top / "socket"))
    (top / "out").symlink_to("/etc/passwd")
    (top / "a\nb").write_text("newline")
    Path(os.fsdecode(os.fsencode(top) + b"/bad\xff\xfe")).write_text("bytes")
    (top / "Dockerfile").write_text(f"FROM {image}\nCOPY . /c\n")
    pydocker("build", "-q", "-t", "odd", ".", cwd=top, check=True)
    listing = made(pydocker, "odd", "ls", "-l", "/c")
    assert re.search(r"^p.* pipe$", listing, re.M) and re.search(r"^-.* 0 .* socket$", listing, re.M)
    assert re.search(r"^l.* out -> /etc/passwd$", listing, re.M)
    assert made(pydocker, "odd", "sh", "-c", "cat /c/a*b /c/bad*") == "newlinebytes"
    for line, missing in (("COPY out /o", "/out"), ("COPY ../x /o", "/x")):
        (top / "Dockerfile").write_text(f"FROM {image}\n{line}\n")
        refused = pydocker("build", ".", cwd=top)
        assert refused.status == 1 and "Dockerfile:2\n" in refused.stderr
        assert refused.stderr.endswith(f'failed to calculate checksum of ref: "{missing}": not found\n')
    if os.getuid():
        (top / "closed").write_text("x")
        (top / "closed").chmod(0)
        (top / "Dockerfile").write_text(f"FROM {image}\nCOPY . /c\n")
        pydocker("build", "-q", "-t", "odd", ".", cwd=top, check=True)
        assert made(pydocker, "odd", "stat", "-c", "%s %a", "/c/closed") == "0 0\n"
        (top / "closed").unlink()
        (top / "dir").mkdir(mode=0)
        refused = pydocker("build", ".", cwd=top)
        assert refused.status == 1 and refused.stderr.splitlines()[-1].endswith("dir: permission denied"), refused
        (top / "dir").rmdir()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_bytes(b""), "the Dockerfile cannot be empty"),
        (lambda path: path.write_bytes(b"# nothing\n\n"), "file with no instructions"),
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: path.symlink_to("nowhere"), "no such file or directory"),
        (lambda path: path.write_bytes(random.Random(1).randbytes(20000)), "dockerfile parse error on line 1: unknown instruction: "),
        (
            lambda path: path.write_text("FROM scratch\n" + "# c\n" * 9998 + "NOPE\n"),
            "dockerfile parse error on line 10000: unknown instruction: NOPE",
        ),
    ],
    ids=["empty", "comments", "directory", "dangling", "binary", "long"],
)
def test_odd_dockerfiles(pydocker, context, make, message):
    make(context.path / "Dockerfile")
    refused = pydocker("build", ".", cwd=context.path)
    assert refused.status == 1 and "internal error" not in refused.stderr
    assert message in refused.stderr


def test_a_dockerfile_of_ten_thousand_lines(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\n" + "".join(f"ENV A{n}={n}\n" for n in range(9999)))
    pydocker("build", "-q", "-t", "long", ".", cwd=context.path, check=True)
    assert len(json.loads(pydocker("image", "inspect", "long", check=True).stdout)[0]["Config"]["Env"]) >= 9999


def nest(path, depth):
    """Directories in each other, deeper than a path can say."""
    fd = os.open(path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=fd)
        inner = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = inner
    os.close(fd)


def test_a_deep_tree(pydocker, image, context):
    try:
        context("Dockerfile", f"FROM {image}\nCOPY deep /c\n")
        (context.path / "deep").mkdir()
        nest(context.path / "deep", 1000)
        pydocker("build", "-q", "-t", "deep", ".", cwd=context.path, check=True)
        assert made(pydocker, "deep", "sh", "-c", "find /c | wc -l").strip() == "1001"
        (context.path / "deeper").mkdir()
        nest(context.path / "deeper", 5000)
        context("Dockerfile", f"FROM {image}\nCOPY deeper /c\n")
        refused = pydocker("build", ".", cwd=context.path)
        assert refused.status == 1 and refused.stderr.splitlines()[-1].endswith("file name too long"), refused.stderr[-400:]
    finally:  # Python's own way of removing them is not made for this
        subprocess.run(["rm", "-rf", context.path / "deeper", context.path / "deep"], check=True)
    assert not leftovers(pydocker)


def test_a_context_that_changes(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nCOPY . /c\nRUN find /c | wc -l\n")
    stop = threading.Event()

    def change():
        number = 0
        while not stop.is_set():
            number += 1
            path = context.path / f"f{number % 20}"
            with contextlib.suppress(OSError):
                if path.is_dir():
                    path.rmdir()
                elif number % 3 == 0:
                    path.unlink()
                    path.mkdir()
                else:
                    path.write_text("x" * (number % 5000))
            time.sleep(0.0005)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(4):
            result = pydocker("build", ".", cwd=context.path)
            assert result.status == 0, result
    finally:
        stop.set()
        thread.join()
    # what came of a context in motion is in no way taken for that of one at rest
    pydocker("build", "-q", "-t", "still", ".", cwd=context.path, check=True)
    wanted = sorted(f"/c/{path.name} {path.stat().st_size if path.is_file() else 'd'}" for path in context.path.iterdir())
    script = "for f in /c/*; do [ -d $f ] && echo $f d || echo $f $(wc -c < $f); done"
    assert sorted(made(pydocker, "still", "sh", "-c", script).splitlines()) == wanted


def test_eight_builds_at_once(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN sleep 0.5; cat /proc/sys/kernel/random/uuid > /shared\nARG N\nRUN echo $N > /own\n")
    ours = [pydocker.start("build", "-q", "-t", f"at-once:{n}", "--build-arg", f"N={n % 4}", ".", cwd=context.path) for n in range(8)]
    time.sleep(0.6)
    ours[0].kill()
    said = [process.communicate(timeout=60) for process in ours]
    assert [process.returncode for process in ours[1:]] == [0] * 7, said
    assert len({made(pydocker, f"at-once:{n}", "cat", "/shared") for n in range(1, 8)}) == 1
    assert [made(pydocker, f"at-once:{n}", "cat", "/own").strip() for n in range(1, 8)] == [str(n % 4) for n in range(1, 8)]


def test_cache_mounts_between_processes(pydocker, image, context):
    def both(sharing, first="a", second="b"):
        text = f"FROM {image}\nARG N\nRUN --mount=type=cache,id={sharing},target=/c,sharing={sharing} %s\n"
        script = "mkdir /c/busy 2>/dev/null && echo alone || echo met; sleep 1; rmdir /c/busy 2>/dev/null; echo $N > /dev/null; ls -id /c"
        context("Dockerfile", text % script)
        found = [
            pydocker.start("build", "--progress=plain", "--no-cache", "--build-arg", f"N={each}", ".", cwd=context.path)
            for each in (first, second)
        ]
        texts = [process.communicate(timeout=60)[1].decode() for process in found]
        assert [process.returncode for process in found] == [0, 0], texts
        return ["met" if re.search(r"\d met$", text, re.M) else "alone" for text in texts]

    assert both("locked") == ["alone", "alone"]
    assert both("private") == ["alone", "alone"]
    assert sorted(both("shared")) == ["alone", "met"]
    # two caches that two steps lock in the opposite order do not make them wait for each other for ever
    one, other = (f"--mount=type=cache,id=order-{each},target=/{each},sharing=locked" for each in "xy")
    found = []
    for number, (first, second) in enumerate(((one, other), (other, one))):
        context(f"order{number}", f"FROM {image}\nRUN {first} {second} sleep 0.4; echo {number}\n")
        found.append(pydocker.start("build", "-q", "--no-cache", "-f", f"order{number}", ".", cwd=context.path))
    assert [process.communicate(timeout=20)[1] for process in found] == [b"", b""]
    # several mounts of one cache in a step are one, and do not wait for themselves
    context(
        "Dockerfile",
        f"FROM {image}\nRUN --mount=type=cache,id=q,target=/a,sharing=locked --mount=type=cache,id=q,target=/b,sharing=locked "
        "echo hi > /a/x; cat /b/x > /twice\n",
    )
    pydocker("build", "-q", "-t", "twice", ".", cwd=context.path, check=True)
    assert made(pydocker, "twice", "cat", "/twice") == "hi\n"


def test_secrets_are_nowhere(pydocker, image, context):
    context("token", SECRET)
    text = (
        f"FROM {image}\nRUN --mount=type=secret,id=file,target=/s cp /s /dev/null; test $(wc -c < /s) = {len(SECRET)}\n"
        "RUN --mount=type=secret,id=env,env=TOKEN test ${#TOKEN} = " + f"{len(SECRET)}\n"
    )
    flags = ["--secret", "id=file,src=token", "--secret", "id=env,env=THE_SECRET", "--explain"]
    outputs = []
    for ending in ("", "RUN --mount=type=secret,id=env,env=TOKEN --mount=type=secret,id=file exit 3\n"):
        context("Dockerfile", text + ending)
        for more in ([], ["--no-cache"], ["--progress=rawjson"], ["--provenance=mode=max", "-o", "type=oci,dest=out.tar"]):
            result = pydocker("build", *flags, *more, ".", cwd=context.path, env={"THE_SECRET": SECRET})
            assert result.status == (1 if ending else 0), result
            outputs.append(result.stdout + result.stderr)
    outputs.append(pydocker("buildx", "history", "logs").stdout)
    assert not any(SECRET in text for text in outputs)
    (context.path / "token").unlink()
    for top in (pydocker.root, pydocker.runtime_dir, context.path):
        found = subprocess.run(["grep", "-rlaF", "-D", "skip", SECRET, top], capture_output=True, text=True, check=False)
        assert found.stdout == ""
    with contextlib.closing(sqlite3.connect(f"file:{pydocker.root}/pydocker.db?mode=ro", uri=True)) as db:
        import zlib

        for (log,) in db.execute("SELECT log FROM build_records"):
            assert SECRET.encode() not in zlib.decompress(log)


def test_pruned_and_removed_while_a_build_counts_on_it(pydocker, image, context):
    context("base", f"FROM {image}\nRUN echo base-{id(context)} > /base\n")
    pydocker("build", "-q", "-t", "leased:base", "-f", "base", ".", cwd=context.path, check=True)
    first = f"FROM leased:base AS one\nRUN head -c 3000000 /dev/urandom > /first\nFROM {image}\nCOPY --from=one /first /copied\n"
    context("Dockerfile", first)
    pydocker("build", "-q", "-t", "leased:first", ".", cwd=context.path, check=True)
    pydocker("rmi", "leased:first", check=True)
    known = cache_rows(pydocker)
    context("Dockerfile", first.replace("\nFROM", "\nRUN echo begun; sleep 61.7; sha256sum < /first > /sum; cat /base >> /sum\nFROM", 1)
            + "COPY --from=one /sum /sum\n")  # fmt: skip
    process = pydocker.start("build", "-t", "leased:second", ".", cwd=context.path)
    os.set_blocking(process.stderr.fileno(), False)
    said = b""
    while b"begun\n" not in said:
        said += process.stderr.read() or b""
        time.sleep(0.02)
    pydocker("rmi", "leased:base", check=True)
    pydocker("builder", "prune", "-af", check=True)
    pydocker("image", "prune", "-f", check=True)
    left = cache_rows(pydocker)
    assert set(left) & set(known) and set(known) - set(left)  # what it counts on stayed, the rest went
    in_use = [line.split()[1] for line in pydocker("buildx", "du", check=True).stdout.splitlines()[1 : len(left) + 1]]
    assert set(in_use) == {"false"}
    for pid, command in processes_naming("61.7"):
        if command.startswith("sleep"):
            os.kill(pid, signal.SIGKILL)  # the step goes on
    assert process.wait(30) == 0, said + (process.stderr.read() or b"")
    process.stdout.close()
    process.stderr.close()
    wanted = made(pydocker, "leased:second", "sha256sum", "/copied").split()[0]
    assert made(pydocker, "leased:second", "cat", "/sum").split() == [wanted, "-", f"base-{id(context)}"]
    # the lease ends with its build, however that ends
    context("Dockerfile", f"FROM {image}\nRUN sleep 20\n")
    process = pydocker.start("build", ".", cwd=context.path)
    eventually(lambda: any(name.startswith("lease-") for name in os.listdir(pydocker.run_dir() / "locks")), what="a lease")
    process.kill()
    process.communicate(timeout=20)
    pydocker("builder", "prune", "-af", check=True)
    assert cache_rows(pydocker) == {}
    assert not [name for name in os.listdir(pydocker.run_dir() / "locks") if name.startswith("lease-")]


@pytest.mark.parametrize("ignored", ["", "nothing-of-this-name\n"])
def test_a_context_that_is_mounted_is_looked_at(pydocker, image, context, ignored):
    script = "cat /src/sub/a > /out; echo begun; sleep $(cat /src/pause)"
    context("Dockerfile", f"FROM {image}\nRUN --mount=type=bind,target=/src {script}; cat /src/sub/a >> /out\n")
    context("pause", "0")
    context("sub/a", f"one-{ignored!r}\n")
    if ignored:
        context(".dockerignore", ignored)

    def built():
        result = pydocker("build", "--progress=plain", "-t", "mounted", ".", cwd=context.path, check=True)
        return made(pydocker, "mounted", "sort", "-u", "/out"), next(cached for name, cached in steps(result).items() if "RUN" in name)

    assert built() == (f"one-{ignored!r}\n", False)
    assert built() == (f"one-{ignored!r}\n", True)
    context("sub/a", f"two-{ignored!r}\n")
    assert built() == (f"two-{ignored!r}\n", False)
    # what came of files that changed meanwhile is not taken for that of either
    context("pause", "1.5")
    context("sub/a", "before\n")
    process = pydocker.start("build", "--progress=plain", ".", cwd=context.path)
    for line in process.stderr:
        if line.endswith(b" begun\n"):
            context("sub/a", "after\n")
            break
    process.communicate(timeout=20)
    assert process.returncode == 0
    context("sub/a", "before\n")
    assert built() == ("before\n", False)


def numbered(image, count):
    return f"FROM {image}\n" + "".join(f"RUN dd if=/dev/urandom of=/f{n} bs=1M count=2 2>/dev/null\n" for n in range(count))


@proves("builder prune --keep-storage", "buildx prune --reserved-space", "buildx prune --max-used-space")
@proves("builder prune --filter", "buildx prune --filter")
def test_a_budget_of_size_and_age(pydocker, image, context):
    pydocker("builder", "prune", "-af", check=True)
    context("Dockerfile", numbered(image, 4))
    pydocker("build", "-q", ".", cwd=context.path, check=True)
    pydocker("rmi", "-f", *pydocker("images", "-q", "-f", "dangling=true").stdout.split())

    assert len(cache_rows(pydocker)) == 4
    pydocker("buildx", "prune", "-f", "--filter", "until=1h", check=True)
    assert len(cache_rows(pydocker)) == 4
    pydocker("buildx", "prune", "-f", "--min-free-space", "1MB", check=True)
    assert len(cache_rows(pydocker)) == 4
    pydocker("buildx", "prune", "-f", "--max-used-space", "5MB", "--reserved-space", "7MB", check=True)
    assert len(cache_rows(pydocker)) == 3
    pydocker("buildx", "prune", "-f", "--max-used-space", "5MB", check=True)
    assert len(cache_rows(pydocker)) == 2
    pydocker("builder", "prune", "-f", "--keep-storage", "3MB", check=True)
    assert len(cache_rows(pydocker)) == 1
    pydocker("builder", "prune", "-af", check=True)
    assert cache_rows(pydocker) == {}
    with contextlib.closing(sqlite3.connect(f"file:{pydocker.root}/pydocker.db?mode=ro", uri=True)) as db:
        for table in ("build_steps", "build_content"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_the_cache_keeps_to_its_budget_by_itself(pydocker, image, context):
    pydocker("builder", "prune", "-af", check=True)
    env = {"PYDOCKER_BUILD_CACHE_SIZE": "5MB"}
    context("Dockerfile", numbered(image, 4))
    pydocker("build", "-o", "type=tar,dest=/dev/null", ".", cwd=context.path, check=True)
    first = set(cache_rows(pydocker))
    assert len(first) == 4
    context("Dockerfile", numbered(image, 1).replace("/f0", "/other"))
    pydocker("build", "-o", "type=tar,dest=/dev/null", ".", cwd=context.path, env=env, check=True)
    kept = set(cache_rows(pydocker))
    assert len(kept) == 2 and len(kept - first) == 1  # the newest stays
    config = pydocker.home / ".config/docker/daemon.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text('{"builder": {"gc": {"defaultKeepStorage": "3MB"}}}')
    try:
        context("Dockerfile", numbered(image, 1).replace("/f0", "/third"))
        pydocker("build", "-o", "type=tar,dest=/dev/null", ".", cwd=context.path, check=True)
    finally:
        config.unlink()
    assert len(cache_rows(pydocker)) == 1


FULL = """
set -e
mount -t tmpfs -o size=16m,mode=0700 none "$PYDOCKER_ROOT"
pydocker import "$BASE" busybox:latest >/dev/null
b() { echo "== $1"; shift; set +e; timeout 60 pydocker build "$@" 2>&1 | tail -n 1; set -e; ls "$PYDOCKER_ROOT/tmp" 2>/dev/null; }
b run -f run .
b copy -f copy .
b ok -f ok .
b export -o type=oci,dest=$PYDOCKER_ROOT/out.tar,compression=uncompressed -f ok .
rm -f "$PYDOCKER_ROOT/out.tar"
b again -q -f ok2 .
pydocker builder prune -f >/dev/null
b three -q -o type=tar,dest=/dev/null -f three .
free() { stat -f -c '%a * %S' "$PYDOCKER_ROOT"; }
want=$(($(free) + 1500000))
echo "== prune"
pydocker buildx prune -f --min-free-space $want
pydocker buildx prune -f --min-free-space $want
echo $(($(free) >= $want))
pydocker buildx du
echo
pydocker system reset --force >/dev/null 2>&1
"""


@proves("buildx prune --min-free-space")
@pytest.mark.skipif(os.getuid() == 0, reason="mounts in a user namespace")
def test_a_full_disk(pydocker, image, context, busybox_rootfs):
    root = context.path / "small"
    root.mkdir()
    run = context.path / "r"
    run.mkdir(mode=0o700)
    (context.path / "c").mkdir()
    (context.path / "c/big").write_bytes(b"x" * 30_000_000)
    for name, lines in {
        "run": "RUN dd if=/dev/zero of=/big bs=1M count=30",
        "copy": "COPY c/big /",
        "ok": "RUN dd if=/dev/urandom of=/small bs=1M count=7",
        "ok2": "RUN echo fine",
        "three": "\n".join(f"RUN dd if=/dev/urandom of=/{n} bs=1M count=1 2>/dev/null" for n in range(3)),
    }.items():
        context(name, f"FROM busybox\n{lines}\n")
    env = pydocker.environment({"PYDOCKER_ROOT": str(root), "XDG_RUNTIME_DIR": str(run), "BASE": str(busybox_rootfs), "PYDOCKER_KEEP": "1"})
    done = subprocess.run(
        ["unshare", "--user", "--map-auto", "--map-root-user", "--mount", "sh", "-c", FULL],
        env=env,
        cwd=context.path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "unshare" in done.stderr:
        pytest.skip(done.stderr)
    parts = {part.split("\n", 1)[0]: part.split("\n")[1:-1] for part in done.stdout.split("== ")[1:]}
    assert len(parts["run"]) == 1 and parts["run"][0].endswith('count=30" did not complete successfully: exit code: 1'), done
    assert len(parts["copy"]) == 1 and "no space left on device" in parts["copy"][0], done
    assert len(parts["export"]) == 1 and "no space left on device" in parts["export"][0], done
    assert len(parts["again"]) == 1 and parts["again"][0].startswith("sha256:"), done
    # two of three entries go, the longest unused first, to have 1.5 MB more; then there is enough
    gone = [line for line in parts["prune"] if "\ttrue" in line]
    assert len(gone) == 2 and parts["prune"].count("Total:\t2.097MB") == 1 and parts["prune"].count("Total:\t0B") == 1, done
    assert "1" in parts["prune"], done


def peak_kb(pydocker, *args, cwd):
    """The largest resident set of a process of a command, by the kernel's own count."""
    child = subprocess.run(
        ["python3", "-c", "import resource, subprocess, sys; c = subprocess.run(sys.argv[1:]).returncode; "
         "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(c)", pydocker.command, *args],
        env=pydocker.environment(None), cwd=cwd, stdout=subprocess.PIPE, text=True, timeout=100, check=True,
    )  # fmt: skip
    return int(child.stdout.split()[-1])


@pytest.mark.slow
def test_memory(pydocker, image, context):
    with open(context.path / "big", "wb") as file:
        file.truncate(256 << 20)
    context("Dockerfile", f"FROM {image}\nCOPY big /\n")
    assert peak_kb(pydocker, "build", "-q", "-t", "memory", ".", cwd=context.path) < 150_000
    assert peak_kb(pydocker, "build", "-q", "-o", "type=oci,dest=out.tar", ".", cwd=context.path) < 150_000
