"""Conditions of rules: what AWS accepts, and in which form they are kept and shown.

Limits: elbv2 service model (RuleCondition), Elastic Load Balancing quotas.
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import AddressValueError, IPv4Network, IPv6Network, NetmaskValueError
from typing import Any

from innergate.primitives.fault import Fault

CONDITION_VALUES_MAX = 5
"""Of one rule (Elastic Load Balancing quotas)."""
WILDCARDS_MAX = 6
"""Of one rule (Elastic Load Balancing quotas)."""
_VALUE_MAX, _NAME_MAX = 128, 40

_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
_SHORT_FORM = ("host-header", "path-pattern")
_REPEATABLE = ("http-header", "query-string")
_WILD = ("host-header", "path-pattern", "http-header", "query-string")

_ALLOWED = {
    "host-header": re.compile(r"[A-Za-z0-9.*?-]+"),
    "path-pattern": re.compile(r"[A-Za-z0-9_.$/~\"'@:+&*?-]+"),
    "http-header": re.compile(r"[\x20-\x7e]+"),
    "http-request-method": re.compile(r"[A-Z_-]+"),
}
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def conditions_from(given: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The conditions to keep. Raises Fault ValidationError or InvalidConfigurationRequest."""
    if not given:
        raise Fault("ValidationError", "A condition must be specified")
    conditions = tuple(_condition_from(one) for one in given)
    fields = [condition["Field"] for condition in conditions]
    for field in fields:
        if field not in _REPEATABLE and fields.count(field) > 1:
            raise Fault("ValidationError", f"A rule can only have one '{field}' condition")
    values = [(c["Field"], value) for c in conditions for value in c[_CONFIGS[c["Field"]]]["Values"]]
    if len(values) > CONDITION_VALUES_MAX:
        raise Fault("ValidationError", f"A rule can only have '{CONDITION_VALUES_MAX}' condition values")
    if sum(_wildcards(value) for field, value in values if field in _WILD) > WILDCARDS_MAX:
        raise Fault("ValidationError", f"A rule can only have '{WILDCARDS_MAX}' condition wildcards")
    return conditions


def _wildcards(value: Any) -> int:
    texts = value.values() if isinstance(value, Mapping) else (value,)
    plain = (re.sub(r"\\.", "", str(text)) for text in texts)
    return sum(text.count("*") + text.count("?") for text in plain)


def _condition_from(given: Mapping[str, Any]) -> dict[str, Any]:
    field = str(given.get("Field") or "")
    if not field:
        raise Fault("ValidationError", "A condition field must be specified")
    if field not in _CONFIGS:
        raise Fault("ValidationError", f"Condition field '{field}' must be one of '[{', '.join(_CONFIGS)}]'")
    member = _CONFIGS[field]
    config, values = given.get(member), given.get("Values")
    if config is None and values and field in _SHORT_FORM:
        if len(values) > 1:
            raise Fault("ValidationError", f"The '{field}' field contains too many values; the limit is '1'")
        config = {"Values": list(values)}
    if (config or {}).get("RegexValues") or given.get("RegexValues"):
        # AWS differs: conditions match by wildcards only.
        raise Fault("InvalidConfigurationRequest", "Regular expressions in conditions are not supported")
    if config is None and field not in _SHORT_FORM:
        raise Fault("ValidationError", f"A '{member}' must be specified with '{field}'")
    if not config or not config.get("Values"):
        raise Fault("ValidationError", "A condition value must be specified")
    if field == "http-header":
        _check_header_name(str(config.get("HttpHeaderName") or ""))
    for value in config["Values"]:
        _check_value(field, value)
    return {"Field": field, member: config}


def _check_header_name(name: str) -> None:
    if not name:
        raise Fault("ValidationError", "The header name of an 'http-header' condition must be specified")
    if len(name) > _NAME_MAX:
        raise Fault("ValidationError", f"The 'HttpHeaderName' value is too long; the limit is '{_NAME_MAX}'")
    if not _HEADER_NAME.fullmatch(name):
        raise Fault("ValidationError", f"The 'HttpHeaderName' value '{name}' is not valid")
    if name.lower() == "host":
        raise Fault("ValidationError", "The 'HttpHeaderName' value cannot be 'host'; use a 'host-header' condition")


def _check_value(field: str, value: Any) -> None:
    if field == "query-string":
        texts = [str(value.get("Key") or ""), str(value.get("Value") or "")]
        if not texts[1]:
            raise Fault("ValidationError", "A condition value must be specified")
    else:
        texts = [str(value)]
    longest = _NAME_MAX if field == "http-request-method" else _VALUE_MAX
    if any(len(text) > longest for text in texts):
        named = "HttpRequestMethodConfig" if field == "http-request-method" else field
        raise Fault("ValidationError", f"The '{named}' value is too long; the limit is '{longest}'")
    if field == "source-ip":
        _check_range(texts[0])
    elif field in _ALLOWED and not _ALLOWED[field].fullmatch(texts[0]):
        raise Fault("ValidationError", f"Condition value '{texts[0]}' contains a character that is not valid")
    elif field == "host-header" and "." in texts[0] and not re.fullmatch(r"[A-Za-z*?]+", texts[0].rpartition(".")[2]):
        raise Fault("ValidationError", f"Condition value '{texts[0]}' is not a valid host name")


def _check_range(value: str) -> None:
    try:
        if "/" not in value:
            raise ValueError(value)
        if ":" in value:
            IPv6Network(value, strict=False)
        else:
            IPv4Network(value, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        raise Fault("ValidationError", f"Condition value '{value}' is not a valid CIDR block") from error


def rendered_condition(condition: Mapping[str, Any]) -> dict[str, Any]:
    """The condition as AWS shows it: hosts and paths in both forms."""
    field = condition["Field"]
    shown = dict(condition)
    if field in _SHORT_FORM:
        shown["Values"] = list(condition[_CONFIGS[field]]["Values"])
    return shown
