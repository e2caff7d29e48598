"""API keys and usage plans."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.unit.services.apigateway.recorded_apis import patch
from tests.unit.services.apigateway.replay import Replay

from innergate.primitives.fault import Fault
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.services import ServiceHarness

RECORDED = Path(__file__).parent / "recorded" / "rest-api-export.json"
CASES = {case["test"].rpartition("::test_")[2]: case["values"] for case in json.loads(RECORDED.read_text())["cases"]}


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ServiceHarness]:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    yield harness
    harness.store.close()


@pytest.fixture
def stage(harness: ServiceHarness) -> tuple[str, str]:
    api = harness.call("CreateRestApi", name="a")
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    harness.call("PutMethod", **where, authorizationType="NONE")
    harness.call("PutIntegration", **where, type="MOCK")
    harness.call("CreateDeployment", restApiId=api["id"], stageName="test")
    return api["id"], "test"


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf")])
def test_a_rate_is_a_number_of_calls(harness: ServiceHarness, rate: float) -> None:
    with pytest.raises(Fault, match="must be positive"):
        harness.call("CreateUsagePlan", name="p", throttle={"burstLimit": 1, "rateLimit": rate})


def test_the_life_of_a_plan(harness: ServiceHarness, stage: tuple[str, str]) -> None:
    api, name = stage
    plan = harness.call(
        "CreateUsagePlan",
        name="p",
        apiStages=[{"apiId": api, "stage": name}],
        quota={"limit": 10000, "period": "DAY"},
        throttle={"burstLimit": 10, "rateLimit": 50},
    )
    key = harness.call("CreateApiKey", name="k", enabled=True, value="")
    assert len(key["value"]) == 40
    harness.call("CreateUsagePlanKey", usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    assert harness.call("GetUsagePlanKey", usagePlanId=plan["id"], keyId=key["id"])["value"] == key["value"]
    assert "value" not in harness.call("GetApiKey", apiKey=key["id"])
    assert harness.call("GetApiKey", apiKey=key["id"], includeValue=True)["value"] == key["value"]
    with pytest.raises(Fault, match="because it has associated API Stages"):
        harness.call("DeleteUsagePlan", usagePlanId=plan["id"])
    method = f"/apiStages/{api}:{name}/throttle/~1pets/GET"
    operations = [patch("replace", f"{method}/rateLimit", "3"), patch("replace", "/quota/limit", "7")]
    changed = harness.call("UpdateUsagePlan", usagePlanId=plan["id"], patchOperations=operations)
    assert changed["apiStages"] == [
        {"apiId": api, "stage": name, "throttle": {"/pets/GET": {"burstLimit": 0, "rateLimit": 3.0}}}
    ]
    assert changed["quota"] == {"limit": 7, "period": "DAY", "offset": 0}
    gone = [patch("remove", "/apiStages", f"{api}:{name}"), patch("remove", "/throttle")]
    left = harness.call("UpdateUsagePlan", usagePlanId=plan["id"], patchOperations=gone)
    assert left["apiStages"] == []
    assert "throttle" not in left
    harness.call("DeleteUsagePlan", usagePlanId=plan["id"])
    assert harness.call("GetUsagePlans", keyId=key["id"]) == {"items": []}


def test_a_key_has_one_plan_for_a_stage(harness: ServiceHarness, stage: tuple[str, str]) -> None:
    api, name = stage
    stages = [{"apiId": api, "stage": name}]
    first, second = (harness.call("CreateUsagePlan", name=n, apiStages=stages)["id"] for n in ("one", "two"))
    key = harness.call("CreateApiKey", name="k")["id"]
    harness.call("CreateUsagePlanKey", usagePlanId=first, keyId=key, keyType="API_KEY")
    with pytest.raises(Fault) as refused:
        harness.call("CreateUsagePlanKey", usagePlanId=second, keyId=key, keyType="API_KEY")
    assert refused.value.status == 409
    assert refused.value.message.endswith(f"with the same API stage: {api}:{name}")


@pytest.mark.parametrize(
    ("period", "offset", "allowed"),
    [("DAY", 1, "zero"), ("WEEK", 7, "between 0 and 6 inclusive"), ("MONTH", 28, "between 0 and 27 inclusive")],
)
def test_a_quotas_offset_is_a_day_of_its_period(
    harness: ServiceHarness, period: str, offset: int, allowed: str
) -> None:
    quota = {"limit": 1, "period": period, "offset": offset - 1}
    assert harness.call("CreateUsagePlan", name="p", quota=quota)["quota"] == quota
    with pytest.raises(Fault) as refused:
        harness.call("CreateUsagePlan", name="p", quota={**quota, "offset": offset})
    assert refused.value.message == f"Usage Plan quota offset must be {allowed} in the {period} period"


def test_a_stage_comes_to_no_plan_whose_keys_have_it_by_another(
    harness: ServiceHarness, stage: tuple[str, str]
) -> None:
    api, name = stage
    first = harness.call("CreateUsagePlan", name="one", apiStages=[{"apiId": api, "stage": name}])["id"]
    second = harness.call("CreateUsagePlan", name="two")["id"]
    both, own = (harness.call("CreateApiKey", name=n)["id"] for n in ("both", "own"))
    for plan, key in ((first, both), (second, both), (second, own)):
        harness.call("CreateUsagePlanKey", usagePlanId=plan, keyId=key, keyType="API_KEY")
    added = [patch("add", "/apiStages", f"{api}:{name}")]
    with pytest.raises(Fault) as refused:
        harness.call("UpdateUsagePlan", usagePlanId=second, patchOperations=added)
    assert refused.value.status == 409
    assert refused.value.message == (
        f"Usage Plan {second} cannot be added because API Key {both} cannot reference multiple Usage Plans "
        f"with the same API stage: {api}:{name}"
    )
    harness.call("DeleteUsagePlanKey", usagePlanId=second, keyId=both)
    assert harness.call("UpdateUsagePlan", usagePlanId=second, patchOperations=added)["apiStages"]
    harness.call("UpdateUsagePlan", usagePlanId=second, patchOperations=[patch("replace", "/name", "2")])


@pytest.mark.parametrize(
    ("method", "key"),
    [
        ("~1pets/GET", "/pets/GET"),
        ("~1pets~1GET", "/pets/GET"),
        ("/pets/GET", "/pets/GET"),
        ("pets/GET", "/pets/GET"),
        ("/pets/{id}/toys/ANY", "/pets/{id}/toys/ANY"),
        ("~1/GET", "//GET"),
        ("//GET", "//GET"),
    ],
)
def test_a_throttle_names_its_method_as_clients_do(
    harness: ServiceHarness, stage: tuple[str, str], method: str, key: str
) -> None:
    """Terraform writes a path's slashes as they are."""
    api, name = stage
    plan = harness.call("CreateUsagePlan", name="p", apiStages=[{"apiId": api, "stage": name}])["id"]
    path = f"/apiStages/{api}:{name}/throttle/{method}"
    for limit, value in (("rateLimit", "3"), ("burstLimit", "4")):
        operations = [patch("replace", f"{path}/{limit}", value)]
        changed = harness.call("UpdateUsagePlan", usagePlanId=plan, patchOperations=operations)
    assert changed["apiStages"][0]["throttle"] == {key: {"burstLimit": 4, "rateLimit": 3.0}}
    left = harness.call("UpdateUsagePlan", usagePlanId=plan, patchOperations=[patch("remove", path)])
    assert "throttle" not in left["apiStages"][0]


