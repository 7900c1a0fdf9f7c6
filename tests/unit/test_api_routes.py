"""The Engine API's endpoints, all of them, have routes."""

from __future__ import annotations

import re
from pathlib import Path

from dockercompat.api import routes

ENDPOINTS = (Path(__file__).parents[1] / "data/engine-api-endpoints.txt").read_text().splitlines()
NEWER = {"GET /images/{name}/attestations"}  # than API 1.50: that engine, too, answers 404


def test_every_endpoint_has_a_route() -> None:
    found = {endpoint: routes.find(*re.sub(r"\{\w+\}", "x", endpoint).split()) for endpoint in ENDPOINTS}
    assert len(found) == 108
    assert {endpoint for endpoint, route in found.items() if route is None} == NEWER
    for route, _ in filter(None, found.values()):
        assert callable(route.handler())
