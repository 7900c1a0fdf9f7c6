"""`buildx bake` builds: groups, contexts that are other targets, overrides, results, failures, leave to do things."""

from __future__ import annotations

import functools
import http.server
import json
import os
import random
import signal
import subprocess
import threading
import time

import pytest

from tests.conftest import eventually, proves

BAKE = """
variable "TAG" {{ default = "1" }}
group "default" {{ targets = ["app", "web"] }}
target "base" {{
  dockerfile-inline = "FROM {image}\\nRUN echo base > /base"
}}
target "app" {{
  dockerfile-inline = "FROM base\\nARG WHO=nobody\\nRUN echo $WHO > /who\\nLABEL l=m"
  contexts = {{ base = "target:base" }}
  args = {{ WHO = "app" }}
  tags = ["bake/app:${{TAG}}"]
}}
target "web" {{
  dockerfile = "web.Dockerfile"
  target = "one"
  tags = ["bake/web"]
}}
target "files" {{
  dockerfile-inline = "FROM scratch\\nCOPY web.Dockerfile /copied"
  output = ["type=local,dest=out"]
}}
target "bad" {{ dockerfile-inline = "FROM {image}\\nRUN echo said && exit 3" }}
"""


def bakery(context, image):
    context("docker-bake.hcl", BAKE.format(image=image))
    context("web.Dockerfile", f"FROM {image} AS one\nRUN echo one > /web\nFROM one\nRUN echo two > /web\n")
    return context.path


@proves("buildx bake", "buildx bake --file", "buildx bake --set", "buildx bake --metadata-file", "buildx bake --load")
def test_targets_are_built_and_linked(pydocker, image, context):
    path = bakery(context, image)
    before = set(pydocker("image", "ls", "-aq", "--no-trunc").stdout.split())
    pydocker("buildx", "bake", "--metadata-file", "meta.json", "--set", "web.labels.x=y", "--load", cwd=path, env={"TAG": "7"}, check=True)
    assert pydocker("run", "--rm", "bake/app:7", "cat", "/base", "/who").stdout == "base\napp\n"
    assert pydocker("run", "--rm", "bake/web", "cat", "/web").stdout == "one\n"
    assert pydocker("inspect", "-f", "{{.Config.Labels.x}}", "bake/web").stdout == "y\n"
    metadata = json.loads((path / "meta.json").read_text())
    assert set(metadata) == {"app", "base", "web"}
    assert metadata["app"]["image.name"].endswith("bake/app:7")
    ids = {metadata[name]["containerimage.config.digest"] for name in ("app", "web")}
    assert set(pydocker("image", "ls", "-aq", "--no-trunc").stdout.split()) - before == ids, "a linked target leaves no image"
    second = pydocker("buildx", "bake", "-f", "docker-bake.hcl", "--progress=plain", cwd=path, env={"TAG": "7"}, check=True)
    assert second.stderr.count("CACHED") >= 3


@proves("buildx bake --print", "buildx bake --list", "buildx bake --progress")
def test_nothing_is_built_to_look_at_a_definition(pydocker, image, context):
    path = bakery(context, image)
    shown = pydocker("buildx", "bake", "--print", "--progress=quiet", "app", cwd=path, check=True)
    document = json.loads(shown.stdout)
    assert document["target"]["base"]["output"] == [{"type": "cacheonly"}]
    assert document["target"]["app"]["tags"] == ["bake/app:1"]
    assert shown.stderr == ""
    assert "app, web" in pydocker("buildx", "bake", "--list=targets", cwd=path, check=True).stdout


@proves("buildx bake --allow")
def test_files_go_where_they_may(pydocker, image, context, tmp_path_factory):
    path = bakery(context, image)
    pydocker("buildx", "bake", "files", cwd=path, check=True)
    assert (path / "out/copied").read_text() == (path / "web.Dockerfile").read_text()
    outside = tmp_path_factory.mktemp("outside")
    refused = pydocker("buildx", "bake", "files", "--set", f"files.output=type=local,dest={outside}", cwd=path)
    assert refused.status == 1
    assert f"--allow=fs.write={outside}" in refused.stderr
    assert os.listdir(outside) == []
    allowed = ("--allow", f"fs.write={outside}", "--set", f"files.output=type=local,dest={outside}")
    pydocker("buildx", "bake", "files", *allowed, cwd=path, check=True)
    assert os.listdir(outside) == ["copied"]


@proves("buildx bake --no-cache", "buildx bake --pull")
def test_a_failure_names_its_target(pydocker, image, context):
    path = bakery(context, image)
    failed = pydocker("buildx", "bake", "--no-cache", "--pull=false", "bad", "web", cwd=path)
    assert failed.status == 1
    assert "said" in failed.stderr
    assert ">>> RUN echo said && exit 3" in failed.stderr
    assert failed.stderr.rstrip().endswith(
        'ERROR: target bad: failed to solve: process "/bin/sh -c echo said && exit 3" did not complete successfully: exit code: 3'
    )


