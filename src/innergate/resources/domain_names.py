"""Custom domain names: a name of the user's own in front of APIs, its base paths, and who may reach a private one."""

from datetime import datetime
from typing import ClassVar

import msgspec

from innergate.resources.base import IndexEntry, Key, Resource, UniqueName
from innergate.resources.rest_apis import EndpointConfiguration
from innergate.resources.vpcs import Tags

_RESERVED_SUFFIXES = ("amazonaws.com", "on.aws", "cloudfront.net")


def is_reserved(name: str) -> bool:
    """Whether a name lies where only AWS, and here the platform, gives names out: API's, function URLs', load balancers'."""
    return any(name.removeprefix("*.") == suffix or name.endswith(f".{suffix}") for suffix in _RESERVED_SUFFIXES)


class MutualTls(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the authorities of client certificates came from. `bundle` holds them (PEM), as they were when they were read."""

    truststore_uri: str
    truststore_version: str | None = None
    truststore_warnings: tuple[str, ...] = ()
    bundle: str = ""


class DomainName(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` is `<region>/<name>` for a public name, `<name>+<domain_name_id>` for a private one, whose name need not be unique.

    `regional_domain_name` and `distribution_domain_name` are the names that DNS should lead to, "" where the type has none.
    """

    kind: ClassVar[str] = "domain-name"

    domain_name: str
    created_at: datetime
    endpoint_configuration: EndpointConfiguration
    domain_name_id: str | None = None
    certificate_name: str | None = None
    certificate_arn: str | None = None
    certificate_upload_date: datetime | None = None
    regional_certificate_name: str | None = None
    regional_certificate_arn: str | None = None
    regional_domain_name: str = ""
    distribution_domain_name: str = ""
    ownership_verification_certificate_arn: str | None = None
    security_policy: str = "TLS_1_2"
    endpoint_access_mode: str | None = None
    mutual_tls_authentication: MutualTls | None = None
    policy: str = ""
    management_policy: str = ""
    routing_mode: str = "BASE_PATH_MAPPING_ONLY"
    tags: Tags = {}

    @property
    def is_private(self) -> bool:
        """Whether only VPC endpoints with an access association lead to it."""
        return "PRIVATE" in self.endpoint_configuration.types

    @property
    def served_certificate_arn(self) -> str:
        """The certificate that clients are shown, "" for none."""
        return self.regional_certificate_arn or self.certificate_arn or ""

    def unique_names(self) -> tuple[UniqueName, ...]:
        return () if self.is_private else (UniqueName(f"domain-name/{self.region}", self.domain_name),)

    def references(self) -> tuple[Key, ...]:
        arns = (self.certificate_arn, self.regional_certificate_arn, self.ownership_verification_certificate_arn)
        return tuple(Key("certificate", arn) for arn in dict.fromkeys(arns) if arn)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        name = IndexEntry("name", self.domain_name)
        return (name,) if self.is_private else (name, IndexEntry("public", "yes"))


class BasePathMapping(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` is `<domain's id>/<base path>`. `base_path` is "" for none; it may have several segments ("orders/v1"). `stage` is
    "" where the caller names the stage behind the base path."""

    kind: ClassVar[str] = "base-path-mapping"

    domain_id: str
    base_path: str
    rest_api_id: str
    stage: str = ""

    def references(self) -> tuple[Key, ...]:
        return (Key("domain-name", self.domain_id), Key("rest-api", self.rest_api_id))

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("domain", self.domain_id),
            IndexEntry("rest-api", self.rest_api_id),
            *((IndexEntry("stage", f"{self.rest_api_id}/{self.stage}"),) if self.stage else ()),
        )


class DomainAccess(Resource, frozen=True, kw_only=True, rename="camel"):
    """A consumer's VPC endpoint that leads to a private domain name. `id` is the association's ARN."""

    kind: ClassVar[str] = "domain-access"

    domain_id: str
    domain_name: str
    domain_name_arn: str
    domain_account: str
    access_association_source: str
    access_association_source_type: str = "VPCE"
    tags: Tags = {}

    def unique_names(self) -> tuple[UniqueName, ...]:
        return (UniqueName(f"domain-access/{self.access_association_source}", self.domain_name),)

    def references(self) -> tuple[Key, ...]:
        return (Key("domain-name", self.domain_id),)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (
            IndexEntry("domain", self.domain_id),
            IndexEntry("source", self.access_association_source),
            IndexEntry("provider", f"{self.domain_account}/{self.region}"),
        )
