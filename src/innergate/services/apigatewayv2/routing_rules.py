"""Routing rules of custom domain names, which version 1 of the API makes: created, read, replaced, deleted."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from innergate.primitives.arn import format_arn, parse_arn
from innergate.primitives.ids import fresh_api_id
from innergate.resources.domain_names import DomainName
from innergate.resources.routing_rules import RoutingRule
from innergate.services.apigateway.domain_lookups import find_domain, rules_of
from innergate.services.apigateway.limits import ROUTING_RULES_PER_DOMAIN
from innergate.services.apigateway.lookups import find_api
from innergate.services.apigateway.resource_conditions import described_keys
from innergate.services.apigateway.stages import find_stage
from innergate.services.apigatewayv2.faults import bad_request, conflict, not_found, too_many
from innergate.services.apigatewayv2.paging import page_of
from innergate.services.apigatewayv2.rule_conditions import read_conditions, render_condition
from innergate.services.context import Context, Params, Result

PRIORITY_MAX = 1_000_000
"""Developer guide, "Routing rules", "Priority"; the least is 1."""


def create(context: Context, params: Params) -> Result:
    """CreateRoutingRule. Raises Fault NotFoundException, BadRequestException, ConflictException or
    TooManyRequestsException."""
    domain = _domain_of(context, params)
    if domain.routing_mode == "BASE_PATH_MAPPING_ONLY":
        raise bad_request("Routing rules can't be created for a domain name with the routing mode API_MAPPING_ONLY.")
    if len(rules_of(context, domain)) >= ROUTING_RULES_PER_DOMAIN:
        raise too_many("Maximum number of routing rules for the domain name has been reached.")
    return _write(context, domain, fresh_api_id(context.ids, 6), params)


def put(context: Context, params: Params) -> Result:
    """PutRoutingRule: all of a rule but its id. Raises Fault as above."""
    domain = _domain_of(context, params)
    return _write(context, domain, _rule_of(context, domain, params).rule_id, params)


def _write(context: Context, domain: DomainName, rule_id: str, params: Params) -> Result:
    priority = params["Priority"]
    if not 1 <= priority <= PRIORITY_MAX:
        raise bad_request(f"Invalid priority specified. Must be between 1 and {PRIORITY_MAX}")
    conditions = read_conditions(params["Conditions"])
    led_to = _read_action(context, domain, params["Actions"])
    if any(rule.priority == priority and rule.rule_id != rule_id for rule in rules_of(context, domain)):
        raise conflict(f"A routing rule with priority {priority} already exists for this domain name")
    rule = RoutingRule(
        id=f"{domain.id}/{rule_id}",
        account=domain.account,
        region=domain.region,
        domain_id=domain.id,
        rule_id=rule_id,
        priority=priority,
        rest_api_id=led_to.api_id,
        stage=led_to.stage,
        strip_base_path=led_to.strips,
        conditions=conditions,
    )
    context.tx.put(rule)
    return render_rule(domain, rule)


class _LedTo(NamedTuple):
    api_id: str
    stage: str
    strips: bool


def _read_action(context: Context, domain: DomainName, given: list[Mapping[str, Any]]) -> _LedTo:
    """Where the rule leads: a stage of the caller's own REST API, as private as the domain."""
    if len(given) != 1:
        raise bad_request("A routing rule must have exactly one action.")
    invoked = given[0]["InvokeApi"]
    api = find_api(context, invoked["ApiId"])
    if api is None:
        raise not_found(f"Invalid API identifier specified {context.account}:{invoked['ApiId']}")
    if find_stage(context, api.id, invoked["Stage"]) is None:
        raise not_found("Invalid stage identifier specified")
    if ("PRIVATE" in api.endpoint_configuration.types) is not domain.is_private:
        kind, other = ("private", "public") if domain.is_private else ("public", "private")
        raise bad_request(
            f"A routing rule of a {kind} custom domain name can only lead to a {kind} API; {api.id} is {other}."
        )
    return _LedTo(api.id, invoked["Stage"], bool(invoked.get("StripBasePath")))


