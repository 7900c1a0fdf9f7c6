"""Sizes as go-units reads and writes them."""

from __future__ import annotations

import pytest

from dockercompat.spec.size import bytes_size, human_size, ram_in_bytes


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("32", 32),
        ("32b", 32),
        ("32B", 32),
        ("32k", 32768),
        ("32 kb", 32768),
        ("32KiB", 32768),
        ("32.5k", 33280),
        ("1.5g", 1610612736),
        ("64m", 67108864),
        (".3kB", 307),
        ("0", 0),
        ("32 ", 32),
    ],
)
def test_read(text: str, size_bytes: int) -> None:
    assert ram_in_bytes(text) == size_bytes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "invalid size: ''"),
        ("hello", "invalid size: 'hello'"),
        ("-32", "invalid size: '-32'"),
        ("32bb", "invalid suffix: 'bb'"),
        ("32krk", "invalid suffix: 'krk'"),
        ("32mBiB", "invalid suffix: 'mBiB'"),
        ("32z", "invalid suffix: 'z'"),
        ("1..5m", 'strconv.ParseFloat: parsing "1..5": invalid syntax'),
        (" 32 ", 'strconv.ParseFloat: parsing " 32": invalid syntax'),
    ],
)
def test_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        ram_in_bytes(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("size_bytes", "four", "three", "binary"),
    [
        (0, "0B", "0B", "0B"),
        (999, "999B", "999B", "999B"),
        (1000, "1kB", "1kB", "1000B"),
        (1024, "1.024kB", "1.02kB", "1KiB"),
        (4041234, "4.041MB", "4.04MB", "3.854MiB"),
        (999999, "1000kB", "1e+03kB", "976.6KiB"),
        (16000000000, "16GB", "16GB", "14.9GiB"),
        (3.42 * 10**24, "3.42YB", "3.42YB", "2.829YiB"),
    ],
)
def test_written(size_bytes: float, four: str, three: str, binary: str) -> None:
    assert (human_size(size_bytes), human_size(size_bytes, 3), bytes_size(size_bytes)) == (four, three, binary)
