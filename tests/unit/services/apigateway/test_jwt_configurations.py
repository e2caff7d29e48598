"""JWT authorizers: what may be configured."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from innergate.primitives.fault import Fault
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.services import ServiceHarness

ISSUER = {"issuer": "https://id.example.com/a/", "audiences": ["app"]}
GOOD: dict[str, Any] = {
    "name": "tokens",
    "type": "JWT",
    "identitySource": "method.request.header.Authorization",
    "jwtConfiguration": {"issuers": [ISSUER], "defaultAlgorithms": ["RS256", "ES512"]},
}


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ServiceHarness]:
    harness = ServiceHarness(tmp_path, OPERATIONS)
    yield harness
    harness.store.close()


def make(harness: ServiceHarness, **changes: Any) -> dict[str, Any]:
    api = harness.call("CreateRestApi", name="a")["id"]
    return dict(harness.call("CreateAuthorizer", restApiId=api, **{**GOOD, **changes}))


def with_issuer(*issuers: dict[str, Any], algorithms: tuple[str, ...] = ("RS256",)) -> dict[str, Any]:
    return {"jwtConfiguration": {"issuers": list(issuers), "defaultAlgorithms": list(algorithms)}}


def test_a_whole_configuration_is_kept(harness: ServiceHarness) -> None:
    claim = {"claimName": "team", "format": "SINGLE_STRING", "required": True, "expectedValues": ["red"]}
    second = {"issuer": "https://id.example.com/b", "audiences": ["x"], "additionalClaims": [claim]}
    made = make(harness, **with_issuer(ISSUER, second))
    assert made["jwtConfiguration"]["issuers"] == [ISSUER, second]
    assert made["authType"] == "jwt"


@pytest.mark.parametrize(
    "changes",
    [
        {"identitySource": None},
        {"identitySource": "method.request.querystring.token"},
        {"identitySource": "method.request.header."},
        {"identitySource": "method.request.header.A, method.request.header.B"},
        {"authorizerResultTtlInSeconds": 0},
        {"authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/f/invocations"},
        {"providerARNs": ["arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_a"]},
        {"jwtConfiguration": None},
        with_issuer(ISSUER, algorithms=()),
        with_issuer(ISSUER, algorithms=("HS256",)),
        with_issuer(ISSUER, algorithms=("none",)),
        with_issuer(),
        with_issuer(ISSUER, ISSUER),
        with_issuer({**ISSUER, "audiences": []}),
        with_issuer({**ISSUER, "audiences": [""]}),
        *(
            with_issuer({**ISSUER, "issuer": url})
            for url in (
                "http://id.example.com",
                "https://",
                "id.example.com",
                "https://ann@id.example.com",
                "https://id.example.com/?a=b",
                "https://id.example.com/#a",
                "https://[id",
            )
        ),
        with_issuer({**ISSUER, "additionalClaims": [{"claimName": "aud", "format": "SINGLE_STRING"}]}),
        with_issuer({**ISSUER, "additionalClaims": [{"claimName": "a", "format": "SINGLE_STRING"}] * 2}),
    ],
)
def test_what_the_reference_rules_out_is_refused(harness: ServiceHarness, changes: dict[str, Any]) -> None:
    with pytest.raises(Fault) as refused:
        make(harness, **changes)
    assert refused.value.code == "BadRequestException"
