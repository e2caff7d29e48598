"""Which parts of a value a template can see at all, so that the others need not be made for it."""

from innergate.runtime.vtl.java import is_map_method
from innergate.runtime.vtl.syntax import Block, Property, Reference


def properties_used(template: Block, name: str) -> frozenset[str] | None:
    """The properties of `$name` that references go through; None where one uses the whole value, or may."""
    found: set[str] = set()
    ahead: list[object] = [template]
    while ahead:
        node = ahead.pop()
        if isinstance(node, Reference) and node.name == name:
            first = node.steps[0] if node.steps else None
            if not isinstance(first, Property) or is_map_method(first.name):
                return None
            found.add(first.name)
        if isinstance(node, tuple):
            ahead.extend(node)
    return frozenset(found)
