"""Custom domain names in the plan: what is left out and why, who may come in, which names resolve."""

import msgspec
import pytest
from tests.feature.domain_rig import domain_name, map_path

from innergate.compile.compilation import Compilation
from innergate.compile.emit.envoy.rbac_domains import domain_rules
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.policy.parse import read_stored_policy
from innergate.resources.domain_names import DomainAccess, DomainName, MutualTls
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.scenario import Scenario, only_endpoint

ARN = "arn:aws:execute-api:us-east-1:1:/domainnames/in.example.com+abcd123456"
SETTINGS = CompileSettings(public_addresses=("192.0.2.1",))


def compiled(s: Scenario) -> Compilation:
    return Compiler(FAMILIES, SETTINGS, strict=True).compile(s.state)


def hosts_of(out: Compilation, domain: DomainName) -> dict[str, list[str]]:
    """Virtual host -> its patterns."""
    body = msgspec.to_builtins(out.envoy.plan.resources["routes"][f"domain/{domain.id}"].body)
    return {host["name"]: host["domains"] for host in body["virtual_hosts"]}


def said_of(out: Compilation, domain: DomainName) -> list[str]:
    return [d.message for d in out.diagnostics if d.subject == f"domain-name/{domain.id}"]


def associated(s: Scenario, x: CrossAccount, domain: DomainName) -> DomainAccess:
    access = DomainAccess(
        id="association",
        account=x.api_endpoint.account,
        region=s.region,
        domain_id=domain.id,
        domain_name=domain.domain_name,
        domain_name_arn="arn",
        domain_account=domain.account,
        access_association_source=x.api_endpoint.id,
    )
    s.put(access)
    return access


def test_patterns_end_where_segments_end() -> None:
    s = Scenario()
    api, _ = s.private_api(cross_account(s).link, types=("REGIONAL",))
    domain = domain_name(s, "api.example.com")
    for base_path in ("", "a", "a/b", "odd*"):
        map_path(s, domain, base_path, api)
    assert hosts_of(compiled(s), domain) == {
        "(none)": ["*"],
        "a": ["/a", "/a/", "/a/*"],
        "a/b": ["/a/b", "/a/b/", "/a/b/*"],
        "odd*": ["/odd*/", "/odd*/*"],
    }


def test_what_cannot_be_served_is_closed_and_said() -> None:
    s = Scenario()
    x = cross_account(s)
    api, _ = s.private_api(x.link, types=("REGIONAL",))
    domain = domain_name(s, "api.example.com")
    map_path(s, domain, "a", api)
    map_path(s, domain, "A", api)
    map_path(s, domain, "gone", api, "none")
    map_path(s, domain, "private", x.api)
    out = compiled(s)
    assert set(hosts_of(out, domain)) == {"A", "gone closed", "private closed"}
    said = "\n".join(said_of(out, domain))
    assert "the base path a is left out: it differs from another in case alone" in said
    assert f"the base path gone leads to the stage {api.id}/none, which is not there" in said
    assert "the base path private leads to a private API, which this name is not for" in said


@pytest.mark.parametrize(("mode", "hosts"), [("ROUTING_RULE_ONLY", 0), ("ROUTING_RULE_THEN_BASE_PATH_MAPPING", 1)])
def test_routing_rules_are_not_served(mode: str, hosts: int) -> None:
    s = Scenario()
    api, _ = s.private_api(cross_account(s).link, types=("REGIONAL",))
    domain = domain_name(s, "api.example.com", routing_mode=mode)
    map_path(s, domain, "", api)
    out = compiled(s)
    assert len(hosts_of(out, domain)) == hosts
    assert said_of(out, domain) == ["routing rules are not served; base paths are, unless rules alone are asked for"]


def test_a_name_in_two_regions_is_the_older_ones() -> None:
    s = Scenario()
    older = domain_name(s, "api.example.com")
    s.commit()
    newer = msgspec.structs.replace(older, id="eu-west-1/api.example.com", region="eu-west-1")
    s.put(newer)
    out = compiled(s)
    chains = msgspec.to_builtins(out.envoy.plan.resources["listeners"]["public:192.0.2.1:443"].body)["filter_chains"]
    assert [chain.get("name") for chain in chains] == ["api.example.com", None]
    assert said_of(out, newer) == ["api.example.com is served for us-east-1, which had it first"]


