"""Small grammars of images and registries: --change, patterns, challenges, credentials."""

from __future__ import annotations

import json

import pytest

from dockercompat.distribution.auth import Challenge, parse_challenges
from dockercompat.distribution.connection import is_loopback
from dockercompat.distribution.credentials import INDEX_KEY, Credentials, CredentialStore, key_of
from dockercompat.engine.image.changes import apply_changes
from dockercompat.engine.image.list import _match
from dockercompat.errors import ClientError, DigestMismatch, InvalidParameter
from dockercompat.spec import digest as digests
from dockercompat.storage.content import ContentStore


@pytest.mark.parametrize(
    ("config", "change", "expected"),
    [
        ({}, "CMD echo a", {"Cmd": ["/bin/sh", "-c", "echo a"]}),
        ({"Shell": ["/bin/bash", "-c"]}, "entrypoint x", {"Shell": ["/bin/bash", "-c"], "Entrypoint": ["/bin/bash", "-c", "x"]}),
        ({}, 'CMD ["a", "b"]', {"Cmd": ["a", "b"]}),
        ({"Env": ["A=1"]}, 'ENV A=2 B="x y" C=$A', {"Env": ["A=2", "B=x y", "C=1"]}),
        ({}, "ENV A the whole line", {"Env": ["A=the whole line"]}),
        ({"WorkingDir": "/a"}, "WORKDIR b/../c", {"WorkingDir": "/a/c"}),
        ({}, "EXPOSE 8000-8001 53/udp", {"ExposedPorts": {"8000/tcp": {}, "8001/tcp": {}, "53/udp": {}}}),
        ({}, "HEALTHCHECK NONE", {"Healthcheck": {"Test": ["NONE"]}}),
        ({}, "HEALTHCHECK --timeout=1m CMD [\"x\"]", {"Healthcheck": {"Test": ["CMD", "x"], "Timeout": 60_000_000_000}}),
        ({}, "ONBUILD RUN x", {"OnBuild": ["RUN x"]}),
        ({}, "LABEL a=b 'c d'=e", {"Labels": {"a": "b", "c d": "e"}}),
    ],
)  # fmt: skip
def test_change(config, change, expected):
    assert apply_changes(config, [change]) == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("FROM x", "FROM is not a valid change command"),
        ("HEALTHCHECK PING", 'Unknown type "PING" in HEALTHCHECK (try CMD)'),
        ("EXPOSE x", "Invalid containerPort: x"),
        ("ENV A", 'Syntax error - can\'t find = in "A". Must be of the form: name=value'),
    ],
)
def test_change_refused(change, message):
    with pytest.raises(InvalidParameter) as caught:
        apply_changes({}, [change])
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("a*", "abc:1", True),
        ("a*", "abc/d", False),
        ("*/*:[12]", "x/y:2", True),
        ("*:[^1]", "y:1", False),
        ("a?c", "abc", True),
        ("a\\*", "a*", True),
    ],
)
def test_pattern(pattern, text, fits):
    assert _match(pattern, text) is fits


def test_challenges():
    header = 'Bearer realm="https://a.example/t?x=1,2",service=reg,scope="repository:a/b:pull,push", Basic realm="q\\"uoted"'
    assert parse_challenges(header) == [
        Challenge("bearer", (("realm", "https://a.example/t?x=1,2"), ("service", "reg"), ("scope", "repository:a/b:pull,push"))),
        Challenge("basic", (("realm", 'q"uoted'),)),
    ]
    assert parse_challenges("") == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:5000", True),
        ("127.8.0.1:1", True),
        ("[::1]:5000", True),
        ("127.0.0.1.example.com", False),
        ("localhost.example", False),
    ],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected


def test_credentials_keep_the_rest_of_the_file(tmp_path):
    store = CredentialStore(str(tmp_path))
    (tmp_path / "config.json").write_text(
        json.dumps({"HttpHeaders": {"a": "b"}, "auths": {"https://old.example/v1/": {"auth": "bWU6cHc="}}})
    )
    assert store.get("old.example") == Credentials("me", "pw")
    assert store.get("new.example").empty
    assert store.put("new.example", Credentials("u", "p:w")) is True
    assert store.put(INDEX_KEY, Credentials("hub", "", "token")) is False
    assert store.get("new.example") == Credentials("u", "p:w")
    assert store.get(key_of("docker.io")) == Credentials("hub", "", "token")
    mode = (tmp_path / "config.json").stat().st_mode & 0o777
    store.erase("new.example")
    saved = json.loads((tmp_path / "config.json").read_text())
    assert saved["HttpHeaders"] == {"a": "b"} and set(saved["auths"]) == {"https://old.example/v1/", INDEX_KEY}
    assert (tmp_path / "config.json").stat().st_mode & 0o777 == mode
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ClientError):
        store.get("x")


def test_partial_blobs_are_taken_up(tmp_path):
    for name in ("blobs", "partial", "tmp"):
        (tmp_path / name).mkdir()
    store = ContentStore(str(tmp_path / "blobs"), str(tmp_path / "partial"), str(tmp_path / "tmp"))
    content = b"0123456789" * 1000
    digest = digests.of(content)
    with store.partial(digest) as first:
        first.write(content[:4000])
    with store.partial(digest) as second:
        assert b"".join(second.existing()) == content[:4000]
        second.write(content[4000:])
        second.commit()
    assert store.read(digest) == content
    with store.partial(digest) as third:
        assert third.finished
    other = digests.of(b"other")
    with store.partial(other) as wrong:
        wrong.write(b"something")
        with pytest.raises(DigestMismatch):
            wrong.commit()
    assert not store.has(other)
    assert not any((tmp_path / "tmp").iterdir())
