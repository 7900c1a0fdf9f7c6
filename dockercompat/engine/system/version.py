"""Who we are, in the words that docker's clients and tools expect."""

from __future__ import annotations

import os

import dockercompat
from dockercompat.host import probe
from dockercompat.spec.release import API_VERSION, COMMIT, DOCKER_VERSION, MIN_API_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from dockercompat.engine.engine import Engine

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "armv6l": "arm", "i686": "386", "riscv64": "riscv64"}


def architecture() -> str:
    """This machine's architecture as Go and image-spec say it."""
    machine = os.uname().machine
    return _ARCHITECTURES.get(machine, machine)


def go_version() -> str:
    """What stands where docker names the compiler: the interpreter that runs this."""
    import sys

    return f"python{'.'.join(map(str, sys.version_info[:3]))}"


def built() -> str:
    """Time of the program's files, as docker's BuildTime (RFC 3339)."""
    import time

    return time.strftime("%Y-%m-%dT%H:%M:%S.000000000+00:00", time.gmtime(os.stat(dockercompat.__file__).st_mtime))


def version(engine: Engine) -> dict[str, Any]:
    """The API's SystemVersion, with a component per program that runs containers."""
    kernel = os.uname().release
    own = {
        "ApiVersion": API_VERSION,
        "Arch": architecture(),
        "BuildTime": built(),
        "Experimental": "false",
        "GitCommit": COMMIT,
        "GoVersion": go_version(),
        "KernelVersion": kernel,
        "MinAPIVersion": MIN_API_VERSION,
        "Os": "linux",
    }
    components: list[dict[str, Any]] = [{"Name": "Engine", "Version": DOCKER_VERSION, "Details": own}]
    components.append({"Name": "pydocker", "Version": dockercompat.__version__, "Details": {"GitCommit": ""}})
    for program in ("crun", "conmon", engine.settings.network_helper):
        components.append({"Name": program, "Version": probe.version_of(program), "Details": {"GitCommit": ""}})
    return {
        "Platform": {"Name": "pydocker (rootless, no daemon)"},
        "Components": components,
        "Version": DOCKER_VERSION,
        "ApiVersion": API_VERSION,
        "MinAPIVersion": MIN_API_VERSION,
        "GitCommit": COMMIT,
        "GoVersion": go_version(),
        "Os": "linux",
        "Arch": architecture(),
        "KernelVersion": kernel,
        "BuildTime": built(),
    }
