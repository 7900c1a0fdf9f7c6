"""Templates made up at random: valid ones give what a second evaluation in plain Python gives, and no other one gives a traceback."""

from __future__ import annotations

import io
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from dockercompat.cli.inspecting import inspect_many
from dockercompat.cli.listing import volume
from dockercompat.cli.template.errors import TemplateError
from dockercompat.cli.template.evaluate import Template, plain_value
from dockercompat.errors import DockerError

PROPERTY = settings(derandomize=True, max_examples=100, deadline=None, database=None)
DATA = Path(__file__).resolve().parent.parent / "data"
CONTAINER = json.loads((DATA / "container-document.json").read_text())
VOLUME = {"Name": "v1", "Driver": "local", "Scope": "local", "Mountpoint": "/v1", "Labels": {"a": "b"}, "CreatedAt": "2024-01-01T00:00:00Z"}
DOCUMENT = {"Name": "Box", "Empty": "", "On": True, "Off": False, "List": ["a", "Bc", ""], "Map": {"k": "v", "l": ""}}

# pieces, of which most sequences are no templates
PIECES = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{{-",
            "-}}",
            "{{/*",
            "*/}}",
            "(",
            ")",
            "|",
            ":=",
            "=",
            ",",
            ".",
            "$",
            "$x",
            " ",
            "\n",
            "\t",
            '"',
            "'",
            "`",
            "\\",
            "%",
        ),
        *("if", "else", "end", "range", "with", "define", "template", "block", "break", "continue", "nil", "true"),
        *("json", "index", "slice", "len", "printf", "print", "eq", "lt", "and", "or", "not", "call", "html", "js", "urlquery"),
        *("join", "split", "lower", "upper", "title", "pad", "truncate", "println", "table", "nosuch"),
        *("0", "1", "-1", "1.5", "0x1f", "1e9", "1i", "'a'", '"a"', '"%d %s %v %q"', "9999999999999999999999", "9x"),
        *(".Name", ".State.Running", ".Config.Env", ".NetworkSettings.Networks", ".nosuch", ".Label", ".Names", "é", "\udcff", "\0"),
    ]
)
NEARLY = st.one_of(
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(PIECES, max_size=6).map(lambda pieces: "{{" + " ".join(pieces) + "}}"),
    st.tuples(st.sampled_from(["if", "range", "with"]), st.lists(PIECES, max_size=4), st.lists(PIECES, max_size=3)).map(
        lambda made: "{{" + made[0] + " " + " ".join(made[1]) + "}}{{" + " ".join(made[2]) + "}}{{end}}"
    ),
)


@PROPERTY
@given(NEARLY)
def test_nothing_but_dockers_errors(text: str) -> None:
    try:
        Template(text).execute(plain_value(DOCUMENT))
    except TemplateError as error:
        assert str(error).startswith("template: ")


@PROPERTY
@given(NEARLY)
def test_nothing_but_dockers_errors_of_typed_documents(text: str) -> None:
    try:
        inspect_many(["c1"], lambda _ref: CONTAINER, text, kind="container", stdout=io.StringIO())
    except DockerError as error:
        assert "template" in str(error)


@PROPERTY
@given(NEARLY)
def test_nothing_but_dockers_errors_of_tables(text: str) -> None:
    for format_text in (text, f"table {text}"):
        try:
            volume.render([VOLUME], format=format_text)
        except DockerError as error:
            assert "template" in str(error)


