"""Builds, with the real program: what comes out, what is cached, what is said, what is left."""

from __future__ import annotations

import contextlib
import functools
import http.server
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import threading

import pytest

from tests.conftest import eventually, proves


def run(pydocker, image, *command):
    """What a command says in an image, run by its root."""
    return pydocker("run", "--rm", "--network", "none", "--user", "0", image, *command, check=True).stdout


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def logs_of(result):
    """The output of the steps, without numbers and times."""
    return [line.split(" ", 2)[2] for line in result.stderr.splitlines() if re.match(r"#\d+ \d+\.\d{3} ", line)]


def inspect(pydocker, image):
    return json.loads(pydocker("image", "inspect", image, check=True).stdout)[0]


@proves(
    "buildx build",
    "buildx build --tag",
    "buildx build --quiet",
    "buildx build --iidfile",
    "buildx build --build-arg",
    "buildx build --file",
    "buildx build --label",
)
def test_every_instruction_reaches_the_image(pydocker, image, context):
    context(
        "sub/other.Dockerfile",
        """# syntax=docker/dockerfile:1
ARG BASE=nothing
FROM ${BASE} AS first
ARG VERSION=1
ENV A=one B="two words" C=$VERSION
LABEL org.test=yes version="$VERSION"
WORKDIR /srv
WORKDIR app
COPY --chown=12:34 a.txt ./b.txt
RUN echo "$A-$B-$C-$VERSION" > made && id -u >> made && pwd >> made
VOLUME /data
EXPOSE 80 53/UDP 8000-8001
STOPSIGNAL SIGINT
SHELL ["/bin/sh", "-ec"]
HEALTHCHECK --interval=5s --timeout=2s --retries=4 CMD test -f made
ONBUILD RUN echo triggered > /triggered
USER 12:34
ENTRYPOINT ["/bin/echo"]
CMD ["hello"]
""",
    )
    context("a.txt", "content\n", 0o640)
    result = pydocker(
        *("build", "-q", "-t", "every", "-t", "every:two", "-f", "sub/other.Dockerfile", "--label", "late=1"),
        *("--build-arg", f"BASE={image}", "--build-arg", "VERSION=7", "--build-arg", "UNUSED=1", "--iidfile", "id", "."),
        cwd=context.path,
        check=True,
    )
    assert re.fullmatch("sha256:[0-9a-f]{64}\n", result.stdout)
    assert result.stderr == ""
    found = inspect(pydocker, "every:two")
    assert found["Id"] == result.stdout.strip() == (context.path / "id").read_text()
    config = found["Config"]
    assert config["Env"][-3:] == ["A=one", "B=two words", "C=7"]
    assert config["Labels"] == {"org.test": "yes", "version": "7", "late": "1"}
    assert config["WorkingDir"] == "/srv/app"
    assert config["User"] == "12:34"
    assert config["Volumes"] == {"/data": {}}
    assert sorted(config["ExposedPorts"]) == ["53/udp", "80/tcp", "8000/tcp", "8001/tcp"]
    assert config["StopSignal"] == "SIGINT"
    assert config["Shell"] == ["/bin/sh", "-ec"]
    assert config["Healthcheck"] == {"Test": ["CMD-SHELL", "test -f made"], "Interval": 5 * 10**9, "Timeout": 2 * 10**9, "Retries": 4}
    assert config["OnBuild"] == ["RUN echo triggered > /triggered"]
    assert (config["Entrypoint"], config["Cmd"]) == (["/bin/echo"], ["hello"])
    assert run(pydocker, "every") == "hello\n"
    shown = pydocker(*("run", "--rm", "--network", "none", "--entrypoint", "sh", "every", "-c", "cat made; stat -c '%u:%g %a' b.txt"))
    assert shown.stdout == "one-two words-7-7\n0\n/srv/app\n12:34 640\n"
    child = pydocker("build", "-q", "-t", "child", "-", stdin="FROM every\nUSER 0\n")
    assert child.status == 1  # the trigger runs as the base's user, who may not write to /
    context("Dockerfile", "FROM every:two\n")
    history = pydocker("history", "--no-trunc", "--format", "{{.CreatedBy}}", "every", check=True).stdout.splitlines()
    assert history[:3] == ['CMD ["hello"]', 'ENTRYPOINT ["/bin/echo"]', "USER 12:34"]
    assert any(line.startswith("RUN |1 VERSION=7 /bin/sh -c ") and line.endswith("# buildkit") for line in history)
    assert "COPY --chown=12:34 a.txt ./b.txt # buildkit" in history


