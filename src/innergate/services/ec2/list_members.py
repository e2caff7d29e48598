"""What an item of a list must say. EC2's model requires members of requests only, those of lists are each operation's own."""

from collections.abc import Mapping
from typing import Any

from innergate.primitives.fault import Fault


def required(item: Mapping[str, Any], member: str) -> str:
    """The member's value. Raises Fault MissingParameter."""
    value = item.get(member)
    if value is None:
        raise Fault("MissingParameter", f"The request must contain the parameter {member}")
    return str(value)
