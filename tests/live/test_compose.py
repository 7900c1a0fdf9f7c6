"""Projects of docker compose: brought up, changed, looked at and taken down."""

from __future__ import annotations

import json
import os
import signal
import textwrap

import pytest

from tests.conftest import eventually, proves
from tests.service import archive


class Project:
    """A directory with a compose file, and the program in it."""

    def __init__(self, pydocker, directory):
        self.pydocker, self.directory = pydocker, directory

    def write(self, text, name="compose.yaml"):
        (self.directory / name).write_text(textwrap.dedent(text))

    def __call__(self, *args, **kwargs):
        return self.pydocker("compose", *args, cwd=self.directory, **kwargs)

    def up(self, *args, check=True):
        return self("up", "-d", *args, check=check)

    def states(self):
        """Name -> state of all containers of the project."""
        lines = self("ps", "-a", "--format", "{{.Name}} {{.State}}", check=True).stdout.splitlines()
        return dict(line.split() for line in lines)

    def inspect(self, name, template):
        return self.pydocker("inspect", "-f", template, name, check=True).stdout.strip()


@pytest.fixture
def project(pydocker, image, tmp_path):
    directory = tmp_path / "pro"
    directory.mkdir()
    made = Project(pydocker, directory)
    yield made
    if any(directory.iterdir()):
        made("down", "-v", "-t", "0", "--remove-orphans", check=True)
    assert pydocker("ps", "-aq", "--filter", "label=com.docker.compose.project=pro").stdout == ""
    assert pydocker("network", "ls", "-q", "--filter", "label=com.docker.compose.project=pro").stdout == ""


@proves("compose up --detach", "compose ps", "compose exec", "compose port", "compose down --volumes", "compose ls", "compose images")
def test_a_project_with_everything(project, pydocker):
    (project.directory / "sec.txt").write_text("hidden")
    project.write("""
        services:
          db:
            image: busybox
            command: sleep 600
            environment: {A: "1", B: two}
            healthcheck: {test: [CMD, test, -e, /tmp/ready], interval: 100ms, start_period: 5s, start_interval: 50ms}
            volumes: [data:/data, /anon, ./sec.txt:/x:ro]
            networks: [back]
            post_start: [{command: touch /tmp/ready}]
            stop_grace_period: 0s
          web:
            image: busybox
            command: [httpd, -f, -h, /www]
            depends_on: {db: {condition: service_healthy}}
            ports: ["80"]
            networks: {back: {aliases: [other]}, front: {}}
            secrets: [sec, {source: env, mode: 0400}]
            configs: [{source: page, target: /www/index.html}]
            scale: 2
            stop_grace_period: 0s
        volumes: {data: {labels: {x: y}}}
        networks: {back: {internal: true}, front: {}}
        secrets: {sec: {file: ./sec.txt}, env: {environment: HUSH}}
        configs: {page: {content: "hello $$x ${WHO:-you}"}}
    """)
    up = project("up", "-d", env={"HUSH": "quiet", "WHO": "me"}, check=True)
    lines = up.stderr.splitlines()
    assert lines.index(" Container pro-db-1  Healthy") < lines.index(" Container pro-web-1  Starting")
    for name in ("Network pro_back", "Network pro_front", "Volume pro_data", "Container pro-db-1", "Container pro-web-2"):
        assert f" {name}  Created" in lines
    assert project.states() == {"pro-db-1": "running", "pro-web-1": "running", "pro-web-2": "running"}
    address = project("port", "web", "80", "--index", "2", check=True).stdout.strip().replace("0.0.0.0", "127.0.0.1")
    assert pydocker("run", "--rm", "--network", "host", "busybox", "wget", "-qO-", f"http://{address}/", check=True).stdout == "hello $x me"
    script = "cat /run/secrets/sec; echo; cat /run/secrets/env; echo; nslookup -type=a other 127.0.0.11 | grep -c ^Name; wget -qO- db 2>&1"
    seen = project("exec", "-T", "web", "sh", "-c", script).stdout.splitlines()
    assert seen[:3] == ["hidden", "quiet", "2"]
    assert project("exec", "db", "sh", "-c", "echo $A$B; touch /x", check=False).stdout == "1two\n"
    labels = json.loads(project.inspect("pro-web-2", "{{json .Config.Labels}}"))
    own = {key.removeprefix("com.docker.compose."): value for key, value in labels.items()}
    assert (own["container-number"], own["depends_on"], own["oneoff"]) == ("2", "db:service_healthy:false", "False")
    assert own["project.config_files"] == str(project.directory / "compose.yaml")
    rows = [json.loads(line) for line in project("ps", "--format", "json").stdout.splitlines()]
    assert [(row["Service"], row["Health"]) for row in rows] == [("db", "healthy"), ("web", ""), ("web", "")]
    assert json.loads(project("ls", "--format", "json").stdout)[0]["Status"] == "running(3)"
    assert len(project("images", "-q").stdout.split()) == 1
    assert project("volumes", "-q").stdout == "pro_data\n"
    again = project("up", "-d", env={"HUSH": "quiet", "WHO": "me"}, check=True).stderr.splitlines()
    assert {line for line in again if "Running" in line} == {f" Container pro-{each}  Running" for each in ("db-1", "web-1", "web-2")}
    assert not [line for line in again if "Recreate" in line or "Starting" in line]
    down = project("down", "-v", check=True).stderr.splitlines()
    assert down.index(" Container pro-web-1  Removed") < down.index(" Container pro-db-1  Stopping")
    assert pydocker("volume", "ls", "-q").stdout == ""


