"""Image references, platforms and documents: grammars alone."""

from __future__ import annotations

import json

import pytest

from dockercompat.errors import InvalidParameter, InvalidReference
from dockercompat.spec import platform as platforms
from dockercompat.spec.image import Index, parse_document
from dockercompat.spec.reference import parse, parse_canonical

_DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "canonical", "familiar"),
    [
        ("busybox", "docker.io/library/busybox", "busybox"),
        ("busybox:1.2", "docker.io/library/busybox:1.2", "busybox:1.2"),
        ("docker.io/busybox", "docker.io/library/busybox", "busybox"),
        ("index.docker.io/library/busybox", "docker.io/library/busybox", "busybox"),
        ("me/app", "docker.io/me/app", "me/app"),
        ("docker.io/library/a/b", "docker.io/library/a/b", "library/a/b"),
        ("localhost/app", "localhost/app", "localhost/app"),
        ("localhost:5000/app:v1", "localhost:5000/app:v1", "localhost:5000/app:v1"),
        ("Example/app", "Example/app", "Example/app"),
        ("[::1]:5000/a_b/c__d/e---f.g:T_1", "[::1]:5000/a_b/c__d/e---f.g:T_1", "[::1]:5000/a_b/c__d/e---f.g:T_1"),
        (f"busybox@{_DIGEST}", f"docker.io/library/busybox@{_DIGEST}", f"busybox@{_DIGEST}"),
        (f"r.example/a:1@{_DIGEST}", f"r.example/a:1@{_DIGEST}", f"r.example/a:1@{_DIGEST}"),
    ],
)
def test_reference(text, canonical, familiar):
    reference = parse(text)
    assert (reference.canonical, reference.familiar) == (canonical, familiar)
    assert parse_canonical(canonical) == reference


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "invalid reference format"),
        ("BAD", "invalid reference format: repository name (library/BAD) must be lowercase"),
        ("Bad/Name", "invalid reference format: repository name (Name) must be lowercase"),
        ("a:", "invalid reference format"),
        ("a:b:c", "invalid reference format"),
        ("-a", "invalid reference format"),
        ("a..b", "invalid reference format"),
        ("a___b", "invalid reference format"),
        ("a//b", "invalid reference format"),
        ("a b", "invalid reference format"),
        ("a:" + "t" * 129, "invalid reference format"),
        ("a@sha256:" + "0" * 31, "invalid reference format"),
        ("a@sha256:" + "0" * 40, "invalid checksum digest length"),
        ("a@md5:" + "0" * 32, "unsupported digest algorithm"),
        ("a" * 256, "repository name must not be more than 255 characters"),
        ("0" * 64, f"invalid repository name ({'0' * 64}), cannot specify 64-byte hexadecimal strings"),
    ],
)
def test_reference_refused(text, message):
    with pytest.raises(InvalidReference) as caught:
        parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("linux/amd64", "linux/amd64"),
        ("linux/x86_64", "linux/amd64"),
        ("arm64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/armel", "linux/arm/v6"),
    ],
)
def test_platform(text, expected):
    assert str(platforms.parse(text)) == expected


@pytest.mark.parametrize("text", ["a/b/c/d", "nosuch", "linux//v7", ""])
def test_platform_refused(text):
    with pytest.raises(InvalidParameter):
        platforms.parse(text)


@pytest.mark.parametrize(
    ("wanted", "offered", "chosen"),
    [
        ("linux/amd64", ["linux/arm64", "linux/amd64"], 1),
        ("linux/arm/v7", ["linux/arm/v5", "linux/arm/v6", "linux/arm64"], 1),
        ("linux/arm/v6", ["linux/arm/v7"], -1),
        ("linux/amd64", ["windows/amd64"], -1),
        ("linux/amd64", ["linux/amd64/v3", "linux/amd64"], 1),
    ],
)
def test_platform_choice(wanted, offered, chosen):
    assert platforms.choose(platforms.parse(wanted), [platforms.parse(text) for text in offered]) == chosen


def test_index_ignores_attestations():
    chosen_digest = "sha256:" + "cd" * 32
    entries = [
        {"digest": _DIGEST, "size": 1, "platform": {"os": "unknown", "architecture": "unknown"}},
        {"digest": chosen_digest, "size": 1, "platform": {"os": "linux", "architecture": "amd64"}},
    ]
    raw = json.dumps({"schemaVersion": 2, "manifests": entries})
    index = parse_document(raw.encode())
    assert isinstance(index, Index)
    chosen = index.choose(platforms.parse("linux/amd64"))
    assert chosen is not None and chosen.digest == chosen_digest
    assert index.choose(platforms.parse("linux/s390x")) is None
