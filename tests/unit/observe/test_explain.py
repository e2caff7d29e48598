"""Every way a call can fail is named, with what the client sees and what to do."""

import json
import shlex

import msgspec
import pytest
from tests.unit.observe.explained import DOMAIN, call, kind

from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest, canonical_path
from innergate.primitives.no_such_thing import NoSuchThing
from innergate.resources.deployments import Deployment
from innergate.resources.rest_apis import Integration, MethodDefinition
from innergate.resources.stages import Stage
from innergate.resources.subnets import Subnet
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.scenario import Scenario, only_endpoint


def test_a_call_that_works_shows_every_hop_and_the_deciding_statement(s: Scenario, purple: CrossAccount) -> None:
    out = call(s, purple, "/test/foo/bar?x=1")
    assert out.works
    assert (out.api_id, out.stage, out.path, out.endpoint_id) == (
        purple.api.id, "test", "/foo/bar", purple.api_endpoint.id,
    )  # fmt: skip
    kinds = list(dict.fromkeys(h.kind for h in out.hops))
    assert kinds[:7] == ["name", "security-group", "endpoint", "api", "stage", "policy", "method"]
    assert kinds[7:] == [
        "integration", "vpc-link", "load-balancer", "listener", "target-group", "connection", "service", "target",
    ]  # fmt: skip
    decision = out.decisions[0]
    assert decision.outcome == "allow"
    assert decision.context["aws:sourcevpce"] == (purple.api_endpoint.id,)
    assert msgspec.json.decode(msgspec.json.encode(out))["hops"]


def test_an_api_may_be_named_by_its_id_alone(s: Scenario, purple: CrossAccount) -> None:
    out = simulate(s.state, CallRequest(purple.api.id, purple.gateway_vpc.id))
    assert out.works
    assert out.stage == "test"
    with pytest.raises(LookupError, match="neither a URL"):
        simulate(s.state, CallRequest("nonsense", purple.gateway_vpc.id))
    with pytest.raises(LookupError, match="vpc-none"):
        simulate(s.state, CallRequest(purple.api.id, "vpc-none"))


@pytest.mark.parametrize("state", ["pendingAcceptance", "rejected"])
def test_before_acceptance_and_after_rejection(state: str) -> None:
    s = Scenario()
    purple = cross_account(s, state=state)
    out = call(s, purple)
    assert (kind(out), out.status) == ("connection", 504)
    assert "accept-vpc-endpoint-connections" in out.fix


def test_another_endpoint_than_the_policy_names(s: Scenario, purple: CrossAccount) -> None:
    vpc = s.vpc("10.9.0.0/16")
    other = s.endpoint("execute-api", s.subnet(vpc, "10.9.1.0/24"), private_dns=True)
    out = call(s, purple, vpc=vpc.id)
    assert (kind(out), out.status) == ("policy", 403)
    assert '"Message":"User: anonymous is not authorized' in out.outward
    assert out.outward.endswith('/test/GET/ with an explicit deny"}')
    assert ":********2222:" in out.outward
    decided = out.decisions[0].decided_by
    assert decided is not None
    (condition,) = decided.conditions
    assert (condition.key, condition.wanted, condition.seen) == (
        "aws:SourceVpce", (purple.api_endpoint.id,), (other.id,),
    )  # fmt: skip
    assert other.id in out.cause
    assert purple.api_endpoint.id in out.cause


def test_a_vpc_without_an_endpoint_and_the_outside_have_no_such_name(s: Scenario, purple: CrossAccount) -> None:
    out = call(s, purple, vpc=purple.application_vpc.id)
    assert (kind(out), out.outward) == ("name", "the name does not exist")
    subnets = sorted(n.id for n in s.state.find(Subnet, "vpc", purple.application_vpc.id))
    assert f"create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id {purple.application_vpc.id}" in out.fix
    assert f"--subnet-ids {subnets[0]} --private-dns-enabled" in out.fix
    out = call(s, purple, vpc="")
    assert (kind(out), "--from VPC" in out.fix) == ("name", True)
    out = call(s, purple, host="nonsense", vpc="")
    assert (out.cause, out.fix) == ("name nonsense: no public API and no public custom domain name is called so", "")


