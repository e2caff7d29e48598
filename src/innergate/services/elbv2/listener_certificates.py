"""Certificates of TLS and HTTPS listeners: the default one, and further ones that SNI chooses from."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.certificates import Certificate
from innergate.resources.load_balancers import Listener
from innergate.services.context import Context, Params, Result
from innergate.services.elbv2.lookup import listener_of
from innergate.services.elbv2.paging import page_of

SECURE = ("TLS", "HTTPS")
CERTIFICATES_MAX = 25
"""Of one load balancer, without the default one (Elastic Load Balancing quotas)."""


def default_certificate(context: Context, protocol: str, given: Sequence[Mapping[str, Any]] | None) -> str:
    """The ARN of the one certificate that a TLS or HTTPS listener needs; "" for the other protocols.

    Raises Fault ValidationError on none or several, CertificateNotFound on an unknown one.
    """
    if protocol not in SECURE:
        if given:
            raise Fault("InvalidConfigurationRequest", f"Certificates cannot be specified for {protocol} listeners")
        return ""
    if not given:
        raise Fault("ValidationError", f"A certificate must be specified for {protocol} listeners")
    if len(given) != 1:
        raise Fault("ValidationError", f"You must specify exactly one certificate for {protocol} listeners")
    return _existing(context, given[0])


def _existing(context: Context, given: Mapping[str, Any]) -> str:
    arn = str(given.get("CertificateArn") or "")
    certificate = context.tx.get(Certificate, arn)
    if certificate is None or certificate.account != context.account:
        raise Fault("CertificateNotFound", f"Certificate '{arn}' not found")
    if certificate.region and certificate.region != context.region:
        raise Fault("CertificateNotFound", f"Certificate '{arn}' not found")
    return arn


def listed(listener: Listener) -> list[dict[str, Any]]:
    """The listener's certificates, the default one first."""
    return [{"CertificateArn": arn} for arn in listener.certificates]


def add(context: Context, params: Params) -> Result:
    """AddListenerCertificates: those that are there already are passed over."""
    listener = _secure(context, params)
    arns = [_existing(context, one) for one in params["Certificates"]]
    together = tuple(dict.fromkeys((*listener.certificates, *arns)))
    if len(together) - 1 > CERTIFICATES_MAX:
        raise Fault(
            "TooManyCertificates", f"The maximum number of certificates of a load balancer is {CERTIFICATES_MAX}"
        )
    context.tx.put(msgspec.structs.replace(listener, certificates=together))
    return {"Certificates": [{"CertificateArn": arn, "IsDefault": arn == together[0]} for arn in arns]}


def remove(context: Context, params: Params) -> Result:
    """RemoveListenerCertificates: unknown ones are passed over. Raises Fault OperationNotPermitted for the default one."""
    listener = _secure(context, params)
    gone = {str(one.get("CertificateArn") or "") for one in params["Certificates"]}
    if listener.certificates[0] in gone:
        raise Fault("OperationNotPermitted", f"Default certificate '{listener.certificates[0]}' cannot be removed")
    context.tx.put(
        msgspec.structs.replace(listener, certificates=tuple(c for c in listener.certificates if c not in gone))
    )
    return {}


def describe(context: Context, params: Params) -> Result:
    """DescribeListenerCertificates: the default one is marked."""
    listener = listener_of(context, params["ListenerArn"])
    page = page_of(params, listener.certificates)
    entries = [{"CertificateArn": arn, "IsDefault": index == 0} for index, arn in enumerate(listener.certificates)]
    return {"Certificates": entries[page.start : page.end], "NextMarker": page.next_marker}


def _secure(context: Context, params: Params) -> Listener:
    listener = listener_of(context, params["ListenerArn"])
    if listener.protocol not in SECURE:
        raise Fault(
            "InvalidConfigurationRequest", f"Certificates cannot be specified for {listener.protocol} listeners"
        )
    return listener
