"""Hypothesis strategies for the values of botocore shapes: what boto3's users pass, and what operations answer."""

import string
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import strategies as st

MAX_DEPTH = 4
MAX_NODES = 40


class Limits(NamedTuple):
    """What a protocol cannot carry, so that no such value is drawn: it would come back as nothing."""

    empty_structures: bool
    empty_lists: bool
    millis_only: bool
    result: bool


_SURROGATES: tuple[Literal["Cs"], ...] = ("Cs",)
_XML_UNFIT: tuple[Literal["Cs", "Cc"], ...] = ("Cs", "Cc")
_XML_TEXT = st.text(
    st.characters(exclude_categories=_XML_UNFIT, exclude_characters="\ufffe\uffff") | st.sampled_from("\t\n\r&<> \"'"),
    max_size=8,
)
_HEADER_TEXT = st.text(string.ascii_letters + string.digits + "/-_=", min_size=1, max_size=8)
_LABEL_TEXT = st.text(st.characters(exclude_categories=_SURROGATES), min_size=1, max_size=8).filter(
    lambda t: t not in (".", "..")
)
_KEY_TEXT = st.text(string.ascii_lowercase, min_size=1, max_size=6).map(lambda text: "x-key-" + text)
_BOOLEANS, _BLOBS = st.booleans(), st.binary(max_size=12)
_INTEGERS = {"integer": st.integers(-(2**31), 2**31 - 1), "long": st.integers(-(2**63), 2**63 - 1)}
_FLOATS = {
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "double": st.floats(allow_nan=False, allow_infinity=False),
}
_FIRST, _LAST = 0, 4_102_444_800_000_000


def _instant(micros: int) -> datetime:
    seconds, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


_MICROS = st.integers(_FIRST, _LAST).map(_instant)
_MILLIS = st.integers(_FIRST // 1000, _LAST // 1000).map(lambda millis: _instant(millis * 1000))
_SECONDS = st.integers(_FIRST // 1_000_000, _LAST // 1_000_000).map(lambda seconds: _instant(seconds * 1_000_000))

ABSENT = object()


class _Walk:
    """One drawing of one value; counts nodes so that wide shapes stay small."""

    def __init__(self, draw: Any, limits: Limits) -> None:
        self.draw = draw
        self.limits = limits
        self.nodes = 0

    def structure(self, shape: StructureShape, depth: int) -> Any:
        names = [name for name, member in shape.members.items() if not _is_event_stream(member)]
        if shape.serialization.get("document") or getattr(shape, "is_document_type", False):
            return {"a": [1, "b"]}
        chosen = [name for name in names if name in shape.required_members or _is_label(shape.members[name])]
        optional = [name for name in names if name not in chosen]
        if shape.is_tagged_union:
            chosen, optional = [], names
        if optional and (self.nodes < MAX_NODES or not chosen):
            wanted = 1 if shape.is_tagged_union else self.draw(st.integers(0 if chosen else 1, min(4, len(optional))))
            picks = self.draw(st.lists(st.sampled_from(optional), min_size=wanted, max_size=wanted, unique=True))
            chosen = chosen + picks
        found: dict[str, Any] = {}
        for name in chosen:
            value = self.value(shape.members[name], depth + 1)
            if value is not ABSENT:
                found[name] = value
        if not found and depth > 0 and (not self.limits.empty_structures or shape.is_tagged_union):
            return ABSENT
        return found

    def value(self, shape: Shape, depth: int) -> Any:
        self.nodes += 1
        if isinstance(shape, StructureShape):
            return ABSENT if depth > MAX_DEPTH else self.structure(shape, depth)
        if isinstance(shape, ListShape):
            return self.list_of(shape, depth)
        if isinstance(shape, MapShape):
            return self.map_of(shape, depth)
        return self.draw(_scalar(shape, self.limits))

    def list_of(self, shape: ListShape, depth: int) -> Any:
        location = shape.serialization.get("location")
        least = 0 if self.limits.empty_lists and not shape.serialization.get("flattened") and location is None else 1
        count = least if depth > MAX_DEPTH or self.nodes > MAX_NODES else self.draw(st.integers(least, 2))
        items = [self.value(shape.member, depth + 1) for _ in range(count)]
        items = [item for item in items if item is not ABSENT]
        return items if len(items) >= least else ABSENT

    def map_of(self, shape: MapShape, depth: int) -> Any:
        located = shape.serialization.get("location") is not None
        count = self.draw(st.integers(1, 2))
        found = {}
        for _ in range(count):
            key = self.draw(_KEY_TEXT if located else _scalar(shape.key, self.limits))
            value = (
                self.draw(_HEADER_TEXT)
                if located and shape.value.type_name == "string"
                else self.value(shape.value, depth + 1)
            )
            if value is not ABSENT:
                found[key] = value
        return found or ABSENT


def _is_label(shape: Shape) -> bool:
    return shape.serialization.get("location") == "uri"


def _is_event_stream(shape: Shape) -> bool:
    return bool(shape.serialization.get("eventstream"))


def _scalar(shape: Shape, limits: Limits) -> st.SearchStrategy[Any]:
    location = shape.serialization.get("location")
    match shape.type_name:
        case "boolean":
            return _BOOLEANS
        case "integer" | "long":
            return st.integers(200, 299) if location == "statusCode" else _INTEGERS[shape.type_name]
        case "float" | "double":
            return _FLOATS[shape.type_name]
        case "timestamp":
            if location == "header" or shape.serialization.get("timestampFormat", "").lower() == "rfc822":
                return _SECONDS
            return _MILLIS if limits.millis_only else _MICROS
        case "blob":
            return _BLOBS
    enum = getattr(shape, "enum", None)
    if enum:
        return st.sampled_from(list(enum))
    if location == "uri":
        return _LABEL_TEXT
    return _HEADER_TEXT if location == "header" else _XML_TEXT


def values_of(shape: StructureShape, limits: Limits) -> st.SearchStrategy[dict[str, Any]]:
    """Values of a structure, by member names; small, required members always there."""

    @st.composite
    def build(draw: Any) -> dict[str, Any]:
        value = _Walk(draw, limits).structure(shape, 0)
        assert isinstance(value, dict)
        return value

    return build()


LIMITS = {
    "ec2": Limits(empty_structures=False, empty_lists=False, millis_only=False, result=False),
    "query": Limits(empty_structures=False, empty_lists=True, millis_only=False, result=False),
    "json": Limits(empty_structures=True, empty_lists=True, millis_only=False, result=False),
    "rest-json": Limits(empty_structures=True, empty_lists=True, millis_only=False, result=False),
    "smithy-rpc-v2-cbor": Limits(empty_structures=True, empty_lists=True, millis_only=False, result=False),
}
RESULT_LIMITS = Limits(empty_structures=True, empty_lists=True, millis_only=True, result=True)