def test_with_private_dns_off(s: Scenario, purple: CrossAccount) -> None:
    endpoint = msgspec.structs.replace(purple.api_endpoint, private_dns_enabled=False)
    s.put(endpoint)
    out = call(s, purple)
    assert (kind(out), "private DNS is off" in out.cause) == ("name", True)
    turn_on = f"aws ec2 modify-vpc-endpoint --vpc-endpoint-id {endpoint.id} --private-dns-enabled"
    assert out.fix == turn_on
    assert out.behind == (), "nothing else stands in the way"
    s.put(msgspec.structs.replace(purple.gateway_vpc, enable_dns_hostnames=False))
    names_on = f"aws ec2 modify-vpc-attribute --vpc-id {purple.gateway_vpc.id} --enable-dns-hostnames"
    assert call(s, purple).fix == f"{names_on} && {turn_on}", "private DNS cannot be turned on without host names"
    s.put(purple.gateway_vpc)
    own = f"{endpoint.id}-{endpoint.dns_label}.execute-api.us-east-1.vpce.amazonaws.com"
    assert call(s, purple, host=own, Host=f"{purple.api.id}.{DOMAIN}").works
    assert call(s, purple, host=own, x_apigw_api_id=purple.api.id).works
    assert call(s, purple, host=own).outward.startswith("403")
    assert call(s, purple, host=f"{purple.api.id}-{endpoint.id}.{DOMAIN}").works


@pytest.mark.parametrize(
    ("attribute", "word"), [("enable_dns_support", "DNS support"), ("enable_dns_hostnames", "host names")]
)
def test_dns_attributes_of_the_vpc(s: Scenario, purple: CrossAccount, attribute: str, word: str) -> None:
    s.put(msgspec.structs.replace(purple.gateway_vpc, **{attribute: False}))
    out = call(s, purple)
    assert (kind(out), word in out.cause) == ("name", True)


def test_an_alias_that_the_api_does_not_list(s: Scenario, purple: CrossAccount) -> None:
    vpc = s.vpc("10.9.0.0/16")
    other = s.endpoint("execute-api", s.subnet(vpc, "10.9.1.0/24"))
    out = call(s, purple, host=f"{purple.api.id}-{other.id}.{DOMAIN}", vpc=vpc.id)
    assert (kind(out), "does not list" in out.cause) == ("name", True)
    assert f"path=/endpointConfiguration/vpcEndpointIds,value={other.id}" in out.fix


def test_spoofed_headers_decide_nothing(s: Scenario, purple: CrossAccount) -> None:
    vpc = s.vpc("10.9.0.0/16")
    s.endpoint("execute-api", s.subnet(vpc, "10.9.1.0/24"), private_dns=True)
    out = call(s, purple, vpc=vpc.id, x_amzn_vpce_id=purple.api_endpoint.id, X_Forwarded_For="10.0.1.5")
    assert kind(out) == "policy"
    assert any("x-amzn-vpce-id" in note for note in out.notes)
    assert any("x-forwarded-for" in note for note in out.notes)


def test_the_id_of_a_foreign_api_meets_that_apis_own_policy(s: Scenario, purple: CrossAccount) -> None:
    s.as_account("333333333333")
    foreign, _ = s.private_api(None, policy=only_endpoint("vpce-elsewhere"))
    out = call(s, purple, x_apigw_api_id=foreign.id)
    assert (out.api_id, kind(out)) == (foreign.id, "policy")


def test_an_address_that_no_host_of_the_vpc_has(s: Scenario, purple: CrossAccount) -> None:
    assert kind(call(s, purple, source="192.168.1.1")) == "source"


def test_no_policy_on_a_private_api(s: Scenario, purple: CrossAccount) -> None:
    api, _ = s.private_api(purple.link, stage="test")
    out = call(s, purple, host=f"{api.id}.{DOMAIN}")
    assert (kind(out), out.status) == ("policy", 403)
    assert "without a resource policy denies" in out.cause
    assert purple.api_endpoint.id in out.fix, "a policy that admits the caller's endpoint, ready to paste"
    words = shlex.split(out.fix)
    (operation,) = json.loads(words[words.index("--patch-operations") + 1])
    s.put(msgspec.structs.replace(api, policy=operation["value"]))
    out = call(s, purple, host=f"{api.id}.{DOMAIN}")
    assert kind(out) == "policy"
    assert out.fix.startswith(f"aws apigateway create-deployment --rest-api-id {api.id} --stage-name test")
    assert "update-rest-api" not in out.fix, "the saved policy allows it, so a deployment is enough"


