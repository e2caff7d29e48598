"""Certificates that users brought: IAM server certificates and imported ACM certificates. The id is the ARN."""

from datetime import datetime
from typing import ClassVar

from innergate.resources.base import IndexEntry, Resource, UniqueName
from innergate.resources.vpcs import Tags


class Certificate(Resource, frozen=True, kw_only=True, rename="pascal"):
    """`private_key` is a secret in PEM; it leaves only towards Envoy."""

    kind: ClassVar[str] = "certificate"

    service: str
    """iam or acm."""
    certificate_body: str
    private_key: str
    created_at: datetime
    imported_at: datetime | None = None
    """When ACM got what it has now, None for at first."""
    certificate_chain: str = ""
    name: str = ""
    unique_id: str = ""
    path: str = "/"
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"server-certificate-name/{self.account}", self.name),) if self.service == "iam" else ()

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry("service", f"{self.service}/{self.account}/{self.region}"),)
