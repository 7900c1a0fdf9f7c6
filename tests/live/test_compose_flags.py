"""Flags of docker compose's commands, on one project that is kept up."""

from __future__ import annotations

import io
import json
import re
import tarfile
import time

import pytest

from tests.conftest import eventually, proves
from tests.live.test_compose import Project

FILE = """
    services:
      web:
        image: busybox
        command: sh -c 'echo begun $$0; sleep 600'
        ports: ["80", "90/udp"]
        stop_grace_period: 0s
        scale: 2
        depends_on: [db]
        volumes: [data:/data, /anon]
      db: {image: busybox, command: sleep 600, stop_grace_period: 0s}
    volumes: {data: {}}
"""


@pytest.fixture
def project(pydocker, image, tmp_path):
    directory = tmp_path / "fla"
    directory.mkdir()
    made = Project(pydocker, directory)
    made.write(FILE)
    yield made
    made("down", "-v", "-t", "0", "--remove-orphans", check=True)
    assert pydocker("ps", "-aq", "--filter", "label=com.docker.compose.project=fla").stdout == ""


def _rests(pid):
    """Whether a process sleeps whenever it is looked at: it has come to its wait."""
    looks = []
    for _ in range(10):
        with open(f"/proc/{pid}/stat") as file:
            looks.append(file.read().rpartition(")")[2].split()[0])
        time.sleep(0.1)
    return set(looks) == {"S"}


@proves(
    "compose ps --all", "compose ps --filter", "compose ps --format", "compose ps --no-trunc", "compose ps --orphans", "compose ps --quiet",
    "compose ps --services", "compose ps --status", "compose ls --all", "compose ls --filter", "compose ls --format", "compose ls --quiet",
    "compose images --format", "compose images --quiet", "compose port --index", "compose port --protocol", "compose top",
    "compose volumes", "compose volumes --format", "compose volumes --quiet", "compose logs --index", "compose logs --no-color",
    "compose logs --no-log-prefix", "compose logs --since", "compose logs --tail", "compose logs --timestamps", "compose logs --until",
    "compose events --json", "compose events --since", "compose events --until", "compose events", "compose stats --no-stream",
    "compose stats --format", "compose stats", "compose stats --all", "compose stats --no-trunc",
)  # fmt: skip
def test_what_is_shown(project, pydocker):
    def said(*args, **kwargs):
        return project(*args, check=True, **kwargs).stdout

    project.up()
    project("stop", "db", check=True)
    assert said("ps", "--services") == "web\n"
    assert said("ps", "-a", "--services") == "db\nweb\n"
    assert said("ps", "-a", "--status", "exited", "--format", "{{.Name}}") == "fla-db-1\n"
    assert said("ps", "--filter", "status=running", "--format", "{{.Service}} {{.Project}}") == "web fla\nweb fla\n"
    assert len(said("ps", "-aq").split()) == 3
    assert "sleep 600" in said("ps", "--no-trunc", "web")
    labels = [f"--label=com.docker.compose.{text}" for text in ("project=fla", "service=gone", "oneoff=False", "config-hash=x")]
    pydocker("run", "-d", "--name", "lost", *labels, "busybox", "sleep", "600", check=True)
    assert "lost" in said("ps")
    assert "lost" not in said("ps", "--orphans=false")
    pydocker("rm", "-f", "lost", check=True)
    assert said("ls", "-q") == "fla\n"
    assert json.loads(said("ls", "-a", "--format", "json"))[0]["Status"] == "exited(1), running(2)"
    assert said("ls", "--filter", "name=nope", "-q") == ""
    shown = json.loads(said("images", "--format", "json"))
    assert [(row["ContainerName"], row["Repository"]) for row in shown] == [
        (f"fla-{name}", "busybox") for name in ("db-1", "web-1", "web-2")
    ]
    assert said("images", "-q").strip() == shown[0]["ID"].removeprefix("sha256:")
    first, second = (said("port", "web", "80", "--index", index) for index in ("1", "2"))
    assert first != second and first.startswith("0.0.0.0:")
    assert said("port", "--protocol", "udp", "web", "90").startswith("0.0.0.0:")
    done = project("port", "web", "81")
    assert (done.status, done.stderr.startswith("no port 81/tcp for container fla-web-1: ")) == (1, True)
    assert [line.split()[:2] for line in said("top", "web").splitlines()] == [["SERVICE", "#"], ["web", "1"], ["web", "2"]]
    assert said("volumes", "-q") == "fla_data\n"
    assert said("volumes", "--format", "{{.Name}} {{.Driver}}", "web") == "fla_data local\n"
    assert said("logs", "--no-log-prefix", "--index", "2", "web") == "begun sh\n"
    assert said("logs", "--no-color", "-n", "1", "web").splitlines() == ["web-1  | begun sh", "web-2  | begun sh"]
    assert said("logs", "--since", "1h", "--until", "1h", "web") == ""
    assert said("logs", "-t", "--no-log-prefix", "web").startswith("20")
    events = [json.loads(line) for line in said("events", "--json", "--since", "1h", "--until", "0s").splitlines()]
    assert {(each["service"], each["action"]) for each in events} >= {("web", "create"), ("web", "start"), ("db", "die")}
    assert all(key.startswith("com.docker.compose.") is False for each in events for key in each["attributes"])
    assert " container start " in said("events", "--since", "1h", "--until", "0s", "web")
    assert sorted(said("stats", "--no-stream", "--format", "{{.Name}}").split()) == ["fla-web-1", "fla-web-2"]
    assert len(said("stats", "-a", "--no-stream", "--no-trunc", "--format", "{{.ID}}").split()) == 3


