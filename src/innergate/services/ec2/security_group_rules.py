"""Rules of security groups: authorize, revoke, modify, describe."""

from collections.abc import Sequence

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_ec2_id
from innergate.resources.security_groups import SecurityGroup, SecurityGroupRule
from innergate.resources.vpcs import Vpc
from innergate.services.context import Context, Params, Result
from innergate.services.ec2.filters import TAGS
from innergate.services.ec2.identifiers import SECURITY_GROUP, SECURITY_GROUP_RULE, all_own, own
from innergate.services.ec2.list_members import required
from innergate.services.ec2.listing import Listing, answer
from innergate.services.ec2.permissions import (
    RuleSpec,
    describe_peer,
    normal_cidr,
    normal_ports,
    normal_protocol,
    permission_documents,
    rule_document,
    rule_from,
    spec_of,
    specs_of_request,
)
from innergate.services.ec2.prefix_lists import known_list_id
from innergate.services.ec2.security_groups import named_group
from innergate.services.ec2.tag_sets import tags_on_create

MAX_RULES = 60
"""Rules of one group and direction (Amazon VPC quotas)."""

LISTING = Listing(
    "SecurityGroupRules",
    "SecurityGroupRuleIds",
    "SecurityGroupRuleId",
    SECURITY_GROUP_RULE,
    {"group-id": "GroupId", "security-group-rule-id": "SecurityGroupRuleId", **TAGS},
)


def _authorize(context: Context, params: Params, is_egress: bool) -> Result:
    group = named_group(context, params)
    tags = tags_on_create(params, "security-group-rule")
    present = {spec_of(r).identity for r in group.rules if r.is_egress == is_egress}
    added: list[SecurityGroupRule] = []
    for spec in specs_of_request(context, group, params):
        if spec.identity in present:
            raise Fault("InvalidPermission.Duplicate", f'the specified rule "{describe_peer(spec)}" already exists')
        present.add(spec.identity)
        added.append(rule_from(spec, fresh_ec2_id(context.ids, "sgr"), is_egress, tags))
    if len(present) > MAX_RULES:
        raise Fault(
            "RulesPerSecurityGroupLimitExceeded",
            "The maximum number of rules per security group has been reached.",
        )
    context.tx.put(msgspec.structs.replace(group, rules=(*group.rules, *added)))
    return {"Return": True, "SecurityGroupRules": [rule_document(group, rule) for rule in added]}


def authorize_ingress(context: Context, params: Params) -> Result:
    """AuthorizeSecurityGroupIngress."""
    return _authorize(context, params, False)


def authorize_egress(context: Context, params: Params) -> Result:
    """AuthorizeSecurityGroupEgress."""
    return _authorize(context, params, True)


def _rules_by_id(group: SecurityGroup, ids: Sequence[str], is_egress: bool) -> list[SecurityGroupRule]:
    found = []
    for id in ids:
        SECURITY_GROUP_RULE.check(id)
        rule = next((r for r in group.rules if r.rule_id == id and r.is_egress == is_egress), None)
        if rule is None:
            raise SECURITY_GROUP_RULE.missing(id)
        found.append(rule)
    return found


