"""`cp`: what is copied where, by docker's rules for paths."""

from __future__ import annotations

import pytest

from dockercompat.cli.copying import Place, arrange, split_argument, split_entry
from dockercompat.errors import ClientError


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("c1:/x", ("c1", "/x")),
        ("/a:b", ("", "/a:b")),
        ("./a:b", ("", "./a:b")),
        ("file", ("", "file")),
        ("c1:rel", ("c1", "rel")),
        ("-", ("", "-")),
    ],
)
def test_arguments(text, parts):
    assert split_argument(text) == parts


@pytest.mark.parametrize(
    ("path", "parts"),
    [("/a/b", ("/a", "b")), ("/a/b/", ("/a", "b")), ("/a/b/.", ("/a/b", ".")), ("/", ("/", "/")), ("a", (".", "a")), ("/a", ("/", "a"))],
)
def test_entries(path, parts):
    assert split_entry(path) == parts


FILE, TREE = Place("/s/f", True), Place("/s/d", True, True)


@pytest.mark.parametrize(
    ("source", "destination", "result"),
    [
        (FILE, Place("/t", True, True), ("/t", "", "")),
        (FILE, Place("/t/g", True), ("/t", "f", "g")),
        (FILE, Place("/t/new"), ("/t", "f", "new")),
        (TREE, Place("/t/new"), ("/t", "d", "new")),
        (Place("/s/d/.", True, True), Place("/t/new"), ("/t", ".", "new")),
        (TREE, Place("/t", True, True), ("/t", "", "")),
        (Place("/s/real/", True, True, "link"), Place("/t/new"), ("/t", "link", "new")),
    ],
)
def test_arranging(source, destination, result):
    assert arrange(source, destination) == result


@pytest.mark.parametrize(
    ("source", "destination", "message"),
    [
        (TREE, Place("/t/file", True), "cannot copy directory"),
        (FILE, Place("/t/no/"), "no such directory"),
        (FILE, Place("/t/no/."), "no such directory"),
    ],
)
def test_refused(source, destination, message):
    with pytest.raises(ClientError) as caught:
        arrange(source, destination)
    assert str(caught.value) == message
