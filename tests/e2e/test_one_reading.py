"""Every request has one reading: no spelling gets around a policy, and what could be read twice is refused."""

import json
from collections.abc import Iterator

import pytest
from tests.e2e.conftest import Built
from tests.e2e.inside import Call, api_host, calls_from, https, raw, simulated
from tests.e2e.rivals import Method, Rival, TrialApi

from innergate.cli.demo.scenarios import (
    api_url,
)

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def guarded(built: Built, rival: Rival) -> Iterator[TrialApi]:
    """Everybody may GET everything but /secret/..., whatever it is spelled like."""
    statement = {"Principal": "*", "Action": "execute-api:Invoke"}
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {**statement, "Effect": "Allow", "Resource": "execute-api:/test/GET/*"},
            {**statement, "Effect": "Deny", "Resource": "execute-api:/test/GET/secret*"},
        ],
    }
    api = TrialApi(rival.cloud, "guarded", json.dumps(policy))
    proxy = {"integration.request.path.proxy": "method.request.path.proxy"}
    declared = {"method.request.path.proxy": True}
    method = Method("/{proxy}", rival.link, "ANY", declared=declared, mapped=proxy)
    api.put("/{proxy+}", rival.balancer.dns_name, method)
    api.deploy()
    built.platform.settle()
    yield api
    rival.cloud.apigateway.delete_rest_api(restApiId=api.id)


HIDDEN = (
    "/test/secret/x",
    "/test//secret/x",
    "//test/secret/x",
    "/test/./secret/x",
    "/test/open/../secret/x",
    "/test/open/%2e%2e/secret/x",
    "/test/open/%2E%2e%2fsecret/x",
    "/test/%2fsecret/x",
    "/test/%5csecret/x",
    "/test\\secret/x",
    "/test/%73ecret/x",
    "/test/secret;a=b/x",
    "/test/secret%00/x",
    "/./test/../test/secret/x",
    "/other/../test/secret",
)
OPEN = {
    "/test/open//x": "/open/x",
    "/test/open/a;b=c/x": "/open/a;b=c/x",
    "/test/open/%252e%252e/secret/x": "/open/%252e%252e/secret/x",
    "/test/open/secret/x": "/open/secret/x",
    "/test/open?x=/../secret": "/open?x=/../secret",
    "/test/a%20b": "/a%20b",
}


def test_no_spelling_of_a_path_gets_around_the_policy(built: Built, rival: Rival, guarded: TrialApi) -> None:
    host = api_host(guarded.id)

    def line(target: str) -> Call:
        return raw(host, f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n", timeout_s=4)

    targets = [*HIDDEN, f"https://{host}/test/secret/x", *OPEN]
    noticed = calls_from(built.platform, rival.network.vpc, [line(t) for t in targets], 6)
    seen = {target: n["text"] for target, n in zip(targets, noticed, strict=True)}
    reached = [t for t in targets if "x-backend" in seen[t]]
    assert reached == list(OPEN)
    assert {t: json.loads(seen[t].partition("\r\n\r\n")[2])["path"] for t in OPEN} == OPEN
    assert {seen[t].split(" ", 2)[1] for t in targets if t not in OPEN} == {"400", "403"}


def test_simulate_reads_paths_as_the_gateway_does(built: Built, rival: Rival, guarded: TrialApi) -> None:
    for target in ("/test/secret/x", "/test//secret/x", "/test/open/../secret/x", "/test/%2fsecret/x"):
        said = simulated(built.platform, rival.network.vpc, https(f"https://{api_host(guarded.id)}{target}"))
        assert said["status"] in (400, 403), target
    assert simulated(built.platform, rival.network.vpc, https(api_url(guarded.id, "test", "/open")))["cause"] == ""


BAD_SHAPES = {
    "CL.TE": ("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG"),
    "TE.CL": ("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n"),
    "two TEs": ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"),
    "unknown TE": ("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
    "TE with a space": ("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
    "two lengths": ("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"),
    "a length with a sign": ("Content-Length: +2\r\n", "ab"),
    "an underscore twin": ("x_apigw_api_id: zzz\r\n", ""),
    "a bare CR in a name": ("X-A\rB: 1\r\n", ""),
    "a NUL in a value": ("X-A: a\0b\r\n", ""),
}


def test_ambiguous_requests_are_refused(built: Built) -> None:
    """One answer, 400, and nothing of the rest is read as a request."""
    host = api_host(built.path.api)
    after = f"GET /test/smuggled HTTP/1.1\r\nHost: {host}\r\n\r\n"
    calls = [
        raw(host, f"POST /test/ HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n{body}{after}", timeout_s=0.7)
        for headers, body in BAD_SHAPES.values()
    ]
    preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
    calls.append(raw(host, preface, timeout_s=0.7))
    calls.append(raw(host, "GET /test/ HTTP/1.1\r\n\r\n", timeout_s=0.7))
    noticed = calls_from(built.platform, built.world.consumer_network.vpc, calls, 6)
    names = [*BAD_SHAPES, "HTTP/2 without asking", "no Host"]
    assert {name: n["text"][:12] for name, n in zip(names, noticed, strict=True)} == dict.fromkeys(
        names, "HTTP/1.1 400"
    )
    assert [n for n in noticed if "smuggled" in n["text"] or n["text"].count("HTTP/1.") != 1] == []


def test_each_request_of_a_connection_is_judged_by_itself(built: Built, rival: Rival) -> None:
    ours, theirs = api_host(built.path.api), api_host(rival.api)
    text = "".join(f"GET /test/n{n} HTTP/1.1\r\nHost: {h}\r\n\r\n" for n, h in enumerate((ours, theirs, ours, theirs)))
    [noticed] = calls_from(built.platform, built.world.consumer_network.vpc, [raw(ours, text)])
    statuses = [part.split(" ", 1)[0] for part in noticed["text"].split("HTTP/1.1 ")[1:]]
    assert len(statuses) >= 2, "Envoy may close after a refusal"
    assert statuses == ["200", "403", "200", "403"][: len(statuses)]


def test_upgrades_and_tunnels_are_not_there(built: Built) -> None:
    host = api_host(built.path.api)
    upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
    calls = [
        raw(host, f"GET /test/ HTTP/1.1\r\nHost: {host}\r\n{upgrade}\r\n"),
        raw(host, f"CONNECT 10.0.1.21:80 HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ]
    plain, tunnel = calls_from(built.platform, built.world.consumer_network.vpc, calls, 2)
    assert plain["text"].startswith("HTTP/1.1 200"), "an upgrade that nobody offers is left out"
    assert '"upgrade"' not in plain["text"].lower()
    assert tunnel["text"].startswith(("HTTP/1.1 403", "HTTP/1.1 400"))
