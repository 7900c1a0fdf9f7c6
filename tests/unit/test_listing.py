"""Listings: columns, headings, formats and complaints as docker 28.2.2 gave them for the same rows."""

from __future__ import annotations

import time
from typing import Any

import pytest

from dockercompat.cli.listing import changes, container, context, df, events, history, image, network, port, search, stats, top, volume
from dockercompat.cli.listing.table import align, width
from dockercompat.errors import ClientError, InvalidTemplate

NOW = int(time.time())
CONTEXT = "*formatter.ContainerContext"
EXECUTE = "failed to execute template: template: "


def published(address: str, inside: int, outside: int, protocol: str = "tcp") -> dict[str, Any]:
    return {"IP": address, "PrivatePort": inside, "PublicPort": outside, "Type": protocol}


CONTAINERS: list[dict[str, Any]] = [
    {
        "Id": "a1" * 32,
        "Names": ["/c1", "/other/link"],
        "Image": "busybox",
        "ImageID": "sha256:" + "b2" * 32,
        "Command": "sh -c 'echo a long command line'",
        "Created": NOW - 3700,
        "Ports": [published("0.0.0.0", 80, 8080), published("::", 80, 8080)],
        "Labels": {"my.label": "v", "a": "b"},
        "State": "running",
        "Status": "Up 3 minutes (healthy)",
        "NetworkSettings": {"Networks": {"bridge": {}}},
        "Mounts": [{"Name": "a-very-long-volume-name", "Driver": "local"}, {"Source": "/srv/x"}],
        "SizeRw": 2000,
        "SizeRootFs": 4041234,
    },
    {
        "Id": "c3" * 32,
        "Names": ["/日本"],
        "Image": "docker.io/library/alpine:3@sha256:" + "d4" * 32,
        "Command": "",
        "Created": NOW - 86400 * 20,
    },
    {
        "Id": "e5" * 32,
        "Names": ["/y"],
        "Image": "sha256:" + "e6" * 32,
        "ImageID": "sha256:" + "e6" * 32,
        "Command": 't\t"é',
        "Created": NOW - 86400 * 4,
    },
]


def test_ps_table() -> None:
    lines = container.render(CONTAINERS).splitlines()
    assert lines[:2] == [
        "CONTAINER ID   IMAGE          COMMAND                  CREATED             STATUS                   "
        "PORTS                                     NAMES",
        'a1a1a1a1a1a1   busybox        "sh -c \'echo a long …"   About an hour ago   Up 3 minutes (healthy)   '
        "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp   c1",
    ]
    assert lines[2].split() == ["c3c3c3c3c3c3", "alpine:3", '""', "2", "weeks", "ago", "日本"]
    assert lines[3].split() == ["e5e5e5e5e5e5", "e6e6e6e6e6e6", '"t\\t\\"é"', "4", "days", "ago", "y"]
    assert {line.rindex(" ") for line in lines[1:]} == {lines[0].rindex(" ")}
    assert container.render([]) == "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n"


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        (
            "{{.Names}}|{{.Size}}|{{.Labels}}|{{.Mounts}}|{{.LocalVolumes}}",
            "c1|2kB (virtual 4.04MB)|a=b,my.label=v|a-very-long-vo…,/srv/x|1\n",
        ),
        ('{{.Label "my.label"}}{{.Label "no"}}', "v\n"),
        ('table {{.Names}}\\t{{.Label "my.long_label"}}', "NAMES     long label\nc1        \n"),
        ("table {{upper .Names}} x", "NAMES x\nC1 x\n"),
        ("table {{.Names}}\\t{{len .Names}}", "NAMES     5\nc1        2\n"),
        ("{{json .Ports}}", '"0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"\n'),
        ("a\\tb\\n{{.ID}}", "a\tb\na1a1a1a1a1a1\n"),
        ("{{.Platform}}", "<nil>\n"),
    ],
)
def test_ps_formats(format: str, expected: str) -> None:
    assert container.render(CONTAINERS[:1], format=format) == expected


