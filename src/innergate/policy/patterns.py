"""Wildcards and policy variables (IAM User Guide, "Policy variables", "Resource").

A pattern is a list of tokens; matching walks it with one point of return, so it costs at most pattern x text and no pattern
can make it blow up. What a variable puts in is plain text, never a wildcard.
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import TypeAlias


class Wild(Enum):
    """The two wildcards."""

    ANY = "*"
    ONE = "?"


Tokens: TypeAlias = tuple[str | Wild, ...]
"""Single characters and wildcards."""

_ANYTHING: Tokens = (Wild.ANY,)
_WILDS: Mapping[str, Wild] = {wild.value: wild for wild in Wild}
_STARS = re.compile(r"\*+")
_ESCAPES = {"*": "*", "?": "?", "$": "$"}


def tokens_of(pattern: str, context: Mapping[str, tuple[str, ...]] | None, wildcards: bool = True) -> Tokens | None:
    """The tokens of `pattern` with its variables filled in from `context` (lower-case keys); None where a variable has no
    value and no default: such a pattern matches nothing. `context=None` leaves variables as plain text."""
    if context is None or "${" not in pattern:
        return _plain_tokens(pattern, wildcards)
    result: list[str | Wild] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        end = pattern.find("}", position) if pattern.startswith("${", position) else -1
        if end > 0:
            value = _variable(pattern[position + 2 : end], context)
            if value is None:
                return None
            result.extend(value)
            position = end + 1
            continue
        if wildcards and char == "*":
            if not result or result[-1] is not Wild.ANY:
                result.append(Wild.ANY)
        elif wildcards and char == "?":
            result.append(Wild.ONE)
        else:
            result.append(char)
        position += 1
    return tuple(result)


@lru_cache(maxsize=4096)
def _plain_tokens(pattern: str, wildcards: bool) -> Tokens:
    if not wildcards:
        return tuple(pattern)
    return tuple(_WILDS.get(char, char) for char in _STARS.sub("*", pattern))


def _variable(inside: str, context: Mapping[str, tuple[str, ...]]) -> str | None:
    if inside in _ESCAPES:
        return _ESCAPES[inside]
    key, comma, default = inside.partition(",")
    values = context.get(key.strip().lower())
    if values is not None and len(values) == 1:
        return values[0]
    default = default.strip()
    if comma and len(default) >= 2 and default[0] == default[-1] == "'":
        return default[1:-1]
    return None


def matches(tokens: Tokens, text: str) -> bool:
    """Whether the whole of `text` fits. Case counts."""
    if tokens in (_ANYTHING, tuple(text)):
        return True
    at, position = 0, 0
    star, resume = -1, 0
    while position < len(text):
        token = tokens[at] if at < len(tokens) else None
        if token is Wild.ANY:
            if at == len(tokens) - 1:
                return True
            star, resume = at, position
            at += 1
        elif token is Wild.ONE or token == text[position]:
            at += 1
            position += 1
        elif star >= 0:
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return all(token is Wild.ANY for token in tokens[at:])


@lru_cache(maxsize=4096)
def split_arn(tokens: Tokens) -> tuple[Tokens, ...]:
    """The six parts of an ARN pattern; parts that it leaves out are `*` (IAM completes an incomplete ARN)."""
    parts: list[Tokens] = []
    begin = 0
    for end in [at for at, token in enumerate(tokens) if token == ":"][:5]:
        parts.append(tokens[begin:end])
        begin = end + 1
    parts.append(tokens[begin:])
    return tuple(parts) + ((Wild.ANY,),) * (6 - len(parts))


def matches_arn(tokens: Tokens, text: str) -> bool:
    """Whether the ARN `text` fits. A wildcard stays inside its part between colons; the last part takes the rest. A pattern
    that does not begin with `arn:` (say `*`) is matched as a plain one."""
    if tokens[:4] != ("a", "r", "n", ":"):
        return matches(tokens, text)
    parts = text.split(":", 5)
    if len(parts) != 6:
        return False
    return all(matches(pattern, part) for pattern, part in zip(split_arn(tokens), parts, strict=True))


@lru_cache(maxsize=4096)
def matches_action(pattern: str, action: str) -> bool:
    """Whether the action fits, without regard to case."""
    tokens = tokens_of(pattern.lower(), None)
    return tokens is not None and matches(tokens, action.lower())
