"""Docker's own client: a day's work over the socket, beside the command line of the same engine."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from tests.conftest import Terminal, eventually

SAME = """ps -a --no-trunc --format {{.ID}}/{{.Names}}/{{.Image}}/{{.Ports}}/{{.Mounts}}/{{.State}}
port runs
inspect runs
logs -t runs
diff runs
images --no-trunc --format {{.ID}}/{{.Repository}}/{{.Tag}}/{{.Size}}
volume ls
network inspect bridge
top runs -o pid,args
history --format {{.ID}}/{{.CreatedBy}}/{{.Size}} busybox
info --format {{.Driver}}{{.ID}}""".splitlines()


@pytest.fixture
def docker(docker_program, run):
    def call(*words: str, **more: object) -> str:
        return run(docker_program, *words, **more).stdout

    return call


def test_containers(docker, pydocker, image, tmp_path):
    assert docker("run", "--rm", "-i", "busybox", "sh", "-c", "cat; echo err >&2; exit 3", stdin="typed\n", status=3) == "typed\n"
    docker(
        "run", "-d", "--name", "runs", "-p", "127.0.0.1::80", "-v", "of-docker:/data", "busybox", "sh", "-c", "echo begun; exec sleep 60"
    )
    assert docker("exec", "-i", "-e", "A=1", "-w", "/data", "runs", "sh", "-c", "echo $A; pwd; cat", stdin="typed") == "1\n/data\ntyped"
    (tmp_path / "f").write_text("copied\n")
    docker("cp", str(tmp_path / "f"), "runs:/data/f")
    docker("cp", "runs:/data/f", str(tmp_path / "g"))
    assert (tmp_path / "g").read_text() == pydocker("exec", "runs", "cat", "/data/f").stdout == "copied\n"
    for line in SAME:
        words = line.split()
        assert docker(*words) == pydocker(*words).stdout, words
    assert "runs" in docker("stats", "--no-stream")
    docker("stop", "-t", "0", "runs")
    assert docker("wait", "runs") == "137\n"
    docker("rm", "-v", "runs")
    docker("volume", "rm", "of-docker")
    assert pydocker("ps", "-aq").stdout == ""


def test_build_with_a_dockerfile_from_elsewhere(docker, pydocker, image, tmp_path):
    """The client puts it into the archive, and ends that without an end."""
    (tmp_path / "context").mkdir()
    (tmp_path / "context/f").write_text("file\n")
    (tmp_path / "Dockerfile").write_text("FROM busybox\nCOPY . /all/\n")
    docker("build", "-q", "-t", "of-docker", "-f", str(tmp_path / "Dockerfile"), str(tmp_path / "context"), env={"DOCKER_BUILDKIT": "0"})
    assert pydocker("run", "--rm", "of-docker", "ls", "-A", "/all").stdout == "f\n"
    pydocker("rmi", "of-docker", check=True)


def test_terminals_and_signals(docker_program, client_env, pydocker, image):
    terminal = Terminal([docker_program, "run", "-it", "--name", "on-tty", "busybox"], {**client_env, "TERM": "xterm"}, None)
    terminal.expect("/ # ")
    terminal.send("echo a$((1+1))b\n")
    terminal.expect("a2b")
    terminal.send("\x10\x11")  # the keys that detach
    assert terminal.wait() == 0
    terminal.close()
    assert pydocker("inspect", "-f", "{{.State.Status}}", "on-tty").stdout == "running\n"
    words = [
        docker_program,
        "run",
        "--rm",
        "--name",
        "told",
        "busybox",
        "sh",
        "-c",
        "trap 'echo told; exit 5' TERM; echo ready; while :; do sleep 0.1; done",
    ]
    told = subprocess.Popen(words, env=client_env, stdout=subprocess.PIPE, text=True)
    assert told.stdout is not None and told.stdout.readline() == "ready\n"
    told.send_signal(signal.SIGTERM)
    assert (told.stdout.read(), told.wait(20)) == ("told\n", 5)
    eventually(lambda: "told" not in pydocker("ps", "-a", "--format", "{{.Names}}").stdout)


def test_images(docker, pydocker, image, tmp_path, registry):
    (tmp_path / "Dockerfile").write_text("FROM busybox\nCOPY f /f\nRUN cat /f > /g\nCMD cat /g\n")
    (tmp_path / "f").write_text("from the context\n")
    classic = {"DOCKER_BUILDKIT": "0"}
    assert "Successfully tagged" in docker("build", "-t", f"{registry}/of-docker:1", str(tmp_path), env=classic)
    assert docker("run", "--rm", f"{registry}/of-docker:1") == "from the context\n"
    docker("push", "-q", f"{registry}/of-docker:1")
    docker("save", "-o", str(tmp_path / "saved.tar"), f"{registry}/of-docker:1")
    image_id = pydocker("images", "-q", "--no-trunc", f"{registry}/of-docker").stdout
    docker("rmi", f"{registry}/of-docker:1")
    docker("pull", "-q", f"{registry}/of-docker:1")
    assert docker("images", "-q", "--no-trunc", f"{registry}/of-docker") == image_id
    docker("rmi", f"{registry}/of-docker:1")
    assert "Loaded image" in docker("load", "-i", str(tmp_path / "saved.tar"))
    assert pydocker("images", "-q", "--no-trunc", f"{registry}/of-docker").stdout == image_id


def test_events_and_following(docker_program, client_env, pydocker, image):
    """What the command line does shows itself at once to those who look on by the socket."""
    since = str(int(time.time()))
    words = [docker_program, "events", "--since", since, "--filter", "type=container", "--filter", "container=seen"]
    words += ["--format", "{{.Action}} {{.Actor.Attributes.name}}"]
    events = subprocess.Popen(words, env=client_env, stdout=subprocess.PIPE, text=True)
    pydocker("run", "-d", "--name", "seen", "busybox", "sh", "-c", "echo one; sleep 0.5; echo two", check=True)
    follows = subprocess.run([docker_program, "logs", "-f", "seen"], env=client_env, capture_output=True, text=True, timeout=30)
    assert follows.stdout == "one\ntwo\n"
    pydocker("rm", "seen", check=True)
    assert events.stdout is not None
    assert [events.stdout.readline() for _ in range(4)] == [f"{action} seen\n" for action in ("create", "start", "die", "destroy")]
    events.terminate()
    events.wait(10)


def test_builds_of_the_client_with_this_builder_as_its_plugin(docker, client_env, pydocker, image, tmp_path):
    """What the client can't ask for over the socket, a link to this program as docker-buildx does."""
    plugins = pydocker.home / ".docker/cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    (plugins / "docker-buildx").symlink_to(pydocker.command)
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN --mount=type=cache,target=/c echo built > /g\nCMD cat /g\n")
    env = {"PYDOCKER_ROOT": str(pydocker.root)}
    try:
        assert "pydocker" in docker("buildx", "version", env=env)
        for words in (("build",), ("buildx", "build"), ("--log-level", "warn", "buildx", "build")):
            docker(*words, "-t", "of-plugin", str(tmp_path), env=env)
            assert docker("run", "--rm", "of-plugin") == "built\n"
            docker("rmi", "of-plugin")
    finally:
        (plugins / "docker-buildx").unlink()