@proves(
    "compose up --force-recreate",
    "compose up --no-recreate",
    "compose up --renew-anon-volumes",
    "compose up --remove-orphans",
    "compose up --scale",
)
def test_what_changes_is_made_anew(project):
    text = """
        services:
          a: {image: busybox, command: sleep %s, volumes: [/keep], stop_grace_period: 0s}
          b: {image: busybox, command: sleep 600, depends_on: [a], stop_grace_period: 0s}
    """
    project.write(text % "600")
    project.up()
    ids = {name: project.inspect(name, "{{.Id}}") for name in ("pro-a-1", "pro-b-1")}
    project("exec", "a", "sh", "-c", "echo data > /keep/x", check=True)
    project.write(text % "601")
    assert " Container pro-a-1  Recreated" in project.up().stderr
    assert project.inspect("pro-a-1", "{{.Id}}") != ids["pro-a-1"]
    assert project.inspect("pro-b-1", "{{.Id}}") == ids["pro-b-1"]
    assert project("exec", "a", "cat", "/keep/x").stdout == "data\n"  # the anonymous volume moved over
    project.write(text % "602")
    assert "Recreate" not in project.up("--no-recreate").stderr
    project.up("-V")
    assert project("exec", "a", "cat", "/keep/x").status == 1
    project.up("--scale", "b=3")
    assert sorted(project.states()) == ["pro-a-1", "pro-b-1", "pro-b-2", "pro-b-3"]
    project.up("--scale", "b=1")
    assert sorted(project.states()) == ["pro-a-1", "pro-b-1"]
    before = project.inspect("pro-b-1", "{{.Id}}")
    project.up("--force-recreate")
    assert project.inspect("pro-b-1", "{{.Id}}") != before
    project.write("services: {a: {image: busybox, command: sleep 602, volumes: [/keep], stop_grace_period: 0s}}")
    assert "Found orphan containers ([pro-b-1]) for this project" in project.up().stderr
    project.up("--remove-orphans")
    assert project.states() == {"pro-a-1": "running"}


@proves(
    "compose up",
    "compose up --abort-on-container-exit",
    "compose up --exit-code-from",
    "compose logs",
    "compose up --attach",
    "compose up --no-log-prefix",
)
def test_in_front(project):
    project.write("""
        services:
          a: {image: busybox, command: "sh -c 'echo one; echo two >&2; printf three; exit 3'"}
          bee: {image: busybox, command: "sh -c 'sleep 0.3; echo b; exit 5'", depends_on: [a]}
    """)
    done = project("up")
    lines = done.stdout.replace("\r\x1b[K", "").splitlines()  # the start of the lines that tell of an end
    assert done.status == 0
    assert lines[0] == "Attaching to a-1, bee-1"
    assert {"a-1    | one", "a-1    | three", "a-1 exited with code 3", "bee-1  | b", "bee-1 exited with code 5"} == set(lines[1:])
    assert "a-1    | two\n" in done.stderr
    assert project("up", "--abort-on-container-exit").status == 3
    assert project("up", "--exit-code-from", "bee").status in (5, 137)
    done = project("up", "--attach", "bee", "--no-log-prefix")
    assert done.stdout == "Attaching to bee-1\nb\n\r\x1b[Kbee-1 exited with code 5\n"
    shown = project("logs", "--no-log-prefix", "bee").stdout
    assert shown.count("b\n") >= 2
    assert project("logs", "-n", "1", "a").stdout.startswith("a-1  | ")
    assert project("logs", "nope").stderr == "no such service: nope\n"