@proves(
    "compose exec --detach", "compose exec --env", "compose exec --index", "compose exec --interactive", "compose exec --no-tty",
    "compose exec --privileged", "compose exec --user", "compose exec --workdir", "compose cp --index", "compose cp --archive",
    "compose cp --follow-link", "compose cp --all", "compose export", "compose export --index", "compose export --output", "compose commit",
    "compose commit --author", "compose commit --change", "compose commit --index", "compose commit --message", "compose commit --pause",
    "compose attach --index", "compose attach --no-stdin", "compose attach", "compose attach --sig-proxy",
)  # fmt: skip
def test_in_the_containers(project, pydocker):
    project.up()
    command = (
        "exec",
        "-T",
        "-e",
        "A=b",
        "-u",
        "7",
        "-w",
        "/tmp",
        "--index",
        "2",
        "web",
        "sh",
        "-c",
        "echo $A $(id -u) $PWD $(hostname); cat; exit 3",
    )
    done = project(*command, stdin="typed")
    name = project.inspect("fla-web-2", "{{.Config.Hostname}}")
    assert (done.status, done.stdout) == (3, f"b 7 /tmp {name}\ntyped")
    capabilities = ("grep", "CapEff", "/proc/self/status")
    assert project("exec", "-T", "--privileged", "web", *capabilities).stdout != project("exec", "-T", "web", *capabilities).stdout
    assert project("exec", "-d", "web", "touch", "/tmp/detached", check=True).stdout == ""
    eventually(lambda: project("exec", "-T", "web", "test", "-e", "/tmp/detached").status == 0)
    assert project("exec", "--index", "9", "web", "true").stderr == 'service "web" is not running container #9\n'
    (project.directory / "f").write_text("content")
    (project.directory / "l").symlink_to("f")
    project("cp", "-L", "l", "web:/tmp/both", check=True)
    project("cp", "-a", "--index", "2", "f", "web:/tmp/one", check=True)
    assert [project("exec", "-T", "--index", at, "web", "ls", "/tmp").stdout.split() for at in ("1", "2")] == [
        ["both", "detached"],
        ["both", "one"],
    ]
    assert project("exec", "-T", "web", "cat", "/tmp/both").stdout == "content"
    project("export", "--index", "2", "-o", "out.tar", "web", check=True)
    assert "tmp/one" in tarfile.open(project.directory / "out.tar").getnames()
    assert "tmp/both" in tarfile.open(fileobj=io.BytesIO(project("export", "web", check=True).stdout_bytes)).getnames()
    made = project("commit", "-a", "me", "-m", "why", "-c", "ENV X=y", "--index", "2", "-p=false", "web", "kept:1", check=True).stderr
    assert " Committed as sha256:" in made
    assert pydocker("inspect", "-f", "{{.Author}} {{.Comment}} {{.Config.Env}}", "kept:1").stdout.startswith("me why [X=y")
    attached = pydocker.start("compose", "attach", "--no-stdin", "--sig-proxy=false", "--index", "2", "web", cwd=project.directory)
    told = (
        "events",
        "--since",
        "5m",
        "--until",
        "0s",
        "--filter",
        "container=fla-web-2",
        "--filter",
        "event=attach",
        "--format",
        "{{.Action}}",
    )
    eventually(lambda: "attach" in pydocker(*told).stdout, what="it is attached")
    project("kill", "-s", "TERM", "db", check=True)
    pydocker("kill", "fla-web-2", check=True)
    attached.communicate(timeout=20)
    assert attached.returncode == 137


