"""Lines of the execution log about calls that Envoy itself ended: what workers write of their own calls is not known here."""

from innergate.observe.access_records import Record
from innergate.observe.gateway_errors import TIMED_OUT, error_of


def failure_lines(record: Record, masked_arn: str) -> tuple[str, ...]:
    """Why the gateway answered in its own name, and with what; nothing where it did not, where a worker has told of the call,
    or where no method was met. `masked_arn` is the stage's execute-api ARN as messages show it."""
    if record.get("runtime") is not None or not record.get("resourceId"):
        return ()
    error = error_of(record, masked_arn)
    if error is None:
        return ()
    if error.response_type == TIMED_OUT:
        reason = error.integration_error
    elif error.integration_error:
        reason = f"Execution failed due to configuration error: {error.integration_error}"
    elif error.response_type == "API_CONFIGURATION_ERROR":
        reason = "Execution failed due to configuration error: There was an internal error"
    else:
        reason = error.message
    request_id = record.get("requestId")
    return f"({request_id}) {reason}", f"({request_id}) Method completed with status: {record.get('status')}"