def test_the_statement_and_the_value_to_change_are_named(s: Scenario, purple: CrossAccount) -> None:
    vpc = s.vpc("10.9.0.0/16")
    other = s.endpoint("execute-api", s.subnet(vpc, "10.9.1.0/24"), private_dns=True)
    denied = call(s, purple, vpc=vpc.id)
    assert denied.fix.startswith(f"add {other.id} to StringNotEquals aws:SourceVpce of statement 0, line 1: aws ")
    one = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    from_vpc = {"Sid": "Ours", **one, "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-elsewhere"}}}
    api, _ = s.private_api(purple.link, policy=json.dumps({"Statement": [from_vpc]}), stage="test")
    allowed = call(s, purple, host=f"{api.id}.{DOMAIN}")
    assert (
        f"add {purple.gateway_vpc.id} to StringEquals aws:SourceVpc of Ours (statement 0, line 1): aws " in allowed.fix
    )
    for fix, operator, key, values in (
        (denied.fix, "StringNotEquals", "aws:SourceVpce", [purple.api_endpoint.id, other.id]),
        (allowed.fix, "StringEquals", "aws:SourceVpc", ["vpc-elsewhere", purple.gateway_vpc.id]),
    ):
        words = shlex.split(fix)
        (operation,) = json.loads(words[words.index("--patch-operations") + 1])
        assert json.loads(operation["value"])["Statement"][0]["Condition"] == {operator: {key: values}}
    nobody = {**one, "Effect": "Deny"}
    api, _ = s.private_api(purple.link, policy=json.dumps({"Statement": [one, nobody]}), stage="test")
    assert "narrow statement 1" in call(s, purple, host=f"{api.id}.{DOMAIN}").fix


def test_what_stands_behind_the_first_refusal_is_told_too() -> None:
    s = Scenario()
    purple = cross_account(s, state="pendingAcceptance")
    s.put(msgspec.structs.replace(purple.api_endpoint, private_dns_enabled=False))
    rules = tuple(r for r in purple.endpoint_group.rules if r.from_port != 443)
    s.put(msgspec.structs.replace(purple.endpoint_group, rules=rules))
    out = call(s, purple)
    assert kind(out) == "name"
    assert [h.kind for h in out.behind] == ["connection"], "the security group is asked once there is a name"
    s.put(purple.api_endpoint)
    out = call(s, purple, "/test/")
    assert (kind(out), [h.kind for h in out.behind]) == ("security-group", ["connection"])
    s.put(purple.endpoint_group)
    api, _ = s.private_api(purple.link, stage="test")
    out = call(s, purple, host=f"{api.id}.{DOMAIN}")
    assert (kind(out), [h.kind for h in out.behind]) == ("policy", ["connection"])
    assert "accept-vpc-endpoint-connections" in out.behind[0].fix
    outside = call(s, purple, vpc="")
    assert (kind(outside), [h.kind for h in outside.behind]) == ("name", ["connection"])
    other = s.vpc("10.9.0.0/16")
    s.endpoint("execute-api", s.subnet(other, "10.9.1.0/24"))
    elsewhere = call(s, purple, vpc=other.id)
    assert (kind(elsewhere), [h.kind for h in elsewhere.behind]) == ("name", ["policy", "connection"])


def test_a_policy_that_is_changed_but_not_deployed(s: Scenario, purple: CrossAccount) -> None:
    s.put(msgspec.structs.replace(purple.api, policy=only_endpoint("vpce-other")))
    out = call(s, purple)
    assert out.works, "the deployed policy holds"
    (warning,) = [h for h in out.hops if h.verdict == "warning"]
    assert "create-deployment" in warning.fix


def test_the_endpoints_own_policy_is_a_gate_too(s: Scenario, purple: CrossAccount) -> None:
    nothing = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]})
    s.put(msgspec.structs.replace(purple.api_endpoint, policy_document=nothing))
    out = call(s, purple)
    assert (kind(out), out.decisions[-1].policy) == ("policy", "the endpoint's policy")
    assert "--reset-policy" in out.fix


def test_a_security_group_without_443(s: Scenario, purple: CrossAccount) -> None:
    rules = tuple(r for r in purple.endpoint_group.rules if r.from_port != 443)
    s.put(msgspec.structs.replace(purple.endpoint_group, rules=rules))
    out = call(s, purple)
    assert (kind(out), out.status, out.outward) == ("security-group", 0, "no answer: the connection times out")
    assert "--port 443" in out.fix


def test_unknown_stage_resource_method_and_api(s: Scenario, purple: CrossAccount) -> None:
    out = call(s, purple, "/nope/")
    assert (kind(out), out.outward) == ("stage", '403 {"message":"Forbidden"}')
    assert "test" in out.cause
    out = call(s, purple, host=f"aaaaaaaaaa.{DOMAIN}")
    assert (kind(out), out.outward) == ("api", '403 {"message":"Forbidden"}')
    mock = Integration(type="MOCK", request_templates={"application/json": '{"statusCode": 200}'})
    method = MethodDefinition(http_method="GET", method_integration=mock)
    api, _ = s.private_api(None, purple.api_endpoint, methods={("/pets", "GET"): method})
    out = call(s, purple, "/test/cats", host=f"{api.id}.{DOMAIN}")
    assert (kind(out), out.outward) == ("resource", '403 {"message":"Missing Authentication Token"}')
    out = call(s, purple, "/test/pets", host=f"{api.id}.{DOMAIN}", method="POST")
    assert (kind(out), out.outward) == ("method", '403 {"message":"Missing Authentication Token"}')


