"""Regions and their Availability Zones: every region has the zones a, b and c here."""

from typing import NamedTuple

from innergate.primitives.fault import Fault

REGIONS = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
"""The regions that are on without opting in (AWS Account Management guide)."""

_SHORT = {
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
    "central": "c",
    "northeast": "ne",
    "northwest": "nw",
    "southeast": "se",
    "southwest": "sw",
}


class Zone(NamedTuple):
    """`name` is us-east-1a, `id` use1-az1."""

    name: str
    id: str


def zones_of(region: str) -> tuple[Zone, ...]:
    """The zones of a region, in order."""
    area, _, rest = region.partition("-")
    direction, _, number = rest.rpartition("-")
    stem = area + "".join(_SHORT.get(word, word[:1]) for word in direction.split("-")) + number
    return tuple(Zone(f"{region}{letter}", f"{stem}-az{index}") for index, letter in enumerate("abc", 1))


def choose_zone(region: str, name: str | None, id: str | None) -> Zone:
    """The zone named by name or id, the region's first where neither is given. Raises Fault InvalidParameterValue."""
    zones = zones_of(region)
    for zone in zones:
        if (not name or zone.name == name) and (not id or zone.id == id):
            return zone
    names = ", ".join(zone.name for zone in zones)
    raise Fault(
        "InvalidParameterValue",
        f"Value ({name or id}) for parameter availabilityZone is invalid. "
        f"Subnets can currently only be created in the following availability zones: {names}.",
    )
