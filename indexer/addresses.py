"""Which network addresses are out in the public, where a picture may be fetched from."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

# The tables are written out, not taken from `is_global`: what that covers differs between patch
# releases of Python 3.11, and it calls NAT64 and 6to4 addresses global.
# Sources: the IANA special-purpose address registries for IPv4 and IPv6 (RFC 6890 and updates).
_SPECIAL_IPV4 = tuple(
    (ip_network(network), name)
    for network, name in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared (carrier-grade NAT)"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "reserved"),
        ("192.52.193.0/24", "reserved"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "reserved"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_SPECIAL_IPV6 = tuple(
    (ip_network(network), name)
    for network, name in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::ffff:0:0/96", "IPv4-mapped"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b::/96", "NAT64"),
        ("64:ff9b:1::/48", "NAT64"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "private"),
        ("ff00::/8", "multicast"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "reserved"),
        ("3fff::/20", "documentation"),
    )
)
# Everything IANA has given out for the public lies in here; the rest of IPv6 is refused unseen.
_GLOBAL_UNICAST = IPv6Network("2000::/3")


def refusal(address: str) -> str | None:
    """Say why an address is not public, or None when it is.

    Args:
        address: An IPv4 or IPv6 address as text; a scope ("%eth0") is allowed.

    Returns:
        One or a few words: "loopback", "private", "multicast" and so on.

    Raises:
        ValueError: If it is no address.
    """
    parsed = ip_address(address)
    if isinstance(parsed, IPv4Address):
        return next((name for network, name in _SPECIAL_IPV4 if parsed in network), None)
    return _refusal_ipv6(parsed)


def _refusal_ipv6(address: IPv6Address) -> str | None:
    plain = IPv6Address(int(address))
    named = next((name for network, name in _SPECIAL_IPV6 if plain in network), None)
    if named is None and plain not in _GLOBAL_UNICAST:
        return "reserved"
    return named