def test_logs_follow_a_restart(project):
    """From its start, and nothing twice."""
    project.write("""
        services:
          a: {image: busybox, command: sh -c 'echo begun; sleep 600', stop_grace_period: 0s}
          b: {image: busybox, command: sleep 600, stop_grace_period: 0s}
    """)
    project.up()
    path = project.directory.parent / "logs"
    with open(path, "wb") as out:
        running = project.pydocker.start("compose", "logs", "-f", cwd=project.directory, stdout=out)
    for count in (1, 2, 3):
        eventually(lambda count=count: path.read_text().count("a-1  | begun\n") == count)
        project("restart", "a", check=True)
    eventually(lambda: path.read_text().count("a-1  | begun\n") == 4)
    project("stop", check=True)
    running.wait(30)
    assert path.read_text().count("begun") == 4


@proves("compose up --timeout")
@pytest.mark.parametrize("signals", [1, 2])
def test_ctrl_c(project, signals):
    project.write("""
        services:
          kind: {image: busybox, command: "sh -c 'trap \\"echo bye; exit 0\\" TERM; echo start; sleep 600 & wait'"}
          stubborn: {image: busybox, command: "sh -c 'trap : TERM; echo start; while :; do sleep 0.1; done'", stop_grace_period: 2s}
    """)
    running = project.pydocker.start("compose", "up", cwd=project.directory, start_new_session=True)
    heard = b""
    while heard.count(b"start\n") < 2:
        heard += os.read(running.stdout.fileno(), 4096)
    os.killpg(running.pid, signal.SIGINT)
    if signals == 2:
        eventually(lambda: b"Stopping" in running.stderr.readline())
        os.killpg(running.pid, signal.SIGINT)
    out, _ = running.communicate(timeout=30)
    assert running.returncode == 130
    assert signals == 2 or b"Gracefully Stopping... press Ctrl+C again to force" in out
    assert signals == 2 or b"| bye\n" in out
    assert set(project.states().values()) == {"exited"}


@proves(
    "compose up --wait",
    "compose start",
    "compose stop",
    "compose restart",
    "compose kill",
    "compose pause",
    "compose unpause",
    "compose rm --force",
)
def test_states(project):
    project.write("""
        services:
          init: {image: busybox, command: "true"}
          a:
            image: busybox
            command: sleep 600
            stop_grace_period: 0s
            depends_on: {init: {condition: service_completed_successfully}}
          follower:
            image: busybox
            command: sleep 600
            stop_grace_period: 0s
            depends_on: {a: {condition: service_started, restart: true}}
    """)
    lines = project("up", "--wait", check=True).stderr.splitlines()
    assert " Container pro-init-1  Exited" in lines
    assert " Container pro-a-1  Healthy" in lines
    for verb, state in (("stop", "exited"), ("start", "running"), ("pause", "paused"), ("unpause", "running"), ("kill", "exited")):
        project(verb, "a", check=True)
        assert project.states()["pro-a-1"] == state
    project("start", check=True)
    began = project.inspect("pro-follower-1", "{{.State.StartedAt}}")
    project("restart", "a", check=True)
    assert project.inspect("pro-follower-1", "{{.State.StartedAt}}") != began
    assert project("rm", "-f", "init", check=True).stderr == " Container pro-init-1  Removing\n Container pro-init-1  Removed\n"
    assert project("rm", "-f", "a").stderr == "No stopped containers\n"


