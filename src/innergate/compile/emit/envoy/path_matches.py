"""Path templates under a stage or base path as route matches: the cheapest form that is exact; never a uri_template
(envoy.md, 11)."""

import re
from functools import lru_cache
from typing import NamedTuple

from innergate.compile.resolve.api_blueprint import VERBS
from innergate.compile.resolve.api_path_order import Segment, split_path
from innergate.primitives.json_value import JsonObject, JsonValue


class PathMatch(NamedTuple):
    """How a template is matched. `prefix` is the text before a greedy end where all before it is literal, else ""; `groups`
    are the variables in the order of the regex's groups."""

    match: dict[str, JsonValue]
    regex: str
    prefix: str
    groups: tuple[str, ...]


@lru_cache(maxsize=16_384)
def match_path(mount: str, path: str) -> PathMatch:
    """The match of `path` under `mount` ("/test", or "" for the root). A trailing slash does not matter, but a greedy variable
    is never empty."""
    segments = split_path(path)
    regex = f"^{re.escape(mount)}" + "".join(f"/{_segment_regex(s)}" for s in segments)
    greedy = bool(segments) and segments[-1].kind == "greedy"
    regex += "$" if greedy else "/?$"
    groups = tuple(s.text for s in segments if s.kind != "literal")
    literal = "".join(f"/{s.text}" for s in segments if s.kind == "literal")
    if greedy and len(groups) == 1:
        prefix = f"{mount}{literal}/"
        return PathMatch({"prefix": prefix}, regex, prefix, groups)
    return PathMatch({"safe_regex": {"regex": regex}}, regex, "", groups)


def match_verb(verb: str) -> list[JsonValue]:
    """The header matchers of a verb; none for ANY: what it does not cover is refused before (OTHER_VERBS)."""
    return [] if verb == "ANY" else [{"name": ":method", "string_match": {"exact": verb}}]


OTHER_VERBS: JsonObject = {
    "prefix": "/",
    "headers": [
        {"name": ":method", "string_match": {"exact": verb}, "invert_match": True}
        for verb in ("GET", "POST", *(verb for verb in VERBS if verb not in ("GET", "POST")))
    ],
}
"""Matches what no method of an API may be. The first that is the request's own verb ends the question, so the frequent ones
stand in front; a regular expression costs every request twice as much."""


def match_parent(mount: str, path: str) -> JsonObject:
    """The path before a greedy end with its slash: "/pets/" for "/pets/{proxy+}", which must not match it."""
    literal = "".join(f"/{s.text}" for s in split_path(path) if s.kind == "literal")
    return {"path": f"{mount}{literal}/"}


def _segment_regex(segment: Segment) -> str:
    if segment.kind == "literal":
        return re.escape(segment.text)
    return "(.+)" if segment.kind == "greedy" else "([^/]+)"
