"""docker-py: every class of its API, as its users call it."""

from __future__ import annotations

import io
import tarfile
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

docker = pytest.importorskip("docker", reason="docker-py is not installed")


@pytest.fixture
def client(service: str, image: str) -> Iterator[Any]:
    client = docker.DockerClient(base_url=service, timeout=30)
    yield client
    client.close()


@pytest.fixture
def runs(client: Any) -> Any:
    return client.containers.run("busybox", "sleep 60", detach=True, name="runs", init=True, labels={"a": "b"})


def test_daemon(client):
    assert client.ping() is True
    assert client.version()["ApiVersion"] == client.api._version
    assert client.info()["Swarm"]["LocalNodeState"] == "inactive"
    assert {"Images", "Containers", "Volumes", "BuildCache"} <= set(client.df())
    with pytest.raises(docker.errors.APIError) as caught:
        client.login("u", "p", registry="http://127.0.0.1:1")
    assert "connection refused" in caught.value.explanation
    seen = client.events(decode=True, filters={"type": "container", "event": ["create", "destroy"]})
    maker = threading.Timer(0.1, lambda: client.containers.create("busybox", "true", name="seen").remove())
    maker.start()
    assert [next(seen)["Action"], next(seen)["Action"]] == ["create", "destroy"]
    seen.close()
    maker.join()
    now = int(time.time())
    past = client.events(since=now - 30, until=now + 1, decode=True, filters={"container": "seen"})
    assert [each["Action"] for each in past] == ["create", "destroy"]


def test_container_run_and_output(client):
    run = client.containers.run
    assert run("busybox", ["sh", "-c", "echo bad >&2; echo out"], remove=True) == b"out\n"
    with pytest.raises(docker.errors.ContainerError) as caught:
        run("busybox", ["sh", "-c", "echo bad >&2; exit 3"], remove=True)
    assert (caught.value.exit_status, caught.value.stderr) == (3, b"bad\n")
    assert list(run("busybox", ["sh", "-c", "echo a; sleep 0.2; echo b"], remove=True, stream=True)) == [b"a\n", b"b\n"]
    made = run("busybox", ["sh", "-c", "for i in 1 2 3; do echo l$i; done; echo err >&2; exit 7"], detach=True)
    assert made.wait(condition="not-running") == {"StatusCode": 7}
    assert (made.logs(stdout=False), made.logs(tail=2, stderr=False)) == (b"err\n", b"l3\n")
    assert b"".join(made.logs(stream=True, follow=True, stderr=False)) == b"l1\nl2\nl3\n"
    assert made.logs(timestamps=True, stderr=False).startswith(b"20")
    made.remove()


def test_container_life(client, runs):
    runs.pause()
    runs.reload()
    assert runs.status == "paused"
    runs.unpause()
    runs.rename("renamed")
    runs.restart(timeout=0)
    runs.reload()
    assert (runs.name, runs.status, runs.labels, runs.health) == ("renamed", "running", {"a": "b"}, "unknown")
    assert [each.id for each in client.containers.list(filters={"name": "renamed", "label": "a=b"})] == [runs.id]
    assert runs.top(ps_args="-o pid,args")["Processes"][-1][1] == "sleep 60"
    assert runs.stats(stream=False)["pids_stats"]
    two = runs.stats(decode=True)
    assert next(two)["read"] < next(two)["read"]
    two.close()
    runs.resize(24, 80)
    assert runs.update(restart_policy={"Name": "no"})["Warnings"] is None
    with pytest.raises(docker.errors.APIError) as caught:
        runs.remove()
    assert caught.value.status_code == 409 and "container is running" in caught.value.explanation
    with pytest.raises(docker.errors.APIError) as caught:
        client.containers.create("busybox", name="renamed")
    assert caught.value.status_code == 409
    runs.kill("SIGKILL")
    assert runs.wait()["StatusCode"] == 137
    runs.start()
    runs.stop(timeout=0)
    assert client.containers.prune({"label": "a=b"})["ContainersDeleted"] == [runs.id]
    with pytest.raises(docker.errors.NotFound):
        client.containers.get("renamed")


def test_container_files(client, runs):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo("f")
        member.size = 3
        tar.addfile(member, io.BytesIO(b"abc"))
    assert runs.put_archive("/tmp", packed.getvalue()) is True
    pieces, status = runs.get_archive("/tmp/f")
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as tar:
        assert (status["name"], status["size"], tar.extractfile("f").read()) == ("f", 3, b"abc")  # type: ignore[union-attr]
    with pytest.raises(docker.errors.NotFound):
        runs.get_archive("/none")
    assert {"Path": "/tmp/f", "Kind": 1} in runs.diff()
    whole = b"".join(runs.export())
    made = client.api.import_image_from_data(whole, repository="imported", tag="1", changes=['CMD ["cat","/tmp/f"]'])
    assert "sha256:" in made and client.containers.run("imported:1", remove=True) == b"abc"
    committed = runs.commit("committed", tag="t", message="m", author="a", changes=["ENV X=1"], conf={"Cmd": ["true"]})
    assert committed.tags == ["committed:t"] and "X=1" in committed.attrs["Config"]["Env"] and committed.history()[0]["Comment"] == "m"


