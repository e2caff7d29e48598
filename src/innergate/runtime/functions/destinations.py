"""What became of an event, as the function that is told of it gets it (Lambda Developer Guide, "Capturing records of Lambda
asynchronous invocations")."""

from datetime import UTC, datetime
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from innergate.runtime.functions.pool import Done

MAX_RECORD_BYTES = 1_048_576
"""An asynchronous payload (Lambda Developer Guide, "Lambda quotas")."""
MAX_HOPS = 16
"""How often an event may lead to the next one (Lambda Developer Guide, "Use Lambda recursive loop detection")."""

Condition: TypeAlias = Literal["Success", "RetriesExhausted", "EventAgeExceeded"]


class Ending(NamedTuple):
    """How an event ended: after how many calls of the function, and what the last one gave (None: there was none)."""

    condition: Condition
    calls: int
    done: Done | None


def make_record(arn: str, request_id: str, payload: bytes, ending: Ending, now: float) -> bytes:
    """The record as JSON. `arn` is the function's as it was called, `payload` what it got, `now` in seconds of the epoch."""
    qualified = arn if arn.count(":") > 6 else f"{arn}:$LATEST"
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    record: dict[str, object] = {
        "version": "1.0",
        "timestamp": at,
        "requestContext": {
            "requestId": request_id,
            "functionArn": qualified,
            "condition": ending.condition,
            "approximateInvokeCount": ending.calls,
        },
        "requestPayload": _embedded(payload),
    }
    if ending.done is not None:
        response: dict[str, object] = {"statusCode": 200, "executedVersion": ending.done.number}
        if ending.done.outcome.error:
            response["functionError"] = ending.done.outcome.error
        record |= {"responseContext": response, "responsePayload": _embedded(ending.done.outcome.payload)}
    return msgspec.json.encode(record)


def _embedded(payload: bytes) -> object:
    """JSON as it is; other text as a string of JSON."""
    try:
        msgspec.json.decode(payload or b"null", type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return payload.decode("utf-8", "replace")
    return msgspec.Raw(payload or b"null")
