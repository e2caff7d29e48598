"""Listeners forward to groups that fit them; certificates must exist; rules have an order."""

from typing import Any

import pytest
from tests.unit.services.elbv2.two_accounts import CONSUMER, PROVIDER, Network, TwoAccounts

from innergate.primitives.ids import AccountId, Region
from innergate.resources.certificates import Certificate
from innergate.resources.load_balancers import Listener, ListenerRule


def _certificate(world: TwoAccounts, name: str, account: str = CONSUMER) -> str:
    arn = f"arn:aws:acm:us-east-1:{account}:certificate/{name}"
    certificate = Certificate(
        id=arn,
        account=AccountId(account),
        region=Region("us-east-1"),
        service="acm",
        certificate_body="",
        private_key="",
        created_at=world.harness.clock.now(),
    )
    with world.harness.store.transaction() as tx:
        tx.put(certificate)
    return arn


def _forward(group: str) -> list[dict[str, Any]]:
    return [{"Type": "forward", "TargetGroupArn": group}]


def _shown(world: TwoAccounts, arn: str) -> Any:
    (shown,) = world("DescribeListeners", ListenerArns=[arn])["Listeners"]
    return shown


def test_a_listener_is_read_back(world: TwoAccounts) -> None:
    network = world.network()
    balancer, group = world.balancer(CONSUMER, network), world.target_group(CONSUMER, network)
    arn = world.listener(CONSUMER, balancer, group)
    assert arn.startswith(balancer.replace(":loadbalancer/", ":listener/") + "/")
    shown = _shown(world, arn)
    assert (shown["Protocol"], shown["Port"], shown["LoadBalancerArn"]) == ("TCP", 80, balancer)
    (action,) = shown["DefaultActions"]
    assert (action["Type"], action["TargetGroupArn"]) == ("forward", group)
    assert action["ForwardConfig"]["TargetGroups"] == [{"TargetGroupArn": group, "Weight": 1}]
    assert world("DescribeListeners", LoadBalancerArn=balancer)["Listeners"] == [shown]
    attributes = world("DescribeListenerAttributes", ListenerArn=arn)["Attributes"]
    assert attributes == [{"Key": "tcp.idle_timeout.seconds", "Value": "350"}]
    change = [{"Key": "tcp.idle_timeout.seconds", "Value": "60"}]
    assert world("ModifyListenerAttributes", ListenerArn=arn, Attributes=change)["Attributes"] == change
    world("DeleteListener", ListenerArn=arn)
    assert world.refused("DeleteListener", ListenerArn=arn)[0] == "ListenerNotFound"


FITS = {
    "TCP": ("TCP", "TCP_UDP"),
    "TLS": ("TCP", "TLS"),
    "UDP": ("UDP", "TCP_UDP"),
    "TCP_UDP": ("TCP_UDP",),
}


@pytest.mark.parametrize("protocol", FITS)
def test_only_fitting_target_groups_are_taken(world: TwoAccounts, protocol: str) -> None:
    network = world.network()
    balancer = world.balancer(CONSUMER, network)
    certificates = [{"CertificateArn": _certificate(world, "a")}] if protocol == "TLS" else []
    taken = []
    for port, of_group in enumerate(("TCP", "TLS", "UDP", "TCP_UDP", "HTTP"), 80):
        group = world.target_group(CONSUMER, network, f"g{port}", Protocol=of_group)
        params = {
            "LoadBalancerArn": balancer,
            "Protocol": protocol,
            "Port": port,
            "DefaultActions": _forward(group),
            "Certificates": certificates,
        }
        if of_group in FITS[protocol]:
            world("CreateListener", **params)
            taken.append(of_group)
        else:
            assert world.refused("CreateListener", **params)[0] == "IncompatibleProtocols"
    assert tuple(taken) == FITS[protocol]


