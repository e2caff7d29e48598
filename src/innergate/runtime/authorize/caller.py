"""Who signed a call (AWS_IAM): SigV4 in the header or in the query, with keys that a worker has as documents."""

import hmac
import re
from collections.abc import Mapping

from innergate.plans.principals import RuntimePrincipal
from innergate.primitives.fault import Fault
from innergate.runtime.authorize.memory import FindPrincipal
from innergate.runtime.authorize.outcome import Denied
from innergate.runtime.authorize.question import Question
from innergate.wire import sigv4
from innergate.wire.http import HttpRequest

SERVICE = "execute-api"
_KEY_ID = re.compile(r"[A-Z0-9]{16,128}")
_TYPES: Mapping[str, str] = {"MissingAuthenticationTokenException": "MISSING_AUTHENTICATION_TOKEN"}

MISSING = Denied(
    response_type="MISSING_AUTHENTICATION_TOKEN",
    message="Missing Authentication Token",
    error_type="MissingAuthenticationTokenException",
)
UNKNOWN_KEY = Denied(
    response_type="INVALID_SIGNATURE",
    message="The security token included in the request is invalid.",
    error_type="UnrecognizedClientException",
)
EXPIRED = Denied(
    response_type="EXPIRED_TOKEN",
    message="The security token included in the request is expired",
    error_type="ExpiredTokenException",
)


def identify(question: Question, find_principal: FindPrincipal, service: str = SERVICE) -> RuntimePrincipal | Denied:
    """The principal who signed exactly this call lately for the service, or the refusal."""
    request = _signed_request(question)
    try:
        claim = sigv4.parse_claim(request)
        if claim is None:
            return _without_signature(request)
        _check_scope(question, claim, service)
        principal = find_principal(claim.access_key_id) if _KEY_ID.fullmatch(claim.access_key_id) else None
        if principal is None or not hmac.compare_digest(principal.token.encode(), (claim.token or "").encode()):
            return UNKNOWN_KEY
        _verify(question, claim, request, principal)
    except Fault as fault:
        return _refused(fault.code, fault.message)
    if principal.expires_at_ms and principal.expires_at_ms <= question.call.received_ms:
        return EXPIRED
    return principal


def _verify(question: Question, claim: sigv4.Claim, request: HttpRequest, principal: RuntimePrincipal) -> None:
    """Host was signed as it stands or, where a client names the port, with that of the connection. Raises Fault."""
    try:
        sigv4.verify(claim, request, principal.secret_access_key, question.now)
    except Fault as fault:
        named = _with_port(request, question.call.port)
        if named is None or fault.message != sigv4.MISMATCH_TEXT:
            raise
        sigv4.verify(claim, named, principal.secret_access_key, question.now)


def _with_port(request: HttpRequest, port: str) -> HttpRequest | None:
    """The request whose Host names the port; None where that is not known, or there is not one Host."""
    hosts = [value for name, value in request.headers if name.lower() == "host"]
    if not port.isdecimal() or len(hosts) != 1:
        return None
    rest = tuple(pair for pair in request.headers if pair[0].lower() != "host")
    return request._replace(headers=(("Host", f"{hosts[0]}:{port}"), *rest))


def _signed_request(question: Question) -> HttpRequest:
    """The call as its sender signed it. Some senders sign Content-Length, which Envoy takes off on its way to a worker."""
    call = question.call
    headers = call.headers
    if call.header("content-length") is None:
        headers = (*headers, ("Content-Length", str(len(call.body))))
    return HttpRequest(call.verb, call.sent_path, call.query, headers, call.body)


def _without_signature(request: HttpRequest) -> Denied:
    """No Authorization at all is a missing token; another scheme is a signature with everything left out."""
    authorization = request.header("authorization")
    if not authorization:
        return MISSING
    wanted = " ".join(
        f"Authorization header requires '{name}' parameter." for name in ("Credential", "Signature", "SignedHeaders")
    )
    if request.header("x-amz-date") is None and request.header("date") is None:
        wanted += " Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
    return _refused("IncompleteSignatureException", f"{wanted} Authorization={authorization.split(' ')[0]}")


def _check_scope(question: Question, claim: sigv4.Claim, service: str) -> None:
    if claim.region != question.stage.region:
        raise Fault("InvalidSignatureException", "Credential should be scoped to a valid region. ", 403)
    if claim.service != service:
        raise Fault("InvalidSignatureException", f"Credential should be scoped to correct service: '{service}'. ", 403)
    # AWS differs: a signed call must sign x-apigw-api-id where that names another API than Host; AWS is not known to ask for
    # it. The header chooses the API, so unsigned it would let others choose.
    chosen = question.call.header("x-apigw-api-id")
    host = question.call.header("host") or ""
    if chosen is not None and "x-apigw-api-id" not in claim.signed_headers and host.partition(".")[0] != chosen:
        message = "'x-apigw-api-id' must be a 'SignedHeader' in the AWS Authorization."
        raise Fault("InvalidSignatureException", message, 403)


def _refused(code: str, message: str) -> Denied:
    return Denied(response_type=_TYPES.get(code, "INVALID_SIGNATURE"), message=message, error_type=code)