@proves("compose restart", "compose restart --no-deps", "compose up --detach")
def test_restarted_with_another(project):
    """`restart: true`: stopped before the other is made anew, and restarted with it when it is healthy, along the whole chain."""
    project.write("""
        services:
          db:
            image: busybox
            command: sh -c 'sleep 0.3; touch /up; exec sleep 600'
            environment: {WORD: "${WORD:-one}"}
            stop_grace_period: 0s
            healthcheck: {test: test -e /up, interval: 100ms}
          web:
            image: busybox
            command: sleep 600
            stop_grace_period: 0s
            depends_on: {db: {condition: service_healthy, restart: true}}
            pre_stop: [{command: sh -c 'echo before >> /stops'}]
          last:
            image: busybox
            command: sleep 600
            stop_grace_period: 0s
            depends_on: {web: {condition: service_started, restart: true}}
          other:
            image: busybox
            command: sleep 600
            stop_grace_period: 0s
            depends_on: {db: {condition: service_healthy}}
    """)

    def begun():
        return {name: project.inspect(f"pro-{name}-1", "{{.Id}} {{.State.StartedAt}}").split() for name in ("db", "web", "last", "other")}

    project.up()
    first = begun()
    done = project("up", "-d", env={"WORD": "two"}, check=True)
    second = begun()
    assert second["db"][0] != first["db"][0]
    assert second["web"][0] == first["web"][0] and second["web"][1] > second["db"][1]
    assert (second["last"], second["other"]) == (first["last"], first["other"])
    lines = done.stderr.splitlines()
    told = [f" Container pro-{each}" for each in ("web-1  Stopped", "db-1  Recreate", "db-1  Healthy", "web-1  Starting")]
    assert sorted(told, key=lines.index) == told
    assert " Container pro-last-1  Running" in lines and " Container pro-web-1  Running" not in lines
    assert project("exec", "-T", "web", "cat", "/stops", check=True).stdout == "before\n"

    lines = project("restart", "db", check=True).stderr.splitlines()
    third = begun()
    assert third["db"][1] < third["web"][1] < third["last"][1]
    assert third["db"][1] > second["db"][1] and third["other"] == second["other"]
    assert lines.index(" Container pro-db-1  Healthy") < lines.index(" Container pro-web-1  Restarting")
    project("restart", "--no-deps", "db", check=True)
    assert begun()["web"] == third["web"]


@proves("compose up --detach", "compose up --wait-timeout")
def test_failures(project):
    project.write("""
        services:
          sick:
            image: busybox
            command: sleep 600
            stop_grace_period: 0s
            healthcheck: {test: [CMD, "false"], interval: 100ms, retries: 1}
          bad: {image: busybox, command: "sh -c 'exit 4'"}
          on-sick: {image: busybox, command: sleep 600, depends_on: {sick: {condition: service_healthy}}}
          on-bad: {image: busybox, command: sleep 600, depends_on: {bad: {condition: service_completed_successfully}}}
          maybe:
            image: busybox
            command: sleep 600
            stop_grace_period: 0s
            depends_on: {bad: {condition: service_completed_successfully, required: false}}
    """)
    done = project("up", "-d", "on-sick")
    assert (done.status, done.stderr.splitlines()[-1]) == (1, "dependency failed to start: container pro-sick-1 is unhealthy")
    assert " Container pro-sick-1  Error" in done.stderr.splitlines()
    assert project.states()["pro-on-sick-1"] == "created"
    done = project("up", "-d", "on-bad")
    assert (done.status, done.stderr.splitlines()[-1]) == (1, 'service "bad" didn\'t complete successfully: exit 4')
    assert ' Container pro-bad-1  service "bad" didn\'t complete successfully: exit 4' in done.stderr.splitlines()
    done = project("up", "-d", "maybe", check=True)
    assert project.states()["pro-maybe-1"] == "running"
    assert ' Container pro-bad-1  Skipped: optional dependency "bad" didn\'t complete successfully: exit 4' in done.stderr.splitlines()
    assert 'level=warning msg="optional dependency \\"bad\\" didn\'t complete successfully: exit 4"' in done.stderr
    assert project("up", "-d", "--wait", "maybe").status == 1  # that waits for those that are optional, too
    project.write("services: {a: {image: nope.example/none:1, pull_policy: never}}", "other.yaml")
    assert project("-f", "other.yaml", "up", "-d").status == 1
    project.write("services: {b: {image: busybox, command: sleep 60, healthcheck: {test: sleep 9}}}", "other.yaml")
    slow = project("-f", "other.yaml", "up", "--wait", "--wait-timeout", "1", "b")
    assert (slow.status, slow.stderr.splitlines()[-1]) == (1, "application not healthy after 1s")


