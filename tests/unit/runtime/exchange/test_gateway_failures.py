"""Gateway responses: one meaning, whether Envoy gives them or the runtime."""

import json
from collections.abc import Mapping

import pytest
from tests.unit.runtime.exchange.exchange_scripts import make_call, make_method, make_stage

from innergate.compile.emit.envoy.gateway_responses import known_answers
from innergate.runtime.exchange.exchange_state import Circumstances, Exchange
from innergate.runtime.exchange.gateway_failures import FAILURE_TYPES, GatewayFailure
from innergate.runtime.exchange.gateway_response import answer_failure

TYPES = sorted(FAILURE_TYPES)
CLASSES = ("DEFAULT_4XX", "DEFAULT_5XX")


def answer(kind: str, responses: Mapping[str, object] | None = None) -> tuple[int, dict[str, str], str, dict[str, str]]:
    stage = make_stage({"gateway_responses": dict(responses or {})})
    exchange = Exchange(stage, make_method({"integration": {"type": "MOCK"}}), make_call(), Circumstances())
    given = answer_failure(exchange, GatewayFailure(kind))
    return given.status, dict(given.headers), given.body.decode(), given.facts


def test_all_types_are_there() -> None:
    assert len(TYPES) == 21


@pytest.mark.parametrize("kind", sorted(known_answers()))
def test_envoy_says_the_same(kind: str) -> None:
    status, error_type, message = known_answers()[kind]
    ours = FAILURE_TYPES[kind]
    assert (ours.status, ours.error_type) == (status, error_type)
    if kind != "ACCESS_DENIED":
        assert ours.message == message


@pytest.mark.parametrize("kind", TYPES)
def test_by_default_the_message_is_in_json(kind: str) -> None:
    status, headers, body, facts = answer(kind)
    known = FAILURE_TYPES[kind]
    assert status == known.status
    assert headers["Content-Type"] == "application/json"
    assert headers["x-amzn-ErrorType"] == known.error_type
    assert json.loads(body) == {"Message" if kind == "ACCESS_DENIED" else "message": known.message}
    assert facts["error.responseType"] == kind
    assert facts["error.messageString"] == json.dumps(known.message)


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "REQUEST_TOO_LARGE"])
def test_an_own_answer_has_its_status_and_template(kind: str) -> None:
    template = '{"t": "$context.error.responseType", "m": $context.error.messageString}'
    put = {kind: {"status": 299, "templates": {"application/json": template}}}
    status, _, body, _ = answer(kind, put)
    assert status == 299
    assert json.loads(body) == {"t": kind, "m": FAILURE_TYPES[kind].message}


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "REQUEST_TOO_LARGE"])
def test_the_default_of_its_class_stands_in(kind: str) -> None:
    own, other = CLASSES if FAILURE_TYPES[kind].status < 500 else CLASSES[::-1]
    put = {own: {"status": 298}, other: {"status": 299}}
    status, _, body, _ = answer(kind, put)
    assert status == (298 if kind not in CLASSES else put[kind]["status"])
    assert json.loads(body) == {"message": FAILURE_TYPES[kind].message}
