"""API keys after authorization: from the header, or from what an authorizer says."""

import msgspec
import pytest
from tests.unit.runtime.authorize.questions import (
    CALL,
    METHOD,
    STAGE,
    World,
    answer_of,
    function_world,
    policy,
    resource_policy,
    silent_world,
    stage_with,
)

from innergate.plans.runtime import RuntimeBucket, RuntimeKey
from innergate.runtime.authorize.verdict import Authorized, Denied, Verdict

VALUE = "abcdefghijklmnopqrstuvwx"
KEYED = msgspec.structs.replace(METHOD, requires_key=True)
OPEN = msgspec.structs.replace(KEYED, authorization="NONE", authorizer_id="")
BY_AUTHORIZER = msgspec.structs.replace(STAGE, api_key_source="AUTHORIZER")


def is_forbidden(verdict: Verdict) -> bool:
    assert isinstance(verdict, Denied)
    return (verdict.response_type, verdict.status, verdict.message, verdict.error_type) == (
        "INVALID_API_KEY",
        403,
        "Forbidden",
        "ForbiddenException",
    )


def naming(key: str | None) -> World:
    return function_world(answer_of(policy("Allow"), usageIdentifierKey=key))


def test_the_key_that_the_authorizer_names_opens() -> None:
    found = naming(VALUE).ask(BY_AUTHORIZER, KEYED)
    assert isinstance(found, Authorized)
    assert (found.usage_key, found.key, found.key_id) == (VALUE, VALUE, "key1")
    assert found.facts["identity.apiKeyId"] == "key1"


def test_whose_key_is_refused_is_known_to_the_gateway_response() -> None:
    refused = naming("unknown").ask(BY_AUTHORIZER, KEYED)
    assert isinstance(refused, Denied)
    passed = naming(VALUE).ask(BY_AUTHORIZER, KEYED)
    assert isinstance(passed, Authorized)
    assert refused.context == passed.context != {}


@pytest.mark.parametrize("key", [None, "", "unknown", VALUE.upper(), "key1"])
def test_another_key_does_not(key: str | None) -> None:
    assert is_forbidden(naming(key).ask(BY_AUTHORIZER, KEYED))


def test_a_header_does_not_count_where_the_authorizer_names_the_key() -> None:
    call = msgspec.structs.replace(CALL, headers=(*CALL.headers, ("x-api-key", VALUE)))
    assert is_forbidden(naming(None).ask(BY_AUTHORIZER, KEYED, call))


@pytest.mark.parametrize(
    ("policy", "is_private", "passes"),
    [
        ("", False, True),
        ("", True, False),
        (resource_policy("Allow"), True, True),
        (resource_policy("Deny"), False, False),
        (resource_policy("Allow", "execute-api:/other/*"), False, False),
    ],
)
def test_the_resource_policy_counts_for_an_open_method(policy: str, is_private: bool, passes: bool) -> None:
    """Envoy may be a deployment behind, in which the method was not open and its policy was left to the worker."""
    method = msgspec.structs.replace(METHOD, authorization="NONE", authorizer_id="")
    verdict = silent_world().ask(stage_with(policy=policy, is_private=is_private), method)
    assert isinstance(verdict, Authorized) is passes
    if isinstance(verdict, Denied):
        assert (verdict.response_type, verdict.status) == ("ACCESS_DENIED", 403)


def test_an_open_method_has_nobody_to_name_a_key() -> None:
    assert is_forbidden(silent_world().ask(BY_AUTHORIZER, OPEN))


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ((("x-api-key", VALUE),), True),
        ((("X-API-Key", VALUE),), True),
        ((), False),
        ((("x-api-key", ""),), False),
        ((("x-api-key", "unknown"),), False),
        ((("x-api-key", "unknown"), ("x-api-key", VALUE)), False),
    ],
)
def test_the_key_of_the_header_is_asked_for_after_the_authorizer(
    headers: tuple[tuple[str, str], ...], passes: bool
) -> None:
    call = msgspec.structs.replace(CALL, headers=(*CALL.headers, *headers))
    verdict = naming(VALUE).ask(method=KEYED, call=call)
    assert isinstance(verdict, Authorized) is passes
    assert passes or is_forbidden(verdict)


def test_whom_the_authorizer_denies_no_key_helps() -> None:
    call = msgspec.structs.replace(CALL, headers=(*CALL.headers, ("x-api-key", "unknown")))
    verdict = function_world(answer_of(policy("Deny"))).ask(method=KEYED, call=call)
    assert isinstance(verdict, Denied)
    assert verdict.response_type == "ACCESS_DENIED"


def test_a_method_without_keys_asks_for_none() -> None:
    verdict = naming(VALUE).ask(BY_AUTHORIZER, METHOD)
    assert isinstance(verdict, Authorized)
    assert verdict.key_id == ""


def test_what_envoy_has_found_must_agree() -> None:
    stage = msgspec.structs.replace(STAGE, keys=(*STAGE.keys, RuntimeKey(key_id="key2", value="y" * 24)))
    call = msgspec.structs.replace(CALL, headers=(*CALL.headers, ("x-api-key", VALUE)), api_key_id="key2")
    assert is_forbidden(silent_world().ask(stage, OPEN, call))
    agreed = msgspec.structs.replace(call, api_key_id="key1")
    assert isinstance(silent_world().ask(stage, OPEN, agreed), Authorized)


def test_a_named_key_is_throttled_by_its_plan_and_by_the_methods_own_bucket() -> None:
    bucket = RuntimeBucket(burst=2, rate_per_s=0.001)
    key = msgspec.structs.replace(STAGE.keys[0], throttle=bucket)
    stage = msgspec.structs.replace(BY_AUTHORIZER, keys=(key,))
    world = naming(VALUE)
    verdicts = [world.ask(stage, KEYED) for _ in range(3)]
    assert [isinstance(verdict, Authorized) for verdict in verdicts] == [True, True, False]
    last = verdicts[-1]
    assert isinstance(last, Denied)
    assert (last.response_type, last.status, last.message) == ("THROTTLED", 429, "Too Many Requests")
    own = msgspec.structs.replace(KEYED, client_throttles={"key1": RuntimeBucket(burst=1, rate_per_s=0.001)})
    other = naming(VALUE)
    assert [isinstance(other.ask(BY_AUTHORIZER, own), Authorized) for _ in range(2)] == [True, False]