def test_ps_json_escapes_html_and_sorts() -> None:
    line = container.render(CONTAINERS[:1], format="json")
    assert line.startswith('{"Command":"\\"sh -c \'echo a long …\\"","CreatedAt":"')
    assert '"Ports":"0.0.0.0:8080-\\u003e80/tcp, [::]:8080-\\u003e80/tcp"' in line
    assert line == container.render(CONTAINERS[:1], format="{{json .}}")
    assert '"Names":"c1,other/link"' in container.render(CONTAINERS[:1], format="json", no_trunc=True)


def test_ps_quiet() -> None:
    assert container.render(CONTAINERS[:1], quiet=True) == "a1a1a1a1a1a1\n"
    assert container.render(CONTAINERS[:1], quiet=True, no_trunc=True) == "a1" * 32 + "\n"
    assert container.render(CONTAINERS[:1], quiet=True, format="raw") == "container_id: a1a1a1a1a1a1\n"


@pytest.mark.parametrize(
    ("format", "message"),
    [
        ("{{.NoSuch}}", EXECUTE + ':1:2: executing "" at <.NoSuch>: can\'t evaluate field NoSuch in type ' + CONTEXT),
        ("{{nosuch .Names}}", 'failed to parse template: template: :1: function "nosuch" not defined'),
        ("table {{.X}}", EXECUTE + ':1:8: executing "" at <.X>: can\'t evaluate field X in type ' + CONTEXT),
        ("{{.Label}}", EXECUTE + ':1:2: executing "" at <.Label>: wrong number of args for Label: want 1 got 0'),
    ],
)
def test_ps_refuses(format: str, message: str) -> None:
    with pytest.raises(ClientError) as caught:
        container.needs_size(format)
    assert str(caught.value) == message


def test_ps_needs_size() -> None:
    assert [container.needs_size(f) for f in ("", "json", "{{.Names}}", "{{.Size}}", "{{if true}}{{upper .Size}}{{end}}")] == [
        False,
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], ""),
        ([{"PrivatePort": 80, "Type": "tcp"}], "80/tcp"),
        ([{"PrivatePort": 82, "Type": "tcp"}, {"PrivatePort": 81, "Type": "tcp"}], "81-82/tcp"),
        ([published("0.0.0.0", 90, 90), published("0.0.0.0", 91, 91)], "0.0.0.0:90-91->90-91/tcp"),
        ([published("127.0.0.1", 53, 5353, "udp"), published("0.0.0.0", 90, 90)], "0.0.0.0:90->90/tcp, 127.0.0.1:5353->53/udp"),
        ([published("0.0.0.0", 80, 8080), published("0.0.0.0", 81, 8081)], "0.0.0.0:8080->80/tcp, 0.0.0.0:8081->81/tcp"),
        ([published("::", 80, 80), published("0.0.0.0", 80, 80)], "0.0.0.0:80->80/tcp, [::]:80->80/tcp"),
        ([published("0.0.0.0", p, p) for p in (80, 81, 90)], "0.0.0.0:80-81->80-81/tcp, 0.0.0.0:90->90/tcp"),
    ],
)
def test_ports(rows: list[dict[str, Any]], expected: str) -> None:
    assert container.ports(rows) == expected


IMAGES: list[dict[str, Any]] = [
    {
        "Id": "sha256:" + "ab" * 32,
        "RepoTags": ["busybox:latest", "docker.io/library/busybox:1", "localhost:5000/x/y:v1"],
        "RepoDigests": ["busybox@sha256:" + "cd" * 32, "only/digest@sha256:" + "ce" * 32],
        "Created": NOW - 7300,
        "Size": 4041234,
        "SharedSize": -1,
        "Containers": -1,
    },
    {
        "Id": "sha256:" + "ac" * 32,
        "RepoTags": [],
        "RepoDigests": [],
        "Created": NOW - 86400 * 3,
        "Size": 123456789,
        "SharedSize": 1000,
        "Containers": 2,
    },
]