def test_over_the_throttle(s: Scenario, purple: CrossAccount) -> None:
    stage = s.state.get(Stage, purple.stage.id)
    assert stage is not None
    limits: dict[str, dict[str, bool | int | float | str]] = {
        "*/*": {"throttlingBurstLimit": 5, "throttlingRateLimit": 2.0}
    }
    s.put(msgspec.structs.replace(stage, method_settings=limits))
    out = call(s, purple)
    assert any("2 requests a second, 5 at once" in note and "429" in note for note in out.notes)
    closed: dict[str, dict[str, bool | int | float | str]] = {
        "*/*": {"throttlingBurstLimit": 0, "throttlingRateLimit": 0.0}
    }
    s.put(msgspec.structs.replace(stage, method_settings=closed))
    out = call(s, purple)
    assert (kind(out), out.status) == ("throttle", 429)


def test_paths_have_one_reading() -> None:
    assert canonical_path("/test//a/../b/./c?x=/../y") == "/test/b/c"
    assert canonical_path("/test/a/..") == "/test/"
    assert canonical_path("/../../test/%2e%2E/secret") == "/secret"
    assert canonical_path("/test/%73e%43ret/%7e%2D%5f%39") == "/test/seCret/~-_9"
    assert (
        canonical_path("/test/%2573/%c3%A9/%20%40%5B%7C!$&'()*+,:;=@[]")
        == "/test/%2573/%c3%A9/%20%40%5B%7C!$&'()*+,:;=@[]"
    )
    assert canonical_path('/test/"<>^`{|}/é') == "/test/%22%3C%3E%5E%60%7B%7C%7D/%C3%A9"
    assert canonical_path("/test/a%2Fb") is None
    assert canonical_path("/test/a\\b") is None


def test_an_escaped_slash_is_refused(s: Scenario, purple: CrossAccount) -> None:
    out = call(s, purple, "/test/a%2fb")
    assert (kind(out), out.status) == ("path", 400)


def test_dot_segments_cannot_leave_the_stage_unseen(s: Scenario, purple: CrossAccount) -> None:
    out = call(s, purple, "/test/../prod/x")
    assert (kind(out), out.stage) == ("stage", "prod")


def test_plain_http_is_not_spoken(s: Scenario, purple: CrossAccount) -> None:
    request = CallRequest(f"http://{purple.api.id}.{DOMAIN}/test/", purple.gateway_vpc.id)
    assert "443" in simulate(s.state, request).cause


def test_a_public_api_through_the_endpoint(s: Scenario, purple: CrossAccount) -> None:
    deployment = s.state.get(Deployment, f"{purple.api.id}/{purple.stage.deployment_id}")
    assert deployment is not None
    regional = msgspec.structs.replace(deployment.definition.endpoint_configuration, types=("REGIONAL",))
    definition = msgspec.structs.replace(deployment.definition, endpoint_configuration=regional)
    s.put(msgspec.structs.replace(deployment, definition=definition))
    out = call(s, purple)
    assert (kind(out), out.outward) == ("api", '403 {"message":"Forbidden"}')


def publish(s: Scenario, purple: CrossAccount, policy: str = "") -> None:
    """Makes the purple API, and what is deployed of it, REGIONAL."""
    deployment = s.state.get(Deployment, f"{purple.api.id}/{purple.stage.deployment_id}")
    assert deployment is not None
    regional = msgspec.structs.replace(deployment.definition.endpoint_configuration, types=("REGIONAL",))
    definition = msgspec.structs.replace(deployment.definition, endpoint_configuration=regional, policy=policy)
    s.put(msgspec.structs.replace(deployment, definition=definition))
    s.put(msgspec.structs.replace(purple.api, endpoint_configuration=regional, policy=policy))