@pytest.mark.parametrize(
    ("policy", "minimum"),
    [("TLS_1_0", "TLSv1_2"), ("TLS_1_2", "TLSv1_2"), ("SecurityPolicy_TLS13_1_3_2025_09", "TLSv1_3")],
)
def test_the_security_policy_is_the_least_version(policy: str, minimum: str) -> None:
    s = Scenario()
    trusted = MutualTls(truststore_uri="s3://b/k", bundle="PEM")
    domain_name(s, "api.example.com", security_policy=policy, mutual_tls_authentication=trusted)
    listener = compiled(s).envoy.plan.resources["listeners"]["public:192.0.2.1:443"].body
    chain = msgspec.to_builtins(listener)["filter_chains"][0]
    socket = chain["transport_socket"]["typed_config"]
    assert socket["common_tls_context"]["tls_params"] == {"tls_minimum_protocol_version": minimum}
    assert socket["require_client_certificate"] is True
    assert socket["common_tls_context"]["validation_context"]["trusted_ca"] == {"inline_string": "PEM"}


def test_an_association_makes_a_chain_and_a_name_and_its_end_takes_them() -> None:
    s = Scenario()
    x = cross_account(s)
    domain = domain_name(s, "in.example.com", "PRIVATE", policy=only_endpoint(x.api_endpoint.id))
    compiler = Compiler(FAMILIES, SETTINGS, strict=True)

    def seen(out: Compilation) -> tuple[set[str | None], tuple[str, ...]]:
        names: set[str | None] = set()
        for resource in out.envoy.plan.resources["listeners"].values():
            names |= {chain.get("name") for chain in msgspec.to_builtins(resource.body)["filter_chains"]}
        vpc = next(v for v in out.network_plan.vpcs if v.vpc_id == x.api_endpoint.vpc_id)
        zone = next((z for z in vpc.zones if z.name == "in.example.com"), None)
        return names, zone.records["in.example.com"] if zone else ()

    assert seen(compiler.compile(s.state)) == ({None}, ())
    access = associated(s, x, domain)
    s.commit()
    assert seen(compiler.advance(s.state, s.commits[-1:])) == (
        {None, "in.example.com"},
        s.addresses_of(x.api_endpoint),
    )
    s.drop(access)
    s.commit()
    assert seen(compiler.advance(s.state, s.commits[-1:])) == ({None}, ())


def test_a_regional_name_resolves_to_the_public_entry() -> None:
    s = Scenario()
    name = "d-1.execute-api.us-east-1.amazonaws.com"
    domain_name(s, "api.example.com", regional_domain_name=name)
    assert compiled(s).network_plan.public_names[name] == ("192.0.2.1",)


def rules(effect: str, resource: str, condition: str = "") -> str:
    return (
        f'{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":"*","Action":"execute-api:Invoke",'
        f'"Resource":"{resource}"{condition}}}]}}'
    )


@pytest.mark.parametrize(
    ("resource", "covers"),
    [
        ("execute-api:/*", True),
        ("*", True),
        (ARN, True),
        (f"{ARN}/*", True),
        ("arn:aws:execute-api:*:*:/domainnames/*", True),
        ("execute-api:/test/GET/x", False),
        (ARN.replace("abcd", "efgh"), False),
    ],
)
def test_a_domains_policy_is_about_the_domain(resource: str, covers: bool) -> None:
    assert bool(domain_rules(read_stored_policy(rules("Allow", resource)), ARN).allows) is covers
    assert bool(domain_rules(read_stored_policy(rules("Deny", resource)), ARN).denies) is covers


def test_what_only_a_call_could_fill_denies_and_never_allows() -> None:
    varied = "execute-api:/${aws:PrincipalTag/x}"
    assert domain_rules(read_stored_policy(rules("Allow", varied)), ARN).allows == ()
    assert domain_rules(read_stored_policy(rules("Deny", varied)), ARN).denies != {}


def test_a_condition_becomes_a_question_about_the_connection() -> None:
    condition = ',"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}'
    (asked,) = domain_rules(read_stored_policy(rules("Allow", "execute-api:/*", condition)), ARN).allows
    assert asked == {"filter_state": {"key": "innergate.vpce", "string_match": {"exact": "vpce-1"}}}
