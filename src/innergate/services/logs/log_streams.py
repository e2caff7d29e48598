"""Log streams: made, listed, deleted. API Gateway makes its own."""

import re

from innergate.primitives.fault import Fault
from innergate.resources.log_groups import LogGroup
from innergate.services.context import Context, Params, Result
from innergate.services.logs.log_groups import group_of, invalid
from innergate.store.log_events import LogStream, key_of_group

MAX_PAGE = 50
_NAME = re.compile(r"[^:*]{1,512}")


def stream_arn(context: Context, params: Params) -> str:
    """What IAM checks a call on events or streams on."""
    name = params.get("logGroupName") or params.get("logGroupIdentifier", "")
    group = str(name).removesuffix(":*").rpartition(":log-group:")[2]
    stem = f"arn:aws:logs:{context.region}:{context.account}:log-group:{group}"
    return f"{stem}:log-stream:{params.get('logStreamName', '')}"


def create(context: Context, params: Params) -> Result:
    """CreateLogStream."""
    group, name = group_of(context, params), params["logStreamName"]
    if not _NAME.fullmatch(name):
        raise invalid(name, "logStreamName", "Member must satisfy regular expression pattern: [^:*]*")
    if not context.logs.create_stream(key_of_group(group), name, now_ms(context)):
        raise Fault("ResourceAlreadyExistsException", "The specified log stream already exists")
    return {}


def delete(context: Context, params: Params) -> Result:
    """DeleteLogStream."""
    group = group_of(context, params)
    if not context.logs.delete_stream(key_of_group(group), params["logStreamName"]):
        raise no_stream()
    return {}


def describe(context: Context, params: Params) -> Result:
    """DescribeLogStreams: by name, or by the newest event."""
    group, prefix = group_of(context, params), params.get("logStreamNamePrefix", "")
    by_time = params.get("orderBy", "LogStreamName") == "LastEventTime"
    if by_time and prefix:
        raise Fault("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
    size = int(params.get("limit", MAX_PAGE))
    if not 1 <= size <= MAX_PAGE:
        raise invalid(size, "limit", f"Member must have value less than or equal to {MAX_PAGE}")
    found = [s for s in context.logs.streams(key_of_group(group)) if s.name.startswith(prefix)]
    found.sort(
        key=lambda s: ((s.last_ms or s.created_ms) if by_time else 0, s.name),
        reverse=bool(params.get("descending", False)),
    )
    start = _start(params.get("nextToken", ""), found)
    page = found[start : start + size]
    result: dict[str, object] = {"logStreams": [_shown(group, stream) for stream in page]}
    if start + size < len(found):
        result["nextToken"] = page[-1].name
    return result


def no_stream() -> Fault:
    """The stream is not there."""
    return Fault("ResourceNotFoundException", "The specified log stream does not exist.")


def now_ms(context: Context) -> int:
    """Unix time."""
    return int(context.clock.now().timestamp() * 1000)


def _start(token: str, found: list[LogStream]) -> int:
    """Where the page after a token begins. A token is the last name shown."""
    if not token:
        return 0
    for index, stream in enumerate(found):
        if stream.name == token:
            return index + 1
    raise Fault("InvalidParameterException", "The specified nextToken is invalid.")


def _shown(group: LogGroup, stream: LogStream) -> dict[str, object]:
    return {
        "logStreamName": stream.name,
        "creationTime": stream.created_ms,
        "firstEventTimestamp": stream.first_ms,
        "lastEventTimestamp": stream.last_ms,
        "lastIngestionTime": stream.ingested_ms,
        "uploadSequenceToken": stream.name[:56].rjust(56, "4"),
        "arn": f"{group.id}:log-stream:{stream.name}",
        "storedBytes": 0,
    }