def test_what_aws_refuses_is_refused(world: TwoAccounts) -> None:
    network, other = world.network(), world.network()
    balancer, group = world.balancer(CONSUMER, network), world.target_group(CONSUMER, network)
    world.listener(CONSUMER, balancer, group)
    second = world.balancer(CONSUMER, network, "second")
    elsewhere = world.target_group(CONSUMER, other, "elsewhere")

    def refused(**changes: Any) -> str:
        params = {"LoadBalancerArn": balancer, "Protocol": "TCP", "Port": 81, "DefaultActions": _forward(group)}
        return world.refused("CreateListener", **{**params, **changes})[0]

    assert refused(Port=80) == "DuplicateListener"
    assert refused(Protocol="HTTP") == "ValidationError"
    assert refused(Protocol="GENEVE") == "UnsupportedProtocol"
    assert refused(LoadBalancerArn=second) == "TargetGroupAssociationLimit"
    assert refused(DefaultActions=_forward(elsewhere)) == "InvalidConfigurationRequest"
    assert refused(DefaultActions=[{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}]) == (
        "InvalidLoadBalancerAction"
    )
    assert refused(DefaultActions=_forward(group.replace("/app/", "/no/"))) == "TargetGroupNotFound"
    assert refused(LoadBalancerArn=balancer + "0") == "LoadBalancerNotFound"
    foreign = world.target_group(PROVIDER, world.network(PROVIDER))
    assert refused(DefaultActions=_forward(foreign)) == "TargetGroupNotFound"
    assert len(world.harness.store.state().all(Listener)) == 1


def test_a_tls_listener_needs_one_certificate_that_exists(world: TwoAccounts) -> None:
    network = world.network()
    balancer, group = world.balancer(CONSUMER, network), world.target_group(CONSUMER, network)
    params = {"LoadBalancerArn": balancer, "Protocol": "TLS", "Port": 443, "DefaultActions": _forward(group)}
    first, second = _certificate(world, "1"), _certificate(world, "2")
    foreign = _certificate(world, "3", PROVIDER)
    assert world.refused("CreateListener", **params)[0] == "ValidationError"
    for missing in (first + "0", foreign):
        wanted = [{"CertificateArn": missing}]
        assert world.refused("CreateListener", **params, Certificates=wanted)[0] == "CertificateNotFound"
    chosen = [{"CertificateArn": first}]
    assert world.refused("CreateListener", **params, Certificates=chosen, SslPolicy="no")[0] == "SSLPolicyNotFound"
    made = world("CreateListener", **params, Certificates=chosen)["Listeners"][0]
    assert (made["SslPolicy"], made["Certificates"]) == ("ELBSecurityPolicy-2016-08", chosen)
    arn = made["ListenerArn"]
    world("AddListenerCertificates", ListenerArn=arn, Certificates=[{"CertificateArn": second}])
    assert world("DescribeListenerCertificates", ListenerArn=arn)["Certificates"] == [
        {"CertificateArn": first, "IsDefault": True},
        {"CertificateArn": second, "IsDefault": False},
    ]
    assert (
        world.refused("RemoveListenerCertificates", ListenerArn=arn, Certificates=chosen)[0] == "OperationNotPermitted"
    )
    world("RemoveListenerCertificates", ListenerArn=arn, Certificates=[{"CertificateArn": second}])
    assert len(world("DescribeListenerCertificates", ListenerArn=arn)["Certificates"]) == 1


def test_a_listener_changes(world: TwoAccounts) -> None:
    network = world.network()
    balancer, group = world.balancer(CONSUMER, network), world.target_group(CONSUMER, network)
    other = world.target_group(CONSUMER, network, "other")
    arn = world.listener(CONSUMER, balancer, group)
    world.listener(CONSUMER, balancer, group, port=81)
    assert world.refused("ModifyListener", ListenerArn=arn, Port=81)[0] == "DuplicateListener"
    world("ModifyListener", ListenerArn=arn, Port=82, DefaultActions=_forward(other))
    shown = _shown(world, arn)
    assert (shown["Port"], shown["DefaultActions"][0]["TargetGroupArn"]) == (82, other)
    weighted = [
        {"TargetGroupArn": group, "Weight": 1},
        {"TargetGroupArn": other, "Weight": 3},
    ]
    actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}]
    world("ModifyListener", ListenerArn=arn, DefaultActions=actions)
    (action,) = _shown(world, arn)["DefaultActions"]
    assert action["ForwardConfig"]["TargetGroups"] == weighted
    assert "TargetGroupArn" not in action
    assert world.refused("ModifyListener", ListenerArn=arn, Protocol="UDP")[0] == "IncompatibleProtocols"