def test_container_attach(client):
    made = client.containers.create("busybox", ["sh", "-c", "read x; echo got $x; echo err >&2"], stdin_open=True)
    attached = made.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    made.start()
    attached._sock.sendall(b"typed\n")
    received = b""
    while data := attached._sock.recv(100):
        received += data
    assert received == b"\1\0\0\0\0\0\0\x0agot typed\n\2\0\0\0\0\0\0\4err\n"
    attached.close()
    plain = client.containers.create("busybox", "echo said", tty=True)
    output = plain.attach(stream=True, logs=True)
    plain.start()
    assert b"".join(output) == b"said\r\n"


def test_container_create_with_everything(client):
    types = docker.types
    made = client.containers.create(
        "busybox", ["sleep", "60"], name="everything", hostname="h", environment=["A=1"], working_dir="/tmp", user="1:1", shm_size="10m",
        tmpfs={"/t": "size=1m"}, ulimits=[types.Ulimit(name="nofile", soft=100, hard=100)], cap_drop=["ALL"], dns=["192.0.2.1"],
        extra_hosts={"a": "192.0.2.4"}, group_add=["5"], healthcheck={"test": ["CMD", "true"], "interval": 10**9}, ipc_mode="private",
        log_config=types.LogConfig(type="json-file", config={"max-size": "1m"}), init=True, stdin_open=True, tty=True,
        mounts=[types.Mount("/m", "of-py"), types.Mount("/n", None, type="tmpfs", tmpfs_size=1000000)], oom_score_adj=500,
        ports={"80/tcp": None, "81/udp": ("127.0.0.1", 0)}, read_only=True, restart_policy={"Name": "on-failure", "MaximumRetryCount": 3},
        security_opt=["no-new-privileges"], stop_signal="SIGINT", volumes={"of-py-2": {"bind": "/v", "mode": "ro"}},
    )  # fmt: skip
    made.start()
    made.reload()
    assert set(made.ports) == {"80/tcp", "81/udp"} and made.ports["81/udp"][0]["HostIp"] == "127.0.0.1"
    assert sorted(each["Destination"] for each in made.attrs["Mounts"]) == ["/m", "/n", "/v"]
    status, output = made.exec_run(["sh", "-c", "echo $A; pwd; id -u; hostname; ulimit -n; grep -c 192.0.2.4 /etc/hosts"])
    assert (status, output) == (0, b"1\n/tmp\n1\nh\n100\n1\n")
    made.remove(force=True)
    assert [client.volumes.get(name).remove() for name in ("of-py", "of-py-2")] == [None, None]


def test_exec(client, runs):
    shell = ["sh", "-c", "echo out; echo err >&2; exit 3"]
    assert tuple(runs.exec_run(shell, demux=True)) == (3, (b"out\n", b"err\n"))
    assert runs.exec_run(["sh", "-c", "tty"], tty=True).output == b"/dev/pts/0\r\n"
    assert list(runs.exec_run(["sh", "-c", "echo a; sleep 0.1; echo b"], stream=True).output) == [b"a\n", b"b\n"]
    assert runs.exec_run("sh -c 'echo $A; pwd; id -u'", environment={"A": "1"}, workdir="/tmp", user="1").output == b"1\n/tmp\n1\n"
    assert runs.exec_run("nothing").exit_code == 127
    spoken = runs.exec_run(["sh", "-c", "cat; echo end >&2"], stdin=True, socket=True).output._sock
    spoken.sendall(b"typed")
    spoken.shutdown(1)
    received = b""
    while data := spoken.recv(100):
        received += data
    assert received == b"\1\0\0\0\0\0\0\5typed\2\0\0\0\0\0\0\4end\n"
    made = client.api.exec_create(runs.id, "true")["Id"]
    assert client.api.exec_start(made) == b"" and client.api.exec_inspect(made)["ExitCode"] == 0


