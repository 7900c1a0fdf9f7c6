"""docker search against an index on loopback; what it prints is docker's for the same index."""

from __future__ import annotations

import json

import pytest

from tests.answers import Answer, answering
from tests.conftest import free_port, proves

_LONG = "A very long description that goes on and on, much longer than forty-five characters\nand has a second line"
_FOUND = [
    {"name": "busybox", "description": "Busybox base image.", "star_count": 3000, "is_official": True, "is_automated": False},
    {"name": "some/box", "description": _LONG, "star_count": 12, "is_official": False, "is_automated": True},
    {"name": "uni/köx", "description": "Grüße aus dem Käfig", "star_count": 0, "is_official": False, "is_automated": False},
]


@pytest.fixture
def index():
    def answer(request):
        if request.path == "/v1/search":
            if request.query["q"] == "broken":
                return Answer(200, b"{nope")
            return Answer(500) if request.query["q"] == "down" else Answer(200, {"results": _FOUND[: int(request.query["n"])]})
        return Answer(200, True) if request.path == "/v1/_ping" else Answer(404)

    with answering(answer) as server:
        yield server


@proves("search", "search --no-trunc", "search --limit")
def test_table(pydocker, index):
    term = f"{index.address}/box"
    assert pydocker("search", term).stdout == (
        "NAME       DESCRIPTION                                     STARS     OFFICIAL\n"
        "busybox    Busybox base image.                             3000      [OK]\n"
        "some/box   A very long description that goes on and on,…   12        \n"
        "uni/köx    Grüße aus dem Käfig                             0         \n"
    )
    assert index.seen[-1].query == {"q": "box", "n": "25"}
    whole = pydocker("search", "--no-trunc", term).stdout
    assert "much longer than forty-five characters and has a second line   12" in whole
    assert pydocker("search", "--limit", "1", term).stdout.count("\n") == 2
    assert index.seen[-1].query["n"] == "1"
    done = pydocker("search", "--limit", "101", term)
    assert (done.status, done.stderr) == (1, "Error response from daemon: limit 101 is outside the range of [1, 100]\n")


@proves("search --format")
def test_formats(pydocker, index):
    term = f"{index.address}/box"
    shown = pydocker("search", "--format", "{{.Name}}|{{.StarCount}}|{{.IsOfficial}}", term).stdout
    assert shown == "busybox|3000|[OK]\nsome/box|12|\nuni/köx|0|\n"
    first = json.loads(pydocker("search", "--format", "json", term).stdout.splitlines()[0])
    assert first == {"Description": "Busybox base image.", "IsOfficial": "true", "Name": "busybox", "StarCount": "3000"}
    wrong = pydocker("search", "--format", "{{.IsAutomated}}", term)
    assert wrong.stderr.endswith("can't evaluate field IsAutomated in type *registry.searchContext\n")


@proves("search --filter")
@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["stars=10"], "busybox some/box"),
        (["stars=10", "stars=2000"], "busybox"),
        (["stars=-1"], "busybox some/box uni/köx"),
        (["is-official=true"], "busybox"),
        (["is-official=false", "stars=1"], "some/box"),
        (["is-automated=true"], ""),
        (["is-automated=false"], "busybox some/box uni/köx"),
    ],
)
def test_filters(pydocker, index, given, names):
    words = [word for each in given for word in ("--filter", each)]
    done = pydocker("search", *words, "--format", "{{.Name}}", f"{index.address}/box", check=True)
    assert done.stdout.split() == names.split()
    assert ("deprecated" in done.stderr) == ("is-automated" in given[0])


@proves("search --filter")
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("stars=x", "invalid filter 'stars=x': strconv.Atoi: parsing \"x\": invalid syntax"),
        ("is-official=maybe", "invalid filter 'is-official=[maybe]'"),
        ("nosuch=1", "invalid filter 'nosuch'"),
    ],
)
def test_filters_refused(pydocker, index, given, words):
    done = pydocker("search", "-f", given, f"{index.address}/box")
    assert (done.status, done.stderr) == (1, f"Error response from daemon: {words}\n")


@proves("search")
def test_index_in_trouble(pydocker, index):
    assert pydocker("search", f"{index.address}/down").stderr == "Error response from daemon: Unexpected status code 500\n"
    assert "error decoding registry search results: invalid character 'n'" in pydocker("search", f"{index.address}/broken").stderr
    nobody = f"127.0.0.1:{free_port()}"
    refused = f"dial tcp {nobody}: connect: connection refused"
    assert pydocker("search", f"{nobody}/x").stderr == (
        f'Error response from daemon: invalid registry endpoint "http://{nobody}/v1/". '
        f'HTTPS attempt: Get "https://{nobody}/v1/_ping": {refused}. HTTP attempt: Get "http://{nobody}/v1/_ping": {refused}\n'
    )
    scheme = pydocker("search", "https://x.example/y").stderr
    assert scheme.endswith("invalid repository name: repository name (https://x.example/y) should not have a scheme\n")
