"""Prefix lists: those of AWS's gateway endpoints (s3, dynamodb), and the customer's own."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from innergate.primitives.arn import format_arn
from innergate.primitives.cidr import parse_cidr
from innergate.primitives.digest import digest_text
from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.network_records import PrefixList, PrefixListEntry
from innergate.resources.route_tables import RouteTable
from innergate.resources.security_groups import SecurityGroup
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import TAGS, Document
from innergate.services.ec2.idempotency import made_before, token_mark
from innergate.services.ec2.identifiers import PREFIX_LIST, all_own, own
from innergate.services.ec2.list_members import required
from innergate.services.ec2.listing import Listing, answer, cut_page
from innergate.services.ec2.tag_sets import tag_list, tags_on_create

GATEWAY_SERVICES = {"s3": ("52.216.0.0/15", "3.5.0.0/19"), "dynamodb": ("52.94.0.0/22",)}
"""The services that have gateway endpoints, and ranges that stand for them."""

PLAIN_LISTING = Listing(
    "PrefixLists",
    "PrefixListIds",
    "PrefixListId",
    PREFIX_LIST,
    {"prefix-list-id": "PrefixListId", "prefix-list-name": "PrefixListName"},
)
LISTING = Listing(
    "PrefixLists",
    "PrefixListIds",
    "PrefixListId",
    PREFIX_LIST,
    {
        "owner-id": "OwnerId",
        "prefix-list-id": "PrefixListId",
        "prefix-list-name": "PrefixListName",
        **TAGS,
    },
    smallest_page=1,
    largest_page=100,
)


def service_list_id(region: str, service: str) -> str:
    """The id of an AWS service's prefix list in a region, the same for every account."""
    return f"pl-{digest_text(f'prefix-list/{region}/{service}', 8)}"


def known_list_id(context: Context, id: str) -> str:
    """`id`, if it is of the caller's list or of an AWS service's. Raises Fault InvalidPrefixListID.NotFound: rules that follow
    another account's list would tell what is in it."""
    if id not in [service_list_id(context.region, service) for service in GATEWAY_SERVICES]:
        own(context, PrefixList, PREFIX_LIST, id)
    return id


def describe(context: Context, params: Params) -> Result:
    """DescribePrefixLists: those of AWS services."""
    documents: list[Document] = [
        {
            "PrefixListId": service_list_id(context.region, service),
            "PrefixListName": f"com.amazonaws.{context.region}.{service}",
            "Cidrs": list(cidrs),
        }
        for service, cidrs in GATEWAY_SERVICES.items()
    ]
    return answer(PLAIN_LISTING, params, documents)


def _service_document(region: str, service: str) -> Document:
    id = service_list_id(region, service)
    return {
        "PrefixListId": id,
        "PrefixListName": f"com.amazonaws.{region}.{service}",
        "PrefixListArn": format_arn("ec2", region, "aws", f"prefix-list/{id}"),
        "AddressFamily": "IPv4",
        "State": "create-complete",
        "OwnerId": "AWS",
        "Tags": [],
    }


def list_document(prefix_list: PrefixList) -> Document:
    """A customer's list as EC2 answers it."""
    return {
        "PrefixListId": prefix_list.id,
        "PrefixListName": prefix_list.name,
        "PrefixListArn": format_arn("ec2", prefix_list.region, prefix_list.account, f"prefix-list/{prefix_list.id}"),
        "AddressFamily": prefix_list.address_family,
        "State": "create-complete" if prefix_list.list_version == 1 else "modify-complete",
        "MaxEntries": prefix_list.max_entries,
        "Version": prefix_list.list_version,
        "OwnerId": prefix_list.account,
        "Tags": tag_list(prefix_list.tags),
    }


def describe_managed(context: Context, params: Params) -> Result:
    """DescribeManagedPrefixLists: AWS's and the caller's own."""
    services = [_service_document(context.region, service) for service in GATEWAY_SERVICES]
    return answer(LISTING, params, [*services, *map(list_document, all_own(context, PrefixList))])


def _entries(items: Iterable[Mapping[str, Any]], family: str) -> tuple[PrefixListEntry, ...]:
    entries: dict[str, PrefixListEntry] = {}
    for item in items:
        text = required(item, "Cidr")
        network = parse_cidr(text)
        if (network is None) == (family == "IPv4"):
            raise Fault(
                "InvalidParameterValue", f"The CIDR address ({text}) is invalid for the {family} address family."
            )
        cidr = str(network) if network is not None else text
        if cidr in entries:
            raise Fault("InvalidParameterValue", f"The request contains duplicate entries: {cidr}")
        entries[cidr] = PrefixListEntry(cidr=cidr, description=item.get("Description") or "")
    return tuple(entries.values())


def create(context: Context, params: Params) -> Result:
    """CreateManagedPrefixList."""
    made = made_before(context, PrefixList, params)
    if made is not None:
        return {"PrefixList": list_document(made)}
    if params["PrefixListName"].startswith("com.amazonaws"):
        raise Fault("InvalidParameterValue", "The prefix list name cannot start with com.amazonaws.")
    family = params["AddressFamily"]
    entries = _entries(params.get("Entries") or (), family)
    _check_size(len(entries), params["MaxEntries"])
    made = PrefixList(
        id=fresh_ec2_id(context.ids, "pl"),
        account=context.account,
        region=context.region,
        name=params["PrefixListName"],
        max_entries=params["MaxEntries"],
        address_family=family,
        created_at=context.clock.now(),
        entries=entries,
        tags=tags_on_create(params, "prefix-list"),
        client_token=token_mark(params),
    )
    context.tx.put(made)
    return {"PrefixList": list_document(made) | {"State": "create-in-progress"}}


