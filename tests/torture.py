"""Several processes use one store in a loop while a killer ends random processes of it: at the end nothing may be lost or left.

`python3 -m tests.torture [--seconds N] [--workers N] [--seed N]`, which scripts/torture runs; tests/live has a short form of it.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests import environment
from tests.rootfs import busybox_tar

HELPERS = ("conmon", "slirp4netns", "pydocker-relay", "pydocker-holder", "pydocker-tender", "pydocker-names", "fuse-overlayfs", "crun")
DOCKERFILE = (
    "FROM busybox\nARG SALT\nRUN echo $SALT > /salt && mkdir -p /deep/er && echo x > /deep/er/file\nCOPY data /data\nRUN rm /data/0\n"
)


class Torture:
    """One session. command starts pydocker; env has the store; registry is an address to push to and pull from, or "" for none."""

    def __init__(self, command: list[str], env: dict[str, str], work: Path, *, registry: str = "", seed: int = 0) -> None:
        self.command, self.env, self.work, self.registry = command, env, work, registry
        self.random = random.Random(seed)
        self.stop = threading.Event()
        self.counts: dict[str, int] = {}
        self.kills: dict[str, int] = {}
        self.tracebacks: list[str] = []
        self.children: set[int] = set()
        self.lock = threading.Lock()

    @property
    def run_dir(self) -> Path:
        """The engine's runtime directory; the program chooses its name."""
        return next(Path(self.env["XDG_RUNTIME_DIR"]).glob("pydocker*"), Path(self.env["XDG_RUNTIME_DIR"]) / "pydocker")

    def call(self, *words: str, timeout: float = 60) -> tuple[int, str, str]:
        """Run pydocker, which the killer may end; its status (negative after a signal), stdout and stderr."""
        process = subprocess.Popen(
            [*self.command, *words], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        with self.lock:
            self.children.add(process.pid)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=2)
            out, err = "", f"did not end within {timeout} s"
            self.tracebacks.append(f"{' '.join(words)}: {err}")
        finally:
            with self.lock:
                self.children.discard(process.pid)
        if "Traceback" in err or "internal error" in err:
            self.tracebacks.append(f"{' '.join(words)}: {err.strip()[-500:]}")
        return process.returncode, out, err

    def prepare(self) -> None:
        """What must be readable at the end as it is now: images, a volume, a stopped container."""
        busybox_tar(self.work / "busybox.tar")
        context = self.work / "context"
        (context / "data").mkdir(parents=True)
        (context / "Dockerfile").write_text(DOCKERFILE)
        for number in range(20):
            (context / "data" / str(number)).write_text(f"{number}\n" * 100)
        self.must("import", "-c", 'CMD ["sh"]', str(self.work / "busybox.tar"), "busybox:latest")
        self.must("build", "-q", "-t", "kept", "--build-arg", "SALT=kept", str(context))
        self.must("run", "--rm", "-v", "kept:/v", "busybox", "sh", "-c", "echo kept > /v/file")
        self.must("run", "--name", "kept", "busybox", "sh", "-c", "echo written > /written")
        if self.registry:
            self.must("tag", "kept", f"{self.registry}/kept:1")
            self.must("push", "-q", f"{self.registry}/kept:1")

    def must(self, *words: str) -> str:
        status, out, err = self.call(*words)
        assert status == 0, f"{' '.join(words)}: {status} {out}{err}"
        return out

    def worker(self, number: int) -> None:
        jobs: list[Callable[[str], None]] = [
            self.job_run,
            self.job_run,
            self.job_life,
            self.job_exec,
            self.job_build,
            self.job_look,
            self.job_volume,
        ]
        if self.registry:
            jobs.append(self.job_pull)
        serial = 0
        while not self.stop.is_set():
            serial += 1
            job = self.random.choice(jobs)
            job(f"t{number}-{serial}")
            with self.lock:
                self.counts[job.__name__] = self.counts.get(job.__name__, 0) + 1

    def job_run(self, name: str) -> None:
        network = self.random.choice(["none", "bridge"])
        self.call("run", "--rm", "--name", name, "--network", network, "busybox", "sh", "-c", "echo hi > /f; exit 3")

    def job_life(self, name: str) -> None:
        self.call("run", "-d", "--name", name, "-p", "127.0.0.1::80", "busybox", "sleep", "30")
        self.call("stop", "-t", "0", name)
        self.call("start", name)
        self.call("rm", "-f", name)

    def job_exec(self, name: str) -> None:
        self.call("run", "-d", "--name", name, "--health-cmd", "true", "--health-interval", "1s", "busybox", "sleep", "30")
        for _ in range(3):
            self.call("exec", name, "true")
        self.call("logs", name)
        self.call("rm", "-f", name)

    def job_build(self, name: str) -> None:
        self.call("build", "-q", "-t", name, "--build-arg", f"SALT={name}", str(self.work / "context"))
        self.call("rmi", "-f", name)

    def job_pull(self, name: str) -> None:
        self.call("rmi", "-f", f"{self.registry}/kept:1")
        self.call("pull", "-q", f"{self.registry}/kept:1")

    def job_look(self, name: str) -> None:
        self.call("ps", "-a")
        self.call("images")
        self.call("inspect", "kept")

    def job_volume(self, name: str) -> None:
        self.call("run", "--rm", "-v", f"{name}:/v", "busybox", "touch", "/v/x")
        self.call("volume", "rm", "-f", name)

    def killer(self, pause_s: float) -> None:
        while not self.stop.wait(self.random.uniform(pause_s / 2, pause_s * 1.5)):
            with self.lock:
                candidates = [("pydocker", pid) for pid in self.children]
            candidates += [(name, pid) for name, pid in self.helpers() if name != "crun"]
            if not candidates:
                continue
            kind = self.random.choice(sorted({name for name, _ in candidates}))
            pid = self.random.choice([pid for name, pid in candidates if name == kind])
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                self.kills[kind] = self.kills.get(kind, 0) + 1

    def helpers(self) -> list[tuple[str, int]]:
        """(name, pid) of the helper processes of this store."""
        found = []
        marks = (str(self.run_dir), self.env["PYDOCKER_ROOT"])
        holder = ""
        with contextlib.suppress(OSError, IndexError):
            holder = (self.run_dir / "holder").read_text().split()[0]
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                words = Path(f"/proc/{entry}/cmdline").read_bytes().decode(errors="replace")
                name = Path(f"/proc/{entry}/comm").read_text().strip()
            except OSError:
                continue
            if entry == holder:
                if words.startswith("pydocker-holder"):
                    found.append(("pydocker-holder", int(entry)))
            elif any(mark in words for mark in marks):
                if "internal" in words.split("\0"):
                    found.append(("internal", int(entry)))
                elif name in HELPERS:
                    found.append((name, int(entry)))
        return found

    def run(self, seconds: float, workers: int, *, kill_every_s: float = 0.3) -> None:
        threads = [threading.Thread(target=self.worker, args=(number,)) for number in range(workers)]
        threads.append(threading.Thread(target=self.killer, args=(kill_every_s,)))
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.stop.set()
        for thread in threads:
            thread.join()

    def findings(self) -> list[str]:
        """What is wrong after the storm; the store is used gently first, as a person would, which must repair it."""
        wrong = list(self.tracebacks)

        def check(what: str, ok: bool, shown: object = "") -> None:
            if not ok:
                wrong.append(f"{what}: {shown}")

        status, out, err = self.call("ps", "-aq", "--no-trunc")
        check("ps", status == 0, err)
        kept = self.call("inspect", "-f", "{{.Id}}", "kept")[1].strip()
        others = [word for word in out.split() if word != kept]
        if others:
            status, _, err = self.call("rm", "-f", "-v", *others, timeout=120)
            check("rm -f of all", status == 0, err)
        status, out, err = self.call("ps", "-aq", "--no-trunc")
        check("names left", out.split() == [kept], out)
        check("kept image", self.call("run", "--rm", "kept", "cat", "/salt")[1] == "kept\n", "its file can't be read")
        check("kept image runs with a network", self.call("run", "--rm", "kept", "cat", "/data/1")[1].count("1") == 100)
        check("kept volume", self.call("run", "--rm", "-v", "kept:/v", "busybox", "cat", "/v/file")[1] == "kept\n")
        check("kept container", self.call("cp", "kept:/written", "-")[0] == 0)
        volumes = [v for v in self.call("volume", "ls", "-q")[1].split() if v != "kept"]
        if volumes:
            check("volume rm", self.call("volume", "rm", "-f", *volumes)[0] == 0)
        status, out, err = self.call(
            "run", "--rm", "-d", "-p", "127.0.0.1::80", "busybox", "sh", "-c", "mkdir /w; echo page > /w/index.html; exec httpd -f -h /w"
        )
        check("run with a port", status == 0, err)
        address = self.call("port", out.strip(), "80")[1].strip().split("\n")[0]
        check("a published port answers", self._page(address) == "page\n", address)
        check("rm -f", self.call("rm", "-f", out.strip())[0] == 0)
        end = time.monotonic() + 10
        while (
            left := [h for h in self.helpers() if h[0] not in ("pydocker-holder", "slirp4netns", "pydocker-names")]
        ) and time.monotonic() < end:
            time.sleep(0.1)
        check("processes left", not left, left)
        check("one holder", len([h for h in self.helpers() if h[0] == "pydocker-holder"]) <= 1)
        check("veths left", not (veths := self._veths()), veths)
        with open("/proc/self/mountinfo", encoding="utf-8") as file:
            mounts = [line for line in file if self.env["PYDOCKER_ROOT"] in line or str(self.run_dir) in line]
        check("mounts left", not mounts, mounts)
        directories = {p.name for p in (Path(self.env["PYDOCKER_ROOT"]) / "containers").glob("*")}
        check("container directories left", directories <= {kept}, directories - {kept})
        bundles = {p.name for p in (self.run_dir / "c").glob("*")}
        check("bundles left", bundles <= {kept}, bundles - {kept})
        self.call("image", "prune", "-f")
        self.call("builder", "prune", "-f")
        temporary = [p.name for p in (Path(self.env["PYDOCKER_ROOT"]) / "tmp").glob("*")]
        check("temporary files left", not temporary, temporary)
        return wrong

    def _page(self, address: str) -> str:
        host, _, port = address.rpartition(":")
        for _ in range(50):
            try:
                connection = http.client.HTTPConnection(host, int(port), timeout=5)
                connection.request("GET", "/")
                return connection.getresponse().read().decode()
            except (OSError, ValueError, http.client.HTTPException):
                time.sleep(0.1)
        return ""

    def _veths(self) -> str:
        """Links of containers in the user's network namespace, seen from inside the holder."""
        try:
            holder = (self.run_dir / "holder").read_text().split()[0]
        except (OSError, IndexError):
            return ""
        enter = ["nsenter", "-t", holder, "-U", "-m", "--preserve-credentials"]
        if os.getuid() == 0:
            enter = ["nsenter", "-t", holder, "-U", "-m"]
        done = subprocess.run([*enter, "nsenter", f"--net={self.run_dir}/netns", "ip", "-o", "link"], capture_output=True, text=True)
        names = [line.split(": ")[1] for line in done.stdout.splitlines() if ": " in line]
        return " ".join(name for name in names if "@" in name)


