"""testcontainers for Python, and the engine's socket in containers: its reaper speaks to the engine there."""

from __future__ import annotations

import signal
import sys
import textwrap

import pytest

from tests.conftest import eventually

pytest.importorskip("testcontainers", reason="testcontainers is not installed")

GENERIC = """
    import urllib.request
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.image import DockerImage
    from testcontainers.core.network import Network
    from testcontainers.core.wait_strategies import HealthcheckWaitStrategy, HttpWaitStrategy, LogMessageWaitStrategy, PortWaitStrategy

    serve = ["sh", "-c", "mkdir /w; echo hello > /w/index.html; echo begun; exec httpd -f -p 8080 -h /w"]

    def get(container):
        address = f"http://{container.get_container_host_ip()}:{container.get_exposed_port(8080)}/"
        return urllib.request.urlopen(address, timeout=10).read()

    for wait in (LogMessageWaitStrategy("begun"), HttpWaitStrategy(8080).for_status_code(200), PortWaitStrategy(8080)):
        container = DockerContainer("busybox").with_command(serve).with_exposed_ports(8080).waiting_for(wait)
        with container:
            if not isinstance(wait, LogMessageWaitStrategy):
                assert get(container) == b"hello\\n"
    healthy = {"test": ["CMD", "test", "-s", "/w/index.html"], "interval": 300_000_000}
    with (
        Network() as network,
        DockerContainer("busybox").with_command(serve).with_network(network).with_network_aliases("web").with_env("A", "1")
            .with_kwargs(healthcheck=healthy).waiting_for(HealthcheckWaitStrategy()) as web,
        DockerContainer("busybox").with_command("sleep 60").with_network(network) as other,
    ):
        assert other.exec(["wget", "-qO-", "http://web:8080/"]).output == b"hello\\n"
        assert web.exec("sh -c 'echo $A; exit 3'") == (3, b"1\\n")
        assert web.get_logs()[0] == b"begun\\n"
    with DockerImage(path=".", tag="of-tc:1") as image, DockerContainer(str(image)).with_exposed_ports(8080) as container:
        HttpWaitStrategy(8080).for_status_code(200).wait_until_ready(container)
        assert get(container) == b"built\\n"
"""

VANISHES = """
    import os, signal, socket
    from testcontainers.core.config import testcontainers_config
    from testcontainers.core.container import DockerContainer, Reaper
    from testcontainers.core.labels import LABEL_SESSION_ID, SESSION_ID
    from testcontainers.core.network import Network

    reaper = None if testcontainers_config.ryuk_disabled else Reaper.get_instance() and Reaper._container
    answer = b"" if reaper else b"ACK\\n"
    while answer != b"ACK\\n":  # testcontainers does not wait until its reaper listens
        try:
            again = socket.create_connection((reaper.get_container_host_ip(), reaper.get_exposed_port(8080)))
            again.sendall(f"label={LABEL_SESSION_ID}={SESSION_ID}\\n".encode())
            answer = again.recv(4)
        except OSError:
            pass
    network = Network().create()
    DockerContainer("busybox").with_command("sleep 60").with_network(network).with_volume_mapping("of-tc", "/v").start()
    os.kill(os.getpid(), signal.SIGKILL)
"""

ASKS = "import sys; sys.path.insert(0, '/'); import reaper; print(reaper.ask('GET', '/version')['Os'])"


def program(text: str) -> tuple[str, str, str]:
    return sys.executable, "-c", textwrap.dedent(text)


@pytest.fixture
def env(python_image: str) -> dict[str, str]:
    return {"RYUK_CONTAINER_IMAGE": python_image, "RYUK_RECONNECTION_TIMEOUT": "1s", "TC_POOLING_INTERVAL": "0.1"}


def test_generic_containers(run, pydocker, image, env, tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN echo built > /index.html\nCMD httpd -f -p 8080 -h /\n")
    run(*program(GENERIC), env=env, cwd=tmp_path)
    eventually(lambda: pydocker("ps", "-aq").stdout == "", what="nothing is left")


def test_the_reaper_removes_what_a_client_left_that_was_killed(run, pydocker, image, env):
    run(*program(VANISHES), env=env, status=-signal.SIGKILL)
    assert len(pydocker("ps", "-q").stdout.split()) == 2
    assert pydocker("network", "ls", "-q", "--filter", "type=custom").stdout
    eventually(lambda: pydocker("ps", "-aq").stdout == "", what="reaped")
    assert not pydocker("network", "ls", "-q", "--filter", "type=custom").stdout


def test_without_a_reaper(run, pydocker, image, env, tmp_path):
    run(*program(VANISHES), env={**env, "TESTCONTAINERS_RYUK_DISABLED": "true"}, status=-signal.SIGKILL)
    assert len(pydocker("ps", "-q").stdout.split()) == 1


@pytest.mark.parametrize("source", ["/var/run/docker.sock", "$XDG_RUNTIME_DIR/docker.sock"])
def test_the_socket_in_a_container_is_its_roots_and_its_groups(pydocker, python_image, source):
    """Nobody else's; who the container runs as is the caller, and may as well. No service has to run beforehand."""
    mount = f"{source.replace('$XDG_RUNTIME_DIR', str(pydocker.runtime_dir))}:/var/run/docker.sock"
    python = ("python", "-I", "-S", "-c")
    pydocker("run", "-d", "--name", "has-it", "-v", mount, python_image, check=True)
    group = pydocker("exec", "has-it", *python, "import os; print(os.stat('/var/run/docker.sock').st_gid)").stdout.strip()
    for user in ("0:0", f"4321:{group}", f"65534:{group}"):
        asked = pydocker("exec", "-u", user, "has-it", *python, ASKS)
        assert asked.stdout == "linux\n", (user, asked)
    refused = pydocker("exec", "-u", "4321:4321", "has-it", *python, ASKS)
    assert refused.status == 1 and "Permission denied" in refused.stderr
    asked = pydocker(
        "run", "--rm", "-u", "4321:4321", "--group-add", "999", "-v", mount, "--entrypoint", "python", python_image, *python[1:], ASKS
    )
    assert asked.stdout == "linux\n", asked