@proves(
    "compose run --rm", "compose run --detach", "compose run --entrypoint", "compose run --service-ports", "compose run --env", "compose cp"
)
def test_one_off_containers_and_files(project):
    project.write("""
        services:
          db: {image: busybox, command: sleep 600, stop_grace_period: 0s}
          tool: {image: busybox, entrypoint: [echo, tool], command: [default], environment: {X: y}, depends_on: [db], restart: always}
    """)
    done = project("run", "--rm", "tool", check=True)
    assert done.stdout == "tool default\n"
    assert project.states() == {"pro-db-1": "running"}
    assert (
        project("run", "--rm", "-T", "-e", "Z=1", "--entrypoint", "sh", "tool", "-c", "cat; echo $X$Z; exit 7", stdin="in\n").stdout
        == "in\ny1\n"
    )
    assert project("run", "--rm", "--entrypoint", "sh", "tool", "-c", "exit 7").status == 7
    name = project("run", "-d", "--name", "mine", "tool", "x", check=True).stdout.strip()
    assert name == project.inspect("mine", "{{.Id}}")
    (project.directory / "f").write_text("content")
    project("cp", "f", "db:/tmp/f", check=True)
    project("cp", "db:/tmp/f", "g", check=True)
    assert (project.directory / "g").read_text() == "content"


@proves("compose up --detach", "compose down")
def test_killed_in_the_middle(project):
    services = "".join(f"  s{at}: {{image: busybox, command: sleep 600, stop_grace_period: 0s}}\n" for at in range(6))
    project.write(f"services:\n{services}")
    for at in range(3):
        running = project.pydocker.start("compose", "up", "-d", cwd=project.directory)
        while line := running.stderr.readline():
            if b"Start" in line:
                break
        running.kill()
        running.communicate()
        if at == 1:
            project("down", check=True)
    project.up()
    assert project.states() == {f"pro-s{at}-1": "running" for at in range(6)}
    both = [project.pydocker.start("compose", "up", "-d", "--force-recreate", cwd=project.directory) for _ in range(2)]
    for each in both:
        each.communicate(timeout=60)
    project.up()
    assert project.states() == {f"pro-s{at}-1": "running" for at in range(6)}


@proves("compose up --build", "compose build", "compose build --build-arg", "compose down --rmi")
def test_images_of_its_own(project, pydocker):
    (project.directory / "Dockerfile").write_text("FROM busybox\nARG V=0\nRUN echo v$V > /v\nCMD cat /v\n")
    project.write("""
        services:
          built: {build: {context: ., args: {V: "1"}}}
          onit:
            image: onit:1
            build: {dockerfile_inline: "FROM base\\nRUN echo more >> /v\\n", additional_contexts: {base: "service:built"}}
    """)
    assert project("up").status == 0
    assert "v1" in project("logs", "built").stdout
    assert pydocker("run", "--rm", "onit:1").stdout == "v1\nmore\n"
    project("build", "--build-arg", "V=2", "built", check=True)
    assert " Container pro-built-1  Recreated" in project.up("--no-build").stderr
    eventually(lambda: "v2" in project("logs", "built").stdout)
    project("down", "--rmi", "local", check=True)
    assert pydocker("images", "-q", "pro-built").stdout == ""
    assert pydocker("images", "-q", "onit:1").stdout == ""


def test_the_engines_socket(project):
    """use_api_socket: the socket, and what registries are shown, in a service's containers and nowhere else."""
    (project.directory / "config.json").write_text('{"auths": {"far.example": {"auth": "bWU6aHVzaA=="}}, "psFormat": "{{.Names}}"}')
    project.write("""
        services:
          one: {image: busybox, command: sleep 600, stop_grace_period: 0s, use_api_socket: true}
          own: {image: busybox, command: sleep 600, stop_grace_period: 0s, use_api_socket: true, environment: {DOCKER_CONFIG: /mine}}
          without: {image: busybox, command: sleep 600, stop_grace_period: 0s}
    """)
    env = {"DOCKER_CONFIG": str(project.directory)}
    project("up", "-d", env=env, check=True)
    look = ("sh", "-c", "test -S /var/run/docker.sock && echo $DOCKER_CONFIG && cat $DOCKER_CONFIG/config.json")
    seen = project("exec", "-T", "one", *look, check=True).stdout
    assert seen.startswith("/run/secrets/docker\n")
    given = {"auths": {"far.example": {"auth": "bWU6aHVzaA=="}}}
    assert json.loads(seen.partition("\n")[2]) == given
    assert json.loads(project("run", "--rm", "-T", "one", *look, env=env, check=True).stdout.partition("\n")[2]) == given
    assert project("exec", "-T", "own", "sh", "-c", "echo $DOCKER_CONFIG").stdout == "/mine\n"
    assert project("exec", "-T", "without", "test", "-e", "/var/run/docker.sock").status == 1
    again = project("up", "-d", env=env, check=True).stderr.splitlines()
    assert " Container pro-one-1  Running" in again
    project.write("services: {far: {image: busybox, use_api_socket: true}, w: {image: busybox, credential_spec: {file: x}}}", "other.yaml")
    refused = project("-f", "other.yaml", "up", "-d", "far", env={"DOCKER_HOST": "tcp://127.0.0.1:1"})
    assert "use_api_socket can only be used with unix sockets: docker endpoint tcp://127.0.0.1:1 is incompatible" in refused.stderr
    refused = project("-f", "other.yaml", "up", "-d", "w")
    assert (refused.status, refused.stderr) == (1, 'service "w": credential_spec is for Windows containers: leave it out\n')


