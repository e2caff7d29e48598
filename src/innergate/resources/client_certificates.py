"""Client certificates: what the gateway shows to HTTPS backends."""

from datetime import datetime
from typing import ClassVar

from innergate.resources.base import Resource
from innergate.resources.vpcs import Tags


class ClientCertificate(Resource, frozen=True, kw_only=True, rename="camel"):
    """`id` has six characters. `private_key` is a secret in PEM; it leaves only towards Envoy."""

    kind: ClassVar[str] = "client-certificate"

    pem_encoded_certificate: str
    private_key: str
    created_date: datetime
    expiration_date: datetime
    description: str | None = None
    tags: Tags = {}
