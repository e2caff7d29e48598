"""Attributes as elbv2 has them: a fixed table of names, defaults and allowed values for each kind of resource.

A resource keeps only what differs from its table's defaults, so a default that AWS changes changes everywhere.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from innergate.primitives.digits import read_digits
from innergate.primitives.fault import Fault


class Rule(NamedTuple):
    """What an attribute may be: one of `choices`, a whole number in `numbers`, or a text that all of `pattern` fits; nothing of
    these means any text."""

    default: str
    choices: tuple[str, ...] = ()
    numbers: range | None = None
    pattern: str = ""

    def accepts(self, value: str) -> bool:
        """Whether `value` may stand here."""
        if value in self.choices:
            return True
        if self.numbers is not None:
            return read_digits(value, self.numbers.stop) in self.numbers
        if self.pattern:
            return re.fullmatch(self.pattern, value) is not None
        return not self.choices


Table = Mapping[str, Rule]

_BOOLEAN = ("true", "false")
_ANY_COUNT = range(1, 1_000_001)
_PERCENT = range(1, 101)


def boolean(default: str) -> Rule:
    """An attribute that is true or false."""
    return Rule(default, _BOOLEAN)


def number(default: str, numbers: range, *choices: str) -> Rule:
    """An attribute that is a number in `numbers` or one of `choices`."""
    return Rule(default, choices, numbers)


def described(table: Table, kept: Mapping[str, str]) -> list[dict[str, str]]:
    """The whole table as AWS lists it, with the kept values in place of defaults."""
    return [{"Key": key, "Value": kept.get(key, rule.default)} for key, rule in table.items()]


def value_of(table: Table, kept: Mapping[str, str], key: str) -> str:
    """The attribute's value now, "" where the table has no such attribute."""
    return kept.get(key, table[key].default if key in table else "")


def modified(
    what: str, table: Table, kept: Mapping[str, str], wanted: Sequence[Mapping[str, Any]], elsewhere: frozenset[str]
) -> dict[str, str]:
    """What to keep after `wanted` ([{Key, Value}]) is set.

    `what` is "Load balancer", "Target group" or "Listener"; `elsewhere` has the names that other types of it know.
    Raises Fault ValidationError on unknown names and wrong values, InvalidConfigurationRequest on another type's names.
    """
    result = dict(kept)
    for entry in wanted:
        key, value = str(entry.get("Key", "")), str(entry.get("Value", ""))
        rule = table.get(key)
        if rule is None:
            if key in elsewhere:
                raise Fault(
                    "InvalidConfigurationRequest",
                    f"{what} attribute key '{key}' is not supported on this {what.lower()}",
                )
            raise Fault("ValidationError", f"{what} attribute key '{key}' is not recognized")
        if not rule.accepts(value):
            raise Fault("ValidationError", f"{what} attribute '{key}' has an invalid value: '{value}'{_hint(rule)}")
        if value == rule.default:
            result.pop(key, None)
        else:
            result[key] = value
    return result


def _hint(rule: Rule) -> str:
    allowed = [f"'{choice}'" for choice in rule.choices]
    if rule.numbers is not None:
        allowed.append(f"a number from {rule.numbers.start} to {rule.numbers.stop - 1}")
    return f". Allowed: {', '.join(allowed)}" if allowed else ""


_EVERY_LOAD_BALANCER: Table = {
    "access_logs.s3.enabled": boolean("false"),
    "access_logs.s3.bucket": Rule(""),
    "access_logs.s3.prefix": Rule(""),
    "deletion_protection.enabled": boolean("false"),
    "ipv6.deny_all_igw_traffic": boolean("false"),
    "zonal_shift.config.enabled": boolean("false"),
}

