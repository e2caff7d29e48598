"""Where the services of AWS integrations are: at the platform's own front, where the operator says, or nowhere.

Service, region and subdomain come from an API's URI; an endpoint comes from the operator alone.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

OWN_SERVICES = frozenset(
    {
        "acm",
        "apigateway",
        "ec2",
        "elasticloadbalancing",
        "iam",
        "lambda",
        "logs",
        "monitoring",
        "organizations",
        "sts",
    }
)
"""Services that the platform's own front answers for, by the name of their endpoints."""

ANY_OTHER = "*"
AWS = "aws"
_SERVICE = re.compile(r"[a-z][a-z0-9-]{0,62}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d{1,2}", re.ASCII)
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_GLOBAL = frozenset({"iam", "organizations"})


class ServiceEndpoint(NamedTuple):
    """`url` has scheme, host and port, "" for nowhere, and then `reason` says why. `is_own`: the front answers for it."""

    url: str = ""
    is_own: bool = False
    reason: str = ""


def find_endpoint(service: str, region: str, subdomain: str, configured: Mapping[str, str]) -> ServiceEndpoint:
    """The endpoint of a service as an integration's URI names it. `configured` is the operator's: URLs and "aws" by service."""
    is_named = _SERVICE.fullmatch(service) and _REGION.fullmatch(region)
    if not is_named or (subdomain and not _SUBDOMAIN.fullmatch(subdomain)):
        return ServiceEndpoint(reason=f"{subdomain}{'.' if subdomain else ''}{service} in {region!r} is no AWS service")
    wanted = configured.get(service, "")
    if not wanted and service in OWN_SERVICES:
        return ServiceEndpoint(_amazons(service, region, subdomain), is_own=True)
    wanted = wanted or configured.get(ANY_OTHER, "")
    if wanted == AWS:
        return ServiceEndpoint(_amazons(service, region, subdomain))
    if wanted:
        return ServiceEndpoint(wanted)
    reason = (
        f"No endpoint is known for the service {service}: start with `innergate up --service-endpoint {service}=URL`"
    )
    return ServiceEndpoint(reason=reason)


def _amazons(service: str, region: str, subdomain: str) -> str:
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    labels = [subdomain, service, "" if service in _GLOBAL else region, suffix]
    return "https://" + ".".join(label for label in labels if label)