def test_image_and_build(client, tmp_path):
    text = "FROM busybox AS first\nARG A\nCOPY . /c\nLABEL a=$A\nFROM first\nRUN ls /c >/list\nCMD cat /list\n"
    (tmp_path / "Dockerfile").write_text(text)
    (tmp_path / ".dockerignore").write_text("y\n")
    (tmp_path / "y").write_text("")
    (tmp_path / "x").write_text("")
    built, lines = client.images.build(path=str(tmp_path), tag="of-py:1", buildargs={"A": "v"}, labels={"l": "m"}, gzip=True, rm=True)
    assert (built.tags, built.labels) == (["of-py:1"], {"a": "v", "l": "m"})
    said = [each.get("stream", "") for each in lines]
    assert said[0].startswith("Step 1/8 : FROM busybox AS first") and "Step 8/8 : LABEL l=m" in said
    assert said[-1] == "Successfully tagged of-py:1\n"
    assert client.containers.run("of-py:1", remove=True) == b"Dockerfile\nx\n"
    with pytest.raises(docker.errors.BuildError) as caught:
        client.images.build(fileobj=io.BytesIO(b"FROM busybox\nRUN false\n"), rm=True)
    assert "returned a non-zero code: 1" in str(caught.value)
    assert built.tag("127.0.0.1:1/x", "y") is True
    assert "connection refused" in client.images.push("127.0.0.1:1/x", tag="y")
    with pytest.raises(docker.errors.APIError):
        client.images.pull("127.0.0.1:1/x", tag="none")
    with pytest.raises(docker.errors.APIError):
        client.images.get_registry_data("127.0.0.1:1/x:none")
    saved = b"".join(built.save(named=True))
    client.images.remove("of-py:1")
    client.images.remove("127.0.0.1:1/x:y")
    with pytest.raises(docker.errors.ImageNotFound):
        client.images.get("of-py:1")
    assert [each.tags for each in client.images.load(saved)] == [["of-py:1"]]
    assert [each.id for each in client.images.list(filters={"label": "a=v"})] == [built.id]
    assert set(client.images.prune({"dangling": True})) == {"ImagesDeleted", "SpaceReclaimed"}
    assert "SpaceReclaimed" in client.images.prune_builds()


def test_registry(client, registry):
    client.images.get("busybox").tag(f"{registry}/of-py", "1")
    said = list(client.images.push(f"{registry}/of-py", tag="1", stream=True, decode=True))
    assert said[0]["status"].startswith("The push refers to") and "error" not in said[-1]
    client.images.remove(f"{registry}/of-py:1")
    pulled = client.images.pull(f"{registry}/of-py", tag="1")
    data = client.images.get_registry_data(f"{registry}/of-py:1")
    assert f"{registry}/of-py:1" in pulled.tags
    assert data.id.startswith("sha256:") and data.has_platform("linux/amd64") is (data.attrs["Platforms"][0]["architecture"] == "amd64")


def test_network(client, runs):
    pools = docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet="10.123.0.0/24", gateway="10.123.0.1")])
    made = client.networks.create("of-py", ipam=pools, labels={"a": "b"}, internal=True)
    made.connect(runs, aliases=["al"], ipv4_address="10.123.0.9")
    made.reload()
    assert [each.name for each in made.containers] == ["runs"]
    assert client.networks.list(names=["of-py"], filters={"label": "a=b"}, greedy=True)[0].attrs["Internal"] is True
    made.disconnect(runs)
    made.remove()
    assert client.networks.prune()["NetworksDeleted"] is None
    with pytest.raises(docker.errors.NotFound):
        client.networks.get("of-py")


def test_volume(client):
    made = client.volumes.create("of-py", driver="local", labels={"a": "b"})
    assert (made.attrs["Labels"], [each.name for each in client.volumes.list(filters={"label": "a=b"})]) == ({"a": "b"}, ["of-py"])
    assert client.volumes.get("of-py").attrs["Mountpoint"]
    made.remove()
    assert client.volumes.prune()["SpaceReclaimed"] == 0


@pytest.mark.parametrize("call", [
    lambda client: client.swarm.reload(),
    lambda client: client.swarm.unlock("k"),
    lambda client: client.nodes.list(),
    lambda client: client.services.list(),
    lambda client: client.services.create("busybox"),
    lambda client: client.secrets.list(),
    lambda client: client.secrets.create(name="x", data=b"d"),
    lambda client: client.configs.list(),
    lambda client: client.configs.create(name="x", data=b"d"),
    lambda client: client.api.tasks(),
])  # fmt: skip
def test_swarm_and_its_nouns(client, call):
    with pytest.raises(docker.errors.APIError) as caught:
        call(client)
    assert caught.value.status_code == 503 and "This node is not a swarm manager" in caught.value.explanation


def test_plugin(client):
    assert client.plugins.list() == []
    with pytest.raises(docker.errors.NotFound):
        client.plugins.get("none")


def test_the_command_line_sees_the_same(client, pydocker, runs):
    assert pydocker("ps", "--format", "{{.Names}} {{.Label `a`}}").stdout == "runs b\n"
    pydocker("exec", "runs", "touch", "/tmp/by-hand", check=True)
    assert runs.exec_run("ls /tmp").output == b"by-hand\n"
    pydocker("run", "-d", "--name", "by-hand", "busybox", "sleep", "60", check=True)
    assert client.containers.get("by-hand").attrs["Config"]["Cmd"] == ["sleep", "60"]