@proves(
    "compose create", "compose create --scale", "compose create --no-recreate", "compose create --force-recreate",
    "compose create --remove-orphans", "compose start --wait", "compose stop --timeout", "compose restart --no-deps",
    "compose restart --timeout", "compose kill --signal", "compose rm", "compose rm --stop", "compose rm --volumes", "compose scale",
    "compose scale --no-deps", "compose up --no-start", "compose up --no-deps", "compose up --always-recreate-deps", "compose wait",
    "compose wait --down-project", "compose down --timeout", "compose down --remove-orphans", "compose up --yes",
)  # fmt: skip
def test_steps_of_life(project, pydocker):
    project("create", "--scale", "web=1", check=True)
    assert project.states() == {"fla-db-1": "created", "fla-web-1": "created"}
    before = project.inspect("fla-db-1", "{{.Id}}")
    project("create", "--no-recreate", "--scale", "web=1", check=True)
    assert project.inspect("fla-db-1", "{{.Id}}") == before
    project("create", "--force-recreate", "--scale", "web=1", "--remove-orphans", check=True)
    assert project.inspect("fla-db-1", "{{.Id}}") != before
    project("start", "--wait", "db", check=True)
    assert project.states() == {"fla-db-1": "running", "fla-web-1": "created"}
    project("scale", "--no-deps", "web=3", check=True)
    assert list(project.states().values()) == ["running"] * 4
    began = project.inspect("fla-web-1", "{{.State.StartedAt}}")
    project("restart", "--no-deps", "-t", "0", "db", check=True)
    assert project.inspect("fla-web-1", "{{.State.StartedAt}}") == began
    project("kill", "-s", "KILL", "db", check=True)
    project("stop", "-t", "0", check=True)
    assert set(project.states().values()) == {"exited"}
    assert project("rm", "db", stdin="n\n", check=True).stdout == "Going to remove fla-db-1"
    assert "fla-db-1" in project.states()
    anonymous = pydocker("volume", "ls", "-q", "--filter", "label=com.docker.volume.anonymous").stdout.split()
    project("up", "-d", "--no-deps", "web", check=True)
    assert project.states()["fla-db-1"] == "exited"
    project("rm", "-fsv", "web", check=True)
    assert project.states() == {"fla-db-1": "exited"}
    assert len(pydocker("volume", "ls", "-q", "--filter", "label=com.docker.volume.anonymous").stdout.split()) < len(anonymous)
    project("up", "--no-start", check=True)
    assert project.states()["fla-web-1"] == "created"
    old = project.inspect("fla-db-1", "{{.Id}}")
    project("up", "-d", "--always-recreate-deps", "web", check=True)
    assert project.inspect("fla-db-1", "{{.Id}}") != old
    project.write(FILE.replace("data: {}", "data: {labels: {a: b}}"))
    assert "exists but doesn't match" in project("up", "-d", check=True).stdout
    project("up", "-d", "-y", check=True)
    assert pydocker("volume", "inspect", "-f", "{{.Labels.a}}", "fla_data").stdout == "b\n"
    waiting = pydocker.start("compose", "wait", "--down-project", "db", cwd=project.directory)
    eventually(lambda: _rests(waiting.pid))
    assert pydocker("kill", "fla-db-1").status == 0
    out, _ = waiting.communicate(timeout=30)
    assert (waiting.returncode, b"exited with status code 137" in out) == (137, True)
    assert project.states() == {}