def test_a_public_api_is_called_from_outside(s: Scenario, purple: CrossAccount) -> None:
    publish(s, purple)
    out = call(s, purple, vpc="")
    assert out.works
    assert [hop.kind for hop in out.hops][:4] == ["entry", "api", "stage", "method"]
    assert out.decisions == ()
    assert kind(call(s, purple, vpc="", path="/prod/")) == "stage"
    by_header = call(s, purple, vpc="", **{"x-apigw-api-id": "abcdefghij"})
    assert by_header.works, "the header names nothing at the public entry"
    plain = simulate(s.state, CallRequest(target=f"http://{purple.api.id}.{DOMAIN}/test/"))
    assert (kind(plain), plain.outward) == ("entry", "the connection is refused")


def test_the_policy_of_a_public_api_sees_the_callers_address(s: Scenario, purple: CrossAccount) -> None:
    condition = {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}
    allow = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": "*",
        "Condition": condition,
    }
    publish(s, purple, json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    assert call(s, purple, vpc="", source="198.51.100.7").works
    assert kind(call(s, purple, vpc="", source="203.0.113.7")) == "policy"
    unknown = call(s, purple, vpc="")
    assert kind(unknown) == "policy"
    assert any("--source" in note for note in unknown.notes)


def test_a_private_deployment_is_nobody_at_the_public_entry(s: Scenario, purple: CrossAccount) -> None:
    regional = msgspec.structs.replace(purple.api.endpoint_configuration, types=("REGIONAL",))
    s.put(msgspec.structs.replace(purple.api, endpoint_configuration=regional))
    out = call(s, purple, vpc="")
    assert (kind(out), out.outward) == ("api", '403 {"message":"Forbidden"}')


def test_from_a_peered_vpc_by_the_endpoints_own_name(s: Scenario, purple: CrossAccount) -> None:
    near = s.vpc("10.7.0.0/16")
    s.subnet(near, "10.7.1.0/24")
    endpoint = purple.api_endpoint
    own = f"{endpoint.id}-{endpoint.dns_label}.execute-api.us-east-1.vpce.amazonaws.com"
    out = call(s, purple, host=own, vpc=near.id, x_apigw_api_id=purple.api.id)
    assert (kind(out), out.outward) == ("route", "no answer: the connection times out")
    peering = s.peer(near, purple.gateway_vpc)
    s.route(near, "10.0.0.0/16", "vpc-peering", peering.id)
    assert "find back" in call(s, purple, host=own, vpc=near.id, x_apigw_api_id=purple.api.id).cause
    s.route(purple.gateway_vpc, "10.7.0.0/16", "vpc-peering", peering.id)
    group = purple.endpoint_group
    everybody = tuple(msgspec.structs.replace(r, cidr_ipv4="10.0.0.0/8") for r in group.rules)
    s.put(msgspec.structs.replace(group, rules=everybody))
    assert call(s, purple, host=own, vpc=near.id, x_apigw_api_id=purple.api.id).works


def test_what_is_no_url_is_told_so(s: Scenario, purple: CrossAccount) -> None:
    with pytest.raises(NoSuchThing, match=r"'https://\[x/' is no URL: Invalid IPv6 URL"):
        simulate(s.state, CallRequest(target="https://[x/", from_vpc=purple.gateway_vpc.id))


@pytest.mark.parametrize("wild", ["x;reboot", "$(reboot)", "a`reboot`b", "x'&reboot'"])
def test_what_a_caller_sent_is_one_word_of_a_command(s: Scenario, purple: CrossAccount, wild: str) -> None:
    """Who looks into somebody's failed call pastes the fix into a shell."""
    no_stage = call(s, purple, f"/{wild}/{wild}")
    assert kind(no_stage) == "stage"
    read = wild.replace("`", "%60")
    url = f"https://{purple.api.id}.{DOMAIN}/test/{read}"
    assert no_stage.fix == f"a path begins with the stage: {shlex.quote(url)}"
    no_method = call(s, purple, f"/{wild}/x", method="TRACE")
    assert no_method.fix.endswith(f" --stage-name {shlex.quote(read)}")
    no_alias = call(s, purple, x_apigw_api_id=f"{purple.api.id}-{wild}")
    assert kind(no_alias) == "api"
    operation = f"op=add,path=/endpointConfiguration/vpcEndpointIds,value={wild}"
    assert shlex.quote(operation) in no_alias.fix


def test_a_canary_is_noted(s: Scenario, purple: CrossAccount) -> None:
    stage = s.state.get(Stage, f"{purple.api.id}/test")
    assert stage is not None
    canary = {"percentTraffic": 12.5, "deploymentId": stage.deployment_id}
    assert not any("canary" in note for note in call(s, purple, "/test/").notes)
    s.put(msgspec.structs.replace(stage, canary_settings=canary))
    assert any(note.startswith("12.5 % of the calls are the canary's") for note in call(s, purple, "/test/").notes)
