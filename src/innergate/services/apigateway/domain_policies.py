"""The two policies of a private domain name: who may call it, and whose VPC endpoints may be associated with it."""

import json

from innergate.policy.document import PolicyError
from innergate.policy.evaluate import AccessRequest, Outcome, evaluate, request_context
from innergate.policy.parse import parse_policy, read_stored_policy
from innergate.resources.domain_names import DomainName
from innergate.services.apigateway.api_policies import INVALID
from innergate.services.apigateway.domain_lookups import domain_arn
from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import POLICY_MAX_BYTES
from innergate.services.authorization import caller_keys, principal_of
from innergate.services.context import Context

ASSOCIATE = "apigateway:CreateAccessAssociation"

DENY_ALL = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
        ],
    },
    separators=(",", ":"),
)
"""What AWS gives a private domain name until its owner says who may call it (developer guide, "Tutorial: Create and invoke
a custom domain name for private APIs")."""


def check_domain_policy(text: str) -> str:
    """`text` as compact JSON. Raises Fault BadRequestException where it is no policy."""
    if len(text.encode()) > POLICY_MAX_BYTES:
        raise bad_request(f"Policy size exceeds the limit of {POLICY_MAX_BYTES} bytes")
    try:
        value = json.loads(text)
        parse_policy(text, "resource")
    except (ValueError, RecursionError, PolicyError):
        raise bad_request(INVALID) from None
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def may_associate(context: Context, domain: DomainName) -> bool:
    """Whether the caller may associate an endpoint with the domain name: an account of its own unless the management policy
    denies it, another where that allows it."""
    outcome = _outcome(context, domain)
    return outcome == "allow" or (outcome == "implicit-deny" and domain.account == context.account)


def _outcome(context: Context, domain: DomainName) -> Outcome:
    if not domain.management_policy:
        return "implicit-deny"
    policy = read_stored_policy(domain.management_policy)
    request = AccessRequest(
        ASSOCIATE, domain_arn(domain), principal_of(context.caller), request_context(caller_keys(context))
    )
    return evaluate((policy,), request).outcome
