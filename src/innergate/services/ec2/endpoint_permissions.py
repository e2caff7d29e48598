"""Who may see an endpoint service and connect to it. To everybody else it does not exist."""

import re
from typing import Any

import msgspec

from innergate.primitives.arn import parse_arn
from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.endpoint_services import AllowedPrincipal, EndpointService
from innergate.services.context import Caller, Context, Params, Result
from innergate.services.ec2.endpoint_services import own_service
from innergate.services.ec2.filters import TAGS, Document, select
from innergate.services.ec2.listing import cut_page
from innergate.services.ec2.tag_sets import tag_list

_ACCOUNT = re.compile(r"\d{12}")
_FILTERS = {
    "principal": "Principal",
    "principal-type": "PrincipalType",
    "permission-type": "PermissionType",
    **TAGS,
}


def principal_type_of(principal: str) -> str:
    """All, Account, User or Role. Raises Fault InvalidPrincipal for anything else."""
    if principal == "*":
        return "All"
    arn = parse_arn(principal)
    if arn is not None and arn.service == "iam" and _ACCOUNT.fullmatch(arn.account):
        if arn.resource == "root":
            return "Account"
        kind, _, name = arn.resource.partition("/")
        if kind in ("user", "role") and name:
            return kind.capitalize()
    raise Fault("InvalidPrincipal", f"Invalid Principal: '{principal}'")


def may_see(caller: Caller, service: EndpointService) -> bool:
    """Whether the caller's account owns the service, or one of its principals is the caller or the caller's account."""
    if caller.account == service.account:
        return True
    return any(_admits(allowed, caller) for allowed in service.allowed_principals)


def _admits(allowed: AllowedPrincipal, caller: Caller) -> bool:
    if allowed.principal_type == "All":
        return True
    arn = parse_arn(allowed.principal)
    if arn is None or arn.account != caller.account:
        return False
    match allowed.principal_type:
        case "Account":
            return True
        case "User":
            return allowed.principal == caller.arn
        case "Role":
            assumed = parse_arn(caller.arn)
            name = arn.resource.rpartition("/")[2]
            return assumed is not None and assumed.resource.startswith(f"assumed-role/{name}/")
        case _:
            return False


def modify(context: Context, params: Params) -> Result:
    """ModifyVpcEndpointServicePermissions: a principal that is there already keeps its permission.

    Removing one does not cut existing connections. Raises Fault InvalidPrincipal.
    """
    service = own_service(context, params["ServiceId"])
    if params.get("PermissionType") == "transit-gateway-attachment":
        raise Fault(
            "InvalidParameter", "The permission type 'transit-gateway-attachment' needs a Gateway Load Balancer"
        )
    removed = set(params.get("RemoveAllowedPrincipals") or ())
    for principal in removed:
        principal_type_of(principal)
    kept = [p for p in service.allowed_principals if p.principal not in removed]
    known = {p.principal for p in kept}
    added = [
        AllowedPrincipal(
            principal=principal,
            principal_type=principal_type_of(principal),
            service_permission_id=fresh_ec2_id(context.ids, "vpce-svc-perm"),
        )
        for principal in dict.fromkeys(params.get("AddAllowedPrincipals") or ())
        if principal not in known
    ]
    context.tx.put(msgspec.structs.replace(service, allowed_principals=(*kept, *added)))
    return {"AddedPrincipals": [_permission(service, p) for p in added], "ReturnValue": True}


def describe(context: Context, params: Params) -> Result:
    """DescribeVpcEndpointServicePermissions."""
    service = own_service(context, params["ServiceId"])
    documents: list[Document] = [
        {**_permission(service, p), "Tags": tag_list(p.tags)} for p in service.allowed_principals
    ]
    page, token = cut_page(select(documents, params.get("Filters") or (), _FILTERS), params)
    return {"AllowedPrincipals": page, "NextToken": token}


def _permission(service: EndpointService, allowed: AllowedPrincipal) -> dict[str, Any]:
    return {
        "PrincipalType": allowed.principal_type,
        "Principal": allowed.principal,
        "ServicePermissionId": allowed.service_permission_id,
        "ServiceId": service.id,
        "PermissionType": "vpc-endpoint",
    }
