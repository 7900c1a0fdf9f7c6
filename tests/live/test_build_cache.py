"""Build cache that is kept elsewhere: written by one build, used by the next one, which has nothing."""

from __future__ import annotations

import json

import pytest

from tests.conftest import proves


@pytest.fixture
def dockerfile(context, image):
    context(
        "Dockerfile",
        f"FROM {image} AS tools\nRUN echo tools $(date +%N) > /tool\n"
        f"FROM {image}\nCOPY a.txt /a\nRUN --mount=from=tools,target=/t cat /t/tool /a > /made\n",
    )
    context("a.txt", "one")
    return context


def forget(pydocker, *names):
    pydocker("rmi", "-f", *names)
    pydocker("builder", "prune", "-af", check=True)


def made(pydocker, name):
    return pydocker("run", "--rm", "--network", "none", name, "cat", "/made", check=True).stdout


def ran(result):
    """The RUN and COPY steps that were not looked up."""
    steps = {}
    for line in result.stderr.splitlines():
        number, _, text = line.partition(" ")
        if text.startswith("[") and ("RUN" in text or "COPY" in text):
            steps[number] = text
    cached = {line.split(" ")[0] for line in result.stderr.splitlines() if line.endswith(" CACHED")}
    return [text for number, text in steps.items() if number not in cached]


@proves("buildx build --cache-to", "buildx build --cache-from")
def test_a_directory(pydocker, dockerfile):
    result = pydocker("build", "-t", "c:1", "--cache-to", "type=local,dest=cache,mode=max", ".", cwd=dockerfile.path, check=True)
    assert "exporting cache to client directory" in result.stderr
    first = made(pydocker, "c:1")
    assert json.loads((dockerfile.path / "cache/index.json").read_text())["manifests"][0]["annotations"] == {
        "org.opencontainers.image.ref.name": "latest"
    }
    forget(pydocker, "c:1")
    result = pydocker("build", "-t", "c:2", "--cache-from", "type=local,src=cache", ".", cwd=dockerfile.path, check=True)
    assert ran(result) == []
    assert made(pydocker, "c:2") == first
    forget(pydocker, "c:2")
    dockerfile("a.txt", "two")
    result = pydocker("build", "-t", "c:3", "--cache-from", "type=local,src=cache", ".", cwd=dockerfile.path, check=True)
    assert [text.split("] ")[1][:4] for text in ran(result)] == ["COPY", "RUN "]  # tools came from the cache
    assert made(pydocker, "c:3").splitlines() == [first.splitlines()[0], "two"]
    result = pydocker("build", "--cache-from", "type=local,src=nowhere", ".", cwd=dockerfile.path)
    assert result.status == 0  # a cache that is missing does no harm
    assert "ERROR: failed to configure local cache importer" in result.stderr


def test_a_damaged_directory_does_no_harm(pydocker, dockerfile):
    pydocker("build", "-t", "c:1", "--cache-to", "type=local,dest=cache,mode=max", ".", cwd=dockerfile.path, check=True)
    blobs = sorted((dockerfile.path / "cache/blobs/sha256").iterdir(), key=lambda each: each.stat().st_size)
    manifest = json.loads((dockerfile.path / "cache/index.json").read_text())["manifests"][0]["digest"].partition(":")[2]
    layers = json.loads((dockerfile.path / "cache/blobs/sha256" / manifest).read_text())["layers"]
    for each in layers:
        (dockerfile.path / "cache/blobs/sha256" / each["digest"].partition(":")[2]).write_bytes(b"nonsense")
    assert blobs
    forget(pydocker, "c:1")
    result = pydocker("build", "-t", "c:2", "--cache-from", "type=local,src=cache", ".", cwd=dockerfile.path, check=True)
    assert len(ran(result)) == 3
    assert made(pydocker, "c:2").endswith("one")


def test_a_registry_and_inside_the_image(pydocker, dockerfile, registry):
    ref = f"{registry}/cache:main"
    pydocker("build", "-t", "c:1", "--cache-to", f"type=registry,ref={ref},mode=max", ".", cwd=dockerfile.path, check=True)
    first = made(pydocker, "c:1")
    forget(pydocker, "c:1")
    result = pydocker("build", "-t", "c:2", "--cache-from", ref, ".", cwd=dockerfile.path, check=True)
    assert ran(result) == []
    assert made(pydocker, "c:2") == first
    name = f"{registry}/inline:1"
    pydocker("build", "-t", name, "--push", "--cache-to", "type=inline", ".", cwd=dockerfile.path, check=True)
    forget(pydocker, "c:2", name)
    result = pydocker("build", "-t", "c:3", "--cache-from", name, ".", cwd=dockerfile.path, check=True)
    assert [text for text in ran(result) if "tools" not in text] == []  # the result's own layers are in the image
    failed = pydocker("build", "--cache-to", "type=registry,ref=127.0.0.1:1/x", ".", cwd=dockerfile.path)
    assert (failed.status, failed.stderr.splitlines()[-1].startswith("ERROR: failed to build: failed to solve: ")) == (1, True)
    pydocker("build", "--cache-to", "type=registry,ref=127.0.0.1:1/x,ignore-error=true", ".", cwd=dockerfile.path, check=True)


def test_refusals(pydocker, dockerfile):
    for flags, message in (
        (("--cache-to", "type=local"), "ERROR: failed to build: local cache exporter requires dest"),
        (("--cache-from", "type=local"), "ERROR: failed to build: local cache importer requires src"),
        (("--cache-to", "type=foo"), 'ERROR: failed to build: failed to solve: unknown cache exporter: "foo"'),
    ):
        result = pydocker("build", *flags, ".", cwd=dockerfile.path)
        assert (result.status, result.stderr.splitlines()[-1]) == (1, message)
