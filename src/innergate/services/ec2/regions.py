"""Regions, Availability Zones and account attributes."""

from innergate.primitives.fault import Fault
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import Document, select
from innergate.services.ec2.zones import REGIONS, zones_of

ZONE_FILTERS = {
    "group-name": "GroupName",
    "message": "Messages.Message",
    "opt-in-status": "OptInStatus",
    "parent-zone-id": "ParentZoneId",
    "parent-zone-name": "ParentZoneName",
    "region-name": "RegionName",
    "state": "State",
    "zone-id": "ZoneId",
    "zone-name": "ZoneName",
    "zone-type": "ZoneType",
    "group-long-name": "GroupLongName",
}
REGION_FILTERS = {"endpoint": "Endpoint", "opt-in-status": "OptInStatus", "region-name": "RegionName"}

LIMITS = {
    "max-instances": "20",
    "vpc-max-security-groups-per-interface": "5",
    "max-elastic-ips": "5",
    "vpc-max-elastic-ips": "5",
}


def describe_zones(context: Context, params: Params) -> Result:
    """DescribeAvailabilityZones of the called region."""
    region = context.region
    documents: list[Document] = [
        {
            "State": "available",
            "OptInStatus": "opt-in-not-required",
            "Messages": [],
            "RegionName": region,
            "ZoneName": zone.name,
            "ZoneId": zone.id,
            "GroupName": f"{region}-zg-1",
            "NetworkBorderGroup": region,
            "ZoneType": "availability-zone",
        }
        for zone in zones_of(region)
    ]
    for parameter, member in (("ZoneNames", "ZoneName"), ("ZoneIds", "ZoneId")):
        wanted = params.get(parameter) or ()
        known = {d[member] for d in documents}
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise Fault(
                "InvalidParameterValue",
                f"Invalid availability zone: [{', '.join(unknown)}]",
            )
        if wanted:
            documents = [d for d in documents if d[member] in wanted]
    return {"AvailabilityZones": select(documents, params.get("Filters") or (), ZONE_FILTERS)}


def describe_regions(context: Context, params: Params) -> Result:
    """DescribeRegions: the regions that are on without opting in, and the called one."""
    names = REGIONS if context.region in REGIONS else (*REGIONS, context.region)
    wanted = params.get("RegionNames") or ()
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise Fault("InvalidParameterValue", f"Invalid region names: [{', '.join(unknown)}]")
    documents: list[Document] = [
        {"RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com", "OptInStatus": "opt-in-not-required"}
        for name in names
        if not wanted or name in wanted
    ]
    return {"Regions": select(documents, params.get("Filters") or (), REGION_FILTERS)}


def describe_account_attributes(context: Context, params: Params) -> Result:
    """DescribeAccountAttributes: VPC only, the default VPC's id, the usual limits."""
    default = context.tx.find(Vpc, "default", f"{context.account}/{context.region}")
    values = {"supported-platforms": "VPC", "default-vpc": default[0].id if default else "none", **LIMITS}
    wanted = params.get("AttributeNames") or tuple(values)
    return {
        "AccountAttributes": [
            {"AttributeName": name, "AttributeValues": [{"AttributeValue": value}]}
            for name, value in values.items()
            if name in wanted
        ]
    }
