"""The table and the ratchet list together are the whole service."""

from pathlib import Path

from botocore.session import Session

from innergate.services.elbv2.operations import OPERATIONS

RATCHET = Path(__file__).parents[3] / "ratchets" / "elbv2_missing.txt"


def test_every_operation_of_the_model_is_there_or_stands_in_the_ratchet() -> None:
    lines = [line.partition("#")[0].strip() for line in RATCHET.read_text().splitlines()]
    missing = [line for line in lines if line]
    names = Session().get_service_model("elbv2").operation_names
    assert sorted(missing) == sorted(set(names) - set(OPERATIONS))
    assert set(OPERATIONS) <= set(names)


def test_actions_are_named_as_iam_does() -> None:
    assert OPERATIONS["CreateLoadBalancer"].action == "elasticloadbalancing:CreateLoadBalancer"
    assert OPERATIONS["DescribeTags"].action == "elasticloadbalancing:DescribeTags"
