"""The services that the wire understands, and their botocore models, loaded when first asked for.

The table is the whole truth: a service that is not in it is answered as unknown. Loading all of it takes about half a second,
of which ec2 is a third; `warm` does it ahead of the first call, from a thread if the caller likes.
"""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel


class ServiceEntry(NamedTuple):
    """How one service is recognised. `protocols` are the ones that it speaks, the default first."""

    signing_name: str
    api_version: str
    protocols: tuple[str, ...]
    target_prefix: str = ""
    path_prefixes: tuple[str, ...] = ()


QUERY, EC2, REST_JSON, JSON, CBOR = "query", "ec2", "rest-json", "json", "smithy-rpc-v2-cbor"

SERVICES: dict[str, ServiceEntry] = {
    "acm": ServiceEntry("acm", "2015-12-08", (JSON,), "CertificateManager"),
    "apigateway": ServiceEntry("apigateway", "2015-07-09", (REST_JSON,)),
    "apigatewaymanagementapi": ServiceEntry("execute-api", "2018-11-29", (REST_JSON,), "", ("/@connections/",)),
    "apigatewayv2": ServiceEntry("apigateway", "2018-11-29", (REST_JSON,), "", ("/v2/",)),
    "cloudwatch": ServiceEntry("monitoring", "2010-08-01", (JSON, CBOR, QUERY), "GraniteServiceVersion20100801"),
    "ec2": ServiceEntry("ec2", "2016-11-15", (EC2,)),
    "elbv2": ServiceEntry("elasticloadbalancing", "2015-12-01", (QUERY,)),
    "events": ServiceEntry("events", "2015-10-07", (JSON,), "AWSEvents"),
    "iam": ServiceEntry("iam", "2010-05-08", (QUERY,)),
    "kms": ServiceEntry("kms", "2014-11-01", (JSON,), "TrentService"),
    "lambda": ServiceEntry("lambda", "2015-03-31", (REST_JSON,), "", ("/20",)),
    "logs": ServiceEntry("logs", "2014-03-28", (JSON,), "Logs_20140328"),
    "organizations": ServiceEntry("organizations", "2016-11-28", (JSON,), "AWSOrganizationsV20161128"),
    "secretsmanager": ServiceEntry("secretsmanager", "2017-10-17", (JSON,), "secretsmanager"),
    "sns": ServiceEntry("sns", "2010-03-31", (QUERY,)),
    "sqs": ServiceEntry("sqs", "2012-11-05", (JSON,), "AmazonSQS"),
    "ssm": ServiceEntry("ssm", "2014-11-06", (JSON,), "AmazonSSM"),
    "sts": ServiceEntry("sts", "2011-06-15", (QUERY,)),
}


@cache
def _loader() -> Loader:
    return Loader(include_default_search_paths=True)


@cache
def load(service: str) -> ServiceModel:
    """The model of a service of the table. Raises KeyError for any other name."""
    if service not in SERVICES:
        raise KeyError(service)
    return ServiceModel(_loader().load_service_model(service, "service-2"), service)


def warm(services: Iterable[str] = SERVICES) -> None:
    """Load these models now, so that the first call does not wait. Safe from any thread, safe to repeat."""
    for service in services:
        load(service)


@cache
def operation_names(service: str) -> frozenset[str]:
    """The operations that a service's model has."""
    return frozenset(load(service).operation_names)


@lru_cache(maxsize=4096)
def find_operation(service: str, operation: str) -> OperationModel | None:
    """The model of an operation, or None where the service has none of that name."""
    if operation not in operation_names(service):
        return None
    return load(service).operation_model(operation)


def services_signed_as(signing_name: str) -> tuple[str, ...]:
    """The services whose credential scope carries this name; several share one (`apigateway`)."""
    return tuple(name for name, entry in SERVICES.items() if entry.signing_name == signing_name)


def services_of_version(api_version: str) -> tuple[str, ...]:
    """The query and ec2 services of this API version."""
    return tuple(
        name
        for name, entry in SERVICES.items()
        if entry.api_version == api_version and (QUERY in entry.protocols or EC2 in entry.protocols)
    )


def service_of_target(prefix: str) -> str | None:
    """The service whose `X-Amz-Target` (or `/service/` path) has this prefix."""
    return next(
        (name for name, entry in SERVICES.items() if entry.target_prefix and entry.target_prefix == prefix), None
    )
