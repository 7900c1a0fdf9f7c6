"""Who has which address between the user's network namespace and the helper that is its way out; the same with every helper."""

from __future__ import annotations

from dockercompat.net import ipam
from dockercompat.record import Record


class Uplink(Record):
    """The addresses of the network between namespace and helper, of its subnet in CIDR form."""

    cidr: str

    def _address(self, number: int) -> str:
        return ipam.format_address(ipam.parse_subnet(self.cidr).base + number)

    @property
    def host_address(self) -> str:
        """What the host's loopback is from inside."""
        return self._address(2)

    @property
    def dns_address(self) -> str:
        """A name server that asks the host's."""
        return self._address(3)

    @property
    def guest_address(self) -> str:
        return self._address(100)

    @property
    def host_address6(self) -> str:
        """What the host's loopback is over IPv6; slirp4netns knows one network only."""
        return "fd00::2"

    @property
    def guest_address6(self) -> str:
        return "fd00::100"
