"""GetUsage and UpdateUsage: the quota as it was counted, and SDK types, of which nothing is generated."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.unit.services.apigateway.recorded_apis import patch
from tests.unit.services.apigateway.test_domain_names import refused

from innergate.services.apigateway.operations import OPERATIONS
from innergate.store.observations import Observation
from innergate.testing.services import ServiceHarness
from innergate.testing.shapes import check_result


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ServiceHarness]:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    yield harness
    harness.store.close()


def plan_with_key(harness: ServiceHarness, quota: Mapping[str, Any] | None) -> tuple[str, str]:
    given: dict[str, Any] = {"quota": quota} if quota else {}
    plan = harness.call("CreateUsagePlan", name="p", **given)["id"]
    key = harness.call("CreateApiKey", name="k", enabled=True)["id"]
    harness.call("CreateUsagePlanKey", usagePlanId=plan, keyId=key, keyType="API_KEY")
    return plan, key


def test_remaining_calls_are_counted_from_the_offsets_day(harness: ServiceHarness) -> None:
    today = harness.clock.now().date()
    offset = (today.weekday() + 1) % 7
    plan, key = plan_with_key(harness, {"limit": 100, "period": "WEEK", "offset": offset})
    count(harness, plan, key, (today - timedelta(days=1)).isoformat(), 30)
    count(harness, plan, key, today.isoformat(), 10)
    usage = harness.call("GetUsage", usagePlanId=plan, startDate=today.isoformat(), endDate=today.isoformat())
    assert usage["items"][key] == [[10, 90]]


def count(harness: ServiceHarness, plan: str, key: str, day: str, used: int) -> None:
    harness.store.observe([Observation(f"usage/{plan}/{key}", day, used, harness.clock.now())])


def test_uncounted_days_leave_the_whole_quota(harness: ServiceHarness) -> None:
    plan, key = plan_with_key(harness, {"limit": 100, "period": "DAY"})
    today = harness.clock.now().date()
    start = (today - timedelta(days=2)).isoformat()
    usage = harness.call("GetUsage", usagePlanId=plan, startDate=start, endDate=today.isoformat())
    check_result("apigateway", "GetUsage", usage)
    assert usage["items"] == {key: [[0, 100], [0, 100], [0, 100]]}
    assert (usage["startDate"], usage["endDate"], usage["usagePlanId"]) == (start, today.isoformat(), plan)


@pytest.mark.parametrize(("period", "after"), [("DAY", [70, 90]), ("MONTH", [70, 60])])
def test_what_was_counted_is_taken_off_by_period(harness: ServiceHarness, period: str, after: list[int]) -> None:
    plan, key = plan_with_key(harness, {"limit": 100, "period": period})
    today = harness.clock.now().date()
    if today.day == 1:
        harness.clock.advance(86400)
        today = harness.clock.now().date()
    before = today - timedelta(days=1)
    count(harness, plan, key, before.isoformat(), 30)
    count(harness, plan, key, today.isoformat(), 10)
    usage = harness.call("GetUsage", usagePlanId=plan, startDate=before.isoformat(), endDate=today.isoformat())
    assert usage["items"][key] == [[30, after[0]], [10, after[1]]]


def test_a_grant_replaces_what_remains(harness: ServiceHarness) -> None:
    plan, key = plan_with_key(harness, {"limit": 100, "period": "DAY"})
    day = harness.clock.now().date().isoformat()
    count(harness, plan, key, day, 40)
    operations = [patch("replace", "/remaining", "50")]
    granted = harness.call("UpdateUsage", usagePlanId=plan, keyId=key, patchOperations=operations)
    check_result("apigateway", "UpdateUsage", granted)
    assert granted["items"] == {key: [[40, 50]]}
    count(harness, plan, key, day, 45)
    asked = {"usagePlanId": plan, "startDate": day, "endDate": day}
    assert harness.call("GetUsage", **asked)["items"] == {key: [[45, 45]]}
    harness.call("DeleteUsagePlanKey", usagePlanId=plan, keyId=key)
    harness.call("CreateUsagePlanKey", usagePlanId=plan, keyId=key, keyType="API_KEY")
    assert harness.call("GetUsage", **asked)["items"] == {key: [[45, 55]]}


def test_what_cannot_be_asked(harness: ServiceHarness) -> None:
    plan, key = plan_with_key(harness, None)
    day = harness.clock.now().date()
    same = {"usagePlanId": plan, "startDate": day.isoformat(), "endDate": day.isoformat()}
    assert harness.call("GetUsage", **same)["items"] == {key: [[0, 0]]}
    with refused("Invalid date specified"):
        harness.call("GetUsage", **same | {"startDate": "yesterday"})
    with refused("must not be after"):
        harness.call("GetUsage", **same | {"endDate": (day - timedelta(days=1)).isoformat()})
    with refused("kept for 90 days"):
        harness.call("GetUsage", **same | {"startDate": (day - timedelta(days=91)).isoformat()})
    with refused("Invalid API Key identifier specified", "NotFoundException"):
        harness.call("GetUsage", **same, keyId="none")
    with refused("Invalid Usage Plan ID specified", "NotFoundException"):
        harness.call("GetUsage", account="444455556666", **same)
    with refused("does not have a quota"):
        harness.call("UpdateUsage", usagePlanId=plan, keyId=key, patchOperations=[patch("replace", "/remaining", "1")])


@pytest.mark.parametrize(("path", "value"), [("/limit", "1"), ("/remaining", "-1"), ("/remaining", "many")])
def test_what_a_grant_must_not_be(harness: ServiceHarness, path: str, value: str) -> None:
    plan, key = plan_with_key(harness, {"limit": 100, "period": "DAY"})
    with refused("Invalid patch path|Invalid remaining quota"):
        harness.call("UpdateUsage", usagePlanId=plan, keyId=key, patchOperations=[patch("replace", path, value)])


def test_sdk_types_are_listed_and_none_is_made(harness: ServiceHarness) -> None:
    listed = harness.call("GetSdkTypes")
    check_result("apigateway", "GetSdkTypes", listed)
    assert {found["id"] for found in listed["items"]} == {
        "android", "java", "javascript", "objectivec", "ruby", "swift"
    }  # fmt: skip
    android = harness.call("GetSdkType", id="android")
    required = [known["name"] for known in android["configurationProperties"] if known["required"]]
    assert required == ["groupId", "invokerPackage", "artifactId", "artifactVersion"]
    with refused("Invalid SDK type identifier specified", "NotFoundException"):
        harness.call("GetSdkType", id="cobol")
    api = harness.call("CreateRestApi", name="a")
    where = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    harness.call("PutMethod", **where, authorizationType="NONE")
    harness.call("PutIntegration", **where, type="MOCK")
    harness.call("CreateDeployment", restApiId=api["id"], stageName="dev")
    with refused("SDK generation is not available here"):
        harness.call("GetSdk", restApiId=api["id"], stageName="dev", sdkType="java")
    with refused("Invalid stage identifier specified", "NotFoundException"):
        harness.call("GetSdk", restApiId=api["id"], stageName="none", sdkType="java")