@proves(
    "compose run", "compose run --cap-add", "compose run --cap-drop", "compose run --env-from-file", "compose run --interactive",
    "compose run --label", "compose run --name", "compose run --no-deps", "compose run --no-tty", "compose run --publish",
    "compose run --quiet-pull", "compose run --use-aliases", "compose run --user", "compose run --volume", "compose run --workdir",
    "compose run --pull",
)  # fmt: skip
def test_run(project, pydocker):
    (project.directory / "vars").write_text("FROM_FILE=1\n")
    script = "id -u; pwd; echo $FROM_FILE; cat /given/vars; cat"
    words = ("--no-deps", "--env-from-file", "vars", "-u", "7", "-w", "/tmp", "-v", "./:/given:ro", "--pull", "never", "--quiet-pull", "-T")
    done = project("run", "--rm", *words, "web", "sh", "-c", script, stdin="in", check=True)
    assert done.stdout == "7\n/tmp\n1\nFROM_FILE=1\nin"
    assert project.states() == {}
    words = (
        "--no-deps",
        "--name",
        "mine",
        "-l",
        "a=b",
        "-p",
        "127.0.0.1::99",
        "--cap-add",
        "SYS_TIME",
        "--cap-drop",
        "CHOWN",
        "--use-aliases",
    )
    project("run", "-d", *words, "web", "sleep", "600", check=True)
    shown = json.loads(pydocker("inspect", "mine", check=True).stdout)[0]
    labels = shown["Config"]["Labels"]
    assert (labels["a"], labels["com.docker.compose.oneoff"], len(labels["com.docker.compose.slug"])) == ("b", "True", 12)
    assert (list(shown["HostConfig"]["PortBindings"]), shown["HostConfig"]["CapAdd"], shown["HostConfig"]["CapDrop"]) == (
        ["99/tcp"],
        ["CAP_SYS_TIME"],
        ["CAP_CHOWN"],
    )
    assert "web" in shown["NetworkSettings"]["Networks"]["fla_default"]["Aliases"]
    assert shown["HostConfig"]["RestartPolicy"]["Name"] == "no"


@proves(
    "compose up --abort-on-container-failure", "compose up --attach-dependencies", "compose up --no-attach", "compose up --no-color",
    "compose up --timestamps",
)  # fmt: skip
def test_in_front_of_some(project):
    project.write("""
        services:
          good: {image: busybox, command: echo well}
          bad: {image: busybox, command: sh -c 'sleep 0.5; echo ill; exit 9', depends_on: [good]}
          long: {image: busybox, command: sleep 600, stop_grace_period: 0s}
    """)
    done = project("up", "--abort-on-container-failure", "--no-color", "--timestamps", "--no-attach", "good")
    assert done.status == 9
    lines = done.stdout.splitlines()
    assert lines[0] == "Attaching to bad-1, long-1"
    assert any(line.startswith("bad-1   | 20") and line.endswith(" ill") for line in lines)
    assert set(project.states().values()) == {"exited"}
    done = project("up", "--attach-dependencies", "bad")
    assert done.stdout.splitlines()[0] == "Attaching to bad-1, good-1"


