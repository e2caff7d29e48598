"""What an integration must satisfy (recorded texts of PutIntegration)."""

import re
from urllib.parse import urlsplit

from innergate.primitives.arn import parse_arn
from innergate.resources.base import Resource
from innergate.resources.rest_apis import Integration
from innergate.resources.vpc_links import VpcLink, VpcLinkV2
from innergate.services.apigateway.faults import bad_request, invalid_mapping, not_found
from innergate.services.apigateway.limits import STREAM_TIMEOUT_MAX_MS, TIMEOUT_MAX_MS, TIMEOUT_MIN_MS
from innergate.services.apigateway.passed_roles import check_passed_role
from innergate.services.context import Context

_SOURCES = re.compile(
    r"method\.request\.(path|querystring|header|multivaluequerystring|multivalueheader)\..+"
    r"|method\.request\.body(\..+|\[.+)?|context\..+|stageVariables\..+|'[^']*'"
)
_TARGETS = re.compile(r"integration\.request\.(path|querystring|header)\..+")
_VARIABLE = re.compile(r"\$\{stageVariables\.[A-Za-z0-9_]+\}")


def check_integration(context: Context, integration: Integration) -> None:
    """Raises Fault BadRequestException in AWS's words where the integration cannot be, AccessDeniedException where the caller
    may not pass its role."""
    if integration.type in ("HTTP", "HTTP_PROXY"):
        _check_http(integration)
    elif integration.type in ("AWS", "AWS_PROXY"):
        _check_aws(integration)
    elif integration.type != "MOCK":
        raise bad_request("Invalid integration type specified. Valid options are HTTP,AWS,MOCK,HTTP_PROXY,AWS_PROXY")
    _check_transfer_mode(integration)
    _check_link(context, integration)
    _check_timeout(integration)
    for target, source in (integration.request_parameters or {}).items():
        if not _TARGETS.fullmatch(target) or not _SOURCES.fullmatch(source):
            bad = target if not _TARGETS.fullmatch(target) else source
            raise invalid_mapping(bad)
    check_passed_role(context, integration.credentials or "")


def _check_http(integration: Integration) -> None:
    if not integration.http_method:
        raise bad_request("Enumeration value for HttpMethod must be non-empty")
    uri = integration.uri or ""
    whole = _VARIABLE.sub("variable", uri)
    if uri.startswith("${stageVariables."):
        return
    try:
        parts = urlsplit(re.sub(r"\{[^{}]*\}", "placeholder", whole))
        port = parts.port if ":variable" not in parts.netloc else None
    except ValueError:
        raise bad_request("Invalid HTTP endpoint specified for URI") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", uri):
        raise bad_request("Invalid HTTP endpoint specified for URI")
    if port is not None and port not in (80, 443) and not 1024 <= port <= 65535:
        raise bad_request("Invalid HTTP endpoint specified for URI")


def _check_aws(integration: Integration) -> None:
    if not integration.http_method:
        raise bad_request("Enumeration value for HttpMethod must be non-empty")
    arn = parse_arn(integration.uri or "")
    if arn is None:
        raise bad_request("Invalid ARN specified in the request")
    kind = arn.resource.partition("/")[0]
    if arn.service != "apigateway" or kind not in ("path", "action"):
        raise bad_request("AWS ARN for integration must contain path or action")
    if integration.type == "AWS_PROXY" and arn.account.rpartition(".")[2] not in ("lambda", "firehose"):
        raise bad_request(
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."
        )


def _check_link(context: Context, integration: Integration) -> None:
    if integration.connection_type not in (None, "INTERNET", "VPC_LINK"):
        raise bad_request("Invalid connection type specified. Valid options are INTERNET,VPC_LINK")
    if integration.connection_type != "VPC_LINK":
        return
    if integration.type not in ("HTTP", "HTTP_PROXY"):
        raise bad_request("VPC_LINK connection type is only supported for HTTP and HTTP_PROXY integrations")
    if not integration.connection_id:
        raise bad_request("Connection id is required for VPC_LINK connection type")
    if integration.integration_target:
        _check_target(context, integration.integration_target)
    if _VARIABLE.search(integration.connection_id):
        return
    link: Resource | None = context.tx.get(VpcLink, integration.connection_id)
    newer = context.tx.get(VpcLinkV2, integration.connection_id) if link is None else None
    link = link or newer
    if link is None or link.account != context.account or link.region != context.region:
        raise not_found("Invalid Vpc Link identifier specified")
    if newer is not None and not integration.integration_target:
        raise bad_request("An integration target is required for a VPC link V2")
    if newer is None and integration.integration_target:
        raise bad_request("An integration target is only supported for a VPC link V2")


def _check_target(context: Context, text: str) -> None:
    """AWS's own words for these are not known."""
    if _VARIABLE.search(text):
        return
    arn = parse_arn(text)
    if arn is None or arn.service != "elasticloadbalancing" or not arn.resource.startswith("loadbalancer/"):
        raise bad_request("Invalid integration target: the ARN of an application or network load balancer is needed")
    if (arn.account, arn.region) != (context.account, context.region):
        raise bad_request("Invalid integration target: the load balancer must be in the account and Region of the API")


def _check_transfer_mode(integration: Integration) -> None:
    """A mode must be one that the integration can have, and a Lambda function be invoked as the mode says (the text for
    BUFFERED is one that AWS was seen to give; the others follow it)."""
    mode = integration.response_transfer_mode or "BUFFERED"
    if mode not in ("BUFFERED", "STREAM"):
        raise bad_request("Invalid ResponseTransferMode. Valid options are BUFFERED,STREAM")
    refused = f"Invalid ResponseTransferMode. Cannot use ResponseTransferMode {mode} for"
    if mode == "STREAM" and integration.type not in ("HTTP_PROXY", "AWS_PROXY"):
        raise bad_request(f"{refused} {integration.type} integrations.")
    streaming_uri = (integration.uri or "").endswith("/response-streaming-invocations")
    if integration.type == "AWS_PROXY" and streaming_uri is not (mode == "STREAM"):
        operation = "InvokeWithResponseStream" if streaming_uri else "Invoke"
        raise bad_request(f"{refused} Lambda functions invoked by {operation} for AWS_PROXY integrations.")


def _check_timeout(integration: Integration) -> None:
    streamed = integration.response_transfer_mode == "STREAM"
    longest = STREAM_TIMEOUT_MAX_MS if streamed else TIMEOUT_MAX_MS
    if not TIMEOUT_MIN_MS <= integration.timeout_in_millis <= longest:
        raise bad_request(f"Timeout should be between {TIMEOUT_MIN_MS} ms and {longest} ms")
