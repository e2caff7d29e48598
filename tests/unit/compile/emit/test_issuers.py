"""The way to issuers of tokens is there while a stage asks for tokens."""

import msgspec
import pytest

from innergate.compile.emit.envoy.units import ENVOY_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.testing.scenario import Scenario, proxy_method

OWN = {"us-east-1_a": "http://id.example.com/a"}


@pytest.mark.parametrize(
    ("authorization", "settings", "clusters"),
    [
        ("NONE", CompileSettings(), set()),
        ("AWS_IAM", CompileSettings(), set()),
        ("COGNITO_USER_POOLS", CompileSettings(), {"internet/https"}),
        ("JWT", CompileSettings(), {"internet/https"}),
        ("COGNITO_USER_POOLS", CompileSettings(token_issuers=OWN), {"internet/http", "internet/https"}),
        ("COGNITO_USER_POOLS", CompileSettings(token_issuers=OWN, has_no_internet=True), set()),
    ],
)
def test_clusters_of_issuers(authorization: str, settings: CompileSettings, clusters: set[str]) -> None:
    s = Scenario()
    mock = proxy_method("", "http://h/").method_integration
    assert mock is not None
    method = msgspec.structs.replace(
        proxy_method("", "http://h/"),
        authorization_type=authorization,
        method_integration=msgspec.structs.replace(
            mock, type="MOCK", request_templates={"application/json": '{"statusCode": 200}'}
        ),
    )
    s.private_api(None, methods={("/", "GET"): method}, types=("REGIONAL",))
    found = Compiler(ENVOY_FAMILIES, settings, strict=True).compile(s.state).envoy.plan.resources["clusters"]
    assert {name for name in found if name.startswith("internet/")} == clusters
