"""Which handler answers which request: docker's paths as data. A handler's module is loaded when it is first asked for."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from dockercompat.api.call import Call

    Handler = Callable[[Call], Any]

# Method, path, and the handler's module and name. {name} takes what is between slashes, {name:*} slashes too. A module that ends with
# "!" does without the user's namespaces.
ROUTES = """
GET    /_ping                              system!.ping
HEAD   /_ping                              system!.ping
GET    /version                            system!.version
GET    /info                               system.info

GET    /containers/json                    containers.list
POST   /containers/create                  containers.create
GET    /containers/{id}/json               containers.inspect
POST   /containers/{id}/start              containers.start
POST   /containers/{id}/stop               containers.stop
POST   /containers/{id}/restart            containers.restart
POST   /containers/{id}/kill               containers.kill
POST   /containers/{id}/pause              containers.pause
POST   /containers/{id}/unpause            containers.unpause
POST   /containers/{id}/rename             containers.rename
POST   /containers/{id}/update             containers.update
DELETE /containers/{id}                    containers.remove
POST   /containers/prune                   containers.prune
GET    /containers/{id}/top                containers.top
GET    /containers/{id}/changes            containers.changes
POST   /containers/{id}/wait               container_streams.wait
POST   /containers/{id}/attach             container_streams.attach
GET    /containers/{id}/logs               container_streams.logs
POST   /containers/{id}/resize             containers.resize
"""


class Route:
    """One line of the table."""

    def __init__(self, method: str, pattern: str, target: str) -> None:
        self.method = method
        self.pattern = pattern
        module, _, self.name = target.rpartition(".")
        self.joins = not module.endswith("!")
        self._module = module.removesuffix("!")
        expression = re.sub(r"\{(\w+):\*\}", r"(?P<\1>.+)", pattern)
        expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", expression)
        self._match = re.compile(expression).fullmatch

    def match(self, path: str) -> dict[str, str] | None:
        found = self._match(path)
        return found.groupdict() if found else None

    def handler(self) -> Handler:
        handler: Handler = getattr(import_module(f"dockercompat.api.handlers.{self._module}"), self.name)
        return handler


TABLE = tuple(Route(*line.split()) for line in ROUTES.splitlines() if line.strip())


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """The route of a request and what stands in its path, still percent-encoded."""
    for route in TABLE:
        if route.method == method and (params := route.match(path)) is not None:
            return route, params
    return None
