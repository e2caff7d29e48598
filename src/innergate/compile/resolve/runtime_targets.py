"""Where a method that the runtime executes sends its requests: `arn:aws:apigateway:…` URIs and HTTP backends.

Developer guide, "Set up an integration request using the API Gateway console"; API reference, Integration `uri`.
"""

import re
from urllib.parse import urlsplit

from innergate.compile.resolve.api_values import fill_stage_variables
from innergate.compile.resolve.runtime_functions import Asker, resolve_function
from innergate.compile.resolve.runtime_services import PLAIN_ACCESS, ServiceAccess, resolve_service
from innergate.compile.view import Reader
from innergate.plans.runtime import HttpTarget, Target, WeightedCluster
from innergate.primitives.arn import parse_arn
from innergate.resources.rest_apis import Integration

_FUNCTION = re.compile(r"\d{4}-\d{2}-\d{2}/functions/(?P<arn>arn:[^/]+)/(invocations|response-streaming-invocations)")
_INVOCATION_TYPE = "integration.request.header.X-Amz-Invocation-Type"


def resolve_target(
    reader: Reader,
    integration: Integration,
    variables: dict[str, str],
    asker: Asker,
    upstream: HttpTarget | None,
    access: ServiceAccess = PLAIN_ACCESS,
) -> Target | None:
    """The target; None for MOCK, and for a URI that names nothing."""
    uri = fill_stage_variables(integration.uri or "", variables)
    if integration.type == "MOCK":
        return None
    if integration.type in ("HTTP", "HTTP_PROXY"):
        return upstream
    arn = parse_arn(uri)
    if arn is None or arn.service != "apigateway":
        return None
    kind, _, rest = arn.resource.partition("/")
    if kind not in ("path", "action"):
        return None
    role = fill_stage_variables(integration.credentials or "", variables)
    found = _FUNCTION.fullmatch(rest)
    if found and arn.account == "lambda" and kind == "path":
        parameters = integration.request_parameters or {}
        is_async = parameters.get(_INVOCATION_TYPE, "") == "'Event'" and integration.type == "AWS"
        return resolve_function(reader, found["arn"], role, asker, is_async)
    return resolve_service(reader, arn, role, asker, access)


def http_target(
    uri: str, host: str, clusters: tuple[tuple[str, int], ...], refusal: str = "", reason: str = ""
) -> HttpTarget:
    """The backend of an HTTP integration; `uri` has its stage variables filled in. Raises ValueError where it is none."""
    parts = urlsplit(uri)
    return HttpTarget(
        scheme=parts.scheme,
        host=host,
        path=parts.path or "/",
        query=parts.query,
        clusters=tuple(WeightedCluster(name=name, weight=weight) for name, weight in clusters),
        refusal=refusal,
        reason=reason,
    )
