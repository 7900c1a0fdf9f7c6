"""Lifecycle hooks: commands run in a container after its start and before its stop.

Source: compose-spec, post_start and pre_stop.
"""

from __future__ import annotations

import shlex

from dockercompat.errors import Bare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from dockercompat.compose.door import Door

_LAST_LINES = 5


def run(door: Door, container: str, hooks: Sequence[Mapping[str, Any]], note: Callable[[str], None]) -> None:
    """Run hooks in order; note gets their output, a line at a time.

    Raises  Bare for one that ends with another status than 0
    """
    for hook in hooks:
        command = hook.get("command") or []
        variables = [name if value is None else f"{name}={value}" for name, value in (hook.get("environment") or {}).items()]
        status, output = door.execute(
            container,
            shlex.split(command) if isinstance(command, str) else list(command),
            user=hook.get("user") or "",
            privileged=bool(hook.get("privileged")),
            working_dir=hook.get("working_dir") or "",
            environment=variables,
        )
        lines = output.decode(errors="replace").splitlines()
        for line in lines:
            note(line)
        if status:
            last = "\n".join(lines[-_LAST_LINES:])
            raise Bare(f"a hook exited with status {status}" + (f": {last}" if last else ""))
