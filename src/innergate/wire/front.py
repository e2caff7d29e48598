"""The wire as one object: a request in, a call out; a result or a fault in, a response out.

The server's order is: `recognise` (who claims to call what), `verify` with the stored secret, `accept` (parameters), run the
operation, `answer` or `refuse`. So no parameters are read for a caller who is not who he says.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, final

from botocore.model import OperationModel, ServiceModel

from innergate.primitives.fault import Fault
from innergate.primitives.secret import Secret
from innergate.wire import catalogue, refusals, routing, sigv4
from innergate.wire.http import HttpRequest, HttpResponse, inflate
from innergate.wire.protocols import PROTOCOLS
from innergate.wire.sigv4 import Claim
from innergate.wire.validate import validate

DEFAULT_REGION = "us-east-1"
MAX_BODY_BYTES = 10 * 1024 * 1024
MAX_CODE_BODY_BYTES = 100 * 1024 * 1024


class Recognised(NamedTuple):
    """A request's service, operation and caller's claim, before its parameters are read."""

    service: str
    operation: str
    protocol: str
    region: str
    claim: Claim | None
    labels: Mapping[str, str]


class Call(NamedTuple):
    """One operation to run. `params` are by member names, as boto3 users write them; `region` is the scope's or the default."""

    service: str
    operation: str
    params: Mapping[str, Any]
    protocol: str
    region: str
    claim: Claim | None


@final
class Wire:
    """Stateless but for the models' caches; one serves all threads."""

    def recognise(self, request: HttpRequest) -> Recognised:
        """Which operation the request means and who claims to call it. Nothing is proven, nothing parsed.

        Raises Fault: a broken signature, an unknown service or operation, a body that is too large.
        """
        limit = limit_of_body(request.raw_path)
        if len(request.body) > limit:
            raise refusals.too_large(len(request.body), limit)
        claim = sigv4.parse_claim(request, routing.guess_protocol(request, None))
        found = routing.route(_plain(request), claim.service if claim is not None else None)
        if isinstance(found, routing.Unroutable):
            raise found.fault
        region = claim.region if claim is not None else DEFAULT_REGION
        return Recognised(found.service, found.operation, found.protocol, region, claim, found.labels)

    def verify(self, recognised: Recognised, request: HttpRequest, secret: Secret | str, now: datetime) -> None:
        """Nothing, if the claim holds. Raises Fault in the call's protocol, also where there is no claim."""
        if recognised.claim is None:
            raise refusals.missing_credentials(recognised.protocol)
        sigv4.verify(recognised.claim, request, secret, now, recognised.protocol)

    def accept(self, request: HttpRequest, recognised: Recognised | None = None) -> Call:
        """The call with its parameters parsed and checked.

        Raises Fault SerializationException and the like for what cannot be read, ValidationException and the like for
        what AWS's framework refuses; besides what `recognise` raises.
        """
        seen = recognised if recognised is not None else self.recognise(request)
        operation = _operation(seen.service, seen.operation)
        params = PROTOCOLS[seen.protocol].parse(operation, _plain(request), seen.labels)
        validate(operation, seen.protocol, params)
        return Call(seen.service, seen.operation, params, seen.protocol, seen.region, seen.claim)

    def answer(self, call: Call | Recognised, result: Mapping[str, Any] | None, request_id: str) -> HttpResponse:
        """The response that carries `result`. Raises ValueError for a member that the model does not have."""
        return PROTOCOLS[call.protocol].render(_operation(call.service, call.operation), result or {}, request_id)

    def refuse(self, about: Call | Recognised | HttpRequest, fault: Fault, request_id: str) -> HttpResponse:
        """The response that carries `fault`, in the protocol of the call, or of the request as far as it can be told."""
        if isinstance(about, HttpRequest):
            protocol, service = self._form_of(about)
        else:
            protocol, service = about.protocol, catalogue.load(about.service)
        return PROTOCOLS[protocol].refuse(service, fault, request_id)

    def not_offered(self, call: Call | Recognised) -> Fault:
        """The fault for an operation that AWS has and Innergate does not."""
        return refusals.not_offered(call.protocol, call.service, call.operation)

    def _form_of(self, request: HttpRequest) -> tuple[str, ServiceModel | None]:
        try:
            claim = sigv4.parse_claim(request)
        except Fault:
            claim = None
        signing_name = claim.service if claim is not None else None
        found = routing.route(request, signing_name)
        return found.protocol, catalogue.load(found.service) if found.service is not None else None


def limit_of_body(raw_path: str) -> int:
    """How many bytes the body of a request to this path may have, packed or unpacked."""
    return MAX_CODE_BODY_BYTES if raw_path.startswith("/2015-03-31/functions") else MAX_BODY_BYTES


def _plain(request: HttpRequest) -> HttpRequest:
    """The request as the parsers want it. Signatures are over the request as it came."""
    try:
        return inflate(request, limit_of_body(request.raw_path))
    except OverflowError:
        raise refusals.too_large(limit_of_body(request.raw_path) + 1, limit_of_body(request.raw_path)) from None
    except ValueError:
        raise refusals.malformed(routing.guess_protocol(request, None), "The request body is not valid gzip.") from None


def _operation(service: str, operation: str) -> OperationModel:
    model = catalogue.find_operation(service, operation)
    if model is None:
        raise KeyError(f"{service}:{operation}")
    return model
