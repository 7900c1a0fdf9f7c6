"""Flags as docker's own parser (pflag) reads them: `--flag=value`, `-p8080:80`, `-itd`, `--rm=false`, `--`; its words for errors."""

from __future__ import annotations

from dockercompat.cli.surface.rows import Flag
from dockercompat.errors import ClientError, InvalidParameter, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from dockercompat.cli.surface.rows import Command

_TRUE = ("1", "t", "T", "TRUE", "true", "True")
_FALSE = ("0", "f", "F", "FALSE", "false", "False")
_TEXTS = ("string", "bytes", "duration", "decimal", "command", "node-addr", "pem-file", "credential-spec")
_HELP = Flag("help", "bool", hidden=True)
_COMMA_LISTS = ("strings", "stringSlice", "ipNetSlice")


class ArgumentCount(ClientError):
    """Too many or too few arguments; the sentence has no name of a command yet."""


class Options:
    """What the flags of one command say: an attribute for each, dashes as underscores, the default where it was not given.

    bool            bool
    int, uint ...   int; float: float
    string          str; so are bytes, duration and decimal: checked already, and as typed (spec/size.py, spec/duration.py read them)
    the others      list[str], a value for each time given; of "strings" (pflag's comma lists) the parts
    """

    def __init__(self, flags: Sequence[Flag]) -> None:
        self._given: set[str] = set()
        self._spelt: set[str] = set()
        values = self.__dict__
        for flag in flags:
            if not flag.alias_of:
                values[flag.name.replace("-", "_")] = _default(flag)
        values.setdefault("help", False)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no such flag: --{name.replace('_', '-')}")

    def __repr__(self) -> str:
        return f"Options({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items() if name in self._given)})"

    def given(self, name: str) -> bool:
        """Whether the flag (any spelling of it) was on the command line."""
        return name.replace("-", "_") in self._given

    def spelt(self, name: str) -> bool:
        """Whether the flag was on the command line by this very name, or its own letter."""
        return name in self._spelt


def parse(
    flags: Sequence[Flag], words: Sequence[str], *, interspersed: bool = True, warn: Callable[[str], object] = print
) -> tuple[Options, list[str]]:
    """Split words into options and arguments.

    interspersed  False: options end at the first argument
    warn          is given docker's sentence about a deprecated spelling
    Raises        UsageError with pflag's message
    """
    by_name = {flag.name: flag for flag in flags}
    by_short = {flag.short: flag for flag in flags if flag.short}
    options = Options(flags)
    args: list[str] = []
    at, end = 0, len(words)
    while at < end:
        word = words[at]
        at += 1
        if len(word) < 2 or word[0] != "-":
            if not interspersed:
                return options, [*args, word, *words[at:]]
            args.append(word)
            continue
        if word[1] == "-":
            if len(word) == 2:
                return options, [*args, *words[at:]]
            name, equals, value = word[2:].partition("=")
            if not name or name[0] == "-":
                raise UsageError(f"bad flag syntax: {word}")
            flag = by_name.get(name)
            if flag is None:
                if name != "help":
                    raise UsageError(f"unknown flag: --{name}")
                flag = _HELP
            if not equals:
                if flag.type == "bool":
                    value = "true"
                elif at < end:
                    value = words[at]
                    at += 1
                else:
                    raise UsageError(f"flag needs an argument: --{name}")
            _set(options, flag, value, warn)
            continue
        letters = word[1:]
        while letters:
            flag = by_short.get(letters[0])
            if flag is None:
                if letters[0] != "h":
                    first = chr(letters.encode("utf-8", "surrogateescape")[0])  # pflag looks at bytes
                    raise UsageError(f"unknown shorthand flag: '{first}' in -{letters}")
                warn("Flag shorthand -h has been deprecated, use --help")
                flag = _HELP
            rest = letters[1:]
            if len(rest) > 1 and rest[0] == "=":
                value, letters = rest[1:], ""
            elif flag.type == "bool":
                value, letters = "true", rest
            elif rest:
                value, letters = rest, ""
            elif at < end:
                value, letters = words[at], ""
                at += 1
            else:
                raise UsageError(f"flag needs an argument: '{letters[0]}' in -{letters}")
            _set(options, flag, value, warn)
    return options, args


