"""`docker compose watch` and `up --watch`: what changes of files lead to in the containers of a project."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.conftest import eventually, proves
from tests.live.test_compose import Project
from tests.live.test_compose import project as project

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
        return self.paths[0].read_text()

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
    assert running.end(signal.SIGTERM) == 143


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
