"""Sizes as go-units reads and writes them: "512m", "1.5GiB", "73.2MB"."""

from __future__ import annotations

from dockercompat.spec.number import parse_float

_BINARY = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
_DECIMAL_NAMES = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
_BINARY_NAMES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")


def ram_in_bytes(text: str) -> int:
    """Read a size whose units are powers of 1024, as every flag about memory does ("64m" is 67108864).

    Raises ValueError with go-units' text: invalid size, invalid suffix, strconv.ParseFloat ...
    """
    split_at = max(text.rfind(c) for c in "0123456789. ")
    if split_at == -1:
        raise ValueError(f"invalid size: '{text}'")
    number = text[:split_at] if text[split_at] == " " else text[: split_at + 1]
    suffix = text[split_at + 1 :]
    size = parse_float(number)
    if size < 0:
        raise ValueError(f"invalid size: '{text}'")
    if not suffix:
        return _int64(size)
    if len(suffix.encode("utf-8", "surrogateescape")) > 3:
        raise ValueError(f"invalid suffix: '{suffix}'")
    suffix = "".join(sign.lower()[0] for sign in suffix)  # Go lowers rune by rune
    if suffix == "b":
        return _int64(size)
    if suffix[0] not in _BINARY or suffix[1:] not in ("", "b", "ib"):
        raise ValueError(f"invalid suffix: '{suffix}'")
    return _int64(size * _BINARY[suffix[0]])


def human_size(size_bytes: float, precision: int = 4) -> str:
    """Docker's size for people: units of 1000 and four significant digits; the columns of ps and images have three."""
    return _scaled(size_bytes, 1000.0, _DECIMAL_NAMES, precision)


def bytes_size(size_bytes: float) -> str:
    """Units of 1024 and four significant digits, as in the memory columns of stats and info ("15.59GiB")."""
    return _scaled(size_bytes, 1024.0, _BINARY_NAMES, 4)


def _scaled(size: float, base: float, names: tuple[str, ...], precision: int) -> str:
    size = float(size)
    step = 0
    while size >= base and step < len(names) - 1:
        size /= base
        step += 1
    return f"{size:.{precision}g}{names[step]}"


def _int64(size: float) -> int:
    """Go's conversion, which on amd64 makes the least integer of whatever is none."""
    return int(size) if 0 <= size < 1 << 63 else -(1 << 63)
