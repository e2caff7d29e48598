"""Two accounts with overlapping networks, for tests of load balancers and PrivateLink.

Every result is checked against botocore's shapes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from innergate.primitives.fault import Fault
from innergate.services.ec2.operations import OPERATIONS as EC2
from innergate.services.elbv2.operations import OPERATIONS as ELBV2
from innergate.store.observations import Observation
from innergate.testing.services import ServiceHarness
from innergate.testing.shapes import check_result

PROVIDER, CONSUMER, STRANGER = "111111111111", "222222222222", "333333333333"


class Network(NamedTuple):
    """A VPC 10.0.0.0/16 with subnets 10.0.1.0/24 in zone a and 10.0.2.0/24 in zone b."""

    vpc: str
    subnets: tuple[str, str]


class TwoAccounts:
    """`world("CreateVpc", PROVIDER, CidrBlock=...)` calls EC2 or ELBv2; `world.refused(...)` gives the fault."""

    def __init__(self, folder: Path) -> None:
        self.harness = ServiceHarness(folder, EC2, ELBV2)

    def __call__(self, operation: str, account: str = CONSUMER, /, **params: Any) -> Mapping[str, Any]:
        result = self.harness.call(operation, account=account, **params)
        service = "elbv2" if operation in ELBV2 else "ec2"
        check_result(service, operation, {k: v for k, v in result.items() if v is not None})
        return result

    def refused(self, operation: str, account: str = CONSUMER, /, **params: Any) -> tuple[str, str]:
        with pytest.raises(Fault) as caught:
            self.harness.call(operation, account=account, **params)
        return caught.value.code, caught.value.message

    def network(self, account: str = CONSUMER) -> Network:
        vpc = self("CreateVpc", account, CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self("ModifyVpcAttribute", account, VpcId=vpc, EnableDnsHostnames={"Value": True})
        first, second = (self.subnet(account, vpc, f"10.0.{n}.0/24", f"us-east-1{z}") for n, z in ((1, "a"), (2, "b")))
        return Network(vpc, (first, second))

    def subnet(self, account: str, vpc: str, cidr: str, zone: str) -> str:
        made = self("CreateSubnet", account, VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)
        return str(made["Subnet"]["SubnetId"])

    def group(self, account: str, vpc: str, name: str = "web") -> str:
        return str(self("CreateSecurityGroup", account, VpcId=vpc, GroupName=name, Description=name)["GroupId"])

    def balancer(self, account: str, network: Network, name: str = "app", **params: Any) -> str:
        subnets = params.pop("Subnets", list(network.subnets))
        wanted = {"Type": "network", "Scheme": "internal", **params}
        made = self("CreateLoadBalancer", account, Name=name, Subnets=subnets, **wanted)
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    def target_group(self, account: str, network: Network, name: str = "app", **params: Any) -> str:
        wanted = {"Protocol": "TCP", "Port": 80, "TargetType": "ip", "VpcId": network.vpc, **params}
        return str(self("CreateTargetGroup", account, Name=name, **wanted)["TargetGroups"][0]["TargetGroupArn"])

    def listener(self, account: str, balancer: str, group: str, port: int = 80, protocol: str = "TCP") -> str:
        actions = [{"Type": "forward", "TargetGroupArn": group}]
        made = self(
            "CreateListener", account, LoadBalancerArn=balancer, Protocol=protocol, Port=port, DefaultActions=actions
        )
        return str(made["Listeners"][0]["ListenerArn"])

    def service(self, balancer: str, *allowed: str, **params: Any) -> tuple[str, str]:
        """An endpoint service of the provider: its id and its name."""
        made = self("CreateVpcEndpointServiceConfiguration", PROVIDER, NetworkLoadBalancerArns=[balancer], **params)
        id = made["ServiceConfiguration"]["ServiceId"]
        if allowed:
            self("ModifyVpcEndpointServicePermissions", PROVIDER, ServiceId=id, AddAllowedPrincipals=list(allowed))
        return str(id), str(made["ServiceConfiguration"]["ServiceName"])

    def endpoint(
        self, network: Network, service_name: str, account: str = CONSUMER, **params: Any
    ) -> Mapping[str, Any]:
        wanted = {"VpcEndpointType": "Interface", "SubnetIds": list(network.subnets), **params}
        made = self("CreateVpcEndpoint", account, VpcId=network.vpc, ServiceName=service_name, **wanted)
        shown: Mapping[str, Any] = made["VpcEndpoint"]
        return shown

    def see(self, target_group: str, address: str, **value: Any) -> None:
        """An executor's newest sight of a final target."""
        now = self.harness.clock.now()
        self.harness.store.observe([Observation(f"target/{target_group}", address, value, now)])

    def health(self, account: str, target_group: str) -> dict[str, tuple[str, str | None]]:
        """State and reason of each target."""
        found = self("DescribeTargetHealth", account, TargetGroupArn=target_group)["TargetHealthDescriptions"]
        return {f["Target"]["Id"]: (f["TargetHealth"]["State"], f["TargetHealth"].get("Reason")) for f in found}
