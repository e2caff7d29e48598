"""The requests that a native form is exact for, as header matchers of its route."""

import re

from innergate.compile.resolve.api_blueprint import Restriction
from innergate.primitives.json_value import JsonObject

_PLAIN = "[^%+;]*"


def match_restriction(restriction: Restriction) -> tuple[JsonObject, ...]:
    """The matchers. Of repeated headers Envoy looks at each, so a comma in any of them counts."""
    found: list[JsonObject] = []
    if restriction.has_plain_target:
        found.append({"name": ":path", "string_match": {"safe_regex": {"regex": _PLAIN}}})
    for name in restriction.single_queries:
        escaped = re.escape(name)
        twice = rf".*[?&]{escaped}(?:=[^&]*)?&(?:.*&)?{escaped}(?:[=&].*)?"
        found.append({"name": ":path", "string_match": {"safe_regex": {"regex": twice}}, "invert_match": True})
    found += [
        {
            "name": name,
            "string_match": {"contains": ","},
            "invert_match": True,
            "treat_missing_header_as_empty": True,
        }
        for name in restriction.plain_headers
    ]
    return tuple(found)
