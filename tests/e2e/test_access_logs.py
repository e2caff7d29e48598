"""Access logs: what the consumer did, in the gateway account's log group, in the format that its stage asks for."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.e2e.conftest import Built
from tests.e2e.inside import Noticed, calls_from, https
from tests.e2e.log_clients import allow_logs, log_stage, make_client
from tests.e2e.rivals import ALL_BUT_DENIED, Method, TrialApi

from innergate.cli.demo.scenarios import api_url
from innergate.testing.waiting import LONGEST_S

pytestmark = pytest.mark.e2e

GROUP = "/apis/access"
FORMAT = json.dumps(
    {
        "id": "$context.requestId",
        "status": "$context.status",
        "method": "$context.httpMethod",
        "path": "$context.path",
        "resource": "$context.resourcePath",
        "source": "$context.identity.sourceIp",
        "vpce": "$context.identity.vpceId",
        "agent": "$context.identity.userAgent",
        "latency": "$context.responseLatency",
        "integration": "$context.integrationStatus",
        "error": "$context.error.responseType",
        "account": "$context.accountId",
        "type": "$context.endpointType",
        "caller": "$context.identity.caller",
    }
)


class Logged(NamedTuple):
    """An API whose stage `test` logs, its gateway account's environment and log client."""

    built: Built
    api: str
    environment: dict[str, str]
    logs: Any

    def call(self, *paths: str, **options: object) -> list[Noticed]:
        """What the consumer notices."""
        calls = [https(api_url(self.api, "test", path), **options) for path in paths]
        return calls_from(self.built.platform, self.built.world.consumer_network.vpc, calls)

    def lines(self, count: int, **search: object) -> list[dict[str, Any]]:
        """The newest `count` lines, once they are there."""
        deadline = time.monotonic() + LONGEST_S
        while True:
            found = self.logs.filter_log_events(logGroupName=GROUP, **search)["events"]
            if len(found) >= count or time.monotonic() > deadline:
                assert len(found) == count, found
                return [json.loads(event["message"]) for event in found]
            time.sleep(0.05)


@pytest.fixture(scope="module")
def logged(built: Built) -> Iterator[Logged]:
    gateway = built.world.gateway
    environment = built.platform.environment("gateway")

    allow_logs(gateway, environment)
    logs = make_client(environment, "logs")
    logs.create_log_group(logGroupName=GROUP)
    api = TrialApi(gateway, "logged", ALL_BUT_DENIED)
    host, link = built.path.balancer.dns_name, built.path.link
    for path, method in (
        ("/ok", Method(link=link)),
        ("/denied", Method(link=link)),
        ("/limited", Method(link=link)),
        ("/slow", Method("/slow/2", link=link, timeout_ms=300)),
    ):
        api.put(path, host, method)
    api.deploy()
    log_stage(gateway, api, GROUP, FORMAT)
    limit = {"/~1limited/GET/throttling/rateLimit": "1", "/~1limited/GET/throttling/burstLimit": "1"}
    api.patch_stage("test", limit)
    built.platform.settle()
    yield Logged(built, api.id, environment, logs)
    gateway.apigateway.delete_rest_api(restApiId=api.id)
    logs.delete_log_group(logGroupName=GROUP)


def since() -> dict[str, int]:
    return {"startTime": int(time.time() * 1000)}


def test_every_outcome_has_its_line(logged: Logged) -> None:
    start = since()
    answers = logged.call("/ok", "/denied", "/slow", "/none", "/limited", "/limited", "/limited")
    statuses = [answer["status"] for answer in answers]
    assert statuses[:5] == [200, 403, 504, 403, 200]
    assert 429 in statuses[5:]
    lines = logged.lines(len(answers), **start)
    by_id = {line["id"]: line for line in lines}
    for answer in answers:
        line = by_id[answer["headers"]["x-amzn-requestid"]]
        assert line["status"] == str(answer["status"])
        assert line["vpce"] == logged.built.path.entry
        assert line["account"] == logged.built.world.gateway.account
        assert (line["method"], line["type"], line["caller"]) == ("GET", "PRIVATE", "-")
        assert float(line["latency"]) <= answer["seconds"] * 1000 + 1
    ok, denied, slow, none, limited = (
        by_id[answers[n]["headers"]["x-amzn-requestid"]] for n in (0, 1, 2, 3, statuses.index(429))
    )
    assert (ok["path"], ok["resource"], ok["integration"], ok["error"]) == ("/test/ok", "/ok", "200", "-")
    assert ok["source"] == json.loads(answers[0]["body"])["headers"]["x-forwarded-for"]
    assert (denied["error"], denied["integration"]) == ("ACCESS_DENIED", "-")
    assert slow["error"] == "INTEGRATION_TIMEOUT"
    assert 290 <= int(slow["latency"]) < 1500
    assert none["error"] == "MISSING_AUTHENTICATION_TOKEN"
    assert limited["error"] == "THROTTLED"


def test_the_streams_are_named_as_api_gateways(logged: Logged) -> None:
    start = since()
    logged.call("/ok")
    logged.lines(1, **start)
    [stream] = logged.logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert re.fullmatch(r"[0-9a-f]{32}", stream["logStreamName"])
    page = logged.logs.get_log_events(logGroupName=GROUP, logStreamName=stream["logStreamName"], limit=1)
    assert json.loads(page["events"][0]["message"])["path"] == "/test/ok"


def test_the_aws_cli_finds_the_line_of_a_request(logged: Logged) -> None:
    start = since()
    [ok, denied] = logged.call("/ok", "/denied")
    logged.lines(2, **start)
    command = [str(Path(sys.executable).with_name("aws")), "logs", "filter-log-events", "--log-group-name", GROUP]
    command += ["--start-time", str(start["startTime"]), "--filter-pattern", "{ $.status = 403 }", "--output", "json"]
    done = subprocess.run(
        command, env={**os.environ, **logged.environment}, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    [event] = json.loads(done.stdout)["events"]
    assert json.loads(event["message"])["id"] == denied["headers"]["x-amzn-requestid"]
    assert ok["headers"]["x-amzn-requestid"] not in done.stdout


def test_a_client_cannot_forge_a_line(logged: Logged) -> None:
    start = since()
    logged.call("/ok", headers={"user-agent": 'x","status":"500","a":"\\'})
    [line] = logged.lines(1, **start)
    assert (line["status"], line["agent"]) == ("200", 'x","status":"500","a":"\\')


def test_the_stages_present_format_holds(logged: Logged) -> None:
    api = logged.built.world.gateway.apigateway
    patch = {"op": "replace", "path": "/accessLogSettings/format"}
    api.update_stage(
        restApiId=logged.api,
        stageName="test",
        patchOperations=[{**patch, "value": '$context.requestId "$context.httpMethod $context.path" $context.status'}],
    )
    try:
        start = since()
        [answer] = logged.call("/ok")
        deadline = time.monotonic() + LONGEST_S
        while not (events := logged.logs.filter_log_events(logGroupName=GROUP, **start)["events"]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        [event] = events
        assert event["message"] == f'{answer["headers"]["x-amzn-requestid"]} "GET /test/ok" 200'
    finally:
        api.update_stage(restApiId=logged.api, stageName="test", patchOperations=[{**patch, "value": FORMAT}])
