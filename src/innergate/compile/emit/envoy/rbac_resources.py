"""Whether a resource pattern of a policy covers a call, in terms of Envoy's method and path.

The ARN of a call is `<api>/<stage>/<METHOD>/<path>` behind constant parts. The constant parts are matched while compiling;
what is left of the pattern is split between method and path in every way that can match, because a wildcard may cross the
slash between them.
"""

from collections.abc import Iterator

from innergate.compile.emit.envoy.rbac_expressions import Expression, all_of, any_of, header, path
from innergate.compile.emit.envoy.rbac_patterns import expression, quote, regex_matcher, string_matcher
from innergate.compile.resolve.api_blueprint import VERBS
from innergate.policy.patterns import Tokens, Wild, matches, split_arn

_LONGEST_VERB = max(map(len, VERBS))


def covers(tokens: Tokens, api_arn_prefix: str, stage: str, mount: str) -> Expression:
    """Whether the pattern fits the ARN of the call. `tokens` has its variables filled in; `mount` is what a request's path
    begins with before the method's."""
    fixed = f"{api_arn_prefix}/{stage}/"
    if tokens[:4] == ("a", "r", "n", ":"):
        *parts, last = split_arn(tokens)
        *known, api = fixed.split(":", 5)
        if not all(matches(pattern, text) for pattern, text in zip(parts, known, strict=True)):
            return False
        tokens, fixed = last, api
    positions = _positions_after(tokens, fixed)
    needed = (at for at in sorted(positions) if not (at - 1 in positions and tokens[at - 1] is Wild.ANY))
    return any_of(_covers_rest(tokens[at:], mount) for at in needed)


def _positions_after(tokens: Tokens, text: str) -> set[int]:
    """Where the pattern can stand after `text`; a position at a `*` is still inside it."""
    same = 0
    while same < min(len(tokens), len(text)) and tokens[same] == text[same]:
        same += 1
    positions = _skip_stars({same}, tokens)
    for char in text[same:]:
        positions = _skip_stars(
            {
                at if tokens[at] is Wild.ANY else at + 1
                for at in positions
                if at < len(tokens) and (isinstance(tokens[at], Wild) or tokens[at] == char)
            },
            tokens,
        )
    return positions


def _skip_stars(positions: set[int], tokens: Tokens) -> set[int]:
    found = set(positions)
    for at in positions:
        if at < len(tokens) and tokens[at] is Wild.ANY:
            found.add(at + 1)
    return found


def _covers_rest(rest: Tokens, mount: str) -> Expression:
    """Whether `METHOD/path` fits."""
    if rest == (Wild.ANY,):
        return True
    return any_of(
        all_of((_method_fits(method), _path_fits(path_tokens, mount))) for method, path_tokens in _splits(rest)
    )


def _splits(rest: Tokens) -> Iterator[tuple[Tokens, Tokens]]:
    """Every way to cut the pattern into one for a method and one for `/path`. Cuts that no method fits are left out: there are
    as many as the pattern has wildcards, and each would be written down whole. A method has no slash in it."""
    for at, token in enumerate(rest):
        letters = sum(known is not Wild.ANY for known in rest[: min(at, 2 * _LONGEST_VERB + 2)])
        if letters > _LONGEST_VERB:
            return
        if token is Wild.ANY and _fits_some_verb(rest[: at + 1]):
            yield rest[: at + 1], rest[at:]
        if at and (token == "/" or token is Wild.ONE) and _fits_some_verb(rest[:at]):
            yield rest[:at], rest[at:]
        if token == "/":
            return


def _fits_some_verb(tokens: Tokens) -> bool:
    return any(matches(tokens, verb) for verb in VERBS)


def _method_fits(tokens: Tokens) -> Expression:
    return True if tokens == (Wild.ANY,) else header(":method", string_matcher(tokens))


def _path_fits(tokens: Tokens, mount: str) -> Expression:
    """Whether `/path` fits, where Envoy sees `<mount>/path`. The mount alone is the same as with a slash after it, and so is
    every path (see policy.evaluate.names_of)."""
    if tokens == (Wild.ANY,) or tokens == ("/", Wild.ANY):
        return True
    end = "" if tokens[-1:] in ((Wild.ANY,), ("/",)) else "/?"
    whole: list[Expression] = [path(regex_matcher(quote(mount) + expression(tokens) + end))]
    if mount and matches(tokens, "/"):
        whole.append(path({"exact": mount}))
    return any_of(whole)
