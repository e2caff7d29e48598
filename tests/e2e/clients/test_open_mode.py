"""Open mode, as test rigs use it: any key, the key id may be the account, and a reset that empties everything."""

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from tests.e2e.clients.accounts import endpoint_of
from tests.e2e.clients.tools import need_aws
from tests.e2e.patience import patience

from innergate.driver.platform import RunningPlatform

pytestmark = pytest.mark.e2e

RESET_S = 0.05


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The endpoint of a platform in open mode."""
    with RunningPlatform(auth="open") as platform:
        yield endpoint_of(platform)


def client(endpoint: str, service: Any, key: str) -> Any:
    """A client with any secret."""
    return boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key="any"
    )


def reset(endpoint: str) -> float:
    """Resets; the seconds that it took."""
    began = time.perf_counter()
    request = urllib.request.Request(f"{endpoint}/_innergate/reset", method="POST")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
        answer.read()
    return time.perf_counter() - began


def build(ec2: Any, networks: int = 10) -> None:
    """Makes networks with a subnet each."""
    for _ in range(networks):
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")


@pytest.mark.parametrize(
    ("key", "account"),
    [("111122223333", "111122223333"), ("test", "123456789012"), ("AKIAIOSFODNN7EXAMPLE", "123456789012")],
)
def test_the_key_says_the_account(endpoint: str, key: str, account: str) -> None:
    assert client(endpoint, "sts", key).get_caller_identity()["Account"] == account


def test_the_aws_cli_needs_no_real_key(endpoint: str) -> None:
    signed = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": endpoint}
    words = [str(need_aws()), "--region", "us-east-1", "sts", "get-caller-identity", "--query", "Account"]
    said = subprocess.check_output(words, env={**os.environ, **signed}, text=True)
    assert said.strip() == '"123456789012"'


def test_accounts_stay_apart(endpoint: str) -> None:
    one, other = client(endpoint, "ec2", "111122223333"), client(endpoint, "ec2", "444455556666")
    vpc = one.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    assert vpc in [v["VpcId"] for v in one.describe_vpcs()["Vpcs"]]
    assert vpc not in [v["VpcId"] for v in other.describe_vpcs()["Vpcs"]]


def test_a_reset_empties_the_state_and_clients_go_on(endpoint: str) -> None:
    ec2 = client(endpoint, "ec2", "111122223333")
    took = []
    for _ in range(5):
        build(ec2)
        took.append(reset(endpoint))
        assert [v["IsDefault"] for v in ec2.describe_vpcs()["Vpcs"]] == [True]
    print("reset:", ", ".join(f"{seconds * 1000:.1f} ms" for seconds in took))
    assert min(took) < RESET_S * patience()


def test_a_verifying_platform_offers_no_reset(clients_platform: RunningPlatform) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        reset(endpoint_of(clients_platform))
