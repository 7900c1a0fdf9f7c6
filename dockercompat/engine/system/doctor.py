"""What this machine lacks for running containers: each thing with the one command that mends it."""

from __future__ import annotations

from dockercompat.host import probe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockercompat.engine.engine import Engine
    from dockercompat.host.probe import Check


def doctor(engine: Engine) -> Iterator[Check]:
    """Yield one finding after the other, the basics first."""
    yield from probe.checks(engine.paths)
