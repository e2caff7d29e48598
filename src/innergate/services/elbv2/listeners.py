"""Listeners: made, described, changed, deleted, and their attributes."""

from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_hex
from innergate.resources.load_balancers import Listener, ListenerRule, LoadBalancer
from innergate.services.context import Context, Params, Result
from innergate.services.elbv2 import attributes
from innergate.services.elbv2.listener_actions import actions_from, rendered
from innergate.services.elbv2.listener_certificates import SECURE, default_certificate, listed
from innergate.services.elbv2.lookup import all_own, listener_of, load_balancer_of, load_balancer_of_listener, own
from innergate.services.elbv2.names import listener_arn
from innergate.services.elbv2.paging import page_of_resources
from innergate.services.elbv2.ssl_policies import check_policy
from innergate.services.elbv2.tags import tags_from

LISTENERS_MAX = 50
"""Of one load balancer (Elastic Load Balancing quotas)."""

_PROTOCOLS = {"network": ("TCP", "TLS", "UDP", "TCP_UDP"), "application": ("HTTP", "HTTPS")}
_ALPN = ("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None")


def create(context: Context, params: Params) -> Result:
    """CreateListener."""
    balancer = load_balancer_of(context, params["LoadBalancerArn"])
    protocol, port = params.get("Protocol") or "", int(params.get("Port") or 0)
    if not protocol:
        raise Fault("ValidationError", "A listener protocol must be specified")
    if not port:
        raise Fault("ValidationError", "A listener port must be specified")
    _check_protocol(balancer, protocol)
    siblings = context.tx.find(Listener, "load-balancer", balancer.id)
    _check_port_free(siblings, port)
    if len(siblings) >= LISTENERS_MAX:
        raise Fault(
            "TooManyListeners", f"The maximum number of listeners of load balancer '{balancer.id}' is {LISTENERS_MAX}"
        )
    certificate = default_certificate(context, protocol, params.get("Certificates"))
    listener = Listener(
        id=listener_arn(balancer.id, fresh_hex(context.ids, 16)),
        account=context.account,
        region=context.region,
        load_balancer_arn=balancer.id,
        protocol=protocol,
        port=port,
        default_actions=actions_from(context, params["DefaultActions"], balancer, protocol, port),
        created_at=context.clock.now(),
        ssl_policy=check_policy(protocol, params.get("SslPolicy")),
        certificates=(certificate,) if certificate else (),
        alpn_policy=_alpn(protocol, params.get("AlpnPolicy")),
        tags=tags_from(params.get("Tags")),
    )
    _check_no_trust_store(params)
    context.tx.put(listener)
    return {"Listeners": [describe_one(listener)]}


def _check_protocol(balancer: LoadBalancer, protocol: str) -> None:
    if protocol not in _PROTOCOLS[balancer.type]:
        allowed = ", ".join(_PROTOCOLS[balancer.type])
        raise Fault(
            "ValidationError" if protocol not in ("GENEVE", "QUIC", "TCP_QUIC") else "UnsupportedProtocol",
            f"Listener protocol '{protocol}' must be one of '{allowed}'",
        )


def _check_port_free(siblings: tuple[Listener, ...], port: int) -> None:
    if any(listener.port == port for listener in siblings):
        raise Fault("DuplicateListener", "A listener already exists on this port for this load balancer")


def _check_no_trust_store(params: Params) -> None:
    mutual = params.get("MutualAuthentication") or {}
    if mutual.get("Mode", "off") != "off":
        # AWS differs: load balancers ask clients for no certificate here.
        raise Fault("InvalidConfigurationRequest", f"Mutual authentication mode '{mutual['Mode']}' is not supported")


def _alpn(protocol: str, wanted: list[str] | None) -> tuple[str, ...]:
    if not wanted:
        return ()
    if protocol != "TLS":
        raise Fault("InvalidConfigurationRequest", "ALPN policies are supported for TLS listeners only")
    if len(wanted) != 1 or wanted[0] not in _ALPN:
        raise Fault("ALPNPolicyNotFound", f"The ALPN policy '{', '.join(wanted)}' does not exist")
    return tuple(wanted)


