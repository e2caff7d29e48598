"""The condition operators: how one value of the policy compares with one value of the request.

Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple, TypeAlias

from innergate.policy.patterns import Tokens, matches, matches_arn


class Malformed(Exception):
    """A value is not of the operator's type, so the comparison has no answer."""


Compare: TypeAlias = Callable[[Tokens, str], bool]


class Operator(NamedTuple):
    """`compare` is the positive form; `is_negated` turns it round. `has_wildcards` says whether `*` and `?` are wildcards."""

    compare: Compare
    is_negated: bool = False
    has_wildcards: bool = False


def plain_text(tokens: Tokens) -> str:
    """The text of tokens without wildcards."""
    return "".join(token if isinstance(token, str) else token.value for token in tokens)


def _string_equals(wanted: Tokens, seen: str) -> bool:
    return plain_text(wanted) == seen


def _string_equals_ignoring_case(wanted: Tokens, seen: str) -> bool:
    return plain_text(wanted).lower() == seen.lower()


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise Malformed(text) from None
    if not number.is_finite():
        raise Malformed(text)
    return number


def _numeric(test: Callable[[Decimal, Decimal], bool]) -> Compare:
    return lambda wanted, seen: test(_number(seen), _number(plain_text(wanted)))


def instant(text: str) -> datetime:
    """An ISO 8601 instant or seconds since 1970. Raises Malformed."""
    text = text.strip()
    try:
        if text.replace(".", "", 1).isdigit():
            return datetime.fromtimestamp(float(text), UTC)
        read = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise Malformed(text) from None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def _date(test: Callable[[datetime, datetime], bool]) -> Compare:
    return lambda wanted, seen: test(instant(seen), instant(plain_text(wanted)))


def _bool(wanted: Tokens, seen: str) -> bool:
    values = plain_text(wanted).lower(), seen.lower()
    if not all(value in ("true", "false") for value in values):
        raise Malformed(seen)
    return values[0] == values[1]


def client_address(text: str) -> IPv4Address | IPv6Address:
    """The address; one written as IPv4 inside IPv6 is its IPv4 self. Raises Malformed."""
    try:
        address = ip_address(text.strip())
    except ValueError:
        raise Malformed(text) from None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _ip_address(wanted: Tokens, seen: str) -> bool:
    try:
        network = ip_network(plain_text(wanted).strip(), strict=False)
    except ValueError:
        raise Malformed(plain_text(wanted)) from None
    address = client_address(seen)
    return address.version == network.version and address in network


def _binary(wanted: Tokens, seen: str) -> bool:
    try:
        return base64.b64decode(plain_text(wanted), validate=True) == base64.b64decode(seen, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(seen) from None


OPERATORS: Mapping[str, Operator] = {
    "StringEquals": Operator(_string_equals),
    "StringNotEquals": Operator(_string_equals, is_negated=True),
    "StringEqualsIgnoreCase": Operator(_string_equals_ignoring_case),
    "StringNotEqualsIgnoreCase": Operator(_string_equals_ignoring_case, is_negated=True),
    "StringLike": Operator(matches, has_wildcards=True),
    "StringNotLike": Operator(matches, is_negated=True, has_wildcards=True),
    "ArnEquals": Operator(matches_arn, has_wildcards=True),
    "ArnNotEquals": Operator(matches_arn, is_negated=True, has_wildcards=True),
    "ArnLike": Operator(matches_arn, has_wildcards=True),
    "ArnNotLike": Operator(matches_arn, is_negated=True, has_wildcards=True),
    "NumericEquals": Operator(_numeric(lambda a, b: a == b)),
    "NumericNotEquals": Operator(_numeric(lambda a, b: a == b), is_negated=True),
    "NumericLessThan": Operator(_numeric(lambda a, b: a < b)),
    "NumericLessThanEquals": Operator(_numeric(lambda a, b: a <= b)),
    "NumericGreaterThan": Operator(_numeric(lambda a, b: a > b)),
    "NumericGreaterThanEquals": Operator(_numeric(lambda a, b: a >= b)),
    "DateEquals": Operator(_date(lambda a, b: a == b)),
    "DateNotEquals": Operator(_date(lambda a, b: a == b), is_negated=True),
    "DateLessThan": Operator(_date(lambda a, b: a < b)),
    "DateLessThanEquals": Operator(_date(lambda a, b: a <= b)),
    "DateGreaterThan": Operator(_date(lambda a, b: a > b)),
    "DateGreaterThanEquals": Operator(_date(lambda a, b: a >= b)),
    "Bool": Operator(_bool),
    "BinaryEquals": Operator(_binary),
    "IpAddress": Operator(_ip_address),
    "NotIpAddress": Operator(_ip_address, is_negated=True),
}
"""Every operator but Null, by its name in a policy."""

NULL = "Null"
KNOWN_OPERATORS = frozenset(OPERATORS) | {NULL}
