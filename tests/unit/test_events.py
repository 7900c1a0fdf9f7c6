"""Recording events, listing them by filters, following them."""

from __future__ import annotations

import threading
import time

import pytest

from dockercompat.engine.engine import Engine
from dockercompat.engine.system import events
from dockercompat.host.paths import Paths
from dockercompat.spec.filter import parse


@pytest.fixture
def engine(tmp_path):
    return Engine(Paths(str(tmp_path / "data"), str(tmp_path / "run"), str(tmp_path / "config")))


def actions(engine, *filters):
    return [m["Action"] for m in events.events(engine, since_ns=0, until_ns=time.time_ns(), filters=parse(filters))]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ((), ["create", "die", "pull", "health_status: healthy"]),
        (("type=container",), ["create", "die", "health_status: healthy"]),
        (("event=die", "event=pull"), ["die", "pull"]),
        (("event=health_status",), ["health_status: healthy"]),
        (("container=web",), ["create", "die"]),
        (("container=abc",), ["create", "die"]),
        (("image=busybox",), ["create", "die", "pull", "health_status: healthy"]),
        (("label=k", "label=other=1"), ["die"]),
        (("type=volume",), []),
    ],
)
def test_filters(engine, filters, found):
    events.record(engine, "container", "create", "abc" + "0" * 61, {"name": "web", "image": "busybox", "k": "v"})
    events.record(engine, "container", "die", "abc" + "0" * 61, {"name": "web", "image": "busybox", "k": "v", "other": "1"})
    events.record(engine, "image", "pull", "busybox:latest", {"name": "busybox"})
    events.record(engine, "container", "health_status: healthy", "def" + "0" * 61, {"name": "db", "image": "busybox:latest"})
    assert actions(engine, *filters) == found


def test_an_unknown_filter_is_ignored_as_docker_does(engine):
    events.record(engine, "container", "start", "a", {})
    assert actions(engine, "nosuch=1") == ["start"]


def test_following_sees_what_comes_and_nothing_older(engine):
    events.record(engine, "container", "old", "a", {})
    seen = []

    def follow():
        other = engine.for_thread()
        for message in events.events(other, since_ns=time.time_ns(), until_ns=time.time_ns() + 1_500_000_000):
            seen.append(message["Action"])

    thread = threading.Thread(target=follow)
    thread.start()
    time.sleep(0.3)
    events.record(engine, "container", "new", "a", {})
    thread.join()
    assert seen == ["new"]


def test_the_table_is_kept_short(engine, monkeypatch):
    monkeypatch.setattr(events, "_KEPT", 10)
    monkeypatch.setattr(events, "_TRIM_EVERY", 5)
    for number in range(40):
        events.record(engine, "container", str(number), "a", {})
    assert len(actions(engine)) <= 15
    assert actions(engine)[-1] == "39"
