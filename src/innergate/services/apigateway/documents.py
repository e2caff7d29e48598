"""AWS documents of API Gateway's resources, in JSON's own containers."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from innergate.resources.base import document


def show(value: msgspec.Struct, leave_out: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The AWS document of `value`, with lists where the resource has tuples."""
    return {name: _listed(member) for name, member in document(value, leave_out).items()}


def _listed(member: Any) -> Any:
    if isinstance(member, Mapping):
        return {name: _listed(inner) for name, inner in member.items()}
    if isinstance(member, Sequence) and not isinstance(member, str):
        return [_listed(inner) for inner in member]
    return member
