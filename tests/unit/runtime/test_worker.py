"""A worker's answers on the way to Envoy."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from tests.unit.runtime.exchange.exchange_scripts import make_method, make_stage

from innergate.plans.runtime import CACHE_HEADER, CALL_HEADER, FACTS_HEADER, REASON_HEADER
from innergate.runtime.authorize.memory import AuthorizationMemory
from innergate.runtime.exchange.call import Answer as Failed
from innergate.runtime.execution_records import ExecutionRecords
from innergate.runtime.functions.log_file import LogFile
from innergate.runtime.http_app import Answer
from innergate.runtime.performer import Performer
from innergate.runtime.quotas import Quotas
from innergate.runtime.usage_counts import UsageCounts
from innergate.runtime.worker import Worker, for_envoy

FACTS = "document;res789;GET;-;request;1795334400000;10.0.0.9;-;-;-;HTTP/1.1;TLSv1.3;-;-;443"
TEMPLATE = '#set($context.responseOverride.status = %d){"a":1}'


def answer(folder: Path, status: int, times: int = 1, **settings: object) -> Answer:
    """What a worker answers at last for a MOCK that overrides its status."""
    mock = {
        "type": "MOCK",
        "templates": {"application/json": '{"statusCode":200}'},
        "responses": [{"status": 200, "templates": {"application/json": TEMPLATE % status}}],
    }
    method = make_method({"integration": mock, "responses": {200: ()}, "settings": settings})
    stage = msgspec.structs.replace(make_stage(), methods={"res789/GET": method}, has_cache=True)
    (folder / "document").write_bytes(msgspec.json.encode(stage))

    async def run() -> Answer:
        quotas = Quotas(folder, UsageCounts(folder / "usage.sqlite"))
        performer = Performer(folder / "egress.sock", folder / "functions.sock", folder / "front.sock", quotas)
        records = ExecutionRecords(LogFile(folder / "log.jsonl"))
        worker = Worker(folder, performer, AuthorizationMemory(), quotas, records)
        for _ in range(times):
            answered = await worker.answer("GET", "/dev/pets/7", [(CALL_HEADER, FACTS)], b"")
        await performer.close()
        quotas.close()
        return answered

    return asyncio.run(run())


def test_a_status_goes_as_it_was_set(tmp_path: Path) -> None:
    answered = answer(tmp_path, 418)
    assert (answered.status, answered.body) == (418, b'{"a":1}')


@pytest.mark.parametrize(("status", "says"), [(200, []), (399, []), (400, ["{}"]), (503, ["{}"])])
def test_of_a_failure_alone_envoy_is_told_why(tmp_path: Path, status: int, says: list[str]) -> None:
    answered = answer(tmp_path, status)
    assert [value for name, value in answered.headers if name == REASON_HEADER] == says


def test_why_says_nothing_of_the_caller_and_of_the_body() -> None:
    """The log of failures is every tenant's; $context of an authorizer may hold anything."""
    facts = {"error.responseType": "ACCESS_DENIED", "why": "no", "authorizer.error": "bad", "integration.status": "7"}
    others = {
        "authorizer.token": "secret",
        "authorizer.claims.email": "secret",
        "authorizer.principalId": "secret",
        "error.validationErrorString": "secret",
    }
    sent = dict(for_envoy(Failed(status=403, facts={**facts, **others}), is_head=False).headers)
    assert json.loads(sent[REASON_HEADER]) == facts
    assert json.loads(sent[FACTS_HEADER]) == {**facts, **others}


@pytest.mark.parametrize("status", [100, 101, 103, 199])
def test_what_is_no_final_answer_is_not_sent(tmp_path: Path, status: int) -> None:
    """The body after it would be read as the answer to somebody else's request."""
    answered = answer(tmp_path, status)
    assert (answered.status, answered.body) == (500, b'{"message":"Internal server error"}')


@pytest.mark.parametrize(("times", "said"), [(1, ["miss"]), (2, ["hit"])])
def test_envoy_is_told_what_the_cache_said(tmp_path: Path, times: int, said: list[str]) -> None:
    answered = answer(tmp_path, 203, times, **{"caching/enabled": True})
    assert [value for name, value in answered.headers if name == CACHE_HEADER] == said


def test_envoy_is_told_nothing_of_a_cache_that_was_not_asked(tmp_path: Path) -> None:
    """The header would reach the client: routes of such methods do not take it off."""
    answered = answer(tmp_path, 203, 2)
    assert CACHE_HEADER not in dict(answered.headers)
