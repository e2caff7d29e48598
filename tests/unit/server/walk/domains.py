"""Right parameters of calls about domain names, what is mapped below them, and VPC links of version 2."""

from collections.abc import Mapping

from tests.unit.server.walk.networks import Params, Recipe, maybe
from tests.unit.server.walk.patches import DOMAIN_PATCHES, patch, patched, policy_text
from tests.unit.server.walk.pools import Pools, nothing
from tests.unit.server.walk.rest_apis import stage_of

from innergate.resources.domain_names import DomainName
from innergate.resources.rest_apis import RestApi
from innergate.resources.routing_rules import RoutingRule
from innergate.resources.stages import Stage


def _domain_of(p: Pools) -> Params:
    domain = p.one(DomainName)
    return {"domainName": domain.domain_name, **({"domainNameId": domain.domain_name_id} if domain.is_private else {})}


def _domain(p: Pools) -> Params:
    kind = p.dice.choice(("PRIVATE", "PRIVATE", "REGIONAL", "EDGE"))
    name = p.dice.choice(("a.example.com", "b.example.com", "*.example.com"))
    member = "regionalCertificateArn" if kind == "REGIONAL" else "certificateArn"
    modes = ("BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING")
    return {
        "domainName": name,
        member: p["CertificateArn"],
        "endpointConfiguration": {"types": [kind]},
        "securityPolicy": "TLS_1_2",
        **maybe(p, 0.4, routingMode=p.dice.choice(modes)),
        **(maybe(p, 0.6, policy=policy_text(p)) if kind == "PRIVATE" else {}),
    }


def _mapping(p: Pools) -> Params:
    stages = [s.stage_name for s in p.of_api(Stage)]
    return {
        **_domain_of(p),
        "restApiId": p.one(RestApi).id,
        **maybe(p, 0.8, basePath=p.dice.choice(("a", "a/b", "c"))),
        **({"stage": p.dice.choice(stages)} if stages and p.dice.random() < 0.7 else {}),
    }


def _routing(p: Pools) -> Params:
    domain = p.one(DomainName)
    conditions: tuple[Params, ...] = (
        {"MatchBasePaths": {"AnyOf": [p.dice.choice(("a", "a/b", "z"))]}},
        {"MatchHeaders": {"AnyOf": [{"Header": "x-a", "ValueGlob": "b*"}]}},
    )
    return {
        "DomainName": domain.domain_name,
        **({"DomainNameId": domain.domain_name_id} if domain.is_private else {}),
        "Priority": p.dice.randrange(1, 6),
        "Conditions": p.dice.sample(conditions, p.dice.choice((0, 1, 2))),
        "Actions": [
            {
                "InvokeApi": {
                    "ApiId": p.one(RestApi).id,
                    "Stage": stage_of(p).stage_name,
                    "StripBasePath": p.dice.random() < 0.5,
                }
            }
        ],
    }


def _kept_routing(p: Pools) -> Params:
    domain = p.one(DomainName)
    rule = p.dice.choice(p.state.find(RoutingRule, "domain", domain.id) or nothing())
    return {**_routing(p), "RoutingRuleId": rule.rule_id}


APIGATEWAY: Mapping[str, Recipe] = {
    "CreateDomainName": _domain,
    "UpdateDomainName": patched(_domain_of, DOMAIN_PATCHES),
    "DeleteDomainName": _domain_of,
    "GetDomainName": _domain_of,
    "CreateBasePathMapping": _mapping,
    "DeleteBasePathMapping": lambda p: {**_domain_of(p), "basePath": p["basePath"]},
    "UpdateBasePathMapping": patched(
        lambda p: {**_domain_of(p), "basePath": p["basePath"]},
        patch(
            ("replace", "/stage", "{stageName}"),
            ("replace", "/restapiId", "{restApiId}"),
            ("replace", "/basePath", "q"),
        ),
    ),
    "CreateDomainNameAccessAssociation": lambda p: {
        "domainNameArn": p["domainNameArn"],
        "accessAssociationSource": p["ApiEndpointId"],
        "accessAssociationSourceType": "VPCE",
    },
}

APIGATEWAYV2: Mapping[str, Recipe] = {
    "CreateVpcLink": lambda p: {
        "Name": "v2",
        "SubnetIds": [p["SubnetId"]],
        **maybe(p, 0.5, SecurityGroupIds=[p["GroupId"]]),
    },
    "CreateRoutingRule": _routing,
    "PutRoutingRule": _kept_routing,
}
