"""The rules of the user's network namespace: one table, written once; publishing a port adds elements to its maps.

gateway_published  what a container sends to a gateway address, for ports published on all addresses of the host
host_gateway       containers that may reach the host's loopback (the helper's .2 address)
internal           bridges of networks without a way out
unmasqueraded      bridges whose containers' addresses leave as they are (enable_ip_masquerade=false), to where nobody knows them
within             bridges, with themselves, whose containers may reach each other: where br_netfilter is loaded, bridged packets pass
                   the forward chain too
linked             from a container to a port of another one that it links to (--link), where that network's may not
"""

from __future__ import annotations

from dockercompat.record import Record

TABLE = "pydocker"
UPLINK = "tap0"
RELAY_MARK = 0x70790001  # on what the relay sends to containers in a client's name
ANSWER_MARK = 0x70790002  # on what they answer: routed to this namespace itself, whatever address it is for
RESOLVER = "127.0.0.11"  # what containers of user-defined networks ask; the gateway that they sent it to answers


class Link(Record):
    """What one container may reach at another in spite of all."""

    source: str
    address: str
    protocol: str
    port: int


class Forward(Record):
    """A published port as the rules see it.

    protocol    tcp, udp or sctp
    host_port   what containers use on a gateway address; 0 when the port is bound to one address of the host
    """

    protocol: str
    host_port: int
    address: str
    port: int


def ruleset(host_address: str, host_address6: str) -> str:
    """The tables: one for each family, and one that marks what the relay and its clients say.

    host_address   the helper's own, behind which the host's loopback is
    host_address6  the same of IPv6
    """
    key = "type inet_proto . inet_service : ipv4_addr . inet_service"
    return f"""table ip {TABLE} {{
  map gateway_published {{ {key}; }}
  set host_gateway {{ type ipv4_addr; }}
  set internal {{ type ifname; }}
  set unmasqueraded {{ type ifname; }}
  set within {{ type ifname . ifname; }}
  set linked {{ type ipv4_addr . ipv4_addr . inet_proto . inet_service; }}
  chain prerouting {{
    type nat hook prerouting priority -100;
    iifname != "{UPLINK}" ip daddr {RESOLVER} meta l4proto {{ tcp, udp }} th dport 53 redirect
    iifname != "{UPLINK}" fib daddr type local dnat ip to meta l4proto . th dport map @gateway_published
  }}
  chain output {{
    type nat hook output priority -100;
    fib daddr type local dnat ip to meta l4proto . th dport map @gateway_published
  }}
  chain postrouting {{
    type nat hook postrouting priority 100;
    iifname @unmasqueraded oifname "{UPLINK}" return
    oifname "{UPLINK}" masquerade
    iifname != "{UPLINK}" ct status dnat masquerade
  }}
  chain forward {{
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname . oifname @within accept
    ip saddr . ip daddr . meta l4proto . th dport @linked accept
    iifname @internal drop
    oifname @internal drop
    ct status dnat accept
    oifname != "{UPLINK}" drop
    ip daddr {host_address} ip saddr != @host_gateway drop
    accept
  }}
}}
table ip6 {TABLE} {{
  set internal {{ type ifname; }}
  set unmasqueraded {{ type ifname; }}
  set within {{ type ifname . ifname; }}
  chain postrouting {{
    type nat hook postrouting priority 100;
    iifname @unmasqueraded oifname "{UPLINK}" return
    oifname "{UPLINK}" masquerade
  }}
  chain forward {{
    type filter hook forward priority 0; policy drop;
    ct state established,related accept
    iifname . oifname @within accept
    iifname @internal drop
    oifname @internal drop
    oifname != "{UPLINK}" drop
    ip6 daddr {host_address6} drop
    accept
  }}
}}
table inet {TABLE} {{
  chain relay_sends {{
    type filter hook output priority -150;
    meta mark {RELAY_MARK} ct mark set {RELAY_MARK}
  }}
  chain relay_receives {{
    type filter hook prerouting priority -150;
    ct mark {RELAY_MARK} ct direction reply meta mark set {ANSWER_MARK}
  }}
}}
"""


def delete_tables() -> str:
    """Lines that take all of it away, before it is written anew in the same transaction; they need not be there."""
    return "".join(f"table {family} {TABLE}\ndelete table {family} {TABLE}\n" for family in ("ip", "ip6", "inet"))


def _elements(forwards: list[Forward]) -> list[str]:
    lines = []
    for each in forwards:
        value = f"{each.address} . {each.port}"
        if each.host_port:
            lines.append(f"add element ip {TABLE} gateway_published {{ {each.protocol} . {each.host_port} : {value} }}\n")
    return lines


def publish(forwards: list[Forward]) -> str:
    """Elements to add; fails where other values stand under the same keys."""
    return "".join(_elements(forwards))


def replacing(line: str) -> str:
    """A line that adds an element to a map, made to replace whatever an ended container left under that key."""
    return f"{line.replace('add element', 'delete element').partition(' : ')[0]} }}\n{line}"


def withdraw(forwards: list[Forward]) -> str:
    """Elements to delete; each is added first, so that one that is gone already does not fail the others."""
    return "".join(line + line.replace("add element", "delete element") for line in _elements(forwards))


def allow_host(addresses: list[str]) -> str:
    return f"add element ip {TABLE} host_gateway {{ {', '.join(addresses)} }}\n" if addresses else ""


def forbid_host(addresses: list[str]) -> str:
    lines = allow_host(addresses)
    return lines + lines.replace("add element", "delete element")


def link(found: list[Link]) -> str:
    elements = ", ".join(f"{each.source} . {each.address} . {each.protocol} . {each.port}" for each in found)
    return f"add element ip {TABLE} linked {{ {elements} }}\n" if found else ""


def unlink(found: list[Link]) -> str:
    lines = link(found)
    return lines + lines.replace("add element", "delete element")


def add_bridge(bridge: str, *, internal: bool, masquerade: bool, icc: bool) -> str:
    """Let a bridge's members talk to each other (icc); an internal one gets no way out (network create --internal)."""
    lines = []
    for family in ("ip", "ip6"):
        if icc:
            lines.append(f'add element {family} {TABLE} within {{ "{bridge}" . "{bridge}" }}\n')
        if internal:
            lines.append(f'add element {family} {TABLE} internal {{ "{bridge}" }}\n')
        if not masquerade:
            lines.append(f'add element {family} {TABLE} unmasqueraded {{ "{bridge}" }}\n')
    return "".join(lines)


def remove_bridge(bridge: str, *, internal: bool, masquerade: bool, icc: bool) -> str:
    return add_bridge(bridge, internal=internal, masquerade=masquerade, icc=icc).replace("add element", "delete element")
