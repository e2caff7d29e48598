"""Pages of describe operations."""

from typing import Any


def test_pages_cover_everything_once(ec2: Any) -> None:
    vpc = ec2.vpc()
    made = [ec2.subnet(vpc, f"10.0.{i}.0/24") for i in range(12)]
    only = [{"Name": "vpc-id", "Values": [vpc]}]
    seen: list[str] = []
    token: dict[str, str] = {}
    sizes = []
    while True:
        page = ec2("DescribeSubnets", Filters=only, MaxResults=5, **token)
        seen += [s["SubnetId"] for s in page["Subnets"]]
        sizes.append(len(page["Subnets"]))
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert sorted(seen) == sorted(made)
    assert sizes == [5, 5, 2]


def test_pages_that_cannot_be(ec2: Any) -> None:
    assert ec2.refused("DescribeSubnets", MaxResults=2)[0] == "InvalidParameterValue"
    assert ec2.refused("DescribeSubnets", NextToken="x") == (
        "InvalidParameterValue",
        "Value (x) for parameter nextToken is invalid.",
    )
