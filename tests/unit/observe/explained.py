"""Calls that are explained, and what stood in their way."""

from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.observe.explanation import Explanation
from innergate.testing.blog_scenarios import CrossAccount
from innergate.testing.scenario import Scenario

DOMAIN = "execute-api.us-east-1.amazonaws.com"


def call(
    s: Scenario,
    purple: CrossAccount,
    path: str = "/test/",
    host: str = "",
    method: str = "GET",
    vpc: str | None = None,
    source: str = "",
    **headers: str,
) -> Explanation:
    request = CallRequest(
        target=f"https://{host or f'{purple.api.id}.{DOMAIN}'}{path}",
        from_vpc=purple.gateway_vpc.id if vpc is None else vpc,
        method=method,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        source_address=source,
    )
    return simulate(s.state, request)


def kind(explanation: Explanation) -> str:
    return explanation.cause.partition(" ")[0]
