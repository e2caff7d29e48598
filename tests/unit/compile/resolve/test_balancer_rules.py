"""A listener's rules in the order in which they are tried, each with what it does."""

from typing import NamedTuple

import pytest

from innergate.compile.resolve.balancer_rules import (
    AnswerPlan,
    Condition,
    ForwardPlan,
    RedirectPlan,
    RefusalPlan,
    RulePlan,
    resolve_rules,
)
from innergate.primitives.json_value import JsonValue
from innergate.resources.load_balancers import Action, Forward, Listener, LoadBalancer
from innergate.resources.target_groups import TargetGroup
from innergate.testing.scenario import Scenario

PATH: dict[str, JsonValue] = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a", "/b"]}}


class World(NamedTuple):
    """An application load balancer whose listener forwards to `group`, of which clients stay with one target."""

    s: Scenario
    balancer: LoadBalancer
    listener: Listener
    group: TargetGroup

    def rules(self) -> tuple[RulePlan, ...]:
        return resolve_rules(self.s.state, self.balancer, self.listener)


@pytest.fixture
def world() -> World:
    s = Scenario()
    vpc = s.vpc()
    subnets = s.subnet(vpc, "10.0.1.0/24", "a"), s.subnet(vpc, "10.0.2.0/24", "b")
    group = s.target_group(vpc, ("10.0.1.9", 80), protocol="HTTP", attributes={"stickiness.enabled": "true"})
    balancer = s.load_balancer("app", *subnets, type="application")
    return World(s, balancer, s.listener(balancer, group, protocol="HTTP"), group)


def answer(status: str) -> Action:
    return Action(type="fixed-response", config={"FixedResponseConfig": {"StatusCode": status}})


def test_rules_stand_by_the_number_of_their_priority(world: World) -> None:
    for priority in (100, 9, 20):
        world.s.rule(world.listener, priority, answer(f"2{priority % 100:02}"), PATH)
    rules = world.rules()
    assert [rule.id for rule in rules] == ["9", "20", "100", "default"]
    assert rules[0].action == AnswerPlan(209, "", "")
    assert rules[0].conditions == (Condition("path-pattern", ("/a", "/b")),)
    assert rules[-1].conditions == ()


def test_the_default_rule_forwards(world: World) -> None:
    (rule,) = world.rules()
    assert isinstance(rule.action, ForwardPlan)
    assert [leg.target_group_arn for leg in rule.action.path.legs] == [world.group.id]
    assert rule.action.sticky_targets_s == ((world.group.id, 86400),)
    assert rule.action.sticky_group_s == 0


def test_conditions_name_headers_and_query_parameters(world: World) -> None:
    header: dict[str, JsonValue] = {
        "Field": "http-header",
        "HttpHeaderConfig": {"HttpHeaderName": "X-Kind", "Values": ["a*"]},
    }
    query: dict[str, JsonValue] = {
        "Field": "query-string",
        "QueryStringConfig": {"Values": [{"Key": "k", "Value": "v"}, {"Value": "w"}]},
    }
    world.s.rule(world.listener, 1, answer("200"), header, query)
    assert world.rules()[0].conditions == (
        Condition("http-header", ("a*",), "X-Kind"),
        Condition("query-string", pairs=(("k", "v"), ("", "w"))),
    )


def test_a_redirect_keeps_what_it_does_not_name(world: World) -> None:
    world.s.rule(
        world.listener,
        1,
        Action(type="redirect", config={"RedirectConfig": {"StatusCode": "HTTP_302", "Host": "b.test"}}),
        PATH,
    )
    assert world.rules()[0].action == RedirectPlan(302, "#{protocol}", "b.test", "#{port}", "/#{path}", "#{query}")


def test_stickiness_counts_where_it_is_on(world: World) -> None:
    sticky: dict[str, JsonValue] = {"TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60}}
    forwards = (Forward(target_group_arn=world.group.id),)
    world.s.rule(world.listener, 1, Action(type="forward", forwards=forwards, config=sticky), PATH)
    action = world.rules()[0].action
    assert isinstance(action, ForwardPlan)
    assert action.sticky_group_s == 60


def test_what_nobody_would_check_is_refused(world: World) -> None:
    world.s.rule(world.listener, 1, Action(type="authenticate-oidc"), PATH)
    assert world.rules()[0].action == RefusalPlan("actions of type authenticate-oidc are not executed here")
