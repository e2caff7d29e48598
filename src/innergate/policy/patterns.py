"""Wildcards and policy variables (IAM User Guide, "Policy variables", "Resource").

A pattern is a list of tokens. What stands between its `*` is looked for from left to right, each part where it comes first, so
that nothing is ever tried again; tenants write both patterns and texts, and all of them share the processes that match.
What a variable puts in is plain text, never a wildcard.
"""

import re
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, TypeAlias


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


class _Run(NamedTuple):
    """Letters between two `*`; `holes` are where any letter may stand."""

    text: str
    holes: frozenset[int] = frozenset()

    def stands_at(self, text: str, at: int) -> bool:
        """Whether it begins there; there is room for it."""
        if not self.holes:
            return text.startswith(self.text, at)
        return all(i in self.holes or letter == text[at + i] for i, letter in enumerate(self.text))

    def find(self, text: str, begin: int, end: int) -> int:
        """Where it first stands between the two, -1 for nowhere."""
        if not self.holes:
            return text.find(self.text, begin, end)
        if len(self.text) * (end - begin) <= _FEW_TRIES:
            found = _expression(self).search(text, begin, end)
            return found.start() if found is not None else -1
        return self._find_by_bits(text, begin, end)

    def _find_by_bits(self, text: str, begin: int, end: int) -> int:
        """All beginnings at once, a bit each (Baeza-Yates and Gonnet, "A new approach to text searching")."""
        anywhere = sum(1 << i for i in self.holes)
        letters: dict[str, int] = {}
        for i, letter in enumerate(self.text):
            if i not in self.holes:
                letters[letter] = letters.get(letter, anywhere) | 1 << i
        begun, whole = 0, 1 << len(self.text) - 1
        for at in range(begin, end):
            begun = (begun << 1 | 1) & letters.get(text[at], anywhere)
            if begun & whole:
                return at - len(self.text) + 1
        return -1


_FEW_TRIES = 4_000_000
"""Of a regular expression without repeats, which makes some hundred million a second, and lets nobody else run meanwhile."""


@lru_cache(maxsize=4096)
def _expression(run: _Run) -> "re.Pattern[str]":
    pieces = ("." if i in run.holes else re.escape(letter) for i, letter in enumerate(run.text))
    return re.compile("".join(pieces), re.DOTALL)


@lru_cache(maxsize=4096)
def _runs(tokens: Tokens) -> tuple[_Run, ...]:
    """The pattern cut at each `*`."""
    runs: list[list[str | Wild]] = [[]]
    for token in tokens:
        if token is Wild.ANY:
            runs.append([])
        else:
            runs[-1].append(token)
    return tuple(
        _Run(
            "".join(token.value if isinstance(token, Wild) else token for token in run),
            frozenset(i for i, token in enumerate(run) if isinstance(token, Wild)),
        )
        for run in runs
    )


def matches(tokens: Tokens, text: str) -> bool:
    """Whether the whole of `text` fits. Case counts."""
    if tokens == _ANYTHING:
        return True
    first, *rest = _runs(tokens)
    if not rest:
        return len(first.text) == len(text) and first.stands_at(text, 0)
    *middle, last = rest
    at, end = len(first.text), len(text) - len(last.text)
    if at > end or not first.stands_at(text, 0) or not last.stands_at(text, end):
        return False
    for run in middle:
        found = run.find(text, at, end)
        if found < 0:
            return False
        at = found + len(run.text)
    return True


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
