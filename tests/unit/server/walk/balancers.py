"""Right parameters of calls to Elastic Load Balancing, drawn from what there is."""

from collections.abc import Mapping

from tests.unit.server.walk.networks import Params, Recipe, maybe, own_groups, zoned_subnets
from tests.unit.server.walk.pools import Pools, nothing

from innergate.resources.load_balancers import Listener, LoadBalancer
from innergate.resources.network_interfaces import NetworkInterface
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.target_groups import TargetGroup
from innergate.resources.vpcs import Vpc


def _addresses(p: Pools, vpc_id: str) -> list[str]:
    own = [e.private_ip_address for e in p.state.find(NetworkInterface, "vpc", vpc_id)]
    return [*own, "10.9.9.9"]


def _target_group(p: Pools) -> Params:
    kind = p.dice.choice(("ip", "ip", "ip", "alb", "instance"))
    protocol = "TCP" if kind == "alb" else p.dice.choice(("TCP", "TCP", "TLS", "HTTP", "HTTPS", "TCP_UDP", "UDP"))
    return {
        "Name": f"t{p.dice.randrange(40)}",
        "Protocol": protocol,
        "Port": p.dice.choice((80, 443, 8080)),
        "VpcId": p["VpcId"],
        "TargetType": kind,
        **maybe(p, 0.2, HealthCheckProtocol="HTTP", HealthCheckPath="/h"),
    }


def _targets(p: Pools) -> Params:
    group = p.one(TargetGroup)
    if group.target_type == "alb":
        return {"TargetGroupArn": group.id, "Targets": [{"Id": p.dice.choice(_albs(p) or nothing())}]}
    chosen = p.some(_addresses(p, group.vpc_id), 1, 3)
    return {
        "TargetGroupArn": group.id,
        "Targets": [
            {
                "Id": a,
                **maybe(p, 0.3, Port=p.dice.choice((80, 81))),
                **({"AvailabilityZone": "all"} if a == "10.9.9.9" else {}),
            }
            for a in chosen
        ],
    }


def _albs(p: Pools) -> list[str]:
    return [b.id for b in p.own(LoadBalancer) if b.type == "application"]


def _deregister(p: Pools) -> Params:
    groups = [g for g in p.own(TargetGroup) if g.targets]
    group = p.dice.choice(groups or nothing())
    target = p.dice.choice(group.targets)
    return {"TargetGroupArn": group.id, "Targets": [{"Id": target.target_id, "Port": target.port}]}


def _balancer(p: Pools) -> Params:
    kind = p.dice.choice(("network", "network", "network", "application"))
    groups = own_groups(p)
    return {
        "Name": f"b{p.dice.randrange(40)}",
        "Type": kind,
        "Scheme": "internal",
        "Subnets": zoned_subnets(p, 2 if kind == "application" else 1),
        **({"SecurityGroups": groups} if groups and p.dice.random() < 0.5 else {}),
    }


def _forward(p: Pools, wanted: tuple[str, ...], vpc_id: str) -> Params:
    groups = [g.id for g in p.own(TargetGroup) if g.protocol in wanted and g.vpc_id == vpc_id]
    chosen = p.some(groups, 1, 2 if "HTTP" in wanted else 1)
    if len(chosen) == 1:
        return {"Type": "forward", "TargetGroupArn": chosen[0]}
    shares = [{"TargetGroupArn": arn, "Weight": p.dice.choice((0, 1, 10))} for arn in chosen]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}