def test_images() -> None:
    assert image.render(IMAGES) == (
        "REPOSITORY           TAG       IMAGE ID       CREATED       SIZE\n"
        "busybox              latest    abababababab   2 hours ago   4.04MB\n"
        "busybox              1         abababababab   2 hours ago   4.04MB\n"
        "localhost:5000/x/y   v1        abababababab   2 hours ago   4.04MB\n"
        "only/digest          <none>    abababababab   2 hours ago   4.04MB\n"
        "<none>               <none>    acacacacacac   3 days ago    123MB\n"
    )
    digests = image.render(IMAGES, format="{{.Repository}}:{{.Tag}} {{.Digest}}").splitlines()
    assert digests[0] == "busybox:latest sha256:" + "cd" * 32
    assert digests[2:] == ["localhost:5000/x/y:v1 <none>", "only/digest:<none> ", "<none>:<none> <none>"]
    assert image.render(IMAGES[1:], format="{{.Containers}} {{.SharedSize}} {{.UniqueSize}} {{.VirtualSize}}") == "2 1kB 123.5MB 123.5MB\n"
    assert image.render(IMAGES[1:], digests=True).splitlines()[0].split() == [
        "REPOSITORY",
        "TAG",
        "DIGEST",
        "IMAGE",
        "ID",
        "CREATED",
        "SIZE",
    ]
    with pytest.raises(ClientError, match=r"^template parsing error: .* in type \*formatter\.imageContext$"):
        image.render(IMAGES, format="{{.NoSuch}}")


def test_volumes_and_networks() -> None:
    rows = [{"Name": "v1", "Driver": "local", "Mountpoint": "/m", "Scope": "local", "Labels": {"b": "2", "a": "1"}}]
    assert volume.render(rows) == "DRIVER    VOLUME NAME\nlocal     v1\n"
    assert volume.render(rows, quiet=True) == "v1\n"
    assert volume.render(rows, format="json") == (
        '{"Availability":"N/A","Driver":"local","Group":"N/A","Labels":"a=1,b=2","Links":"N/A","Mountpoint":"/m","Name":"v1",'
        '"Scope":"local","Size":"N/A","Status":"N/A"}\n'
    )
    nets = [
        {"Name": "n1", "Id": "cd" * 32, "Created": "2026-01-02T03:04:05.5+01:00", "Scope": "local", "Driver": "bridge", "EnableIPv4": True}
    ]
    assert network.render(nets) == "NETWORK ID     NAME      DRIVER    SCOPE\ncdcdcdcdcdcd   n1        bridge    local\n"
    assert network.render(nets, format="{{.CreatedAt}} {{.IPv4}} {{.IPv6}}") == "2026-01-02 03:04:05.5 +0100 +0100 true false\n"


def test_history() -> None:
    rows = [
        {
            "Id": "sha256:" + "ab" * 32,
            "Created": NOW - 7300,
            "CreatedBy": "a\tvery long line of a build instruction" + " more" * 9,
            "Size": 0,
            "Comment": "c",
        },
        {"Id": "<missing>", "Created": 0, "CreatedBy": "short", "Size": 4041234},
    ]
    assert history.render(rows) == (
        "IMAGE          CREATED       CREATED BY                                      SIZE      COMMENT\n"
        "abababababab   2 hours ago   a very long line of a build instruction more…   0B        c\n"
        "<missing>      N/A           short                                           4.04MB    \n"
    )
    assert history.render(rows, format="{{.Size}}", human=False) == "0\n4041234\n"


def test_stats() -> None:
    sample = {
        "name": "/c1",
        "id": "a1" * 32,
        "cpu_stats": {"cpu_usage": {"total_usage": 3000000}, "system_cpu_usage": 200000000, "online_cpus": 4},
        "precpu_stats": {"cpu_usage": {"total_usage": 1000000}, "system_cpu_usage": 100000000},
        "memory_stats": {"usage": 10000000, "limit": 2000000000, "stats": {"inactive_file": 1000}},
        "pids_stats": {"current": 3},
        "blkio_stats": {"io_service_bytes_recursive": [{"op": "read", "value": 1000}, {"op": "Write", "value": 2000000}]},
        "networks": {"eth0": {"rx_bytes": 1234, "tx_bytes": 567}},
    }
    assert stats.render([stats.entry(sample, "c1"), stats.entry(None, "x")]) == (
        "CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT     MEM %     NET I/O         BLOCK I/O   PIDS\n"
        "a1a1a1a1a1a1   c1        8.00%     9.536MiB / 1.863GiB   0.50%     1.23kB / 567B   1kB / 2MB   3\n"
        "               --        --        -- / --               --        --              --          --\n"
    )


