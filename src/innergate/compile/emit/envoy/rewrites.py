"""The integration's path from the request's: prefix or whole path swapped where that is enough, else a regex."""

from innergate.compile.emit.envoy.path_matches import PathMatch
from innergate.compile.resolve.api_blueprint import Value
from innergate.primitives.json_value import JsonObject, JsonValue


def rewrite_fields(match: PathMatch, pieces: tuple[str | Value, ...]) -> dict[str, JsonValue]:
    """The rewriting fields of a route action. `pieces` hold text and path variables only."""
    if match.prefix and len(pieces) == 2 and isinstance(pieces[0], str) and _is(pieces[1], match.groups[0]):
        return {"prefix_rewrite": pieces[0]}
    if "safe_regex" in match.match and any(pieces) and all(isinstance(piece, str) for piece in pieces):
        return {"prefix_rewrite": "".join(map(str, pieces))}  # under a regex it takes the whole path's place
    substitution = "".join(_escape(p) if isinstance(p, str) else f"\\{match.groups.index(p.text) + 1}" for p in pieces)
    rewrite: JsonObject = {"pattern": {"regex": match.regex}, "substitution": substitution}
    return {"regex_rewrite": rewrite}


def _is(piece: str | Value, variable: str) -> bool:
    return isinstance(piece, Value) and piece.source == "path" and piece.text == variable


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\")
