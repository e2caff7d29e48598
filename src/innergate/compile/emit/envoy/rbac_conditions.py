"""One condition of a policy in terms of what Envoy knows of a call.

A condition has three answers (see policy.conditions), so it becomes two expressions: an Allow needs `is_true`, a Deny needs
`may_be`. What Envoy cannot compare is never true and always may be.
"""

from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import NamedTuple

from innergate.compile.emit.envoy.facts import ACCOUNT, VPC, VPCE
from innergate.compile.emit.envoy.rbac_expressions import (
    Expression,
    all_of,
    any_of,
    filter_state,
    header,
    header_present,
    negate,
)
from innergate.compile.emit.envoy.rbac_patterns import arn_matcher, regex_matcher, string_matcher
from innergate.policy.conditions import check_condition
from innergate.policy.document import Condition
from innergate.policy.operators import NULL, OPERATORS, Malformed, client_address, plain_text
from innergate.policy.patterns import Tokens, tokens_of
from innergate.primitives.json_value import JsonObject

_FACTS: Mapping[str, str] = {"aws:sourcevpce": VPCE, "aws:sourcevpc": VPC, "aws:vpceaccount": ACCOUNT}
_HEADERS: Mapping[str, str] = {"aws:useragent": "user-agent", "aws:referer": "referer"}
_TIMES = frozenset({"aws:currenttime", "aws:epochtime"})
_TLS = "aws:securetransport"
_STRINGS = frozenset({"StringEquals", "StringNotEquals", "StringLike", "StringNotLike"})
_ANY_CASE = frozenset({"StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"})
_ARNS = frozenset({"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"})


class Compiled(NamedTuple):
    """A condition for Envoy. `note` says what could not be put exactly; "" where everything could."""

    is_true: Expression
    may_be: Expression
    note: str = ""


def compile_condition(condition: Condition, is_private: bool, has_variables: bool) -> Compiled:
    """The condition for calls to a private or a public API without a caller's identity."""
    key = condition.key.lower()
    address_key = _address_key(is_private)
    if has_variables and names_a_live_key(condition.values, is_private):
        return _unknown(condition, "a variable with a value of the call")
    if key == _TLS:
        return _by_tls(condition, has_variables)
    missing = check_condition(condition, {}, has_variables).holds
    presence = _presence(key, address_key)
    if presence is False:
        return _constant(missing)
    if condition.operator == NULL:
        present = check_condition(condition, {key: ("x",)}, has_variables).holds
        return _either(presence, _constant(present), missing)
    return _either(presence, _compare(condition, key, has_variables), missing)


def names_a_live_key(texts: Iterable[str], is_private: bool) -> bool:
    """Whether a text has a variable whose key calls to APIs have: Envoy compares with constants only."""
    live = [*_FACTS, *_HEADERS, *_TIMES, _TLS, _address_key(is_private)]
    return any(f"${{{key}" in text.lower().replace(" ", "") for text in texts for key in live)


def _address_key(is_private: bool) -> str:
    return "aws:vpcsourceip" if is_private else "aws:sourceip"


def _presence(key: str, address_key: str) -> Expression:
    """Whether the call has the key."""
    if key in _FACTS:
        return filter_state(_FACTS[key], regex_matcher(r"\C*"))
    if key in _HEADERS:
        return header_present(_HEADERS[key])
    return key == address_key or key in _TIMES


def _compare(condition: Condition, key: str, has_variables: bool) -> Compiled:
    """The comparison, given that the key is there."""
    operator = OPERATORS.get(condition.operator)
    if operator is None or key in _TIMES:
        return _unknown(condition, "that operator" if operator is None else "the time of the call")
    wanted = [tokens_of(value, {} if has_variables else None, operator.has_wildcards) for value in condition.values]
    known = [tokens for tokens in wanted if tokens is not None]
    if operator.is_negated and len(known) != len(wanted):
        return _constant(None)
    if key in _FACTS or key in _HEADERS:
        found = [_text_fits(condition.operator, key, tokens) for tokens in known]
    else:
        found = [_address_fits(condition.operator, tokens) for tokens in known]
    leaves = [leaf for leaf in found if leaf is not None]
    if len(leaves) != len(found):
        return _unknown(condition, "that comparison")
    result = any_of(leaves)
    result = negate(result) if operator.is_negated else result
    return Compiled(result, result)


def _text_fits(operator: str, key: str, wanted: Tokens) -> Expression | None:
    """None where Envoy has no such comparison of texts."""
    matcher: JsonObject
    if not all(str(token).isascii() for token in wanted):
        return None
    if operator in _STRINGS:
        matcher = string_matcher(wanted)
    elif operator in _ANY_CASE:
        matcher = {"exact": plain_text(wanted), "ignore_case": True}
    elif operator in _ARNS:
        matcher = arn_matcher(wanted)
    else:
        return None
    return filter_state(_FACTS[key], matcher) if key in _FACTS else header(_HEADERS[key], matcher)


def _address_fits(operator: str, wanted: Tokens) -> Expression | None:
    """None where Envoy has no such comparison of addresses."""
    text = plain_text(wanted)
    if operator in ("IpAddress", "NotIpAddress"):
        try:
            network = ip_network(text.strip(), strict=False)
        except ValueError:
            return None
        return _from(str(network.network_address), network.prefixlen)
    if operator in ("StringEquals", "StringNotEquals") or (operator in _STRINGS and not set(text) & set("*?")):
        try:
            address = client_address(text)
        except Malformed:
            return False
        return _from(text, address.max_prefixlen) if str(address) == text else False
    return None


def _from(address: str, prefix_length: int) -> JsonObject:
    return {"direct_remote_ip": {"address_prefix": address, "prefix_len": prefix_length}}


def _by_tls(condition: Condition, has_variables: bool) -> Compiled:
    """aws:SecureTransport has two values: both are asked now, the connection says which counts."""
    tls: JsonObject = {"authenticated": {}}
    secure = check_condition(condition, {_TLS: ("true",)}, has_variables).holds
    plain = check_condition(condition, {_TLS: ("false",)}, has_variables).holds
    return _either(tls, _constant(secure), plain)


def _constant(holds: bool | None) -> Compiled:
    return Compiled(holds is True, holds is not False)


def _either(presence: Expression, present: Compiled, missing: bool | None) -> Compiled:
    return Compiled(
        _if(presence, present.is_true, missing is True),
        _if(presence, present.may_be, missing is not False),
        present.note,
    )


def _if(test: Expression, then: Expression, otherwise: bool) -> Expression:
    """`test ? then : otherwise`. A comparison with a missing key is false, so mostly nothing has to ask for presence."""
    if then == otherwise:
        return otherwise
    if not isinstance(then, bool):
        is_negated = "not_id" in then
        if is_negated == otherwise:
            return then
    return any_of((all_of((test, then)), all_of((negate(test), otherwise))))


def _unknown(condition: Condition, what: str) -> Compiled:
    note = f"{condition.name} on {condition.key} needs {what}, which Envoy cannot compare: it denies and never allows"
    return Compiled(False, True, note)
