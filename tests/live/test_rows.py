"""Flags whose effect no conformance case shows: each test fails when its flag is ignored."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.conftest import Pydocker, eventually, proves


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
    time.sleep(1.1)  # times count in whole seconds
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
    assert left and set(left) < set(ids)


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
    assert pydocker("network", "create", "--ipv6", "six", check=True).stderr == ""
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
    time.sleep(1.1)  # times count in whole seconds
    pydocker("system", "prune", "--force", "--filter", "until=0s", check=True)
    assert pydocker("ps", "-aq").stdout == ""


@proves("network prune --filter", "network ls --quiet", "network rm --force", "network disconnect --force", "network connect --ip6")
def test_networks_by_label(pydocker: Pydocker, image: str) -> None:
    for label in ("a=1", "a=2"):
        pydocker("network", "create", "--label", label, label.replace("=", ""), check=True)
    ids = pydocker("network", "ls", "--quiet", "--filter", "type=custom", check=True).stdout.splitlines()
    assert [len(each) for each in ids] == [12, 12]
    assert pydocker("network", "prune", "--force", "--filter", "label=a=1").stdout == "Deleted Networks:\na1\n\n"
    pydocker("run", "-d", "--name", "inside", image, "sleep", "60", check=True)
    refused = pydocker("network", "connect", "--ip6", "2001:db8::33", "a2", "inside")
    assert refused.status == 1 and "only when connecting to networks with user configured subnets" in refused.stderr
    gone = pydocker("network", "disconnect", "--force", "a2", "nosuch")
    assert (gone.status, gone.stderr) == (1, "Error response from daemon: endpoint nosuch not found\n")
    assert pydocker("network", "rm", "nosuch", "a2").stderr.startswith("Error response from daemon: network nosuch not found\n")
    quiet = pydocker("network", "rm", "--force", "nosuch")
    assert (quiet.status, quiet.stdout, quiet.stderr) == (0, "", "")
    assert pydocker("network", "ls", "-q", "--filter", "type=custom").stdout == ""


@proves("network create --attachable")
def test_attachable_is_shown(pydocker: Pydocker) -> None:
    pydocker("network", "create", "--attachable", "open", check=True)
    assert pydocker("network", "inspect", "--format", "{{.Attachable}}", "open").stdout == "true\n"
    pydocker("network", "rm", "open", check=True)


@proves("volume update", "volume update --availability")
def test_volumes_here_are_none_of_a_cluster(pydocker: Pydocker) -> None:
    pydocker("volume", "create", "plain", check=True)
    for words in ((), ("--availability", "drain")):
        refused = pydocker("volume", "update", *words, "plain")
        assert (refused.status, refused.stderr) == (1, "can only update cluster volumes\n")
    assert pydocker("volume", "update", "nosuch").stderr == "Error response from daemon: get nosuch: no such volume\n"
    pydocker("volume", "rm", "plain", check=True)


@proves("buildx build --ulimit", "buildx build --allow", "buildx build --network")
def test_limits_and_network_of_steps(pydocker: Pydocker, image: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nRUN echo files $(ulimit -n) links $(ls /sys/class/net)\n")
    build = ("build", "--no-cache", "--progress", "plain", str(tmp_path))
    assert "files 1234 links eth0 " in pydocker(*build, "--ulimit", "nofile=1234:2345", check=True).stderr
    assert "links lo\n" in pydocker(*build, "--network", "none", check=True).stderr
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nRUN --network=host true\n")
    refused = pydocker(*build)
    assert refused.status == 1 and "failed to load LLB: network.host is not allowed" in refused.stderr
    pydocker(*build, "--allow", "network.host", check=True)


@proves("buildx build --ssh")
def test_an_agent_is_lent_to_a_step(pydocker: Pydocker, image: str, tmp_path: Path) -> None:
    import socket

    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nRUN --mount=type=ssh,required test -S $SSH_AUTH_SOCK && echo lent\n")
    build = ("build", "--no-cache", "--progress", "plain", str(tmp_path))
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen()
        assert "lent\n" in pydocker(*build, "--ssh", f"default={tmp_path}/agent", check=True).stderr
    assert pydocker(*build).status == 1


@proves("buildx build --progress", "buildx build --target")
def test_progress_and_target(pydocker: Pydocker, image: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {image} AS one\nENV a=1\nFROM one AS two\nENV a=2\n")
    pydocker("build", "-t", "staged", "--target", "one", str(tmp_path), check=True)
    assert pydocker("run", "--rm", "staged", "sh", "-c", "echo $a").stdout == "1\n"
    assert pydocker("build", "--progress", "quiet", str(tmp_path), check=True).stderr == ""
    assert pydocker("build", "--progress", "nosuch", str(tmp_path)).stderr == "ERROR: failed to build: invalid progress mode nosuch\n"
    pydocker("rmi", "staged", check=True)


@proves("attach --no-stdin", "start --attach")
def test_attached_without_input(pydocker: Pydocker, image: str) -> None:
    pydocker("run", "-di", "--name", "reader", image, "sh", "-c", "read line; echo got $line", check=True)
    following = pydocker.start("attach", "--no-stdin", "reader")
    assert following.stdin is not None
    following.stdin.write(b"not for the container\n")
    following.stdin.flush()
    time.sleep(1)  # there is nothing to wait for: it must not arrive
    assert pydocker("attach", "reader", stdin="a line\n").stdout == "got a line\n"
    assert following.communicate(timeout=20)[0] == b"got a line\n"
    pydocker("create", "--name", "speaker", image, "echo", "spoken", check=True)
    assert pydocker("start", "--attach", "speaker").stdout == "spoken\n"
    assert pydocker("start", "speaker").stdout == "speaker\n"


@proves("load --quiet")
def test_load_on_a_terminal_can_be_quiet(pydocker: Pydocker, image: str, tmp_path: Path) -> None:
    pydocker("run", "--name", "source", image, "sh", "-c", "head -c 100000 /dev/urandom > /new", check=True)
    pydocker("commit", "source", "fresh", check=True)
    pydocker("save", "-o", tmp_path / "saved.tar", "fresh", check=True)
    shown = []
    for words in ((), ("--quiet",)):
        pydocker("rmi", "fresh", check=True)
        with pydocker.terminal("load", *words, "-i", str(tmp_path / "saved.tar")) as terminal:
            assert terminal.wait() == 0
            shown.append(terminal.output.decode())
    assert all("Loaded image: fresh:latest" in each for each in shown)
    assert "Loading layer" in shown[0] and "Loading layer" not in shown[1]


@proves("context create --description")
def test_a_context_says_what_it_is_for(pydocker: Pydocker) -> None:
    pydocker("context", "create", "told", "--description", "for tests", "--docker", "host=tcp://127.0.0.1:9", check=True)
    assert pydocker("context", "inspect", "--format", "{{.Metadata.Metadata.Description}}", "told").stdout == "for tests\n"
    pydocker("context", "rm", "told", check=True)


@proves("completion zsh", "completion fish")
def test_completion_scripts_ask_the_program(pydocker: Pydocker) -> None:
    assert pydocker("completion", "zsh", check=True).stdout.startswith("#compdef docker")
    for shell in ("zsh", "fish"):
        assert "__complete" in pydocker("completion", shell, check=True).stdout


@proves("build --pull")
def test_pull_asks_the_registry_again(pydocker: Pydocker, image: str, registry: str, tmp_path: Path) -> None:
    base = f"{registry}/base"
    pydocker("tag", image, base, check=True)
    pydocker("push", base, check=True)
    (tmp_path / "Dockerfile").write_text(f"FROM {base}\nENV newer=1\n")
    pydocker("build", "-q", "-t", base, str(tmp_path), check=True)
    pydocker("push", base, check=True)
    pydocker("tag", image, base, check=True)  # what is here is not what the registry has
    (tmp_path / "Dockerfile").write_text(f"FROM {base}\n")
    environment = ("--format", "{{json .Config.Env}}", "made")
    pydocker("build", "-q", "-t", "made", str(tmp_path), check=True)
    assert "newer=1" not in pydocker("image", "inspect", *environment).stdout
    pydocker("build", "-q", "--pull", "-t", "made", str(tmp_path), check=True)
    assert "newer=1" in pydocker("image", "inspect", *environment).stdout
    pydocker("rmi", "-f", "made", base, check=True)


@proves("container ls --latest")
def test_the_latest_container_whatever_its_state(pydocker: Pydocker, image: str) -> None:
    pydocker("run", "-d", "--name", "earlier", image, "sleep", "60", check=True)
    pydocker("create", "--name", "later", image, check=True)
    assert pydocker("ps", "--latest", "--format", "{{.Names}}").stdout == "later\n"
    assert pydocker("ps", "--format", "{{.Names}}").stdout == "earlier\n"
    pydocker("rm", "-f", "earlier", "later", check=True)


@proves("run --health-retries")
def test_one_failure_may_be_enough(pydocker: Pydocker, image: str) -> None:
    probe = ("--health-cmd", "false", "--health-interval", "1s", "--health-retries", "1")
    pydocker("run", "-d", "--name", "frail", *probe, image, "sleep", "60", check=True)
    shown = ("inspect", "-f", "{{.State.Health.FailingStreak}} {{.State.Health.Status}} {{.Config.Healthcheck.Retries}}", "frail")
    eventually(lambda: not pydocker(*shown).stdout.startswith("0"), what="a failure")
    assert pydocker(*shown).stdout == "1 unhealthy 1\n"
    pydocker("rm", "-f", "frail", check=True)


@proves("commit --no-pause", "commit --pause")
def test_a_commit_may_leave_the_container_running(pydocker: Pydocker, image: str) -> None:
    pydocker("run", "-d", "--name", "busy", image, "sleep", "60", check=True)
    for words, expected in ((("--no-pause",), ["commit"]), (("--pause=false",), ["commit"]), ((), ["pause", "commit", "unpause"])):
        since = f"{time.time():.6f}"
        pydocker("commit", *words, "busy", "committed", check=True)
        seen = ("events", "--since", since, "--until", f"{time.time():.6f}", "--filter", "type=container", "--format", "{{.Action}}")
        assert pydocker(*seen).stdout.split() == expected
    pydocker("rm", "-f", "busy", check=True)
    pydocker("rmi", "-f", "committed", check=True)


@pytest.mark.parametrize(
    ("flag", "value", "member", "number"),
    [("--memory", "64m", "Memory", 64 << 20), ("--cpus", "0.5", "NanoCpus", 500_000_000), ("--pids-limit", "99", "PidsLimit", 99)],
)
@proves("run --memory", "run --cpus", "run --pids-limit", "create --memory", "create --cpus", "create --pids-limit")
def test_a_limit_is_kept_or_its_loss_is_said(pydocker: Pydocker, image: str, flag: str, value: str, member: str, number: int) -> None:
    """tests/live/test_limits.py shows the effect where control groups are delegated; elsewhere docker's warning is what remains."""
    for verb in ("run", "create"):
        done = pydocker(verb, flag, value, "--name", f"limited-{verb}", image, "true")
        kept = pydocker("inspect", "-f", f"{{{{.HostConfig.{member}}}}}", f"limited-{verb}").stdout.strip()
        assert kept == str(number) or (done.stderr and "discarded" in done.stderr) or "not supported" in done.stderr, done
        pydocker("rm", f"limited-{verb}")


