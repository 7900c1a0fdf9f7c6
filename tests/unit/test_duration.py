"""Go durations, docker's spans for people, and the STATUS column."""

from __future__ import annotations

import pytest

from dockercompat.spec import duration

S = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "ns", "written"),
    [
        ("0", 0, "0s"),
        ("5s", 5 * S, "5s"),
        ("30m", 1800 * S, "30m0s"),
        ("1h", 3600 * S, "1h0m0s"),
        ("1h15m30.918s", 4530 * S + 918_000_000, "1h15m30.918s"),
        ("-1.5h", -5400 * S, "-1h30m0s"),
        ("+5s", 5 * S, "5s"),
        (".5s", S // 2, "500ms"),
        ("1.s", S, "1s"),
        ("1500us", 1_500_000, "1.5ms"),
        ("2µs", 2_000, "2µs"),
        ("7ns", 7, "7ns"),
        ("100h", 360_000 * S, "100h0m0s"),
    ],
)
def test_go(text: str, ns: int, written: str) -> None:
    assert duration.parse(text) == ns
    assert duration.format(ns) == written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'time: invalid duration ""'),
        ("3", 'time: missing unit in duration "3"'),
        ("-", 'time: invalid duration "-"'),
        ("s", 'time: invalid duration "s"'),
        (".s", 'time: invalid duration ".s"'),
        ("3x", 'time: unknown unit "x" in duration "3x"'),
        ("1h5", 'time: missing unit in duration "1h5"'),
        ("3000000h", 'time: invalid duration "3000000h"'),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        duration.parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "Less than a second"),
        (0.4, "Less than a second"),
        (1, "1 second"),
        (45, "45 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (3599, "59 minutes"),
        (3600, "About an hour"),
        (5399, "About an hour"),
        (5400, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (13 * 86400, "13 days"),
        (14 * 86400, "2 weeks"),
        (59 * 86400, "8 weeks"),
        (60 * 86400, "2 months"),
        (729 * 86400, "24 months"),
        (730 * 86400, "2 years"),
    ],
)
def test_human(seconds: float, text: str) -> None:
    assert duration.human(seconds) == text


def test_status() -> None:
    assert duration.status("created", 100) == "Created"
    assert duration.status("running", 280, started_at_s=100) == "Up 3 minutes"
    assert duration.status("running", 280, started_at_s=100, health="healthy") == "Up 3 minutes (healthy)"
    assert duration.status("running", 280, started_at_s=100, health="starting") == "Up 3 minutes (health: starting)"
    assert duration.status("paused", 280, started_at_s=100) == "Up 3 minutes (Paused)"
    assert duration.status("restarting", 280, started_at_s=90, finished_at_s=275, exit_code=1) == "Restarting (1) 5 seconds ago"
    assert duration.status("exited", 7300, started_at_s=1, finished_at_s=100, exit_code=137) == "Exited (137) 2 hours ago"
    assert duration.status("dead", 7300) == "Dead"
    assert duration.status("removing", 7300) == "Removal In Progress"
