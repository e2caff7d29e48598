"""A network of an account in any region, with one host that says its name."""

import json
from typing import Any, final

import boto3

from innergate.driver.platform import RunningPlatform

FAR_REGION = "eu-west-1"


@final
class Site:
    """A VPC with one subnet in zone a and a host at x.y.1.20 that says its name."""

    def __init__(
        self, platform: RunningPlatform, account: str, name: str, cidr: str, region: str = "us-east-1"
    ) -> None:
        self.platform, self.name, self.cidr = platform, name, cidr
        self.account = platform.add_account(account)
        environment = platform.environment(account)
        session: Any = boto3.Session(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])

        def client(service: str) -> Any:
            return session.client(service, region_name=region, endpoint_url=environment["AWS_ENDPOINT_URL"])

        self.ec2, self.elbv2, self.apigateway = client("ec2"), client("elbv2"), client("apigateway")
        self.vpc = str(self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])
        self.prefix = cidr.removesuffix(".0.0/16")
        self.region = region
        self.subnet = self.add_subnet(1)
        tables = self.ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}])["RouteTables"]
        self.table = str(tables[0]["RouteTableId"])
        self.host = f"{self.prefix}.1.20"
        platform.start_origin(self.vpc, self.host, name)

    def add_subnet(self, number: int) -> str:
        """A subnet x.y.N.0/24 in zone a; its id."""
        cidr = f"{self.prefix}.{number}.0/24"
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr, AvailabilityZone=f"{self.region}a")
        return str(made["Subnet"]["SubnetId"])

    def route(self, to: "Site", table: str = "", **target: str) -> None:
        """A route to another site's range."""
        self.ec2.create_route(RouteTableId=table or self.table, DestinationCidrBlock=to.cidr, **target)

    def unroute(self, to: "Site") -> None:
        """Takes the route away."""
        self.ec2.delete_route(RouteTableId=self.table, DestinationCidrBlock=to.cidr)

    def sees(self, to: "Site", address: str = "") -> str:
        """The name of the host that answers there, or the error."""
        answer = self.platform.fetch(self.vpc, f"http://{address or to.host}/", "-m", "0.6")
        return str(json.loads(answer["body"])["backend"]) if answer.get("status") == 200 else str(answer["error"])
