"""Functions called by addresses of their own, by curl at the public entry."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from tests.docs_pages import ROOT
from tests.e2e.tenants import Tenant, tenant
from tests.e2e.test_docs_commands import type_in
from tests.e2e.test_regional_apis import pytestmark as needs_public_entry

from innergate.driver.platform import RunningPlatform
from innergate.testing.waiting import LONGEST_S

pytestmark = [pytest.mark.e2e, needs_public_entry]

ORIGIN = "Origin: https://a.example"
HANDLER = """
def handler(event, context):
    http = event["requestContext"]["http"]
    if event["rawPath"] == "/fail":
        raise KeyError("no")
    who = event["requestContext"]["accountId"]
    return {"statusCode": 201, "headers": {"x-way": http["method"]}, "cookies": ["a=1", "b=2"],
            "body": " ".join([event["rawPath"], event["rawQueryString"], event.get("body") or "-", who])}
"""
PAGE = ROOT / "docs" / "how-to" / "call-functions-by-url.md"


class Seen(NamedTuple):
    """What curl has seen."""

    status: int
    headers: list[str]
    body: str


@pytest.fixture(scope="module")
def platform() -> Iterator[RunningPlatform]:
    with RunningPlatform() as own:
        yield own


@pytest.fixture(scope="module")
def alice(platform: RunningPlatform) -> Tenant:
    return tenant(platform, "alice")


def allow(alice: Tenant, name: str, auth: str = "NONE", principal: str = "*") -> None:
    add: Any = alice.functions.add_permission
    more = {"FunctionName": name, "Principal": principal}
    add(**more, StatementId="url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType=auth)
    add(**more, StatementId="invoke", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True)


def curl(platform: RunningPlatform, url: str, *options: str) -> Seen:
    entry = platform.client.call("GET", "/status")["public"]["address"]
    host = urlsplit(url).hostname
    command = ["curl", "-sS", "-i", "--max-time", "20", "--cacert", str(platform.state / "ca-bundle.pem")]
    done = subprocess.run(
        [*command, "--connect-to", f"{host}:443:{entry}", *options, url], capture_output=True, text=True, check=True
    )
    head, _, body = done.stdout.partition("\n\n")
    first, *headers = head.splitlines()
    return Seen(int(first.split()[1]), headers, body)


def test_anyone_may_call_where_the_policy_says_so(platform: RunningPlatform, alice: Tenant) -> None:
    alice.make("open", HANDLER)
    made = alice.functions.create_function_url_config(
        FunctionName="open", AuthType="NONE", Cors={"AllowOrigins": ["https://*.example"], "AllowMethods": ["POST"]}
    )
    url = made["FunctionUrl"]
    platform.settle()
    refused = curl(platform, url)
    assert refused.status == 403
    assert "Forbidden" in json.loads(refused.body)["Message"]
    allow(alice, "open")
    platform.settle()
    seen = curl(platform, f"{url}some/where?x=1&y=%2F", "-d", "hello", "-H", "Content-Type: text/plain", "-H", ORIGIN)
    assert (seen.status, seen.body) == (201, "/some/where x=1&y=%2F hello anonymous")
    assert {"x-way: POST", "set-cookie: a=1", "set-cookie: b=2"} <= set(seen.headers)
    assert "access-control-allow-origin: https://a.example" in seen.headers
    asks = ("-X", "OPTIONS", "-H", ORIGIN, "-H", "Access-Control-Request-Method: POST")
    preflight = curl(platform, url, *asks)
    assert preflight.status == 200
    assert "access-control-allow-methods: POST" in preflight.headers
    failed = curl(platform, f"{url}fail")
    assert (failed.status, failed.body) == (502, "Internal Server Error")
    assert curl(platform, url.replace("https://", "https://x")).status == 403
    alice.functions.delete_function_url_config(FunctionName="open")
    platform.settle()
    other = alice.functions.create_function_url_config(FunctionName="open", AuthType="NONE")["FunctionUrl"]
    assert other != url
    platform.settle()
    assert (curl(platform, url).status, curl(platform, other).status) == (403, 201)


def test_a_signed_call_and_a_stranger(platform: RunningPlatform, alice: Tenant) -> None:
    alice.make("signed", HANDLER)
    url = alice.functions.create_function_url_config(FunctionName="signed", AuthType="AWS_IAM")["FunctionUrl"]
    platform.settle()
    keys = platform.environment("alice")
    user = f"{keys['AWS_ACCESS_KEY_ID']}:{keys['AWS_SECRET_ACCESS_KEY']}"
    seen = curl(platform, url, "--aws-sigv4", "aws:amz:us-east-1:lambda", "--user", user)
    assert (seen.status, seen.body) == (201, f"/  - {alice.account}"), seen
    assert curl(platform, url).status == 403
    bob = tenant(platform, "bob")
    keys = platform.environment("bob")
    user = f"{keys['AWS_ACCESS_KEY_ID']}:{keys['AWS_SECRET_ACCESS_KEY']}"
    platform.settle()
    assert curl(platform, url, "--aws-sigv4", "aws:amz:us-east-1:lambda", "--user", user).status == 403
    allow(alice, "signed", "AWS_IAM", bob.account)
    platform.settle()
    assert curl(platform, url, "--aws-sigv4", "aws:amz:us-east-1:lambda", "--user", user).status == 201


def test_requests_are_counted(platform: RunningPlatform, alice: Tenant) -> None:
    alice.make("counted", HANDLER)
    url = alice.functions.create_function_url_config(FunctionName="counted", AuthType="NONE")["FunctionUrl"]
    allow(alice, "counted")
    platform.settle()
    assert [curl(platform, f"{url}{path}").status for path in ("", "fail", "")] == [201, 502, 201]
    metrics = ("UrlRequestCount", "Url4xxCount", "Url5xxCount")
    deadline = time.monotonic() + LONGEST_S
    while [alice.total(m, FunctionName="counted", Resource="counted:$LATEST") for m in metrics] != [3, 0, 1]:
        assert time.monotonic() < deadline
        time.sleep(0.3)
    assert alice.total("UrlRequestCount", FunctionName="counted") == 3


def test_a_url_streams(platform: RunningPlatform, alice: Tenant) -> None:
    alice.make_streaming("streams")
    url = alice.functions.create_function_url_config(
        FunctionName="streams", AuthType="NONE", InvokeMode="RESPONSE_STREAM"
    )["FunctionUrl"]
    allow(alice, "streams")
    platform.settle()
    parts = json.dumps({"parts": ["first ", "sleep:0.7"]})
    form = "-w", "\n%{time_starttransfer} %{time_total}", "-H", "Content-Type: application/json", "-d", parts
    seen = curl(platform, url, *form)
    body, _, times = seen.body.rpartition("\n")
    assert (seen.status, body) == (200, "first sleep:0.7")
    assert "content-type: text/x-way" in seen.headers
    first, last = map(float, times.split())
    assert last - first > 0.4


def test_the_page_about_it(platform: RunningPlatform, tmp_path: Path) -> None:
    printed, said = type_in(PAGE, platform, tmp_path)
    *_, first, second, third = printed.splitlines()
    assert (first, third) == ("/orders of anonymous", "403 without a signature"), said
    assert re.fullmatch(r"/orders of \d{12}", second), said
