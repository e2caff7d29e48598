"""For which requests a native form with mappings is exact; a worker executes the method for the others.

Envoy takes a path parameter as it was sent, where AWS decodes it; the first of repeated query parameters, where AWS takes the
last; of repeated headers the last only where none has a comma; and where it changes the query it writes all of it anew.
"""

from innergate.compile.resolve.api_blueprint import ProxyAction, Restriction

MAX_OPTIONAL_SOURCES = 3
"""Envoy needs a route for each set of those that are there, and the sets double with each."""


def restrict(action: ProxyAction) -> Restriction | None:
    """None where the action is exact for every request."""
    values = [mapping.value for mapping in (*action.headers, *action.querystrings)]
    restriction = Restriction(
        has_plain_target=bool(action.querystrings or action.query)
        or any(value.source in ("path", "querystring") for value in values),
        plain_headers=tuple(sorted({value.text.lower() for value in values if value.source == "header"})),
        single_queries=tuple(sorted({value.text for value in values if value.source == "querystring"})),
    )
    return None if restriction == Restriction() else restriction


def optional_sources(action: ProxyAction) -> int:
    """How many sources of query parameters may be absent, which then are not sent."""
    optional = {
        mapping.value
        for mapping in action.querystrings
        if mapping.value.source in ("header", "querystring")
        and not (mapping.value.source == "querystring" and mapping.value.text == mapping.name)
    }
    return len(optional)
