"""What every entity of IAM shares: names, paths, tags, the text of policies, pages."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from innergate.policy.document import PolicyError, PolicyKind
from innergate.policy.parse import parse_policy
from innergate.primitives.digits import MAX_POSITION, read_digits
from innergate.primitives.fault import Fault
from innergate.services.context import Context, Params

T = TypeVar("T")
MAX_TAGS = 50
MAX_PAGE = 1000
DEFAULT_PAGE = 100
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/|/[!-~]+/")


def check_name(value: str, member: str, longest: int) -> str:
    """`value`, if it is a name of IAM's. `member` is the parameter in lower camel case. Raises Fault ValidationError."""
    if not _NAME.fullmatch(value):
        raise Fault(
            "ValidationError",
            f"The specified value for {member} is invalid. It must contain only alphanumeric characters and/or the "
            "following: +=,.@_-",
        )
    if len(value) > longest:
        raise Fault(
            "ValidationError",
            f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must have "
            f"length less than or equal to {longest}",
        )
    return value


def check_path(params: Params, member: str = "Path") -> str:
    """The path that the call gives, `/` by default. Raises Fault ValidationError."""
    path = str(params.get(member, "/"))
    if not _PATH.fullmatch(path) or len(path) > 512:
        raise Fault(
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
            "characters and/or / characters.",
        )
    return path


def check_document(text: str, kind: PolicyKind) -> str:
    """`text`, if it is a policy. Raises Fault MalformedPolicyDocument."""
    try:
        parse_policy(text, kind)
    except PolicyError as error:
        raise Fault("MalformedPolicyDocument", error.message) from None
    return text


def encode_document(text: str) -> str:
    """IAM answers with policies percent-encoded (RFC 3986)."""
    return quote(text, safe="")


def read_tags(params: Params) -> dict[str, str]:
    """The tags that the call gives. Raises Fault InvalidInput or LimitExceeded."""
    raw: Sequence[Mapping[str, str]] = params.get("Tags", ())
    tags = {tag["Key"]: tag["Value"] for tag in raw}
    if len({key.lower() for key in tags}) != len(raw):
        raise Fault("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.lower().startswith("aws:") for key in tags):
        raise Fault("InvalidInput", "Tag keys starting with 'aws:' are reserved for system use.")
    return check_tag_count(tags)


def check_tag_count(tags: dict[str, str]) -> dict[str, str]:
    """`tags`, if they are not too many. Raises Fault LimitExceeded."""
    if len(tags) > MAX_TAGS:
        raise Fault("LimitExceeded", f"The number of tags has reached the maximum limit of {MAX_TAGS}.", 409)
    return tags


def merge_tags(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """`old` overwritten by `new`; keys are told apart without regard to case."""
    changed = {key.lower() for key in new}
    return check_tag_count({**{key: value for key, value in old.items() if key.lower() not in changed}, **new})


def shown_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as IAM shows them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def shown_boundary(arn: str) -> dict[str, str] | None:
    """The PermissionsBoundary member; None where there is none."""
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None


def page(member: str, items: Sequence[T], params: Params) -> dict[str, Any]:
    """One page of a list: the member, IsTruncated and, where there is more, the Marker. Raises Fault ValidationError."""
    marker = str(params.get("Marker", "0"))
    start = read_digits(marker, MAX_POSITION)
    if start is None:
        raise Fault("ValidationError", "Invalid Marker.")
    size = min(int(params.get("MaxItems", DEFAULT_PAGE)), MAX_PAGE)
    end = start + size
    result: dict[str, Any] = {member: list(items[start:end]), "IsTruncated": end < len(items)}
    if end < len(items):
        result["Marker"] = str(end)
    return result


def own_user_name(context: Context, params: Params) -> str:
    """The user that the call names, or the calling user. Raises Fault ValidationError for a caller that is none."""
    name = params.get("UserName", "")
    if name:
        return str(name)
    if context.caller.kind != "user":
        raise Fault("ValidationError", "Must specify userName when calling with non-User credentials")
    return context.caller.arn.rpartition("/")[2]
