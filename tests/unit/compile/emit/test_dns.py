"""Which names exist, and where."""

import msgspec

from innergate.compile.emit.dns import NAME_FAMILIES
from innergate.compile.emit.network import NETWORK_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.plans.network import NetworkPlan
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.scenario import Scenario

DOMAIN = "execute-api.us-east-1.amazonaws.com"


def plan_of(s: Scenario, settings: CompileSettings | None = None) -> NetworkPlan:
    families = (*NETWORK_FAMILIES, *NAME_FAMILIES)
    return Compiler(families, settings or CompileSettings(), strict=True).compile(s.state).network_plan


def zones(plan: NetworkPlan, vpc_id: str) -> dict[str, dict[str, tuple[str, ...]]]:
    return {z.name: z.records for v in plan.vpcs if v.vpc_id == vpc_id for z in v.zones}


def build() -> tuple[Scenario, CrossAccount]:
    s = Scenario()
    return s, cross_account(s)


def test_private_dns_answers_every_api_name_in_that_vpc_alone() -> None:
    s, purple = build()
    plan = plan_of(s)
    addresses = s.addresses_of(purple.api_endpoint)
    assert zones(plan, purple.gateway_vpc.id)[DOMAIN] == {DOMAIN: addresses, f"*.{DOMAIN}": addresses}
    assert DOMAIN not in zones(plan, purple.application_vpc.id)


def test_elsewhere_an_api_name_does_not_exist() -> None:
    s, purple = build()
    assert not {f"{purple.api.id}.{DOMAIN}", f"*.{DOMAIN}"} & set(plan_of(s).public_names)


def test_private_dns_needs_the_flag_and_both_attributes() -> None:
    s, purple = build()
    s.put(msgspec.structs.replace(purple.api_endpoint, private_dns_enabled=False))
    assert DOMAIN not in zones(plan_of(s), purple.gateway_vpc.id)
    s, purple = build()
    s.put(msgspec.structs.replace(purple.gateway_vpc, enable_dns_hostnames=False))
    assert DOMAIN not in zones(plan_of(s), purple.gateway_vpc.id)
    s, purple = build()
    s.put(msgspec.structs.replace(purple.gateway_vpc, enable_dns_support=False))
    plan = plan_of(s)
    assert zones(plan, purple.gateway_vpc.id) == {}
    assert next(v for v in plan.vpcs if v.vpc_id == purple.gateway_vpc.id).resolver_addresses == ()


def test_an_alias_exists_for_each_endpoint_that_the_api_lists() -> None:
    s, purple = build()
    names = plan_of(s).public_names
    assert names[f"{purple.api.id}-{purple.api_endpoint.id}.{DOMAIN}"] == s.addresses_of(purple.api_endpoint)
    configuration = msgspec.structs.replace(purple.api.endpoint_configuration, vpc_endpoint_ids=())
    s.put(msgspec.structs.replace(purple.api, endpoint_configuration=configuration))
    assert not [n for n in plan_of(s).public_names if n.startswith(f"{purple.api.id}-")]


def test_load_balancers_and_endpoints_have_regional_and_zonal_names() -> None:
    s, purple = build()
    names = plan_of(s).public_names
    balancer, endpoint = purple.gateway_balancer, purple.service_endpoint
    assert names[balancer.dns_name] == s.addresses_of(balancer)
    assert names[f"us-east-1b.{balancer.dns_name}"] == s.addresses_of(balancer)[1:]
    stem = f"{endpoint.id}-{endpoint.dns_label}"
    domain = f"{purple.service.id}.us-east-1.vpce.amazonaws.com"
    assert names[f"{stem}.{domain}"] == s.addresses_of(endpoint)
    assert names[f"{stem}-us-east-1a.{domain}"] == s.addresses_of(endpoint)[:1]


def test_a_services_private_name_counts_once_verified() -> None:
    s, purple = build()
    s.put(msgspec.structs.replace(purple.service_endpoint, private_dns_enabled=True))
    named = msgspec.structs.replace(purple.service, private_dns_name="app.example.com", private_dns_state="verified")
    s.put(named)
    assert zones(plan_of(s), purple.gateway_vpc.id)["app.example.com"] == {
        "app.example.com": s.addresses_of(purple.service_endpoint)
    }
    s.put(msgspec.structs.replace(named, private_dns_state="pendingVerification"))
    assert "app.example.com" not in zones(plan_of(s), purple.gateway_vpc.id)


def test_public_apis_have_a_name_where_there_is_a_public_entry() -> None:
    s = Scenario()
    api, _ = s.private_api(None, types=("REGIONAL",), policy="{}")
    assert f"{api.id}.{DOMAIN}" not in plan_of(s).public_names
    settings = CompileSettings(public_addresses=("192.0.2.10",))
    assert plan_of(s, settings).public_names[f"{api.id}.{DOMAIN}"] == ("192.0.2.10",)


def test_a_public_entry_on_loopback_has_no_name_inside_vpcs() -> None:
    s = Scenario()
    api, _ = s.private_api(None, types=("REGIONAL",), policy="{}")
    for address in ("127.0.0.1", "0.0.0.0", "::1"):
        names = plan_of(s, CompileSettings(public_addresses=(address,))).public_names
        assert f"{api.id}.{DOMAIN}" not in names
