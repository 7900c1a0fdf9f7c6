"""Help and refusals of the command line are docker's own, compared with its client where one is installed."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import shutil
import subprocess

import pytest

from dockercompat.cli import help as pages
from dockercompat.cli import main, surface
from dockercompat.cli.surface.rows import Command, Noun

ROWS: list[tuple[surface.Rows, Noun | Command]] = [(rows, row) for rows in surface.all_rows() for row in (*rows.nouns, *rows.commands)]
OURS = (
    "buildx",
    "compose",
    "completion",
    "doctor",
    "system reset",
    "system service",
    "volume clone",
    "volume export",
    "volume import",
    "volume rename",
)  # plugins, and what is pydocker's own


@functools.cache
def docker() -> str:
    """Docker's client, version 28.2, which needs no engine to print help."""
    for directory in os.environ.get("PATH", "").split(":"):
        program = shutil.which("docker", path=directory)
        if program:
            said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20)
            if said.stdout.startswith("Docker version 28.2.") and "pydocker" not in said.stdout:
                return program
    pytest.skip("docker's client 28.2 is not installed")


def ask(words: list[str], home: str) -> subprocess.CompletedProcess[str]:
    environ = {"HOME": home, "PATH": os.environ["PATH"], "DOCKER_BUILDKIT": "0"}
    return subprocess.run([docker(), *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environ, timeout=20)


def answer(words: list[str], home: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main.run(words, {"HOME": home, "PYDOCKER_ROOT": f"{home}/root"})
    return status, out.getvalue(), err.getvalue()


def test_every_page_is_the_clients(tmp_path: os.PathLike[str]) -> None:
    home = os.fspath(tmp_path)
    shown = pages.page(80, f"{home}/.docker", everything=True).replace("  buildx*     Docker Buildx\n", "")
    assert shown == ask(["--help"], home).stdout
    different = []
    for rows, row in ROWS:
        if row.name.startswith(OURS):
            continue
        if isinstance(row, Noun):
            calls = [(row.name, pages.noun(row, rows, 80, everything=True))]
        else:
            tops = [name for name in row.aliases if " " not in name]
            calls = [(name, pages.command(row, name, 80, everything=True)) for name in (row.name, *tops)]
        different += [name for name, page in calls if page != ask([*name.split(), "--help"], home).stdout]
    assert different == []


@pytest.mark.parametrize(
    "line",
    [
        "nosuch", "container nosuch", "volume nosuch", "volume ls --nosuch", "volume --nosuch ls", "container -- ls", "ps extra",
        "run", "run -Z x", "exec -e", "images a b", "ps -a=maybe", "top", "commit", "cp a", "--nosuch ps", "-H", "-l bogus ps",
        "help nosuch", "help volume l", "help --foo", "trust key x", "stack x", "manifest x", "run --help --foo",
        "images --nosuch --help", "network connect n", "port", "run --sysctl a y", "run --dns-search ... y",
        "run --device-cgroup-rule x y", "update --cpus 1.1111111111 x", "container", "network", "--context nope ps", "--config",
        "container ls -- x", "run --label = y",
    ],
)  # fmt: skip
def test_every_refusal_is_the_clients(line: str, tmp_path: os.PathLike[str]) -> None:
    home = os.fspath(tmp_path)
    expected = ask(line.split(), home)
    misprint = expected.stderr.replace("\nSRun '", "\nRun '")  # of the 28.x client, gone in 29
    assert answer(line.split(), home) == (expected.returncode, expected.stdout, misprint)


def test_an_engine_outside_a_swarm_hides_what_it_lacks(tmp_path: os.PathLike[str]) -> None:
    _, page, _ = answer(["--help"], os.fspath(tmp_path))
    assert "  swarm " in page and "  node " not in page and "  checkpoint " not in page
    _, page, _ = answer(["volume", "--help"], os.fspath(tmp_path))
    assert "  rm " in page and "  update " not in page
    _, page, _ = answer(["run", "--help"], os.fspath(tmp_path))
    assert "--cpu-shares" in page and "--cpu-count" not in page


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "node ls",
            'Error response from daemon: This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" '
            "to connect this node to swarm and try again.\n",
        ),
        ("swarm leave", "Error response from daemon: This node is not part of a swarm\n"),
        ("checkpoint ls c", "docker checkpoint ls is only supported on a Docker daemon with experimental features enabled\n"),
        (
            "create --cpu-count 1 x",
            '"--cpu-count" is only supported on a Docker daemon running on windows, but the Docker daemon is running on linux\n',
        ),
        ("-H tcp://127.0.0.1:1 ps", "Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?\n"),
        ("-H nosuch://x ps", "Failed to initialize: unable to resolve docker endpoint: invalid bind address format: nosuch://x\n"),
    ],
)
def test_refused(line: str, message: str, tmp_path: os.PathLike[str]) -> None:
    status, out, err = answer(line.split(), os.fspath(tmp_path))
    assert status != 0 and out == "" and err == message


def test_wrapping_as_pflag_does() -> None:
    rows = surface.rows_of("exec")
    assert rows is not None
    command = rows.command("exec")
    assert command is not None
    assert pages.command(command, "exec", 80).splitlines()[8:13] == [
        "  -d, --detach               Detached mode: run command in the background",
        "      --detach-keys string   Override the key sequence for detaching a",
        "                             container",
        "  -e, --env list             Set environment variables",
        "      --env-file list        Read in a file of environment variables",
    ]
