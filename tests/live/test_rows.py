"""Flags whose effect no conformance case shows: each test fails when its flag is ignored."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.conftest import Pydocker, proves


@pytest.mark.parametrize("verb", ["run", "create"])
@proves("run --storage-opt", "create --storage-opt")
def test_storage_options_are_refused_as_by_docker_on_ext4(pydocker: Pydocker, image: str, verb: str) -> None:
    done = pydocker(verb, "--storage-opt", "size=1g", image, "true")
    assert done.status == (125 if verb == "run" else 1) and done.stdout == ""
    assert "--storage-opt is supported only for overlay over xfs with 'pquota' mount option" in done.stderr


@pytest.mark.parametrize("flag", ["--cpu-rt-period", "--cpu-rt-runtime"])
@proves(
    "run --cpu-rt-period", "create --cpu-rt-period", "update --cpu-rt-period",
    "run --cpu-rt-runtime", "create --cpu-rt-runtime", "update --cpu-rt-runtime",
)  # fmt: skip
def test_real_time_limits_are_refused_as_by_docker_without_the_scheduler(pydocker: Pydocker, image: str, flag: str) -> None:
    """Control groups of version 2 have none of these, and those of version 1 belong to root."""
    message = "Error response from daemon: kernel does not support CPU real-time scheduler\n"
    for verb in ("run", "create"):
        assert message in pydocker(verb, flag, "1000", image, "true").stderr
    pydocker("create", "--name", "timely", image, check=True)
    assert pydocker("update", flag, "1000", "timely").stderr == message


@proves("create --help", "run --help")
def test_help_wins_over_all_else(pydocker: Pydocker, image: str) -> None:
    for verb in ("create", "run"):
        done = pydocker(verb, "--name", "helped", "--help", image, "true")
        assert (done.status, done.stderr) == (0, "") and done.stdout.startswith(f"Usage:  docker {verb} [OPTIONS] IMAGE")
    assert pydocker("ps", "-aq").stdout == ""


@proves("pull --disable-content-trust", "push --disable-content-trust", "run --disable-content-trust", "create --disable-content-trust")
def test_content_trust_asks_its_server(pydocker: Pydocker, image: str, registry: str) -> None:
    name = f"{registry}/signed"
    pydocker("tag", image, name, check=True)
    pydocker("push", name, check=True)
    for words in (("pull", name), ("push", name), ("run", "--rm", name, "true"), ("create", name)):
        refused = pydocker(words[0], "--disable-content-trust=false", *words[1:])
        assert refused.status and "Error: error contacting notary server: " in refused.stderr, words
        trusting = pydocker(words[0], "--disable-content-trust", *words[1:], env={"DOCKER_CONTENT_TRUST": "1"})
        assert trusting.status == 0, trusting
    pydocker("rmi", name, check=True)


def _cached(pydocker: Pydocker) -> list[str]:
    """Ids of the cache's entries, the latest used first."""
    lines = pydocker("buildx", "du", "--verbose", check=True).stdout.splitlines()
    return [line.split()[1] for line in lines if line.startswith("ID:")]


@pytest.fixture
def built(pydocker: Pydocker, image: str, tmp_path: Path) -> str:
    """The name of an image of two layers of a megabyte each, with the build cache of nothing else."""
    pydocker("builder", "prune", "--all", "--force", check=True)
    lines = [f"FROM {image}", *(f"RUN head -c 1000000 /dev/urandom > /file{number}" for number in (1, 2))]
    (tmp_path / "Dockerfile").write_text("\n".join(lines) + "\n")
    pydocker("build", "-q", "-t", "cached", str(tmp_path), check=True)
    return "cached"


@proves("buildx du", "buildx du --filter")
def test_disk_usage_of_one_entry(pydocker: Pydocker, built: str) -> None:
    ids = _cached(pydocker)
    shown = pydocker("buildx", "du", "--filter", f"id={ids[0]}", "--verbose", check=True).stdout
    assert [line.split()[1] for line in shown.splitlines() if line.startswith("ID:")] == [ids[0]] and len(ids) > 1


@pytest.mark.parametrize("prune", [("builder", "prune"), ("buildx", "prune")])
@proves("builder prune", "builder prune --filter", "builder prune --all", "buildx prune", "buildx prune --filter", "buildx prune --all")
def test_prune_by_filter(pydocker: Pydocker, built: str, prune: tuple[str, str]) -> None:
    ids = _cached(pydocker)
    pydocker(*prune, "--force", check=True)  # an image holds these layers
    assert _cached(pydocker) == ids
    pydocker(*prune, "--all", "--force", "--filter", "until=24h", check=True)
    assert _cached(pydocker) == ids
    pydocker(*prune, "--all", "--force", "--filter", f"id={ids[0]}", check=True)
    assert _cached(pydocker) == ids[1:]
    pydocker(*prune, "--all", "--force", "--filter", "until=0s", check=True)
    assert _cached(pydocker) == []


@pytest.mark.parametrize("prune", [("builder", "prune", "--keep-storage"), ("buildx", "prune", "--max-used-space")])
@proves("builder prune --keep-storage", "buildx prune --max-used-space")
def test_prune_down_to_a_size(pydocker: Pydocker, built: str, prune: tuple[str, str, str]) -> None:
    ids = _cached(pydocker)
    pydocker(*prune, "1gb", "--all", "--force", check=True)
    assert _cached(pydocker) == ids
    pydocker(*prune, "1200000", "--all", "--force", check=True)
    left = _cached(pydocker)
    assert left and left == ids[: len(left)] and len(left) < len(ids)


