"""What docker's flags check in a value while the command line is read. Loaded only when such a flag is given.

Each function takes the value as typed and returns the one to keep; ValueError has docker's reason. The grammars are in spec/.
"""

from __future__ import annotations

from dockercompat.errors import InvalidParameter
from dockercompat.spec import duration, option, size
from dockercompat.spec import env as variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")


def number(name: str, kind: str, text: str) -> str:
    """A size ("bytes"), a span of time ("duration") or a number of CPUs ("decimal")."""
    if kind == "duration":
        duration.parse(text)
    elif kind == "bytes":
        if not (name == "memory-swap" and text == "-1"):
            size.ram_in_bytes(text)
    else:
        checked(option.parse_cpus, text)
    return text


def label(text: str) -> str:
    return checked(variables.parse_label, text)


def env(text: str) -> str:
    if not text.partition("=")[0]:
        raise ValueError(f"invalid environment variable: {text}")
    return text


def attach(text: str) -> str:
    return checked(option.parse_attach, text)


def ip(text: str) -> str:
    return checked(option.parse_dns, text)


def dns_search(text: str) -> str:
    return checked(option.parse_dns_search, text)


def add_host(text: str) -> str:
    return checked(option.parse_extra_host, text)


def device_cgroup_rule(text: str) -> str:
    from dockercompat.spec.device import parse_cgroup_rule

    return checked(parse_cgroup_rule, text)


def filter_word(text: str) -> str:
    if text and "=" not in text:
        raise ValueError("bad format of filter (expected name=value)")
    return text


def key_values(text: str) -> str:
    from dockercompat.cli.context_parts import key_values as parse

    return _keep(parse, text)


def sysctl(text: str) -> str:
    return checked(option.parse_sysctl, text)


def _keep(grammar: Callable[[list[str]], object], text: str) -> str:
    try:
        grammar([text])
    except InvalidParameter as error:
        raise ValueError(str(error)) from None
    return text


def checked(grammar: Callable[[str], T], text: str) -> T:
    """What a grammar makes of a value, its InvalidParameter as ValueError."""
    try:
        return grammar(text)
    except InvalidParameter as error:
        raise ValueError(str(error)) from None