LOAD_BALANCER_ATTRIBUTES: Mapping[str, Table] = {
    "network": {
        **_EVERY_LOAD_BALANCER,
        "load_balancing.cross_zone.enabled": boolean("false"),
        "dns_record.client_routing_policy": Rule(
            "any_availability_zone",
            ("any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity"),
        ),
        "secondary_ips.auto_assigned.per_subnet": number("0", range(8)),
    },
    "application": {
        **_EVERY_LOAD_BALANCER,
        "load_balancing.cross_zone.enabled": Rule("true", ("true",)),
        "client_keep_alive.seconds": number("3600", range(60, 604_801)),
        "connection_logs.s3.enabled": boolean("false"),
        "connection_logs.s3.bucket": Rule(""),
        "connection_logs.s3.prefix": Rule(""),
        "health_check_logs.s3.enabled": boolean("false"),
        "health_check_logs.s3.bucket": Rule(""),
        "health_check_logs.s3.prefix": Rule(""),
        "idle_timeout.timeout_seconds": number("60", range(1, 4001)),
        "routing.http.desync_mitigation_mode": Rule("defensive", ("monitor", "defensive", "strictest")),
        "routing.http.drop_invalid_header_fields.enabled": boolean("false"),
        "routing.http.preserve_host_header.enabled": boolean("false"),
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": boolean("false"),
        "routing.http.xff_client_port.enabled": boolean("false"),
        "routing.http.xff_header_processing.mode": Rule("append", ("append", "preserve", "remove")),
        "routing.http2.enabled": boolean("true"),
        "waf.fail_open.enabled": boolean("false"),
    },
}
"""By load balancer type. Source: LoadBalancerAttribute in the elbv2 service model."""

_DNS_FAILOVER = "target_group_health.dns_failover.minimum_healthy_targets"
_FAIL_OPEN = "target_group_health.unhealthy_state_routing.minimum_healthy_targets"

_EVERY_TARGET_GROUP: Table = {
    "deregistration_delay.timeout_seconds": number("300", range(3601)),
    "load_balancing.cross_zone.enabled": Rule(
        "use_load_balancer_configuration", ("true", "false", "use_load_balancer_configuration")
    ),
    f"{_DNS_FAILOVER}.count": number("1", _ANY_COUNT, "off"),
    f"{_DNS_FAILOVER}.percentage": number("off", _PERCENT, "off"),
    f"{_FAIL_OPEN}.count": number("1", _ANY_COUNT),
    f"{_FAIL_OPEN}.percentage": number("off", _PERCENT, "off"),
    "stickiness.enabled": boolean("false"),
}

_HTTP_TARGET_GROUP: Table = {
    **_EVERY_TARGET_GROUP,
    "load_balancing.algorithm.type": Rule(
        "round_robin", ("round_robin", "least_outstanding_requests", "weighted_random")
    ),
    "load_balancing.algorithm.anomaly_mitigation": Rule("off", ("on", "off")),
    "slow_start.duration_seconds": number("0", range(30, 901), "0"),
    "stickiness.type": Rule("lb_cookie", ("lb_cookie", "app_cookie")),
    "stickiness.app_cookie.cookie_name": Rule(""),
    "stickiness.app_cookie.duration_seconds": number("86400", range(1, 604_801)),
    "stickiness.lb_cookie.duration_seconds": number("86400", range(1, 604_801)),
}

_LAMBDA_TARGET_GROUP: Table = {
    "lambda.multi_value_headers.enabled": boolean("false"),
    f"{_DNS_FAILOVER}.count": number("1", _ANY_COUNT, "off"),
    f"{_DNS_FAILOVER}.percentage": number("off", _PERCENT, "off"),
    f"{_FAIL_OPEN}.count": number("1", _ANY_COUNT),
    f"{_FAIL_OPEN}.percentage": number("off", _PERCENT, "off"),
    "stickiness.enabled": boolean("false"),
    "stickiness.type": Rule("lb_cookie", ("lb_cookie",)),
    "stickiness.lb_cookie.duration_seconds": number("86400", range(1, 604_801)),
}


