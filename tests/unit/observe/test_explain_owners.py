"""A fix is for the account that has what it changes, wherever the hop lies that wants it."""

from datetime import UTC, datetime

import msgspec
import pytest

from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.observe.explain_owners import account_of_fix, names_of
from innergate.primitives.ids import AccountId
from innergate.resources.accounts import Account
from innergate.resources.transit_gateways import TransitGatewayAttachment
from innergate.resources.vpc_endpoints import VpcEndpoint
from innergate.resources.vpc_peerings import VpcPeering
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.scenario import APPLICATION, GATEWAY, Scenario

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_who_accepts_is_the_services_owner(s: Scenario) -> None:
    """The hop that waits is the consumer's endpoint; the command is the provider's."""
    purple = cross_account(s, state="pendingAcceptance")
    out = simulate(s.state, CallRequest(purple.api.id, purple.gateway_vpc.id))
    refused = next(hop for hop in out.hops if hop.verdict == "refused")
    assert refused.where.startswith(GATEWAY)
    assert "accept-vpc-endpoint-connections" in out.fix
    assert (out.fix_by, refused.fix_by) == (APPLICATION, APPLICATION)


def test_every_further_fix_says_whose_it_is(s: Scenario) -> None:
    purple = cross_account(s, state="pendingAcceptance")
    s.put(msgspec.structs.replace(purple.api_endpoint, private_dns_enabled=False))
    out = simulate(s.state, CallRequest(purple.api.id, purple.gateway_vpc.id))
    assert out.fix_by == purple.api_endpoint.account
    assert [hop.fix_by for hop in out.behind] == [APPLICATION]


@pytest.mark.parametrize(
    ("fix", "owner"),
    [
        ("aws ec2 modify-vpc-endpoint --vpc-endpoint-id {endpoint} --private-dns-enabled", GATEWAY),
        ("add x to y: aws apigateway update-rest-api --rest-api-id {api} --patch-operations z", GATEWAY),
        ("aws ec2 authorize-security-group-ingress --group-id {group} --protocol tcp", GATEWAY),
        ("aws elbv2 register-targets --target-group-arn {targets} --targets Id=ADDRESS", APPLICATION),
        ("aws ec2 modify-vpc-attribute --vpc-id {vpc} --enable-dns-hostnames && aws ec2 x", APPLICATION),
        ("aws ec2 accept-vpc-peering-connection --vpc-peering-connection-id pcx-1", GATEWAY),
        ("aws ec2 accept-transit-gateway-vpc-attachment --transit-gateway-attachment-id tgw-attach-1", GATEWAY),
        ("aws ec2 modify-transit-gateway-vpc-attachment --transit-gateway-attachment-id tgw-attach-1", APPLICATION),
        ("aws ec2 create-route --route-table-id rtb-gone", "999999999999"),
        ("as its owner: aws ec2 create-transit-gateway-vpc-attachment --transit-gateway-id t --vpc-id VPC", ""),
        ("aws apigateway create-domain-name-access-association --domain-name-arn ARN", "999999999999"),
        ("see whether anything listens: innergate exec --vpc {vpc} -- curl x", ""),
        ("say whose call it is: --from VPC", ""),
        ("", ""),
    ],
)
def test_a_command_names_what_it_changes(s: Scenario, purple: CrossAccount, fix: str, owner: str) -> None:
    s.put(
        TransitGatewayAttachment(
            id="tgw-attach-1",
            account=AccountId(APPLICATION),
            region=purple.api.region,
            created_at=NOW,
            transit_gateway_id="tgw-1",
            gateway_account=GATEWAY,
            resource_type="vpc",
            resource_id=purple.application_vpc.id,
            resource_account=APPLICATION,
        ),
        VpcPeering(
            id="pcx-1",
            account=AccountId(APPLICATION),
            region=purple.api.region,
            created_at=NOW,
            requester_vpc_id=purple.application_vpc.id,
            accepter_vpc_id=purple.gateway_vpc.id,
            accepter_account=GATEWAY,
            accepter_region=purple.api.region,
        ),
    )
    command = fix.format(
        endpoint=purple.api_endpoint.id,
        api=purple.api.id,
        group=purple.endpoint_group.id,
        targets=purple.application_group.id,
        vpc=purple.application_vpc.id,
    )
    assert account_of_fix(s.state, command, "999999999999/vpc-1") == owner


def test_names_are_those_that_people_gave(s: Scenario, purple: CrossAccount) -> None:
    account = Account(
        id=GATEWAY,
        account=AccountId(GATEWAY),
        region=purple.api.region,
        name="gateway",
        email="a@b",
        joined_at=NOW,
    )
    s.put(account, msgspec.structs.replace(purple.gateway_vpc, tags={"Name": "front"}))
    ids = (GATEWAY, APPLICATION, purple.gateway_vpc.id, purple.application_vpc.id, "", "vpc-gone")
    assert names_of(s.state, ids) == {GATEWAY: "gateway", purple.gateway_vpc.id: "front"}
    out = simulate(s.state, CallRequest(purple.api.id, purple.gateway_vpc.id))
    assert out.names == {GATEWAY: "gateway", purple.gateway_vpc.id: "front"}


def test_an_endpoints_policy_is_the_endpoints(s: Scenario, purple: CrossAccount) -> None:
    endpoint = s.state.get(VpcEndpoint, purple.api_endpoint.id)
    assert endpoint is not None
    hops = [h for h in simulate(s.state, CallRequest(purple.api.id, purple.gateway_vpc.id)).hops if h.kind == "policy"]
    where = f"{endpoint.account}/{endpoint.vpc_id}"
    assert [(h.id, h.where) for h in hops] == [(purple.api.id, purple.api.account), (endpoint.id, where)]