@proves(
    "compose build --print", "compose build --quiet", "compose build --no-cache", "compose build --with-dependencies",
    "compose build --pull", "compose build --check", "compose push", "compose pull", "compose pull --ignore-buildable",
    "compose pull --policy", "compose pull --include-deps", "compose pull --ignore-pull-failures", "compose create --build",
    "compose create --no-build", "compose create --pull", "compose up --no-build", "compose up --pull", "compose run --build",
    "compose run --quiet-build", "compose pull --quiet", "compose push --quiet", "compose push --include-deps",
)  # fmt: skip
def test_images(project, pydocker, registry):
    (project.directory / "Dockerfile").write_text('FROM busybox\nRUN head -c 9 /dev/urandom | md5sum > /when\nCMD ["cat", "/when"]\n')
    image = f"{registry}/fla/app:1"
    project.write(f"""
        services:
          app: {{build: ., image: "{image}", depends_on: [base]}}
          base: {{build: {{context: ., args: {{A: b}}}}}}
          plain: {{image: "{registry}/fla/none:1", profiles: [other]}}
    """)
    shown = json.loads(project("build", "--print", "app", check=True).stdout)
    assert list(shown["target"]) == ["app"] and shown["target"]["app"]["tags"] == [image]
    assert project("create", "--no-build").status == 1
    assert project("build", "-q", "--with-dependencies", "app", check=True).status == 0
    first = pydocker("inspect", "-f", "{{.Id}}", image, check=True).stdout
    assert pydocker("inspect", "-f", '{{index .Config.Labels "com.docker.compose.service"}}', "fla-base", check=True).stdout == "base\n"
    project("build", "app", check=True)
    assert pydocker("inspect", "-f", "{{.Id}}", image).stdout == first
    project("build", "--no-cache", "--pull=false", "--quiet", "app", check=True)
    assert pydocker("inspect", "-f", "{{.Id}}", image).stdout != first
    assert project("build", "--check", "app").status == 0
    project("push", "-q", "--include-deps", "app", check=True)
    pydocker("rmi", image, check=True)
    project("pull", "--ignore-buildable", "app", check=True)
    assert pydocker("image", "inspect", image).status == 1
    project("pull", "-q", "--policy", "missing", "--include-deps", "app", check=True)
    assert pydocker("image", "inspect", image).status == 0
    done = project("pull", "plain")
    assert done.status == 1
    assert project("pull", "--ignore-pull-failures", "plain").status == 0
    pydocker("rmi", image, check=True)
    app = project("pull", "app", check=True).stderr.splitlines()
    assert (app[0], app[-1]) == (" app Pulling ", " app Pulled ")
    assert [line for line in app[1:-1] if re.fullmatch(" [0-9a-f]{12} Already exists ", line)] == app[1:-1] != []
    told = project("pull", "app", "base", "plain", "--ignore-pull-failures").stderr.splitlines()
    assert " base Skipped - No image to be pulled " in told
    assert any(re.match(" plain Error .*not found", line) for line in told)
    assert "WARNING" not in "".join(told)
    pydocker("rmi", image, check=True)
    assert any(line.startswith(" app Pulling") for line in project("create", "app", check=True).stderr.splitlines())
    project("up", "-d", "--no-build", "--pull", "never", "base", check=True)
    project("create", "--build", "--pull", "missing", "base", check=True)
    assert project("run", "--rm", "--build", "--quiet-build", "base", check=True).stdout.endswith("  -\n")


@proves("compose kill --remove-orphans", "compose kill", "compose rm")
def test_orphans_and_one_offs(project):
    """A command without services means those of the files; `kill` ends one-off containers too, and orphans when they are meant."""
    project.write("services: {old: {image: busybox, command: sleep 600, stop_grace_period: 0s}}", "old.yaml")
    project("-f", "old.yaml", "up", "-d", check=True)
    project.up("--scale", "web=1")
    project("run", "-d", "--no-deps", "--name", "once", "web", "sleep", "600", check=True)
    project("stop", check=True)
    assert project.states() == {"fla-db-1": "exited", "fla-old-1": "running", "fla-web-1": "exited", "once": "running"}
    project("kill", check=True)
    assert project.states() == {"fla-db-1": "exited", "fla-old-1": "running", "fla-web-1": "exited", "once": "exited"}
    assert (project("kill").status, project("kill").stderr) == (0, "no container to kill")
    project("kill", "--remove-orphans", check=True)
    assert project.states()["fla-old-1"] == "exited"
    assert project("rm", "-f", check=True).stdout == "Going to remove fla-db-1, fla-web-1\n"
    assert project.states() == {"fla-old-1": "exited", "once": "exited"}


