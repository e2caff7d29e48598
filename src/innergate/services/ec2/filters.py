"""EC2's filters: AND across filters, OR inside `Values`, `*` and `?` as wildcards, case counts.

A describe operation gives a table from filter names to member paths ("association.main" -> "Associations.Main"); a path walks
through structures and lists alike. `tag:<key>`, `tag-key` and `tag-value` work wherever the documents have `Tags`.
Source: EC2 User Guide, "Filtering your resources".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from innergate.policy.patterns import Tokens, Wild, matches
from innergate.primitives.fault import Fault

Document: TypeAlias = dict[str, Any]
FilterTable: TypeAlias = Mapping[str, str]
TAGS: dict[str, str] = {"tag-key": "Tags.Key", "tag-value": "Tags.Value"}


def values_at(value: Any, path: str) -> Iterator[str]:
    """Every leaf under `path` ("A.B"), as the text that filters compare: true/false, numbers in decimal."""
    yield from _walk(value, path.split(".") if path else [])


def _walk(value: Any, steps: list[str]) -> Iterator[str]:
    if value is None:
        return
    if isinstance(value, list | tuple):
        for member in value:
            yield from _walk(member, steps)
    elif isinstance(value, Mapping):
        if steps:
            yield from _walk(value.get(steps[0]), steps[1:])
    elif not steps:
        yield ("true" if value else "false") if isinstance(value, bool) else str(value)


@lru_cache(maxsize=1024)
def pattern_of(text: str) -> Tokens:
    """The pattern that a filter value means: `*` any text, `?` one character, a backslash takes the next one literally."""
    parts: list[str | Wild] = []
    literal = False
    for letter in text:
        if literal:
            parts.append(letter)
            literal = False
        elif letter == "\\":
            literal = True
        else:
            parts.append(_WILDS.get(letter, letter))
    return tuple(parts)


_WILDS: Mapping[str, Wild] = {"*": Wild.ANY, "?": Wild.ONE}


def select(documents: Iterable[Document], filters: Sequence[Mapping[str, Any]], table: FilterTable) -> list[Document]:
    """The documents that every filter admits. Raises Fault InvalidParameterValue for a filter that the table lacks."""
    conditions = [_condition(f, table) for f in filters]
    return [d for d in documents if all(_admits(d, path, patterns, key) for path, patterns, key in conditions)]


def _condition(wanted: Mapping[str, Any], table: FilterTable) -> tuple[str, list[Tokens], str | None]:
    name = wanted.get("Name", "")
    patterns = [pattern_of(str(value)) for value in wanted.get("Values", ())]
    if name.startswith("tag:") and ("tag-key" in table):
        return "", patterns, name[4:]
    path = table.get(name)
    if path is None:
        raise Fault("InvalidParameterValue", f"The filter '{name}' is invalid")
    return path, patterns, None


def _admits(document: Document, path: str, patterns: list[Tokens], tag_key: str | None) -> bool:
    if tag_key is None:
        texts = list(values_at(document, path))
    else:
        texts = [tag["Value"] for tag in document.get("Tags", ()) if tag["Key"] == tag_key]
    return any(matches(pattern, text) for pattern in patterns for text in texts)
