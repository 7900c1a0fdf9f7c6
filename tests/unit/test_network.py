"""Subnets, ports, name files and rules: the parts of networking that are values."""

from __future__ import annotations

import pytest

from dockercompat.engine.network import endpoints
from dockercompat.errors import InvalidParameter, InvalidSubnet, NoFreeAddress, PoolsExhausted
from dockercompat.net import dns, ipam, links, nft, ports
from dockercompat.net.uplink.addresses import Uplink

ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
tun0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""


def test_routes_of_the_host_are_avoided():
    routes = ipam.parse_routes(ROUTES)
    assert [str(each) for each in routes] == ["192.0.2.0/24", "172.17.0.0/16"]  # the default route takes nothing
    assert str(ipam.pick_subnet(routes)) == "172.18.0.0/16"
    assert str(ipam.pick_subnet([ipam.parse_subnet("172.16.0.0/12")])) == "192.168.0.0/20"
    assert str(ipam.uplink_subnet([ipam.parse_subnet("10.0.2.0/24")])) == "10.41.2.0/24"
    with pytest.raises(PoolsExhausted):
        ipam.pick_subnet([ipam.parse_subnet("0.0.0.0/0")])


@pytest.mark.parametrize(
    ("text", "shown"), [("10.1.2.3/8", "10.0.0.0/8"), ("192.168.1.128/25", "192.168.1.128/25"), ("1.2.3.4/32", "1.2.3.4/32")]
)
def test_subnet(text, shown):
    assert str(ipam.parse_subnet(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0.0",
        "10.0.0/8",
        "10.0.0.256/8",
        "10.0.0.0/33",
        "10.0.0.0/x",
        "a/8",
        "fd00::/129",
        "fd00::g/64",
        "fd00::%lo/64",
        "1.2.3.4.5/8",
    ],
)
def test_subnet_refused(text):
    with pytest.raises(InvalidSubnet):
        ipam.parse_subnet(text)


def test_addresses_are_the_lowest_free_ones():
    subnet = ipam.parse_subnet("10.9.0.0/29")
    taken = {ipam.parse_address("10.9.0.1")}
    got = []
    for _ in range(5):
        address = ipam.pick_address(subnet, taken)
        taken.add(address)
        got.append(ipam.format_address(address))
    assert got == ["10.9.0.2", "10.9.0.3", "10.9.0.4", "10.9.0.5", "10.9.0.6"]
    with pytest.raises(NoFreeAddress):
        ipam.pick_address(subnet, taken)
    assert (
        ipam.format_address(ipam.pick_address(ipam.parse_subnet("10.9.0.0/24"), set(), ipam.parse_subnet("10.9.0.128/25"))) == "10.9.0.128"
    )
    assert ipam.mac_address(ipam.parse_address("172.17.0.2")) == "02:42:ac:11:00:02"


def test_wanted_ports():
    bindings = {
        "80/tcp": [{"HostIp": "", "HostPort": ""}, {"HostIp": "127.0.0.1", "HostPort": "8080"}, {"HostIp": "0:0::1", "HostPort": "81"}],
        "53/udp": [{"HostPort": "5000-5002", "HostIp": "0.0.0.0"}],
    }
    (everywhere,) = {each.host_ips for each in ports.wanted({"80/tcp": None}, [], False, (1, 2))}
    assert everywhere in (("0.0.0.0",), ("0.0.0.0", "::"))  # this machine may be without IPv6
    assert ports.wanted(bindings, ["80/tcp", "9/tcp"], True, (40000, 40009)) == [
        ports.Wanted("tcp", 80, ("127.0.0.1",), 8080, 8080),  # one choice goes first
        ports.Wanted("tcp", 80, ("::1",), 81, 81),
        ports.Wanted("tcp", 9, everywhere, 40000, 40009),
        ports.Wanted("udp", 53, ("0.0.0.0",), 5000, 5002),
        ports.Wanted("tcp", 80, everywhere, 40000, 40009),
    ]
    assert ports.wanted({}, ["80/tcp"], False, (1, 2)) == []
    assert ports.wanted({"80/tcp": [{}]}, [], False, (1, 2), "127.0.0.1") == [ports.Wanted("tcp", 80, ("127.0.0.1",), 1, 2)]
    with pytest.raises(InvalidParameter):
        ports.wanted({"80/sctp": [{"HostPort": "80"}]}, [], False, (1, 2))


@pytest.mark.parametrize(
    ("want", "free", "in_the_way"),
    [
        (("tcp", 80, ("0.0.0.0", "::"), 8080, 8080), [], "127.0.0.1"),
        (("udp", 80, ("0.0.0.0",), 8080, 8080), [8080], ""),
        (("tcp", 80, ("127.0.0.2",), 8080, 8080), [8080], ""),
        (("tcp", 80, ("127.0.0.2",), 8081, 8081), [], "0.0.0.0"),
        (("tcp", 80, ("::1",), 8081, 8081), [8081], ""),
        (("tcp", 80, ("::1",), 8082, 8082), [], "::"),
        (("tcp", 80, ("0.0.0.0",), 8080, 8083), [8082, 8083], "127.0.0.1"),
        (("tcp", 80, ("0.0.0.0", "::"), 8080, 8083), [8083], "127.0.0.1"),
    ],
)
def test_candidates(want, free, in_the_way):
    taken = [("tcp", "127.0.0.1", 8080), ("tcp", "0.0.0.0", 8081), ("tcp", "::", 8082)]
    wanted = ports.Wanted(*want)
    assert list(ports.candidates(wanted, taken)) == free
    assert ports.in_the_way(wanted, wanted.first, taken) == in_the_way


