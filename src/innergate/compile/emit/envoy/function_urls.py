"""Function URLs: a filter chain for the names of each region that has some, and for each URL a scope, a route and a document.

A worker executes every call: it asks the function's policy, makes the event, and reads the function's answer.
"""

import msgspec

from innergate.compile.emit.envoy.facts import REQUEST_ID_FILTER, ConnectionFacts, early_request_id, facts_filter
from innergate.compile.emit.envoy.hcm import connection_manager
from innergate.compile.emit.envoy.header_rules import DROPPED_FROM_REQUESTS, DROPPED_FROM_RESPONSES
from innergate.compile.emit.envoy.listeners import NamedChain
from innergate.compile.emit.envoy.metric_lines import URL_ROUTES
from innergate.compile.emit.envoy.runtime import call_fields, demand_runtime, runtime_filters
from innergate.compile.emit.envoy.scopes import BASE_HEADER, DomainEntry, domain_scope
from innergate.compile.emit.envoy.tls import downstream_tls
from innergate.compile.family import EnvoyBody, Family, UnitOutput
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.plans.documents import Document, DocumentName
from innergate.plans.function_urls import FUNCTION_URLS, METHOD, FunctionUrlPlan, UrlCors
from innergate.primitives.json_value import JsonObject
from innergate.resources.function_urls import Cors, FunctionUrl, url_domain
from innergate.resources.functions import Function

SECRET_FAMILY = "lambda-url"
"""The family of the secrets with certificates for the names of a region."""
_LONGEST_S = 960
"""Longer than any function runs; the functions' supervisor has the exact time."""

_ENCODER = msgspec.json.Encoder(order="deterministic")


def url_chains(regions: tuple[str, ...], facts: ConnectionFacts, settings: CompileSettings) -> tuple[NamedChain, ...]:
    """The public listener's filter chains for URLs of these regions."""
    return tuple(
        NamedChain(
            f"*.{url_domain(region)}",
            (facts_filter(facts), connection_manager(_entry(region, f"*.{url_domain(region)}"), settings)),
            downstream_tls((f"{SECRET_FAMILY}/{region}",), ("http/1.1",)),
        )
        for region in regions
    )


def emit_function_url(view: View, id: str, settings: CompileSettings) -> UnitOutput:
    """One URL."""
    url = view.get(FunctionUrl, id)
    function = view.get(Function, url.function_arn) if url is not None else None
    if url is None or function is None:
        return UnitOutput()
    demand_runtime(view)
    name = f"{SECRET_FAMILY}/{id}"
    route: JsonObject = {
        "name": f"{URL_ROUTES}/{id}",
        "match": {"prefix": "/"},
        **call_fields(";".join((id, METHOD, "ANY", "-")), _LONGEST_S, _LONGEST_S),
    }
    host: JsonObject = {
        "name": "url",
        "domains": ["*"],
        "routes": [route],
        "typed_per_filter_config": {REQUEST_ID_FILTER: early_request_id(), **runtime_filters()},
    }
    body = EnvoyBody(
        "routes",
        name,
        {
            "name": name,
            "request_headers_to_remove": [*DROPPED_FROM_REQUESTS, BASE_HEADER],
            "response_headers_to_remove": list(DROPPED_FROM_RESPONSES),
            "virtual_hosts": [host],
        },
    )
    policy = function.policies.get(url.qualifier)
    plan = FunctionUrlPlan(
        id=id,
        account=url.account,
        region=url.region,
        host=url.host,
        arn=url.target_arn,
        is_signed=url.auth_type == "AWS_IAM",
        streams=url.invoke_mode == "RESPONSE_STREAM",
        policy=policy.document if policy is not None else "",
        cors=_cors(url.cors) if url.cors is not None else None,
    )
    document = Document(name=DocumentName(FUNCTION_URLS, id), body=_ENCODER.encode(plan))
    return UnitOutput(envoy=(body, domain_scope(_entry(url.region, url.host), name, name)), documents=(document,))


def _entry(region: str, host: str) -> DomainEntry:
    """How requests find their URL: by the Host header, within the names that the listener knows from SNI."""
    return DomainEntry(url_domain(region), host)


def _cors(cors: Cors) -> UrlCors:
    return UrlCors(
        allows_credentials=bool(cors.allow_credentials),
        headers=cors.allow_headers or (),
        methods=cors.allow_methods or (),
        origins=cors.allow_origins or (),
        exposed=cors.expose_headers or (),
        max_age_s=cors.max_age or 0,
    )


FUNCTION_URL_FAMILY = Family("envoy-function-url", (FunctionUrl,), emit_function_url)
