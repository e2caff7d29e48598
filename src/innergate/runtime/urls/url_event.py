"""The event that a function URL sends: format 2.0 (Lambda Developer Guide, "Request payload format" of function URLs)."""

import base64
import json
from urllib.parse import parse_qsl

from innergate.plans.function_urls import FunctionUrlPlan
from innergate.plans.principals import RuntimePrincipal
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.runtime.exchange.call import Call
from innergate.runtime.exchange.context_values import request_time
from innergate.runtime.exchange.header_rules import NEVER_MAPPED
from innergate.runtime.exchange.trace_id import trace_id

_TEXTS = ("text/", "application/json", "application/javascript", "application/xml")


def make_url_event(plan: FunctionUrlPlan, call: Call, caller: RuntimePrincipal | None) -> bytes:
    """The event as JSON."""
    body, is_base64 = _body(call)
    cookies = [part.strip() for value in _values(call, "cookie") for part in value.split(";") if part.strip()]
    event: JsonObject = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": call.path,
        "rawQueryString": call.query,
        **({"cookies": cookies} if cookies else {}),
        "headers": _headers(call),
        **({"queryStringParameters": _query(call)} if call.query else {}),
        "requestContext": _context(plan, call, caller),
        **({"body": body} if body is not None else {}),
        "isBase64Encoded": is_base64,
    }
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def _values(call: Call, wanted: str) -> list[str]:
    return [value for name, value in call.headers if name.lower() == wanted]


def _headers(call: Call) -> dict[str, str]:
    """Names in small letters, values of one name joined; cookies have a member of their own."""
    joined: dict[str, str] = {}
    for name, value in call.headers:
        lowered = name.lower()
        if lowered != "cookie" and (lowered not in NEVER_MAPPED or lowered == "content-length"):
            joined[lowered] = f"{joined[lowered]},{value}" if lowered in joined else value
    added = {
        "host": call.domain_name,
        "x-amzn-trace-id": trace_id(call),
        "x-forwarded-for": call.source_ip,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }
    return {**joined, **added}


def _query(call: Call) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(call.query, keep_blank_values=True):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _context(plan: FunctionUrlPlan, call: Call, caller: RuntimePrincipal | None) -> JsonObject:
    context: dict[str, JsonValue] = {
        "accountId": caller.account if caller is not None else "anonymous",
        "apiId": plan.id,
        "domainName": plan.host,
        "domainPrefix": plan.id,
        "http": {
            "method": call.verb,
            "path": call.path,
            "protocol": call.protocol,
            "sourceIp": call.source_ip,
            "userAgent": call.header("user-agent"),
        },
        "requestId": call.request_id,
        "routeKey": "$default",
        "stage": "$default",
        "time": request_time(call.received_ms),
        "timeEpoch": call.received_ms,
    }
    if caller is not None:
        context["authorizer"] = {
            "iam": {
                "accessKey": caller.access_key_id,
                "accountId": caller.account,
                "callerId": caller.user_id,
                "cognitoIdentity": None,
                "principalOrgId": caller.organization or None,
                "userArn": caller.arn,
                "userId": caller.user_id,
            }
        }
    return context


def _body(call: Call) -> tuple[str | None, bool]:
    """As text where its type is one and it is UTF-8, else as base64."""
    if not call.body:
        return None, False
    content_type = (call.header("content-type") or "").lower()
    if content_type.startswith(_TEXTS):
        try:
            return call.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(call.body).decode(), True
