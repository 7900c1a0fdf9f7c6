"""Completion: what `__complete` answers from the live state, and the scripts in real shells on a terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Pydocker, Terminal, proves


def offered(pydocker: Pydocker, *words: str) -> tuple[list[str], str]:
    """The words that are offered, sorted and without descriptions, and the directive."""
    ended = pydocker("__completeNoDesc", *words, check=True)
    *found, directive = ended.stdout.splitlines()
    return sorted(found), directive


@pytest.fixture
def state(pydocker: Pydocker, image: str) -> Iterator[None]:
    for words in (
        ("run", "-d", "--name", "one-up", image, "sleep", "1000"),
        ("create", "--name", "two-new", image),
        ("volume", "create", "kept"),
        ("network", "create", "wire"),
        ("tag", image, "other/thing:v1"),
    ):
        pydocker(*words, check=True)
    yield
    pydocker("rm", "-f", "one-up", "two-new", check=True)
    pydocker("network", "rm", "wire", check=True)
    pydocker("volume", "rm", "kept", check=True)
    pydocker("rmi", "other/thing:v1", check=True)


@pytest.mark.usefixtures("state")
def test_names_from_the_live_state(pydocker: Pydocker, image: str) -> None:
    everything = ["one-up", "two-new"]
    for words, found in (
        (("start", ""), ["two-new"]),
        (("stop", ""), ["one-up"]),
        (("exec", "-it", ""), ["one-up"]),
        (("unpause", ""), []),
        (("logs", "-f", ""), everything),
        (("rm", ""), ["two-new"]),
        (("rm", "-f", ""), everything),
        (("container", "inspect", ""), everything),
        (("run", "--volumes-from", ""), everything),
        (("run", "--network=",), ["bridge", "host", "none", "wire"]),
        (("run", "--pid", "container:"), ["container:one-up", "container:two-new"]),
        (("network", "disconnect", "bridge", ""), everything),
        (("network", "connect", "wire", ""), everything),
        (("network", "connect", "bridge", ""), []),
        (("volume", "rm", ""), ["kept"]),
        (("network", "rm", ""), ["bridge", "host", "none", "wire"]),
        (("events", "--filter", "container="), ["container=one-up", "container=two-new"]),
        (("context", "use", ""), ["default"]),
        (("run", image, ""), []),
    ):  # fmt: skip
        assert offered(pydocker, *words) == (found, ":4"), words
    found, directive = offered(pydocker, "run", "--rm", "")
    assert directive == ":4" and {f"{image}:latest" if ":" not in image else image, "other/thing:v1"} <= set(found)
    assert offered(pydocker, "run", "--link", "") == (["one-up:", "two-new:"], ":2")
    assert len(offered(pydocker, "start", "")[0]) + 1 == len(
        pydocker("__complete", "start", "", env={"DOCKER_COMPLETION_SHOW_CONTAINER_IDS": "yes"}).stdout.splitlines()[:-1]
    )


@pytest.mark.usefixtures("state")
def test_completion_answers_at_once(pydocker: Pydocker) -> None:
    for words in (("",), ("run", "--"), ("start", ""), ("volume", "rm", "")):
        times = []
        for _ in range(5):
            start = time.monotonic()
            pydocker("__complete", *words, check=True)
            times.append(time.monotonic() - start)
        assert min(times) < 0.5, words  # 0.12 s on a machine of its own


def test_an_engine_elsewhere_offers_nothing(pydocker: Pydocker) -> None:
    ended = pydocker("__complete", "-H", "tcp://127.0.0.1:1", "start", "")
    assert (ended.status, ended.stdout, ended.stderr) == (0, ":1\n", "Completion ended with directive: ShellCompDirectiveError\n")


@proves("completion bash --no-descriptions", "completion zsh --no-descriptions", "completion fish --no-descriptions")
def test_completion_without_descriptions(pydocker: Pydocker) -> None:
    for shell in ("bash", "zsh", "fish", "powershell"):
        full = pydocker("completion", shell, check=True).stdout
        assert " __complete " in full
        assert pydocker("completion", shell, "--no-descriptions").stdout == full.replace(" __complete ", " __completeNoDesc ")
    assert pydocker("__completeNoDesc", "volume", "c").stdout == "create\n:4\n"
    assert pydocker("__complete", "volume", "c").stdout == "create\tCreate a volume\n:4\n"


class Shell(Terminal):
    """A shell on a terminal, with the completion script loaded; docker and pydocker are on its PATH."""

    def __init__(self, pydocker: Pydocker, shell: str, home: Path) -> None:
        program = shutil.which(shell)
        if program is None:
            pytest.skip(f"{shell} is not installed")
        programs = home / "bin"
        programs.mkdir()
        for name in ("docker", "pydocker"):
            (programs / name).symlink_to(pydocker.command)
        env = {**pydocker.env, "HOME": os.fspath(home), "TERM": "vt100", "PATH": f"{programs}:{pydocker.env['PATH']}", "PS1": "READY> "}
        argv = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"], "fish": ["--no-config", "-i"]}[shell]
        super().__init__([program, *argv], env, os.fspath(home))
        load = {
            "bash": "source <(pydocker completion bash)",
            "zsh": "autoload -U compinit; compinit -D; source <(pydocker completion zsh)",
            "fish": "pydocker completion fish | source",
        }[shell]
        self.send(f"{load}; echo LOAD''ED\r")
        self.expect("LOADED")

    def complete(self, typed: str, wanted: str) -> None:
        """Type something and the tab key, and wait for what completion makes of it; then throw the line away."""
        self.send(typed + "\t")
        self.expect(wanted)
        self.send("\x15echo NE''XT\r")
        self.expect("NEXT")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.usefixtures("state")
@proves("completion bash", "completion zsh", "completion fish")
def test_in_a_real_shell(pydocker: Pydocker, shell: str, tmp_path: Path) -> None:
    terminal = Shell(pydocker, shell, tmp_path)
    try:
        for program in ("docker", "pydocker"):
            terminal.complete(f"{program} rm -f two-n", "ew")
            terminal.complete(f"{program} volume rm ke", "pt")
            terminal.complete(f"{program} run --restart unless-st", "opped")
            terminal.complete(f"{program} network insp", "ect")
        terminal.complete("docker run --rm other/thi", "ng:v1")
        terminal.complete("docker run --restart=unless-st", "opped")
    finally:
        terminal.close()
        (pydocker.runtime_dir / "fish_universal_variables.notifier").unlink(missing_ok=True)


@proves("completion powershell", "completion powershell --no-descriptions")
def test_powershell_is_offered_too(pydocker: Pydocker) -> None:
    assert "Register-ArgumentCompleter -CommandName 'docker'" in pydocker("completion", "powershell", check=True).stdout


def test_the_bash_script_without_bash_completion(pydocker: Pydocker, tmp_path: Path) -> None:
    """The words as readline parts them, put together again."""
    (tmp_path / "pydocker").symlink_to(pydocker.command)
    script = (
        'source <(pydocker completion bash); COMP_WORDBREAKS=$\' \\t\\n"><=;|&(:\'; COMP_LINE="pydocker run --pid container:x"; '
        "COMP_POINT=${#COMP_LINE}; COMP_WORDS=(pydocker run --pid container : x); COMP_CWORD=5; "
        '_get_comp_words_by_ref -n =: cur prev words cword; echo "$cur|$prev|$cword"'
    )
    ended = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**pydocker.env, "PATH": f"{tmp_path}:{pydocker.env['PATH']}"},
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert (ended.stdout, ended.stderr) == ("container:x|--pid|3\n", "")
