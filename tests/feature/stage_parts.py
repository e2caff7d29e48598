"""Parts that rigs' stages are made of: methods of several sorts, a refusing backend, an API key with its plan."""

from collections.abc import Sequence

import msgspec

from innergate.resources.api_keys import ApiKey, PlanStage, Throttle, UsagePlan, UsagePlanKey
from innergate.resources.rest_apis import Integration, IntegrationResponse, MethodDefinition, MethodResponse, RestApi
from innergate.resources.stages import AccessLogSettings
from innergate.testing.blog_scenarios import CrossAccount
from innergate.testing.scenario import Scenario, proxy_method

OPEN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"*"}]}'
KEY = "k" * 40
ACCESS_LOG = AccessLogSettings(destination_arn="arn:aws:logs:us-east-1:1:log-group:g", format="$context.requestId")


def mapped(link: str, uri: str, verb: str, timeout_ms: int = 29000, key: bool = False, **to: str) -> MethodDefinition:
    """A proxying method with request parameters; `to` has "path_x", "querystring_x", "header_x" -> expression."""
    parameters = {
        f"integration.request.{place}.{name.replace('_', '-')}": expression
        for (place, _, name), expression in ((key.partition("_"), value) for key, value in to.items())
    }
    method = proxy_method(link, uri, verb)
    assert method.method_integration is not None
    integration = msgspec.structs.replace(
        method.method_integration,
        request_parameters={**(method.method_integration.request_parameters or {}), **parameters},
        timeout_in_millis=timeout_ms,
    )
    return msgspec.structs.replace(method, method_integration=integration, api_key_required=key)


def mock(verb: str, status: str, headers: dict[str, str], template: str = "") -> MethodDefinition:
    """A MOCK of a fixed status, with headers of expressions, and with a body where there is a template."""
    prefixed = {f"method.response.header.{name}": value for name, value in headers.items()}
    answer = IntegrationResponse(
        status_code=status,
        response_parameters=prefixed,
        response_templates={"application/json": template} if template else None,
    )
    return MethodDefinition(
        http_method=verb,
        method_responses={
            status: MethodResponse(status_code=status, response_parameters=dict.fromkeys(prefixed, False))
        },
        method_integration=Integration(
            type="MOCK",
            request_templates={"application/json": f'{{"statusCode": {status}}}'},
            integration_responses={status: answer},
        ),
    )


def cors() -> MethodDefinition:
    """What the console's "Enable CORS" writes."""
    return mock(
        "OPTIONS", "200", {"Access-Control-Allow-Origin": "'*'", "Access-Control-Allow-Methods": "'GET,OPTIONS'"}
    )


def add_refusing_port(s: Scenario, x: CrossAccount) -> None:
    """Port 8080 of the gateway's load balancer leads to a port where nothing listens."""
    s.listener(x.gateway_balancer, s.target_group(x.gateway_vpc, ("10.0.1.99", 9)), port=8080)


def sell_key(s: Scenario, apis: Sequence[RestApi], stage: str, throttle: Throttle | None = None) -> None:
    """The API key KEY, by a usage plan of a stage of each of the APIs."""
    account, region = apis[0].account, apis[0].region
    s.put(
        ApiKey(
            id="key1",
            account=account,
            region=region,
            value=KEY,
            created_date=s.now,
            last_updated_date=s.now,
            enabled=True,
        ),
        UsagePlan(
            id="plan1",
            account=account,
            region=region,
            name="p",
            api_stages=tuple(PlanStage(api_id=api.id, stage=stage) for api in apis),
            throttle=throttle,
        ),
        UsagePlanKey(id="plan1/key1", account=account, region=region, usage_plan_id="plan1", key_id="key1"),
    )
