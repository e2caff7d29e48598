"""Region names are botocore's, so that a misspelt one is refused and none that clients know is missing."""

import botocore.session
import pytest

from innergate.primitives.fault import Fault
from innergate.primitives.region_names import REGION_NAMES
from innergate.wire.http import make_request
from innergate.wire.sigv4 import parse_claim


def test_they_are_those_that_clients_know() -> None:
    session = botocore.session.get_session()
    known = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ec2", partition_name=partition)
    }
    assert known == REGION_NAMES


def test_what_has_no_region_is_no_mistake() -> None:
    words = "AWS4-HMAC-SHA256 Credential=AKIA/20261122/aws-global/iam/aws4_request, SignedHeaders=host, Signature=0"
    headers = [("Authorization", words), ("X-Amz-Date", "20261122T000000Z")]
    claim = parse_claim(make_request("POST", "/", "", headers, b""))
    assert claim is not None
    assert claim.region == "aws-global"


@pytest.mark.parametrize("region", ["us-wst-1", "us-east-11", "eu-west", "US-EAST-1"])
def test_a_misspelt_region_is_refused(region: str) -> None:
    scope = f"AKIA/20261122/{region}/ec2/aws4_request"
    words = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    headers = [("Authorization", words), ("X-Amz-Date", "20261122T000000Z")]
    with pytest.raises(Fault, match="Credential should be scoped to a valid region"):
        parse_claim(make_request("POST", "/", "", headers, b""))
