"""Lambda authorizers' answers that are kept for further calls."""

import msgspec
import pytest
from tests.unit.runtime.authorize.lambda_answers import ALLOW, authorized, denied
from tests.unit.runtime.authorize.questions import (
    ARN,
    CALL,
    METHOD,
    NOW_MS,
    STAGE,
    TOKEN,
    answer_of,
    function_world,
    policy,
    stage_with,
    with_headers,
)

# ---- what is kept


def test_an_answer_is_kept_and_asked_anew_for_each_method() -> None:
    world = function_world(answer_of(policy("Allow", f"{ARN}/prod/GET/*")))
    authorized(world.ask())
    delete = msgspec.structs.replace(CALL, verb="DELETE")
    assert denied(world.ask(call=delete)).response_type == "ACCESS_DENIED"
    authorized(world.ask())
    assert len(world.asked) == 1


def test_a_kept_denial_is_one_too() -> None:
    world = function_world(answer_of(policy("Deny")))
    denied(world.ask())
    denied(world.ask())
    assert len(world.asked) == 1


@pytest.mark.parametrize(("ttl_s", "later_ms", "asked"), [(300, 299_999, 1), (300, 300_000, 2), (0, 0, 2), (1, 999, 1)])
def test_it_lasts_as_long_as_the_authorizer_says(ttl_s: int, later_ms: int, asked: int) -> None:
    world, stage = function_world(ALLOW), stage_with(msgspec.structs.replace(TOKEN, ttl_s=ttl_s))
    world.ask(stage)
    world.ask(stage, call=msgspec.structs.replace(CALL, received_ms=NOW_MS + later_ms))
    assert len(world.asked) == asked


def test_another_token_is_asked_for_anew() -> None:
    world = function_world(ALLOW)
    for token in ("one", "two", "One", "one"):
        world.ask(call=with_headers(("Authorization", token)))
    assert len(world.asked) == 3


def test_sources_do_not_run_into_each_other() -> None:
    authorizer = msgspec.structs.replace(
        TOKEN, type="REQUEST", identity_sources=("method.request.header.A", "method.request.header.B")
    )
    world = function_world(ALLOW)
    for a, b in (("a", "bc"), ("ab", "c"), ("a|b", "c"), ("c", "ab")):
        world.ask(stage_with(authorizer), call=with_headers(("A", a), ("B", b)))
    assert len(world.asked) == 4


def test_a_second_value_does_not_hide_behind_the_first() -> None:
    world = function_world(ALLOW)
    authorizer = msgspec.structs.replace(TOKEN, type="REQUEST", identity_sources=("method.request.header.A",))
    for headers in ((("A", "x"),), (("A", "y"), ("A", "x")), (("A", "x"), ("A", "y"))):
        world.ask(stage_with(authorizer), call=with_headers(*headers))
    assert len(world.asked) == 3
    for text in ("['y', 'x']", '["y", "x"]', '\0["y", "x"]'):
        world.ask(stage_with(authorizer), call=with_headers(("A", text)))
    assert len(world.asked) == 6


def test_failures_are_not_kept() -> None:
    world = function_world({"errorMessage": "Unauthorized"}, error="Unhandled")
    world.ask()
    world.ask()
    assert len(world.asked) == 2


def test_nothing_is_kept_across_stages_apis_and_authorizers() -> None:
    world = function_world(ALLOW)
    twin = msgspec.structs.replace(TOKEN, authorizer_id="a2")
    method = msgspec.structs.replace(METHOD, authorizer_id="a2")
    both = msgspec.structs.replace(STAGE, authorizers={"a1": TOKEN, "a2": twin})
    world.ask(both)
    world.ask(both, method)
    world.ask(stage_with(stage="dev"))
    world.ask(stage_with(api_id="other12345"))
    assert len(world.asked) == 4


def test_a_new_document_of_the_stage_forgets() -> None:
    world = function_world(ALLOW)
    world.ask(STAGE)
    world.ask(msgspec.structs.replace(STAGE))
    assert len(world.asked) == 1
    changed = msgspec.structs.replace(STAGE, authorizers_flushed_at="2026-11-22T17:00:00Z")
    world.ask(changed)
    world.ask(STAGE)
    assert len(world.asked) == 3
