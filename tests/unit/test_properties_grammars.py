"""The grammars of values: whatever is typed, docker's errors and no others; and what a printer writes is read as it was."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockercompat.cli import flag_checks, flags
from dockercompat.cli.surface.rows import Flag
from dockercompat.errors import DockerError
from dockercompat.spec import (
    clock,
    csvline,
    device,
    duration,
    endpoint,
    env,
    filter,
    mount,
    number,
    option,
    platform,
    port,
    reference,
    size,
    ulimit,
)

EXAMPLES = int(os.environ.get("PYDOCKER_EXAMPLES", "0"))  # more than the few that a run of the tests can afford
PROPERTY = settings(
    derandomize=True,
    max_examples=EXAMPLES or 60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
DIGEST = "sha256:" + "0a" * 32
PIECES = st.sampled_from(
    [
        ":", "/", "=", ",", ".", "-", "+", "_", "@", " ", "\t", "\n", '"', "'", '\\', "[", "]", "(", ")", "*", "%", "#", ";", "|",
        "\udcff", "\x00", "é", "İ", "١", "²", "K", "", "0", "1", "8", "10", "99", "007", "0x1f", "0b1", "1_0", "65535", "65536",
        "1e3", "1e999", "-1", "1.5", ".5", "5.", "inf", "nan", "9" * 20, "9" * 5000, "18446744073709551616", "k", "kb", "KiB", "g",
        "b", "s", "ms", "µs", "h", "m", "tcp", "udp", "sctp", "127.0.0.1", "::1", "[::1]", "localhost", "a", "A", "abc", "library",
        "latest", DIGEST, "type", "bind", "volume", "tmpfs", "image", "source", "src", "target", "dst", "readonly", "ro", "rw", "z",
        "nocopy", "tmpfs-size", "tmpfs-mode", "bind-propagation", "rshared", "volume-opt", "volume-label", "size", "mode", "linux",
        "arm64", "v8", "amd64", "windows", "nofile", "core", "host-gateway", "name", "alias", "ip", "gw-priority", "driver-opt",
        "label", "until", "always", "on-failure", "all", "count", "device", "capabilities", "rwm", "c ", "/dev/null", "/", "..",
        "container", "host", "published", "protocol", "unix", "npipe", "ssh", "fd", "net.x", "2024-01-01", "T", "Z", "10:00",
        "seccomp", "no-new-privileges", "*", "[a", "(?P<", "(?i)", "a{2}", '\\d', "1p3", "_", "0.5", "/07", "0b1", "0o7", "1e-400",
        "p",
    ]
)  # fmt: skip
TYPED = st.one_of(st.lists(PIECES, max_size=7).map("".join), st.text(max_size=6))
NO_FLAG = Flag("x", "string")


def of_kind(kind: str, name: str = "x") -> Callable[[str], object]:
    return lambda text: flags.parse((Flag(name, kind),), [f"--{name}={text}"])


def filtered(text: str) -> object:
    return filter.parse([text]).regex(text.partition("=")[0].strip().lower(), "abc")


READERS: dict[str, Callable[[str], object]] = {
    "reference": reference.parse,
    "publish": lambda text: port.parse_publish(port.standard_notation(text)),
    "expose": port.parse_expose,
    "port key": port.parse_key,
    "port wanted": port.parse_wanted,
    "address": port.normal_ip,
    "mount": lambda text: mount.check_mount(mount.parse_mount(text, working_dir="/w")),
    "mount of a type": lambda text: mount.check_mount(mount.parse_mount(f"type=tmpfs,target=/a,{text}", working_dir="/w")),
    "bind request": lambda text: mount.is_bind_request(mount.absolute_bind(text, "/w")),
    "bind": mount.parse_bind,
    "volumes from": mount.parse_volumes_from,
    "tmpfs": lambda text: mount.check_tmpfs_options(mount.parse_tmpfs(text)[1]),
    "place": mount.check_place,
    "csv": csvline.parse_line,
    "network": option.parse_network,
    "restart": lambda text: option.check_restart_policy(option.parse_restart_policy(text)),
    "attach": option.parse_attach,
    "dns": option.parse_dns,
    "dns search": option.parse_dns_search,
    "add-host": option.parse_extra_host,
    "link": option.parse_link,
    "sysctl": option.parse_sysctl,
    "cpus": option.parse_cpus,
    "storage-opt": lambda text: option.parse_storage_opts([text]),
    "security-opt": option.check_security_opt_form,
    "mac": option.is_mac,
    "platform": platform.parse,
    "ulimit": ulimit.parse_ulimit,
    "device": lambda text: (device.is_cdi_name(text), device.parse_device(text)),
    "device rule": device.parse_cgroup_rule,
    "weight": device.parse_weight_device,
    "rate of bytes": lambda text: device.parse_throttle_device(f"/dev/a:{text}", per_second="bytes"),
    "rate of operations": lambda text: device.parse_throttle_device(f"/dev/a:{text}", per_second="operations"),
    "gpus": device.parse_gpus,
    "variable": lambda text: env.parse_variable(text, {"a": "1"}),
    "label": env.parse_label,
    "filter": filtered,
    "host": endpoint.parse_host,
    "integer": number.parse_int,
    "unsigned": lambda text: number.parse_uint(text, base=0),
    "flag bytes": of_kind("bytes"),
    "flag memory-swap": of_kind("bytes", "memory-swap"),
    "flag duration": of_kind("duration"),
    "flag decimal": of_kind("decimal"),
    "flag int": of_kind("int"),
    "flag uint16": of_kind("uint16"),
    "flag float": of_kind("float"),
    "flag strings": of_kind("strings"),
    "flag bool": of_kind("bool"),
    "flag filter": flag_checks.filter_word,
}  # fmt: skip
IN_GO_WORDS = {"duration": duration.parse, "size": size.ram_in_bytes,
               "moment": lambda text: clock.timestamp(text, 1_700_000_000_000_000_000)}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_refused_in_dockers_words_or_read(name: str) -> None:
    read = READERS[name]

    @settings(PROPERTY, max_examples=EXAMPLES or 30)
    @given(TYPED)
    def reads(text: str) -> None:
        try:
            read(text)
        except DockerError as error:
            assert str(error)
        except ValueError as error:  # what a check of a flag is allowed to raise: the parser makes docker's sentence of it
            assert name == "flag filter" and str(error)

    reads()


@pytest.mark.parametrize("name", IN_GO_WORDS)
def test_refused_in_gos_words_or_read(name: str) -> None:
    """These raise ValueError themselves, with Go's sentence, of which Python knows none."""
    read = IN_GO_WORDS[name]

    @PROPERTY
    @given(TYPED)
    def reads(text: str) -> None:
        try:
            read(text)
        except (UnicodeError, OverflowError):
            raise
        except ValueError as error:
            said = str(error)
            assert not said.startswith(("could not", "invalid literal", "Exceeds", "cannot convert", "not enough", "too many")), said

    reads()


