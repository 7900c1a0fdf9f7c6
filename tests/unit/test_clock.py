"""Moments in the Engine API's spelling, and what --since and --until accept."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from dockercompat.spec import clock

S = 1_000_000_000
NOON = 1767355445 * S  # 2026-01-02T12:04:05Z


@pytest.fixture(autouse=True)
def zone() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TZ", "Etc/GMT-2")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2026-01-02T12:04:05Z", NOON),
        ("2026-01-02T12:04:05.5Z", NOON + S // 2),
        ("2026-01-02T12:04:05.000000001Z", NOON + 1),
        ("0001-01-01T00:00:00Z", clock.ZERO_NS),
        ("2024-02-29T23:59:59Z", 1709251199 * S),
    ],
)
def test_round_trip(text: str, ns: int) -> None:
    assert clock.parse(text) == ns
    assert clock.format_ns(ns) == text


def test_other_forms() -> None:
    assert clock.parse("2026-01-02T13:04:05+01:00") == NOON
    assert clock.format_padded_ns(NOON + 5) == "2026-01-02T12:04:05.000000005Z"
    assert clock.format_local_ns(NOON) == "2026-01-02T14:04:05.000000000+02:00"
    assert clock.go_string(NOON) == "2026-01-02 14:04:05 +0200 +02"
    assert clock.go_string_of("2026-01-02T12:04:05.678901234Z") == "2026-01-02 12:04:05.678901234 +0000 UTC"
    assert clock.go_string_of("2026-01-02T13:04:05+01:00") == "2026-01-02 13:04:05 +0100 +0100"
    assert clock.go_string_of("") == "0001-01-01 00:00:00 +0000 UTC"
    assert abs(clock.parse(clock.now()) - time.time_ns()) < 5 * S


@pytest.mark.parametrize(
    ("value", "ns"),
    [
        ("10m", NOON - 600 * S),
        ("1h30m", NOON - 5400 * S),
        ("0", 0),
        ("1700000000", 1700000000 * S),
        ("1700000000.5", 1700000000 * S + S // 2),
        ("1700000000.000000001", 1700000000 * S + 1),
        ("2026-01-02", 1767304800 * S),
        ("2026-01-02Z", 1767312000 * S),
        ("2026-01-02T12", NOON - 245 * S - 7200 * S),
        ("2026-01-02T12:04", NOON - 5 * S - 7200 * S),
        ("2026-01-02T12:04:05", NOON - 7200 * S),
        ("2026-01-02T12:04:05Z", NOON),
        ("2026-01-02T12:04:05.25Z", NOON + S // 4),
        ("2026-01-02T12:04:05+02:00", NOON - 7200 * S),
        ("2026-01-02T12:04:05-02:00", NOON + 7200 * S),
    ],
)
def test_timestamp(value: str, ns: int) -> None:
    assert clock.timestamp(value, NOON) == ns


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("nosuch", 'failed to parse value as time or duration: "nosuch"'),
        ("", 'failed to parse value as time or duration: ""'),
        ("2026-13-01", 'parsing time "2026-13-01": month out of range'),
        ("2026-02-30", 'parsing time "2026-02-30": day out of range'),
        ("2026-01-02x", 'parsing time "2026-01-02x": extra text: "x"'),
        ("2026-01-02T25:00:00Z", 'parsing time "2026-01-02T25:00:00Z": hour out of range'),
        ("2026-1", 'parsing time "2026-1" as "2006-01-02": cannot parse "1" as "01"'),
    ],
)
def test_refused(value: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        clock.timestamp(value, NOON)
    assert str(caught.value) == message
