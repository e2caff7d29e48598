"""The tables and the ratchet lists together are the whole of these services."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.session import Session

from innergate.services.acm.operations import OPERATIONS as ACM
from innergate.services.cloudwatch.operations import OPERATIONS as CLOUDWATCH
from innergate.services.iam.operations import OPERATIONS as IAM
from innergate.services.lambdas.operations import OPERATIONS as LAMBDA
from innergate.services.logs.operations import OPERATIONS as LOGS
from innergate.services.operation import Operations
from innergate.services.organizations.operations import OPERATIONS as ORGANIZATIONS
from innergate.services.sts.operations import OPERATIONS as STS

RATCHETS = Path(__file__).parents[2] / "ratchets"
TABLES: Mapping[str, Operations] = {
    "acm": ACM,
    "cloudwatch": CLOUDWATCH,
    "iam": IAM,
    "lambda": LAMBDA,
    "logs": LOGS,
    "organizations": ORGANIZATIONS,
    "sts": STS,
}


@pytest.mark.parametrize("service", TABLES)
def test_every_operation_is_there_or_stands_in_the_ratchet(service: str) -> None:
    lines = (RATCHETS / f"{service}_missing.txt").read_text().splitlines()
    missing = [name for line in lines if (name := line.partition("#")[0].strip())]
    names = set(Session().get_service_model(service).operation_names)
    assert missing == sorted(names - set(TABLES[service]))
    assert set(TABLES[service]) <= names
