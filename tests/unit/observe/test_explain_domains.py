"""Calls by custom domain names, explained: the name, the base path, the policies, and what Envoy would do."""

import json
import shlex

import msgspec
import pytest
from tests.feature.domain_rig import add_rule, asks, associate, below, domain_name, map_path

from innergate.compile.emit.envoy.rbac_domains import domain_rules
from innergate.compile.resolve.domains import Mount, domain_resource, mount_of
from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.observe.explain_policy import decide_domain_policy
from innergate.observe.explanation import Explanation
from innergate.policy.parse import read_stored_policy
from innergate.resources.domain_names import DomainAccess, DomainName, MutualTls
from innergate.resources.rest_apis import RestApi
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.scenario import Scenario, only_endpoint


@pytest.fixture
def x(s: Scenario) -> CrossAccount:
    return cross_account(s)


@pytest.fixture
def api(s: Scenario, x: CrossAccount) -> RestApi:
    return s.private_api(x.link, types=("REGIONAL",))[0]


def call(s: Scenario, url: str, vpc: str = "", **headers: str) -> Explanation:
    return simulate(s.state, CallRequest(target=url, from_vpc=vpc, headers=headers))


def hops(out: Explanation) -> dict[str, str]:
    return {hop.kind: f"{hop.id} {hop.reason}".strip() for hop in out.hops}


@pytest.mark.parametrize(
    ("path", "base", "rest"),
    [("/orders/x", "orders", "/x"), ("/orders", "orders", "/"), ("/ordersx", "(none)", "/ordersx")],
)
def test_the_base_path_is_a_hop(s: Scenario, api: RestApi, path: str, base: str, rest: str) -> None:
    domain = domain_name(s, "api.example.com")
    map_path(s, domain, "", api)
    map_path(s, domain, "orders", api)
    out = call(s, f"https://api.example.com{path}")
    assert (out.api_id, out.stage, out.path) == (api.id, "test", rest)
    assert hops(out)["base-path"] == f"{base} leads to {api.id}/test, there {rest}"
    assert "method" in hops(out)


def test_what_refuses(s: Scenario, api: RestApi, x: CrossAccount) -> None:
    domain = domain_name(
        s, "api.example.com", mutual_tls_authentication=MutualTls(truststore_uri="s3://b/k", bundle="")
    )
    map_path(s, domain, "a", api)
    map_path(s, domain, "p", x.api)
    other = call(s, "https://api.example.com/b")
    assert "no base path of api.example.com fits /b; it has a, p" in other.cause
    assert other.status == 403
    assert "not as private as the name" in call(s, "https://api.example.com/p").cause
    host = call(s, "https://api.example.com/a", host="other.example.com")
    assert "they must be the same" in host.cause
    notes = call(s, "https://api.example.com/a/x").notes
    assert "the name asks for a client certificate that an authority of s3://b/k signed" in notes


def associated(s: Scenario, x: CrossAccount, policy: str) -> DomainName:
    domain = domain_name(s, "in.example.com", "PRIVATE", policy=policy)
    map_path(s, domain, "", x.api)
    s.put(
        DomainAccess(
            id="association",
            account=x.api_endpoint.account,
            region=s.region,
            domain_id=domain.id,
            domain_name=domain.domain_name,
            domain_name_arn="",
            domain_account=domain.account,
            access_association_source=x.api_endpoint.id,
        )
    )
    return domain


def test_a_private_name_is_asked_its_own_policy(s: Scenario, x: CrossAccount) -> None:
    associated(s, x, only_endpoint(x.api_endpoint.id))
    out = call(s, "https://in.example.com/foo", x.gateway_vpc.id)
    assert out.works
    assert [d.policy for d in out.decisions][:2] == ["the domain name's policy", "the API's resource policy"]


def test_a_private_name_that_admits_another_endpoint_refuses(s: Scenario, x: CrossAccount) -> None:
    associated(s, x, only_endpoint("vpce-other"))
    out = call(s, "https://in.example.com/foo", x.gateway_vpc.id)
    assert not out.works
    assert "the domain name's policy denies" in out.cause


def test_a_private_name_exists_where_it_is_associated_alone(s: Scenario, x: CrossAccount) -> None:
    domain_name(s, "in.example.com", "PRIVATE", policy=only_endpoint(x.api_endpoint.id))
    assert "is associated with the private name" in call(s, "https://in.example.com/foo", x.gateway_vpc.id).cause


