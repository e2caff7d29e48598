"""Invoke: who may call a function, and the call that a node's supervisor makes of it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from innergate.plans.functions import MAX_ASYNC_BYTES, MAX_SYNC_BYTES
from innergate.policy.combine import decide_cross_account, decide_same_account
from innergate.policy.evaluate import AccessRequest, Decision, evaluate, request_context
from innergate.policy.parse import read_stored_policy
from innergate.primitives.event_stream import CONTENT_TYPE
from innergate.primitives.fault import Fault
from innergate.resources.functions import Function
from innergate.services.authorization import caller_keys, decide_for_caller, principal_of
from innergate.services.context import Context, Params
from innergate.services.lambdas.faults import denied, not_found
from innergate.services.lambdas.lookups import Found, look_up
from innergate.services.lambdas.names import Named, read_name
from innergate.services.node_calls import NodeAnswer, NodeCall
from innergate.services.resource_tags import tag_keys

ACTION = "lambda:InvokeFunction"
SOCKET = "functions"
GRACE_S = 25.0
"""Beyond the function's own time: to start it, and to wait for a newer document of it."""

_SERVICE_FAILURE = Fault("ServiceException", "The Lambda service encountered an internal error.", 500)


def invoke(context: Context, params: Params) -> Mapping[str, Any] | NodeCall:
    """Invoke: RequestResponse, Event or DryRun."""
    named = read_name(context, params)
    _check_access(context, named)
    found = look_up(context.tx, named)
    if found is None:
        raise not_found(f"Function not found: {named.qualified_arn}")
    kind = str(params.get("InvocationType", "RequestResponse"))
    payload = bytes(params.get("Payload") or b"")
    _check_payload(payload, MAX_ASYNC_BYTES if kind == "Event" else MAX_SYNC_BYTES)
    if kind == "DryRun":
        return {"StatusCode": 204}
    return _call(found, kind, params, payload)


def invoke_with_stream(context: Context, params: Params) -> Mapping[str, Any] | NodeCall:
    """InvokeWithResponseStream: RequestResponse or DryRun."""
    call = invoke(context, params)
    if not isinstance(call, NodeCall):
        return {"StatusCode": 200}
    path = call.path.replace("/invoke/", "/stream/", 1)
    return call._replace(path=path, streams=True, finish=_finish_stream)


def _finish_stream(answer: NodeAnswer) -> dict[str, Any]:
    _raise_refusal(answer)
    return {
        "StatusCode": answer.status,
        "ExecutedVersion": answer.headers.get("x-amz-executed-version"),
        "ResponseStreamContentType": CONTENT_TYPE,
    }


def invoke_async(context: Context, params: Params) -> Mapping[str, Any] | NodeCall:
    """InvokeAsync, the old way."""
    call = invoke(context, {**params, "InvocationType": "Event", "Payload": params.get("InvokeArgs", b"")})
    if not isinstance(call, NodeCall):
        return call
    finish = call.finish
    return call._replace(finish=lambda answer: {"Status": finish(answer)["StatusCode"]})


def _check_access(context: Context, named: Named) -> None:
    """Raises Fault AccessDeniedException; a stranger hears the same of a function that is not there."""
    function = context.tx.get(Function, named.arn)
    is_own = named.account == context.account
    tags = function.tags if function is not None and is_own else {}
    keys = {**tag_keys(tags, "aws"), "aws:ResourceAccount": named.account}
    identity = decide_for_caller(context, ACTION, named.qualified_arn, keys)
    resource = _decide_by_policy(context, named, function, keys)
    decision = decide_same_account(identity, resource) if is_own else decide_cross_account(identity, resource)
    if decision.is_allowed:
        return
    if identity.outcome == "explicit-deny":
        why = "with an explicit deny in an identity-based policy"
    elif not identity.is_allowed:
        why = f"because no identity-based policy allows the {ACTION} action"
    else:
        why = f"because no resource-based policy allows the {ACTION} action"
    raise denied(context.caller.arn, ACTION, named.qualified_arn, why)


def _decide_by_policy(context: Context, named: Named, function: Function | None, more: Mapping[str, str]) -> Decision:
    policy = function.policies.get(named.qualifier) if function is not None else None
    if policy is None:
        return Decision("implicit-deny", None, ())
    read = read_stored_policy(policy.document, "resource", named.qualified_arn)
    keys = request_context(caller_keys(context) | dict(more))
    return evaluate((read,), AccessRequest(ACTION, named.qualified_arn, principal_of(context.caller), keys))


def _check_payload(payload: bytes, limit: int) -> None:
    if len(payload) > limit:
        raise Fault(
            "RequestTooLargeException",
            f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
            413,
        )
    if payload:
        try:
            json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise Fault(
                "InvalidRequestContentException",
                f"Could not parse request body into json: {error}",
                400,
                {"Type": "User"},
            ) from None


def _call(found: Found, kind: str, params: Params, payload: bytes) -> NodeCall:
    headers = {
        "Content-Type": "application/json",
        "X-Amz-Invocation-Type": kind,
        "X-Innergate-Revision-Id": found.alias.revision_id if found.alias is not None else found.config.revision_id,
    }
    if params.get("LogType") == "Tail":
        headers["X-Amz-Log-Type"] = "Tail"
    if params.get("ClientContext"):
        headers["X-Amz-Client-Context"] = params["ClientContext"]
    return NodeCall(
        socket=SOCKET,
        method="POST",
        path=f"/invoke/{quote(found.arn, safe='')}",
        headers=headers,
        body=payload,
        timeout_s=found.config.timeout_s + GRACE_S,
        finish=_finish,
        unreachable=_SERVICE_FAILURE,
    )


def _finish(answer: NodeAnswer) -> dict[str, Any]:
    """The result; what the supervisor refuses is a fault of Lambda's."""
    _raise_refusal(answer)
    return {
        "StatusCode": answer.status,
        "FunctionError": answer.headers.get("x-amz-function-error"),
        "LogResult": answer.headers.get("x-amz-log-result"),
        "ExecutedVersion": answer.headers.get("x-amz-executed-version"),
        "Payload": answer.body,
    }


def _raise_refusal(answer: NodeAnswer) -> None:
    if answer.status >= 400:
        refused = json.loads(answer.body or b"{}")
        code = answer.headers.get("x-amzn-errortype", "ServiceException")
        raise Fault(code, str(refused.get("message", refused.get("Message", ""))), answer.status, refused)
