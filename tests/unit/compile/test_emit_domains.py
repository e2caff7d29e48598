"""Custom domain names in the plan: what is left out and why, who may come in, which names resolve."""

from typing import Any

import msgspec
import pytest
from tests.feature.domain_rig import add_rule, asks, below, domain_name, map_path

from innergate.compile.compilation import Compilation
from innergate.compile.emit.envoy.rbac_domains import domain_rules
from innergate.compile.engine import Compiler
from innergate.compile.resolve.domains import domain_mounts
from innergate.compile.resolve.routing_rules import read_glob
from innergate.compile.resolve.truststores import domain_of_secret, truststore_secret
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


def routes_of(out: Compilation, domain: DomainName) -> Any:
    """The RouteConfiguration of a name."""
    return msgspec.to_builtins(out.envoy.plan.resources["routes"][f"domain/{domain.id}"].body)


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


@pytest.mark.parametrize("first", [True, False])
def test_a_base_path_goes_before_a_stage_of_its_name(first: bool) -> None:
    s = Scenario()
    link = cross_account(s).link
    one, _ = s.private_api(link, types=("REGIONAL",))
    other, _ = s.private_api(link, types=("REGIONAL",))
    named, staged = (one, other) if first else (other, one)
    domain = domain_name(s, "api.example.com")
    map_path(s, domain, "", staged, "")
    map_path(s, domain, "test", named, "test")
    assert {mount.base_path: mount.stage_id for mount in domain_mounts(s.state, domain)} == {
        "": "",
        "test": f"{named.id}/test",
    }
    assert said_of(compiled(s), domain) == []


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


@pytest.mark.parametrize(
    ("mode", "asked"),
    [
        ("ROUTING_RULE_ONLY", ["r10", "r20 closed"]),
        ("ROUTING_RULE_THEN_BASE_PATH_MAPPING", ["r10", "r20 closed", "a"]),
    ],
)
def test_rules_are_asked_in_order_and_base_paths_after_them(mode: str, asked: list[str]) -> None:
    s = Scenario()
    x = cross_account(s)
    api, _ = s.private_api(x.link, types=("REGIONAL",))
    domain = domain_name(s, "api.example.com", routing_mode=mode)
    add_rule(s, domain, 20, x.api, below("b"))
    add_rule(s, domain, 10, api, asks("x-version", "beta"))
    map_path(s, domain, "", api)
    map_path(s, domain, "a", api)
    out = compiled(s)
    (host,) = routes_of(out, domain)["virtual_hosts"]
    led = [found["on_match"]["action"]["name"] for found in host["matcher"]["matcher_list"]["matchers"]]
    assert [name.removeprefix("rule ") for name in led] == asked
    rest = host["matcher"].get("on_no_match")
    assert (rest["action"]["name"] if rest else None) == ("(none)" if "a" in asked else None)
    assert said_of(out, domain) == ["the routing rule r20 leads to a private API, which this name is not for"]


def test_a_rule_that_takes_all_is_the_last() -> None:
    s = Scenario()
    api, _ = s.private_api(cross_account(s).link, types=("REGIONAL",))
    domain = domain_name(s, "api.example.com", routing_mode="ROUTING_RULE_THEN_BASE_PATH_MAPPING")
    add_rule(s, domain, 10, api)
    add_rule(s, domain, 20, api, below("b"))
    (host,) = routes_of(compiled(s), domain)["virtual_hosts"]
    assert set(host["matcher"]) == {"on_no_match"}
    assert host["matcher"]["on_no_match"]["action"]["name"] == "r10"


def test_a_rule_of_another_accounts_api_is_none() -> None:
    s = Scenario()
    api, _ = s.private_api(cross_account(s).link, types=("REGIONAL",))
    domain = domain_name(s, "api.example.com", routing_mode="ROUTING_RULE_ONLY", account="999999999999")
    add_rule(s, domain, 10, api)
    assert routes_of(compiled(s), domain)["virtual_hosts"] == []


def test_a_rule_costs_the_routes_of_its_name_and_no_listener() -> None:
    s = Scenario()
    api, _ = s.private_api(cross_account(s).link, types=("REGIONAL",))
    domain = domain_name(s, "api.example.com", routing_mode="ROUTING_RULE_ONLY")
    compiler = Compiler(FAMILIES, SETTINGS, strict=True)
    before = compiler.compile(s.state).envoy.plan.resources
    s.commit()
    rule = add_rule(s, domain, 10, api, asks("x-version", "beta"))
    s.commit()
    after = compiler.advance(s.state, s.commits[-1:]).envoy.plan.resources
    changed = {(kind, name) for kind in after for name in after[kind] if before[kind].get(name) != after[kind][name]}
    assert changed == {("routes", f"domain/{domain.id}")}
    s.drop(rule)
    s.commit()
    assert compiler.advance(s.state, s.commits[-1:]).envoy.plan.resources["routes"] == before["routes"]


@pytest.mark.parametrize(
    ("glob", "kind", "text", "yes", "no"),
    [
        ("beta", "exact", "beta", "beta", "beta2"),
        ("a*", "prefix", "a", "alpha", "beta"),
        ("*a", "suffix", "a", "beta", "account"),
        ("*b*", "contains", "b", "abc", "acc"),
        ("*", "any", "", "", None),
    ],
)
def test_globs_have_asterisks_at_their_ends(glob: str, kind: str, text: str, yes: str, no: str | None) -> None:
    read = read_glob(glob)
    assert read == (kind, text)
    assert read.fits(yes)
    assert no is None or not read.fits(no)


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


def test_a_name_that_only_aws_gives_out_is_not_served() -> None:
    """Stores hold some from before they were refused; one would take another account's API over."""
    s = Scenario()
    theirs = domain_name(s, "abc.execute-api.us-east-1.amazonaws.com")
    out = compiled(s)
    chains = msgspec.to_builtins(out.envoy.plan.resources["listeners"]["public:192.0.2.1:443"].body)["filter_chains"]
    assert [chain.get("name") for chain in chains] == [None]
    assert said_of(out, theirs) == [f"{theirs.domain_name} is not served: only AWS gives out such names"]


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
    asked = socket["common_tls_context"]["validation_context_sds_secret_config"]
    assert asked["name"].startswith("truststore/us-east-1/api.example.com/")
    assert "%DOWNSTREAM_PEER_CERT%" in str(chain["filters"])
    assert "PEM" not in str(socket), "a truststore that Envoy cannot read would take the listener with it"


def test_another_truststore_is_another_secret() -> None:
    s = Scenario()
    first = domain_name(
        s, "api.example.com", mutual_tls_authentication=MutualTls(truststore_uri="s3://b/k", bundle="A")
    )
    other = MutualTls(truststore_uri="s3://b/k", bundle="B")
    changed = msgspec.structs.replace(first, mutual_tls_authentication=other)
    assert truststore_secret(first) != truststore_secret(changed)
    assert truststore_secret(msgspec.structs.replace(first, mutual_tls_authentication=None)) == ""
    family, _, rest = truststore_secret(first).partition("/")
    assert (family, domain_of_secret(rest)) == ("truststore", first.id)


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
