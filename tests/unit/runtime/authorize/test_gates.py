"""A decision that is kept is the one that would be taken again: nothing that it depends on is left out."""

import msgspec
import pytest
from tests.unit.runtime.authorize.questions import (
    CALL,
    METHOD,
    NOW_MS,
    STAGE,
    resource_policy,
    silent_world,
    with_headers,
)

from innergate.plans.runtime import RuntimeStage
from innergate.runtime.authorize.verdict import Authorized
from innergate.runtime.exchange.call import Call

OPEN = msgspec.structs.replace(METHOD, authorization="NONE", authorizer_id="")
PRIVATE = msgspec.structs.replace(
    STAGE, is_private=True, policy=resource_policy("Allow"), endpoint_policies={"vpce-1": resource_policy("Allow")}
)
INSIDE = msgspec.structs.replace(CALL, vpce_id="vpce-1", vpc_id="vpc-1", vpce_account="111122223333")


def may(stage: RuntimeStage, call: Call) -> bool:
    return isinstance(silent_world().ask(stage, OPEN, call), Authorized)


def changed(call: Call, **changes: object) -> Call:
    return msgspec.structs.replace(call, **changes)


@pytest.mark.parametrize(
    ("key", "allowed", "other"),
    [
        ("aws:SourceVpce", "vpce-1", {"vpce_id": "vpce-2"}),
        ("aws:SourceVpc", "vpc-1", {"vpc_id": "vpc-2"}),
        ("aws:VpceAccount", "111122223333", {"vpce_account": "444455556666"}),
        ("aws:VpcSourceIp", "203.0.113.7", {"source_ip": "203.0.113.8"}),
        ("aws:SecureTransport", "true", {"tls_version": ""}),
        ("aws:UserAgent", "good", {"headers": with_headers(("User-Agent", "bad")).headers}),
        ("aws:Referer", "good", {"headers": with_headers(("Referer", "bad")).headers}),
    ],
)
def test_each_fact_counts_each_time(key: str, allowed: str, other: dict[str, object]) -> None:
    operator = "IpAddress" if key.endswith("Ip") else "StringEquals"
    stage = msgspec.structs.replace(PRIVATE, policy=resource_policy("Allow", Condition={operator: {key: allowed}}))
    good = changed(INSIDE, headers=with_headers(("User-Agent", "good"), ("Referer", "good")).headers)
    asked = [may(stage, good), may(stage, changed(good, **other)), may(stage, good), may(stage, changed(good, **other))]
    assert asked == [True, False, True, False]


@pytest.mark.parametrize("key", ["aws:CurrentTime", "AWS:epochtime"])
def test_time_counts(key: str) -> None:
    limit = {"DateLessThan": {key: NOW_MS // 1000}}
    stage = msgspec.structs.replace(PRIVATE, policy=resource_policy("Allow", Condition=limit))
    before, after = changed(INSIDE, received_ms=NOW_MS - 5000), changed(INSIDE, received_ms=NOW_MS + 5000)
    assert [may(stage, before), may(stage, after), may(stage, before)] == [True, False, True]


def test_the_path_and_the_policies_count() -> None:
    narrow = msgspec.structs.replace(PRIVATE, policy=resource_policy("Allow", "execute-api:/prod/GET/pets/*"))
    assert [may(narrow, INSIDE), may(narrow, changed(INSIDE, path="/prod/toys/7")), may(narrow, INSIDE)] == [
        True,
        False,
        True,
    ]
    closed = msgspec.structs.replace(narrow, endpoint_policies={"vpce-1": resource_policy("Deny")})
    assert [may(closed, INSIDE), may(narrow, INSIDE)] == [False, True]
    assert not may(msgspec.structs.replace(narrow, policy=""), INSIDE)


def test_long_texts_are_decided_too() -> None:
    limit = {"StringNotLike": {"aws:UserAgent": "*bad"}}
    stage = msgspec.structs.replace(PRIVATE, policy=resource_policy("Allow", Condition=limit))
    good, bad = (
        changed(INSIDE, headers=with_headers(("User-Agent", "x" * 2000 + end)).headers) for end in ("good", "bad")
    )
    assert [may(stage, good), may(stage, bad), may(stage, good)] == [True, False, True]
