"""What is kept of a build for `docker buildx history`."""

from __future__ import annotations

import os
import time

from dockercompat.build import history
from dockercompat.errors import DockerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.build.request import Request
    from dockercompat.cli.build_progress import Recorded
    from dockercompat.engine.engine import Engine
    from dockercompat.errors import BuildFailed


def remember(
    engine: Engine, request: Request, display: Recorded, began_ns: int, status: str, error: BuildFailed | str = "", image_id: str = ""
) -> None:
    """Keep a record of a build; that there is no room for one is no failure of the build."""
    options = request.options
    details = {
        "context": request.where,
        "dockerfile": _dockerfile(request),
        "target": options.target,
        "platforms": list(request.platforms),
        "build_args": dict(options.build_args),
        "labels": dict(options.labels),
        "tags": list(request.tags),
        "image": image_id,
        "source": list(display.source.lines) if display.source is not None else [],
        "source_name": display.source.name if display.source is not None else "",
        "lines": list(getattr(error, "lines", (0, 0))),
    }
    summary = history.Summary(
        request.ref, name_of(request), status, began_ns, time.time_ns(), len(display.vertexes), display.cached, str(error)
    )
    try:
        history.keep(engine, summary, details, display.text.getvalue())
    except DockerError:
        return


def _dockerfile(request: Request) -> str:
    """The Dockerfile as seen from its context."""
    if request.file in ("", "-"):
        return "Dockerfile"
    inside = os.path.relpath(request.file, request.where) if os.path.isdir(request.where) else request.file
    return os.path.basename(request.file) if inside.startswith("..") else inside


def name_of(request: Request) -> str:
    """What a record is called: the directory, a Dockerfile that is not the usual one, the target."""
    where = request.where
    if where == "-":
        return f"({request.options.target})" if request.options.target else ""
    base = os.path.basename((where if "://" in where else os.path.abspath(where)).rstrip("/"))
    dockerfile = _dockerfile(request)
    if dockerfile != "Dockerfile":
        base = f"{base}/{dockerfile}"
    return f"{base} ({request.options.target})" if request.options.target else base