def target_group_attributes(protocol: str, target_type: str) -> Table:
    """The table of a target group. Source: TargetGroupAttribute in the elbv2 service model."""
    if target_type == "lambda":
        return _LAMBDA_TARGET_GROUP
    if protocol in ("HTTP", "HTTPS"):
        return _HTTP_TARGET_GROUP
    datagrams = protocol in ("UDP", "TCP_UDP")
    keeps_client = datagrams or target_type == "instance"
    return {
        **_EVERY_TARGET_GROUP,
        "deregistration_delay.connection_termination.enabled": boolean("true" if datagrams else "false"),
        "preserve_client_ip.enabled": Rule("true", ("true",))
        if datagrams
        else boolean("true" if keeps_client else "false"),
        "proxy_protocol_v2.enabled": boolean("false"),
        "stickiness.type": Rule("source_ip", ("source_ip",)),
        "target_health_state.unhealthy.connection_termination.enabled": Rule("false", ("false",))
        if datagrams
        else boolean("true"),
        "target_health_state.unhealthy.draining_interval_seconds": number("0", range(360_001)),
    }


_RENAMED_HEADERS = (
    "x_amzn_mtls_clientcert_serial_number",
    "x_amzn_mtls_clientcert_issuer",
    "x_amzn_mtls_clientcert_subject",
    "x_amzn_mtls_clientcert_validity",
    "x_amzn_mtls_clientcert_leaf",
    "x_amzn_mtls_clientcert",
    "x_amzn_tls_version",
    "x_amzn_tls_cipher_suite",
)
_SET_HEADERS = (
    "strict_transport_security",
    "access_control_allow_origin",
    "access_control_allow_methods",
    "access_control_allow_headers",
    "access_control_allow_credentials",
    "access_control_expose_headers",
    "access_control_max_age",
    "content_security_policy",
    "x_content_type_options",
    "x_frame_options",
)


def _canonical(header: str) -> str:
    return "-".join(part.capitalize() for part in header.split("_"))


_HEADER_VALUE = r"[ -~]{0,1024}"
_HEADER_NAME = (
    r"(?!(?i:host|connection|content-length|transfer-encoding|x-innergate-.*|x-envoy-.*)$)[A-Za-z0-9_-]{1,40}"
)
"""Guide of Application Load Balancers, "HTTP header modification": letters, digits, hyphens and underscores, 40 at most; none
of those that frame a message, and none of the platform's own."""

_HTTP_LISTENER: Table = {
    "routing.http.response.server.enabled": boolean("true"),
    **{f"routing.http.response.{name}.header_value": Rule("", pattern=_HEADER_VALUE) for name in _SET_HEADERS},
}
_HTTPS_LISTENER: Table = {
    **_HTTP_LISTENER,
    **{
        f"routing.http.request.{name}.header_name": Rule(_canonical(name), pattern=_HEADER_NAME)
        for name in _RENAMED_HEADERS
    },
}


def listener_attributes(protocol: str) -> Table:
    """The table of a listener. Source: ListenerAttribute in the elbv2 service model."""
    match protocol:
        case "TCP" | "TCP_UDP":
            return {"tcp.idle_timeout.seconds": number("350", range(60, 6001))}
        case "HTTP":
            return _HTTP_LISTENER
        case "HTTPS":
            return _HTTPS_LISTENER
        case _:
            return {}


ANY_LOAD_BALANCER_ATTRIBUTE = frozenset(key for table in LOAD_BALANCER_ATTRIBUTES.values() for key in table)
ANY_TARGET_GROUP_ATTRIBUTE = frozenset(
    {*target_group_attributes("TCP", "ip"), *target_group_attributes("HTTP", "ip"), *_LAMBDA_TARGET_GROUP}
)
ANY_LISTENER_ATTRIBUTE = frozenset({*_HTTPS_LISTENER, "tcp.idle_timeout.seconds"})
