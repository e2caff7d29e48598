"""The type of decoded JSON."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
    JsonObject: TypeAlias = Mapping[str, JsonValue]
else:  # a decoder that resolves annotations at run time cannot follow a recursive alias
    JsonValue = Any
    JsonObject = Mapping[str, Any]