@PROPERTY
@given(content=st.lists(TYPED, max_size=5).map("\n".join))
def test_env_files(tmp_path: Path, content: str) -> None:
    path = tmp_path / "env"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    try:
        read = env.read_env_file(str(path), {"a": "1"})
    except DockerError as error:
        assert str(path) in str(error)
    else:
        assert all("=" in each for each in read)


NAME = st.from_regex("[a-z0-9]([a-z0-9]|[._-][a-z0-9]){0,6}", fullmatch=True)
TAG = st.one_of(st.just(""), st.from_regex("[A-Za-z0-9_][A-Za-z0-9_.-]{0,6}", fullmatch=True))
HOSTS = st.sampled_from(["docker.io", "localhost", "localhost:5000", "a.b", "[::1]:1", "Host", "127.0.0.1:80"])


@PROPERTY
@given(HOSTS, st.lists(NAME, min_size=1, max_size=3).map("/".join), TAG, st.sampled_from(["", DIGEST]))
def test_references(domain: str, path: str, tag: str, digest: str) -> None:
    text = f"{domain}/{path}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    read = reference.parse(text)
    assert (read.domain, read.tag, read.digest) == (domain, tag, digest)
    assert read.path.removeprefix("library/") == path.removeprefix("library/")
    assert reference.parse(read.canonical) == read == reference.parse_canonical(read.canonical)
    first = path.split("/")[0]
    if domain != "docker.io" or not ("." in first or first == "localhost"):
        assert reference.parse(read.familiar) == read


@PROPERTY
@given(st.integers(-(1 << 63) + 1, (1 << 63) - 1))
def test_durations(span_ns: int) -> None:
    assert duration.parse(duration.format(span_ns)) == span_ns


@PROPERTY
@given(st.integers(0, 1 << 60))
def test_sizes(size_bytes: int) -> None:
    assert size.ram_in_bytes(str(size_bytes)) == int(float(size_bytes))
    shown = size.bytes_size(size_bytes)
    if not shown.endswith("EiB") and "e+" not in shown:
        assert abs(size.ram_in_bytes(shown) - size_bytes) <= size_bytes * 0.0006 + 1, shown


@PROPERTY
@given(st.integers(0, 10**15))
def test_cpus(nano: int) -> None:
    assert (
        option.parse_cpus(f"{nano // 10**9}.{nano % 10**9:09}")
        == nano
        == option.parse_cpus(f"{nano}e-9")
        == option.parse_cpus(f"{nano}/1000000000")
    )


@PROPERTY
@given(TYPED)
def test_platforms(text: str) -> None:
    try:
        read = platform.parse(text)
    except DockerError:
        return
    if not read.os_version:
        assert platform.parse(str(read)) == read
    assert platform.from_json(read.to_json()) == read


PORTS = st.integers(1, 65500)


