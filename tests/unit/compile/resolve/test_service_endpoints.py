"""Where services are: the operator's word, the front, nowhere; and that an API's URI chooses among them only."""

import pytest

from innergate.compile.resolve.service_endpoints import OWN_SERVICES, ServiceEndpoint, find_endpoint
from innergate.services.tables import SERVICE_TABLES
from innergate.wire.catalogue import SERVICES

SQS = {"sqs": "http://127.0.0.1:9324"}


def test_own_services_are_those_that_the_front_has() -> None:
    assert {SERVICES[name].signing_name for name in SERVICE_TABLES} <= OWN_SERVICES
    assert {service.signing_name for service in SERVICES.values()} >= OWN_SERVICES


@pytest.mark.parametrize(
    ("service", "region", "subdomain", "configured", "found"),
    [
        ("sts", "eu-west-1", "", {}, ("https://sts.eu-west-1.amazonaws.com", True)),
        ("iam", "us-east-1", "", {}, ("https://iam.amazonaws.com", True)),
        ("sts", "eu-west-1", "", {"*": "http://other"}, ("https://sts.eu-west-1.amazonaws.com", True)),
        ("sts", "eu-west-1", "", {"sts": "http://other"}, ("http://other", False)),
        ("sts", "eu-west-1", "", {"sts": "aws"}, ("https://sts.eu-west-1.amazonaws.com", False)),
        ("sqs", "eu-west-1", "", SQS, ("http://127.0.0.1:9324", False)),
        ("sqs", "eu-west-1", "", {**SQS, "*": "aws"}, ("http://127.0.0.1:9324", False)),
        ("s3", "eu-west-1", "bucket", {"*": "aws"}, ("https://bucket.s3.eu-west-1.amazonaws.com", False)),
        ("sqs", "cn-north-1", "", {"*": "aws"}, ("https://sqs.cn-north-1.amazonaws.com.cn", False)),
        ("sqs", "us-east-1", "", {"*": "http://all:4566"}, ("http://all:4566", False)),
    ],
)
def test_endpoints(
    service: str, region: str, subdomain: str, configured: dict[str, str], found: tuple[str, bool]
) -> None:
    assert find_endpoint(service, region, subdomain, configured) == ServiceEndpoint(*found)


def test_a_service_that_nobody_has_named_is_nowhere() -> None:
    found = find_endpoint("sns", "us-east-1", "", SQS)
    assert found.url == ""
    assert "innergate up --service-endpoint sns=URL" in found.reason


@pytest.mark.parametrize(
    ("service", "region", "subdomain"),
    [
        ("evil.example/", "us-east-1", ""),
        ("evil#", "us-east-1", ""),
        ("sqs", "us-east-1.evil.example/", ""),
        ("sqs", "evil", ""),
        ("sqs", "", ""),
        ("", "us-east-1", ""),
        ("s3", "us-east-1", "evil.example/"),
        ("s3", "us-east-1", "user@evil"),
        ("s3", "us-east-1", "a..b"),
        ("s3", "us-east-1", "-a"),
        ("*", "us-east-1", ""),
        ("sqs\n", "us-east-1", ""),
    ],
)
def test_what_could_leave_amazons_names_is_no_service(service: str, region: str, subdomain: str) -> None:
    found = find_endpoint(service, region, subdomain, {"*": "aws"})
    assert found.url == ""
    assert "is no AWS service" in found.reason