def _http_action(p: Pools, vpc_id: str) -> Params:
    kind = p.dice.randrange(5)
    if kind == 0:
        return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503", "MessageBody": "no"}}
    if kind == 1:
        return {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    return _forward(p, ("HTTP", "HTTPS"), vpc_id)


def _listener(p: Pools) -> Params:
    balancer = p.one(LoadBalancer)
    port = p.dice.choice((80, 80, 443, 8080))
    if balancer.type == "application":
        protocol = p.dice.choice(("HTTP", "HTTP", "HTTPS"))
        action = _http_action(p, balancer.vpc_id)
    else:
        protocol = p.dice.choice(("TCP", "TCP", "TCP", "TLS", "UDP", "TCP_UDP"))
        fits = {"TCP": ("TCP", "TCP_UDP"), "TLS": ("TCP", "TLS"), "UDP": ("UDP", "TCP_UDP"), "TCP_UDP": ("TCP_UDP",)}
        action = _forward(p, fits[protocol], balancer.vpc_id)
    certificates = [{"CertificateArn": p["CertificateArn"]}] if protocol in ("TLS", "HTTPS") else []
    return {
        "LoadBalancerArn": balancer.id,
        "Protocol": protocol,
        "Port": port,
        "DefaultActions": [action],
        **({"Certificates": certificates} if certificates else {}),
    }


def _of_listener(p: Pools, web: bool) -> tuple[Listener, LoadBalancer]:
    found = [x for x in p.own(Listener) if (x.protocol in ("HTTP", "HTTPS")) == web]
    listener = p.dice.choice(found or nothing())
    balancer = p.state.get(LoadBalancer, listener.load_balancer_arn)
    assert balancer is not None
    return listener, balancer


def _modify_listener(p: Pools) -> Params:
    listener, balancer = _of_listener(p, p.dice.random() < 0.5)
    if p.dice.random() < 0.3:
        return {"ListenerArn": listener.id, "Port": p.dice.choice((80, 81, 443))}
    if balancer.type == "application":
        return {"ListenerArn": listener.id, "DefaultActions": [_http_action(p, balancer.vpc_id)]}
    if p.dice.random() < 0.4:
        certificates = [{"CertificateArn": p["CertificateArn"]}]
        return {"ListenerArn": listener.id, "Protocol": "TLS", "Certificates": certificates}
    return {"ListenerArn": listener.id, "DefaultActions": [_forward(p, ("TCP", "TLS"), balancer.vpc_id)]}


def _conditions(p: Pools) -> list[Params]:
    choices: tuple[Params, ...] = (
        {"Field": "path-pattern", "PathPatternConfig": {"Values": [p.dice.choice(("/a*", "/b?", "/"))]}},
        {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}},
        {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-A", "Values": ["v*"]}},
        {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "k", "Value": "v"}]}},
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
    )
    return p.dice.sample(choices, p.dice.choice((1, 1, 2)))


def _http_rule(p: Pools) -> Params:
    listener, balancer = _of_listener(p, True)
    return {
        "ListenerArn": listener.id,
        "Priority": p.dice.randrange(1, 9),
        "Conditions": _conditions(p),
        "Actions": [_http_action(p, balancer.vpc_id)],
    }


def _balancer_attribute(p: Pools) -> Params:
    balancer = p.one(LoadBalancer)
    key = p.dice.choice(("load_balancing.cross_zone.enabled", "deletion_protection.enabled"))
    if key.startswith("deletion") and p.dice.random() < 0.7:
        return {"LoadBalancerArn": balancer.id, "Attributes": [{"Key": key, "Value": "false"}]}
    return {"LoadBalancerArn": balancer.id, "Attributes": [{"Key": key, "Value": p.dice.choice(("true", "false"))}]}


def _group_attribute(p: Pools) -> Params:
    key, values = p.dice.choice(
        (
            ("proxy_protocol_v2.enabled", ("true", "false")),
            ("preserve_client_ip.enabled", ("true", "false")),
            ("deregistration_delay.timeout_seconds", ("0", "30")),
            ("stickiness.enabled", ("true", "false")),
            ("load_balancing.cross_zone.enabled", ("true", "false", "use_load_balancer_configuration")),
        )
    )
    group = p.one(TargetGroup)
    return {"TargetGroupArn": group.id, "Attributes": [{"Key": key, "Value": p.dice.choice(values)}]}


def _set_subnets(p: Pools) -> Params:
    balancer = p.one(LoadBalancer)
    vpc = p.state.get(Vpc, balancer.vpc_id)
    assert vpc is not None
    p.focus(vpc)
    return {"LoadBalancerArn": balancer.id, "Subnets": zoned_subnets(p, 1)}


def _set_groups(p: Pools) -> Params:
    balancer = p.one(LoadBalancer)
    groups = [g.id for g in p.state.find(SecurityGroup, "vpc", balancer.vpc_id)]
    return {"LoadBalancerArn": balancer.id, "SecurityGroups": p.some(groups, 1, 2)}


ELBV2: Mapping[str, Recipe] = {
    "CreateTargetGroup": _target_group,
    "RegisterTargets": _targets,
    "DeregisterTargets": _deregister,
    "CreateLoadBalancer": _balancer,
    "CreateListener": _listener,
    "ModifyListener": _modify_listener,
    "CreateRule": _http_rule,
    "ModifyRule": lambda p: {"RuleArn": p["RuleArn"], "Conditions": _conditions(p)},
    "SetRulePriorities": lambda p: {"RulePriorities": [{"RuleArn": p["RuleArn"], "Priority": p.dice.randrange(1, 9)}]},
    "ModifyLoadBalancerAttributes": _balancer_attribute,
    "ModifyTargetGroupAttributes": _group_attribute,
    "ModifyTargetGroup": lambda p: {
        "TargetGroupArn": p.one(TargetGroup).id,
        "HealthCheckIntervalSeconds": p.dice.choice((10, 30)),
    },
    "SetSubnets": _set_subnets,
    "SetSecurityGroups": _set_groups,
    "AddListenerCertificates": lambda p: {
        "ListenerArn": p["ListenerArn"],
        "Certificates": [{"CertificateArn": p["CertificateArn"]}],
    },
    "DeleteTargetGroup": lambda p: {"TargetGroupArn": p.one(TargetGroup).id},
}
