"""What tags may be (AWS tagging rules for API Gateway)."""

from collections.abc import Mapping

from innergate.services.apigateway.faults import bad_request
from innergate.services.apigateway.limits import TAG_KEY_MAX, TAG_VALUE_MAX, TAGS_MAX


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """`tags` itself. Raises Fault BadRequestException for too many, for reserved or over-long ones."""
    if len(tags) > TAGS_MAX:
        raise bad_request(f"The number of tags exceeds the limit of {TAGS_MAX}")
    for key, value in tags.items():
        if not key or len(key) > TAG_KEY_MAX or len(value) > TAG_VALUE_MAX:
            raise bad_request(
                f"Invalid tag: keys have 1 to {TAG_KEY_MAX} letters, values at most {TAG_VALUE_MAX}; key given: {key}"
            )
        if key.lower().startswith("aws:"):
            raise bad_request("aws: prefixed tag key names are not allowed for external use.")
    return dict(tags)
