"""What must fail at the gateway: what the client notices, and what `simulate` names as the cause."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.e2e.conftest import Built
from tests.e2e.inside import Call, Noticed, api_host, call_from, calls_from, https, raw, why
from tests.e2e.rivals import ANYONE, Method, Rival, TrialApi, make_entry

from innergate.cli.demo.scenarios import (
    CIDR,
    REGION,
    api_url,
    endpoint_policy,
    make_network,
    open_security_group,
    wait_for,
)

pytestmark = pytest.mark.e2e

FORBIDDEN = (403, '{"message":"Forbidden"}', "ForbiddenException")
FAILED = (500, '{"message":"Internal server error"}', "InternalServerErrorException")
TIMED_OUT = (504, '{"message":"Endpoint request timed out"}', "InternalServerErrorException")


def answer(noticed: Noticed) -> tuple[object, ...]:
    return noticed.get("status"), noticed.get("body"), noticed.get("headers", {}).get("x-amzn-errortype")


def denied(account: str, resource: str, ending: str = " with an explicit deny") -> tuple[object, ...]:
    """AWS's words for a call that the resource policy refuses."""
    arn = f"arn:aws:execute-api:{REGION}:********{account[-4:]}:{resource}"
    message = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {arn}{ending}"
    return 403, json.dumps({"Message": message}, separators=(",", ":")), "AccessDeniedException"


# -- the wrong way in -------------------------------------------------------------------------------------------------


def test_another_endpoint_than_the_policy_names(built: Built, rival: Rival) -> None:
    call = https(api_url(built.path.api, "test", "/a/b?x=1"))
    noticed = call_from(built.platform, rival.network.vpc, call)
    assert answer(noticed) == denied(built.world.gateway.account, f"{built.path.api}/test/GET/a/b")
    assert noticed["headers"]["content-type"] == "application/json"
    assert noticed["headers"]["x-amzn-requestid"]
    assert noticed["headers"]["x-amz-apigw-id"]
    said = why(built.platform, rival.network.vpc, call)
    [decision] = said["decisions"]
    assert (said["status"], said["endpoint_id"], decision["outcome"]) == (403, rival.entry, "explicit-deny")
    [condition] = decision["decided_by"]["conditions"]
    assert (condition["key"], condition["wanted"], condition["seen"]) == (
        "aws:SourceVpce",
        [built.path.entry],
        [rival.entry],
    )


