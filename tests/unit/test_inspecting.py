"""`inspect`: what is printed where some names exist and others don't, and which reading of a document a template gets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dockercompat.cli.inspecting import format_document, inspect_many
from dockercompat.errors import ClientError, InvalidTemplate, NoSuchObject, NoSuchVolume

VOLUME = {
    "Name": "v<1>",
    "Driver": "local",
    "Labels": {"b": "2", "a": "1"},
    "Options": None,
    "Scope": "local",
    "CreatedAt": "2026-01-02T03:04:05Z",
}


def get(ref: str) -> dict[str, Any]:
    if ref != "v":
        raise NoSuchVolume(ref)
    return VOLUME


def test_list_is_indented(capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect_many(["v"], get, kind="volume") == 0
    out = capsys.readouterr().out
    assert json.loads(out) == [VOLUME]
    assert out.startswith('[\n    {\n        "Name": "v<1>",\n')
    assert inspect_many(["v"], get, kind="volume", typed=True) == 0
    assert '"Name": "v\\u003c1\\u003e"' in capsys.readouterr().out


def test_missing_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert inspect_many(["x"], get, kind="volume") == 1
    assert tuple(capsys.readouterr()) == ("[]\n", "Error response from daemon: get x: no such volume\n")
    assert inspect_many(["x", "v"], get, "{{.Driver}}", kind="volume") == 1
    assert tuple(capsys.readouterr()) == ("local\n", "Error response from daemon: get x: no such volume\n")
    assert inspect_many(["x"], get, "{{.Driver}}", kind="volume") == 1
    assert capsys.readouterr().out == "\n"

    def nothing(ref: str) -> dict[str, Any]:
        raise NoSuchObject(ref)

    assert inspect_many(["x", "y"], nothing) == 1
    assert tuple(capsys.readouterr()) == ("[]\n", "Error: No such object: x\nError: No such object: y\n")


def test_second_reading(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"Id": "c1", "Name": "/c1", "New": {"Key": 1}}
    assert inspect_many(["c"], lambda _: document, "{{.ID}} {{.Name}} {{.State}}", kind="container") == 0
    assert inspect_many(["c"], lambda _: document, "{{.Id}} {{.New.Key}}", kind="container") == 0
    assert capsys.readouterr().out == "c1 /c1 <nil>\nc1 1\n"
    assert inspect_many(["c"], lambda _: document, "{{.Nope}}", kind="container") == 1
    message = 'template parsing error: template: :1:2: executing "" at <.Nope>: map has no entry for key "Nope"\n'
    assert tuple(capsys.readouterr()) == ("\n", message)
    assert inspect_many(["v"], get, "{{.Nope}}", kind="volume", typed=True) == 1
    assert "can't evaluate field Nope in type volume.Volume" in capsys.readouterr().err


def test_kinds_by_document(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "c": ("container", {"HostConfig": {"RestartPolicy": {"Name": "no"}}}),
        "n": ("network", {"Created": "2026-01-02T03:04:05.5Z"}),
    }
    assert inspect_many(["c"], lambda ref: found[ref], "{{.HostConfig.RestartPolicy}}") == 0
    assert inspect_many(["n"], lambda ref: found[ref], "{{.Created}}") == 0
    assert capsys.readouterr().out == "{no 0}\n2026-01-02 03:04:05.5 +0000 UTC\n"


def test_bad_template_comes_first() -> None:
    with pytest.raises(InvalidTemplate) as caught:
        inspect_many(["x"], get, "{{end}}")
    assert (caught.value.exit_status, str(caught.value)) == (64, "template parsing error: template: :1: unexpected {{end}}")


def test_documents_of_info_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        format_document({"Client": {"Version": "1", "ApiVersion": "2"}}, "{{.Client.APIVersion}} {{.Server}}", kind="version")
        == "2 <nil>\n"
    )
    assert (
        format_document({"NCPU": 4, "ClientInfo": {"Context": "default"}}, "{{.NCPU}} {{.ClientInfo.Context}}", kind="info")
        == "4 default\n"
    )
    with pytest.raises(ClientError) as caught:
        format_document({}, "{{.NoSuch}}", kind="info")
    assert str(caught.value) == 'template: :1:2: executing "" at <.NoSuch>: can\'t evaluate field NoSuch in type system.dockerInfo'
    assert capsys.readouterr().out == "\n"


def test_maps_are_sorted_and_structs_are_not(capsys: pytest.CaptureFixture[str]) -> None:
    document = {
        "Name": "/c1",
        "Id": "c1",
        "Config": {"Labels": {"z": "1", "a": "2"}, "Cmd": ["z", "a"]},
        "NetworkSettings": {"Networks": {"n2": {"DriverOpts": {"y": "1", "b": "2"}, "Aliases": None}, "n1": None}},
        "Mounts": [{"Type": "bind", "Source": "/s"}],
    }
    before = json.dumps(document)
    assert inspect_many(["c1"], lambda _: document, "json", kind="container") == 0
    assert capsys.readouterr().out == (
        '[{"Name":"/c1","Id":"c1","Config":{"Labels":{"a":"2","z":"1"},"Cmd":["z","a"]},"NetworkSettings":{"Networks":{"n1":null,'
        '"n2":{"DriverOpts":{"b":"2","y":"1"},"Aliases":null}}},"Mounts":[{"Type":"bind","Source":"/s"}]}]\n'
    )
    assert json.dumps(document) == before
