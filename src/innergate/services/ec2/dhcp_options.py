"""DHCP options: kept and shown as records."""

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.network_records import DhcpOptions
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.default_network import ensure_default_network
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.identifiers import DHCP_OPTIONS, VPC, all_own, own
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.tag_sets import tag_list, tags_on_create

OPTION_NAMES = (
    "domain-name",
    "domain-name-servers",
    "ntp-servers",
    "netbios-name-servers",
    "netbios-node-type",
    "ipv6-address-preferred-lease-time",
)

LISTING = Listing(
    "DhcpOptions",
    "DhcpOptionsIds",
    "DhcpOptionsId",
    DHCP_OPTIONS,
    {
        "dhcp-options-id": "DhcpOptionsId",
        "key": "DhcpConfigurations.Key",
        "value": "DhcpConfigurations.Values.Value",
        "owner-id": "OwnerId",
        **TAGS,
    },
)


def options_document(options: DhcpOptions) -> Document:
    """A set as EC2 answers it."""
    return {
        "DhcpOptionsId": options.id,
        "OwnerId": options.account,
        "DhcpConfigurations": [
            {"Key": key, "Values": [{"Value": value} for value in values]}
            for key, values in options.configurations.items()
        ],
        "Tags": tag_list(options.tags),
    }


def create(context: Context, params: Params) -> Result:
    """CreateDhcpOptions."""
    configurations: dict[str, tuple[str, ...]] = {}
    for item in params["DhcpConfigurations"]:
        key = item.get("Key", "")
        if key not in OPTION_NAMES:
            raise Fault("InvalidParameterValue", f"Value ({key}) for parameter name is invalid. Unknown DHCP option")
        configurations[key] = tuple(item.get("Values") or ())
    options = DhcpOptions(
        id=fresh_ec2_id(context.ids, "dopt"),
        account=context.account,
        region=context.region,
        configurations=configurations,
        created_at=context.clock.now(),
        tags=tags_on_create(params, "dhcp-options"),
    )
    context.tx.put(options)
    return {"DhcpOptions": options_document(options)}


def describe(context: Context, params: Params) -> Result:
    """DescribeDhcpOptions."""
    return answer(LISTING, params, map(options_document, all_own(context, DhcpOptions)))


def associate(context: Context, params: Params) -> None:
    """AssociateDhcpOptions: "default" means no options."""
    vpc = own(context, Vpc, VPC, params["VpcId"])
    id = params["DhcpOptionsId"]
    if id != "default":
        own(context, DhcpOptions, DHCP_OPTIONS, id)
    context.tx.put(msgspec.structs.replace(vpc, dhcp_options_id=id))


def delete(context: Context, params: Params) -> None:
    """DeleteDhcpOptions: refused while a VPC uses it."""
    options = own(context, DhcpOptions, DHCP_OPTIONS, params["DhcpOptionsId"])
    in_use = any(vpc.dhcp_options_id == options.id for vpc in all_own(context, Vpc))
    if in_use or ensure_default_network(context).dhcp_options_id == options.id:
        raise Fault("DependencyViolation", f"The dhcpOptions '{options.id}' has dependencies and cannot be deleted.")
    context.tx.delete(options)
