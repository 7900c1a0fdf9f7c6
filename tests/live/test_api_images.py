"""The Engine API's images, networks, volumes and what is asked of the engine as a whole, in docker's statuses and words."""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import json
import re
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import Pydocker, eventually

NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
)


class Client:
    def __init__(self, path: Path) -> None:
        self.path = path

    def connect(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(60)
        sock.connect(str(self.path))
        return sock

    def __call__(self, method: str, target: str, body: Any = None, **fields: str) -> tuple[int, Any]:
        """Status and document; a list of them for a stream of messages, bytes for what is no JSON. fields: headers."""
        headers = {name.replace("_", "-"): value for name, value in fields.items()}
        if body is not None and not isinstance(body, bytes):
            body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        connection = http.client.HTTPConnection("d")
        connection.sock = self.connect()
        connection.request(method, quote(target, safe="/?&=%:,@"), body, headers)
        answer = connection.getresponse()
        self.headers = dict(answer.getheaders())
        text = answer.read()
        connection.close()
        if not self.headers.get("Content-Type", "").startswith("application/json"):
            return answer.status, text
        if b"\r\n" in text:
            return answer.status, [json.loads(line) for line in text.split(b"\r\n") if line]
        return answer.status, json.loads(text) if text else text


@pytest.fixture(scope="module")
def api(pydocker: Pydocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    path = tmp_path_factory.mktemp("api") / "docker.sock"
    process = subprocess.Popen([pydocker.command, "system", "service", "-H", f"unix://{path}", "--time", "0"], env=pydocker.env)
    client = Client(path)

    def answers() -> bool:
        with contextlib.suppress(OSError):
            client.connect().close()
            return True
        return False

    eventually(answers, what="the service answers")
    yield client
    process.terminate()
    process.wait(10)


def tar(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def test_refusals_of_the_router(api):
    for method, target, status, message in (
        ("POST", "/_ping", 404, "page not found"),
        ("GET", "/v1.50/nothing", 404, "page not found"),
        ("DELETE", "/images/", 400, "image name cannot be blank"),
        ("POST", "/session", 400, "no upgrade proto in request"),
        ("POST", "/grpc", 500, "no upgrade proto in request"),
        ("POST", "/build/cancel", 400, "build ID not provided"),
        ("GET", "/events?since=x", 500, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ("GET", "/events?since=3&until=2", 400, "`since` time (3) cannot be after `until` time (2)"),
        ("GET", "/system/df?type=foo", 400, "unknown object type: foo"),
        ("POST", "/auth", 500, "EOF"),
        ("GET", '/plugins?filters={"foo":["x"]}', 400, "invalid filter 'foo'"),
        ("POST", "/plugins/x/disable", 404, 'plugin "x" not found'),
        ("GET", "/swarm", 503, NOT_A_MANAGER),
        ("POST", "/services/x/update", 400, "invalid service version '': strconv.ParseUint: parsing \"\": invalid syntax"),
        ("POST", "/services/x/update?version=1", 503, NOT_A_MANAGER),
        ("GET", "/services/x/logs", 500, "Bad parameters: you must choose at least one stream"),
        (
            "POST",
            "/build/prune?keep-storage=x",
            400,
            'keep-storage is in bytes and expects an integer, got x: strconv.Atoi: parsing "x": invalid syntax',
        ),
    ):
        assert api(method, target) == (status, {"message": message}), target
    assert api("GET", "/v1.10/_ping") == (
        400,
        b"client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version\n",
    )
    assert "Docker-Experimental" not in api.headers and "Api-Version" in api.headers
    assert api("GET", "/none")[0] == 404 and "Api-Version" not in api.headers


def test_images(api, registry, busybox_rootfs):
    """Import, tag, push with its aux message, look, pull in every form, save, load, remove."""
    name = f"{registry}/api/image"
    anonymous = base64.urlsafe_b64encode(b"{}").decode()
    status, said = api("POST", f'/images/create?fromSrc=-&repo={name}&tag=1&changes=CMD ["sh"]&message=mine', busybox_rootfs.read_bytes())
    assert status == 200 and said[0]["status"].startswith("sha256:")
    assert api("POST", f"/images/{name}:1/tag?repo={name}:old&tag=2") == (201, b"")
    assert api("POST", f"/images/{name}:1/tag") == (200, b"")
    assert api("POST", f"/images/{name}:1/tag?repo=x&tag=a:b") == (400, {"message": "invalid tag format"})
    status, said = api("POST", f"/images/{name}/push", X_Registry_Auth=anonymous)
    assert status == 200
    assert [each["aux"]["Tag"] for each in said if "aux" in each] == ["1", "2"]
    digest = said[-1]["aux"]["Digest"]
    status, said = api("GET", f"/distribution/{name}:1/json")
    assert (status, said["Descriptor"]["digest"], said["Platforms"][0]["os"]) == (200, digest, "linux")
    assert api("GET", f"/distribution/{name}:none/json") == (404, {"message": "manifest unknown: manifest unknown"})
    shown = api("GET", f"/v1.43/images/{name}:1/json")[1]
    assert shown["VirtualSize"] == shown["Size"] and shown["ContainerConfig"]["Hostname"] == shown["Config"]["Hostname"] == ""
    assert "Hostname" not in api("GET", f"/images/{name}:1/json")[1]["Config"]
    assert api("GET", f'/images/{name}:1/json?platform={{"os":"linux"}}') == (400, {"message": "both OS and Architecture must be provided"})
    assert api("GET", f"/images/{name}:1/json?platform=x")[1] == {
        "message": "failed to parse platform: invalid character 'x' looking for beginning of value"
    }
    saved = api("GET", f"/images/get?names={name}:1&names={name}:2")[1]
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        member = archive.extractfile("manifest.json")
        assert member is not None
        assert [each["RepoTags"] for each in json.load(member)] == [[f"{name}:1", f"{name}:2"]]
    assert api("DELETE", f"/images/{name}:2") == (200, [{"Untagged": f"{name}:2"}])
    assert api("DELETE", f"/images/{name}:1")[0] == 200
    assert api("POST", f"/images/create?fromImage={name}:9&tag=1")[1][-1] == {"status": f"Status: Downloaded newer image for {name}:1"}
    said = api("POST", f"/images/create?fromImage={name}", X_Registry_Auth="@@@")[1]
    assert {each["id"] for each in said if each["status"].startswith("Pulling from")} == {"1", "2"}
    assert api("POST", f"/images/create?fromImage={name}&tag={digest}")[1][-1] == {
        "status": f"Status: Image is up to date for {name}@{digest}"
    }
    assert api("POST", f"/images/create?fromImage={name}&tag=9")[0] == 404
    assert api("POST", "/images/create?fromImage=scratch") == (403, {"message": "'scratch' is a reserved name"})
    assert api("POST", "/images/create") == (500, {"message": 'Get "http:": http: no Host in request URL'})
    assert api("POST", f"/images/create?fromSrc={registry}/v3/&repo=a")[0] == 404
    status, said = api("POST", "/images/load?quiet=0", saved)
    assert status == 200 and said[-1] == {"stream": f"Loaded image: {name}:2\n"}
    assert api("POST", "/images/load", b"nothing") == (200, [{"errorDetail": {"message": "unexpected EOF"}, "error": "unexpected EOF"}])
    for each in ("1", "2"):
        api("DELETE", f"/images/{name}:{each}?force=1")


def test_networks_and_volumes(api, image):
    status, made = api("POST", "/networks/create", {"Name": "n", "Labels": {"a": "b"}, "IPAM": {"Config": [{"Subnet": "10.97.0.0/24"}]}})
    assert status == 201 and list(made) == ["Id", "Warning"]
    assert api("GET", "/networks/n?scope=swarm")[0] == 404
    assert api("GET", "/networks/n?verbose=x")[1] == {
        "message": 'invalid value for verbose: x: strconv.ParseBool: parsing "x": invalid syntax'
    }
    for body, status, message in (
        ({}, 400, "invalid name: name is empty"),
        ({"Name": 5}, 400, "invalid JSON: json: cannot unmarshal number into Go struct field CreateRequest.Name of type string"),
        ([], 400, "invalid JSON: json: cannot unmarshal array into Go value of type network.CreateRequest"),
        ({"Name": "o", "Driver": "overlay"}, 403, NOT_A_MANAGER),
    ):
        assert api("POST", "/networks/create", body) == (status, {"message": message})
    api("POST", "/containers/create?name=c1", {"Image": image, "Cmd": ["sleep", "60"]})
    assert api("POST", "/networks/n/connect", {"Container": "c1"}) == (200, b"")
    assert api("POST", "/networks/n/connect", {"Container": "c1", "EndpointConfig": {"IPAMConfig": {"IPv4Address": "10.97.0.7"}}})[0] == 200
    assert api("POST", "/containers/c1/start")[0] == 204
    assert [each["IPv4Address"] for each in api("GET", "/networks/n")[1]["Containers"].values()] == ["10.97.0.7/24"]
    assert api("POST", "/networks/n/connect", {"Container": "c1"})[0] == 403
    assert api("POST", "/networks/n/connect") == (400, {"message": 'invalid name or ID supplied: ""'})
    assert api("POST", "/networks/n/disconnect", {"Container": "c1"}) == (200, b"")
    assert api("POST", "/networks/n/disconnect", {"Container": "c1"})[0] == 500
    status, made = api("POST", "/commit?container=c1&repo=made&changes=ENV a=b", {"Env": ["Q=1"], "Labels": {"x": "y"}})
    assert status == 201
    config = api("GET", "/images/made/json")[1]["Config"]
    assert config["Env"][:2] == ["Q=1", "a=b"] and config["Labels"] == {"x": "y"} and config["Cmd"] == ["sleep", "60"]
    api("DELETE", "/images/made")
    api("DELETE", "/containers/c1?force=1")
    api("POST", "/networks/create", {"Name": "template", "ConfigOnly": True})
    assert api("POST", "/networks/prune") == (200, {"NetworksDeleted": ["n"]})
    assert api("DELETE", "/networks/template") == (204, b"")

    assert api("POST", "/volumes/create")[0] == 201
    assert api("POST", "/volumes/create", {"Name": "vol", "DriverOpts": {}})[1]["Options"] == {}
    assert api("POST", "/volumes/create", {"Name": "wol", "ClusterVolumeSpec": {}}) == (503, {"message": NOT_A_MANAGER})
    assert api("PUT", "/volumes/vol?version=1", {})[0] == 503
    assert api("POST", '/v1.41/volumes/prune?filters={"all":["1"]}')[0] == 400
    assert len(api("POST", "/volumes/prune")[1]["VolumesDeleted"]) == 1
    assert api("POST", "/v1.41/volumes/prune")[1]["VolumesDeleted"] == ["vol"]
    assert api("POST", "/volumes/prune")[1]["VolumesDeleted"] == []


def test_room_and_login(api, image, registry):
    found = api("GET", "/system/df?type=volume&type=build-cache")[1]
    assert (found["LayersSize"], found["Images"], found["Containers"]) == (0, None, None) and found["BuildCache"] is not None
    assert api("GET", "/v1.41/system/df?type=volume")[1]["Images"][0]["VirtualSize"] > 0
    assert api("POST", "/auth", {"serveraddress": registry}) == (200, {"IdentityToken": "", "Status": "Login Succeeded"})


def test_events_across_processes(api, pydocker, image):
    """What the command line does is told to who listens, as its filters want it."""
    sock = api.connect()
    filters = quote(json.dumps({"type": ["volume"], "event": ["create", "destroy"]}))
    sock.sendall(f"GET /v1.44/events?filters={filters} HTTP/1.1\r\nHost: d\r\n\r\n".encode())
    assert sock.recv(4096).startswith(b"HTTP/1.1 200")
    pydocker("network", "create", "unheard", check=True)
    pydocker("network", "rm", "unheard", check=True)
    pydocker("volume", "create", "heard", check=True)
    pydocker("volume", "rm", "heard", check=True)
    received = b""
    while received.count(b'"Type"') < 2:
        received += sock.recv(4096)
    told = [json.loads(line) for line in received.split(b"\n") if line.startswith(b"{")]
    assert [(each["Type"], each["Action"], each["Actor"]["ID"]) for each in told] == [
        ("volume", "create", "heard"),
        ("volume", "destroy", "heard"),
    ]


def test_builds(api, image):
    """The classic builder's words, what it refuses, and what it does with its parameters."""
    kind = "application/x-tar"
    archive = tar(
        {
            "Dockerfile": f"ARG B={image}\nFROM $B AS one\nARG V=0\nRUN echo v=$V > /v\nFROM one\nCOPY a /a\nENV X=y\n",
            "Bad": f"FROM {image}\nFOO bar\n",
            "Fail": f"FROM {image}\nRUN echo said; exit 3\n",
            "a": "a",
            "b.md": "b",
            ".dockerignore": "*.md",
        }
    )
    status, said = api("POST", '/build?t=api/built:1&rm=1&buildargs={"V":"7"}&labels={"l":"m"}', archive, Content_Type=kind)
    assert status == 200
    lines = re.sub("[0-9a-f]{12,64}", "ID", "".join(each.get("stream", "") for each in said)).splitlines()
    assert lines == [
        *(f"Step 1/8 : ARG B={image}", "Step 2/8 : FROM $B AS one", " ---> ID"),
        *("Step 3/8 : ARG V=0", " ---> Running in ID", " ---> Removed intermediate container ID", " ---> ID"),
        *("Step 4/8 : RUN echo v=$V > /v", " ---> Running in ID", " ---> Removed intermediate container ID", " ---> ID"),
        *("Step 5/8 : FROM one", " ---> ID", "Step 6/8 : COPY a /a", " ---> ID"),
        *("Step 7/8 : ENV X=y", " ---> Running in ID", " ---> Removed intermediate container ID", " ---> ID"),
        *("Step 8/8 : LABEL l=m", " ---> Running in ID", " ---> Removed intermediate container ID", " ---> ID"),
        *("Successfully built ID", "Successfully tagged api/built:1"),
    ]
    shown = api("GET", "/images/api/built:1/json")[1]
    assert said[-3]["aux"]["ID"] == shown["Id"] and shown["Config"]["Labels"] == {"l": "m"}
    again = api("POST", '/build?buildargs={"V":"7"}', archive, Content_Type=kind)[1]
    assert " ---> Using cache\n" in [each.get("stream") for each in again]
    assert api("POST", "/build?q=1", archive, Content_Type=kind)[1][0]["stream"].startswith("sha256:")
    said = api("POST", "/build?dockerfile=Fail&q=1", archive, Content_Type=kind)[1]
    assert {"stream": "said\n"} in said and said[-1]["errorDetail"] == {
        "code": 3,
        "message": "The command '/bin/sh -c echo said; exit 3' returned a non-zero code: 3",
    }
    for query, status, message in (
        ("dockerfile=Bad", 400, "dockerfile parse error on line 2: unknown instruction: FOO (did you mean FROM?)"),
        ("dockerfile=../x", 500, "forbidden path outside the build context: ../x ()"),
        ("buildargs=x", 400, "error reading build args: invalid character 'x' looking for beginning of value"),
        ("t=a:b:c", 500, "invalid reference format"),
        ("version=3", 400, 'invalid version "3"'),
        ("remote=foo", 500, "remoteURL (foo) could not be recognized as URL"),
        ("isolation=hyperv", 400, 'unsupported isolation: "hyperv"'),
    ):
        assert api("POST", f"/build?{query}", archive, Content_Type=kind) == (status, {"message": message})
    for method, target in (("POST", "/build?version=2"), ("POST", "/grpc")):
        message = api(method, target, Upgrade="h2c", Connection="Upgrade")[1]["message"]
        assert "DOCKER_BUILDKIT=0" in message and "pydocker build" in message
    api("DELETE", "/images/api/built:1")


def test_builds_in_the_words_of_the_classic_builder(api, image):
    """What a build says of a context that is none, of a Dockerfile that is missing or empty, and of a step that fails."""

    def built(files: bytes | dict[str, str], query: str = "") -> tuple[int, Any]:
        body = files if isinstance(files, bytes) else tar(files)
        status, answer = api("POST", f"/build?{query}", body, Content_Type="application/x-tar")
        if status != 200:
            return status, answer["message"]
        said = answer if isinstance(answer, list) else [answer]
        text = "".join(each.get("stream", "") for each in said) + said[-1].get("error", "")
        return status, re.sub("[0-9a-f]{12,64}", "ID", text).splitlines()

    assert built(b"no archive at all\n" * 99) == (500, "archive/tar: invalid tar header")
    assert built(f"FROM {image}\n".encode()) == (500, "unexpected EOF")
    assert built(b"") == built({}) == (500, "Cannot locate specified Dockerfile: Dockerfile")
    assert built({"Dockerfile": f"FROM {image}\n"}, "dockerfile=/other") == (500, "Cannot locate specified Dockerfile: /other")
    assert built({"Dockerfile": ""}) == (400, "the Dockerfile (Dockerfile) cannot be empty")
    assert built({"Dockerfile": "# nothing\n"}) == (400, "failed to parse Dockerfile: file with no instructions")
    assert built({"Dockerfile": f"FROM {image} AS one\n"}, "target=two") == (400, 'target stage "two" could not be found')

    status, said = built({"Dockerfile": f"FROM {image}\nCOPY gone /\n"})
    assert (status, said) == (
        200,
        [
            *(f"Step 1/2 : FROM {image}", " ---> ID", "Step 2/2 : COPY gone /"),
            "COPY failed: file not found in build context or excluded by .dockerignore: stat gone: file does not exist",
        ],
    )
    status, said = built({"Dockerfile": "FROM localhost:1/gone\n"})
    assert (status, said[0]) == (200, "Step 1/1 : FROM localhost:1/gone") and said[1].startswith('Get "http://localhost:1/v2/": dial tcp')

    step = ["Step 2/2 : RUN echo red >&2; exit 3", " ---> Running in ID", "\x1b[91mred"]
    failed = "\x1b[0mThe command '/bin/sh -c echo red >&2; exit 3' returned a non-zero code: 3"
    files = {"Dockerfile": f"FROM {image}\nRUN echo red >&2; exit 3\n"}
    assert built(files, "rm=1")[1][2:] == [*step, failed]
    assert built(files, "forcerm=1")[1][2:] == [*step, "\x1b[0m ---> Removed intermediate container ID", failed.removeprefix("\x1b[0m")]
    files = {"Dockerfile": f"FROM {image}\nCOPY . /in\nRUN ls -A /in\n", ".dockerignore": "a\nDockerfile\n", "a": "sent all the same"}
    said = built(files, 'buildargs={"V":"1","HTTP_PROXY":"x"}')[1]
    assert said[4:] == [
        *("Step 3/3 : RUN ls -A /in", " ---> Running in ID", ".dockerignore", "a", " ---> Removed intermediate container ID"),
        *(" ---> ID", "[Warning] One or more build-args [V] were not consumed", "Successfully built ID"),
    ]
    said = api("POST", "/build", tar({"Dockerfile": f"FROM {image}\nENV A=b\n"}), Content_Type="application/x-tar")[1]
    texts = [each["stream"] for each in said if "stream" in each]
    base = api("GET", f"/images/{image}/json")[1]["Id"].removeprefix("sha256:")[:12]
    assert texts[2] == f" ---> {base}\n" and texts[-2].removeprefix(" ---> ") == texts[-1].removeprefix("Successfully built ")