@proves("buildx prune --min-free-space")
def test_prune_until_the_disk_has_room(pydocker: Pydocker, built: str) -> None:
    ids = _cached(pydocker)
    pydocker("buildx", "prune", "--all", "--force", "--min-free-space", "1b", check=True)
    assert _cached(pydocker) == ids
    pydocker("buildx", "prune", "--all", "--force", "--min-free-space", "1000000gb", check=True)
    assert _cached(pydocker) == []


@pytest.mark.parametrize("prune", [("builder", "prune"), ("buildx", "prune")])
@proves("builder prune --force", "buildx prune --force")
def test_prune_asks(pydocker: Pydocker, built: str, prune: tuple[str, str]) -> None:
    ids = _cached(pydocker)
    asked = "WARNING! This will remove all build cache. Are you sure you want to continue? [y/N] "
    done = pydocker(*prune, "--all", stdin="n\n")
    assert (done.status, done.stdout, done.stderr) == (0, asked, "")
    assert _cached(pydocker) == ids
    done = pydocker(*prune, "--all", "--force", stdin="n\n")
    assert done.status == 0 and asked not in done.stdout
    assert _cached(pydocker) == []


@proves("network create --ingress", "network create --ipv4", "network create --ipv6")
def test_networks_that_there_are_none_of(pydocker: Pydocker) -> None:
    done = pydocker("network", "create", "--ingress", "meshed")
    assert (done.status, done.stderr) == (1, "Error response from daemon: Ingress network can only be global scope network\n")
    done = pydocker("network", "create", "--ipv4=false", "bare")
    assert (done.status, done.stderr) == (1, "Error response from daemon: IPv4 or IPv6 must be enabled\n")
    done = pydocker("network", "create", "--ipv6", "six", check=True)
    assert done.stderr == "WARNING: IPv6 is not available to containers here; the network has IPv4 addresses only\n"
    pydocker("network", "rm", "six", check=True)
    assert pydocker("network", "ls", "-q", "--filter", "type=custom").stdout == ""


@proves("network connect --link")
def test_a_link_on_a_network_is_a_name_for_one_container(pydocker: Pydocker, image: str) -> None:
    pydocker("network", "create", "linked", check=True)
    for name in ("one", "two", "three"):
        pydocker("run", "-d", "--name", name, image, "sleep", "60", check=True)
        if name != "three":
            pydocker("network", "connect", "linked", name, check=True)
    pydocker("network", "connect", "--link", "one:db", "linked", "three", check=True)
    address = pydocker("inspect", "-f", "{{.NetworkSettings.Networks.linked.IPAddress}}", "one").stdout.strip()
    assert f"PING db ({address})" in pydocker("exec", "three", "ping", "-c", "1", "-W", "2", "db").stdout
    assert "bad address" in pydocker("exec", "two", "ping", "-c", "1", "-W", "2", "db").stderr
    assert pydocker("inspect", "-f", "{{.NetworkSettings.Networks.linked.Links}}", "three").stdout == "[one:db]\n"
    pydocker("rm", "-f", "one", "two", "three", check=True)
    pydocker("network", "rm", "linked", check=True)


@proves("docker --tls", "docker --tlsverify", "docker --tlscacert", "docker --tlscert", "docker --tlskey")
def test_files_of_tls_must_be_there(pydocker: Pydocker, tmp_path: Path) -> None:
    lacking = "Failed to initialize: unable to resolve docker endpoint: open {}: no such file or directory\n"
    config_dir = Path(pydocker.env["DOCKER_CONFIG"])
    for flag in ("--tls", "--tlsverify"):
        assert pydocker(flag, "volume", "ls").stderr == lacking.format(config_dir / "ca.pem")
    (tmp_path / "ca.pem").write_text("")
    given = ("--tls", "--tlscacert", tmp_path / "ca.pem")
    pydocker(*given, "volume", "ls", check=True)
    for flag in ("--tlscert", "--tlskey"):
        assert pydocker(*given, flag, tmp_path / "no.pem", "volume", "ls").stderr == lacking.format(tmp_path / "no.pem")


@proves("docker --debug")
def test_debug_mode_is_said(pydocker: Pydocker) -> None:
    assert pydocker("--debug", "info", "--format", "{{.ClientInfo.Debug}}").stdout == "true\n"
    assert pydocker("info", "--format", "{{.ClientInfo.Debug}}").stdout == "false\n"


@proves("system reset", "system reset --force")
def test_reset_asks_and_removes_everything(pydocker: Pydocker, image: str, tmp_path: Path) -> None:
    own = {"PYDOCKER_ROOT": str(tmp_path / "root"), "XDG_RUNTIME_DIR": str(tmp_path)}
    pydocker("volume", "create", "doomed", env=own, check=True)
    pydocker("system", "reset", env=own, stdin="n\n")
    assert pydocker("volume", "ls", "-q", env=own).stdout == "doomed\n"
    pydocker("system", "reset", "--force", env=own, check=True)
    assert pydocker("volume", "ls", "-q", env=own).stdout == ""
    pydocker("system", "reset", "--force", env=own, check=True)


@proves("doctor --quiet")
def test_doctor_can_be_quiet(pydocker: Pydocker) -> None:
    loud, quiet = pydocker("doctor").stdout.splitlines(), pydocker("doctor", "--quiet").stdout.splitlines()
    assert len(quiet) < len(loud) and not [line for line in quiet if "subordinate ids" in line]


@proves("system prune --filter")
def test_system_prune_by_age(pydocker: Pydocker, image: str) -> None:
    pydocker("create", "--name", "young", image, check=True)
    pydocker("system", "prune", "--force", "--filter", "until=1h", check=True)
    assert pydocker("ps", "-a", "--format", "{{.Names}}").stdout == "young\n"
    time.sleep(0.01)
    pydocker("system", "prune", "--force", "--filter", "until=0s", check=True)
    assert pydocker("ps", "-aq").stdout == ""