@pytest.mark.parametrize(
    "method", ["", "GET", "~1pets", "~1pets/rateLimit", "~1pets/GET/limit", "~1pets/get/rateLimit"]
)
def test_a_throttle_of_no_method_is_refused(harness: ServiceHarness, stage: tuple[str, str], method: str) -> None:
    api, name = stage
    plan = harness.call("CreateUsagePlan", name="p", apiStages=[{"apiId": api, "stage": name}])["id"]
    operations = [patch("replace", f"/apiStages/{api}:{name}/throttle/{method}", "3")]
    with pytest.raises(Fault, match="Invalid patch path"):
        harness.call("UpdateUsagePlan", usagePlanId=plan, patchOperations=operations)


def test_a_key_that_is_made_again_has_nothing_of_the_one_before(harness: ServiceHarness) -> None:
    """Its id may be the same: where it is not distinct, it is the value."""
    plan = harness.call("CreateUsagePlan", name="p", quota={"limit": 5, "period": "DAY"})["id"]
    day = harness.clock.now().date().isoformat()
    for _ in range(2):
        key = harness.call("CreateApiKey", name="k", value="v" * 20, generateDistinctId=False)["id"]
        harness.call("CreateUsagePlanKey", usagePlanId=plan, keyId=key, keyType="API_KEY")
        usage = harness.call("GetUsage", usagePlanId=plan, startDate=day, endDate=day)["items"]
        assert usage == {key: [[0, 5]]}
        harness.call("UpdateUsage", usagePlanId=plan, keyId=key, patchOperations=[patch("replace", "/remaining", "1")])
        harness.call("DeleteApiKey", apiKey=key)


def test_an_imported_key_keeps_what_the_file_does_not_say(harness: ServiceHarness) -> None:
    made = harness.call("CreateApiKey", name="k", value="a" * 20, customerId="c1", tags={"t": "1"})
    harness.call("ImportApiKeys", body=f"name,key\nother,{'a' * 20}\n".encode(), format="csv")
    key = harness.call("GetApiKey", apiKey=made["id"])
    assert (key["name"], key["customerId"], key["tags"]) == ("other", "c1", {"t": "1"})


def test_stages_that_go_leave_their_plans(harness: ServiceHarness, stage: tuple[str, str]) -> None:
    api, name = stage
    plan = harness.call("CreateUsagePlan", name="p", apiStages=[{"apiId": api, "stage": name}])["id"]
    harness.call("DeleteStage", restApiId=api, stageName=name)
    assert harness.call("GetUsagePlan", usagePlanId=plan)["apiStages"] == []


