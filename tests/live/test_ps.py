"""ps, inspect, port, rename and update."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import eventually, proves


@pytest.fixture
def crowd(pydocker, image):
    """A container created, one exited with 3, one that runs with a label, a volume and ports."""
    pydocker("create", "--name", "fresh", "--expose", "81", image, "true", check=True)
    assert pydocker("run", "--name", "ended", "-l", "kind=job", image, "sh", "-c", "exit 3").status == 3
    pydocker(
        "run", "-d", "--name", "busy", "-l", "kind=web", "-l", "x.y", "-v", "kept:/data", "-v", "/tmp:/host:ro",
        "-p", "127.0.0.1::80", "--expose", "90/udp", image, "sleep", "600", check=True,
    )  # fmt: skip
    yield
    pydocker("rm", "-f", "-v", "fresh", "ended", "busy")
    pydocker("volume", "rm", "-f", "kept")


def names(pydocker, *words):
    result = pydocker("ps", "--format", "{{.Names}}", *words)
    assert (result.status, result.stderr) == (0, "")
    return result.stdout.split()


@proves("container ls", "container ls --all", "container ls --filter", "container ls --format")
def test_filters(pydocker, image, crowd):
    assert names(pydocker) == ["busy"]
    assert names(pydocker, "-a") == ["busy", "ended", "fresh"]
    busy_id = pydocker("inspect", "-f", "{{.Id}}", "busy").stdout.strip()
    image_id = pydocker("inspect", "-f", "{{.Id}}", image).stdout.strip()
    port = pydocker("port", "busy", "80").stdout.strip().rpartition(":")[2]
    for words, found in {
        "status=created": ["fresh"],
        "status=exited": ["ended"],
        "status=running status=created": ["busy", "fresh"],
        "exited=3": ["ended"],
        "exited=0": [],
        "name=e": ["ended", "fresh"],
        "name=^busy$": ["busy"],
        f"id={busy_id[:10]}": ["busy"],
        "label=kind": ["busy", "ended"],
        "label=kind=web label=x.y": ["busy"],
        "volume=kept": ["busy"],
        "volume=/host": ["busy"],
        "network=bridge": ["busy", "ended", "fresh"],
        "network=none": [],
        f"ancestor={image}": ["busy", "ended", "fresh"],
        f"ancestor={image_id[7:19]}": ["busy", "ended", "fresh"],
        "ancestor=nosuch": [],
        "since=fresh": ["busy", "ended"],
        "before=busy since=fresh": ["ended"],
        f"publish={port}": ["busy"],
        "expose=90/udp": ["busy"],
        "expose=80-89": ["busy"],
        "health=none": ["busy", "ended", "fresh"],
        "is-task=true": [],
    }.items():
        flags = [word for filter in words.split() for word in ("-f", filter)]
        assert names(pydocker, "-a", *flags) == found, words


@proves("container ls --filter")
@pytest.mark.parametrize(
    ("filter", "message"),
    [
        ("nosuch=1", "invalid filter 'nosuch'"),
        (
            "status=bad",
            "invalid filter 'status=bad': invalid value for state (bad): must be one of created, running, paused, restarting, removing, "
            "exited, dead",
        ),
        ("before=nosuch", "No such container: nosuch"),
    ],
)
def test_filters_refused(pydocker, filter, message):
    refused = pydocker("ps", "-f", filter)
    assert (refused.status, refused.stdout, refused.stderr) == (1, "", f"Error response from daemon: {message}\n")


@proves(
    "container ls --quiet", "container ls --no-trunc", "container ls --last", "container ls --latest", "container ls --size",
)  # fmt: skip
def test_shapes(pydocker, image, crowd):
    header, row = pydocker("ps").stdout.splitlines()
    assert header.split("  ")[0] == "CONTAINER ID"
    port = pydocker("port", "busy", "80").stdout.strip().rpartition(":")[2]
    assert re.fullmatch(
        rf'[0-9a-f]{{12}}   {image}   "sleep 600"   .* ago   Up .*   90/udp, 127.0.0.1:{port}->80/tcp   busy', re.sub(" {2,}", "   ", row)
    )
    ids = pydocker("ps", "-aq").stdout.split()
    full = pydocker("ps", "-aq", "--no-trunc").stdout.split()
    assert [len(each) for each in ids] == [12] * 3
    assert [each[:12] for each in full] == ids
    assert names(pydocker, "-l") == ["busy"]
    assert names(pydocker, "-n", "2") == ["busy", "ended"]
    assert names(pydocker, "-n", "0") == ["busy"]
    pydocker("exec", "busy", "sh", "-c", "head -c 5000 /dev/zero > /f", check=True)
    assert re.fullmatch(r"5kB \(virtual [0-9.]+MB\)\n", pydocker("ps", "-s", "--format", "{{.Size}}").stdout)
    shown = json.loads(pydocker("ps", "--format", "json").stdout)
    assert (shown["Names"], shown["State"], shown["Mounts"], shown["LocalVolumes"]) == ("busy", "running", "/tmp,kept", "1")
    statuses = pydocker("ps", "-a", "--format", "{{.Status}}").stdout.splitlines()[1:]
    assert [re.sub(r" \(\d+\) .* ago$", "", status) for status in statuses] == ["Exited", "Created"]
    assert statuses[0].startswith("Exited (3) ")


@proves("container ls")
def test_a_killed_container_is_shown_as_it_is(pydocker, image):
    pydocker("run", "-d", "--name", "doomed", image, "sleep", "600", check=True)
    pydocker("kill", "doomed", check=True)
    eventually(lambda: names(pydocker) == [])
    assert pydocker("ps", "-a", "--format", "{{.State}} {{.Status}}").stdout.startswith("exited Exited (137) ")


@proves("container ls")
def test_an_image_whose_name_went_elsewhere_is_shown_by_id(pydocker, image, busybox_rootfs):
    pydocker("tag", image, "moved:1", check=True)
    pydocker("create", "--name", "old", "moved:1", check=True)
    pydocker("import", busybox_rootfs, "moved:1", check=True)
    image_id = pydocker("inspect", "-f", "{{.Image}}", "old").stdout.strip()
    assert pydocker("ps", "-a", "--format", "{{.Image}}").stdout.strip() == image_id[7:19]
    pydocker("rm", "old", check=True)
    pydocker("rmi", "-f", "moved:1", check=True)


@proves("container inspect", "container inspect --format", "container inspect --size", "inspect", "inspect --size", "inspect --type")
def test_inspect(pydocker, image, crowd):
    shown = json.loads(pydocker("container", "inspect", "busy", "ended").stdout)
    busy, ended = shown
    assert list(busy)[:9] == ["Id", "Created", "Path", "Args", "State", "Image", "ResolvConfPath", "HostnamePath", "HostsPath"]
    assert (busy["Name"], busy["Path"], busy["Args"], busy["Config"]["Image"]) == ("/busy", "sleep", ["600"], image)
    assert (busy["State"]["Status"], busy["State"]["Running"], busy["State"]["FinishedAt"]) == ("running", True, "0001-01-01T00:00:00Z")
    assert (ended["State"]["Status"], ended["State"]["ExitCode"], ended["State"]["Pid"]) == ("exited", 3, 0)
    address = busy["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    assert re.fullmatch(r"172\.\d+\.\d+\.\d+", address)
    assert busy["NetworkSettings"]["IPAddress"] == address
    assert busy["NetworkSettings"]["Ports"]["90/udp"] is None
    assert ended["NetworkSettings"]["Networks"]["bridge"]["IPAddress"] == ""
    points = {point["Destination"]: point for point in busy["Mounts"]}
    assert points["/host"] == {
        "Type": "bind",
        "Source": "/tmp",
        "Destination": "/host",
        "Mode": "ro",
        "RW": False,
        "Propagation": "rprivate",
    }
    assert {name: points["/data"][name] for name in ("Type", "Name", "Driver", "Mode", "RW", "Propagation")} == {
        "Type": "volume", "Name": "kept", "Driver": "local", "Mode": "z", "RW": True, "Propagation": "",
    }  # fmt: skip
    sized = pydocker("container", "inspect", "-s", "-f", "{{.SizeRw}} {{if .SizeRootFs}}sized{{end}}", "ended")
    assert sized.stdout == "0 sized\n"
    missing = pydocker("inspect", "--type", "container", "-f", "{{.Name}}", "busy", "nosuch")
    assert (missing.status, missing.stdout, missing.stderr) == (1, "/busy\n", "Error response from daemon: No such container: nosuch\n")
    assert pydocker("inspect", "-s", "-f", "{{.SizeRw}}", busy["Id"][:8]).stdout == "0\n"


@proves("container port")
def test_port(pydocker, crowd):
    line = pydocker("port", "busy").stdout
    assert re.fullmatch(r"80/tcp -> 127\.0\.0\.1:\d+\n", line)
    assert pydocker("port", "busy", "80/tcp").stdout == line.partition("> ")[2]
    missing = pydocker("port", "busy", "99")
    assert (missing.status, missing.stderr) == (1, "Error: No public port '99' published for busy\n")
    assert pydocker("port", "ended").stdout == ""


@proves("container rename")
def test_rename(pydocker, crowd):
    busy_id = pydocker("inspect", "-f", "{{.Id}}", "busy").stdout.strip()
    assert pydocker("rename", "busy", "busier").status == 0
    assert names(pydocker) == ["busier"]
    taken = pydocker("rename", "busier", "ended")
    ended_id = pydocker("inspect", "-f", "{{.Id}}", "ended").stdout.strip()
    assert taken.stderr.splitlines() == [
        f'Error response from daemon: Error when allocating new name: Conflict. The container name "/ended" is already in use by container '
        f'"{ended_id}". You have to remove (or rename) that container to be able to reuse that name.',
        "Error: failed to rename container named busier",
    ]
    assert pydocker("rename", busy_id[:12], "busy").status == 0
    assert pydocker("exec", "busy", "true").status == 0


@proves(
    "container update", "container update --restart", "container update --blkio-weight", "container update --cpu-period",
    "container update --cpu-quota", "container update --cpu-shares", "container update --cpus", "container update --cpuset-cpus",
    "container update --cpuset-mems", "container update --memory-reservation", "container update --memory-swap",
    "container update --pids-limit",
)  # fmt: skip
def test_update(pydocker, crowd):
    done = pydocker("update", "--restart", "on-failure:2", "busy", "fresh")
    assert (done.status, done.stdout, done.stderr) == (0, "busy\nfresh\n", "")
    assert pydocker("inspect", "-f", "{{json .HostConfig.RestartPolicy}}", "busy").stdout == '{"Name":"on-failure","MaximumRetryCount":2}\n'
    for flag, value, member, kept, nothing in (
        ("--blkio-weight", "50", "BlkioWeight", "50", "0"),
        ("--cpu-period", "10000", "CpuPeriod", "10000", "0"),
        ("--cpu-quota", "5000", "CpuQuota", "5000", "0"),
        ("--cpu-shares", "512", "CpuShares", "512", "0"),
        ("--cpuset-cpus", "0", "CpusetCpus", "0", ""),
        ("--cpuset-mems", "0", "CpusetMems", "0", ""),
        ("--memory-reservation", "32m", "MemoryReservation", str(32 << 20), "0"),
        ("--pids-limit", "50", "PidsLimit", "50", "<nil>"),
    ):
        done = pydocker("update", flag, value, "fresh")
        assert done.status == 0, done
        shown = pydocker("inspect", "-f", f"{{{{.HostConfig.{member}}}}}", "fresh").stdout.strip()
        assert shown == (nothing if "iscarded" in done.stdout else kept), flag
    refused = pydocker("update", "--cpus", "99999", "fresh")
    assert refused.stderr.startswith("Error response from daemon: range of CPUs is from 0.01 to ")
    assert pydocker("update", "--memory-swap", "1g", "--memory", "5m", "fresh").stderr == (
        "Error response from daemon: Minimum memory limit allowed is 6MB\n"
    )
    several = pydocker("update", "--restart", "no", "nosuch", "busy")
    assert (several.status, several.stdout, several.stderr) == (1, "busy\n", "Error response from daemon: No such container: nosuch\n")
    unknown = pydocker("update", "--restart", "sometimes", "busy")
    assert unknown.status == 1
    assert "invalid restart policy: unknown policy 'sometimes'" in unknown.stderr