def test_nobodys_word_counts_for_the_endpoint(built: Built, rival: Rival) -> None:
    """Everything that a client could say to be taken for another endpoint, address, API or path."""
    api, entry, host = built.path.api, built.path.entry, api_host(built.path.api)
    claims = [
        {"x-amzn-vpce-id": entry, "x-amzn-vpc-id": built.world.consumer_network.vpc},
        {"x-amzn-vpce-config": "1", "x-amzn-vpce-id": entry, "X-Forwarded-For": "10.0.1.5, 10.0.1.6"},
        {"x-innergate-vpce": entry, "x-innergate-scope": f"private.{REGION}|x/test"},
        {"x-envoy-external-address": "10.0.1.5", "x-envoy-original-path": "/test/", "x-envoy-internal": "true"},
        {"Connection": "x-innergate-scope"},
        {"x-apigw-api-id": api},
        {"x-apigw-api-id": f"{api}-{entry}"},
        {"X-HTTP-Method-Override": "OPTIONS", "X-Original-URL": "/test/", "X-Rewrite-URL": "/test/"},
    ]
    calls = [https(f"https://{host}/test/", headers=claim) for claim in claims]
    lines = [
        raw(host, f"GET https://{host}/test/ HTTP/1.1\r\nHost: {api_host(rival.api)}\r\n\r\n"),
        raw(host, f"GET /test/ HTTP/1.1\r\nHost: {host}\r\nHost: {api_host(rival.api)}\r\n\r\n"),
        raw(host, f"GET /test/ HTTP/1.0\r\nHost: {host}\r\n\r\n"),
        raw(host, f"PROXY TCP4 10.0.1.5 10.0.1.6 1 443\r\nGET /test/ HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ]
    noticed = calls_from(built.platform, rival.network.vpc, calls + lines, 6)
    assert [n["status"] for n in noticed[: len(calls)]] == [403] * len(calls)
    assert [n["text"].split(" ", 2)[1] for n in noticed[len(calls) :]] == ["403", "403", "403", "400"]
    assert [n for n in noticed if "x-backend" in n.get("headers", {}) or "x-backend" in n.get("text", "")] == []


def test_a_foreign_api_by_its_id(built: Built, rival: Rival) -> None:
    """Over the own endpoint, by the own API's name, with the id of an API that does not admit this endpoint."""
    call = https(api_url(built.path.api, "test"), headers={"x-apigw-api-id": rival.api})
    noticed = call_from(built.platform, built.world.consumer_network.vpc, call)
    assert answer(noticed) == denied(rival.cloud.account, f"{rival.api}/test/GET/")
    said = why(built.platform, built.world.consumer_network.vpc, call)
    assert (said["api_id"], said["status"]) == (rival.api, 403)


def test_a_clients_forwarded_for_is_only_passed_on(built: Built) -> None:
    headers = {"X-Forwarded-For": "1.2.3.4"}
    noticed = call_from(
        built.platform, built.world.consumer_network.vpc, https(api_url(built.path.api, "test"), headers=headers)
    )
    seen = json.loads(noticed["body"])["headers"]["x-forwarded-for"]
    assert seen.startswith("1.2.3.4,")
    assert seen.split(",")[-1].strip().startswith("10.0.")


def test_a_network_without_an_endpoint(built: Built) -> None:
    vpc, call = built.world.application_network.vpc, https(api_url(built.path.api, "test"))
    assert call_from(built.platform, vpc, call)["error"] == "no such name"
    said = why(built.platform, vpc, call)
    assert (said["outward"], "endpoint" in said["cause"]) == ("the name does not exist", True)


def test_unknown_stages_and_apis(built: Built) -> None:
    vpc = built.world.consumer_network.vpc
    calls = [
        https(api_url(built.path.api, "prod")),
        https(f"https://{api_host(built.path.api)}/"),
        https(api_url("abcdefghij", "test")),
        https(f"https://execute-api.{REGION}.amazonaws.com/test/"),
    ]
    assert [answer(n) for n in calls_from(built.platform, vpc, calls)] == [FORBIDDEN] * len(calls)
    causes = [why(built.platform, vpc, call)["cause"] for call in calls[:3]]
    assert "has no stage 'prod'; it has test" in causes[0]
    assert "has no stage ''" in causes[1]
    assert "names an API" in causes[2]


# -- one reading of every request -------------------------------------------------------------------------------------


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
        said = why(built.platform, rival.network.vpc, https(f"https://{api_host(guarded.id)}{target}"))
        assert said["status"] in (400, 403), target
    assert why(built.platform, rival.network.vpc, https(api_url(guarded.id, "test", "/open")))["cause"] == ""


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


# -- policies ---------------------------------------------------------------------------------------------------------


def test_a_private_api_without_a_policy_admits_nobody(built: Built, rival: Rival) -> None:
    api = TrialApi(rival.cloud, "no policy", policy="")
    api.put("/", "", Method())
    api.deploy()
    built.platform.settle()
    call = https(api_url(api.id, "test"))
    noticed, said = call_from(built.platform, rival.network.vpc, call), why(built.platform, rival.network.vpc, call)
    rival.cloud.apigateway.delete_rest_api(restApiId=api.id)
    assert answer(noticed) == denied(rival.cloud.account, f"{api.id}/test/GET/", "")
    assert (said["status"], said["decisions"][0]["outcome"]) == (403, "implicit-deny")
    assert "policy" in said["cause"]


def test_a_policy_holds_from_its_deployment_on(built: Built, rival: Rival) -> None:
    cloud, vpc = rival.cloud, rival.network.vpc
    api = TrialApi(cloud, "changing", ANYONE)
    api.put("/", "", Method())
    api.deploy()
    call = https(api_url(api.id, "test"))
    changed = {"op": "replace", "path": "/policy", "value": endpoint_policy(built.path.entry)}
    cloud.apigateway.update_rest_api(restApiId=api.id, patchOperations=[changed])
    built.platform.settle()
    before, said = call_from(built.platform, vpc, call), why(built.platform, vpc, call)
    api.deploy()
    built.platform.settle()
    after = call_from(built.platform, vpc, call)
    removed = {"op": "replace", "path": "/policy", "value": ""}
    cloud.apigateway.update_rest_api(restApiId=api.id, patchOperations=[removed])
    built.platform.settle()
    undeployed = call_from(built.platform, vpc, call)
    api.deploy()
    built.platform.settle()
    without = call_from(built.platform, vpc, call)
    cloud.apigateway.delete_rest_api(restApiId=api.id)
    assert before["status"] == 200
    assert [h["reason"] for h in said["hops"] if h["kind"] == "policy" and h["verdict"] == "warning"] != []
    assert answer(after) == denied(cloud.account, f"{api.id}/test/GET/")
    assert answer(undeployed) == answer(after), "the last deployed policy holds"
    assert answer(without) == denied(cloud.account, f"{api.id}/test/GET/", "")


def test_no_first_request_passes_before_the_policy_is_there(built: Built, rival: Rival) -> None:
    """Many at once to APIs that nobody has called before, with and without bodies."""
    apis = [TrialApi(rival.cloud, f"fresh {n}", endpoint_policy("vpce-0")) for n in range(8)]
    calls = []
    for api in apis:
        api.put("/x", rival.balancer.dns_name, Method("/", rival.link, "ANY"))
        api.deploy()
        url = api_url(api.id, "test", "/x")
        calls += [
            https(url),
            https(url, method="POST", body="b" * 100_000),
            https(url),
            https(url, method="PUT", body="b"),
        ]
    built.platform.settle()
    noticed = calls_from(built.platform, rival.network.vpc, calls, 8)
    for api in apis:
        rival.cloud.apigateway.delete_rest_api(restApiId=api.id)
    assert {n.get("status") for n in noticed} == {403}
    assert {n["headers"]["x-amzn-errortype"] for n in noticed} == {"AccessDeniedException"}


def test_an_endpoint_policy_is_a_gate_of_its_own(built: Built, rival: Rival) -> None:
    call = https(api_url(rival.api, "test"))
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "*",
        "Resource": f"arn:aws:execute-api:*:*:{rival.api}/*",
    }
    allow = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow, statement]})
    rival.cloud.ec2.modify_vpc_endpoint(VpcEndpointId=rival.entry, PolicyDocument=policy)
    built.platform.settle()
    closed, said = call_from(built.platform, rival.network.vpc, call), why(built.platform, rival.network.vpc, call)
    rival.cloud.ec2.modify_vpc_endpoint(VpcEndpointId=rival.entry, ResetPolicy=True)
    built.platform.settle()
    opened = call_from(built.platform, rival.network.vpc, call)
    assert (closed["status"], closed["headers"]["x-amzn-errortype"]) == (403, "AccessDeniedException")
    assert "execute-api:Invoke" in closed["body"]
    assert (said["status"], said["decisions"][-1]["outcome"]) == (403, "explicit-deny")
    assert "endpoint" in said["decisions"][-1]["policy"]
    assert opened["status"] == 200


