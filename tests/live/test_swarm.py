"""Nouns that an engine outside a swarm and without plugins has the answers of: statuses, streams, what is checked before."""

from __future__ import annotations

import pathlib

import pytest

from tests.conftest import Pydocker, proves

NOT_A_MANAGER = (
    "Error response from daemon: This node is not a swarm manager. "
    'Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.\n'
)


@pytest.mark.parametrize("noun", ["node", "service", "secret", "config"])
def test_each_object_has_its_line(pydocker: Pydocker, noun: str) -> None:
    shown = pydocker(noun, "inspect", "a", "b")
    assert (shown.status, shown.stdout, shown.stderr) == (1, "[]\n", NOT_A_MANAGER * 2)
    removed = pydocker(noun, "rm", "a", "b")
    assert (removed.status, removed.stdout, removed.stderr) == (1, "", NOT_A_MANAGER * 2)


@proves("plugin ls")
@proves("plugin ls --format")
@proves("plugin ls --quiet")
@proves("plugin ls --filter")
@proves("plugin ls --no-trunc")
def test_no_plugins(pydocker: Pydocker) -> None:
    assert pydocker("plugin", "ls", "--no-trunc").stdout == "ID        NAME      DESCRIPTION   ENABLED\n"
    assert pydocker("plugin", "ls", "-q", "--filter", "enabled=true").stdout == ""
    assert pydocker("plugin", "ls", "--format", "table {{.Name}}").stdout == "NAME\n"


@proves("plugin inspect")
@proves("plugin inspect --format")
@proves("plugin rm")
@proves("plugin rm --force")
@proves("plugin enable")
@proves("plugin enable --timeout")
@proves("plugin disable")
@proves("plugin disable --force")
@proves("plugin set")
@proves("plugin push")
@proves("plugin upgrade")
def test_a_plugin_that_is_none(pydocker: Pydocker) -> None:
    missing = 'Error response from daemon: plugin "x" not found\n'
    assert pydocker("plugin", "inspect", "--format", "{{.ID}}", "x").stderr == missing
    for words in (("rm", "-f", "x"), ("enable", "--timeout", "3", "x"), ("disable", "-f", "x"), ("set", "x", "a=b")):
        ended = pydocker("plugin", *words)
        assert (ended.status, ended.stdout, ended.stderr) == (1, "", missing)
    assert pydocker("plugin", "push", "x").stderr == missing.replace('"x"', '"x:latest"')
    assert pydocker("plugin", "upgrade", "x").stderr == f"error reading plugin data: {missing}"


@proves("trust inspect")
@proves("trust inspect --pretty")
def test_nothing_is_signed(pydocker: Pydocker) -> None:
    unsigned = "no signatures or cannot access busybox\n"
    shown = pydocker("trust", "inspect", "busybox")
    assert (shown.status, shown.stdout, shown.stderr) == (1, "[]\n", unsigned)
    assert pydocker("trust", "inspect", "--pretty", "busybox").stderr == unsigned


@proves("stack config")
@proves("stack config --compose-file")
@proves("stack config --skip-interpolation")
def test_the_file_of_a_stack(pydocker: Pydocker, tmp_path: pathlib.Path) -> None:
    (tmp_path / "1.yml").write_text("services: {a: {image: '${NO:-x}', command: a b}}\n")
    (tmp_path / "2.yml").write_text("services: {a: {ports: [80]}}\n")
    one, both = ("-c", str(tmp_path / "1.yml")), ("-c", f"{tmp_path / '1.yml'},{tmp_path / '2.yml'}")
    start = 'version: "3.13"\nservices:\n  a:\n    command:\n      - a\n      - b\n    image: '
    assert pydocker("stack", "config", *one).stdout == start + "x\n"
    assert pydocker("stack", "config", "--skip-interpolation", *one).stdout == start + "${NO:-x}\n"
    port = "    ports:\n      - mode: ingress\n        target: 80\n        protocol: tcp\n"
    assert pydocker("stack", "config", *both).stdout == start + "x\n" + port
