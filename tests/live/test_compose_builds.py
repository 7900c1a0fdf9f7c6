"""Builds of docker compose: what their flags lead to, here and at another engine."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.conftest import proves
from tests.live.test_compose import Project
from tests.service import Api


@pytest.fixture
def project(pydocker, image, tmp_path):
    directory = tmp_path / "bui"
    directory.mkdir()
    made = Project(pydocker, directory)
    yield made
    made("down", "-v", "-t", "0", "--rmi", "all", "--remove-orphans", check=True)
    assert pydocker("images", "-q", "bui-*").stdout == ""


@proves("compose build --print")
def test_a_definition(project):
    """What --print shows is docker compose's own, but for the order of maps."""
    project.write("""
        services:
          one: {build: {context: ., args: {A: file, C: }, ssh: [default]}, image: far/one}
          two: {build: {context: ., provenance: true}}
          all:
            image: far/all
            build:
              context: .
              dockerfile_inline: FROM busybox
              provenance: mode=max
              sbom: true
              ssh: {a: /x, b: }
              shm_size: 64m
              extra_hosts: {h: 1.2.3.4}
              ulimits: {nofile: 3, nproc: {soft: 1, hard: 2}}
              tags: ["t:1"]
              labels: {a: b}
              network: host
              target: x
              pull: true
              no_cache: true
              privileged: true
              cache_from: [x]
              cache_to: [y]
              platforms: [linux/amd64]
              entitlements: [network.host]
    """)

    def printed(*args):
        return json.loads(project("build", "--print", *args, env={"B": "2"}, check=True).stdout)["target"]

    def labels(name):
        prefix = "com.docker.compose."
        return {f"{prefix}project": "bui", f"{prefix}service": name, f"{prefix}version": "2.40.3"}

    assert printed("all")["all"] == {
        "context": str(project.directory),
        "dockerfile-inline": "FROM busybox",
        "labels": {"a": "b", **labels("all")},
        "tags": ["t:1", "far/all"],
        "cache-from": ["x"],
        "cache-to": ["y"],
        "target": "x",
        "ssh": ["a=/x", "b="],
        "platforms": ["linux/amd64"],
        "pull": True,
        "no-cache": True,
        "network": "host",
        "shm-size": "67108864",
        "ulimits": ["nofile=3", "nproc=1:2"],
        "entitlements": ["network.host", "security.insecure"],
        "extra-hosts": {"h": "1.2.3.4"},
        "output": ["type=docker"],
        "attest": ["type=provenance,mode=max", "type=sbom"],
    }
    one = {
        "context": str(project.directory),
        "dockerfile": f"{project.directory}/Dockerfile",
        "args": {"A": "1", "B": "2"},
        "labels": labels("one"),
        "tags": ["far/one"],
        "ssh": ["default=", "k=/key"],
        "output": ["type=docker"],
    }
    assert printed("--build-arg", "A=1", "--build-arg", "B", "--build-arg", "D", "--ssh", "k=/key", "one")["one"] == one
    pushed = printed("--push")
    assert {name: each["output"] for name, each in pushed.items()} == {
        "all": ["type=registry"],
        "one": ["type=registry"],
        "two": ["type=docker"],
    }
    assert printed("--provenance", "false", "--sbom", "generator=g", "two")["two"]["attest"] == [
        "type=provenance,disabled=true",
        "type=sbom,generator=g",
    ]


@proves("compose build --push", "compose build --provenance", "compose build --sbom", "compose build --ssh", "compose build --builder")
def test_what_a_build_is_given(project, pydocker, registry):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", project.directory / "key"], check=True)
    (project.directory / "Dockerfile").write_text(
        'FROM busybox\nRUN --mount=type=ssh if test -S "$SSH_AUTH_SOCK"; then echo agent; else echo none; fi > /given\nCMD cat /given\n'
    )
    image = f"{registry}/bui/app:1"
    project.write(f"""services: {{app: {{build: ., image: "{image}"}}, other: {{build: .}}}}""")

    def attested():
        shown = json.loads(pydocker("buildx", "imagetools", "inspect", "--raw", image, check=True).stdout)
        found = set()
        for each in shown.get("manifests") or ():
            if "vnd.docker.reference.type" in (each.get("annotations") or {}):
                where = f"{registry}/bui/app@{each['digest']}"
                layers = json.loads(pydocker("buildx", "imagetools", "inspect", "--raw", where, check=True).stdout)["layers"]
                found |= {layer["annotations"]["in-toto.io/predicate-type"].split("/")[2] for layer in layers}
        return found

    project("build", "--push", "--provenance", "mode=max", "app", check=True)
    assert attested() == {"slsa.dev"}
    project("build", "--push", "--sbom", "true", "--provenance=false", "app", check=True)
    assert attested() == {"spdx.dev"}
    project("build", "app", check=True)
    assert project("run", "--rm", "app", check=True).stdout == "none\n"
    project("build", "--no-cache", "--ssh", "default=key", "app", check=True)
    assert project("run", "--rm", "app", check=True).stdout == "agent\n"
    refused = project("build", "--builder", "nobody", "other")
    assert (refused.status, refused.stderr) == (1, 'ERROR: no builder "nobody" found\n')
    pydocker("buildx", "create", "--name", "mine", check=True)
    assert '#0 building with "mine" instance' in project("build", "--builder", "mine", "other", check=True).stderr
    pydocker("buildx", "rm", "mine", check=True)


