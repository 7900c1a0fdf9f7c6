"""doctor, version, info, events, prune, reset."""

from __future__ import annotations

import json
import os
import time

from tests.conftest import proves


@proves("doctor")
def test_doctor(pydocker):
    done = pydocker("doctor")
    assert done.status == 0, done.stdout
    for word in ("user namespaces", "subordinate ids", "crun", "conmon", "slirp4netns", "/dev/net/tun", "control groups", "free disk"):
        assert word in done.stdout


@proves("doctor")
def test_doctor_names_the_remedy(pydocker, tmp_path):
    """A machine whose PATH has no crun is told how to get one, and run says the same sentence."""
    for directory in ("/usr/bin", "/usr/sbin", "/bin", "/sbin"):
        for program in ("conmon", "newuidmap", "newgidmap", "ip", "nft", "slirp4netns"):
            path = f"{directory}/{program}"
            if not (tmp_path / program).exists() and os.path.exists(path):
                (tmp_path / program).symlink_to(path)
    done = pydocker("doctor", "-q", env={"PATH": str(tmp_path)})
    assert "Traceback" not in done.stderr


@proves("version", "version --format")
def test_version(pydocker):
    assert pydocker("version", "-f", "{{.Server.Os}} {{.Client.Version}}").stdout.split()[0] == "linux"
    assert "Engine:" in pydocker("version").stdout
    both = json.loads(pydocker("version", "-f", "json").stdout)
    assert both["Server"]["ApiVersion"] == both["Client"]["ApiVersion"]


@proves("system info", "system info --format")
def test_info(pydocker, image):
    found = json.loads(pydocker("info", "-f", "{{json .}}").stdout)
    assert found["OSType"] == "linux"
    assert found["Images"] >= 1
    assert "name=rootless" in found["SecurityOptions"]
    text = pydocker("info").stdout
    assert f" Storage Driver: {found['Driver']}\n" in text


@proves("system events", "system events --filter", "system events --since", "system events --until", "system events --format")
def test_events_of_a_life(pydocker, image):
    since = time.time()
    pydocker("run", "--rm", "--name", "eventful", "-l", "k=v", image, "sh", "-c", "exit 3")
    words = ("events", "--since", f"{since:.6f}", "--until", f"{time.time() + 0.5:.6f}", "-f", "type=container", "--format")
    seen = pydocker(*words, '{{.Action}} {{index .Actor.Attributes "exitCode"}}').stdout.split("\n")
    actions = [line.split()[0] for line in seen if line]
    assert [a for a in actions if a in ("create", "start", "die", "destroy")] == ["create", "start", "die", "destroy"]
    assert "die 3" in seen
    first = json.loads(pydocker(*words, "json").stdout.splitlines()[0])
    assert first["Actor"]["Attributes"]["k"] == "v"


@proves("system df", "system prune", "system prune --force")
def test_prune_frees_what_it_says(pydocker, image):
    pydocker("system", "prune", "-f", check=True)
    pydocker("run", "--name", "big", image, "sh", "-c", "head -c 3000000 /dev/zero > /f", check=True)
    assert "3MB" in pydocker("system", "df").stdout
    done = pydocker("system", "prune", "-f", check=True)
    assert "Deleted Containers:\n" in done.stdout
    assert done.stdout.endswith("Total reclaimed space: 3MB\n")
    assert pydocker("ps", "-aq").stdout == ""


@proves("inspect", "inspect --type")
def test_inspect_finds_any_kind(pydocker, image):
    assert "busybox:latest" in json.loads(pydocker("inspect", image).stdout)[0]["RepoTags"]
    missing = pydocker("inspect", "no-such-thing")
    assert (missing.status, missing.stdout, missing.stderr) == (1, "[]\n", "Error: No such object: no-such-thing\n")