def _check_size(count: int, limit: int) -> None:
    if count > limit:
        raise Fault(
            "PrefixListMaxEntriesExceeded", f"The prefix list has {count} entries, more than its maximum of {limit}."
        )


def _check_version(prefix_list: PrefixList, given: int | None) -> None:
    if given != prefix_list.list_version:
        raise Fault(
            "PrefixListVersionMismatch", f"The prefix list has the version {prefix_list.list_version}, not {given}."
        )


def _next_version(prefix_list: PrefixList, entries: tuple[PrefixListEntry, ...]) -> PrefixList:
    return msgspec.structs.replace(
        prefix_list,
        entries=entries,
        list_version=prefix_list.list_version + 1,
        history=prefix_list.history | {str(prefix_list.list_version): prefix_list.entries},
    )


def modify(context: Context, params: Params) -> Result:
    """ModifyManagedPrefixList: name, size, or entries (then with CurrentVersion)."""
    prefix_list = own(context, PrefixList, PREFIX_LIST, params["PrefixListId"])
    added = _entries(params.get("AddEntries") or (), prefix_list.address_family)
    gone = {required(item, "Cidr") for item in params.get("RemoveEntries") or ()}
    changed = prefix_list
    if added or gone:
        _check_version(prefix_list, params.get("CurrentVersion"))
        present = {entry.cidr: entry for entry in prefix_list.entries if entry.cidr not in gone}
        changed = _next_version(prefix_list, tuple((present | {entry.cidr: entry for entry in added}).values()))
    changed = msgspec.structs.replace(
        changed,
        name=params.get("PrefixListName") or changed.name,
        max_entries=params.get("MaxEntries") or changed.max_entries,
    )
    _check_size(len(changed.entries), changed.max_entries)
    context.tx.put(changed)
    return {"PrefixList": list_document(changed) | {"State": "modify-in-progress"}}


def restore(context: Context, params: Params) -> Result:
    """RestoreManagedPrefixListVersion: the old entries become a new version."""
    prefix_list = own(context, PrefixList, PREFIX_LIST, params["PrefixListId"])
    _check_version(prefix_list, params["CurrentVersion"])
    entries = prefix_list.history.get(str(params["PreviousVersion"]))
    if entries is None:
        raise Fault("InvalidPrefixListVersion", f"The prefix list has no version {params['PreviousVersion']}.")
    changed = _next_version(prefix_list, entries)
    context.tx.put(changed)
    return {"PrefixList": list_document(changed) | {"State": "restore-in-progress"}}


def delete(context: Context, params: Params) -> Result:
    """DeleteManagedPrefixList: refused while a route or rule names it."""
    prefix_list = own(context, PrefixList, PREFIX_LIST, params["PrefixListId"])
    if _users(context, prefix_list.id):
        raise Fault(
            "DependencyViolation", f"The prefix list '{prefix_list.id}' has dependencies and cannot be deleted."
        )
    context.tx.delete(prefix_list)
    return {"PrefixList": list_document(prefix_list) | {"State": "delete-in-progress"}}


def entries(context: Context, params: Params) -> Result:
    """GetManagedPrefixListEntries, of any version."""
    id = params["PrefixListId"]
    for service, cidrs in GATEWAY_SERVICES.items():
        if id == service_list_id(context.region, service):
            return {"Entries": [{"Cidr": cidr} for cidr in cidrs]}
    prefix_list = own(context, PrefixList, PREFIX_LIST, id)
    version = params.get("TargetVersion") or prefix_list.list_version
    chosen = prefix_list.entries if version == prefix_list.list_version else prefix_list.history.get(str(version))
    if chosen is None:
        raise Fault("InvalidPrefixListVersion", f"The prefix list has no version {version}.")
    documents: list[Document] = [
        {"Cidr": e.cidr, **({"Description": e.description} if e.description else {})} for e in chosen
    ]
    page, token = cut_page(documents, params, 1, 100)
    return {"Entries": page, **({"NextToken": token} if token else {})}


def _users(context: Context, id: str) -> list[Document]:
    tables = [t for t in all_own(context, RouteTable) if any(r.destination == id for r in t.routes)]
    groups = [g for g in all_own(context, SecurityGroup) if any(r.prefix_list_id == id for r in g.rules)]
    return [{"ResourceId": user.id, "ResourceOwner": user.account} for user in (*tables, *groups)]


def associations(context: Context, params: Params) -> Result:
    """GetManagedPrefixListAssociations: the route tables and groups that name the list."""
    prefix_list = own(context, PrefixList, PREFIX_LIST, params["PrefixListId"])
    page, token = cut_page(_users(context, prefix_list.id), params)
    return {"PrefixListAssociations": page, **({"NextToken": token} if token else {})}
