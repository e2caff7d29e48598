"""Listings of Lambda: `MaxItems` and an opaque `Marker`."""

from collections.abc import Sequence

from innergate.primitives.digits import MAX_POSITION, read_digits
from innergate.services.context import Params, Result
from innergate.services.lambdas.faults import invalid

MAX_PAGE = 50
"""ListFunctions gives at most 50 at once, whatever is asked for (Lambda API Reference, ListFunctions)."""


def page(member: str, rows: Sequence[object], params: Params) -> Result:
    """The page that `params` asks for. Raises Fault InvalidParameterValueException for a marker that no listing gave."""
    marker = str(params.get("Marker") or "0")
    start = read_digits(marker, MAX_POSITION)
    if start is None:
        raise invalid("Invalid Marker")
    size = min(int(params.get("MaxItems") or MAX_PAGE), MAX_PAGE)
    result: dict[str, object] = {member: list(rows[start : start + size])}
    if start + size < len(rows):
        result["NextMarker"] = str(start + size)
    return result
