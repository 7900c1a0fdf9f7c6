"""What a person meets before any container: help, versions, completion in a real shell, contexts, streams that fail."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import Pydocker, proves


def test_names_in_any_locale(pydocker: Pydocker) -> None:
    for locale in ("C", "C.UTF-8", "POSIX"):
        assert pydocker("nosüch", env={"LC_ALL": locale}).stderr.startswith("docker: unknown command: docker nosüch\n")


@proves("docker --version")
def test_version_for_scripts(pydocker: Pydocker) -> None:
    for flag in ("--version", "-v"):
        shown = pydocker(flag).stdout
        assert shown.startswith("Docker version 28.") and ", build " in shown


def test_a_reader_that_goes_away(pydocker: Pydocker) -> None:
    ended = subprocess.run(
        ["bash", "-c", '"$0" run --help | head -1; echo "${PIPESTATUS[0]}"', pydocker.command],
        env=pydocker.env, capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    first, status = ended.stdout.splitlines()
    assert first.startswith("Usage:  docker run ") and status in ("0", "141") and ended.stderr == ""


def test_closed_standard_streams(pydocker: Pydocker) -> None:
    for redirection in (">&-", "2>&-", "<&-", ">&- 2>&- <&-"):
        ended = subprocess.run(
            ["bash", "-c", f'"$0" ps --help {redirection}', pydocker.command], env=pydocker.env, capture_output=True, text=True, timeout=30
        )
        assert (ended.returncode, ended.stderr) == (0, ""), redirection


def test_help_in_colour_has_the_same_words(pydocker: Pydocker) -> None:
    import re

    plain = pydocker("cp", "--help").stdout
    with pydocker.terminal("cp", "--help") as terminal:
        assert terminal.wait() == 0
        shown = terminal.output.decode()
    assert "\x1b[" in shown
    assert re.sub(r"\x1b\[[0-9;]*m", "", shown).replace("\r\n", "\n").split() == plain.split()
    with pydocker.terminal("cp", "--help", env={"NO_COLOR": "1"}) as terminal:
        assert terminal.wait() == 0
        assert "\x1b[" not in terminal.output.decode()


@proves("docker --context", "docker --config")
def test_global_flags_choose_context_and_configuration(pydocker: Pydocker, tmp_path: Path) -> None:
    pydocker("--config", tmp_path, "context", "create", "far", "--docker", "host=tcp://127.0.0.1:9", check=True)
    assert pydocker("context", "ls", "-q").stdout == "default\n"
    assert pydocker("--config", tmp_path, "--context", "far", "context", "show").stdout == "far\n"
    refused = pydocker("--config", tmp_path, "--context", "far", "rm", "-f", "anything")
    assert refused.status == 1 and "Cannot connect to the Docker daemon at tcp://127.0.0.1:9" in refused.stderr


@proves(
    "context create", "context create --description", "context create --docker", "context create --from", "context use", "context show",
    "context ls", "context ls --format", "context ls --quiet", "context inspect", "context inspect --format", "context update",
    "context update --description", "context update --docker", "context rm", "context rm --force", "context export", "context import",
)  # fmt: skip
def test_contexts(pydocker: Pydocker, tmp_path: Path) -> None:
    def inspect(name: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(pydocker("context", "inspect", name, check=True).stdout)[0]
        return document

    pydocker("context", "create", "near", "--description", "d", "--docker", "host=unix:///run/x.sock", check=True)
    pydocker("context", "create", "copy", "--from", "near", check=True)
    assert inspect("copy")["Endpoints"] == {"docker": {"Host": "unix:///run/x.sock", "SkipTLSVerify": False}}
    pydocker("context", "update", "copy", "--description", "e", "--docker", "host=unix:///run/y.sock", check=True)
    assert pydocker("context", "inspect", "-f", "{{.Endpoints.docker.Host}}", "copy").stdout == "unix:///run/y.sock\n"
    assert pydocker("context", "use", "near").stdout == "near\n"
    assert pydocker("context", "show").stdout == "near\n"
    assert "Cannot connect to the Docker daemon at unix:///run/x.sock" in pydocker("ps", "-q").stderr
    assert pydocker("context", "ls", "--format", "{{.Name}} {{.Current}}").stdout == "copy false\ndefault false\nnear true\n"
    assert pydocker("context", "export", "copy", cwd=tmp_path).status == 0
    assert pydocker("context", "import", "again", tmp_path / "copy.dockercontext").stdout == "again\n"
    assert inspect("again")["Metadata"] == {"Description": "e"}
    assert pydocker("context", "rm", "again", "near").stdout == "again\n"
    assert pydocker("context", "rm", "-f", "near", "copy").stdout == "near\ncopy\n"
    assert pydocker("context", "ls", "-q").stdout == "default\n"


@proves("buildx ls", "buildx ls --format", "buildx inspect", "buildx use", "buildx stop", "buildx version")
def test_the_one_builder(pydocker: Pydocker) -> None:
    assert pydocker("buildx", "ls").stdout.splitlines()[1].startswith("default*")
    assert pydocker("buildx", "ls", "--format", "{{.Name}} {{.Status}}").stdout == "default \ndefault running\n"
    shown = pydocker("buildx", "inspect", "--bootstrap").stdout
    assert [line.split() for line in shown.splitlines()[:2]] == [["Name:", "default"], ["Driver:", "docker"]]
    assert "\n\nNodes:\nName:             default\n" in shown
    for command in ("use", "stop", "inspect"):
        assert pydocker("buildx", command, "default").status == 0
        missing = pydocker("buildx", command, "other")
        assert missing.status == 1
        assert missing.stderr.startswith(
            'ERROR: failed to find instance "other"' if command == "use" else 'ERROR: no builder "other" found\n'
        )
    assert pydocker("buildx", "version").stdout
