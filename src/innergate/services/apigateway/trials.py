"""TestInvokeMethod and TestInvokeAuthorizer: a worker of the runtime executes the API as it is being edited.

The workers execute documents, so the API's definition is put into one that no client can call; the call is made once the node
has it (`services.node_calls`).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from innergate.compile.resolve.api_definitions import define_api
from innergate.plans.runtime import TEST_HEADER, tried_document_name
from innergate.plans.trials import (
    AUTHORIZERS_PATH,
    METHODS_PATH,
    AuthorizerTrial,
    AuthorizerTried,
    MethodTrial,
    MethodTried,
)
from innergate.primitives.fault import Fault
from innergate.primitives.ids import fresh_uuid
from innergate.resources.api_trials import ApiTrial
from innergate.resources.identities import Session
from innergate.resources.rest_apis import ApiResource, RestApi
from innergate.services.apigateway.client_certificates import find_certificate
from innergate.services.apigateway.faults import bad_request, not_found
from innergate.services.apigateway.lookups import api_of, find_api, part_of
from innergate.services.context import Context, Params
from innergate.services.node_calls import NodeAnswer, NodeCall

Tried = TypeVar("Tried", bound=msgspec.Struct)

SOCKET = "runtime-0"
TIMEOUT_S = 60.0

_UNREACHABLE = Fault("ServiceUnavailableException", "The runtime's workers do not answer; see `innergate status`.", 503)


def invoke_method(context: Context, params: Params) -> NodeCall:
    """TestInvokeMethod. Raises Fault NotFoundException, BadRequestException or AccessDeniedException."""
    _refuse_integrations(context)
    api = find_api(context, params["restApiId"])
    resource = context.tx.get(ApiResource, f"{params['restApiId']}/{params['resourceId']}")
    if api is None or resource is None:
        raise not_found("Invalid Resource identifier specified")
    verb = params["httpMethod"]
    method = resource.methods.get(verb) or resource.methods.get("ANY")
    if method is None:
        raise not_found("Invalid Method identifier specified")
    if method.method_integration is None:
        raise bad_request("No integration defined for method")
    _set_up(context, api, params)
    path, _, query = (params.get("pathWithQueryString") or resource.path).partition("?")
    trial = MethodTrial(
        document=tried_document_name(api.id),
        method=f"{resource.resource_id}/{method.http_method}",
        verb="GET" if verb == "ANY" else verb,
        path=path if path.startswith("/") else f"/{path}",
        query=query,
        headers=_headers(params),
        body=params.get("body") or "",
        request_id=(request_id := fresh_uuid(context.ids)),
        received_ms=int(context.clock.now().timestamp() * 1000),
        caller=_caller(context),
    )
    began = context.clock.now()

    def finish(answer: NodeAnswer) -> Mapping[str, Any]:
        tried = _read(answer, MethodTried)
        return {
            "status": tried.status,
            "body": tried.body,
            "headers": dict(tried.headers),
            "multiValueHeaders": _grouped(tried.headers),
            "log": _show_log(request_id, began, tried.log),
            "latency": tried.latency_ms,
        }

    return _ask(METHODS_PATH, trial, finish)


def invoke_authorizer(context: Context, params: Params) -> NodeCall:
    """TestInvokeAuthorizer. Raises Fault NotFoundException."""
    api = api_of(context, params)
    authorizer = part_of(context, api.id, "authorizer", params["authorizerId"])
    if authorizer is None:
        raise not_found("Invalid Authorizer identifier specified")
    _set_up(context, api, params)
    path, _, query = (params.get("pathWithQueryString") or "/").partition("?")
    trial = AuthorizerTrial(
        document=tried_document_name(api.id),
        authorizer=authorizer.part_id,
        path=path,
        query=query,
        headers=_headers(params),
        body=params.get("body") or "",
        request_id=(request_id := fresh_uuid(context.ids)),
        received_ms=int(context.clock.now().timestamp() * 1000),
    )
    began = context.clock.now()

    def finish(answer: NodeAnswer) -> Mapping[str, Any]:
        tried = _read(answer, AuthorizerTried)
        return {
            "clientStatus": tried.status,
            "log": _show_log(request_id, began, tried.log),
            "latency": tried.latency_ms,
            "principalId": tried.principal or None,
            "policy": tried.policy or None,
            "authorization": tried.context or None,
            "claims": tried.claims or None,
        }

    return _ask(AUTHORIZERS_PATH, trial, finish)


def _refuse_integrations(context: Context) -> None:
    session = context.tx.get(Session, context.caller.access_key_id)
    if session is not None and session.service:
        # AWS differs: an integration may not call TestInvokeMethod, which AWS is not known to refuse. A method whose
        # integration tests the method would never end.
        raise Fault("AccessDeniedException", "An integration cannot test methods: it could test itself.", 403)


def _set_up(context: Context, api: RestApi, params: Params) -> None:
    trial = ApiTrial(
        id=api.id,
        account=api.account,
        region=api.region,
        definition=define_api(context.tx, api),
        variables=dict(params.get("stageVariables") or {}),
        client_certificate_id=_client_certificate(context, params),
    )
    if context.tx.get(ApiTrial, api.id) != trial:
        context.tx.put(trial)


def _client_certificate(context: Context, params: Params) -> str:
    id: str = params.get("clientCertificateId") or ""
    if id and find_certificate(context, id) is None:
        raise not_found("Invalid Client Certificate identifier specified")
    return id


def _ask(path: str, trial: msgspec.Struct, finish: Callable[[NodeAnswer], Mapping[str, Any]]) -> NodeCall:
    return NodeCall(
        socket=SOCKET,
        method="POST",
        path=path,
        headers={TEST_HEADER: "1", "Content-Type": "application/json"},
        body=msgspec.json.encode(trial),
        timeout_s=TIMEOUT_S,
        finish=finish,
        unreachable=_UNREACHABLE,
        waits_for_node=True,
    )


def _read(answer: NodeAnswer, kind: type[Tried]) -> Tried:
    if answer.status != 200:
        raise _UNREACHABLE
    return msgspec.json.decode(answer.body, type=kind)


def _headers(params: Params) -> tuple[tuple[str, str], ...]:
    single = {name: [value] for name, value in (params.get("headers") or {}).items()}
    several = {**single, **(params.get("multiValueHeaders") or {})}
    return tuple((name, value) for name, values in several.items() for value in values)


def _caller(context: Context) -> dict[str, str]:
    caller = context.caller
    return {
        "accessKey": caller.access_key_id,
        "accountId": context.account,
        "apiKey": "test-invoke-api-key",
        "apiKeyId": "test-invoke-api-key-id",
        "caller": caller.user_id,
        "sourceIp": "test-invoke-source-ip",
        "user": caller.user_id,
        "userAgent": context.user_agent,
        "userArn": caller.arn,
    }


def _grouped(headers: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in headers:
        grouped.setdefault(name, []).append(value)
    return grouped


def _show_log(request_id: str, at: datetime, lines: tuple[str, ...]) -> str:
    """As AWS prints it: a heading, and a time before each line."""
    stamp = at.astimezone(UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
    return f"Execution log for request {request_id}\n" + "".join(f"{stamp} : {line}\n" for line in lines)