def test_an_image_as_a_volume(project, pydocker, registry):
    """Pulled when it is not there; another one under its name makes the containers anew."""
    image = f"{registry}/pro/files:1"

    def mounted():
        return project("exec", "-T", "one", "ls", "/v", check=True).stdout.split()

    pydocker("import", "-", image, stdin=archive(("first", b"1")), check=True)
    pydocker("push", image, check=True)
    pydocker("rmi", image, check=True)
    project.write(f"""
        services:
          one:
            image: busybox
            command: sleep 600
            stop_grace_period: 0s
            volumes: [{{type: image, source: "{image}", target: /v}}]
    """)
    assert " one:volume 0 Pulled " in project.up().stderr.splitlines()
    assert mounted() == ["first"]
    assert " Container pro-one-1  Running" in project.up().stderr.splitlines()
    pydocker("import", "-", image, stdin=archive(("second", b"2")), check=True)
    assert " Container pro-one-1  Recreated" in project.up().stderr.splitlines()
    assert mounted() == ["second"]
    assert project("run", "--rm", "-T", "one", "ls", "/v", check=True).stdout == "second\n"
    project("down", check=True)
    pydocker("rmi", image, check=True)


def test_providers_and_models_are_refused(project):
    """Before anything is done, and only where they are wanted: the rest of their project works."""
    project.write("""
        services:
          db: {provider: {type: cloud, options: {size: small}}}
          ai: {image: busybox, command: sleep 600, models: [llm], stop_grace_period: 0s}
          web: {image: busybox, command: sleep 600, depends_on: [db], stop_grace_period: 0s}
        models: {llm: {model: ai/small}}
    """)
    provider = 'service "db": pydocker runs no providers (cloud): provide it yourself, and take the service out\n'
    models = "service \"ai\": 'models' support requires Docker Model plugin, which pydocker does not run\n"
    for words, message in (
        (("up", "-d", "web"), provider),
        (("run", "--rm", "web", "true"), provider),
        (("scale", "db=2"), provider),
        (("up", "-d", "ai"), models),
        (("create",), models),
    ):
        refused = project(*words)
        assert (refused.status, refused.stdout, refused.stderr) == (1, "", message), words
    assert project.states() == {}
    project("up", "-d", "--no-deps", "web", check=True)
    assert project("run", "--rm", "--no-deps", "web", "echo", "out", check=True).stdout == "out\n"
    for verb in ("stop", "start", "restart"):
        project(verb, check=True)
    assert project.states() == {"pro-web-1": "running"}
    assert "Image pro-db" not in project("down", "--rmi", "local", check=True).stderr
    assert project("start").stderr.endswith("has no container to start\n")


def test_only_what_compose_made(project, pydocker):
    """A container with the project's label alone is somebody else's."""
    project.write("services: {a: {image: busybox, command: sleep 600, stop_grace_period: 0s}}")
    words = ["com.docker.compose.project=pro", "com.docker.compose.service=a", "com.docker.compose.oneoff=False"]
    labels = [word for label in words for word in ("--label", label)]
    pydocker("run", "-d", "--name", "by-hand", *labels, "busybox", "sleep", "600", check=True)
    project.up()
    assert project.states() == {"pro-a-1": "running"}
    project("down", check=True)
    assert pydocker("inspect", "-f", "{{.State.Status}}", "by-hand").stdout == "running\n"
    pydocker("rm", "-f", "by-hand", check=True)