@proves("buildx build --no-cache", "buildx build --no-cache-filter")
def test_what_did_not_change_is_looked_up(pydocker, image, context):
    context(
        "Dockerfile",
        f"FROM {image} AS one\nRUN cat /proc/sys/kernel/random/uuid > /one\nFROM {image}\nCOPY src /src\nCOPY --from=one /one /one\n",
    )
    context("src/file", "1")
    context("unused", "1")

    def build(*args):
        return pydocker("build", "-q", *args, ".", cwd=context.path, check=True).stdout.strip()

    first = build()
    context("unused", "2")
    os.utime(context.path / "src/file", (1, 1))
    assert build() == first
    context(
        "Dockerfile",
        f"FROM {image} AS one\nLABEL a=b\nRUN cat /proc/sys/kernel/random/uuid > /one\n"
        f"FROM {image}\nCOPY src /src\nCOPY --from=one /one /one\n",
    )
    assert build() == first
    plain = pydocker("build", ".", cwd=context.path, check=True).stderr
    assert plain.count("CACHED") == 3
    context("src/file", "3")
    changed = pydocker("build", ".", cwd=context.path, check=True).stderr
    assert changed.count("CACHED") == 1
    before = build()
    latest = build("--no-cache-filter", "one")
    assert latest != before  # a new identifier, copied
    assert build() == latest
    assert build("--no-cache") not in (first, latest)


def test_stages_that_nothing_needs_are_not_built(pydocker, image, context):
    context(
        "Dockerfile",
        f"FROM nowhere.invalid/none AS broken\nFROM {image} AS good\nRUN echo ok > /f\n"
        f"FROM {image} AS fails\nRUN false\nFROM good\nRUN cat /f\n",
    )
    assert pydocker("build", "-q", ".", cwd=context.path).status == 0
    failed = pydocker("build", "--target", "fails", ".", cwd=context.path)
    assert failed.status == 1
    assert (
        'ERROR: failed to build: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1\n' in failed.stderr
    )
    missing = pydocker("build", "--target", "godo", ".", cwd=context.path)
    assert missing.stderr.endswith('ERROR: failed to build: failed to solve: target stage "godo" could not be found (did you mean good?)\n')


@proves("buildx build --progress", "buildx build --target")
def test_a_failing_step_is_shown_with_its_source_and_leaves_nothing(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN echo before > /x\n\nRUN echo about to fail \\\n  && exit 7\nCMD x\n")
    before = sorted(os.listdir(pydocker.root / "tmp")) if (pydocker.root / "tmp").exists() else []
    failed = pydocker("build", "-t", "failing", "--progress", "plain", ".", cwd=context.path)
    assert failed.status == 1
    assert failed.stdout == ""
    assert re.search(r"#\d+ \[3/3\] RUN echo about to fail   && exit 7\n", failed.stderr)
    end = failed.stderr[failed.stderr.rindex("------\n >") :]
    assert re.sub(r"\d+\.\d{3} about", "T about", end) == (
        "------\n > [3/3] RUN echo about to fail   && exit 7:\nT about to fail\n------\n"
        "Dockerfile:4\n--------------------\n"
        "   3 |     \n"
        "   4 | >>> RUN echo about to fail \\\n"
        "   5 | >>>   && exit 7\n"
        "   6 |     CMD x\n"
        "--------------------\n"
        'ERROR: failed to build: failed to solve: process "/bin/sh -c echo about to fail   && exit 7" did not complete successfully:'
        " exit code: 7\n"
    )
    assert pydocker("image", "inspect", "failing").status == 1
    assert sorted(os.listdir(pydocker.root / "tmp")) == before
    again = pydocker("build", ".", cwd=context.path).stderr
    assert again.count("CACHED") == 1  # what was finished stays


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FROM x\nFNTRYPOINT a\n", "dockerfile parse error on line 2: unknown instruction: FNTRYPOINT (did you mean ENTRYPOINT?)"),
        (
            "FROM x\nCOPY a\n",
            "dockerfile parse error on line 2: COPY requires at least two arguments, but only one was provided."
            " Destination could not be determined",
        ),
        ("FROM x\nCOPY --chow=1 a b\n", "dockerfile parse error on line 2: unknown flag: --chow (did you mean chown?)"),
        ("\n\n", "file with no instructions"),
        ("RUN x\n", "no build stage in current context"),
        ("FROM scratch\nCOPY nothing /\n", 'failed to compute cache key: failed to calculate checksum of ref: "/nothing": not found'),
        ("FROM scratch AS a\nFROM b\nFROM a\nCOPY --from=z-2 / /\n", None),
        ("FROM scratch\nCOPY --chmod=99 a /\n", "invalid chmod parameter: '99'. it should be octal string and between 0 and 07777"),
        ("FROM scratch\nSTOPSIGNAL NOPE\n", "invalid signal: NOPE"),
    ],
)
def test_errors_name_the_place(pydocker, context, text, message):
    context("Dockerfile", text)
    failed = pydocker("build", ".", cwd=context.path)
    assert failed.status == 1
    assert "Traceback" not in failed.stderr
    if message is not None:
        assert failed.stderr.endswith(f"ERROR: failed to build: failed to solve: {message}\n")


