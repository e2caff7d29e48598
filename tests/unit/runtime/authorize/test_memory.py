"""What a worker keeps, and how much of it."""

import msgspec
import pytest
from tests.unit.runtime.authorize.questions import STAGE, resource_policy

from innergate.plans.runtime import RuntimeKey
from innergate.policy.parse import parse_policy
from innergate.runtime.authorize import memory as kept
from innergate.runtime.authorize.authorizer_answer import AuthorizerAnswer
from innergate.runtime.authorize.memory import AuthorizationMemory

ANSWER = AuthorizerAnswer(principal_id="p", policy=parse_policy(resource_policy("Allow")), size_bytes=1000)


def test_the_least_used_answer_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_ANSWERS", 2)
    memory = AuthorizationMemory()
    for token in ("a", "b"):
        memory.keep(STAGE, "a1", (token,), ANSWER, 100)
    assert memory.recall(STAGE, "a1", ("a",), 0) == ANSWER
    memory.keep(STAGE, "a1", ("c",), ANSWER, 100)
    assert [memory.recall(STAGE, "a1", (token,), 0) is not None for token in "abc"] == [True, False, True]


def test_bytes_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_ANSWER_BYTES", 2500)
    memory = AuthorizationMemory()
    for token in "abcd":
        memory.keep(STAGE, "a1", (token,), ANSWER, 100)
    assert [memory.recall(STAGE, "a1", (token,), 0) is not None for token in "abcd"] == [False, False, True, True]
    for _ in range(100):
        memory.keep(STAGE, "a1", ("d",), ANSWER, 100)
    assert memory.recall(STAGE, "a1", ("c",), 0) == ANSWER


def test_an_answer_that_is_too_large_by_itself_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_ANSWER_BYTES", 500)
    memory = AuthorizationMemory()
    memory.keep(STAGE, "a1", ("a",), ANSWER, 100)
    assert memory.recall(STAGE, "a1", ("a",), 0) is None


def test_stages_that_are_forgotten_start_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_STAGES", 1)
    memory = AuthorizationMemory()
    memory.keep(STAGE, "a1", ("a",), ANSWER, 100)
    assert memory.recall(msgspec.structs.replace(STAGE, stage="dev"), "a1", ("a",), 0) is None
    assert memory.recall(STAGE, "a1", ("a",), 0) is None


def test_keys_are_found_by_value_and_follow_the_document() -> None:
    memory = AuthorizationMemory()
    assert memory.find_key(STAGE, STAGE.keys[0].value) == STAGE.keys[0]
    assert memory.find_key(STAGE, "other") is None
    other = msgspec.structs.replace(STAGE, keys=(RuntimeKey(key_id="k9", value="other"),))
    assert memory.find_key(other, "other") == other.keys[0]
    assert memory.find_key(other, STAGE.keys[0].value) is None


def test_calls_that_alternate_between_a_stage_and_its_canary_forget_nothing() -> None:
    memory = AuthorizationMemory()
    canary = msgspec.structs.replace(STAGE, deployment_id="d9", is_canary=True)
    for stage in (STAGE, canary):
        memory.keep(stage, "a1", (stage.deployment_id,), ANSWER, 100)
    assert memory.recall(STAGE, "a1", (STAGE.deployment_id,), 0) == ANSWER
    assert memory.recall(canary, "a1", ("d9",), 0) == ANSWER
    assert memory.recall(STAGE, "a1", ("d9",), 0) is None
