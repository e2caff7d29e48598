"""Addresses of Lambda functions."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource, UniqueName


class Cors(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What pages of other sites may do; None where the user has said nothing."""

    allow_credentials: bool | None = None
    allow_headers: tuple[str, ...] | None = None
    allow_methods: tuple[str, ...] | None = None
    allow_origins: tuple[str, ...] | None = None
    expose_headers: tuple[str, ...] | None = None
    max_age: int | None = None


class FunctionUrl(Resource, frozen=True, kw_only=True, rename="pascal"):
    """A function's or an alias's address; `id` is the first label of its name. `qualifier` is "" or the alias."""

    kind: ClassVar[str] = "function-url"

    function_arn: str
    """Without qualifier."""
    qualifier: str
    auth_type: str
    created_at: datetime
    modified_at: datetime
    invoke_mode: str = "BUFFERED"
    cors: Cors | None = None

    @property
    def host(self) -> str:
        """Its DNS name."""
        return f"{self.id}.{url_domain(self.region)}"

    @property
    def target_arn(self) -> str:
        """The function's ARN with the alias."""
        return f"{self.function_arn}:{self.qualifier}" if self.qualifier else self.function_arn

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName("function-url", self.target_arn),)

    def references(self) -> tuple[Key, ...]:
        return (Key("function", self.function_arn),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        signed = (IndexEntry("authorization", "AWS_IAM"),) if self.auth_type == "AWS_IAM" else ()
        return (IndexEntry("function", self.function_arn), IndexEntry("served", "yes"), *signed)


def url_domain(region: str) -> str:
    """What the names of a region's function URLs end with."""
    return f"lambda-url.{region}.on.aws"