def test_unknown_stages_are_refused_by_name(harness: ServiceHarness, stage: tuple[str, str]) -> None:
    api, _ = stage
    plan = harness.call("CreateUsagePlan", name="p")["id"]
    for value, message in (
        ("nocolon", "Invalid API Stage specified"),
        (f"{api}:dev", f"Invalid API Stage {{api: {api}, stage: dev}} specified for usageplan {plan}"),
    ):
        with pytest.raises(Fault) as refused:
            harness.call("UpdateUsagePlan", usagePlanId=plan, patchOperations=[patch("add", "/apiStages", value)])
        assert refused.value.message == message


def test_import_of_keys(harness: ServiceHarness) -> None:
    plan = harness.call("CreateUsagePlan", name="p")["id"]
    rows = f'Name,key,description,Enabled,usageplanIds\nk1,{"a" * 20},d,TRUE,"{plan},nope"\nk2,{"b" * 20},,false,\n'
    answer = harness.call("ImportApiKeys", body=rows.encode(), format="csv")
    assert len(answer["ids"]) == 2
    assert answer["warnings"] == ["Usage plan nope of key k1 does not exist"]
    keys = {key["name"]: key["enabled"] for key in harness.call("GetApiKeys")["items"]}
    assert keys == {"k1": True, "k2": False}
    assert [key["name"] for key in harness.call("GetUsagePlanKeys", usagePlanId=plan)["items"]] == ["k1"]
    with pytest.raises(Fault, match="Import failed with warnings"):
        harness.call("ImportApiKeys", body=rows.encode(), format="csv", failOnWarnings=True)


def get_api_keys(r: Replay) -> None:
    r.call("get-api-keys", "GetApiKeys")
    r.call("create-api-key", "CreateApiKey", name="test-key-one")
    r.call("get-api-keys-after-create-1", "GetApiKeys")
    r.call("create-api-key-2", "CreateApiKey", name="other-key-two")
    r.call("get-api-keys-after-create-2", "GetApiKeys")
    page = r.call("get-apis-keys-pagination", "GetApiKeys", limit=1)
    r.call("get-apis-keys-pagination-2", "GetApiKeys", limit=1, position=page["position"])
    r.call("get-api-keys-name-query", "GetApiKeys", nameQuery="other-key-two")
    r.call("get-api-keys-prefix-name-query", "GetApiKeys", nameQuery="test-key")
    r.call("get-api-keys-prefix-name-query-cased", "GetApiKeys", nameQuery="TEST-key")
    r.call("get-api-keys-infix-name-query", "GetApiKeys", nameQuery="key")
    r.call("get-api-keys-postfix-name-query", "GetApiKeys", nameQuery="two")
    r.call("get-api-keys-wrong-name-query", "GetApiKeys", nameQuery="wrong")


def create_api_key_with_invalid_name(r: Replay) -> None:
    r.call("create-api-key-empty-name", "CreateApiKey", name="")
    r.call("create-api-key-no-name", "CreateApiKey")
    r.call("create-api-key-name-too-long", "CreateApiKey", name="a" * 1025)


def create_api_key_with_invalid_value(r: Replay) -> None:
    r.call("create-api-key-empty-value", "CreateApiKey", value="")
    r.call("create-api-key-short-value", "CreateApiKey", value="short")
    r.call("create-api-key-invalid-value-too-long", "CreateApiKey", value="a" * 129)


def update_api_key_invalid_enabled_type(r: Replay) -> None:
    own = r.run("CreateApiKey", enabled=True)["id"]
    operations = [patch("replace", "/enabled", "invalid")]
    r.call("update-api-key-invalid-enabled-type", "UpdateApiKey", apiKey=own, patchOperations=operations)


def update_api_key_immutable_field(r: Replay) -> None:
    own = r.run("CreateApiKey", name="a")["id"]
    r.call("update-api-key-immutable-field", "UpdateApiKey", apiKey=own, patchOperations=[patch("replace", "/id", "x")])


def create_usage_plan_with_throttle(r: Replay) -> None:
    throttle = {"burstLimit": 20, "rateLimit": 10.0}
    r.call("create-usage-plan-burst-gt-rate", "CreateUsagePlan", name="p", throttle=throttle)


@pytest.mark.parametrize(
    "script",
    [
        get_api_keys,
        create_api_key_with_invalid_name,
        create_api_key_with_invalid_value,
        update_api_key_invalid_enabled_type,
        update_api_key_immutable_field,
        create_usage_plan_with_throttle,
    ],
)
def test_recorded(script: Callable[[Replay], None], harness: ServiceHarness) -> None:
    replay = Replay(harness, CASES[script.__name__])
    script(replay)
    assert replay.problems == {}
    missed = {label for label in replay.unseen() if not label.endswith("-2")}
    assert missed == set()