def test_missing_things_are_named(pydocker, context):
    failed = pydocker("build", ".", cwd=context.path)
    assert failed.status == 1
    assert failed.stderr.endswith(
        "ERROR: failed to build: failed to solve: failed to read dockerfile: open Dockerfile: no such file or directory\n"
    )
    failed = pydocker("build", "gone", cwd=context.path)
    assert failed.stderr.endswith('ERROR: failed to build: unable to prepare context: path "gone" not found\n')
    context("Dockerfile", "FROM scratch\n")
    failed = pydocker("build", "-t", "Upper", ".", cwd=context.path)
    assert failed.stderr.endswith('ERROR: failed to build: invalid tag "Upper": repository name must be lowercase\n')
    context("Dockerfile", "FROM scratch\nCOPY gone /\n")
    failed = pydocker("build", ".", cwd=context.path)
    assert "Dockerfile:2\n" in failed.stderr
    assert failed.stderr.endswith('failed to calculate checksum of ref: "/gone": not found\n')
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    context("Dockerfile", f"FROM scratch\nADD http://127.0.0.1:{port}/x /\n")
    failed = pydocker("build", ".", cwd=context.path)
    assert failed.stderr.endswith(f'Get "http://127.0.0.1:{port}/x": dial tcp 127.0.0.1:{port}: connect: connection refused\n')


def test_copy_rules(pydocker, image, context):
    context("dir/one", "1", 0o600)
    context("dir/deep/two", "2", 0o755)
    (context.path / "dir/link").symlink_to("one")
    (context.path / "linked").symlink_to("dir/one")
    (context.path / "dir").chmod(0o700)
    context("x.txt", "x")
    context("y.txt", "y")
    context(
        "Dockerfile",
        f"""FROM {image} AS base
RUN mkdir -p /real /keep && chmod 711 /keep && chown 5:6 /keep && ln -s /real /sym && echo u:x:77:88::/: >> /etc/passwd
FROM base
COPY dir /copied
COPY dir/ /keep/
COPY linked /file
COPY linked /into/
COPY *.txt nothing* /texts/
COPY --chmod=4711 x.txt /modes/
COPY --chmod=u=rwX,go= y.txt /modes/sub/y
COPY --chown=u dir/one /owned/by
COPY --chown=unknown:9 dir/one /owned/zero
COPY x.txt /sym/through
COPY --exclude=deep --exclude=*nk dir /excluded
COPY <<one <<"two" /here/
a $HOME1 "quoted"
one
b $HOME1
two
COPY --from=base /keep /from/
COPY --parents dir/deep/two /parents/
USER 1000
COPY x.txt /by-user
""",
    )
    pydocker("build", "-q", "-t", "rules", ".", cwd=context.path, check=True)
    text = run(
        pydocker,
        "rules",
        "sh",
        "-c",
        "cd /; find copied keep file into texts modes owned real excluded here from parents by-user | sort"
        " | while read f; do [ -h $f ] && echo $f '->' $(readlink $f) || stat -c '%n %a %u:%g' $f; done; cat /here/one /here/two",
    )
    assert text.splitlines() == [
        "by-user 644 0:0",
        "copied 755 0:0",
        "copied/deep 755 0:0",
        "copied/deep/two 755 0:0",
        "copied/link -> one",
        "copied/one 600 0:0",
        "excluded 755 0:0",
        "excluded/one 600 0:0",
        "file 600 0:0",
        "from 755 0:0",
        "here 755 0:0",
        "here/one 644 0:0",
        "here/two 644 0:0",
        "into 755 0:0",
        "into/linked 600 0:0",
        "keep 711 5:6",
        "keep/deep 755 0:0",
        "keep/deep/two 755 0:0",
        "keep/link -> one",
        "keep/one 600 0:0",
        "modes 711 0:0",
        "modes/sub 755 0:0",
        "modes/sub/y 600 0:0",
        "modes/x.txt 4711 0:0",
        "owned 755 77:88",
        "owned/by 600 77:88",
        "owned/zero 600 0:9",
        "parents 755 0:0",
        "parents/dir 700 0:0",
        "parents/dir/deep 755 0:0",
        "parents/dir/deep/two 755 0:0",
        "real 755 0:0",
        "real/through 644 0:0",
        "texts 755 0:0",
        "texts/x.txt 644 0:0",
        "texts/y.txt 644 0:0",
        'a  "quoted"',
        "b $HOME1",
    ]


