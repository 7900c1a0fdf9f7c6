"""The processes of a running container: `top`, and what `stats` adds up where there are no control groups."""

from __future__ import annotations

import os

from dockercompat.engine.container import state
from dockercompat.engine.system.events import record
from dockercompat.errors import Conflict, DockerError, InvalidParameter
from dockercompat.host.run import capture

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from dockercompat.engine.container.state import Container
    from dockercompat.engine.engine import Engine


def pids(container: Container) -> list[int]:
    """Pids here of all processes of a container: those of its pid namespace, or of its monitor's family if it shares one."""
    if (container.host_config.get("PidMode") or "") == "":
        try:
            wanted = os.stat(f"/proc/{container.pid}/ns/pid").st_ino
        except OSError:
            return []
        return [pid for pid in _all() if _namespace(pid) == wanted]
    return _family(container.pid)


def _all() -> list[int]:
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def _namespace(pid: int) -> int:
    try:
        return os.stat(f"/proc/{pid}/ns/pid").st_ino
    except OSError:
        return 0


def _family(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for pid in _all():
        try:
            with open(f"/proc/{pid}/stat", "rb") as file:
                parents[pid] = int(file.read().rpartition(b")")[2].split()[1])
        except OSError:
            continue
    members = {root}
    grew = True
    while grew:
        more = {pid for pid, parent in parents.items() if parent in members} - members
        members |= more
        grew = bool(more)
    return sorted(members)


def top(engine: Engine, ref: str, ps_args: Sequence[str] = ()) -> dict[str, Any]:
    """The host's `ps` over a container's processes, as the API's ContainerTopResponse: Titles and Processes.

    Raises  Conflict when it does not run; DockerError in docker's words when ps refuses its arguments
    """
    container = state.current(engine, ref)
    if not container.is_alive:
        raise Conflict(f"container {container.id} is not running")
    args = [word for word in ps_args if word] or ["-ef"]
    inside = pids(container)
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "COLUMNS": "4096"}
    result = capture(["ps", *args, f"-q{','.join(map(str, inside))}"], env=environment)  # as moby, which tries without when ps won't
    if result.status:
        result = capture(["ps", *args], env=environment)
    if result.status:
        reason = result.stderr.decode(errors="replace").strip().partition("\n")[0] or f"exit status {result.status}"
        raise DockerError(f"ps: {reason}")
    found = _select(result.stdout.decode(errors="replace"), set(inside))
    record(engine, "container", "top", container.id, container.attributes())
    return found


def _select(text: str, wanted: set[int]) -> dict[str, Any]:
    lines = text.splitlines()
    titles = lines[0].split() if lines else []
    if "PID" not in titles:
        raise InvalidParameter("Couldn't find PID field in ps output")
    column = titles.index("PID")
    rows = []
    for line in lines[1:]:
        words = line.split(None, len(titles) - 1)
        if len(words) > column and words[column].isdigit() and int(words[column]) in wanted:
            rows.append(words)
    return {"Processes": rows, "Titles": titles}