@proves("run --detach-keys", "attach --detach-keys", "start --detach-keys", "exec --detach-keys")
def test_detach_keys_of_ones_own(pydocker: Pydocker, image: str) -> None:
    keys = ("--detach-keys", "ctrl-a,x")
    pydocker("create", "-it", "--name", "held", image, check=True)
    for words in (("start", *keys, "-ai", "held"), ("attach", *keys, "held"), ("exec", *keys, "-it", "held", "sh")):
        with pydocker.terminal(*words) as terminal:
            terminal.send("echo here-$((1+1))\n")
            terminal.expect("here-2")
            terminal.send("\x01x")
            assert terminal.wait() in (0, 1)
        assert pydocker("inspect", "-f", "{{.State.Running}}", "held").stdout == "true\n"
    pydocker("rm", "-f", "held", check=True)
    with pydocker.terminal("run", "-it", *keys, "--name", "held", image) as terminal:
        terminal.send("echo here-$((1+1))\n")
        terminal.expect("here-2")
        terminal.send("\x01x")
        assert terminal.wait() == 0
    assert pydocker("inspect", "-f", "{{.State.Running}}", "held").stdout == "true\n"
    pydocker("rm", "-f", "held", check=True)


@proves("container inspect")
def test_inspect_of_containers_alone(pydocker: Pydocker, image: str) -> None:
    pydocker("create", "--name", "shown", image, check=True)
    assert pydocker("container", "inspect", "--format", "{{.Name}}", "shown").stdout == "/shown\n"
    other = pydocker("container", "inspect", image)
    assert (other.status, other.stdout, other.stderr) == (1, "[]\n", f"Error response from daemon: No such container: {image}\n")
    pydocker("rm", "shown", check=True)


