"""Tags of what a call is about, as the condition keys by which policies ask for them.

A key that is missing fits no `StringEquals`, so a Deny that asks for a tag would let everything pass.
"""

from collections.abc import Mapping, Sequence

from innergate.resources.base import Resource
from innergate.services.context import Context, Params
from innergate.services.operation import FurtherCheck, KeysOf, Operation, Operations, ResourceOf


def tag_keys(tags: Mapping[str, str], *prefixes: str) -> dict[str, str]:
    """`<prefix>:ResourceTag/<key>` of each tag, for each prefix."""
    return {f"{prefix}:ResourceTag/{key}": value for key, value in tags.items() for prefix in prefixes}


def tags_by_arn(classes: Mapping[str, type[Resource]], *prefixes: str) -> KeysOf:
    """The tags of the caller's resource that an ARN names, for resources whose id is their ARN; none of what is not there or
    not the caller's. `classes` says what an ARN with a text in it (`":role/"`) is."""

    def keys(context: Context, arn: str) -> Mapping[str, str]:
        cls = next((cls for part, cls in classes.items() if part in arn), None)
        resource = context.tx.get(cls, arn) if cls is not None else None
        if resource is None or resource.account != context.account:
            return {}
        tags: dict[str, str] = getattr(resource, "tags", {})
        return tag_keys(tags, *prefixes)

    return keys


def with_tags(operations: Operations, keys: KeysOf) -> Operations:
    """The operations, asked with the tags of what they are about."""
    return {name: operation._replace(resource_keys=keys) for name, operation in operations.items()}


def tagging_needs(operation: Operation, action: str, made: ResourceOf | None = None, member: str = "Tags") -> Operation:
    """The operation, which needs `action`, too, where a call gives tags to what it makes, since tags grant access. `made` is
    the ARN of that, if not the one on which the operation is checked; `member` holds the tags."""
    resource = made or operation.resource

    def checks(context: Context, params: Params) -> Sequence[FurtherCheck]:
        found = resource(context, params) if params.get(member) else ()
        return [FurtherCheck(action, arn) for arn in ([found] if isinstance(found, str) else found)]

    return operation._replace(further=checks)
