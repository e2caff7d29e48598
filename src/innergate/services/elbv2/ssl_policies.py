"""Security policies: which TLS versions and ciphers a listener offers.

Source: "Security policies for your Network Load Balancer" and the same for application load balancers.
"""

from typing import Any, NamedTuple

from innergate.primitives.fault import Fault
from innergate.services.context import Context, Params, Result
from innergate.services.elbv2.paging import page_of

DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"
"""What a listener gets by the API where the caller names none."""

_TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
_FORWARD_GCM = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
)
_FORWARD_CBC = (
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA384",
    "ECDHE-RSA-AES256-SHA384",
)
_FORWARD_SHA1 = (
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-RSA-AES256-SHA",
    "ECDHE-ECDSA-AES256-SHA",
)
_RSA = ("AES128-GCM-SHA256", "AES128-SHA256", "AES256-GCM-SHA384", "AES256-SHA256")
_RSA_SHA1 = ("AES128-SHA", "AES256-SHA")


class SslPolicy(NamedTuple):
    """The versions, newest first, and the ciphers in the order of preference."""

    name: str
    protocols: tuple[str, ...]
    ciphers: tuple[str, ...]


_V13, _V12, _V11, _V10 = "TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"
_ALL_12 = (*_FORWARD_GCM, *_FORWARD_CBC, *_FORWARD_SHA1, *_RSA, *_RSA_SHA1)

POLICIES = (
    SslPolicy(DEFAULT_POLICY, (_V12, _V11, _V10), _ALL_12),
    SslPolicy("ELBSecurityPolicy-TLS13-1-3-2021-06", (_V13,), _TLS13),
    SslPolicy("ELBSecurityPolicy-TLS13-1-2-2021-06", (_V13, _V12), (*_TLS13, *_FORWARD_GCM, *_FORWARD_CBC)),
    SslPolicy("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", (_V13, _V12), (*_TLS13, *_FORWARD_GCM)),
    SslPolicy("ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", (_V13, _V12), (*_TLS13, *_FORWARD_GCM, *_FORWARD_CBC, *_RSA)),
    SslPolicy("ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", (_V13, _V12), (*_TLS13, *_ALL_12)),
    SslPolicy("ELBSecurityPolicy-TLS13-1-1-2021-06", (_V13, _V12, _V11), (*_TLS13, *_ALL_12)),
    SslPolicy("ELBSecurityPolicy-TLS13-1-0-2021-06", (_V13, _V12, _V11, _V10), (*_TLS13, *_ALL_12)),
    SslPolicy("ELBSecurityPolicy-TLS-1-2-2017-01", (_V12,), (*_FORWARD_GCM, *_FORWARD_CBC, *_RSA)),
    SslPolicy("ELBSecurityPolicy-TLS-1-2-Ext-2018-06", (_V12,), _ALL_12),
    SslPolicy("ELBSecurityPolicy-TLS-1-1-2017-01", (_V12, _V11), _ALL_12),
    SslPolicy("ELBSecurityPolicy-FS-2018-06", (_V12, _V11, _V10), (*_FORWARD_GCM, *_FORWARD_CBC, *_FORWARD_SHA1)),
    SslPolicy("ELBSecurityPolicy-FS-1-1-2019-08", (_V12, _V11), (*_FORWARD_GCM, *_FORWARD_CBC, *_FORWARD_SHA1)),
    SslPolicy("ELBSecurityPolicy-FS-1-2-2019-08", (_V12,), (*_FORWARD_GCM, *_FORWARD_CBC, *_FORWARD_SHA1)),
    SslPolicy("ELBSecurityPolicy-FS-1-2-Res-2019-08", (_V12,), (*_FORWARD_GCM, *_FORWARD_CBC)),
    SslPolicy("ELBSecurityPolicy-FS-1-2-Res-2020-10", (_V12,), _FORWARD_GCM),
)
_BY_NAME = {policy.name: policy for policy in POLICIES}


def check_policy(protocol: str, wanted: str | None) -> str:
    """The policy of a listener, "" where its protocol has none. Raises Fault SSLPolicyNotFound."""
    if protocol not in ("TLS", "HTTPS"):
        if wanted:
            raise Fault("InvalidConfigurationRequest", f"SSL policies cannot be specified for {protocol} listeners")
        return ""
    name = wanted or DEFAULT_POLICY
    if name not in _BY_NAME:
        raise Fault("SSLPolicyNotFound", f"SSL policy '{name}' not found")
    return name


def describe(context: Context, params: Params) -> Result:
    """DescribeSSLPolicies: by name, or all."""
    names = params.get("Names") or [policy.name for policy in POLICIES]
    for name in names:
        if name not in _BY_NAME:
            raise Fault("SSLPolicyNotFound", f"SSL policy '{name}' not found")
    page = page_of(params, names)
    return {
        "SslPolicies": [_rendered(_BY_NAME[name]) for name in names[page.start : page.end]],
        "NextMarker": page.next_marker,
    }


def _rendered(policy: SslPolicy) -> dict[str, Any]:
    return {
        "Name": policy.name,
        "SslProtocols": list(policy.protocols),
        "Ciphers": [{"Name": cipher, "Priority": index} for index, cipher in enumerate(policy.ciphers, 1)],
        "SupportedLoadBalancerTypes": ["application", "network"],
    }