@pytest.fixture
def web(world: TwoAccounts) -> tuple[Network, str, str]:
    """A network, an application load balancer's HTTP listener, and the group that it forwards to."""
    network = world.network()
    balancer = world.balancer(CONSUMER, network, Type="application")
    group = world.target_group(CONSUMER, network, Protocol="HTTP")
    return network, world.listener(CONSUMER, balancer, group, protocol="HTTP"), group


def _rule(world: TwoAccounts, listener: str, group: str, priority: int, path: str = "/a*") -> str:
    conditions = [{"Field": "path-pattern", "Values": [path]}]
    made = world("CreateRule", ListenerArn=listener, Priority=priority, Conditions=conditions, Actions=_forward(group))
    return str(made["Rules"][0]["RuleArn"])


def test_rules_are_listed_by_priority_with_the_default_one_last(
    world: TwoAccounts, web: tuple[Network, str, str]
) -> None:
    _, listener, group = web
    late, early = _rule(world, listener, group, 20), _rule(world, listener, group, 3)
    shown = world("DescribeRules", ListenerArn=listener)["Rules"]
    assert [(r["RuleArn"], r["Priority"], r["IsDefault"]) for r in shown[:2]] == [
        (early, "3", False),
        (late, "20", False),
    ]
    assert (shown[2]["Priority"], shown[2]["IsDefault"]) == ("default", True)
    assert shown[0]["Conditions"] == [
        {"Field": "path-pattern", "Values": ["/a*"], "PathPatternConfig": {"Values": ["/a*"]}}
    ]
    default = shown[2]["RuleArn"]
    assert world.refused("DeleteRule", RuleArn=default) == (
        "OperationNotPermitted",
        f"Default rule '{default}' cannot be deleted",
    )
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    world("ModifyRule", RuleArn=default, Actions=fixed)
    (action,) = _shown(world, listener)["DefaultActions"]
    assert (action["Type"], action["FixedResponseConfig"]) == ("fixed-response", {"StatusCode": "404"})
    assert world.refused("DeleteTargetGroup", TargetGroupArn=group)[0] == "ResourceInUse"


def test_rules_change_places_and_go(world: TwoAccounts, web: tuple[Network, str, str]) -> None:
    _, listener, group = web
    a, b = _rule(world, listener, group, 1), _rule(world, listener, group, 2)
    conditions = [{"Field": "host-header", "Values": ["x"]}]
    params = {"ListenerArn": listener, "Conditions": conditions, "Actions": _forward(group)}
    assert world.refused("CreateRule", **params, Priority=1) == ("PriorityInUse", "Priority '1' is currently in use")
    world("SetRulePriorities", RulePriorities=[{"RuleArn": a, "Priority": 2}, {"RuleArn": b, "Priority": 1}])
    assert [r["RuleArn"] for r in world("DescribeRules", ListenerArn=listener)["Rules"][:2]] == [b, a]
    assert world.refused("SetRulePriorities", RulePriorities=[{"RuleArn": a, "Priority": 1}])[0] == "PriorityInUse"
    world("ModifyRule", RuleArn=a, Conditions=conditions)
    (shown,) = world("DescribeRules", RuleArns=[a])["Rules"]
    assert shown["Conditions"][0]["Field"] == "host-header"
    world("DeleteRule", RuleArn=a)
    assert world.refused("DescribeRules", RuleArns=[a])[0] == "RuleNotFound"
    world("DeleteListener", ListenerArn=listener)
    assert world.harness.store.state().all(ListenerRule) == ()
