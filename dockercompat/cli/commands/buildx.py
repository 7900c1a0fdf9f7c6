"""Handlers of `docker buildx` about builders. There is one, the engine's own, which docker calls `default` with the driver `docker`."""

from __future__ import annotations

import sys

from dockercompat.errors import ClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.cli.invocation import Invocation

_ONLY = "default"


def list(invocation: Invocation) -> None:
    from dockercompat.cli.listing.table import Noun, render, table

    format = invocation.options.format
    if format in ("", "table"):
        rows = (
            (f"{_ONLY}*", "docker", "", "", ""),
            (rf" \_ {_ONLY}", rf" \_ {_ONLY}", "running", "", ", ".join(_platforms())),
        )
        sys.stdout.write(table(("NAME/NODE", "DRIVER/ENDPOINT", "STATUS", "BUILDKIT", "PLATFORMS"), rows))
        return
    noun = Noun(
        go_type="*formatter.lsContext",
        fields={
            "Name": lambda row: _ONLY,
            "DriverEndpoint": lambda row: "docker",
            "LastActivity": lambda row: "",
            "Status": lambda row: "running",
            "Buildkit": lambda row: "",
            "Platforms": lambda row: ", ".join(_platforms()),
            "Current": lambda row: True,
        },
        titles={
            "Name": "NAME/NODE",
            "DriverEndpoint": "DRIVER/ENDPOINT",
            "Status": "STATUS",
            "Buildkit": "BUILDKIT",
            "Platforms": "PLATFORMS",
        },
    )
    sys.stdout.write(render(noun, [None], format))


def inspect(invocation: Invocation) -> None:
    _require(invocation.args[0] if invocation.args else invocation.options.builder)
    print(f"Name:   {_ONLY}\nDriver: docker\n")
    print("Nodes:")
    for key, value in (("Name", _ONLY), ("Endpoint", _ONLY), ("Status", "running"), ("Platforms", ", ".join(_platforms()))):
        print(f"{key + ':':<17} {value}")


def use(invocation: Invocation) -> None:
    _require(invocation.args[0])


def stop(invocation: Invocation) -> None:
    """Nothing stops: a builder with the driver `docker` has no process of its own."""
    _require(invocation.args[0] if invocation.args else invocation.options.builder)


def _require(name: str) -> None:
    if name not in ("", _ONLY):
        raise ClientError(f'ERROR: no builder "{name}" found')


def _platforms() -> tuple[str, ...]:
    from dockercompat.engine.system.version import architecture

    return (f"linux/{architecture()}",)
