"""What must fail at the gateway: what the client notices, and what `simulate` names as the cause."""

import json
from typing import Any

import pytest
from tests.e2e.conftest import Built
from tests.e2e.gateway_answers import FORBIDDEN, answer, denied
from tests.e2e.inside import Noticed, api_host, call_from, calls_from, https, raw, simulated
from tests.e2e.rivals import ANYONE, Method, Rival, TrialApi, make_entry

from innergate.cli.demo.scenarios import (
    CIDR,
    REGION,
    api_url,
    endpoint_policy,
    make_network,
    open_security_group,
)

pytestmark = pytest.mark.e2e


def test_another_endpoint_than_the_policy_names(built: Built, rival: Rival) -> None:
    call = https(api_url(built.path.api, "test", "/a/b?x=1"))
    noticed = call_from(built.platform, rival.network.vpc, call)
    assert answer(noticed) == denied(built.world.gateway.account, f"{built.path.api}/test/GET/a/b")
    assert noticed["headers"]["content-type"] == "application/json"
    assert noticed["headers"]["x-amzn-requestid"]
    assert noticed["headers"]["x-amz-apigw-id"]
    said = simulated(built.platform, rival.network.vpc, call)
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
    assert [n["text"].split(" ", 2)[1] for n in noticed[len(calls) :]] == ["403", "400", "403", "400"]
    assert [n for n in noticed if "x-backend" in n.get("headers", {}) or "x-backend" in n.get("text", "")] == []


def test_a_foreign_api_by_its_id(built: Built, rival: Rival) -> None:
    """Over the own endpoint, by the own API's name, with the id of an API that does not admit this endpoint."""
    call = https(api_url(built.path.api, "test"), headers={"x-apigw-api-id": rival.api})
    noticed = call_from(built.platform, built.world.consumer_network.vpc, call)
    assert answer(noticed) == denied(rival.cloud.account, f"{rival.api}/test/GET/")
    said = simulated(built.platform, built.world.consumer_network.vpc, call)
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
    said = simulated(built.platform, vpc, call)
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
    causes = [simulated(built.platform, vpc, call)["cause"] for call in calls[:3]]
    assert "has no stage 'prod'; it has test" in causes[0]
    assert "has no stage ''" in causes[1]
    assert "names an API" in causes[2]


# -- policies ----------------------------------------------------------------------------------------------------------


def tried(built: Built, rival: Rival, api: TrialApi) -> tuple[Noticed, dict[str, Any]]:
    """What a host of the rival notices of the API once it is deployed, and what `simulate` says; then the API is gone."""
    api.deploy()
    built.platform.settle()
    call = https(api_url(api.id, "test"))
    noticed = call_from(built.platform, rival.network.vpc, call)
    said = simulated(built.platform, rival.network.vpc, call)
    rival.cloud.apigateway.delete_rest_api(restApiId=api.id)
    return noticed, said


def test_a_private_api_without_a_policy_admits_nobody(built: Built, rival: Rival) -> None:
    api = TrialApi(rival.cloud, "no policy", policy="")
    api.put("/", "", Method())
    noticed, said = tried(built, rival, api)
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
    before, said = call_from(built.platform, vpc, call), simulated(built.platform, vpc, call)
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


@pytest.mark.parametrize(("until", "status"), [("2020-01-01T00:00:00Z", 403), ("2120-01-01T00:00:00Z", 200)])
def test_a_policy_may_end_by_the_clock(built: Built, rival: Rival, until: str, status: int) -> None:
    limit = {"DateLessThan": {"aws:CurrentTime": until}}
    allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*", "Condition": limit}
    api = TrialApi(rival.cloud, "for a while", json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    api.put("/", rival.balancer.dns_name, Method("/", rival.link, "ANY"))
    noticed, said = tried(built, rival, api)
    assert noticed["status"] == status
    assert said["decisions"][0]["outcome"] == ("allow" if status == 200 else "implicit-deny")
    if status == 403:
        assert answer(noticed) == denied(rival.cloud.account, f"{api.id}/test/GET/", "")


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
    closed = call_from(built.platform, rival.network.vpc, call)
    said = simulated(built.platform, rival.network.vpc, call)
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
    silent, said = call_from(built.platform, network.vpc, call), simulated(built.platform, network.vpc, call)
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": CIDR}]}
    cloud.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    built.platform.settle()
    heard = call_from(built.platform, network.vpc, https(api_url(rival.api, "test")))
    cloud.ec2.delete_vpc_endpoints(VpcEndpointIds=[entry])
    assert silent["error"] == "time-out"
    assert "times out" in said["outward"]
    assert f"no rule of {group} admits TCP 443" in said["cause"]
    assert group in said["fix"]
    assert heard["status"] == 403, "now the policy is asked"
