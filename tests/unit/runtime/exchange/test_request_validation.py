"""Request validation: what cannot hold up a worker, beside what the goldens show."""

import json
from typing import Any

import pytest
from tests.unit.runtime.exchange.exchange_scripts import make_call, make_method, make_stage

from innergate.primitives.json_value import JsonValue
from innergate.runtime.exchange.exchange_state import Circumstances, Exchange
from innergate.runtime.exchange.gateway_failures import GatewayFailure
from innergate.runtime.exchange.request_validation import validate_request
from innergate.testing.cpu_time import cpu_seconds


def refusal(schema: dict[str, Any], body: Any, **models: dict[str, Any]) -> str:
    """What is wrong with the body; "" for nothing."""
    known = {"Own": schema, **models}
    stage = make_stage(
        {
            "models": {
                name: {"name": name, "content_type": "application/json", "schema": json.dumps(each)}
                for name, each in known.items()
            }
        }
    )
    integration = {"type": "MOCK"}
    method = make_method({"validates_body": True, "models": {"application/json": "Own"}, "integration": integration})
    call = make_call({"verb": "POST", "body": body if isinstance(body, str) else json.dumps(body)})
    try:
        validate_request(Exchange(stage, method, call, Circumstances()))
    except GatewayFailure as failure:
        return failure.details or failure.response_type
    return ""


def test_properties_may_be_named_as_keywords() -> None:
    schema = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "$ref": {"type": "string"}},
        "required": ["id"],
    }
    assert refusal(schema, {"id": 1, "$ref": "x"}) == ""
    assert "instance type (string)" in refusal(schema, {"id": "x"})


def test_models_refer_to_each_other_and_into_themselves() -> None:
    link = "https://apigateway.amazonaws.com/restapis/abc123/models/"
    own = {"properties": {"a": {"$ref": f"{link}Other#/definitions/n"}, "b": {"$ref": "#/definitions/s"}}}
    schemas = {"definitions": {"s": {"type": "string"}}, **own}
    other = {"definitions": {"n": {"type": "integer"}}}
    assert refusal(schemas, {"a": 1, "b": "x"}, Other=other) == ""
    assert '(allowed: ["integer"])' in refusal(schemas, {"a": "x"}, Other=other)
    assert refusal({"$ref": "https://elsewhere.example/schema"}, {}) == "API_CONFIGURATION_ERROR"
    assert refusal({"$ref": f"{link}Gone"}, {}) == "API_CONFIGURATION_ERROR"


def test_a_thousand_mistakes_are_not_all_told() -> None:
    schema = {"type": "array", "items": {"type": "object", "required": ["x"]}}
    body: list[JsonValue] = [{}] * 300_000
    told = []
    assert cpu_seconds(lambda: told.append(refusal(schema, body))) < 1
    assert told[0] == '[object has missing required properties (["x"])]'


@pytest.mark.parametrize(
    ("pattern", "count", "wanted"),
    [
        ("^(a+)+$", 20_000, "ECMA 262"),
        (r"^(?=a)(a+)+\1$", 50_000, "too large"),
        (r"^(?=a)(a+)+\1b$", 500, "ECMA 262"),
    ],
)
def test_patterns_end(pattern: str, count: int, wanted: str) -> None:
    schema = {"type": "array", "items": {"type": "string", "pattern": pattern}}
    body: list[JsonValue] = ["a" * 50 + "!"] * count
    told = []
    assert cpu_seconds(lambda: told.append(refusal(schema, body)), 1.5) < 1.5
    assert wanted in told[0]


def test_a_body_nested_without_end_is_no_json() -> None:
    assert refusal({"type": "array"}, "[" * 200_000) == "[Unable to parse the request body]"
