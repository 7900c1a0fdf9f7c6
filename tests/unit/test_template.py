"""Templates give what docker 28.2.2 gave: tests/data/template-answers.jsonl holds `docker inspect -f TEMPLATE` on one container."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from dockercompat.cli.inspecting import inspect_many
from dockercompat.cli.template.errors import TemplateError
from dockercompat.cli.template.evaluate import Template, plain_value
from dockercompat.cli.template.floats import go_float
from dockercompat.cli.template.json_text import plain
from dockercompat.errors import DockerError

DATA = Path(__file__).resolve().parent.parent / "data"


def read_answers() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / "template-answers.jsonl").read_text().splitlines()]


def test_every_recorded_answer(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads((DATA / "container-document.json").read_text())
    wrong = []
    for answer in read_answers():
        stdout = StringIO()
        try:
            status = inspect_many(["c1"], lambda _ref: document, answer["template"], kind="container", stdout=stdout)
            stderr = ""
        except DockerError as error:
            status, stderr = error.exit_status, f"{error}\n"
        stderr = capsys.readouterr().err + stderr
        mine = {"template": answer["template"], "stdout": stdout.getvalue(), "stderr": stderr, "status": status}
        if mine != answer:
            wrong.append((answer, mine))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "data", "expected"),
    [
        ("{{.a}} {{.b}} {{.c}}", {"a": 1, "b": None}, "1 <no value> <no value>"),
        ("{{.}}", {"z": [1, 2.5, "x"], "a": {"k": None}}, "map[a:map[k:<nil>] z:[1 2.5 x]]"),
        ("{{range $k, $v := .}}{{$k}}={{$v}};{{end}}", {"b": 2, "a": 1}, "a=1;b=2;"),
        ("{{range .}}{{.}}{{else}}none{{end}}", [], "none"),
        ("{{range $i, $v := .}}{{if $i}},{{end}}{{$v}}{{end}}", ["a", "b"], "a,b"),
        ('{{define "T"}}<{{.}}>{{end}}{{range .}}{{template "T" .}}{{end}}', ["a", "b"], "<a><b>"),
        ('{{block "B" .x}}[{{.}}]{{end}}', {"x": "y"}, "[y]"),
        ("{{with $x := .x}}{{$x}}{{else with .y}}y{{.}}{{else}}none{{end}}", {"x": "", "y": 1}, "y1"),
        ("{{$n := 0}}{{range .}}{{$n = .}}{{end}}{{$n}}", [1, 2, 3], "3"),
        ("{{range .}}{{if eq . 2.0}}{{continue}}{{end}}{{if eq . 4.0}}{{break}}{{end}}{{.}}{{end}}", [1, 2, 3, 4, 5], "13"),
        ("a {{- /* note */ -}} b", None, "ab"),
        ("{{range 3}}{{.}}{{end}}", None, "012"),
        ("{{and .x (index .x 5)}}", {"x": []}, "[]"),
        ('{{printf "%-6s|%6.2f|%05d|%q" "ab" 3.14159 42 "é\\n"}}', None, 'ab    |  3.14|00042|"é\\n"'),
        ("{{.x}}", {"x": 1e6}, "1e+06"),
        ("{{.x}}", {"x": 123456789}, "1.23456789e+08"),
    ],
)
def test_untyped_values(text: str, data: Any, expected: str) -> None:
    assert Template(text).execute(plain_value(data)) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{", "template: :1: unclosed action"),
        ("a\n{{.x", "template: :2: unclosed action"),
        ("{{if .x\n}}", "template: :2: unexpected EOF"),
        ("{{.x\n| nosuch}}", 'template: :2: function "nosuch" not defined'),
        ("{{range}}{{end}}", "template: :1: missing value for range"),
        ("{{break}}", "template: :1: {{break}} outside {{range}}"),
        ('{{define "a"}}', "template: :1: unexpected EOF"),
        ("{{if 1}}{{else}}{{else}}{{end}}", "template: :1: expected end; found {{else}}"),
        ("{{1 | 2}}", "template: :1: non executable command in pipeline stage 2"),
        ('{{"a}}', "template: :1: unterminated quoted string"),
        ("{{/* a}}", "template: :1: unclosed comment"),
        ("{{)}}", "template: :1: unexpected right paren"),
        ("{{9x}}", 'template: :1: bad number syntax: "9x"'),
    ],
)
def test_not_a_template(text: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        Template(text)
    assert str(caught.value) == message


def test_missing_keys_may_be_errors() -> None:
    with pytest.raises(TemplateError) as caught:
        Template("é{{.x.y}}", name="n").execute(plain_value({"x": {}}), missing_key_fails=True)
    assert str(caught.value) == 'template: n:1:6: executing "n" at <.x.y>: map has no entry for key "y"'


@pytest.mark.parametrize(
    ("number", "general", "in_json"),
    [
        (0.0, "0", "0"),
        (1.0, "1", "1"),
        (-2.5, "-2.5", "-2.5"),
        (100000.0, "100000", "100000"),
        (1e6, "1e+06", "1000000"),
        (123456789.0, "1.23456789e+08", "123456789"),
        (1e20, "1e+20", "100000000000000000000"),
        (1e21, "1e+21", "1e+21"),
        (0.0001, "0.0001", "0.0001"),
        (0.00001, "1e-05", "0.00001"),
        (1e-7, "1e-07", "1e-7"),
        (1.5e-10, "1.5e-10", "1.5e-10"),
    ],
)
def test_floats(number: float, general: str, in_json: str) -> None:
    assert go_float(number) == general
    assert plain(number) == in_json


def test_json_text() -> None:
    document = {"a": '<&>\u2028é\x01\b\f\n"', "b": [], "c": {}, "d": [1, None, True, {"e": 1.5}]}
    assert plain(document) == '{"a":"<&>\\u2028é\\u0001\\b\\f\\n\\"","b":[],"c":{},"d":[1,null,true,{"e":1.5}]}'
    assert plain({"a": [1, {}], "b": {"c": []}}, step="    ") == (
        '{\n    "a": [\n        1,\n        {}\n    ],\n    "b": {\n        "c": []\n    }\n}'
    )
