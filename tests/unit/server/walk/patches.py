"""Patch operations, drawn from the paths that API Gateway takes."""

import json
from typing import Any

from tests.unit.server.walk.networks import Params, Recipe
from tests.unit.server.walk.pools import Pools

from innergate.resources.vpc_endpoints import VpcEndpoint

ACCOUNTS = ("111122223333", "444455556666", "777788889999")


def policy_text(p: Pools) -> str:
    endpoints = [e.id for e in p.own(VpcEndpoint)] or ["vpce-0123456789abcdef0"]
    statements: tuple[Params, ...] = (
        {
            "Effect": "Allow",
            "Principal": "*",
            "Condition": {"StringEquals": {"aws:SourceVpce": p.dice.choice(endpoints)}},
        },
        {"Effect": "Allow", "Principal": "*"},
        {"Effect": "Deny", "Principal": "*", "Condition": {"NotIpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}},
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{p.dice.choice(ACCOUNTS)}:root"}},
    )
    chosen = p.dice.sample(statements, p.dice.choice((1, 2)))
    whole = [{**s, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"} for s in chosen]
    return json.dumps({"Version": "2012-10-17", "Statement": whole})


def patch(*choices: tuple[str, str, Any]) -> Any:
    """One of (op, path, value); a value is a text, a list of texts, or the word of a thing in braces."""

    def operations(p: Pools) -> list[Params]:
        op, path, value = p.dice.choice(choices)
        return [_one_patch(p, op, path, value)]

    return operations


def _one_patch(p: Pools, op: str, path: str, value: Any) -> Params:
    chosen = p.dice.choice(value) if isinstance(value, tuple) else value
    if callable(chosen):
        chosen = chosen(p)
    if chosen is None:
        return {"op": op, "path": path}
    if chosen.startswith("{") and chosen[1:-1] in p:
        chosen = p[chosen[1:-1]]
    return {"op": op, "path": path, "value": chosen}


BOOLEAN = ("true", "false")
API_PATCHES = patch(
    ("replace", "/policy", policy_text),
    ("replace", "/policy", ""),
    ("replace", "/name", "renamed"),
    ("replace", "/description", "d"),
    ("add", "/endpointConfiguration/vpcEndpointIds", "{ApiEndpointId}"),
    ("remove", "/endpointConfiguration/vpcEndpointIds", "{ApiEndpointId}"),
    ("replace", "/endpointConfiguration/types/PRIVATE", ("REGIONAL", "EDGE")),
    ("replace", "/endpointConfiguration/types/REGIONAL", "PRIVATE"),
    ("replace", "/endpointConfiguration/types/EDGE", "REGIONAL"),
    ("replace", "/disableExecuteApiEndpoint", BOOLEAN),
    ("replace", "/minimumCompressionSize", ("0", "1024")),
    ("replace", "/apiKeySource", ("HEADER", "AUTHORIZER")),
    ("add", "/binaryMediaTypes/image~1gif", None),
)
STAGE_PATCHES = patch(
    ("replace", "/deploymentId", "{deploymentId}"),
    ("replace", "/variables/v", ("1", "2")),
    ("replace", "/variables/link", "{vpcLinkId}"),
    ("remove", "/variables/v", None),
    ("replace", "/*/*/throttling/rateLimit", ("5", "100")),
    ("replace", "/*/*/throttling/burstLimit", ("5", "100")),
    ("replace", "/*/*/metrics/enabled", BOOLEAN),
    ("replace", "/*/*/logging/loglevel", ("OFF", "ERROR", "INFO")),
    ("replace", "/*/*/logging/dataTrace", BOOLEAN),
    ("replace", "/*/*/caching/enabled", BOOLEAN),
    ("replace", "/cacheClusterEnabled", BOOLEAN),
    ("replace", "/clientCertificateId", "{clientCertificateId}"),
    ("replace", "/accessLogSettings/destinationArn", "{LogGroupArn}"),
    ("replace", "/accessLogSettings/format", "$context.requestId $context.status"),
    ("remove", "/accessLogSettings", None),
    ("replace", "/canarySettings/percentTraffic", ("0", "33.3")),
    ("remove", "/canarySettings", None),
    ("replace", "/tracingEnabled", BOOLEAN),
    ("replace", "/documentationVersion", "{documentationVersion}"),
    ("replace", "/description", "d"),
)
INTEGRATION_PATCHES = patch(
    ("replace", "/uri", ("http://other.test/", "https://other.test/${stageVariables.v}")),
    ("replace", "/timeoutInMillis", ("50", "29000")),
    ("replace", "/connectionId", "{vpcLinkId}"),
    ("replace", "/httpMethod", ("GET", "POST")),
    ("replace", "/passthroughBehavior", ("NEVER", "WHEN_NO_TEMPLATES")),
    ("add", "/requestTemplates/application~1json", '{"a": $input.json("$")}'),
    ("remove", "/requestTemplates/application~1json", None),
    ("add", "/requestParameters/integration.request.header.X", "'x'"),
    ("remove", "/requestParameters/integration.request.header.X", None),
    ("add", "/requestParameters/integration.request.querystring.q", "method.request.querystring.q"),
)
METHOD_PATCHES = patch(
    ("replace", "/authorizationType", ("NONE", "AWS_IAM")),
    ("replace", "/apiKeyRequired", BOOLEAN),
    ("replace", "/requestValidatorId", "{requestValidatorId}"),
    ("add", "/requestModels/application~1json", "{modelName}"),
    ("remove", "/requestModels/application~1json", None),
    ("add", "/requestParameters/method.request.querystring.q", BOOLEAN),
    ("replace", "/operationName", "op"),
)
PLAN_PATCHES = patch(
    ("add", "/apiStages", lambda p: f"{p['restApiId']}:{p['stageName']}"),
    ("remove", "/apiStages", lambda p: f"{p['restApiId']}:{p['stageName']}"),
    ("replace", "/throttle/rateLimit", ("5", "100")),
    ("replace", "/throttle/burstLimit", ("5", "100")),
    ("replace", "/quota/limit", ("5", "100")),
    ("remove", "/throttle", None),
    ("remove", "/quota", None),
    ("replace", "/name", "renamed"),
)
DOMAIN_PATCHES = patch(
    ("replace", "/certificateArn", "{CertificateArn}"),
    ("replace", "/regionalCertificateArn", "{CertificateArn}"),
    ("replace", "/routingMode", ("BASE_PATH_MAPPING_ONLY", "ROUTING_RULE_ONLY", "ROUTING_RULE_THEN_BASE_PATH_MAPPING")),
    ("replace", "/policy", policy_text),
    ("replace", "/securityPolicy", ("TLS_1_2",)),
    ("replace", "/endpointConfiguration/types/REGIONAL", "EDGE"),
)


def patched(where: Recipe, operations: Any) -> Recipe:
    return lambda p: {**where(p), "patchOperations": operations(p)}
