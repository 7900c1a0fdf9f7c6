"""pasta as the way out: it has no stack of its own, but maps connections to the host's.

Its own forwarding of ports is off (net/relay does that for every helper); so is what it does with the loopback of both sides. The
host's loopback is behind the gateway's address, which the rules keep from who has not asked for it.
"""

from __future__ import annotations

import os

from dockercompat.net import ipam, links, nft

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.net.uplink.addresses import Uplink

READY_FD = 3
NO_WAY_OUT = "External interface not usable"  # what it says where no interface of the host has a default route


def argv(uplink: Uplink, netns_path: str, userns_path: str) -> list[str]:
    """The words that start it; it writes its pid to READY_FD when the device is configured.

    userns_path  "" where it is started in the user namespace that owns the other
    """
    words = ["pasta", "--foreground", "--quiet", "--pid", f"/proc/self/fd/{READY_FD}", "--config-net", "--ns-ifname", nft.UPLINK]
    words += ["--mtu", str(links.MTU), "--address", uplink.guest_address, "--netmask", str(ipam.parse_subnet(uplink.cidr).prefix)]
    words += ["--gateway", uplink.host_address, "--dns-forward", uplink.dns_address]
    words += ["--address", uplink.guest_address6, "--gateway", uplink.host_address6]  # passed over on a host without a way out by IPv6
    for option in ("--tcp-ports", "--udp-ports", "--tcp-ns", "--udp-ns"):
        words += [option, "none"]
    words += ["--no-dhcp", "--no-dhcpv6", "--no-ra", "--no-netns-quit"]
    if os.geteuid() == 0:
        words += ["--runas", "0:0"]  # nobody, whom it would become, may not enter namespaces of root's
    if userns_path:
        words += ["--userns", userns_path]
    return [*words, "--netns", netns_path]
