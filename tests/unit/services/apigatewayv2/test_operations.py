"""The table and the ratchet list together are the whole service."""

from pathlib import Path

from botocore.session import Session

from innergate.services.apigatewayv2.operations import OPERATIONS

RATCHET = Path(__file__).parents[3] / "ratchets" / "apigatewayv2_missing.txt"


def test_every_operation_of_the_model_is_there_or_stands_in_the_ratchet() -> None:
    lines = [line.partition("#")[0].strip() for line in RATCHET.read_text().splitlines()]
    missing = [line for line in lines if line]
    names = Session().get_service_model("apigatewayv2").operation_names
    assert sorted(missing) == sorted(set(names) - set(OPERATIONS))
    assert set(OPERATIONS) <= set(names)


def test_actions_are_the_verbs_of_their_urls() -> None:
    assert OPERATIONS["CreateVpcLink"].action == "apigateway:POST"
    assert OPERATIONS["GetVpcLinks"].action == "apigateway:GET"
