"""The table of operations against botocore's model: what is missing is written down, what is there asks IAM the right thing."""

from pathlib import Path

import botocore.session
import pytest

from innergate.services.apigateway.operations import OPERATIONS
from innergate.services.apigateway.permissions import routes
from innergate.services.context import Context
from innergate.testing.services import ServiceHarness

MISSING = Path(__file__).parents[3] / "ratchets" / "apigateway_missing.txt"
MODEL = botocore.session.get_session().get_service_model("apigateway")


def test_the_list_of_missing_operations_is_exact() -> None:
    listed = {line for line in MISSING.read_text().splitlines() if line and not line.startswith("#")}
    assert listed == set(MODEL.operation_names) - set(OPERATIONS)


def test_every_operation_is_in_the_model() -> None:
    assert set(OPERATIONS) <= set(MODEL.operation_names)


def test_reading_operations_are_the_get_ones() -> None:
    assert {name for name, op in OPERATIONS.items() if not op.writes} == {
        name for name in OPERATIONS if name.startswith("Get")
    }


@pytest.mark.parametrize(
    ("operation", "params", "action", "resource"),
    [
        ("GetRestApis", {}, "apigateway:GET", "/restapis"),
        ("UpdateRestApi", {"restApiId": "abc"}, "apigateway:PATCH", "/restapis/abc"),
        (
            "PutIntegration",
            {"restApiId": "abc", "resourceId": "r", "httpMethod": "ANY"},
            "apigateway:PUT",
            "/restapis/abc/resources/r/methods/ANY/integration",
        ),
        ("GetApiKey", {"apiKey": "k"}, "apigateway:GET", "/apikeys/k"),
        ("ImportRestApi", {}, "apigateway:POST", "/restapis"),
        (
            "TagResource",
            {"resourceArn": "arn:aws:apigateway:us-east-1::/restapis/abc"},
            "apigateway:PUT",
            "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fabc",
        ),
    ],
)
def test_iam_is_asked_by_verb_and_path(
    operation: str, params: dict[str, str], action: str, resource: str, tmp_path: Path
) -> None:
    entry = OPERATIONS[operation]
    assert entry.action == action
    harness = ServiceHarness(tmp_path, {"Ask": entry._replace(run=lambda context, given: {"arn": ask(context, given)})})

    def ask(context: Context, given: object) -> object:
        return entry.resource(context, params)

    assert harness.call("Ask") == {"arn": f"arn:aws:apigateway:us-east-1::{resource}"}
    harness.store.close()


def test_every_placeholder_of_a_path_has_a_parameter() -> None:
    for name, route in routes().items():
        shape = MODEL.operation_model(name).input_shape
        assert set(route.members.values()) <= set(shape.members if shape is not None else ())
        assert route.path.count("{") == len(route.members)
