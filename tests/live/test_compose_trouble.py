"""Compose in trouble: services that fail, commands that are killed or come at once, directories with odd names, a full disk."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.conftest import eventually, proves
from tests.live.test_compose import project as project

SLEEPER = "image: busybox, command: sleep 600, init: true"


@proves("compose up", "compose run", "compose ps")
@pytest.mark.parametrize("flags", [["-d"], ["--wait"], []], ids=" ".join)
def test_a_program_that_is_not_there(project, flags):
    project.write(f"""
        services:
          good: {{{SLEEPER}}}
          bad: {{image: busybox, command: no-such-program}}
          after: {{{SLEEPER}, depends_on: [bad]}}
    """)
    failed = project("up", *flags)
    assert failed.status == 1  # and not what `run` ends with
    assert failed.stderr.splitlines()[-1].endswith('exec: "no-such-program": executable file not found in $PATH')
    states = project("ps", "-a", "--format", "{{.Service}} {{.State}} {{.ExitCode}}").stdout.splitlines()
    assert "after created 0" in states and "bad created 0" in states
    assert project("run", "-d", "bad").status == 1
    assert project("up", "-d", "good").status == 0


@proves("compose up --wait", "compose ps")
def test_what_is_said_of_services_that_are_waited_for(project):
    project.write(f"""
        services:
          sick: {{{SLEEPER}, healthcheck: {{test: exit 1, interval: 100ms, retries: 2}}}}
          after: {{{SLEEPER}, depends_on: {{sick: {{condition: service_healthy}}}}}}
          fails: {{image: busybox, command: sh -c 'exit 3', healthcheck: {{test: exit 0}}}}
          later: {{{SLEEPER}, depends_on: {{fails: {{condition: service_completed_successfully}}}}}}
    """)
    failed = project("up", "--wait", "after")
    assert (failed.status, failed.stderr.splitlines()[-1]) == (1, "dependency failed to start: container pro-sick-1 is unhealthy")
    assert " Container pro-sick-1  Error\n" in failed.stderr
    failed = project("up", "-d", "later")
    assert (failed.status, failed.stderr.splitlines()[-1]) == (1, 'service "fails" didn\'t complete successfully: exit 3')
    assert ' Container pro-fails-1  service "fails" didn\'t complete successfully: exit 3\n' in failed.stderr
    rows = project("ps", "-a", "--format", "{{.Service}} {{.State}} {{.ExitCode}} {{.Health}}").stdout.splitlines()
    assert "fails exited 3 " in rows and "sick running 0 unhealthy" in rows  # no health of what is over


@proves("compose up", "compose down --volumes")
@pytest.mark.parametrize("repair", ["up", "down"])
def test_a_killed_up_is_put_right(project, repair):
    """Killed when the first of its containers is there; alone, or with all that it began."""
    project.write(f"""
        services:
          a: {{{SLEEPER}, volumes: ["data:/data"], healthcheck: {{test: "true", interval: 1s, start_interval: 100ms, start_period: 10s}}}}
          b: {{{SLEEPER}, depends_on: {{a: {{condition: service_healthy}}}}, networks: [n]}}
          c: {{{SLEEPER}, depends_on: [b], scale: 2}}
        networks: {{n: }}
        volumes: {{data: }}
    """)
    killed = project.pydocker.start("compose", "up", "-d", cwd=project.directory, stdin=subprocess.DEVNULL, start_new_session=True)
    eventually(project.states, what="the first container")
    if repair == "up":
        killed.kill()
    else:
        os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    if repair == "up":
        project("up", "-d", "--wait", check=True)
        assert project.states() == dict.fromkeys(("pro-a-1", "pro-b-1", "pro-c-1", "pro-c-2"), "running")
    eventually(lambda: project("down", "-v", "-t", "0").status == 0 and not project.states(), what="it is down")
    assert project.pydocker("volume", "ls", "-q", "--filter", "label=com.docker.compose.project=pro").stdout == ""


@proves("compose up")
def test_two_at_once(project):
    """One may lose to the other, as with docker compose, and says so; nothing is there twice, and the next one has nothing to do."""
    project.write(f"services: {{a: {{{SLEEPER}}}, b: {{{SLEEPER}, depends_on: [a]}}}}")
    both = [project.pydocker.start("compose", "up", "-d", cwd=project.directory, stdin=subprocess.DEVNULL) for _ in range(2)]
    said = [each.communicate(timeout=60)[1].decode() for each in both]
    assert all("Conflict. The container name" in text for each, text in zip(both, said, strict=True) if each.returncode), said
    project.up()
    assert project.states() == {"pro-a-1": "running", "pro-b-1": "running"}


FULL = """
set -e
mount -t tmpfs -o size=9m,mode=0700 none "$PYDOCKER_ROOT"
pydocker import "$BASE" busybox:latest >/dev/null
pydocker compose up -d --wait 2>/dev/null
dd if=/dev/zero of="$PYDOCKER_ROOT/filler" bs=4k 2>/dev/null || true
set +e
echo "== more"; timeout 60 pydocker compose up -d --scale a=2 2>&1 | tail -n 1
echo "== made anew"; timeout 60 pydocker compose up -d --force-recreate 2>&1 | tail -n 1
echo "== seen"; timeout 60 pydocker compose ps --format '{{.Name}} {{.State}}'
echo "== down"; timeout 60 pydocker compose down -v -t 0 2>&1 | tail -n 1
timeout 60 pydocker ps -aq; timeout 60 pydocker volume ls -q
rm "$PYDOCKER_ROOT/filler"
echo "== up"; timeout 60 pydocker compose up -d >/dev/null 2>&1; echo $?
timeout 60 pydocker compose down -v -t 0 >/dev/null 2>&1
pydocker system reset --force >/dev/null 2>&1
"""


@proves("compose down", "compose ps")
@pytest.mark.skipif(os.getuid() == 0, reason="mounts in a user namespace")
def test_a_full_disk(project, pydocker, image, busybox_rootfs, tmp_path):
    """Nothing more can be made, and what there is can be seen and taken down."""
    project.write(f"services: {{a: {{{SLEEPER}, volumes: ['data:/data']}}}}\nvolumes: {{data: }}")
    for name in ("small", "r"):
        (tmp_path / name).mkdir(mode=0o700)
    env = pydocker.environment(
        {
            "PYDOCKER_ROOT": str(tmp_path / "small"),
            "XDG_RUNTIME_DIR": str(tmp_path / "r"),
            "BASE": str(busybox_rootfs),
            "PYDOCKER_KEEP": "1",
        }
    )
    argv = ["unshare", "--user", "--map-auto", "--map-root-user", "--mount", "sh", "-c", FULL]
    done = subprocess.run(argv, env=env, cwd=project.directory, capture_output=True, text=True, timeout=400, check=False)
    if "unshare" in done.stderr:
        pytest.skip(done.stderr)
    parts = dict(each.split("\n", 1) for each in done.stdout.split("== ")[1:])
    assert parts["more"].endswith("pydocker.db: no space left on device\n"), done
    assert parts["made anew"].endswith("pydocker.db: no space left on device\n"), done
    assert (parts["seen"], parts["up"]) == ("pro-a-1 running\n", "0\n"), done
    assert parts["down"].strip() == "Network pro_default  Removed", done
