"""What API Gateway asks IAM besides a call's verb: for tags, resource policies, certificates and associations.

Source: service authorization reference, "API operations defined by Amazon API Gateway Management" ("an additional authorization
control"). Tags given on creation need apigateway:PUT on `/tags/<ARN of what is made>`, as AWS's refusals say.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import quote

from innergate.primitives.arn import format_arn
from innergate.primitives.fault import Fault
from innergate.services.apigateway.domain_lookups import find_domain
from innergate.services.apigateway.openapi_documents import document_of
from innergate.services.apigateway.request_conditions import patched
from innergate.services.context import Context, Params
from innergate.services.operation import FurtherCheck

Checks: TypeAlias = Sequence[FurtherCheck]
Further: TypeAlias = Callable[[Context, Params], Checks]


def further_checks(operation: str) -> Further:
    """What a call of that operation needs besides its own action."""
    parts = _FURTHER.get(operation, ())

    def checks(context: Context, params: Params) -> Checks:
        return [check for part in parts for check in part(context, params)]

    return checks


def _arn(context: Context, path: str) -> str:
    return format_arn("apigateway", context.region, "", path)


def _tagging(collection: str) -> Further:
    """Of a call that may give tags to what it makes in the collection ("/restapis/{restApiId}/stages")."""

    def checks(context: Context, params: Params) -> Checks:
        if not params.get("tags"):
            return ()
        made = _arn(context, f"{collection.format_map(params)}/*")
        return (FurtherCheck("apigateway:PUT", _arn(context, f"/tags/{quote(made, safe='*')}")),)

    return checks


def _retagging(context: Context, params: Params) -> Checks:
    return (FurtherCheck("apigateway:PATCH", str(params.get("resourceArn", ""))),)


def _api_policy(has_policy: Callable[[Context, Params], bool]) -> Further:
    def checks(context: Context, params: Params) -> Checks:
        if not has_policy(context, params):
            return ()
        own = f"/{params['restApiId']}" if params.get("restApiId") else ""
        return (FurtherCheck("apigateway:UpdateRestApiPolicy", _arn(context, f"/restapis{own}")),)

    return checks


def _document_has_policy(context: Context, params: Params) -> bool:
    try:
        return bool(document_of(context, params).get("x-amazon-apigateway-policy"))
    except Fault:
        return False


def _new_domain(context: Context, params: Params) -> Checks:
    where = _arn(context, "/domainnames")
    wanted = {
        "AddCertificateToDomain": (params.get("mutualTlsAuthentication") or {}).get("truststoreUri"),
        "UpdateDomainNamePolicy": params.get("policy"),
    }
    return [FurtherCheck(f"apigateway:{action}", where) for action, given in wanted.items() if given]


def _domain_arn(context: Context, params: Params) -> str:
    name, own_id = str(params.get("domainName", "")).lower(), params.get("domainNameId")
    if own_id:
        return format_arn("apigateway", context.region, context.account, f"/domainnames/{name}+{own_id}")
    return _arn(context, f"/domainnames/{name}")


def _changed_domain(context: Context, params: Params) -> Checks:
    where, named = _domain_arn(context, params), patched(params)
    policies = {"policy": "UpdateDomainNamePolicy", "managementPolicy": "UpdateDomainNameManagementPolicy"}
    wanted = dict.fromkeys(action for path, action in policies.items() if path in named)
    if any(named.get(f"mutualTlsAuthentication/{member}") for member in ("truststoreUri", "truststoreVersion")):
        wanted["AddCertificateToDomain"] = None
    if _takes_truststore_away(params):
        wanted["RemoveCertificateFromDomain"] = None
    return [FurtherCheck(f"apigateway:{action}", where) for action in wanted]


def _takes_truststore_away(params: Params) -> bool:
    return any(
        patch.get("path") == "/mutualTlsAuthentication/truststoreUri"
        and (patch.get("op") == "remove" or not patch.get("value"))
        for patch in params.get("patchOperations") or ()
    )


def _deleted_domain(context: Context, params: Params) -> Checks:
    domain = find_domain(context, params["domainName"], params.get("domainNameId"))
    if domain is None or domain.mutual_tls_authentication is None:
        return ()
    return (FurtherCheck("apigateway:RemoveCertificateFromDomain", _domain_arn(context, params)),)


def _association(context: Context, params: Params) -> Checks:
    """Asked of the caller's own policies; those of the domain's account are asked by the operation."""
    return (FurtherCheck("apigateway:CreateAccessAssociation", str(params.get("domainNameArn", ""))),)


_FURTHER: Mapping[str, Sequence[Further]] = {
    "CreateApiKey": (_tagging("/apikeys"),),
    "CreateDomainName": (_new_domain, _tagging("/domainnames")),
    "CreateDomainNameAccessAssociation": (_association,),
    "CreateRestApi": (_api_policy(lambda _, params: bool(params.get("policy"))), _tagging("/restapis")),
    "CreateStage": (_tagging("/restapis/{restApiId}/stages"),),
    "CreateUsagePlan": (_tagging("/usageplans"),),
    "CreateVpcLink": (_tagging("/vpclinks"),),
    "DeleteDomainName": (_deleted_domain,),
    "GenerateClientCertificate": (_tagging("/clientcertificates"),),
    "ImportRestApi": (_api_policy(_document_has_policy),),
    "PutRestApi": (_api_policy(_document_has_policy),),
    "TagResource": (_retagging,),
    "UntagResource": (_retagging,),
    "UpdateDomainName": (_changed_domain,),
    "UpdateRestApi": (_api_policy(lambda _, params: "policy" in patched(params)),),
}
