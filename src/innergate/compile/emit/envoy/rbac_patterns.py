"""IAM's wildcards as Envoy's string matchers.

A wildcard becomes `\\C` (any byte): `.` would not match a byte that is no UTF-8, and such a byte in a path would slip past
a Deny. RE2 runs in linear time, so a pattern cannot be made to hurt.
"""

from innergate.policy.patterns import Tokens, Wild, split_arn
from innergate.primitives.json_value import JsonObject

_SPECIAL = frozenset("\\.+*?()|[]{}^$")


def string_matcher(tokens: Tokens) -> JsonObject:
    """A StringMatcher for a pattern whose wildcards cross everything."""
    wild = [at for at, token in enumerate(tokens) if isinstance(token, Wild)]
    if not wild:
        return {"exact": _text(tokens)}
    if wild == [len(tokens) - 1] and tokens[-1] is Wild.ANY and len(tokens) > 1:
        return {"prefix": _text(tokens[:-1])}
    return regex_matcher(expression(tokens))


def arn_matcher(tokens: Tokens) -> JsonObject:
    """A StringMatcher for an ARN pattern, part by part (see policy.patterns.matches_arn)."""
    if tokens[:4] != ("a", "r", "n", ":"):
        return string_matcher(tokens)
    *parts, last = split_arn(tokens)
    return regex_matcher(":".join([*(expression(part, within_part=True) for part in parts), expression(last)]))


def regex_matcher(regex: str) -> JsonObject:
    """A StringMatcher that wants the whole text to fit."""
    return {"safe_regex": {"regex": regex}}


def expression(tokens: Tokens, within_part: bool = False) -> str:
    """The RE2 expression of a pattern. `within_part` keeps wildcards from crossing a colon."""
    any_byte = "[^:]" if within_part else r"\C"
    pieces: list[str] = []
    for token in tokens:
        if token is Wild.ANY:
            pieces.append(f"{any_byte}*")
        elif token is Wild.ONE:
            pieces.append(any_byte)
        else:
            pieces.append(quote(str(token)))
    return "".join(pieces)


def quote(text: str) -> str:
    """`text` as an RE2 expression of itself."""
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in text)


def _text(tokens: Tokens) -> str:
    return "".join(token for token in tokens if isinstance(token, str))
