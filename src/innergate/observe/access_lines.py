"""Access-log lines as users ask for them: a stage's format, with its `$context` variables filled in from Envoy's record.

Envoy writes one record a request with everything that a format may name (compile/emit/envoy/access_logs.py). A variable
without a value, and an unknown one, is `-` (developer guide, "Variables for access logging").
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, TypeAlias, final

from innergate.compile.emit.envoy.access_logs import CANARY_FIELD, CLIENT_FIELD
from innergate.observe.access_records import Record
from innergate.observe.gateway_errors import FROM_BACKEND, TIMED_OUT, GatewayError, error_of
from innergate.primitives.client_identity import CLIENT_FIELDS, read_client
from innergate.primitives.json_value import JsonValue

MISSING = "-"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_VARIABLE = re.compile(r"\$context\.([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)")
_ESCAPES = {'"': '\\"', "\\": "\\\\", **{chr(n): f"\\u{n:04x}" for n in (*range(32), 127)}}
_NEEDS_ESCAPE = re.compile(r'["\\\x00-\x1f\x7f]')
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class StageFacts(NamedTuple):
    """What a record does not say of its stage. `key_value` gives the value of an API key by its id ("" for none);
    `canary_deployment_id` is "" where the stage has no canary."""

    account: str
    region: str
    deployment_id: str
    endpoint_type: str
    key_value: Callable[[str], str] = lambda key_id: ""
    canary_deployment_id: str = ""


_Reader: TypeAlias = Callable[["Request"], JsonValue]


@final
class Request:
    """One record with its stage, as variables read it."""

    __slots__ = ("_error", "_is_error_known", "facts", "record", "told")

    def __init__(self, record: Record, facts: StageFacts) -> None:
        told = record.get("runtime")
        self.record = record
        self.facts = facts
        self.told = told if isinstance(told, dict) else None
        self._error: GatewayError | None = None
        self._is_error_known = False

    @property
    def error(self) -> GatewayError | None:
        """The gateway's own answer, or None."""
        if not self._is_error_known:
            facts, record = self.facts, self.record
            arn = f"arn:aws:execute-api:{facts.region}:********{facts.account[-4:]}:{record.get('apiId')}/{record.get('stage')}"
            self._error, self._is_error_known = error_of(record, arn), True
        return self._error


def _domain_prefix(request: Request) -> JsonValue:
    host = request.record.get("domainName")
    return host.partition(".")[0] if isinstance(host, str) else None


def _status(request: Request) -> JsonValue:
    """None where the client left before there was one."""
    return request.record.get("status") or None


def _integration_status(request: Request) -> JsonValue:
    return request.record.get("status") if request.record.get("details") == FROM_BACKEND else None


def _integration_latency(request: Request) -> JsonValue:
    latency = request.record.get("integrationLatency")
    if latency is None and request.error is not None and request.error.response_type == TIMED_OUT:
        return request.record.get("responseLatency")
    return latency


def _integration_error(request: Request) -> JsonValue:
    return (request.error.integration_error or None) if request.error is not None else None