def _revoke(context: Context, params: Params, is_egress: bool) -> Result:
    group = named_group(context, params)
    ids = params.get("SecurityGroupRuleIds") or ()
    unknown: list[RuleSpec] = []
    if ids:
        gone = _rules_by_id(group, ids, is_egress)
    else:
        by_identity = {spec_of(r).identity: r for r in group.rules if r.is_egress == is_egress}
        gone = []
        for spec in specs_of_request(context, group, params):
            rule = by_identity.get(spec.identity)
            if rule is None:
                unknown.append(spec)
            else:
                gone.append(rule)
    vpc = context.tx.get(Vpc, group.vpc_id)
    if unknown and not (vpc is not None and vpc.is_default):
        raise Fault("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
    context.tx.put(msgspec.structs.replace(group, rules=tuple(r for r in group.rules if r not in gone)))
    return {
        "Return": True,
        "RevokedSecurityGroupRules": [_revoked(group, rule) for rule in gone],
        "UnknownIpPermissions": permission_documents(rule_from(s, "", is_egress) for s in unknown),
    }


def _revoked(group: SecurityGroup, rule: SecurityGroupRule) -> dict[str, object]:
    document = rule_document(group, rule)
    referenced = document.pop("ReferencedGroupInfo", None)
    for member in ("SecurityGroupRuleArn", "GroupOwnerId", "Tags"):
        document.pop(member)
    if referenced is not None:
        document["ReferencedGroupId"] = referenced["GroupId"]
    return document


def revoke_ingress(context: Context, params: Params) -> Result:
    """RevokeSecurityGroupIngress, by rule ids or by permissions."""
    return _revoke(context, params, False)


def revoke_egress(context: Context, params: Params) -> Result:
    """RevokeSecurityGroupEgress, by rule ids or by permissions."""
    return _revoke(context, params, True)


def describe(context: Context, params: Params) -> Result:
    """DescribeSecurityGroupRules."""
    documents = (rule_document(group, rule) for group in all_own(context, SecurityGroup) for rule in group.rules)
    return answer(LISTING, params, documents)


def modify(context: Context, params: Params) -> Result:
    """ModifySecurityGroupRules: each named rule takes the new values, keeping its id and direction."""
    group = own(context, SecurityGroup, SECURITY_GROUP, params["GroupId"])
    rules = {r.rule_id: r for r in group.rules}
    for update in params["SecurityGroupRules"]:
        id = required(update, "SecurityGroupRuleId")
        SECURITY_GROUP_RULE.check(id)
        rule = rules.get(id)
        if rule is None:
            raise SECURITY_GROUP_RULE.missing(id)
        spec = _requested(context, update.get("SecurityGroupRule") or {})
        clash = next(
            (
                r
                for r in rules.values()
                if r.rule_id != id and r.is_egress == rule.is_egress and spec_of(r).identity == spec.identity
            ),
            None,
        )
        if clash is not None:
            raise Fault("InvalidPermission.Duplicate", f'the specified rule "{describe_peer(spec)}" already exists')
        rules[id] = rule_from(spec, id, rule.is_egress, rule.tags)
    context.tx.put(msgspec.structs.replace(group, rules=tuple(rules.values())))
    return {"Return": True}


def _requested(context: Context, wanted: Params) -> RuleSpec:
    protocol = normal_protocol(wanted.get("IpProtocol", "-1"))
    low, high = normal_ports(protocol, wanted.get("FromPort"), wanted.get("ToPort"))
    text = wanted.get("Description")
    peers = [m for m in ("CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId") if wanted.get(m)]
    if len(peers) != 1:
        raise Fault(
            "InvalidParameterCombination",
            "Exactly one of CidrIpv4, CidrIpv6, PrefixListId and ReferencedGroupId must be specified.",
        )
    value = wanted[peers[0]]
    match peers[0]:
        case "CidrIpv4":
            return RuleSpec(protocol, low, high, "cidr_ipv4", normal_cidr(value), "", text)
        case "CidrIpv6":
            return RuleSpec(protocol, low, high, "cidr_ipv6", normal_cidr(value, ipv6=True), "", text)
        case "PrefixListId":
            return RuleSpec(protocol, low, high, "prefix_list_id", known_list_id(context, value), "", text)
    other = own(context, SecurityGroup, SECURITY_GROUP, value)
    return RuleSpec(protocol, low, high, "referenced_group_id", other.id, other.account, text)


def _update_descriptions(context: Context, params: Params, is_egress: bool) -> Result:
    group = named_group(context, params)
    wanted: dict[str, str | None] = {}
    if params.get("SecurityGroupRuleDescriptions"):
        pairs = params["SecurityGroupRuleDescriptions"]
        _rules_by_id(group, [p["SecurityGroupRuleId"] for p in pairs], is_egress)
        wanted = {p["SecurityGroupRuleId"]: p.get("Description") for p in pairs}
    else:
        by_identity = {spec_of(r).identity: r for r in group.rules if r.is_egress == is_egress}
        for spec in specs_of_request(context, group, params):
            rule = by_identity.get(spec.identity)
            if rule is None:
                raise Fault("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
            wanted[rule.rule_id] = spec.description
    rules = tuple(
        msgspec.structs.replace(r, description=wanted[r.rule_id]) if r.rule_id in wanted else r for r in group.rules
    )
    context.tx.put(msgspec.structs.replace(group, rules=rules))
    return {"Return": True}


def update_ingress_descriptions(context: Context, params: Params) -> Result:
    """UpdateSecurityGroupRuleDescriptionsIngress."""
    return _update_descriptions(context, params, False)


def update_egress_descriptions(context: Context, params: Params) -> Result:
    """UpdateSecurityGroupRuleDescriptionsEgress."""
    return _update_descriptions(context, params, True)
