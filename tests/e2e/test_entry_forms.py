"""Every way to call a private API (developer guide, "How to invoke a private API"), and what does not count as one."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from tests.e2e.conftest import Built
from tests.e2e.inside import Call, Noticed, api_host, calls_from, https
from tests.e2e.rivals import ANYONE, Method, Rival, TrialApi, addresses_of, describe_endpoint, make_entry

from innergate.cli.demo.scenarios import CIDR, REGION, Network, api_url, make_network, open_security_group

pytestmark = pytest.mark.e2e


class Quiet(NamedTuple):
    """A network whose execute-api endpoint has no private DNS, and an API that admits every endpoint."""

    network: Network
    entry: str
    api: str


@pytest.fixture(scope="module")
def quiet(built: Built, rival: Rival) -> Iterator[Quiet]:
    cloud = rival.cloud
    network = make_network(cloud, "quiet", CIDR)
    entry = make_entry(cloud, network, open_security_group(cloud, network, "https", (443,)), private_dns=False)
    api = TrialApi(cloud, "open to every endpoint", ANYONE)
    api.put("/hello", rival.balancer.dns_name, Method("/hello", rival.link))
    api.deploy()
    built.platform.settle()
    yield Quiet(network, entry, api.id)
    cloud.apigateway.delete_rest_api(restApiId=api.id)
    cloud.ec2.delete_vpc_endpoints(VpcEndpointIds=[entry])


def forms_of(api: str, names: list[str], path: str) -> dict[str, Call]:
    """The forms that need no private DNS: the endpoint's own names, with Host or the id header."""
    found = {}
    for name in names:
        found[f"{name} Host"] = https(f"https://{name}{path}", headers={"Host": api_host(api)})
        found[f"{name} id"] = https(f"https://{name}{path}", headers={"x-apigw-api-id": api})
    return found


def names_of(rival_or_built: Rival | Built, entry: str) -> list[str]:
    cloud = rival_or_built.cloud if isinstance(rival_or_built, Rival) else rival_or_built.world.consumer
    entries = describe_endpoint(cloud, entry)["DnsEntries"]
    return [e["DnsName"] for e in entries if e["DnsName"].startswith("vpce-")]


def ask_all(built: Built, vpc: str, calls: dict[str, Call]) -> dict[str, Noticed]:
    return dict(zip(calls, calls_from(built.platform, vpc, list(calls.values())), strict=True))


def test_every_form_reaches_the_api(built: Built) -> None:
    api, entry, vpc = built.path.api, built.path.entry, built.world.consumer_network.vpc
    names = names_of(built, entry)
    assert len(names) == 3, "one regional name and one a zone"
    calls = {
        "private DNS": https(api_url(api, "test", "/which")),
        "alias": https(f"https://{api}-{entry}.execute-api.{REGION}.amazonaws.com/test/which"),
        **forms_of(api, names, "/test/which"),
    }
    noticed = ask_all(built, vpc, calls)
    assert {form: n.get("status") for form, n in noticed.items()} == dict.fromkeys(calls, 200)
    for form, call in calls.items():
        request = {"target": call["url"], "method": "GET", "from_vpc": vpc, "headers": call.get("headers", {})}
        said = built.platform.client.call("POST", "/simulate", request)
        assert (form, said["cause"], said["endpoint_id"]) == (form, "", entry)


def test_without_private_dns_only_the_endpoints_own_names_work(built: Built, rival: Rival, quiet: Quiet) -> None:
    names = names_of(rival, quiet.entry)
    by_name = {"private DNS": https(api_url(quiet.api, "test", "/hello"))}
    noticed = ask_all(built, quiet.network.vpc, {**by_name, **forms_of(quiet.api, names, "/test/hello")})
    assert noticed.pop("private DNS")["error"] == "no such name"
    assert {n.get("status") for n in noticed.values()} == {200}
    said = built.platform.simulate(quiet.network.vpc, "GET", api_url(quiet.api, "test", "/hello"))
    assert said["outward"] == "the name does not exist"
    assert "private DNS" in said["cause"], said


def test_an_alias_that_the_api_does_not_list_is_nobody(built: Built, rival: Rival, quiet: Quiet) -> None:
    """The open API lists no endpoints: even by the right address the alias is unknown."""
    alias = f"{quiet.api}-{quiet.entry}.execute-api.{REGION}.amazonaws.com"
    address = addresses_of(rival.cloud, quiet.entry)[0]
    calls = {
        "name": https(f"https://{alias}/test/hello"),
        "address": https(f"https://{alias}/test/hello", address=address),
    }
    noticed = ask_all(built, quiet.network.vpc, calls)
    assert noticed["name"]["error"] == "no such name"
    assert (noticed["address"]["status"], noticed["address"]["body"]) == (403, '{"message":"Forbidden"}')
    assert noticed["address"]["headers"]["x-amzn-errortype"] == "ForbiddenException"


def test_an_alias_leads_to_private_addresses_from_everywhere(built: Built) -> None:
    """The alias is public DNS: other networks can look it up, but not get there (here the address is one of their own)."""
    alias = f"{built.path.api}-{built.path.entry}.execute-api.{REGION}.amazonaws.com"
    calls = {
        "look": {"do": "resolve", "name": alias},
        "call": https(f"https://{alias}/test/", timeout_s=2),
    }
    noticed = ask_all(built, built.world.application_network.vpc, calls)
    assert noticed["look"]["addresses"] == sorted(addresses_of(built.world.consumer, built.path.entry))
    assert "status" not in noticed["call"]
