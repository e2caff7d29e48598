"""Which REST operation a raw path means: the most specific template of the model wins.

The path is matched undecoded, so that a label may hold an encoded slash (a tag's ARN), and each label is decoded once. Empty,
`.` and `..` segments match nothing: SigV4 would normalise them, and what is signed must be what is matched.
"""

from functools import cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from innergate.wire import catalogue


class Template(NamedTuple):
    """A `requestUri` in parts. A segment is a literal, or a label (`{x}`), the last one perhaps greedy (`{x+}`)."""

    operation: str
    segments: tuple[str, ...]
    query: tuple[tuple[str, str | None], ...]


class PathMatch(NamedTuple):
    """The operation and its decoded labels."""

    operation: str
    labels: dict[str, str]


def split_template(operation: str, uri: str) -> Template:
    """The template of an operation's `requestUri`."""
    path, _, literal = uri.partition("?")
    pairs = []
    for piece in literal.split("&"):
        if piece:
            name, equals, value = piece.partition("=")
            pairs.append((name, value if equals else None))
    return Template(operation, tuple(path.strip("/").split("/")) if path.strip("/") else (), tuple(pairs))


@cache
def templates_of(service: str) -> dict[str, tuple[Template, ...]]:
    """The service's templates by HTTP method, the most specific first."""
    model = catalogue.load(service)
    found: dict[str, list[Template]] = {}
    for name in model.operation_names:
        http = model.operation_model(name).http
        found.setdefault(str(http.get("method", "POST")), []).append(
            split_template(name, str(http.get("requestUri", "/")))
        )
    return {method: tuple(sorted(templates, key=_rank)) for method, templates in found.items()}


def _rank(template: Template) -> tuple[tuple[int, ...], int, str]:
    kinds = tuple(2 if part.endswith("+}") else 1 if part.startswith("{") else 0 for part in template.segments)
    return kinds, -len(template.query), template.operation


def match(service: str, method: str, raw_path: str, query: list[tuple[str, str]]) -> PathMatch | None:
    """The operation that this method, raw path and decoded query mean, or None."""
    segments = split_path(raw_path)
    if segments is None:
        return None
    for template in templates_of(service).get(method, ()):
        labels = match_template(template, segments, query)
        if labels is not None:
            return PathMatch(template.operation, labels)
    return None


def match_template(
    template: Template, segments: tuple[str, ...], query: list[tuple[str, str]]
) -> dict[str, str] | None:
    """The decoded labels where path segments and query fit the template, or None."""
    return _match_segments(template.segments, segments) if _has_literals(template, query) else None


def split_path(raw_path: str) -> tuple[str, ...] | None:
    """The path's segments, undecoded; None where it would not normalise to itself. One trailing slash is forgiven."""
    if not raw_path.startswith("/"):
        return None
    body = raw_path[1:]
    if body.endswith("/") and body != "/":
        body = body[:-1]
    segments = tuple(body.split("/")) if body else ()
    return None if any(part in ("", ".", "..") for part in segments) else segments


def _has_literals(template: Template, query: list[tuple[str, str]]) -> bool:
    return all(
        any(key == name and (wanted is None or value == wanted) for key, value in query)
        for name, wanted in template.query
    )


def _match_segments(wanted: tuple[str, ...], seen: tuple[str, ...]) -> dict[str, str] | None:
    greedy = bool(wanted) and wanted[-1].endswith("+}")
    if len(seen) < len(wanted) or (len(seen) > len(wanted) and not greedy):
        return None
    labels: dict[str, str] = {}
    for index, part in enumerate(wanted):
        if part.endswith("+}"):
            raw, name = "/".join(seen[index:]), part[1:-2]
        elif part.startswith("{"):
            raw, name = seen[index], part[1:-1]
        elif part == seen[index]:
            continue
        else:
            return None
        text = _decode_label(raw)
        if text is None:
            return None
        labels[name] = text
    return labels


def _decode_label(raw: str) -> str | None:
    try:
        return unquote_to_bytes(raw.encode("latin-1")).decode("utf-8")
    except UnicodeError:
        return None
