"""Short resource names, the ARN of a call, and the condition keys that a call has."""

import json
from datetime import UTC, datetime

import pytest

from innergate.policy.execute_api import CallFacts, asks_for_time, call_arn, call_context, expand_policy
from innergate.policy.parse import parse_policy

API = "arn:aws:execute-api:us-east-1:111122223333:abc"


def test_short_names_are_written_in_full() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*"}
    text = json.dumps(
        {
            "Statement": [
                {**statement, "Resource": ["execute-api:/test/GET/*", "*"]},
                {**statement, "NotResource": "execute-api:/*"},
            ]
        }
    )
    first, second = expand_policy(parse_policy(text), API).statements
    assert first.resources == (f"{API}/test/GET/*", "*")
    assert first.not_resources is None
    assert second.not_resources == (f"{API}/*",)


@pytest.mark.parametrize(
    ("part", "asks"),
    [
        ({"Condition": {"DateLessThan": {"AWS:CurrentTime": "2120-01-01T00:00:00Z"}}}, True),
        ({"Condition": {"NumericLessThan": {"aws:EpochTime": "9"}}}, True),
        ({"Condition": {"StringEquals": {"aws:UserAgent": "${aws:CurrentTime}"}}}, True),
        ({"Resource": "arn:aws:execute-api:*:*:abc/${aws:epochtime}/*"}, True),
        ({"Resource": "arn:aws:execute-api:*:*:abc/aws:epochtime/*"}, False),
        ({"Condition": {"StringEquals": {"aws:UserAgent": "aws:CurrentTime"}}}, False),
        ({}, False),
    ],
)
def test_what_asks_for_the_time(part: dict[str, object], asks: bool) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*", **part}
    assert asks_for_time(json.dumps({"Version": "2012-10-17", "Statement": [statement]})) is asks
    assert not asks_for_time("")


def test_call_arn() -> None:
    assert call_arn(API, "test", "GET", "/pets/1") == f"{API}/test/GET/pets/1"
    assert call_arn(API, "test", "GET", "") == f"{API}/test/GET/"
    assert call_arn(API, "test", "GET", "/") == f"{API}/test/GET/"


def test_a_private_call_has_the_endpoints_keys_and_a_public_one_the_clients_address() -> None:
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    private = call_context(CallFacts(True, "10.0.0.9", vpce="vpce-1", vpc="vpc-1", vpce_account="1" * 12, now=now))
    assert private == {
        "aws:sourcevpce": ("vpce-1",),
        "aws:sourcevpc": ("vpc-1",),
        "aws:vpceaccount": ("1" * 12,),
        "aws:vpcsourceip": ("10.0.0.9",),
        "aws:securetransport": ("true",),
        "aws:currenttime": ("2026-11-22T08:00:00+00:00",),
        "aws:epochtime": ("1795334400",),
    }
    public = call_context(CallFacts(False, "192.0.2.1", is_tls=False, user_agent="curl", referer=""))
    assert public == {
        "aws:sourceip": ("192.0.2.1",),
        "aws:securetransport": ("false",),
        "aws:useragent": ("curl",),
        "aws:referer": ("",),
    }