def test_linked_copies_do_not_depend_on_what_is_below(pydocker, image, context):
    context("f", "linked\n")
    text = "FROM {image}\nRUN mkdir /to && echo {n} > /n\nCOPY --link --chown=3:4 f /to/f\nRUN cat /to/f && stat -c %u /to/f\n"
    context("Dockerfile", text.format(image=image, n=1))
    assert logs_of(pydocker("build", ".", cwd=context.path, check=True)) == ["linked", "3"]
    context("Dockerfile", text.format(image=image, n=2))
    again = pydocker("build", "-t", "linked", ".", cwd=context.path, check=True)
    assert re.search(r"(#\d+) \[3/4\] COPY --link .*\n\1 CACHED\n", again.stderr)
    assert run(pydocker, "linked", "sh", "-c", "ls /to; cat /n /to/f") == "f\n2\nlinked\n"


def test_add_unpacks_and_fetches(pydocker, image, context):
    for name, mode in (("plain.tar", "w"), ("packed.tgz", "w:gz"), ("packed.tar.xz", "w:xz")):
        with tarfile.open(context.path / name, mode) as archive:
            entry = tarfile.TarInfo(f"in-{name}")
            entry.size, entry.mode, entry.uid = 3, 0o604, 42
            archive.addfile(entry, io.BytesIO(b"abc"))
    context("text.gz", "no archive")
    context("served/file.txt", "over http")
    handler = functools.partial(Quiet, directory=str(context.path / "served"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/file.txt"
    try:
        context(
            "Dockerfile",
            f"FROM {image}\nADD plain.tar packed.tgz packed.tar.xz text.gz /a/\nADD {url} /b/\nADD {url} /c\nCOPY plain.tar /d/\n",
        )
        pydocker("build", "-q", "-t", "added", ".", cwd=context.path, check=True)
    finally:
        server.shutdown()
    shown = run(pydocker, "added", "sh", "-c", "stat -c '%n %a %u' /a/* /b/* /c /d/*; cat /b/file.txt")
    assert shown == (
        "/a/in-packed.tar.xz 604 42\n/a/in-packed.tgz 604 42\n/a/in-plain.tar 604 42\n/a/text.gz 644 0\n"
        "/b/file.txt 600 0\n/c 600 0\n/d/plain.tar 644 0\nover http"
    )


def test_the_ignore_file(pydocker, image, context):
    for name in ("keep", "drop.log", "logs/a.log", "logs/keep.log", "deep/x/y", "secret/key", "secret/public"):
        context(name, name)
    context(".dockerignore", "# comment\n*.log\n**/*.log\n!logs/keep.log\nsecret\n!secret/public\n/deep/x\nDockerfile\n")
    context("Dockerfile", f"FROM {image}\nCOPY . /c\n")
    pydocker("build", "-q", "-t", "ignoring", ".", cwd=context.path, check=True)
    assert run(pydocker, "ignoring", "sh", "-c", "cd /c; find . -type f | sort").split() == [
        "./.dockerignore",
        "./keep",
        "./logs/keep.log",
        "./secret/public",
    ]
    context("Dockerfile", f"FROM {image}\nCOPY drop.log /c\n")
    assert '"/drop.log": not found' in pydocker("build", ".", cwd=context.path).stderr
    context("Dockerfile.dockerignore", "keep\n")
    assert pydocker("build", "-q", ".", cwd=context.path).status == 0


@proves(
    "buildx build --secret", "buildx build --network", "buildx build --add-host", "buildx build --shm-size", "buildx build --build-context"
)
def test_run_mounts_and_environment(pydocker, image, context, tmp_path):
    context("src/file", "from the context")
    context("hidden", "s3cret\n")
    context("more/extra", "named")
    context(
        "Dockerfile",
        f"""FROM {image} AS tools
RUN echo tool > /tool
FROM {image}
WORKDIR /w
RUN --mount=type=bind,source=src,target=in,rw cat in/file && echo changed > in/file && echo > in/new
RUN --mount=from=tools,target=/t --mount=type=tmpfs,target=/scratch cat /t/tool && touch /scratch/x && ! touch /t/x 2> /dev/null
RUN --mount=type=cache,target=/cache,uid=5 echo line >> /cache/log && wc -l < /cache/log && stat -c %u /cache
RUN --mount=type=secret,id=one --mount=type=secret,id=two,env=TWO,required --mount=type=secret,id=absent cat /run/secrets/one && echo "$TWO"
RUN --network=none ls /sys/class/net | tr '\\n' ' '
RUN grep special /etc/hosts; df -k /dev/shm | tail -1 | awk '{{print $2}}'
COPY --from=other extra /extra
RUN <<EOF
echo several
echo lines
EOF
RUN <<'EOF'
#!/bin/sh
echo script "$0"
EOF
""",
    )
    one, two = ("--secret", "id=one,src=hidden"), ("--secret", "id=two,env=SECRET2")
    args = ("--add-host", "special:10.9.8.7", "--shm-size", "8m", "--build-context", "other=more")
    env = {"SECRET2": "deux"}
    result = pydocker("build", "-t", "mounts", *one, *two, *args, ".", cwd=context.path, env=env, check=True)
    assert logs_of(result) == [
        *("from the context", "tool", "1", "5", "s3cret", "deux", "lo ", "10.9.8.7\tspecial", "8192", "several", "lines"),
        "script /dev/pipes/EOF",
    ]
    assert (context.path / "src/file").read_text() == "from the context"
    left = run(pydocker, "mounts", "sh", "-c", "ls -A / /w /run 2>/dev/null; cat /extra")
    assert "scratch" not in left and "cache" not in left and "secrets" not in left and left.endswith("named")
    failed = pydocker("build", "--no-cache", *one, *args, ".", cwd=context.path)
    assert failed.stderr.endswith("ERROR: failed to build: failed to solve: secret two: not found\n")


def test_run_leaves_nothing_of_its_own(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN true\n")
    pydocker("build", "-q", "-t", "empty", ".", cwd=context.path, check=True)
    layers = inspect(pydocker, "empty")["RootFS"]["Layers"]
    directory = pydocker.root / "layers" / layers[-1].partition(":")[2] / "diff"
    assert os.listdir(directory) == []


def test_user_and_output_streams(pydocker, image, context):
    context(
        "Dockerfile",
        f"FROM {image}\nUSER 1234:5678\nWORKDIR /mine\nRUN id -u; id -g; echo out > /dev/stdout; echo err > /dev/stderr; touch ok\n",
    )
    result = pydocker("build", "-t", "user", ".", cwd=context.path, check=True)
    assert sorted(logs_of(result)) == ["1234", "5678", "err", "out"]
    context("Dockerfile", f"FROM {image}\nUSER ghost\nRUN id\n")
    failed = pydocker("build", ".", cwd=context.path)
    assert "unable to find user ghost: no matching entries in passwd file" in failed.stderr


def test_contexts_from_standard_input(pydocker, image, context):
    pydocker("build", "-q", "-t", "bare", "-", stdin=f"FROM {image}\nRUN echo x > /x\n", check=True)
    assert run(pydocker, "bare", "cat", "/x") == "x\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in (("Dockerfile", f"FROM {image}\nCOPY f /f\n"), ("f", "in the archive")):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    pydocker("build", "-q", "-t", "archive", "-", stdin=packed.getvalue(), check=True)
    assert run(pydocker, "archive", "cat", "/f") == "in the archive"
    context("f", "here")
    pydocker("build", "-q", "-t", "piped", "-f", "-", ".", stdin=f"FROM {image}\nCOPY f /f\n", cwd=context.path, check=True)
    assert run(pydocker, "piped", "cat", "/f") == "here"


def test_the_classic_output(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nENV A=b\nRUN echo said\n")
    result = pydocker("build", "-t", "classic", ".", cwd=context.path, env={"DOCKER_BUILDKIT": "0"}, check=True)
    lines = re.sub("[0-9a-f]{12}", "ID", result.stdout).splitlines()
    assert lines == [
        *(f"Step 1/3 : FROM {image}", " ---> ID", "Step 2/3 : ENV A=b"),
        *(" ---> Running in ID", " ---> Removed intermediate container ID", " ---> ID"),
        *("Step 3/3 : RUN echo said", " ---> Running in ID", "said", " ---> Removed intermediate container ID", " ---> ID"),
        *("Successfully built ID", "Successfully tagged classic:latest"),
    ]
    context("Dockerfile", f"FROM {image}\nRUN exit 9\n")
    failed = pydocker("build", ".", cwd=context.path, env={"DOCKER_BUILDKIT": "0"})
    assert failed.status == 9
    assert failed.stderr.endswith("The command '/bin/sh -c exit 9' returned a non-zero code: 9\n")


def test_interrupted_builds_leave_nothing(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN echo begun; sleep 1234\n")
    for number in (signal.SIGINT, signal.SIGKILL):
        process = pydocker.start("build", ".", cwd=context.path)
        seen = b""
        while b"begun" not in seen.partition(b"sleep 1234")[2]:
            data = os.read(process.stderr.fileno(), 65536)
            assert data, seen
            seen += data
        process.send_signal(number)
        process.communicate(timeout=20)
        assert process.returncode == (1 if number == signal.SIGINT else -9)
        eventually(lambda: not _sleepers(), what="the step's processes are gone")
    pydocker("build", "-q", "-", stdin=f"FROM {image}\nRUN echo after\n", check=True)
    assert [name for name in os.listdir(pydocker.root / "tmp") if name.startswith("build-")] == []


def _sleepers():
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            if file.read() == b"sleep\x001234\x00":
                found.append(pid)
    return found


def test_two_builds_share_a_running_step(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN sleep 1; cat /proc/sys/kernel/random/uuid > /shared\n")
    processes = [pydocker.start("build", "-q", ".", cwd=context.path) for _ in range(3)]
    ids = {process.communicate(timeout=60)[0] for process in processes}
    assert len(ids) == 1 and ids != {b""}


def test_independent_branches_run_side_by_side(pydocker, image, context):
    stages = "".join(f"FROM {image} AS s{n}\nRUN echo begin {n}; sleep 3; echo end; echo {n} > /s{n}\n" for n in range(3))
    context("Dockerfile", stages + f"FROM {image}\n" + "".join(f"COPY --from=s{n} /s{n} /\n" for n in range(3)))
    logs = logs_of(pydocker("build", "--no-cache", ".", cwd=context.path, check=True))
    assert sorted(logs[: logs.index("end")]) == ["begin 0", "begin 1", "begin 2"]


@proves("builder prune", "builder prune --all", "builder prune --force")
def test_prune_removes_the_cache(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN echo pruned > /p\n")
    pydocker("build", "-q", "-t", "pruned", ".", cwd=context.path, check=True)
    pruned = pydocker("builder", "prune", "-af", check=True)
    assert pruned.stdout.splitlines()[-1].startswith("Total:\t")
    assert run(pydocker, "pruned", "cat", "/p") == "pruned\n"
    assert "CACHED" not in pydocker("build", ".", cwd=context.path, check=True).stderr
    assert pydocker("builder", "prune", stdin="n\n").status == 0


@proves("buildx build --check", "buildx build --call")
def test_checks_are_shown_and_can_fail_a_build(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nCMD echo hi\n")
    shown = pydocker("build", "--check", ".", cwd=context.path)
    assert shown.status == 1
    assert shown.stdout == (
        "Check complete, 1 warning has been found!\n\n"
        "WARNING: JSONArgsRecommended - https://docs.docker.com/go/dockerfile/rule/json-args-recommended/\n"
        "JSON arguments recommended for CMD to prevent unintended behavior related to OS signals\n"
        "Dockerfile:2\n--------------------\n"
        f"   1 |     FROM {image}\n   2 | >>> CMD echo hi\n   3 |     \n--------------------\n"
    )
    built = pydocker("build", ".", cwd=context.path, check=True)
    assert built.stderr.endswith(
        "\n \x1b[33m1 warning found (use docker --debug to expand):\n\x1b[0m"
        " - JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals (line 2)\n"
    )
    context("Dockerfile", f"# check=error=true\nFROM {image}\nCMD echo hi\n")
    failed = pydocker("build", ".", cwd=context.path)
    assert failed.status == 1
    assert failed.stderr.endswith("ERROR: failed to build: failed to solve: lint violation found for rules: JSONArgsRecommended\n")
    context("Dockerfile", f'FROM {image}\nCMD ["a"]\n')
    assert pydocker("build", "--call=check", ".", cwd=context.path, check=True).stdout == "Check complete, no warnings found.\n"


@proves("buildx du", "buildx du --verbose", "buildx prune", "buildx prune --reserved-space")
def test_the_plain_log(pydocker, image, context):
    def built(text, status=0):
        context("Dockerfile", text)
        result = pydocker("build", "--progress=plain", ".", cwd=context.path)
        assert result.status == status, result
        return result.stderr

    def steps(said):
        """`NAME: how it ended` of every step, in order."""
        names = dict(re.findall(r"^#(\d+) (\[.*)$", said, re.M))
        return [f"{names[n].partition('] ')[2]}: {end}" for n, end in re.findall(r"^#(\d+) (DONE|CACHED|ERROR)", said, re.M) if n in names]

    pydocker("builder", "prune", "-af", check=True)
    base = f"FROM docker.io/library/{image}:latest"
    assert steps(built(f"FROM {image}\nRUN echo {id(context)}\n"))[-2:] == [f"{base}: DONE", f"RUN echo {id(context)}: DONE"]
    inline = f"FROM {image}\nCOPY <<A <<B /e/\n{id(context)}\nA\nB\n"
    told = [f"{base}: CACHED", *["preparing inline document: DONE"] * 2, "COPY <<A <<B /e/: DONE"]
    assert steps(built(inline))[-4:] == told
    assert steps(built(inline))[-4:] == [told[0].replace("CACHED", "DONE"), *told[1:3], told[3].replace("DONE", "CACHED")]
    assert "load .dockerignore" in built(inline)
    context("Dockerfile.dockerignore", "x\n")
    assert "load .dockerignore" not in built(inline)
    said = built(f"from {image}\nMAINTAINER me\nCMD echo hi\n")
    warned = ["MaintainerDeprecated", "ConsistentInstructionCasing", "JSONArgsRecommended"]
    head, _, rest = said.partition("#1 DONE")
    assert re.findall(r"^#1 WARN: (\w+): .* \(line \d\)$", head, re.M) == re.findall(r"^(?:.\[0m)? - (\w+): ", rest, re.M) == warned
    said = built(f"FROM {image} AS a\nCOPY --from=b /x /x\nFROM {image} AS b\nCOPY --from=a /x /x\n", 1)
    assert re.findall(r"^Dockerfile:(\d)$", said, re.M) == ["4", "2"]
    assert said.endswith("failed to solve: circular dependency detected on stage: a\n")
    said = built(f"FROM {image}\nCOPY a[ c /x/\n", 1)
    assert " > [internal] load build context:\n" in said and "Dockerfile:" not in said
    assert said.endswith("rpc error: code = Unknown desc = invalid includepatterns: [a[ c]: syntax error in pattern\n")
    said = built(f"FROM {image}\nCOPY --exclude=a[ . /x/\n", 1)
    assert "Dockerfile:2\n" in said and said.endswith(" invalid excludepatterns: [a[]: syntax error in pattern\n")
    context("Dockerfile", "FROM --platform=linux/riscv64 127.0.0.1:1/nothing\n")
    result = pydocker("build", "--check", ".", cwd=context.path)
    assert (result.status, result.stdout.count("Dockerfile:1\n"), result.stderr.count("Dockerfile:1\n")) == (1, 1, 1)
    assert "WARNING: FromPlatformFlagConstDisallowed - " in result.stdout
    assert "\nERROR: 127.0.0.1:1/nothing: failed to resolve source metadata for " in result.stderr


def test_the_size_of_the_cache(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nRUN head -c 3000000 /dev/zero > /big\nRUN rm /big; head -c 2000000 /dev/zero > /other\n")
    pydocker("builder", "prune", "-af", check=True)
    pydocker("build", "-q", ".", cwd=context.path, check=True)
    lines = [line.split() for line in pydocker("buildx", "du", check=True).stdout.splitlines() if line]
    sizes = [line[2] for line in lines[1:] if not line[0].endswith(":")]
    assert sorted(sizes) == ["2MB*", "3MB*"]
    assert ["Total:", "5MB"] in lines
    assert pydocker("buildx", "du", "--verbose", check=True).stdout.count("Description:") == 2

    def sizes_of(kind: str) -> tuple[str, str]:
        lines = pydocker("system", "df", "--format", "{{.Type}}={{.Size}} {{.Reclaimable}}", check=True).stdout.splitlines()
        size, reclaimable = next(line.partition("=")[2].split()[:2] for line in lines if line.startswith(kind))
        return size, reclaimable

    whole = sizes_of("Images")[0]
    assert sizes_of("Build Cache") == ("0B", "0B"), "what an image holds is counted once"
    pydocker("image", "prune", "-f", check=True)
    assert sizes_of("Build Cache") == ("5MB", "5MB")
    assert sizes_of("Images")[0] != whole
    pydocker("buildx", "prune", "-af", "--reserved-space", "4MB", check=True)
    assert ["Total:", "2MB"] in [line.split() for line in pydocker("buildx", "du", check=True).stdout.splitlines()]


@proves("buildx build --output")
def test_results_for_the_caller(pydocker, image, context):
    context(
        "Dockerfile",
        f"FROM {image} AS make\nRUN echo made > /made && chown 9:9 /made && chmod 640 /made\nFROM scratch\nCOPY --from=make /made /sub/\n",
    )
    for args in (("-o", "out"), ("--output", "type=local,dest=deep/out")):
        result = pydocker("build", "-t", "unstored", *args, ".", cwd=context.path, check=True)
        assert result.stdout == ""
        made = context.path / args[1].rpartition("=")[2] / "sub/made"
        assert made.read_text() == "made\n"
        info = made.stat()
        assert (info.st_mode & 0o7777, info.st_uid) == (0o640, os.getuid())
    assert pydocker("image", "inspect", "unstored").status == 1
    archive = pydocker("build", "-q", "-o", "-", ".", cwd=context.path, check=True).stdout_bytes
    with tarfile.open(fileobj=io.BytesIO(archive)) as found:
        assert [(each.name, each.uid, each.mode) for each in found] == [("sub", 0, 0o755), ("sub/made", 9, 0o640)]
    pydocker("build", "-q", "-o", "type=tar,dest=out.tar", ".", cwd=context.path, check=True)
    assert (context.path / "out.tar").read_bytes() == archive


@proves("buildx build --push", "buildx build --pull", "buildx build --metadata-file", "buildx build --load")
def test_pushed_and_pulled_again(pydocker, image, context, registry):
    context("Dockerfile", f"FROM {image}\nRUN echo pushed > /pushed\n")
    name = f"{registry}/built/one:1"
    result = pydocker("build", "--push", "-t", name, "--metadata-file", "meta.json", ".", cwd=context.path, check=True)
    image_id = inspect(pydocker, name)["Id"]
    meta = json.loads((context.path / "meta.json").read_text())
    assert (meta["containerimage.config.digest"], meta["image.name"]) == (image_id, name)
    assert image_id in result.stderr
    pydocker("rmi", name, check=True)
    context("Dockerfile", f"FROM {name}\nRUN cat /pushed\n")
    again = pydocker("build", "--pull", "--load", "-o", "type=docker", ".", cwd=context.path, check=True)
    assert logs_of(again) == ["pushed"]
    assert re.search(rf"\[1/2\] FROM {re.escape(name)}@sha256:[0-9a-f]{{64}}\n", again.stderr)
    failed = pydocker("build", "--push", ".", cwd=context.path)
    assert failed.stderr == "ERROR: failed to build: tag is needed when pushing to registry\n"


def test_git_repositories(pydocker, image, context):
    if shutil.which("git") is None:
        pytest.skip("git is not installed")

    def git(*args, where="work"):
        config = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")
        subprocess.run(["git", "-C", str(context.path / where), *config, *args], check=True, stdout=subprocess.DEVNULL)

    context("work/sub/Dockerfile", f"FROM {image}\nCOPY f /f\n")
    context("work/sub/f", "first")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    git("tag", "v1")
    context("work/sub/f", "second")
    git("commit", "-qam", "two")
    subprocess.run(["git", "clone", "-q", "--bare", "work", "repo.git"], check=True, cwd=context.path)
    git("update-server-info", where="repo.git")
    handler = functools.partial(Quiet, directory=str(context.path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/repo.git"
    try:
        pydocker("build", "-q", "-t", "cloned", f"{url}#v1:sub", check=True)
        assert run(pydocker, "cloned", "cat", "/f") == "first"
        context("ctx/Dockerfile", f"FROM {image}\nADD {url}#main:sub /new\nADD --keep-git-dir {url}?ref=v1 /old\n")
        pydocker("build", "-q", "-t", "added", "ctx", cwd=context.path, check=True)
        shown = run(pydocker, "added", "sh", "-c", "cat /new/f /old/sub/f; ls -d /old/.git; ! ls -d /new/.git 2> /dev/null")
        assert shown == "secondfirst/old/.git\n"
        assert pydocker("build", "ctx", cwd=context.path, check=True).stderr.count("CACHED") == 2
        failed = pydocker("build", f"{url}#nothing")
        assert failed.status == 1
        assert "repository does not contain ref nothing" in failed.stderr
    finally:
        server.shutdown()


def test_times_can_be_given(pydocker, image, context):
    context("Dockerfile", f'FROM {image}\nRUN echo timed > /t\nCMD ["x"]\n')
    pydocker("build", "-q", "-t", "timed", ".", cwd=context.path, env={"SOURCE_DATE_EPOCH": "1700000000"}, check=True)
    assert inspect(pydocker, "timed")["Created"] == "2023-11-14T22:13:20Z"


def test_parents_of_any_depth(pydocker, image, context):
    """`**` of a source with --parents is any number of directories, none too; a file that moves is another input."""
    for path in ("package.json", "a/package.json", "a/b/package.json", "a/b/other.json", "c/d/package.json"):
        context(path, path)
    context("Dockerfile", f"FROM {image}\nCOPY --parents ./**/package.json a/./**/o*.json /to/\nRUN find /to -type f | sort > /list\n")
    pydocker("build", "-q", "-t", "deep", ".", cwd=context.path, check=True)
    found = ["/to/a/b/package.json", "/to/a/package.json", "/to/b/other.json", "/to/c/d/package.json", "/to/package.json"]
    assert run(pydocker, "deep", "cat", "/list").split() == found
    (context.path / "c" / "d").rename(context.path / "c" / "e")
    pydocker("build", "-q", "-t", "deep", ".", cwd=context.path, check=True)
    assert run(pydocker, "deep", "cat", "/list").split() == [*found[:3], "/to/c/e/package.json", found[4]]