def _request_time(request: Request) -> JsonValue:
    began_ms = request.record.get("requestTimeEpoch")
    return _common_log_time(int(began_ms) // 1000) if isinstance(began_ms, str) and began_ms.isdigit() else None


@lru_cache(maxsize=100)
def _common_log_time(at_s: int) -> str:
    """Months are English whatever the locale."""
    at = datetime.fromtimestamp(at_s, UTC)
    return f"{at.day:02d}/{_MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S} +0000"


def _deployment_id(request: Request) -> JsonValue:
    facts = request.facts
    return (request.record.get(CANARY_FIELD) and facts.canary_deployment_id) or facts.deployment_id


def _is_canary(request: Request) -> JsonValue:
    """Nothing where the stage has no canary."""
    met_one = bool(request.record.get(CANARY_FIELD))
    return ("true" if met_one else "false") if met_one or request.facts.canary_deployment_id else None


def _key_id(request: Request) -> JsonValue:
    """An authorizer may have named another key than the request."""
    named = request.told.get("identity.apiKeyId") if request.told is not None else None
    return named or request.record.get("identity.apiKeyId")


def _key_value(request: Request) -> JsonValue:
    key_id = _key_id(request)
    return (request.facts.key_value(key_id) or None) if isinstance(key_id, str) else None


def _client_reader(name: str) -> _Reader:
    """How a variable below `identity.clientCert` is read."""

    def read(request: Request) -> JsonValue:
        encoded = request.record.get(CLIENT_FIELD)
        client = read_client(encoded) if isinstance(encoded, str) else None
        return None if client is None else client.field(name)

    return read


_OF_CLIENTS = ("customDomain.basePathMatched", "domainName", "httpMethod", "identity.userAgent", "path", "resourcePath")
"""Fields whose text somebody outside chose."""
_OF_ENVOY = (
    "apiId",
    "cipherSuite",
    "customDomain.routingRuleIdMatched",
    "extendedRequestId",
    "identity.sourceIp",
    "identity.vpcId",
    "identity.vpceId",
    "protocol",
    "requestId",
    "requestTimeEpoch",
    "resourceId",
    "responseLatency",
    "responseLength",
    "stage",
    "tlsVersion",
)
FIELDS = frozenset((*_OF_CLIENTS, *_OF_ENVOY))
"""Variables that a record has by their own name."""
DERIVED: Mapping[str, _Reader] = {
    "accountId": lambda request: request.facts.account,
    "deploymentId": _deployment_id,
    "domainPrefix": _domain_prefix,
    "endpointType": lambda request: request.facts.endpoint_type,
    "error.message": lambda request: request.error.message if request.error else None,
    "error.messageString": lambda request: request.error.message if request.error else None,
    "error.responseType": lambda request: request.error.response_type if request.error else None,
    **{f"{CLIENT_FIELD}.{name}": _client_reader(name) for name in CLIENT_FIELDS},
    "identity.apiKey": _key_value,
    "identity.apiKeyId": _key_id,
    "integration.error": _integration_error,
    "integration.integrationStatus": _integration_status,
    "integration.latency": _integration_latency,
    "integration.status": _integration_status,
    "integrationErrorMessage": _integration_error,
    "integrationLatency": _integration_latency,
    "integrationStatus": _integration_status,
    "isCanaryRequest": _is_canary,
    "requestTime": _request_time,
    "status": _status,
}
"""The others that have a value without a worker. Of WAF no request has one yet."""

_TOLD = re.compile(
    r"(authenticate|authorize|authorizer|error|identity|integration)\."
    r"|integration(Status|Latency|ErrorMessage)$|awsEndpointRequestId$"
)
"""Variables that a worker tells where it has executed the method."""

_NEVER_TOLD = ("identity.apiKey", CLIENT_FIELD)


def _reader_of(name: str) -> _Reader | None:
    """How a variable is read; None for a field of the record."""
    if name in FIELDS:
        return None
    native = DERIVED.get(name, _nothing)
    if not _TOLD.match(name) or name.startswith(_NEVER_TOLD):
        return native

    def read(request: Request) -> JsonValue:
        return native(request) if request.told is None else request.told.get(name)

    return read


class _Part(NamedTuple):
    """A variable and the text after it. `read` None is a field of the record; `is_free` its text may hold anything."""

    name: str
    read: _Reader | None
    is_free: bool
    literal: str


@final
class LineFormat:
    """A user's format, ready to be filled in. `$context` variables are replaced, all other text stays as it is.

    In a JSON format the characters that would end a string are escaped in values, so that a client cannot write members of its
    own; in any format a value keeps to its line.
    """

    def __init__(self, text: str, facts: StageFacts) -> None:
        pieces = _VARIABLE.split(text.replace("\n", " ").replace("\r", " "))
        self._facts = facts
        self._clean = _escape if text.strip().startswith(("{", "[")) else _flatten
        self._start = pieces[0]
        self._parts: list[_Part] = []
        for name, literal in zip(pieces[1::2], pieces[2::2], strict=True):
            self._parts.append(_Part(name, _reader_of(name), name not in _OF_ENVOY, literal))

    def fill(self, record: Record) -> str:
        """The line of a request."""
        request = Request(record, self._facts)
        pieces = [self._start]
        for name, read, is_free, literal in self._parts:
            value = record.get(name) if read is None else read(request)
            if value is None or value == "":
                pieces.append(MISSING)
            elif is_free and isinstance(value, str):
                pieces.append(_quoted(request, value) if name == "error.messageString" else self._clean(value))
            else:
                pieces.append(value if isinstance(value, str) else str(value))
            pieces.append(literal)
        return "".join(pieces)


def _quoted(request: Request, message: str) -> str:
    """The message as JSON; a worker tells it so."""
    return f'"{_escape(message)}"' if request.told is None else _flatten(message)


def _nothing(request: Request) -> JsonValue:
    return None


def _escape(text: str) -> str:
    """The text inside a JSON string."""
    return _NEEDS_ESCAPE.sub(_escaped, text) if _NEEDS_ESCAPE.search(text) else text


def _escaped(found: re.Match[str]) -> str:
    return _ESCAPES[found[0]]


def _flatten(text: str) -> str:
    """The text on one line."""
    return _CONTROLS.sub(" ", text) if _CONTROLS.search(text) else text
