"""Flags are read as docker's client 28.2.2 reads them; every sentence here is what it says itself."""

from __future__ import annotations

import pytest

from dockercompat.cli import flags, surface
from dockercompat.cli.surface.rows import Command
from dockercompat.errors import UsageError


def row(name: str) -> Command:
    rows = surface.rows_of(name.split()[0])
    assert rows is not None
    command = rows.command(name)
    assert command is not None
    return command


def parse(line: str) -> tuple[flags.Options, list[str]]:
    name, *words = line.split(" ")
    command = row(name)
    return flags.parse(command.flags, words, interspersed=command.interspersed)


@pytest.mark.parametrize(
    ("line", "expected", "args"),
    [
        ("run --rm -it busybox sh -c x", {"rm": True, "interactive": True, "tty": True}, ["busybox", "sh", "-c", "x"]),
        ("run -p8080:80 -p 81 --publish=82 b", {"publish": ["8080:80", "81", "82"]}, ["b"]),
        ("run -itd --name=x b --rm", {"detach": True, "name": "x", "rm": False}, ["b", "--rm"]),
        ("run --rm=false -d=true b", {"rm": False, "detach": True}, ["b"]),
        ("run -e=A=1 -eB=2 b", {"env": ["A=1", "B=2"]}, ["b"]),
        ("run --net a --network b i", {"network": ["a", "b"]}, ["i"]),
        ("run -c 512 --memory-swap -1 -m 1.5g b", {"cpu_shares": 512, "memory_swap": "-1", "memory": "1.5g"}, ["b"]),
        ("run --stop-timeout 0x10 --oom-score-adj 010 b", {"stop_timeout": 16, "oom_score_adj": 8}, ["b"]),
        ("run -- -b --rm", {"rm": False}, ["-b", "--rm"]),
        ("exec -u root c ls -l", {"user": "root"}, ["c", "ls", "-l"]),
        ("rm c1 -f c2 -- -v", {"force": True, "volumes": False}, ["c1", "c2", "-v"]),
        ("ps -qa -n 3", {"quiet": True, "all": True, "last": 3}, []),
        ("ps", {"last": -1, "filter": [], "format": ""}, []),
        ("logs -f --tail=5 c", {"follow": True, "tail": "5"}, ["c"]),
        ("build -q --add-host a:1.2.3.4,b:1.2.3.5 -t x -t y .", {"add_host": ["a:1.2.3.4", "b:1.2.3.5"], "tag": ["x", "y"]}, ["."]),
        ("run --add-host a=::1 --attach STDOUT b", {"add_host": ["a:::1"], "attach": ["stdout"]}, ["b"]),
    ],
)
def test_read(line: str, expected: dict[str, object], args: list[str]) -> None:
    options, rest = parse(line)
    assert {name: getattr(options, name) for name in expected} == expected
    assert rest == args


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("run --nosuch", "unknown flag: --nosuch"),
        ("run -itZq b", "unknown shorthand flag: 'Z' in -Zq"),
        ("logs --tail", "flag needs an argument: --tail"),
        ("exec -ie", "flag needs an argument: 'e' in -e"),
        ("run ---x y", "bad flag syntax: ---x"),
        ("run --=x", "bad flag syntax: --=x"),
        ("ps -a=maybe", 'invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax'),
        ("run --rm=", 'invalid argument "" for "--rm" flag: strconv.ParseBool: parsing "": invalid syntax'),
        ("ps -n3x", 'invalid argument "3x" for "-n, --last" flag: strconv.ParseInt: parsing "3x": invalid syntax'),
        ("run --pids-limit 08", 'invalid argument "08" for "--pids-limit" flag: strconv.ParseInt: parsing "08": invalid syntax'),
        (
            "run --blkio-weight 65536",
            'invalid argument "65536" for "--blkio-weight" flag: strconv.ParseUint: parsing "65536": value out of range',
        ),
        ("run -m x", 'invalid argument "x" for "-m, --memory" flag: invalid size: \'x\''),
        ("run --cpus 1.2.3", 'invalid argument "1.2.3" for "--cpus" flag: failed to parse 1.2.3 as a rational number'),
        ("run --cpus 1/3", 'invalid argument "1/3" for "--cpus" flag: value is too precise'),
        ("run --health-interval x", 'invalid argument "x" for "--health-interval" flag: time: invalid duration "x"'),
        ("run -l =x", 'invalid argument "=x" for "-l, --label" flag: invalid label \'=x\': empty name'),
        ("run --dns x", 'invalid argument "x" for "--dns" flag: IP address is not correctly formatted: x'),
        ("run -a x", 'invalid argument "x" for "-a, --attach" flag: valid streams are STDIN, STDOUT and STDERR'),
        ("run --add-host x", 'invalid argument "x" for "--add-host" flag: bad format for add-host: "x"'),
        ("ps -f x", 'invalid argument "x" for "-f, --filter" flag: bad format of filter (expected name=value)'),
    ],
)
def test_refused(line: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(line)
    assert str(caught.value) == message


def test_given_and_deprecated() -> None:
    said: list[str] = []
    options, _ = flags.parse(row("stop").flags, ["--time", "3", "c"], warn=said.append)
    assert options.timeout == 3 and options.given("timeout") and not options.given("signal")
    assert said == ["Flag --time has been deprecated, use --timeout instead"]
    with pytest.raises(AttributeError):
        _ = options.nosuch


@pytest.mark.parametrize(
    ("name", "count", "message"),
    [
        ("run", 0, "requires at least 1 argument"),
        ("exec", 1, "requires at least 2 arguments"),
        ("ps", 1, "accepts no arguments"),
        ("logs", 0, "requires 1 argument"),
        ("cp", 1, "requires 2 arguments"),
        ("images", 2, "requires at most 1 argument"),
        ("commit", 0, "requires at least 1 and at most 2 arguments"),
    ],
)
def test_argument_count(name: str, count: int, message: str) -> None:
    with pytest.raises(flags.ArgumentCount) as caught:
        flags.check_arguments(row(name), count)
    assert str(caught.value) == message