@PROPERTY
@given(PORTS, PORTS, st.integers(0, 9), st.sampled_from(["", "127.0.0.1", "::1"]), st.sampled_from(port.PROTOCOLS))
def test_published_ports(host: int, container: int, more: int, address: str, protocol: str) -> None:
    shown = f"[{address}]:" if ":" in address else f"{address}:" if address else ""
    read = port.parse_publish(f"{shown}{host}-{host + more}:{container}-{container + more}/{protocol}")
    assert read == [port.Port(container + step, protocol, str(host + step), address) for step in range(more + 1)]
    assert [port.parse_key(each.key) for each in read] == [(each.container_port, protocol) for each in read]
    assert port.parse_expose(f"{container}-{container + more}/{protocol}") == [each.key for each in read]
    if not address:
        long = port.standard_notation(f"published={host},target={container},protocol={protocol}")
        assert port.parse_publish(long) == read[:1]


FIELD = st.text('ab ,"=:é', max_size=5)
PATH = st.text("abé /", max_size=6).map(lambda text: f"/x{text}")


@PROPERTY
@given(
    PATH,
    st.text('ab ,"é', min_size=1, max_size=5),
    st.booleans(),
    st.dictionaries(st.text("ab", min_size=1, max_size=2), FIELD, max_size=2),
)
def test_mounts(target: str, source: str, read_only: bool, labels: dict[str, str]) -> None:
    fields = ["type=volume", f"source={source}", f"target={target}", *(["readonly"] if read_only else [])]
    fields += [f"volume-label={key}={value}" for key, value in labels.items()]
    line = ",".join('"' + field.replace('"', '""') + '"' for field in fields)
    expected: dict[str, Any] = {"Type": "volume", "Source": source, "Target": target}
    if read_only:
        expected["ReadOnly"] = True
    read = mount.parse_mount(line, working_dir="/w")
    options = read.pop("VolumeOptions", {})
    assert read == expected
    assert options.get("Labels", {}) == labels


@PROPERTY
@given(PATH, PATH, st.sampled_from(["", "ro", "rw", "z", "ro,Z", "rw,rshared", "ro,private"]))
def test_binds(source: str, target: str, mode: str) -> None:
    read, read_mode = mount.parse_bind(f"{source}:{target}" + (f":{mode}" if mode else ""))
    assert (read["Source"], read["Target"], read_mode) == (source, target, mode)
    assert read.get("ReadOnly", False) == ("ro" in mode.split(","))
    assert mount.parse_tmpfs(f"{target}:size=1m,{mode}") == (target, f"size=1m,{mode}")


@PROPERTY
@given(st.sampled_from(ulimit.NAMES), st.integers(-1, 1 << 40), st.integers(-1, 1 << 40))
def test_ulimits(name: str, soft: int, hard: int) -> None:
    text = f"{name}={soft}:{hard}"
    if hard != -1 and (soft == -1 or soft > hard):
        with pytest.raises(DockerError):
            ulimit.parse_ulimit(text)
    else:
        assert ulimit.parse_ulimit(text) == {"Name": name, "Hard": hard, "Soft": soft}


@PROPERTY
@given(PATH, PATH, st.sampled_from(["r", "rw", "rwm", "m", "wr"]))
def test_devices(host: str, target: str, mode: str) -> None:
    assert device.parse_device(f"{host}:{target}:{mode}") == {"PathOnHost": host, "PathInContainer": target, "CgroupPermissions": mode}
    assert device.parse_device(f"{host}:{target}")["PathInContainer"] == posixpath.normpath(target)


@PROPERTY
@given(st.from_regex("[a-z][a-z0-9.-]{0,8}", fullmatch=True), st.ip_addresses().map(str))
def test_extra_hosts(name: str, address: str) -> None:
    if "%" in address:
        return
    forms = [f"{name}:{address}", f"{name}={address}", f"{name}=[{address}]"]
    assert {option.parse_extra_host(form) for form in forms} == {f"{name}:{address}"}


@PROPERTY
@given(st.lists(st.tuples(st.from_regex("[A-Za-z_.][A-Za-z0-9_.-]{0,5}", fullmatch=True), st.text("ab =#\"'é\t", max_size=6)), max_size=5))
def test_env_files_as_written(tmp_path_factory: pytest.TempPathFactory, variables: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.getbasetemp() / "env-file"
    lines = [f"{name}={value}" for name, value in variables]
    path.write_text("".join(f"{line}\n# {line}\n\n" for line in lines))
    assert env.read_env_file(str(path), {}) == lines


@PROPERTY
@given(st.lists(st.tuples(st.sampled_from(["label", "name", "STATUS "]), st.text("ab=, é", max_size=5)), max_size=5))
def test_filters(words: list[tuple[str, str]]) -> None:
    read = filter.parse([f"{name}={value}" for name, value in words])
    for name in ("label", "name", "status"):
        wanted = [value.strip() for given_name, value in words if given_name.strip().lower() == name]
        assert read.get(name) == list(dict.fromkeys(wanted))
