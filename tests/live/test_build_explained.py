"""Builds that explain themselves: why a step was done again, a shell where one failed, what builds said."""

from __future__ import annotations

import os
import pty
import re
import select
import sqlite3
import time

from tests.conftest import proves


def why(result):
    """Explanations by the beginning of the step's text."""
    names, found = {}, {}
    for line in result.stderr.splitlines():
        number, _, text = line.partition(" ")
        if text.startswith("["):
            names[number] = text.partition("] ")[2]
        elif text.startswith("not in the cache: "):
            found.setdefault(names[number], []).append(text.removeprefix("not in the cache: "))
    return found


@proves("buildx build --explain")
def test_what_changed_is_named(pydocker, image, context):
    def build(*flags):
        return why(pydocker("build", "--explain", *flags, ".", cwd=context.path, check=True))

    text = f"FROM {image} AS tools\nRUN echo t > /t\nFROM {image}\nARG V=1\nCOPY src /src\nCOPY --from=tools /t /t\nRUN echo $V > /v\n"
    context("Dockerfile", text)
    for name in ("a", "b", "c", "d"):
        context(f"src/{name}", name)
    time.sleep(0.1)
    assert {each for found in build().values() for each in found} == {"this step was not built before"}
    assert build() == {}
    context("src/b", "changed")
    assert build() == {
        "COPY src /src": ["src/b is new or changed"],
        "COPY --from=tools /t /t": ["a step before it gave another result"],
        "RUN echo 1 > /v": ["a step before it gave another result"],
    }
    (context.path / "src/c").unlink()
    assert build()["COPY src /src"] == ["src/c was removed"]
    (context.path / "src/d").chmod(0o600)
    assert build()["COPY src /src"] == ["/src of context changed: a name, a mode or a link"]
    assert build("--build-arg", "V=2") == {"RUN echo 2 > /v": ['the variable V changed: "1" -> "2"']}
    context("Dockerfile", text.replace("echo t", "echo u"))
    assert build()["RUN echo u > /t"] == ['the command changed: "echo t > /t" -> "echo u > /t"']
    assert build("--no-cache")["COPY src /src"] == ["the cache is not to be used"]


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, argv, **kwargs):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(kwargs["cwd"])
            os.execvpe(argv[0], argv, kwargs["env"])

    def until(self, word, timeout=20.0):
        end = time.monotonic() + timeout
        while word not in self.text:
            assert time.monotonic() < end, self.text
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    data = b""
                assert data, self.text
                self.text += data.decode("utf-8", "replace")

    def say(self, line):
        os.write(self.fd, line.encode())

    def wait(self):
        try:
            while os.read(self.fd, 65536):
                continue
        except OSError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@proves("buildx build --debug-shell")
def test_a_shell_where_a_step_failed(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nWORKDIR /w\nENV WORD=secret\nRUN --mount=type=tmpfs,target=/m touch state && false\n")
    refused = pydocker("build", "--debug-shell", ".", cwd=context.path)
    assert refused.stderr == "ERROR: failed to build: --debug-shell needs a terminal\n"
    terminal = Terminal([pydocker.command, "build", "--progress=plain", "--debug-shell", "."], cwd=context.path, env=pydocker.env)
    terminal.until("exit ends it")
    terminal.until("# ")
    terminal.say("ls; echo $WORD-$((6*7)); grep -c ' /m ' /proc/mounts; pwd\n")
    terminal.until("secret-42\r\n1\r\n/w")
    assert "state" in terminal.text
    terminal.say("sleep 60\n")
    time.sleep(0.5)
    terminal.say("\x03")  # ends the sleep and nothing else
    terminal.say("echo still-$((1+1))\n")
    terminal.until("still-2")
    terminal.say("exit\n")
    terminal.until("did not complete successfully: exit code: 1")
    assert terminal.wait() == 1
    assert not [name for name in os.listdir(pydocker.root / "tmp") if name.startswith("build-")]


def test_what_a_build_said_is_kept(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN echo hello-$((40+2))\n")
    pydocker("build", "-q", ".", cwd=context.path, check=True)
    pydocker("build", "-q", "--target", "nothing", ".", cwd=context.path)
    database = sqlite3.connect(pydocker.root / "pydocker.db")
    query = "SELECT name, json_extract(body, '$.status') FROM build_records WHERE name LIKE ? ORDER BY began_ns"
    rows = database.execute(query, (f"{context.path.name}%",)).fetchall()
    assert [row[1] for row in rows] == ["Completed", "Error"]
    assert re.search("nothing", rows[1][0])