# templates that are valid, each with what it gives
QUOTABLE = st.text("ab Z9%{}", max_size=4)
TEXTS = st.deferred(
    lambda: st.one_of(
        QUOTABLE.map(lambda text: (json.dumps(text), text)),
        st.sampled_from([("$.Name", "Box"), ("$.Empty", ""), ("(index $.List 1)", "Bc"), ('(index $.Map "k")', "v"), ("$.Map.l", "")]),
        TEXTS.map(lambda made: (f"(upper {made[0]})", made[1].upper())),
        TEXTS.map(lambda made: (f"({made[0]} | lower)", made[1].lower())),
        st.tuples(TEXTS, TEXTS).map(lambda two: (f'(printf "%s-%s" {two[0][0]} {two[1][0]})', f"{two[0][1]}-{two[1][1]}")),
        TEXTS.map(lambda made: (f'(join (split {made[0]} "a") "a")', made[1])),
        TEXTS.map(lambda made: (f"(pad {made[0]} 1 2)", f" {made[1]}  " if made[1] else made[1])),
        TEXTS.map(lambda made: (f"(truncate {made[0]} 2)", made[1][:2])),
        TEXTS.map(lambda made: (f"(json {made[0]})", json.dumps(made[1]))),
        st.tuples(CONDITIONS, TEXTS).map(lambda two: (f"(print {two[0][0]} {two[1][0]})", f"{str(two[0][1]).lower()}{two[1][1]}")),
    )
)
NUMBERS = st.one_of(
    st.integers(-50, 50).map(lambda number: (str(number), number)),
    TEXTS.map(lambda made: (f"(len {made[0]})", len(made[1]))),
)
CONDITIONS = st.deferred(
    lambda: st.one_of(
        st.sampled_from([("true", True), ("false", False), ("$.On", True), ("$.Off", False)]),
        st.tuples(TEXTS, TEXTS).map(lambda two: (f"(eq {two[0][0]} {two[1][0]})", two[0][1] == two[1][1])),
        st.tuples(NUMBERS, NUMBERS).map(lambda two: (f"(lt {two[0][0]} {two[1][0]})", two[0][1] < two[1][1])),
        CONDITIONS.map(lambda made: (f"(not {made[0]})", not made[1])),
        st.tuples(CONDITIONS, CONDITIONS).map(lambda two: (f"(and {two[0][0]} {two[1][0]})", two[0][1] and two[1][1])),
        st.tuples(CONDITIONS, CONDITIONS).map(lambda two: (f"(or {two[0][0]} {two[1][0]})", two[0][1] or two[1][1])),
    )
)
BODIES = st.deferred(
    lambda: st.one_of(
        st.text("xyz}", max_size=3).map(lambda text: (text, text)),
        TEXTS.map(lambda made: ("{{" + made[0] + "}}", made[1])),
        NUMBERS.map(lambda made: ("{{- " + made[0] + " -}}", str(made[1]))),
        CONDITIONS.map(lambda made: ("{{/* c */}}{{" + made[0] + "}}", str(made[1]).lower())),
        st.tuples(CONDITIONS, BODIES, BODIES).map(
            lambda made: (
                "{{if " + made[0][0] + "}}" + made[1][0] + "{{else}}" + made[2][0] + "{{end}}",
                made[1][1] if made[0][1] else made[2][1],
            )
        ),
        st.tuples(TEXTS, BODIES).map(
            lambda made: ("{{with " + made[0][0] + "}}{{.}}" + made[1][0] + "{{end}}", made[0][1] + made[1][1] if made[0][1] else "")
        ),
        BODIES.map(lambda made: ("{{range $i, $t := $.List}}{{$i}}{{$t}}" + made[0] + "{{end}}", f"0a{made[1]}1Bc{made[1]}2{made[1]}")),
        BODIES.map(lambda made: ("{{range $.Empty | json | len}}" + made[0] + "{{end}}", made[1] * 2)),
        st.tuples(TEXTS, BODIES).map(lambda made: ("{{$v := " + made[0][0] + "}}" + made[1][0] + "{{$v}}", made[1][1] + made[0][1])),
        st.tuples(BODIES, BODIES).map(lambda made: (made[0][0] + made[1][0], made[0][1] + made[1][1])),
    )
)


@PROPERTY
@given(BODIES)
def test_valid_ones_give_what_they_mean(made: tuple[str, str]) -> None:
    text, expected = made
    assert Template(text).execute(plain_value(DOCUMENT)) == expected
