"""Properties of how compose files are read: variables, environment files, merging."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockercompat.compose.files import dotenv, merge, template
from dockercompat.compose.files.sources import Settings
from dockercompat.compose.load import load_project
from dockercompat.compose.model import hash
from dockercompat.compose.values import clone
from dockercompat.errors import InvalidProject

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
plain = st.text(st.characters(blacklist_characters="$", blacklist_categories=("Cs",)), max_size=20)
words = st.text(st.characters(whitelist_categories=("L", "N")), max_size=10)


@given(plain)
def test_a_text_without_a_dollar_is_itself(text: str) -> None:
    assert template.substitute(text, {}.get) == text


@given(st.text(max_size=30))
def test_doubled_dollars_are_the_text(text: str) -> None:
    assert template.substitute(text.replace("$", "$$"), {}.get) == text


@given(names, plain, plain, words)
def test_every_form_of_a_variable(name: str, before: str, value: str, word: str) -> None:
    unset: dict[str, str] = {}
    known, empty = {name: value}, {name: ""}
    for form, of_unset, of_empty, of_known in (
        (f"${{{name}}}", "", "", value),
        (f"${{{name}:-{word}}}", word, word, value or word),
        (f"${{{name}-{word}}}", word, "", value),
        (f"${{{name}:+{word}}}", "", "", word if value else ""),
        (f"${{{name}+{word}}}", "", word, word),
        (f"${{{name}-${{{name}:-{word}}}}}", word, "", value),
    ):
        for environment, expected in ((unset, of_unset), (empty, of_empty), (known, of_known)):
            assert template.substitute(f"{before}{form}.", environment.get) == f"{before}{expected}."


@given(names, words)
def test_a_required_variable(name: str, word: str) -> None:
    for form, environment in ((f"${{{name}:?{word}}}", {name: ""}), (f"${{{name}?{word}}}", {})):
        with pytest.raises(template.MissingVariable) as caught:
            template.substitute(form, environment.get)
        assert str(caught.value).startswith(f"required variable {name} is missing a value")
    assert template.substitute(f"${{{name}?{word}}}", {name: ""}.get) == ""


@given(st.dictionaries(names, st.text(st.characters(blacklist_characters="\\'\r", blacklist_categories=("Cs",)), max_size=20), max_size=5))
def test_single_quotes_keep_everything(variables: dict[str, str]) -> None:
    text = "".join(f"{name} = '{value}'  # why\n" for name, value in variables.items())
    assert dotenv.parse(text, {}.get) == variables


@given(st.dictionaries(names, st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20), max_size=5))
def test_double_quotes_with_escapes(variables: dict[str, str]) -> None:
    def escaped(value: str) -> str:
        return "".join(f"\\{letter}" if letter in '"\\$' else letter for letter in value)

    text = "".join(f'export {name}="{escaped(value)}"\n' for name, value in variables.items())
    assert dotenv.parse(text, {}.get) == variables


@given(st.text(max_size=60))
def test_any_text_is_variables_or_a_complaint(text: str) -> None:
    try:
        found = dotenv.parse(text, {}.get)
    except InvalidProject:
        return
    assert all(isinstance(value, str) for value in found.values())


scalars = st.one_of(words, st.integers(0, 99), st.booleans())
documents = st.recursive(scalars, lambda below: st.dictionaries(words, below, max_size=4), max_leaves=12)
mappings = st.dictionaries(words, documents, max_size=4)


@given(mappings)
def test_merging_with_nothing_and_with_itself(document: dict[str, object]) -> None:
    assert merge.merge(clone(document), {}) == document
    assert merge.merge({}, clone(document)) == document
    assert merge.merge(clone(document), clone(document)) == document


@given(st.dictionaries(names, words, max_size=5), st.dictionaries(names, words, max_size=5))
def test_environments_merge_by_name(first: dict[str, str], second: dict[str, str]) -> None:
    base = {"services": {"a": {"environment": first}}}
    over = {"services": {"a": {"environment": [f"{name}={value}" for name, value in second.items()]}}}
    merged = merge.drop_twins(merge.merge(clone(base), clone(over)))["services"]["a"]["environment"]
    found = merged if isinstance(merged, dict) else dict(item.partition("=")[::2] for item in merged)
    assert found == {**first, **second}


@given(st.lists(st.integers(1, 9), max_size=6), st.lists(st.integers(1, 9), max_size=6))
def test_ports_are_appended_and_kept_once(first: list[int], second: list[int]) -> None:
    documents = [{"services": {"a": {"ports": [f"{port}:{port}" for port in ports]}}} for ports in (first, second)]
    merged = merge.drop_twins(merge.merge(*documents))["services"]["a"]["ports"]
    assert merged == list(dict.fromkeys(f"{port}:{port}" for port in (*first, *second)))


def test_hashes_are_those_on_what_docker_compose_made(tmp_path: Path) -> None:
    """Read off the labels of a container, a network and a volume that `docker compose create` 2.40.3 made."""
    (tmp_path / "e").write_text('K=1\nQ="a b"\n')
    (tmp_path / "compose.yaml").write_text(
        "name: hh\n"
        "services:\n"
        "  a: {image: busybox, env_file: [e], environment: [HOME, NOPE, B=1], command: sleep 5, labels: {x: 'y'},"
        " deploy: {replicas: 1, resources: {limits: {memory: 64M}}}}\n"
        "  b: {image: busybox, depends_on: [a], volumes: ['dd:/d']}\n"
        "volumes: {dd: {labels: {a: b}}}\n"
        "networks: {default: {driver_opts: {com.docker.network.bridge.enable_icc: 'true'}}}\n"
    )
    project = load_project(Settings(), {"HOME": "/root"}, str(tmp_path))
    assert hash.service_hash(project.services["a"]) == "437f33d06e099e5154d3cd47e08b480b11b692ae755476270eeb9ab8523559c7"
    assert hash.network_hash(project.networks["default"]) == "bebf1e5411d6c2e1eca17470ff70d19a1ac11e3d6ab02b4687a50193f72a2d83"
    assert hash.volume_hash(project.volumes["dd"]) == "1aa5267903b172a62073b38f37172fbb0e25a4bec1c7e13ced5cc1afeaa25839"
