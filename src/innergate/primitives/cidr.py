"""IPv4 address ranges as EC2 uses them."""

from ipaddress import IPv4Address, IPv4Network


def parse_cidr(text: str) -> IPv4Network | None:
    """The range that `text` names, its host bits cleared as EC2 does; None where it is no IPv4 range."""
    try:
        return IPv4Network(text, strict=False)
    except ValueError:
        return None


def parse_address(text: str) -> IPv4Address | None:
    """The address, or None."""
    try:
        return IPv4Address(text)
    except ValueError:
        return None


def contains(cidr: str, address: str) -> bool:
    """Whether `address` lies in `cidr`; False where either is malformed."""
    network, ip = parse_cidr(cidr), parse_address(address)
    return network is not None and ip is not None and ip in network


def is_subnet_of(inner: str, outer: str) -> bool:
    """Whether all of `inner` lies in `outer`."""
    a, b = parse_cidr(inner), parse_cidr(outer)
    return a is not None and b is not None and a.subnet_of(b)


def overlaps(a: str, b: str) -> bool:
    """Whether the two ranges share an address."""
    x, y = parse_cidr(a), parse_cidr(b)
    return x is not None and y is not None and x.overlaps(y)


def host_at(cidr: str, index: int) -> str:
    """The address `index` steps after the first of `cidr` (1 is the router, 2 the resolver)."""
    return str(IPv4Network(cidr, strict=False).network_address + index)