def test_disk_usage() -> None:
    usage = {
        "LayersSize": 5000000,
        "Images": [{"Id": "sha256:1", "RepoTags": ["a:1"], "Size": 2000, "SharedSize": 1000, "Containers": 1, "Created": 0}],
        "Containers": [{"Id": "1" * 64, "State": "exited", "SizeRw": 7}],
        "Volumes": [{"Name": f"v{n}", "UsageData": {"RefCount": n, "Size": 12345}} for n in (0, 1)],
        "BuildCache": [],
    }
    assert df.render(usage) == (
        "TYPE            TOTAL     ACTIVE    SIZE      RECLAIMABLE\n"
        "Images          1         1         5MB       4.999MB (99%)\n"
        "Containers      1         0         7B        7B (100%)\n"
        "Local Volumes   2         1         24.69kB   12.35kB (50%)\n"
        "Build Cache     0         0         0B        0B\n"
    )
    assert df.render(usage, verbose=True, format="{{len .Containers}} {{range .Volumes}}{{.Name}}={{.Links}} {{end}}") == "1 v0=0 v1=1 "
    assert df.render(usage, verbose=True).endswith(
        "\nBuild cache usage: 0B\n\nCACHE ID   CACHE TYPE   SIZE      CREATED   LAST USED   USAGE     SHARED\n"
    )


def test_events() -> None:
    event = {
        "status": "create",
        "id": "ab",
        "from": "busybox",
        "Type": "container",
        "Action": "create",
        "Actor": {"ID": "ab", "Attributes": {"name": "c1", "image": "busybox"}},
        "scope": "local",
        "time": 1700000000,
        "timeNano": 1700000000123456789,
    }
    assert events.formatter()(event).endswith(" container create ab (image=busybox, name=c1)")
    assert events.formatter("{{.Action}} {{.Actor.Attributes.name}} {{.TimeNano}}")(event) == "create c1 1700000000123456789"
    assert events.formatter("json")(event) == (
        '{"status":"create","id":"ab","from":"busybox","Type":"container","Action":"create","Actor":{"ID":"ab","Attributes":'
        '{"image":"busybox","name":"c1"}},"scope":"local","time":1700000000,"timeNano":1700000000123456789}'
    )
    with pytest.raises(InvalidTemplate) as caught:
        events.formatter("{{.NoSuch}}")
    assert str(caught.value).endswith("can't evaluate field NoSuch in type *events.Message")


def test_smaller_ones() -> None:
    assert (
        top.render({"Titles": ["PID", "COMMAND"], "Processes": [["1", "sleep 60"]]})
        == "PID                 COMMAND\n1                   sleep 60\n"
    )
    assert changes.render([{"Kind": 0, "Path": "/a"}, {"Kind": 1, "Path": "/b"}, {"Kind": 2, "Path": "/c"}]) == "C /a\nA /b\nD /c\n"
    bindings = {"100/tcp": [{"HostIp": "::", "HostPort": "2"}], "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "81/tcp": None}
    assert port.render(bindings) == "80/tcp -> 0.0.0.0:8080\n100/tcp -> [::]:2\n"
    found: list[dict[str, Any]] = [{"name": "busybox", "description": "a\nb", "star_count": 12, "is_official": True}, {"name": "x/y"}]
    assert search.render(found).splitlines()[1:] == ["busybox   a b           12        [OK]", "x/y                     0         "]
    contexts = [context.Context(name="default", is_current=True, docker_endpoint="unix:///x"), context.Context(name="b")]
    assert context.render(contexts).splitlines()[1].startswith("default *   ")
    assert context.render(contexts, format="{{.Name}} {{.Current}}") == "default true\nb false\n"
    assert context.render(contexts, quiet=True) == "default\nb\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\tb\n", "a         b\n"),
        ("a\tb\n1234567890\tc\n", "a            b\n1234567890   c\n"),
        ("a\tb\tc\nx\nlonger than that\td\n", "a         b         c\nx\nlonger than that   d\n"),
        ("日本\tb\nabc\tc\n", "日本      b\nabc       c\n"),
        ("\t\tx\n", "                    x\n"),
    ],
)
def test_align(text: str, expected: str) -> None:
    assert align(text) == expected


def test_width() -> None:
    assert [width(t) for t in ("", "abc", "é…", "日本", "e\u0301")] == [0, 3, 2, 4, 1]