def test_ports_in_docker_s_shape():
    published = [ports.Published("tcp", "0.0.0.0", 8080, 80), ports.Published("tcp", "127.0.0.1", 8081, 80)]
    assert ports.to_json(published, ["80/tcp", "9/udp"]) == {
        "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "127.0.0.1", "HostPort": "8081"}],
        "9/udp": None,
    }


def test_loopback_name_servers_are_replaced():
    host = dns.parse_resolv_conf("# x\nnameserver 127.0.0.53\nnameserver 9.9.9.9 # y\nnameserver ::1\nsearch a b\noptions edns0 trust-ad\n")
    assert host == dns.Resolver(("127.0.0.53", "9.9.9.9", "::1"), ("a", "b"), ("edns0", "trust-ad"))
    assert dns.reachable(host, "10.0.2.3").nameservers == ("10.0.2.3", "9.9.9.9")
    assert dns.reachable(dns.Resolver(), "10.0.2.3").nameservers == ("10.0.2.3",)


def test_resolv_conf():
    host = dns.Resolver(("9.9.9.9",), ("lan",), ("edns0",))
    assert dns.resolv_conf(host, dns.Resolver(("1.1.1.1",), (".",), ("ndots:3",))).splitlines()[4:] == [
        "nameserver 1.1.1.1",
        "options ndots:3",
        "",
        "# Based on host file: '/etc/resolv.conf' (legacy)",
        "# Overrides: [nameservers search options]",
        "# Option ndots from: override",
    ]
    assert dns.resolv_conf_internal(host, dns.Resolver()).splitlines()[4:] == [
        "nameserver 127.0.0.11",
        "search lan",
        "options edns0 ndots:0",
        "",
        "# Based on host file: '/etc/resolv.conf' (internal resolver)",
        "# ExtServers: [host(9.9.9.9)]",
        "# Overrides: []",
        "# Option ndots from: internal",
    ]


@pytest.mark.parametrize(("hostname", "domain", "names"), [("h", "", "h"), ("my.host", "", "my.host my"), ("h", "d.e", "h.d.e h")])
def test_own_line_of_hosts(hostname, domain, names):
    assert dns.own_names(hostname, domain) == names
    assert dns.hosts([("1.2.3.4", "x")], [("172.17.0.2", names)]).endswith(f"1.2.3.4\tx\n172.17.0.2\t{names}\n")


def test_changes_of_links_and_lines_for_nft():
    interface = links.Interface("vethx", "eth0", "docker0", "172.17.0.2/16", "02:42:ac:11:00:02", "172.17.0.1")
    assert [each.describe() for each in links.plug([interface.replace(isolated=True)], 42)] == [
        "link add vethx mtu 65520 type veth peer name eth0 netns 42 mtu 65520 address 02:42:ac:11:00:02",
        "link set vethx master docker0 up",
        "link set vethx type bridge_slave isolated on",
    ]
    six = interface.replace(name="eth1", gateway="", address6="fd77::2/64", gateway6="fd77::1")
    assert [each.describe() for each in links.configure([interface, six])] == [
        "link set lo up",
        "addr add 172.17.0.2/16 broadcast + dev eth0",
        "link set eth0 up",
        "route replace default via 172.17.0.1 dev eth0",
        "addr add 172.17.0.2/16 broadcast + dev eth1",
        "addr add fd77::2/64 nodad dev eth1",
        "link set eth1 up",
        "route replace default via fd77::1 dev eth1",
    ]
    forward = nft.Forward("tcp", 8080, "172.17.0.2", 80)
    assert nft.publish([forward.replace(host_port=0)]) == ""
    assert nft.publish([forward]) == "add element ip pydocker gateway_published { tcp . 8080 : 172.17.0.2 . 80 }\n"
    assert nft.replacing(nft.publish([forward])).splitlines()[0] == "delete element ip pydocker gateway_published { tcp . 8080 }"
    uplink = Uplink("10.41.2.0/24")
    assert (uplink.host_address, uplink.dns_address, uplink.guest_address) == ("10.41.2.2", "10.41.2.3", "10.41.2.100")


def test_the_way_out_is_that_of_both_families_then_of_the_highest_priority_then_the_first_by_name():
    def place(four: str, six: str = "", priority: int = 0) -> dict[str, object]:
        return {"Gateway": four, "IPv6Gateway": six, "GwPriority": priority}

    places = {"nb": place("10.0.0.1"), "na": place("10.1.0.1"), "inner": place("")}
    assert endpoints.default_gateways(places) == ("10.1.0.1", "")
    assert endpoints.default_gateways({**places, "nz": place("10.2.0.1", priority=1)}) == ("10.2.0.1", "")
    assert endpoints.default_gateways({**places, "nz": place("10.2.0.1", "fd77::1", -1)}) == ("10.2.0.1", "fd77::1")
    assert endpoints.default_gateways({**places, "six": place("", "fd77::9")}) == ("10.1.0.1", "fd77::9")
    assert endpoints.default_gateways({}) == ("", "")


def test_addresses_of_ipv6():
    subnet = ipam.parse_subnet("2001:DB8:7:0::/64")
    assert (str(subnet), subnet.bits, subnet.find("2001:db8:7::77"), subnet.find("10.0.0.1")) == (
        "2001:db8:7::/64",
        128,
        subnet.base + 0x77,
        None,
    )
    assert subnet.format(ipam.pick_address(subnet, {subnet.base + 1})) == "2001:db8:7::2"  # as many as there may be: none is counted
    pool = ipam.unique_local_pool("someone")
    first, second = (part for part, _ in zip(ipam.parts(pool, 64), range(2)))
    assert str(pool).startswith("fd") and pool.holds(first) and not first.overlaps(second)
    assert not ipam.parse_subnet("0.0.0.0/0").overlaps(subnet)
