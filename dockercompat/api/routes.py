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

# Method, path, and the handler's module and name. {name} takes what is between slashes, {name:+} slashes too, {name:*} nothing, too,
# {name:a|b} one of these words. A module that ends with "!" does without the user's namespaces.
ROUTES = """
GET    /_ping                              system!.ping
HEAD   /_ping                              system!.ping
GET    /version                            system!.version
GET    /info                               system.info
POST   /auth                               system.auth
GET    /events                             system.events
GET    /system/df                          system.df
POST   /session                            system!.session
POST   /grpc                               system!.grpc
GET    /distribution/{name:+}/json         images.distribution

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
DELETE /containers/{id:*}                  containers.remove
POST   /containers/prune                   containers.prune
GET    /containers/{id}/top                containers.top
GET    /containers/{id}/changes            containers.changes
POST   /containers/{id}/wait               container_streams.wait
POST   /containers/{id}/attach             container_streams.attach
GET    /containers/{id}/attach/ws          container_streams.attach_websocket
GET    /containers/{id}/logs               container_streams.logs
POST   /containers/{id}/resize             containers.resize
GET    /containers/{id}/stats              container_streams.stats
GET    /containers/{id}/export             container_files.export
HEAD   /containers/{id}/archive            container_files.stat
GET    /containers/{id}/archive            container_files.get
PUT    /containers/{id}/archive            container_files.put
POST   /containers/{id}/exec               execs.create
GET    /exec/{id}/json                     execs.inspect
POST   /exec/{id}/start                    execs.start
POST   /exec/{id}/resize                   execs.resize
POST   /commit                             container_files.commit

POST   /build                              build.build
POST   /build/cancel                       build.cancel
POST   /build/prune                        build.prune

GET    /images/json                        images.list
POST   /images/create                      images.create
GET    /images/search                      images.search
POST   /images/prune                       images.prune
GET    /images/get                         images.save
POST   /images/load                        images.load
GET    /images/{name:+}/json               images.inspect
GET    /images/{name:+}/history            images.history
GET    /images/{name:+}/get                images.save
POST   /images/{name:+}/push               images.push
POST   /images/{name:+}/tag                images.tag
DELETE /images/{name:*}                    images.remove

GET    /networks                           networks.list
GET    /networks/                          networks.list
POST   /networks/create                    networks.create
POST   /networks/prune                     networks.prune
GET    /networks/{id:+}                    networks.inspect
DELETE /networks/{id:*}                    networks.remove
POST   /networks/{id}/connect              networks.connect
POST   /networks/{id}/disconnect           networks.disconnect

GET    /volumes                            volumes.list
POST   /volumes/create                     volumes.create
POST   /volumes/prune                      volumes.prune
GET    /volumes/{name:*}                   volumes.inspect
PUT    /volumes/{name:*}                   volumes.update
DELETE /volumes/{name:*}                   volumes.remove

GET    /plugins                            plugins!.list
GET    /plugins/privileges                 plugins!.privileges
POST   /plugins/pull                       plugins!.pull
POST   /plugins/create                     plugins!.create
GET    /plugins/{name:+}/json              plugins!.missing
DELETE /plugins/{name:+}                   plugins!.missing
POST   /plugins/{name:+}/enable            plugins!.enable
POST   /plugins/{name:+}/disable           plugins!.missing
POST   /plugins/{name:+}/push              plugins!.missing
POST   /plugins/{name:+}/upgrade           plugins!.upgrade
POST   /plugins/{name:+}/set               plugins!.set
GET    /swarm                              swarm!.not_a_manager
GET    /swarm/unlockkey                    swarm!.not_a_manager
POST   /swarm/update                       swarm!.update
POST   /swarm/unlock                       swarm!.unlock
POST   /swarm/init                         swarm!.init
POST   /swarm/join                         swarm!.join
POST   /swarm/leave                        swarm!.not_in_swarm
GET    /{kind:nodes|services|tasks|secrets|configs}        swarm!.list
POST   /{kind:services|secrets|configs}/create             swarm!.create
GET    /{kind:nodes|services|tasks|secrets|configs}/{id}   swarm!.inspect
DELETE /{kind:nodes|services|secrets|configs}/{id}         swarm!.not_a_manager
POST   /{kind:nodes|services|secrets|configs}/{id}/update  swarm!.update
GET    /{kind:services|tasks}/{id}/logs                    swarm!.logs
"""


class Route:
    """One line of the table."""

    def __init__(self, method: str, pattern: str, target: str) -> None:
        self.method = method
        self.pattern = pattern
        module, _, self.name = target.rpartition(".")
        self.joins = not module.endswith("!")
        self._module = module.removesuffix("!")
        expression = re.sub(r"\{(\w+):([*+])\}", r"(?P<\1>.\2)", pattern)
        expression = re.sub(r"\{(\w+):([a-z|]+)\}", r"(?P<\1>\2)", expression)
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
    for route in _BY_FIRST.get((method, path[1:].partition("/")[0])) or TABLE:
        if route.method == method and (params := route.match(path)) is not None:
            return route, params
    return None


def _by_first() -> dict[tuple[str, str], tuple[Route, ...]]:
    """The routes of a method and a first word of the path, where that is no parameter."""
    found: dict[tuple[str, str], tuple[Route, ...]] = {}
    for route in TABLE:
        first = route.pattern[1:].partition("/")[0]
        if not first.startswith("{"):
            found[route.method, first] = (*found.get((route.method, first), ()), route)
    return found


_BY_FIRST = _by_first()
