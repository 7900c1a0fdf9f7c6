"""slirp4netns as the way out: a whole network stack of its own, small; asks the name server that resolv.conf names at the time."""

from __future__ import annotations

from dockercompat.net import links, nft

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dockercompat.net.uplink.addresses import Uplink

READY_FD = 3


def argv(uplink: Uplink, netns_path: str, userns_path: str) -> list[str]:
    """The words that start it; it writes to READY_FD when the device is configured.

    userns_path  "" where it is started in the user namespace that owns the other
    """
    words = ["slirp4netns", "--configure", f"--mtu={links.MTU}", f"--cidr={uplink.cidr}", f"--ready-fd={READY_FD}"]
    words += ["--enable-ipv6", "--enable-sandbox", "--enable-seccomp", "--netns-type=path"]
    if userns_path:
        words.append(f"--userns-path={userns_path}")
    return [*words, netns_path, nft.UPLINK]
