"""Tags in requests and answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from innergate.primitives.fault import Fault
from innergate.services.context import Params

MAX_TAGS = 50
"""Tags of one resource (EC2 User Guide, "Tag restrictions")."""
MAX_KEY = 128
MAX_VALUE = 256


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The tags as EC2 answers them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tags_from(pairs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The tags of a request, checked. Raises Fault InvalidParameterValue or TagLimitExceeded."""
    tags: dict[str, str] = {}
    for pair in pairs:
        key, value = pair.get("Key") or "", pair.get("Value") or ""
        if not key:
            raise Fault("InvalidParameterValue", "Tag keys must not be empty")
        if len(key) > MAX_KEY:
            raise Fault("InvalidParameterValue", f"Tag key exceeds the maximum length of {MAX_KEY} characters")
        if len(value) > MAX_VALUE:
            raise Fault("InvalidParameterValue", f"Tag value exceeds the maximum length of {MAX_VALUE} characters")
        if key.lower().startswith("aws:"):
            raise Fault(
                "InvalidParameterValue",
                "Tag keys starting with 'aws:' are reserved for internal use",
            )
        if key in tags:
            raise Fault("InvalidParameterValue", f"Duplicate tag key '{key}' specified.")
        tags[key] = value
    check_count(tags)
    return tags


def check_count(tags: Mapping[str, str]) -> None:
    """Raises Fault TagLimitExceeded where one resource would have more than 50 tags."""
    if len(tags) > MAX_TAGS:
        raise Fault("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")


def tags_on_create(params: Params, resource_type: str) -> dict[str, str]:
    """The tags that a create operation gives to a resource of `resource_type` ("vpc", "vpc-endpoint", ...).

    Raises Fault InvalidParameterValue where a specification names another type.
    """
    pairs: list[Mapping[str, Any]] = []
    for specification in params.get("TagSpecifications") or ():
        named = specification.get("ResourceType")
        if named != resource_type:
            raise Fault(
                "InvalidParameterValue",
                f"'{named}' is not a valid taggable resource type for this operation.",
            )
        pairs += specification.get("Tags") or ()
    return tags_from(pairs)
