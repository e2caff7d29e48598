"""VPC links: an API's private way to a load balancer. Version 1 is of `apigateway`, version 2 of `apigatewayv2`."""

from datetime import datetime
from typing import ClassVar

from innergate.resources.base import IndexEntry, Key, Resource
from innergate.resources.vpcs import Tags


class VpcLink(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` has six characters. `failure` is a sentence where the link can never work, else ""."""

    kind: ClassVar[str] = "vpc-link"

    name: str
    target_arns: tuple[str, ...]
    created_at: datetime
    description: str | None = None
    failure: str = ""
    tags: Tags = {}

    def references(self) -> tuple[Key, ...]:
        return () if self.failure else tuple(Key("load-balancer", arn) for arn in self.target_arns)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return tuple(IndexEntry("load-balancer", arn) for arn in self.target_arns)


class VpcLinkV2(Resource, frozen=True, kw_only=True, rename="camel"):
    """A way into a VPC, by a network interface in each of its subnets (index "holder"): an integration names the load balancer.
    `id` has six characters."""

    kind: ClassVar[str] = "vpc-link-v2"

    name: str
    vpc_id: str
    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    created_at: datetime
    tags: Tags = {}

    def references(self) -> tuple[Key, ...]:
        return (
            Key("vpc", self.vpc_id),
            *(Key("subnet", subnet) for subnet in self.subnet_ids),
            *(Key("security-group", group) for group in self.group_ids),
        )