def test_a_security_group_without_443(built: Built, rival: Rival) -> None:
    """Silence, not a refused connection; and a rule that is added is live at once."""
    cloud = rival.cloud
    network = make_network(cloud, "no 443", CIDR)
    group = open_security_group(cloud, network, "only 80", (80,))
    entry = make_entry(cloud, network, group)
    built.platform.settle()
    call = https(api_url(rival.api, "test"), timeout_s=2)
    silent, said = call_from(built.platform, network.vpc, call), why(built.platform, network.vpc, call)
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": CIDR}]}
    cloud.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    built.platform.settle()
    heard = call_from(built.platform, network.vpc, call)
    cloud.ec2.delete_vpc_endpoints(VpcEndpointIds=[entry])
    assert silent["error"] == "time-out"
    assert "times out" in said["outward"]
    assert f"no rule of {group} admits TCP 443" in said["cause"]
    assert group in said["fix"]
    assert heard["status"] == 403, "now the policy is asked"


# -- backends ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def backends(built: Built, rival: Rival) -> Iterator[TrialApi]:
    """Paths to targets that are down, half down, slow, rude."""
    cloud, host = rival.cloud, rival.balancer.dns_name
    made = [
        _listener(rival, 1081, [("10.0.1.21", 81)]),
        _listener(rival, 1082, [("10.0.1.99", 80)]),
        _listener(rival, 1083, [("10.0.1.21", 80), ("10.0.1.99", 80)]),
    ]
    api = TrialApi(cloud, "backends", ANYONE)
    for path, port in (("/refused", 1081), ("/absent", 1082), ("/half", 1083), ("/nobody", 1099)):
        api.put(path, f"{host}:{port}", Method("/", rival.link, timeout_ms=3000))
    api.put("/slow", host, Method("/slow/3", rival.link, timeout_ms=500))
    api.put("/reset", host, Method("/reset", rival.link))
    api.put("/teapot", host, Method("/status/418", rival.link))
    api.put("/five", host, Method("/status/503", rival.link))
    api.deploy()
    built.platform.settle()
    _wait_for_health(built, rival, made)
    yield api
    cloud.apigateway.delete_rest_api(restApiId=api.id)
    for listener, group in made:
        cloud.elbv2.delete_listener(ListenerArn=listener)
        cloud.elbv2.delete_target_group(TargetGroupArn=group)


