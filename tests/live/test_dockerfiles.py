"""The language of Dockerfiles: small files whose images, trees, histories and messages are docker's (tests/dockerfiles.py records them)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import dockerfiles
from tests.conftest import proves

CHUNK = 25
GROUPS = {path.stem: dockerfiles.read(path) for path in sorted(dockerfiles.FOLDER.glob("*.txt"))}
CHUNKS = [(name, first) for name, cases in GROUPS.items() for first in range(0, len(cases), CHUNK)]


@pytest.fixture(scope="module")
def builder(pydocker, busybox_rootfs, tmp_path_factory):
    work = tmp_path_factory.mktemp("dockerfiles")
    pydocker("import", busybox_rootfs, "busybox:latest", check=True)  # with no command, as when the cases were recorded
    with dockerfiles.web([case for cases in GROUPS.values() for case in cases], work / "web") as port:
        made = dockerfiles.Builder([pydocker.command], work, port, pydocker.environment(None), together=True)
        made.read_base()
        yield made
    pydocker("rmi", "-f", "busybox:latest")


def test_there_are_enough_cases():
    cases = [case for group in GROUPS.values() for case in group]
    assert len({case.name for case in cases}) == len(cases) >= 150
    assert all(case.expected for case in cases)


@proves("buildx build", "buildx build --progress", "buildx build --output", "buildx build --tag", "buildx build --build-arg")
@pytest.mark.parametrize(("group", "first"), CHUNKS)
def test_as_docker_builds_it(builder, group, first):
    cases = GROUPS[group][first : first + CHUNK]
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(builder.build, cases))
    for case, result in zip(cases, results, strict=True):
        for kind in dockerfiles.ANSWERS:
            assert (case.name, kind, result.get(kind, "")) == (case.name, kind, case.expected.get(kind, ""))