@proves("unpause", "restart --signal", "exec --env-file", "logs --since", "logs --until")
def test_a_running_container_is_told(pydocker: Pydocker, image: str, tmp_path: Path) -> None:
    (tmp_path / "variables").write_text("TOLD=by file\n")
    script = 'trap "echo got USR1; exit" USR1; echo first; while :; do sleep 0.1; done'
    pydocker("run", "-d", "--name", "told", image, "sh", "-c", script, check=True)
    assert pydocker("exec", "--env-file", tmp_path / "variables", "told", "sh", "-c", "echo $TOLD").stdout == "by file\n"
    pydocker("pause", "told", check=True)
    pydocker("unpause", "told", check=True)
    assert pydocker("inspect", "-f", "{{.State.Status}}", "told").stdout == "running\n"
    eventually(lambda: pydocker("logs", "told").stdout == "first\n")
    now = f"{time.time():.9f}"
    pydocker("restart", "--signal", "USR1", "told", check=True)
    eventually(lambda: pydocker("logs", "told").stdout == "first\ngot USR1\nfirst\n")
    assert pydocker("logs", "--since", now, "told").stdout == "got USR1\nfirst\n"
    assert pydocker("logs", "--until", now, "told").stdout == "first\n"
    pydocker("rm", "-f", "told", check=True)