@proves("compose create --quiet-pull", "compose up --quiet-pull", "compose up --quiet-build", "compose push --ignore-push-failures")
def test_what_is_not_told(project, pydocker, registry):
    (project.directory / "Dockerfile").write_text("FROM busybox\nRUN echo made > /made\n")
    image = f"{registry}/bui/layers:1"
    project.write(f"""
        services:
          app: {{build: ., image: "{image}", command: "true"}}
          lost: {{build: ., image: "127.0.0.1:1/bui/lost:1", command: "true"}}
          own: {{build: ., command: "true"}}
    """)
    assert re.search("^#[0-9]+ ", project("up", "-d", "--build", "own", check=True).stderr, re.M)
    assert not re.search("^#[0-9]+ ", project("up", "-d", "--build", "--quiet-build", "own", check=True).stderr, re.M)
    project("build", "-q", check=True)
    refused = project("push", "lost")
    assert (refused.status, "127.0.0.1:1" in refused.stderr) == (1, True)
    assert project("push", "--ignore-push-failures", check=True).status == 0
    for verb in (("create",), ("up", "-d")):
        for quiet in ((), ("--quiet-pull",)):
            project("down", check=True)
            pydocker("rmi", image, check=True)
            lines = project(*verb, *quiet, "app", check=True).stderr.splitlines()
            assert " app Pulling " in lines and " app Pulled " in lines
            assert any(re.match(" [0-9a-f]{12} ", line) for line in lines) is not bool(quiet)


@pytest.fixture(scope="module")
def service(pydocker, tmp_path_factory):
    found = Api(pydocker, tmp_path_factory.mktemp("there") / "docker.sock", "--time", "0")
    yield found
    found.end()


@proves("compose build --quiet", "compose build --no-cache", "compose build --push", "compose build --build-arg")
def test_at_another_engine(project, pydocker, service, registry):
    """Its classic builder builds; what that can't do is refused before anything is sent."""
    (project.directory / "sub").mkdir()
    (project.directory / "sub" / "file").write_text("from the context\n")
    (project.directory / "Other").write_text(
        "FROM busybox AS mid\nARG A\nARG B\nCOPY file /file\n"
        "RUN (echo $A $B; cat /file; grep far /etc/hosts; ulimit -n; ls /sys/class/net; head -c 9 /dev/urandom | md5sum) > /made\n"
        "FROM scratch\n"
    )
    image = f"{registry}/bui/full:1"
    project.write(f"""
        services:
          full:
            image: "{image}"
            command: cat /made
            build:
              context: sub
              dockerfile: ../Other
              args: {{A: file, B: file}}
              target: mid
              tags: ["bui-second:1"]
              labels: {{l: m}}
              cache_from: [busybox]
              network: none
              shm_size: 70m
              extra_hosts: {{far: 1.2.3.4}}
              ulimits: {{nofile: 55}}
          inline: {{build: {{dockerfile_inline: "FROM busybox\\nRUN echo inline $$HTTP_PROXY > /made\\nCMD cat /made"}}}}
          other: {{build: {{context: ., dockerfile_inline: "FROM busybox", secrets: [s]}}}}
          both: {{build: {{dockerfile_inline: "FROM busybox", additional_contexts: {{a: .}}}}}}
          bad: {{build: {{dockerfile_inline: "FROM busybox\\nRUN exit 7"}}}}
        secrets: {{s: {{file: ./Other}}}}
    """)
    at = {"DOCKER_HOST": f"unix://{service.path}"}

    def made():
        return pydocker("run", "--rm", "--network", "none", image, "cat", "/made", check=True).stdout.splitlines()

    done = project("build", "--build-arg", "B=flag", "full", "inline", env=at, check=True)
    assert done.stderr == "".join(f" Service {name}  {word}\n" for name in ("full", "inline") for word in ("Building", "Built"))
    assert "Sending build context to Docker daemon" in done.stdout and f"Successfully tagged {image}" in done.stdout
    *seen, first = made()
    assert seen == ["file flag", "from the context", "1.2.3.4\tfar", "55", "lo"]
    labels = json.loads(pydocker("inspect", "-f", "{{json .Config.Labels}}", "bui-second:1", check=True).stdout)
    assert (labels["l"], labels["com.docker.compose.service"]) == ("m", "full")
    assert "Using cache" in project("build", "inline", env=at, check=True).stdout
    told = project("build", "-q", "--no-cache", "full", env=at, check=True)
    assert (told.stdout, told.stderr, made()[-1] == first) == ("", "", False)
    project("build", "-q", "--push", "full", env=at, check=True)
    pydocker("rmi", image, check=True)
    pydocker("pull", image, check=True)
    pydocker("rmi", "bui-second:1", check=True)
    (project.directory / "config.json").write_text('{"proxies": {"default": {"httpProxy": "http://proxy:1"}}}')
    project("build", "--no-cache", "inline", env={**at, "DOCKER_CONFIG": str(project.directory)}, check=True)
    up = project("up", "--build", "inline", env=at, check=True)
    assert "inline-1  | inline http://proxy:1" in up.stdout.splitlines()
    assert project("build", "bad", env=at).status == 7
    where = f"works on pydocker's own engine alone, not on {at['DOCKER_HOST']}\n"
    for words, message in (
        (("other",), 'service "other": build.secrets'),
        (("both",), 'service "both": build.additional_contexts'),
        (("--check", "full"), "docker compose build --check"),
        (("--sbom", "true", "full"), "docker compose build --sbom"),
    ):
        refused = project("build", *words, env=at)
        assert (refused.status, refused.stdout, refused.stderr) == (1, "", f"{message} {where}")