@proves("buildx bake --call", "buildx bake --check")
def test_checks_of_every_target(pydocker, image, context):
    context("docker-bake.hcl", f'target "default" {{ dockerfile-inline = "from {image}\\nRUN true" }}\n')
    found = pydocker("buildx", "bake", "--check", cwd=context.path)
    assert found.status == 1
    assert found.stdout.startswith("default\n\n")
    assert "ConsistentInstructionCasing" in found.stdout
    assert pydocker("buildx", "bake", "--call=outline", cwd=context.path).status == 0


@proves("buildx bake --push", "buildx bake --provenance", "buildx bake --sbom")
def test_pushing(pydocker, image, context, registry):
    context(
        "docker-bake.hcl", f'target "default" {{\n  dockerfile-inline = "FROM {image}\\nLABEL p=q"\n  tags = ["{registry}/baked:1"]\n}}\n'
    )
    pydocker("buildx", "bake", "--push", "--provenance=mode=min", "--sbom=false", cwd=context.path, check=True)
    shown = pydocker("buildx", "imagetools", "inspect", f"{registry}/baked:1", check=True).stdout
    assert "attestation-manifest" in shown


def test_independent_targets_run_side_by_side(pydocker, image, context):
    text = "".join(f'target "t{n}" {{ dockerfile-inline = "FROM {image}\\nRUN sleep 1.5; echo {n}" }}\n' for n in range(3))
    context("docker-bake.hcl", 'group "default" { targets = ["t0", "t1", "t2"] }\n' + text)
    began = time.monotonic()
    pydocker("buildx", "bake", "--no-cache", cwd=context.path, check=True)
    assert time.monotonic() - began < 4.4


def test_compose_files_are_definitions(pydocker, image, context):
    context("Dockerfile", f"FROM {image}\nARG A\nRUN echo $A > /a\n")
    context("compose.yaml", "services:\n  one:\n    image: composed/one\n    build:\n      context: .\n      args: {A: '${B:-dflt}'}\n")
    pydocker("buildx", "bake", cwd=context.path, env={"B": "given"}, check=True)
    assert pydocker("run", "--rm", "composed/one", "cat", "/a").stdout == "given\n"


def test_definitions_from_a_repository(pydocker, image, context, tmp_path):
    context("src/docker-bake.hcl", BAKE_REMOTE)
    context("src/Dockerfile", f"FROM {image}\nRUN echo remote > /where\n")
    context("src/sub/Dockerfile", f"FROM {image}\nRUN echo sub > /where\n")
    context("here/marker", "mine")
    git = ("git", "-c", "user.email=a@b", "-c", "user.name=n")
    source = tmp_path / "src"
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "x")):
        subprocess.run([*git, *words], cwd=source, check=True)
    subprocess.run([*git, "clone", "-q", "--bare", source, tmp_path / "repo.git"], check=True)
    subprocess.run([*git, "update-server-info"], cwd=tmp_path / "repo.git", check=True)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/repo.git"
        pydocker("buildx", "bake", url, "top", "sub", "here", cwd=tmp_path / "here", check=True)
        server.shutdown()
    for tag, text in (("top", "remote\n"), ("sub", "sub\n"), ("here", "mine")):
        assert pydocker("run", "--rm", f"remote/{tag}", "cat", "/where").stdout == text


BAKE_REMOTE = """
target "top" { tags = ["remote/top"] }
target "sub" {
  context = "sub"
  tags = ["remote/sub"]
}
target "here" {
  context = BAKE_CMD_CONTEXT
  dockerfile-inline = "FROM busybox\\nCOPY marker /where"
  tags = ["remote/here"]
}
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_ended_bake_leaves_nothing(pydocker, image, context, number):
    sleeps = [f"{random.randrange(100, 200)}.{random.randrange(1000, 9999)}" for _ in range(2)]
    text = "".join(f'target "t{n}" {{ dockerfile-inline = "FROM {image}\\nRUN sleep {each}" }}\n' for n, each in enumerate(sleeps))
    context("docker-bake.hcl", 'group "default" { targets = ["t0", "t1"] }\n' + text)
    process = pydocker.start("buildx", "bake", "--progress=plain", cwd=context.path)

    def running():
        shown = subprocess.run(["ps", "-eo", "args"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
        return sum(line in [f"sleep {each}" for each in sleeps] for line in shown)

    eventually(lambda: running() == 2, what="both steps run")
    process.send_signal(number)
    process.communicate()
    assert process.returncode != 0
    eventually(lambda: running() == 0, what="the steps have ended")
    eventually(lambda: not [each for each in os.listdir(pydocker.root / "tmp") if each.startswith("build-")], what="their files have gone")
