"""The checker of results finds wrong names and wrong types at any depth."""

import pytest

from innergate.testing.shapes import check_result, shape_errors


def test_a_right_result_passes() -> None:
    check_result("ec2", "DescribeVpcs", {"Vpcs": [{"VpcId": "vpc-1", "IsDefault": False, "Tags": []}]})


def test_wrong_names_and_types_are_named() -> None:
    wrong = {"Vpcs": [{"vpcId": "vpc-1", "IsDefault": "no", "CidrBlock": None}], "Total": 1}
    assert sorted(shape_errors("ec2", "DescribeVpcs", wrong)) == [
        "DescribeVpcs.Total: no such member in DescribeVpcsResult",
        "DescribeVpcs.Vpcs[0].IsDefault: str instead of boolean",
        "DescribeVpcs.Vpcs[0].vpcId: no such member in Vpc",
    ]


def test_a_boolean_is_no_number() -> None:
    assert shape_errors("ec2", "DescribeSubnets", {"Subnets": [{"AvailableIpAddressCount": True}]})


def test_an_operation_without_answer_answers_nothing() -> None:
    check_result("ec2", "DeleteVpc", None)
    with pytest.raises(AssertionError, match="Return"):
        check_result("ec2", "DeleteVpc", {"Return": True})