def describe(context: Context, params: Params) -> Result:
    """DescribeListeners: of one load balancer, or by ARN."""
    arns, of_balancer = params.get("ListenerArns"), params.get("LoadBalancerArn")
    if arns and of_balancer:
        raise Fault("ValidationError", "A load balancer ARN and listener ARNs cannot be specified at the same time")
    if arns:
        found = [listener_of(context, arn) for arn in arns]
    elif of_balancer:
        load_balancer_of(context, of_balancer)
        found = list(context.tx.find(Listener, "load-balancer", of_balancer))
    else:
        found = list(all_own(context, Listener))
    page = page_of_resources(params, found)
    return {"Listeners": [describe_one(one) for one in found[page.start : page.end]], "NextMarker": page.next_marker}


def describe_one(listener: Listener) -> dict[str, Any]:
    """AWS's Listener: of the certificates only the default one."""
    secure = listener.protocol in SECURE
    return {
        "ListenerArn": listener.id,
        "LoadBalancerArn": listener.load_balancer_arn,
        "Port": listener.port,
        "Protocol": listener.protocol,
        "Certificates": listed(listener)[:1] if secure else None,
        "SslPolicy": listener.ssl_policy or None,
        "DefaultActions": rendered(listener.default_actions),
        "AlpnPolicy": list(listener.alpn_policy) or None,
        "MutualAuthentication": {"Mode": "off"} if listener.protocol == "HTTPS" else None,
    }


def modify(context: Context, params: Params) -> Result:
    """ModifyListener: members that are not given stay."""
    listener = listener_of(context, params["ListenerArn"])
    balancer = load_balancer_of_listener(context, listener)
    protocol, port = params.get("Protocol") or listener.protocol, int(params.get("Port") or listener.port)
    _check_protocol(balancer, protocol)
    _check_no_trust_store(params)
    if port != listener.port:
        _check_port_free(context.tx.find(Listener, "load-balancer", balancer.id), port)
    certificates = listener.certificates if protocol in SECURE else ()
    given = params.get("Certificates")
    if given or (protocol in SECURE and not certificates):
        chosen = default_certificate(context, protocol, given)
        certificates = (chosen, *(c for c in certificates[1:] if c != chosen)) if chosen else ()
    actions = listener.default_actions
    if params.get("DefaultActions") is not None or protocol != listener.protocol:
        actions = actions_from(context, params.get("DefaultActions") or rendered(actions), balancer, protocol, port)
    policy = params.get("SslPolicy") or (listener.ssl_policy if protocol in SECURE else None)
    alpn = params.get("AlpnPolicy")
    kept = attributes.listener_attributes(protocol)
    listener = msgspec.structs.replace(
        listener,
        protocol=protocol,
        port=port,
        certificates=certificates,
        default_actions=actions,
        ssl_policy=check_policy(protocol, policy),
        alpn_policy=_alpn(
            protocol, alpn if alpn is not None else list(listener.alpn_policy) if protocol == "TLS" else None
        ),
        attributes={key: value for key, value in listener.attributes.items() if key in kept},
    )
    context.tx.put(listener)
    return {"Listeners": [describe_one(listener)]}


def delete(context: Context, params: Params) -> Result:
    """DeleteListener, with its rules. Raises Fault ListenerNotFound."""
    arn = params["ListenerArn"]
    if own(context, Listener, arn) is None and ":listener/" in arn:
        raise Fault("ListenerNotFound", f"Listener '{arn}' not found")
    listener = listener_of(context, arn)
    for rule in context.tx.find(ListenerRule, "listener", listener.id):
        context.tx.delete(rule)
    context.tx.delete(listener)
    return {}


def describe_attributes(context: Context, params: Params) -> Result:
    """DescribeListenerAttributes."""
    listener = listener_of(context, params["ListenerArn"])
    return {"Attributes": attributes.described(attributes.listener_attributes(listener.protocol), listener.attributes)}


def modify_attributes(context: Context, params: Params) -> Result:
    """ModifyListenerAttributes: answers the whole table."""
    listener = listener_of(context, params["ListenerArn"])
    table = attributes.listener_attributes(listener.protocol)
    kept = attributes.modified(
        "Listener", table, listener.attributes, params["Attributes"], attributes.ANY_LISTENER_ATTRIBUTE
    )
    context.tx.put(msgspec.structs.replace(listener, attributes=kept))
    return {"Attributes": attributes.described(table, kept)}
