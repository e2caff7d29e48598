"""VPC links: an API's private way to a load balancer (version 1, of `apigateway`)."""

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