def check_arguments(command: Command, count: int) -> None:
    """Raises ArgumentCount in docker's words."""
    least, most = command.min_args, command.max_args
    if count >= least and (most < 0 or count <= most):
        return
    if most == 0:
        raise ArgumentCount("accepts no arguments")
    if least == most:
        raise ArgumentCount(f"requires {least} {_arguments(least)}")
    if most < 0:
        raise ArgumentCount(f"requires at least {least} {_arguments(least)}")
    if least == 0:
        raise ArgumentCount(f"requires at most {most} {_arguments(most)}")
    raise ArgumentCount(f"requires at least {least} and at most {most} {_arguments(most)}")


def invalid_argument(flag: Flag, value: str, reason: str) -> UsageError:
    """pflag's error for a value that a flag does not take."""
    shown = f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"
    return UsageError(f'invalid argument {quoted(value)} for "{shown}" flag: {reason}')


def quoted(text: str) -> str:
    """Go's %q of a text."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return f'"{text}"'


def _arguments(count: int) -> str:
    return "argument" if count == 1 else "arguments"


def _is_integer(word: str) -> bool:
    return word in ("int", "int64", "uint", "uint16", "uint32", "uint64")


def _is_octal(digits: str) -> bool:
    return len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567_" and digits.replace("_", "").isdigit()


def _default(flag: Flag) -> object:
    if flag.default is not None:
        return flag.default
    if flag.type == "bool":
        return False
    if flag.type in _TEXTS:
        return ""
    if _is_integer(flag.type):
        return 0
    if flag.type == "float":
        return 0.0
    return []


def _set(options: Options, flag: Flag, text: str, warn: Callable[[str], object]) -> None:
    try:
        value = _convert(flag, text)
    except ValueError as error:
        raise invalid_argument(flag, text, str(error)) from None
    if flag.deprecated:
        warn(f"Flag --{flag.name} has been deprecated, {flag.deprecated}")
    name = (flag.alias_of or flag.name).replace("-", "_")
    if isinstance(value, list) and name in options._given:
        getattr(options, name).extend(value)
    else:
        setattr(options, name, value)
    options._given.add(name)
    options._spelt.add(flag.name)


def _convert(flag: Flag, text: str) -> object:
    """The value of a flag. Raises ValueError with the reason as docker gives it."""
    kind = flag.type
    if kind == "bool":
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
        raise ValueError(f"strconv.ParseBool: parsing {quoted(text)}: invalid syntax")
    if kind == "string":
        return text
    if _is_integer(kind):
        return _integer(kind, text)
    if kind == "float":
        from dockercompat.spec.number import parse_float

        return parse_float(text)
    if kind in ("bytes", "duration", "decimal"):
        from dockercompat.cli import flag_checks

        text = flag_checks.number(flag.name, kind, text)
    if flag.check:
        text = _checker(flag.check)(text)
    if kind in _TEXTS:
        return text
    return _comma_list(text) if kind in _COMMA_LISTS else [text]


def _checker(name: str) -> Callable[[str], str]:
    module_name, _, function_name = name.rpartition(".")
    module = __import__(f"dockercompat.cli.{module_name or 'flag_checks'}", fromlist=[function_name])
    check: Callable[[str], str] = getattr(module, function_name)
    return check


def _integer(kind: str, text: str) -> int:
    signed = kind.startswith("int")
    function = "ParseInt" if signed else "ParseUint"
    digits = text.lstrip("+-") if signed else text
    try:
        if not text.isascii() or text != text.strip() or (digits.isdigit() and len(text) - len(digits) > 1) or not digits[:1].isdigit():
            raise ValueError
        # Go's base 0 takes a leading 0 as octal, which Python refuses
        value = int(text[:4000], 8 if _is_octal(digits) else 0)  # Python reads no more digits, and these are out of range
    except ValueError:
        raise ValueError(f"strconv.{function}: parsing {quoted(text)}: invalid syntax") from None
    bits = int(kind.lstrip("uint") or "64")
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    if not low <= value <= high:
        raise ValueError(f"strconv.{function}: parsing {quoted(text)}: value out of range")
    return value


def _comma_list(text: str) -> list[str]:
    """One line of CSV, as pflag reads a stringSlice."""
    if not text:
        return []
    if '"' not in text:
        return text.split(",")
    from dockercompat.spec.csvline import parse_line

    try:
        return parse_line(text)
    except InvalidParameter as error:
        raise ValueError(str(error)) from None