@proves("compose run --quiet", "compose run --remove-orphans")
def test_what_run_does_before(project):
    project.write("services: {old: {image: busybox, command: sleep 600, stop_grace_period: 0s}}", "old.yaml")
    project("-f", "old.yaml", "up", "-d", check=True)
    told = project("run", "--rm", "web", "echo", "out", check=True)
    assert (told.stdout, " Container fla-db-1  Started" in told.stderr.splitlines()) == ("out\n", True)
    assert "Found orphan containers ([fla-old-1])" in told.stderr
    project("stop", "db", check=True)
    told = project("run", "--rm", "-q", "web", "echo", "out", check=True)
    assert (told.stdout, "Container" in told.stderr) == ("out\n", False)
    assert project.states() == {"fla-db-1": "running", "fla-old-1": "running"}
    told = project("run", "--rm", "--no-deps", "--remove-orphans", "web", "true", check=True)
    assert "Found orphan" not in told.stderr
    assert project.states() == {"fla-db-1": "running"}


@proves("compose run --tty", "compose run --no-tty", "compose exec --no-tty", "compose attach --detach-keys")
def test_terminals(project, pydocker):
    project.write("services: {one: {image: busybox, command: cat, stdin_open: true, tty: true, stop_grace_period: 0s}}")
    project.up()
    look = ("sh", "-c", "test -t 1 && echo terminal || echo pipe")

    def at_terminal(*args):
        with pydocker.terminal("compose", *args, *look, cwd=str(project.directory)) as terminal:
            assert terminal.wait() == 0
            return terminal.output.decode().split()[-1]

    assert [at_terminal("run", "--rm", *words, "one") for words in ((), ("-T",), ("-t=false",), ("-T=false",))] == [
        "terminal", "pipe", "pipe", "terminal",
    ]  # fmt: skip
    assert [at_terminal("exec", *words, "one") for words in ((), ("-T",), ("-T=false",))] == ["terminal", "pipe", "terminal"]
    for words in (("run", "-t"), ("run", "-T=false"), ("exec", "-T=false")):
        refused = project(*words, "one", *look)
        assert (refused.status, refused.stdout, refused.stderr) == (1, "", "the input device is not a TTY\n"), words
    assert project("run", "-t", "-T", "one").stderr == "--tty and --no-TTY can't be used together\n"
    assert project.states() == {"fla-one-1": "running"}
    with pydocker.terminal("compose", "attach", "--detach-keys", "a,q", "one", cwd=str(project.directory)) as terminal:
        terminal.send("typed\r")
        terminal.expect("typed\r\ntyped")
        terminal.send("aq")
        assert terminal.wait() == 1
        assert "read escape sequence" in terminal.output.decode()
    assert project.states() == {"fla-one-1": "running"}


@proves("compose logs --follow")
def test_logs_that_come(project, pydocker):
    project.write("""
        services:
          one: {image: busybox, command: sh -c 'echo first; while ! test -e /go; do sleep 0.1; done; echo last'}
    """)
    project.up()
    following = pydocker.start("compose", "logs", "-f", cwd=project.directory)
    assert following.stdout.readline() == b"one-1  | first\n"
    project("exec", "-T", "one", "touch", "/go", check=True)
    out, _ = following.communicate(timeout=30)
    assert (following.returncode, out) == (0, b"one-1  | last\n\r\x1b[Kone-1 exited with code 0\n")


@proves("compose start --wait-timeout", "compose create --yes")
def test_patience_and_consent(project, pydocker):
    project.write("""
        services:
          slow: {image: busybox, command: sleep 600, stop_grace_period: 0s, volumes: ["data:/data"],
                 healthcheck: {test: [CMD, sleep, "5"], interval: 100ms, timeout: 60s}}
        volumes: {data: {}}
    """)
    project("create", check=True)
    refused = project("start", "--wait", "--wait-timeout", "1")
    assert (refused.status, refused.stderr.splitlines()[-1]) == (1, "application not healthy after 1s")
    project.write("""
        services: {slow: {image: busybox, command: sleep 600, stop_grace_period: 0s, volumes: ["data:/data"]}}
        volumes: {data: {labels: {a: b}}}
    """)
    asked = project("create", check=True)
    assert "exists but doesn't match" in asked.stdout
    assert project("create", "-y", check=True).stdout == ""
    assert pydocker("volume", "inspect", "-f", "{{.Labels.a}}", "fla_data").stdout == "b\n"
