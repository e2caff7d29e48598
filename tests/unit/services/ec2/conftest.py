"""Calls EC2 operations, each result checked against botocore's output shape."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from innergate.primitives.fault import Fault
from innergate.services.ec2.operations import OPERATIONS
from innergate.testing.services import ServiceHarness
from innergate.testing.shapes import check_result

Call: TypeAlias = Callable[..., Mapping[str, Any]]


class Ec2:
    """`ec2("CreateVpc", CidrBlock=...)` gives the result; `ec2.refused(...)` the fault's code and message."""

    def __init__(self, harness: ServiceHarness) -> None:
        self.harness = harness

    def __call__(self, operation: str, /, **params: Any) -> Mapping[str, Any]:
        result = self.harness.call(operation, **params)
        check_result("ec2", operation, result)
        return result

    def refused(self, operation: str, /, **params: Any) -> tuple[str, str]:
        """The fault of a call that must not succeed."""
        with pytest.raises(Fault) as caught:
            self.harness.call(operation, **params)
        return caught.value.code, caught.value.message

    def vpc(self, cidr: str = "10.0.0.0/16", **params: Any) -> str:
        """A new VPC's id."""
        id: str = self("CreateVpc", CidrBlock=cidr, **params)["Vpc"]["VpcId"]
        return id

    def subnet(self, vpc: str, cidr: str = "10.0.1.0/24", zone: str = "us-east-1a", **params: Any) -> str:
        """A new subnet's id."""
        made = self("CreateSubnet", VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone, **params)
        id: str = made["Subnet"]["SubnetId"]
        return id

    def group(self, vpc: str, name: str = "web", **params: Any) -> str:
        """A new security group's id."""
        made = self("CreateSecurityGroup", VpcId=vpc, GroupName=name, Description=name, **params)
        id: str = made["GroupId"]
        return id


@pytest.fixture
def ec2(tmp_path: Path) -> Iterator[Ec2]:
    """EC2 with an empty store."""
    harness = ServiceHarness(tmp_path, OPERATIONS)
    yield Ec2(harness)
    harness.store.close()
