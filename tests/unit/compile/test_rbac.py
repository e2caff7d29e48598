"""What Envoy cannot compare denies and never allows, and says so; constants leave no trace. The live test compares the rest."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from innergate.compile.emit.envoy.rbac import RbacPlan, compile_resource_policy
from innergate.policy.parse import parse_policy
from innergate.primitives.json_value import JsonObject

API = "arn:aws:execute-api:us-east-1:111122223333:abc"
VPCE_1 = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}


def statement(effect: str = "Allow", resource: str = "execute-api:/*", **members: object) -> dict[str, object]:
    return {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource, **members}


def compiled(*statements: dict[str, object], is_private: bool = True, **endpoints: str) -> RbacPlan:
    policy = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    gates = {tuple(name.replace("_", "-").split("--")): parse_policy(text) for name, text in endpoints.items()}
    return compile_resource_policy(policy, is_private, API, "test", gates)


def policies(config: JsonObject | None) -> Mapping[str, Any]:
    """The RBAC policies of a filter, each by its principal."""
    if config is None:
        return {}
    rbac: Any = config["rbac"]
    return {name: policy["principals"][0] for name, policy in rbac["rules"]["policies"].items()}


def test_no_policy() -> None:
    assert compile_resource_policy(None, False, API, "test") == RbacPlan(None, None)
    closed = compile_resource_policy(None, True, API, "test")
    assert closed.deny is None
    assert closed.allow is not None
    assert policies(closed.allow) == {}


def test_allowing_everything_needs_no_filter() -> None:
    assert compiled(statement()) == RbacPlan(None, None)


def test_the_blog_policy() -> None:
    plan = compiled(statement(), statement("Deny", Condition={"StringNotEquals": {"aws:sourceVpce": "vpce-1"}}))
    is_vpce_1 = {"filter_state": {"key": "innergate.vpce", "string_match": {"exact": "vpce-1"}}}
    assert policies(plan.deny) == {"deny:stmt-1": {"not_id": is_vpce_1}}
    assert plan.allow is None


@pytest.mark.parametrize(
    "condition",
    [
        {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
        {"NumericLessThan": {"aws:EpochTime": "1"}},
        {"StringEquals": {"aws:SourceVpce": "${aws:SourceVpc}"}},
        {"StringLike": {"aws:VpcSourceIp": "10.*"}},
        {"NumericEquals": {"aws:VpceAccount": "111122223333"}},
    ],
)
def test_what_envoy_cannot_compare(condition: object) -> None:
    allow = compiled(statement(Condition=condition))
    assert policies(allow.allow) == {}
    assert len(allow.notes) == 1
    deny = compiled(statement(), statement("Deny", Condition=condition))
    assert list(policies(deny.deny)) == ["deny:stmt-1"]
    assert "Envoy" in deny.notes[0]


def test_a_resource_with_a_variable_that_only_the_call_could_fill() -> None:
    resource = "arn:aws:execute-api:*:*:abc/${aws:SourceVpc}/*"
    allow = compiled(statement(resource=resource))
    assert policies(allow.allow) == {}
    deny = compiled(statement(), statement("Deny", resource=resource))
    assert policies(deny.deny) == {"deny:stmt-1": {"any": True}}


def test_a_resource_with_a_variable_that_nobody_fills() -> None:
    """Its default counts; without one the statement is about nothing, as in the policy engine and in AWS."""
    resource = "arn:aws:execute-api:*:*:*/test/GET/${aws:username}"
    assert policies(compiled(statement(resource=resource)).allow) == {}
    assert compiled(statement(), statement("Deny", resource=resource)).deny is None
    deny = compiled(statement(), statement("Deny", resource=resource.replace("}", ", 'ann'}")))
    assert list(policies(deny.deny)) == ["deny:stmt-1"]
    assert deny.notes == ()


def test_other_apis_stages_actions_and_principals_leave_no_trace() -> None:
    plan = compiled(
        statement("Deny", resource="execute-api:/prod/*"),
        statement("Deny", resource="arn:aws:execute-api:us-east-1:111122223333:xyz/*"),
        statement("Deny", Action="s3:*"),
        statement("Deny", Principal={"AWS": "111122223333"}),
        statement(resource="execute-api:/test/GET/pets/*"),
    )
    assert plan.deny is None
    assert list(policies(plan.allow)) == ["stmt-4"]


def test_a_wildcard_may_cross_from_the_method_into_the_path() -> None:
    [principal] = policies(compiled(statement(resource="execute-api:/test/G*s")).allow).values()
    assert principal == {
        "and_ids": {
            "ids": [
                {"header": {"name": ":method", "string_match": {"prefix": "G"}}},
                {"url_path": {"path": {"safe_regex": {"regex": "/test\\C*s/?"}}}},
            ]
        }
    }


def test_endpoint_policies_are_gates_of_their_own_endpoint() -> None:
    text = json.dumps(
        {"Version": "2012-10-17", "Statement": [statement(Condition=VPCE_1), statement("Deny", "*/admin")]}
    )
    plan = compiled(statement(), vpce_9=text)
    came_by = {"filter_state": {"key": "innergate.vpce", "string_match": {"exact": "vpce-9"}}}
    [(name, deny)] = policies(plan.deny).items()
    assert name == "deny:vpce-9:stmt-1"
    assert came_by in deny["and_ids"]["ids"]
    [allow] = policies(plan.allow).values()
    assert {"not_id": came_by} in allow["or_ids"]["ids"]
    assert compiled(statement(), is_private=False, vpce_9=text) == RbacPlan(None, None)


def test_endpoints_with_the_same_policy_are_one_gate() -> None:
    text = json.dumps(
        {"Version": "2012-10-17", "Statement": [statement(Condition=VPCE_1), statement("Deny", "*/admin")]}
    )
    plan = compiled(statement(), vpce_8__vpce_9=text)
    came_by = {
        "or_ids": {
            "ids": [
                {"filter_state": {"key": "innergate.vpce", "string_match": {"exact": vpce}}}
                for vpce in ("vpce-8", "vpce-9")
            ]
        }
    }
    [deny] = policies(plan.deny).values()
    assert came_by in deny["and_ids"]["ids"]
    [allow] = policies(plan.allow).values()
    assert {"not_id": came_by} in allow["or_ids"]["ids"]


@pytest.mark.parametrize("wildcards", ["?", "*?", "*a", "*/a"])
def test_cases_67_86_no_policy_makes_more_of_envoys_configuration_than_a_few_times_itself(wildcards: str) -> None:
    """Each wildcard may stand where a method ends and the path begins, but methods are short and few."""
    resource = f"execute-api:/test/{wildcards * 1500}"
    plan = compiled(statement(), statement("Deny", resource))
    assert len(json.dumps(plan.deny)) < 100 * len(resource)


def test_a_wildcard_between_method_and_path_still_covers_both() -> None:
    plan = compiled(statement(), statement("Deny", "execute-api:/test/??T?ets"))
    get = {"header": {"name": ":method", "string_match": {"safe_regex": {"regex": r"\C\CT"}}}}
    path = {"url_path": {"path": {"safe_regex": {"regex": r"/test\Cets/?"}}}}
    assert policies(plan.deny) == {"deny:stmt-1": {"and_ids": {"ids": [get, path]}}}