def test_a_private_name_without_an_association_and_with_its_first_policy(s: Scenario, x: CrossAccount) -> None:
    closed = {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    domain = domain_name(s, "in.example.com", "PRIVATE", policy=json.dumps({"Statement": [closed]}))
    map_path(s, domain, "", x.api)
    out = call(s, "https://in.example.com/", x.gateway_vpc.id)
    assert "no execute-api endpoint of this VPC is associated" in out.cause
    arn = f"arn:aws:apigateway:us-east-1:{domain.account}:/domainnames/{domain.id}"
    assert f"--domain-name-arn {arn} " in out.fix
    assert out.fix.endswith(f"--access-association-source {x.api_endpoint.id}")
    assert out.behind == (), "nothing is known about a name that leads nowhere"
    assert "no such name" in call(s, "https://nowhere.example.com/", x.gateway_vpc.id).cause
    outside = call(s, "https://in.example.com/")
    assert ("private custom domain name" in outside.cause, outside.fix) == (True, "say whose call it is: --from VPC")
    nothing = call(s, "https://nowhere.example.com/", x.gateway_vpc.id)
    assert (nothing.fix, nothing.behind) == ("", ())
    associate(s, domain, x.api_endpoint)
    out = call(s, "https://in.example.com/", x.gateway_vpc.id)
    assert out.cause.startswith("policy in.example.com: ")
    words = shlex.split(out.fix)
    (operation,) = json.loads(words[words.index("--patch-operations") + 1])
    s.put(msgspec.structs.replace(domain, policy=operation["value"]))
    assert call(s, "https://in.example.com/", x.gateway_vpc.id).works
    s.put(msgspec.structs.replace(domain, policy=only_endpoint("vpce-other")))
    fix = call(s, "https://in.example.com/", x.gateway_vpc.id).fix
    assert fix.startswith(f"add {x.api_endpoint.id} to StringNotEquals aws:SourceVpce of ")


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("suffix", ["", "/*", "/", "/other", "X"])
def test_the_explanation_is_what_is_enforced(s: Scenario, effect: str, suffix: str) -> None:
    arn = domain_resource(domain_name(s, "in.example.com", "PRIVATE"))
    for resource in (f"{arn}{suffix}", f"execute-api:/{suffix.strip('/')}"):
        said = {"Effect": effect, "Principal": "*", "Action": "execute-api:Invoke", "Resource": resource}
        text = json.dumps({"Version": "2012-10-17", "Statement": [said]})
        enforced = domain_rules(read_stored_policy(text), arn)
        outcome = decide_domain_policy(text, arn, {}).outcome
        assert (outcome != "implicit-deny") is bool(enforced.allows or enforced.denies), resource


@pytest.mark.parametrize(
    ("path", "base"),
    [("/", ""), ("/a", "a"), ("/a/", "a"), ("/ab", "ab"), ("/abc", ""), ("/a/b", "a/b"), ("/a/bc", "a")],
)
def test_the_longest_whole_base_path(path: str, base: str) -> None:
    mounts = [Mount(known, "api/stage") for known in ("", "a", "a/b", "ab")]
    found = mount_of(mounts, path)
    assert found is not None
    assert found.base_path == base
    assert mount_of(mounts[1:], "/abc") is None


@pytest.mark.parametrize(
    ("path", "headers", "hop", "rest"),
    [
        ("/orders/x", {}, ("routing-rule", "r20"), "/x"),
        ("/orders/x", {"X-Version": "v2"}, ("routing-rule", "r10"), "/orders/x"),
        ("/orders/x", {"X-Version": "V2"}, ("routing-rule", "r20"), "/x"),
        ("/other", {}, ("base-path", "(none)"), "/other"),
    ],
)
def test_the_rule_that_is_taken_is_a_hop(
    s: Scenario, api: RestApi, path: str, headers: dict[str, str], hop: tuple[str, str], rest: str
) -> None:
    domain = domain_name(s, "api.example.com", routing_mode="ROUTING_RULE_THEN_BASE_PATH_MAPPING")
    add_rule(s, domain, 20, api, below("orders"), strips=True)
    add_rule(s, domain, 10, api, asks("x-version", "v*"))
    map_path(s, domain, "", api)
    out = call(s, f"https://api.example.com{path}", **headers)
    assert (out.api_id, out.path) == (api.id, rest)
    kind, id = hop
    assert hops(out)[kind] == f"{id} leads to {api.id}/test, there {rest}"


def test_where_no_rule_holds_it_says_so(s: Scenario, api: RestApi) -> None:
    domain = domain_name(s, "api.example.com", routing_mode="ROUTING_RULE_ONLY")
    add_rule(s, domain, 20, api, below("orders"))
    map_path(s, domain, "", api)
    refused = call(s, "https://api.example.com/other").hops[-1]
    assert "no routing rule of api.example.com holds, and no base path" in refused.reason