def _domain_of(context: Context, params: Params) -> DomainName:
    found = find_domain(context, params["DomainName"], params.get("DomainNameId"))
    if found is None:
        raise not_found("Invalid domain name identifier specified")
    return found


def _rule_of(context: Context, domain: DomainName, params: Params) -> RoutingRule:
    found = context.tx.get(RoutingRule, f"{domain.id}/{params['RoutingRuleId']}")
    if found is None:
        raise not_found("Invalid routing rule identifier specified")
    return found


def render_rule(domain: DomainName, rule: RoutingRule) -> dict[str, Any]:
    """The rule as AWS answers it."""
    invoked = {"ApiId": rule.rest_api_id, "Stage": rule.stage, "StripBasePath": rule.strip_base_path}
    return {
        "Actions": [{"InvokeApi": invoked}],
        "Conditions": [render_condition(condition) for condition in rule.conditions],
        "Priority": rule.priority,
        "RoutingRuleArn": _rule_arn(
            domain.region, domain.account, domain.id.removeprefix(f"{domain.region}/"), rule.rule_id
        ),
        "RoutingRuleId": rule.rule_id,
    }


def _rule_arn(region: str, account: str, name: str, rule_id: str) -> str:
    """With the account, unlike the ARN of a public name."""
    return format_arn("apigateway", region, account, f"/domainnames/{name}/routingrules/{rule_id}")


def get(context: Context, params: Params) -> Result:
    """GetRoutingRule."""
    domain = _domain_of(context, params)
    return render_rule(domain, _rule_of(context, domain, params))


def list_all(context: Context, params: Params) -> Result:
    """ListRoutingRules, by their priority."""
    domain = _domain_of(context, params)
    page, token = page_of(params, rules_of(context, domain))
    return {"RoutingRules": [render_rule(domain, rule) for rule in page], **token}


def delete(context: Context, params: Params) -> Result:
    """DeleteRoutingRule."""
    context.tx.delete(_rule_of(context, _domain_of(context, params), params))
    return {}


def rule_resource(context: Context, params: Params) -> str:
    """The ARN that IAM is asked about; any rule's where the call names none."""
    name = "+".join(part for part in (params.get("DomainName", "").lower(), params.get("DomainNameId")) if part)
    return _rule_arn(context.region, context.account, name, params.get("RoutingRuleId") or "*")


def rule_keys(context: Context, arn: str) -> Mapping[str, str | Sequence[str]]:
    """What conditions may ask of the rule as it is (service authorization reference), and its domain name's tags."""
    parsed = parse_arn(arn)
    name, mark, rule_id = (
        parsed.resource.removeprefix("/domainnames/").partition("/routingrules/") if parsed else ("", "", "")
    )
    own_id = name if "+" in name else f"{context.region}/{name}"
    tags = described_keys(context, arn)
    rule = context.tx.get(RoutingRule, f"{own_id}/{rule_id}") if mark else None
    if rule is None or rule.account != context.account:
        return tags
    keys = {"apigateway:Resource/Priority": str(rule.priority)}
    return {**tags, **keys, **({"apigateway:Resource/ConditionBasePaths": rule.base_path} if rule.base_path else {})}


def rule_request_keys(context: Context, params: Params) -> Mapping[str, str | Sequence[str]]:
    """What conditions may ask of the rule that CreateRoutingRule or PutRoutingRule would make."""
    keys: dict[str, str | Sequence[str]] = {}
    if "Priority" in params:
        keys["apigateway:Request/Priority"] = str(params["Priority"])
    conditions = params.get("Conditions") or ()
    paths = [path for given in conditions for path in (given.get("MatchBasePaths") or {}).get("AnyOf") or ()]
    return {**keys, **({"apigateway:Request/ConditionBasePaths": tuple(paths)} if paths else {})}
