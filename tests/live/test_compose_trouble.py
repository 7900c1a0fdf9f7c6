"""Compose in trouble: services that fail, commands that are killed or come at once, directories with odd names, a full disk."""

from __future__ import annotations

import pytest

from tests.conftest import proves
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
