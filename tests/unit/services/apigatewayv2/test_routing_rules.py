"""Routing rules: what they may ask, what they may lead to, and what they hold."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.unit.services.apigateway.domain_world import NAME, OTHER, OWNER, DomainWorld
from tests.unit.services.apigateway.recorded_apis import patch
from tests.unit.services.apigateway.test_domain_names import refused

from innergate.services.apigatewayv2.operations import OPERATIONS
from innergate.services.apigatewayv2.routing_rules import rule_keys, rule_request_keys, rule_resource
from innergate.services.context import Context, Params, Result
from innergate.services.operation import read
from innergate.testing.services import ServiceHarness
from innergate.testing.shapes import check_result

MODE = "ROUTING_RULE_THEN_BASE_PATH_MAPPING"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DomainWorld]:
    world = DomainWorld(tmp_path)
    yield world
    world.close()


def leads_to(api: str, stage: str = "dev", **more: Any) -> list[dict[str, Any]]:
    return [{"InvokeApi": {"ApiId": api, "Stage": stage, **more}}]


def asks(header: str, glob: str) -> dict[str, Any]:
    return {"MatchHeaders": {"AnyOf": [{"Header": header, "ValueGlob": glob}]}}


def below(*paths: str) -> dict[str, Any]:
    return {"MatchBasePaths": {"AnyOf": list(paths)}}


def test_the_life_of_a_rule(world: DomainWorld) -> None:
    world.regional(routingMode=MODE)
    api = world.stage()
    conditions = [asks("Hello", "World"), asks("x-version", "*beta*"), below("PetStoreShopper")]
    made = world.rule("Create", Priority=50, Conditions=conditions, Actions=leads_to(api))
    check_result("apigatewayv2", "CreateRoutingRule", made)
    rule_id = made["RoutingRuleId"]
    assert made == {
        "Actions": [{"InvokeApi": {"ApiId": api, "Stage": "dev", "StripBasePath": False}}],
        "Conditions": conditions,
        "Priority": 50,
        "RoutingRuleArn": f"arn:aws:apigateway:us-east-1:{OWNER}:/domainnames/{NAME}/routingrules/{rule_id}",
        "RoutingRuleId": rule_id,
    }
    assert world.rule("Get", RoutingRuleId=rule_id) == made
    other = world.rule("Create", Priority=30, Conditions=[], Actions=leads_to(api))
    page = world.rule("List", MaxResults=1)
    rest = world.rule("List", NextToken=page["NextToken"])
    assert [*page["RoutingRules"], *rest["RoutingRules"]] == [other, made]
    assert "NextToken" not in rest
    moved = world.rule(
        "Put", RoutingRuleId=rule_id, Priority=20, Conditions=[], Actions=leads_to(api, StripBasePath=True)
    )
    assert (moved["RoutingRuleId"], moved["Priority"], moved["Conditions"]) == (rule_id, 20, [])
    assert moved["Actions"] == leads_to(api, StripBasePath=True)
    assert world.rule("List")["RoutingRules"] == [moved, other]
    world.rule("Delete", RoutingRuleId=rule_id)
    with refused("Invalid routing rule identifier specified", "NotFoundException"):
        world.rule("Get", RoutingRuleId=rule_id)
    world.call("DeleteDomainName", domainName=NAME)
    with refused("Invalid domain name identifier specified", "NotFoundException"):
        world.rule("List")


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ([asks("a", "b")] * 3, "at most 2 matchHeaders"),
        ([below("a"), below("b")], "at most 1 matchBasePaths"),
        ([below("a", "b")], "exactly one element"),
        ([below()], "exactly one element"),
        ([{}], "must have matchHeaders or matchBasePaths"),
        ([below("/a")], "Invalid base path"),
        ([below("a/")], "Invalid base path"),
        ([below("a?b")], "Invalid base path"),
        ([below("a" * 128)], "Invalid base path"),
        ([asks("x-*", "b")], "Invalid header name"),
        ([asks("a b", "b")], "Invalid header name"),
        ([asks("a" * 40, "b")], "Invalid header name"),
        ([asks("a", "b*c")], "Invalid header value glob"),
        ([asks("a", "**")], "Invalid header value glob"),
        ([asks("a", "")], "Invalid header value glob"),
        ([asks("a", "b\nc")], "Invalid header value glob"),
        ([asks("a", "b" * 128)], "Invalid header value glob"),
        ([asks("a", f"*{'b' * 38}*")], "Invalid header value glob"),
        *(([asks(name, "b")], "not supported in routing rules") for name in ("Authorization", "X-Amz-Date", "via")),
    ],
)
def test_what_a_rule_cannot_ask(world: DomainWorld, conditions: list[Mapping[str, Any]], message: str) -> None:
    world.regional(routingMode=MODE)
    with refused(message):
        world.rule("Create", Priority=1, Conditions=conditions, Actions=leads_to(world.stage()))


@pytest.mark.parametrize("glob", ["*", "a*", "*a", "*a*", "image/webp", "*ux=beta*", "a" * 127])
def test_globs_that_rules_may_ask_for(world: DomainWorld, glob: str) -> None:
    world.regional(routingMode=MODE)
    made = world.rule("Create", Priority=1, Conditions=[asks("Cookie", glob)], Actions=leads_to(world.stage()))
    assert made["Conditions"] == [asks("Cookie", glob)]


def test_what_a_rule_cannot_lead_to(world: DomainWorld) -> None:
    world.regional(routingMode=MODE)
    api, private = world.stage(), world.stage("PRIVATE")
    given: dict[str, Any] = {"Priority": 1, "Conditions": []}
    with refused("exactly one action"):
        world.rule("Create", **given, Actions=leads_to(api) * 2)
    with refused("Invalid API identifier specified", "NotFoundException"):
        world.rule("Create", **given, Actions=leads_to("none"))
    with refused("Invalid stage identifier specified", "NotFoundException"):
        world.rule("Create", **given, Actions=leads_to(api, "none"))
    with refused(f"can only lead to a public API; {private} is private"):
        world.rule("Create", **given, Actions=leads_to(private))
    for priority in (0, 1_000_001):
        with refused("Invalid priority specified"):
            world.rule("Create", Priority=priority, Conditions=[], Actions=leads_to(api))
    first = world.rule("Create", **given, Actions=leads_to(api))
    with refused("priority 1 already exists", "ConflictException"):
        world.rule("Create", **given, Actions=leads_to(api))
    assert world.rule("Put", RoutingRuleId=first["RoutingRuleId"], **given, Actions=leads_to(api)) == first
    second = world.rule("Create", Priority=2, Conditions=[], Actions=leads_to(api))
    with refused("priority 1 already exists", "ConflictException"):
        world.rule("Put", RoutingRuleId=second["RoutingRuleId"], **given, Actions=leads_to(api))


def test_others_see_no_rule_and_lead_to_nobodys_api(world: DomainWorld) -> None:
    world.regional(routingMode=MODE)
    api = world.stage()
    made = world.rule("Create", Priority=1, Conditions=[], Actions=leads_to(api))
    given: dict[str, Any] = {"Priority": 2, "Conditions": [], "Actions": leads_to(api)}
    for operation, params in (
        ("Get", {"RoutingRuleId": made["RoutingRuleId"]}),
        ("Put", {"RoutingRuleId": made["RoutingRuleId"], **given}),
        ("Delete", {"RoutingRuleId": made["RoutingRuleId"]}),
        ("Create", given),
        ("List", {}),
    ):
        with refused("Invalid domain name identifier specified", "NotFoundException"):
            world.rule(operation, account=OTHER, **params)
    arn = world.certificate("other.example.com", OTHER)
    named = {"domainName": "other.example.com", "regionalCertificateArn": arn, "routingMode": MODE}
    world.call("CreateDomainName", account=OTHER, **named, endpointConfiguration={"types": ["REGIONAL"]})
    with refused("Invalid API identifier specified", "NotFoundException"):
        world.rule("Create", account=OTHER, DomainName="other.example.com", **given)


def test_a_mode_takes_rules_or_base_paths_or_both(world: DomainWorld) -> None:
    world.regional()
    api = world.stage()
    given: dict[str, Any] = {"Priority": 1, "Conditions": [], "Actions": leads_to(api)}
    with refused("routing mode API_MAPPING_ONLY"):
        world.rule("Create", **given)
    operations = [patch("replace", "/routingMode", "ROUTING_RULE_ONLY")]
    world.call("UpdateDomainName", domainName=NAME, patchOperations=operations)
    made = world.rule("Create", **given)
    with refused("routing mode ROUTING_RULE_ONLY"):
        world.call("CreateBasePathMapping", domainName=NAME, restApiId=api, stage="dev")
    operations = [patch("replace", "/routingMode", "BASE_PATH_MAPPING_ONLY")]
    world.call("UpdateDomainName", domainName=NAME, patchOperations=operations)
    assert world.rule("List")["RoutingRules"] == [made], "they are there, but not asked"


def test_an_api_and_a_stage_that_a_rule_leads_to_stay(world: DomainWorld) -> None:
    world.regional(routingMode=MODE)
    api = world.stage()
    made = world.rule("Create", Priority=1, Conditions=[], Actions=leads_to(api))
    with refused(f"Deleting stage dev failed. Please remove all routing rules .*: {NAME}"):
        world.call("DeleteStage", restApiId=api, stageName="dev")
    with refused(f"Deleting RestApi {api} failed. Please remove all routing rules .*: {NAME}"):
        world.call("DeleteRestApi", restApiId=api)
    world.rule("Delete", RoutingRuleId=made["RoutingRuleId"])
    world.call("DeleteStage", restApiId=api, stageName="dev")
    world.call("DeleteRestApi", restApiId=api)


def test_fifty_rules_and_no_more(world: DomainWorld) -> None:
    world.regional(routingMode=MODE)
    actions = leads_to(world.stage())
    for priority in range(1, 51):
        world.rule("Create", Priority=priority, Conditions=[], Actions=actions)
    with refused("Maximum number of routing rules", "TooManyRequestsException"):
        world.rule("Create", Priority=51, Conditions=[], Actions=actions)


def test_a_private_names_rules(world: DomainWorld) -> None:
    name = world.private(routingMode=MODE)
    where = {"DomainNameId": name["domainNameId"]}
    api = world.stage("PRIVATE")
    given: dict[str, Any] = {"Priority": 1, "Conditions": []}
    with refused("can only lead to a private API"):
        world.rule("Create", **where, **given, Actions=leads_to(world.stage()))
    made = world.rule("Create", **where, **given, Actions=leads_to(api))
    assert made["RoutingRuleArn"] == f"{name['domainNameArn']}/routingrules/{made['RoutingRuleId']}"
    with refused("Invalid domain name identifier specified", "NotFoundException"):
        world.rule("List")


def test_iam_asks_about_rules_by_actions_of_their_own(tmp_path: Path) -> None:
    world = DomainWorld(tmp_path)
    actions = {name: op.action for name, op in OPERATIONS.items() if "RoutingRule" in name}
    assert actions["PutRoutingRule"] == "apigateway:UpdateRoutingRule"
    assert actions["ListRoutingRules"] == "apigateway:ListRoutingRules"
    world.regional(routingMode=MODE)
    made = world.rule("Create", Priority=1500, Conditions=[below("orders")], Actions=leads_to(world.stage()))

    world.close()

    def asked_of(context: Context, params: Params) -> Result:
        arn = rule_resource(context, params)
        return {"arn": arn, "keys": rule_keys(context, arn)}

    probe = ServiceHarness(tmp_path, {"Probe": read(asked_of)})
    anything = f"arn:aws:apigateway:us-east-1:{OWNER}:/domainnames/{NAME}/routingrules/*"
    assert probe.call("Probe", DomainName=NAME) == {"arn": anything, "keys": {}}
    own: dict[str, Any] = {"DomainName": NAME, "RoutingRuleId": made["RoutingRuleId"]}
    keys = {"apigateway:Resource/Priority": "1500", "apigateway:Resource/ConditionBasePaths": "orders"}
    assert probe.call("Probe", **own) == {"arn": made["RoutingRuleArn"], "keys": keys}
    assert probe.call("Probe", OTHER, **own)["keys"] == {}
    probe.store.close()


def test_conditions_can_ask_what_a_rule_would_be(tmp_path: Path) -> None:
    probe = ServiceHarness(tmp_path, {"Probe": read(rule_request_keys)})
    asked = {"apigateway:Request/Priority": "7", "apigateway:Request/ConditionBasePaths": ("orders",)}
    assert probe.call("Probe", Priority=7, Conditions=[below("orders")]) == asked
    assert probe.call("Probe", DomainName=NAME) == {}
    probe.store.close()
