"""`docker compose watch` and `up --watch`: what changes of files lead to in the containers of a project."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess

import pytest

from tests.conftest import eventually, proves
from tests.live.test_compose import Project
from tests.live.test_compose import project as project
from tests.service import Api

SLEEPER = "image: busybox, command: sleep 600, stop_grace_period: 0s"


class Watching:
    """A command that watches, and what it says."""

    def __init__(self, project: Project, *args: str, **kwargs: object) -> None:
        self.project = project
        self.paths = [project.directory.parent / name for name in ("out", "err")]
        with open(self.paths[0], "wb") as out, open(self.paths[1], "wb") as err:
            self.process = project.pydocker.start(
                "compose", *args, cwd=project.directory, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True, **kwargs
            )

    @property
    def out(self) -> str:
        return self.paths[0].read_text().replace("\x1b[K", "")

    @property
    def err(self) -> str:
        return self.paths[1].read_text()

    def says(self, text: str, count: int = 1) -> None:
        eventually(
            lambda: self.out.count(text) >= count or (self.process.poll() is not None and self.fail()),
            60,
            f"{text!r} in {self.out}{self.err}",
        )

    def fail(self) -> None:
        raise AssertionError(f"it ended with {self.process.returncode}:\n{self.out}\n{self.err}")

    def end(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture(scope="module")
def service(pydocker, tmp_path_factory):
    found = Api(pydocker, tmp_path_factory.mktemp("there") / "docker.sock", "--time", "0")
    yield found
    found.end()


@pytest.fixture
def watch(project):
    """Begin to watch; ended with the test."""
    begun = []

    def begin(*args, ready=True, **kwargs):
        begun.append(Watching(project, *args, **kwargs))
        if ready:
            begun[-1].says("Watch enabled")
        return begun[-1]

    yield begin
    for each in begun:
        if each.process.poll() is None:
            each.end(signal.SIGKILL)


def in_container(project, script, service="a", index=1):
    return project("exec", "-T", "--index", str(index), service, "sh", "-c", script).stdout


@proves("compose watch")
def test_files_are_synced_to_every_replica(project, watch):
    project.write(f"""
        services:
          a: {{{SLEEPER}, scale: 2, develop: {{watch: [{{path: src, action: sync, target: /app, ignore: [skip/]}}]}}}}
          u: {{{SLEEPER}, user: "1234:55", develop: {{watch: [{{path: src, action: sync, target: /app, include: ["*.py", sub/]}}]}}}}
          other: {{{SLEEPER}}}
    """)
    src = project.directory / "src"
    src.mkdir()
    (src / "before").touch()
    running = watch("watch")
    assert set(project.states()) == {"pro-a-1", "pro-a-2", "pro-other-1", "pro-u-1"}
    (src / "f").write_text("one")
    (src / "f").chmod(0o4751)
    (src / "skip").mkdir()
    (src / "skip" / "s").touch()
    (src / "sub" / "deep").mkdir(parents=True)
    (src / "sub" / "deep" / "q").write_text("two")
    (src / "m.py").touch()
    (src / "link").symlink_to("f")
    (src / ".git").mkdir()
    (src / ".git" / "HEAD").touch()
    (src / "f~").touch()
    running.says('Syncing service "a" after 6 changes were detected')
    running.says('Syncing service "u" after 4 changes were detected')
    for index in (1, 2):
        look = "cd /app; find . | sort; cat f sub/deep/q; readlink link; stat -c %a f"
        eventually(lambda index=index: in_container(project, "test -e /app/f && echo yes", index=index))
        assert in_container(project, look, index=index).split() == [
            ".", "./f", "./link", "./m.py", "./sub", "./sub/deep", "./sub/deep/q", "onetwof", "4751"
        ]  # fmt: skip
    assert in_container(project, "stat -c %u:%g /app/f") == f"{os.getuid()}:{os.getgid()}\n"  # the host's, as with docker
    look = "cd /app; find . -mindepth 1 -exec stat -c '%n %u:%g' {} + | sort"
    eventually(lambda: in_container(project, look, "u"))
    assert in_container(project, look, "u").splitlines() == [f"./{name} 1234:55" for name in ("m.py", "sub", "sub/deep", "sub/deep/q")]
    (src / "sub").rename(src / "moved")
    (src / "f").unlink()
    eventually(lambda: in_container(project, "cd /app; find . | sort", index=2).split() == [
        ".", "./link", "./m.py", "./moved", "./moved/deep", "./moved/deep/q"
    ])  # fmt: skip
    assert running.end() == 130
    assert set(project.states().values()) == {"running"}
    assert running.err.count("warning") == 0, running.err


@proves("compose watch --no-up")
def test_each_action(project, watch):
    project.write(f"""
        x-hook: &hook {{command: [sh, -c, "echo hook $$(cat /ex/*) $$X in $$(pwd); exit 3"], environment: [X=y], working_dir: /tmp}}
        services:
          a:
            {SLEEPER.replace(", ", chr(10) + "            ")}
            develop:
              watch:
                - {{path: cfg, action: sync+restart, target: /cfg}}
                - {{path: ex, action: sync+exec, target: /ex, exec: *hook}}
                - {{path: re, action: restart}}
    """)
    for name in ("cfg", "ex"):
        (project.directory / name).mkdir()
    project.up()
    begun = "{{.State.StartedAt}}"
    first = project.inspect("pro-a-1", begun)
    running = watch("watch", "--no-up")
    (project.directory / "ex" / "f").write_text("text")
    running.says("hook text y in /tmp")
    eventually(lambda: 'Error handling changed files: exec in service \\"a\\" exited with status 3' in running.err)
    assert project.inspect("pro-a-1", begun) == first
    (project.directory / "cfg" / "f").write_text("new")
    running.says('service(s) ["a"] restarted')
    second = project.inspect("pro-a-1", begun)
    assert second != first
    assert in_container(project, "cat /cfg/f") == "new"
    (project.directory / "re").mkdir()  # was not there when watching began
    running.says('service(s) ["a"] restarted', 2)
    assert project.inspect("pro-a-1", begun) != second
    assert running.end(signal.SIGTERM) == 130


@proves("compose watch --prune", "compose watch --quiet")
@pytest.mark.parametrize("prune", [True, False])
def test_a_rebuild(project, watch, pydocker, prune):
    project.write("""
        services:
          a:
            build: {context: ., dockerfile_inline: "FROM busybox\\nCOPY src /app\\nRUN test ! -e /app/bad && echo RAN"}
            command: sleep 600
            scale: 2
            stop_grace_period: 0s
            develop: {watch: [{path: src, action: rebuild}]}
    """)
    src = project.directory / "src"
    src.mkdir()
    (src / "f").write_text("one")
    dangling = ("images", "-q", "-f", "dangling=true", "-f", "label=com.docker.compose.project=pro")
    running = watch("watch", *([] if prune else ["--prune=false", "--quiet"]))
    old = project.inspect("pro-a-1", "{{.Id}}")
    (src / "bad").touch()
    running.says("Build failed.")
    (src / "bad").unlink()
    (src / "f").write_text("two")
    running.says('service(s) ["a"] successfully built')
    for index in (1, 2):
        eventually(lambda index=index: in_container(project, "cat /app/f", index=index) == "two")
    assert sorted(project.states()) == ["pro-a-1", "pro-a-2"]
    assert project.inspect("pro-a-1", "{{.Id}}") != old
    eventually(lambda: bool(pydocker(*dangling).stdout) != prune)
    assert ("exporting layers" in running.out + running.err) == prune
    assert running.end() == 130
    project("down", "--rmi", "all", "-t", "0", check=True)
    pydocker("image", "prune", "-f")


@proves("compose watch")
def test_a_dry_run_changes_nothing(project, watch):
    project.write(f"services: {{a: {{{SLEEPER}, develop: {{watch: [{{path: src, action: sync+restart, target: /app}}]}}}}}}")
    (project.directory / "src").mkdir()
    project.up()
    first = project.inspect("pro-a-1", "{{.State.StartedAt}}")
    running = watch("--dry-run", "watch")
    (project.directory / "src" / "f").touch()
    running.says('Syncing service "a" after 1 changes were detected')
    running.says('service(s) ["a"] restarted')
    assert in_container(project, "ls /app 2>&1; true").startswith("ls: /app")
    assert project.inspect("pro-a-1", "{{.State.StartedAt}}") == first


def test_refused(project):
    watched = "develop: {watch: [{path: src, action: %s}]}"
    project.write(f"services: {{a: {{{SLEEPER}}}, b: {{{SLEEPER}, {watched % 'restart'}}}, c: {{{SLEEPER}, {watched % 'rebuild'}}}}}")
    for args, message in (
        (["a"], "none of the selected services is configured for watch, consider setting a 'develop' section\n"),
        (["c"], 'can\'t watch service "c" with action rebuild without a build context\n'),
        (["none"], "no such service: none\n"),
    ):
        ended = project("watch", "--no-up", *args)
        assert (ended.status, ended.stderr) == (1, message)


def test_one_watch_of_a_project(project, watch):
    project.write(f"services: {{a: {{{SLEEPER}, develop: {{watch: [{{path: src, action: restart}}]}}}}}}")
    running = watch("watch")
    second = project("watch")
    message = f'cannot take exclusive lock for project "pro": process with PID {running.process.pid} is still running\n'
    assert (second.status, second.stderr) == (1, message)
    running.end(signal.SIGKILL)
    watch("watch", "--no-up")


@proves("compose up --watch")
def test_in_front(project, watch):
    """Containers that are restarted and made anew do not end `up`; what they write is shown from the start."""
    project.write("""
        services:
          a:
            build: {context: ., dockerfile_inline: "FROM busybox\\nCOPY src /app"}
            command: sh -c 'echo begun with $$(cat /app/f); sleep 600'
            stop_grace_period: 0s
            develop:
              watch:
                - {path: src, action: rebuild}
                - {path: re, action: restart}
                - {path: ex, action: sync+exec, target: /ex, exec: {command: [echo, hook]}}
    """)
    for name in ("src", "re", "ex"):
        (project.directory / name).mkdir()
    (project.directory / "src" / "f").write_text("one")
    running = watch("up", "--watch", "--abort-on-container-exit")
    assert "        ⦿ Watch enabled\n" in running.out
    running.says("a-1     | begun with one\n")
    (project.directory / "re" / "r").touch()
    running.says('⦿ service(s) ["a"] restarted\n')
    running.says("a-1     | begun with one\n", 2)
    (project.directory / "src" / "f").write_text("two")
    running.says('⦿ Rebuilding service(s) ["a"] after changes were detected...\n')
    running.says('⦿ service(s) ["a"] successfully built\n')
    running.says("a-1     | begun with two\n")
    running.says("\na-1 has been recreated\n")
    (project.directory / "ex" / "f").touch()
    running.says("\nhook\n")
    assert running.end() == 130
    assert "Gracefully Stopping... press Ctrl+C again to force\n" in running.out
    assert project.states() == {"pro-a-1": "exited"}
    project("down", "--rmi", "all", "-t", "0", check=True)


def test_it_ends_with_the_containers(project, watch):
    project.write("services: {a: {image: busybox, command: sleep 1, develop: {watch: [{path: src, action: sync, target: /app}]}}}")
    running = watch("up", "--watch")
    assert running.process.wait(60) == 0
    assert [line for line in running.out.splitlines() if line] == [
        "Attaching to a-1", "        ⦿ Watch enabled", "a-1 exited with code 0", "        ⦿ Watch disabled"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--watch", "--no-build"], "--no-build and --watch are incompatible\n"),
        (["--watch", "--detach"], "--detach cannot be combined with --abort-on-container-exit, --abort-on-container-failure, --attach, "
            "--attach-dependencies or --watch\n"),
        (["--watch", "--wait"], "--wait cannot be combined with --abort-on-container-exit, --abort-on-container-failure, --attach, "
            "--attach-dependencies or --watch\n"),
    ],
)  # fmt: skip
def test_refused_in_front(project, args, message):
    project.write(f"services: {{a: {{{SLEEPER}}}}}")
    ended = project("up", *args)
    assert (ended.status, ended.stderr) == (1, message)


@proves("compose up --menu")
def test_the_menu(project):
    project.write(f"""
        services:
          a: {{{SLEEPER}, develop: {{watch: [{{path: src, action: sync, target: /app}}]}}}}
          b: {{{SLEEPER}}}
    """)
    (project.directory / "src").mkdir()
    with project.pydocker.terminal("compose", "up", cwd=str(project.directory)) as terminal:
        terminal.expect("Enable Watch")
        terminal.send("w")
        assert "Disable Watch" in terminal.expect("Watch enabled")
        (project.directory / "src" / "f").touch()
        terminal.expect('Syncing service "a" after 1 changes were detected')
        terminal.send("w")
        terminal.expect("Watch disabled")
        terminal.send("w")
        terminal.expect("Watch enabled")
        terminal.send("\x03")
        terminal.expect("Gracefully Stopping")
        assert terminal.wait(60) == 130
    with project.pydocker.terminal("compose", "up", "b", cwd=str(project.directory)) as terminal:
        terminal.expect("Enable Watch")
        terminal.send("w")
        terminal.expect("watch is not yet configured. Learn more: https://docs.docker.com/compose/file-watch/")
        terminal.send("\x03")
        assert terminal.wait(60) == 130
    for args, env in ((["--menu=false"], {}), ([], {"COMPOSE_MENU": "0"})):
        with project.pydocker.terminal("compose", "up", *args, env=env, cwd=str(project.directory)) as terminal:
            terminal.expect("Attaching to a-1, b-1")
            eventually(lambda: set(project.states().values()) == {"running"})
            terminal.send("\x03")
            seen = terminal.expect("Gracefully Stopping")
            assert terminal.wait(60) == 130
            assert "Watch" not in seen


def test_what_is_synced_before(project, watch):
    """initial_sync; a file that is watched by itself; a target behind a link; a directory in the place of a file, and back."""
    project.write(f"""
        services:
          a:
            {SLEEPER.replace(", ", chr(10) + "            ")}
            develop:
              watch:
                - {{path: src, action: sync, target: /app, initial_sync: true, ignore: [skip]}}
                - {{path: one, action: sync, target: /etc/one, initial_sync: true}}
                - {{path: two, action: sync, target: /link/}}
    """)
    for name in ("src/sub", "src/skip", "src/empty"):
        (project.directory / name).mkdir(parents=True)
    for name in ("src/f", "src/sub/g", "src/skip/s", "src/f~", "one"):
        (project.directory / name).write_text(name)
    project.up()
    in_container(project, "mkdir /real; ln -s /real /link")
    running = watch("watch", "--no-up")
    look = "cd /app; find . | sort"
    assert in_container(project, look).split() == [".", "./f", "./sub", "./sub/g"]
    assert in_container(project, "cat /etc/one") == "one"
    replacement = project.directory / "new"
    replacement.write_text("replaced")
    replacement.rename(project.directory / "one")
    (project.directory / "two").write_text("two")
    eventually(lambda: in_container(project, "cat /etc/one /real/two") == "replacedtwo")
    (project.directory / "src" / "f").unlink()
    (project.directory / "src" / "f").mkdir()
    (project.directory / "src" / "f" / "in").touch()
    eventually(lambda: in_container(project, look).split() == [".", "./f", "./f/in", "./sub", "./sub/g"])
    (project.directory / "src" / "f" / "in").unlink()
    (project.directory / "src" / "f").rmdir()
    (project.directory / "src" / "f").write_text("again")
    eventually(lambda: in_container(project, "cat /app/f") == "again")
    assert running.end() == 130
    assert "warning" not in running.err


def test_many_files_and_a_container_that_is_made_anew(project, watch):
    project.write(f"services: {{a: {{{SLEEPER}, develop: {{watch: [{{path: src, action: sync, target: /app}}]}}}}}}")
    src = project.directory / "src"
    src.mkdir()
    running = watch("watch")
    for number in range(2000):
        place = src / f"d{number % 50}" / f"e{number % 7}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"f{number}").write_text(str(number))
    eventually(lambda: in_container(project, "find /app -type f | wc -l").strip() == "2000", 60)
    assert in_container(project, "cat /app/d49/e4/f1999") == "1999"
    project.up("--force-recreate")
    (src / "d0").rename(src / "moved")
    eventually(lambda: in_container(project, "ls -d /app/moved && ls /app/moved/* | wc -l 2>/dev/null").split()[:1] == ["/app/moved"])
    shutil.rmtree(src)
    (project.directory / "other").mkdir()
    (project.directory / "other" / "last").touch()
    (project.directory / "other").rename(src)
    eventually(lambda: in_container(project, "cd /app && find . | sort").split() == [".", "./last"])
    assert running.end() == 130
    assert running.err.count("Error handling") == 0, running.err


def test_ctrl_c_while_it_builds(project, watch):
    project.write("""
        services:
          a:
            build: {context: ., dockerfile_inline: "FROM busybox\\nCOPY src /app\\nRUN test ! -e /app/slow || (echo BEGUN; sleep 600)"}
            command: sleep 600
            stop_grace_period: 0s
            develop: {watch: [{path: src, action: rebuild}]}
    """)
    (project.directory / "src").mkdir()
    for args in (["watch"], ["up", "--watch"]):
        running = watch(*args)
        (project.directory / "src" / "slow").touch()
        running.says("BEGUN")
        assert running.end() == 130
        assert project.states() == {"pro-a-1": "running" if args == ["watch"] else "exited"}
        (project.directory / "src" / "slow").unlink()
    project("down", "--rmi", "all", "-t", "0", check=True)


def test_another_engine(project, watch, service):
    """A file that goes is removed by the container's `rm` there; the rest is as here."""
    project.write(f"""
        services:
          a:
            {SLEEPER.replace(", ", chr(10) + "            ")}
            develop:
              watch:
                - {{path: src, action: sync+restart, target: /app}}
                - {{path: ex, action: sync+exec, target: /ex, exec: {{command: [echo, hook]}}}}
    """)
    for name in ("src", "ex"):
        (project.directory / name).mkdir()
    (project.directory / "src" / "g").touch()
    running = watch("watch", env={"DOCKER_HOST": f"unix://{service.path}"})
    (project.directory / "src" / "f").write_text("one")
    running.says('service(s) ["a"] restarted')
    (project.directory / "src" / "f").rename(project.directory / "src" / "h")
    running.says('service(s) ["a"] restarted', 2)
    assert in_container(project, "cd /app; ls; cat h") == "h\none"
    (project.directory / "ex" / "x").touch()
    running.says("hook")
    assert running.end() == 130