def main(seconds: float = 120, workers: int = 4, seed: int | None = None) -> None:
    """Several processes use one store while random processes of it are killed; says what is lost or left at the end."""
    from tests.conftest import Pydocker, free_port

    top = Path(tempfile.mkdtemp(prefix="pydocker-torture-", dir="/tmp"))
    program = Pydocker(top)
    registry = ""
    server = None
    if shutil.which("docker-registry"):
        registry = f"127.0.0.1:{free_port()}"
        (top / "registry.yml").write_text(
            f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {top}/registry}}}}\n"
            f"http: {{addr: '{registry}'}}\n"
        )
        server = subprocess.Popen(
            ["docker-registry", "serve", str(top / "registry.yml")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(1)
    seed = int(time.time()) if seed is None else seed
    print(f"seed {seed}, {workers} workers, {seconds:.0f} s", flush=True)
    torture = Torture([program.command], program.env, top, registry=registry, seed=seed)
    try:
        torture.prepare()
        torture.run(seconds, workers)
        wrong = torture.findings()
    finally:
        if server:
            server.terminate()
            server.wait()
    print("done: " + ", ".join(f"{name.removeprefix('job_')} {count}" for name, count in sorted(torture.counts.items())))
    print("killed: " + ", ".join(f"{name} {count}" for name, count in sorted(torture.kills.items())))
    for line in wrong:
        print(f"WRONG {line}")
    if wrong:
        print(f"the store is kept for a look: PYDOCKER_ROOT={program.root} XDG_RUNTIME_DIR={program.runtime_dir}")
        sys.exit(1)
    program("system", "reset", "--force")
    shutil.rmtree(top, ignore_errors=True)
    print("nothing is lost, nothing is left")


if __name__ == "__main__":
    environment.enter()
    import typer

    typer.run(main)