def _listener(rival: Rival, port: int, targets: list[tuple[str, int]]) -> tuple[str, str]:
    elbv2 = rival.cloud.elbv2
    group = elbv2.create_target_group(
        Name=f"port-{port}",
        Protocol="TCP",
        Port=80,
        TargetType="ip",
        VpcId=rival.network.vpc,
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": ip, "Port": p} for ip, p in targets])
    actions = [{"Type": "forward", "TargetGroupArn": group}]
    made = elbv2.create_listener(LoadBalancerArn=rival.balancer.arn, Protocol="TCP", Port=port, DefaultActions=actions)
    return made["Listeners"][0]["ListenerArn"], group


def _wait_for_health(built: Built, rival: Rival, made: list[tuple[str, str]]) -> None:
    def look() -> bool | None:
        for _, group in made:
            found = rival.cloud.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
            if any(t["TargetHealth"]["State"] == "initial" for t in found):
                return None
        return True

    wait_for(look, "every target to be healthy or unhealthy")


def test_what_backends_do_wrong(built: Built, rival: Rival, backends: TrialApi) -> None:
    vpc = rival.network.vpc
    wanted: dict[str, Any] = {
        "/refused": FAILED,
        "/absent": FAILED,
        "/nobody": FAILED,
        "/slow": TIMED_OUT,
        "/reset": FAILED,
    }
    calls = {path: https(api_url(backends.id, "test", path)) for path in (*wanted, "/half", "/teapot", "/five")}
    noticed = dict(zip(calls, calls_from(built.platform, vpc, list(calls.values()), 4), strict=True))
    assert {path: answer(noticed[path]) for path in wanted} == wanted
    assert noticed["/slow"]["seconds"] < 2.5, "after the integration's time-out of 500 ms"
    assert [noticed[path]["status"] for path in ("/half", "/teapot", "/five")] == [200, 418, 503]
    assert noticed["/five"]["headers"]["x-backend"], "a backend's own error passes as it is"
    causes = {path: why(built.platform, vpc, calls[path])["cause"] for path in calls}
    assert "1 of 1 targets fail their health checks: 10.0.1.21:81" in causes["/refused"]
    assert "1 of 1 targets fail their health checks: 10.0.1.99:80" in causes["/absent"]
    assert "nothing listens on port 1099" in causes["/nobody"]
    assert causes["/half"] == ""


def test_half_a_target_group_is_enough(built: Built, rival: Rival, backends: TrialApi) -> None:
    half = https(api_url(backends.id, "test", "/half"))
    burst = {"do": "burst", "call": half, "times": 40}
    noticed = call_from(built.platform, rival.network.vpc, burst)
    assert noticed["seen"] == {"200": 40}
    assert list(noticed["backends"]) == ["rival-a"]
    hops = why(built.platform, rival.network.vpc, half)["hops"]
    assert [h["verdict"] for h in hops if h["kind"] == "target-health"] == ["warning"]
