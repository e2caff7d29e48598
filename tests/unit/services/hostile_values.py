"""Parameters that are right but for one hostile value, for every member that an operation's model has.

Values are such as the wire lets through: texts are Unicode, numbers have their type's range, dates are dates.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

from botocore.model import ListShape, MapShape, Shape, StructureShape
from tests.unit.services.foreign_ids import TRUST, Putter, fill, fill_in, input_of, value_for
from tests.unit.services.tenant_world import Things

EACH, ENTRY = "*", "{}"
"""A list's item and a map's entry on the way to a value."""
Spot: TypeAlias = tuple[str, ...]
DEPTH_MAX = 7
MANY = 3000

TEXTS = (
    "",
    " ",
    "a\x00b",
    "\r\nX: y",
    "\x1b[0m\x7f",
    "x" * 200_000,
    "🦊" * 2000,
    "\ufeff\u2028\uffff",
    "²",
    "1²²",
    "٣",
    "-1",
    "9" * 5000,
    "1e30",
    "1e999",
    "NaN",
    "Infinity",
    "%zz",
    "${stageVariables.",
    "{a+}",
    "\\",
    '"',
    "*",
    "../..",
    "arn:aws:::::",
    "[" * 20_000,
    "[" * 900 + "]" * 900,
    '{"a":NaN,"b":1e999}',
    '{"a":"\\ud800"}',
    '{"a":' + "9" * 5000 + "}",
    '{"$ref":"#/definitions/a","definitions":{"a":{"$ref":"#/definitions/a"}},"multipleOf":0,"pattern":"("}',
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*",'
    '"Condition":{"NumericLessThan":{"a":"²"},"DateLessThan":{"aws:CurrentTime":"1e999"}}}]}',
    "#if(" * 3000,
    "http://[::1",
    "https://a:99999/",
    "http://" + "a" * 70 + ".com/{x}/{x}",
    "1.2.3.4/99",
    "::/0",
    "fe80::1%eth0",
    "a" * 64 + ".com",
    "((((a+)+)+)+)+$",
    "a{99999}",
    "$..[?(",
    "[a, b=²]",
    "method.request.header.",
    "YXQ6wrI=",
)
_INTEGERS = {
    "integer": (-(2**31), -1, 0, 65_536, 2**31 - 1),
    "long": (-(2**63), -1, 0, 2**53 + 1, 2**63 - 1),
}
_OF_TYPE: Mapping[str, Sequence[Any]] = {
    **_INTEGERS,
    **dict.fromkeys(("string", "character"), TEXTS),
    **dict.fromkeys(("float", "double"), (float("nan"), float("inf"), float("-inf"), -1.0, 0.0, 1e308, 5e-324)),
    "timestamp": (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC)),
    "blob": (b"", b"\xff\xfe\x00", b"[" * 20_000, b'{"a":NaN}', b'"\\ud800"', b"PK\x05\x06" + bytes(18), b"a: &a [*a]"),
    "boolean": (True, False),
}

_PERIOD = {"Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold"}
_RESOURCE_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
)
_PORTS = {"Protocol": "6", "PortRange": {"From": 1, "To": 2}, "CidrBlock": "10.0.0.0/8"}
BASES: Mapping[str, Mapping[str, Any]] = {
    "apigateway.CreateDocumentationPart": {"location": {"type": "MODEL", "name": "M"}, "properties": '{"title":"t"}'},
    "apigateway.CreateDocumentationVersion": {"documentationVersion": "fresh"},
    "apigateway.CreateDomainName": {
        "domainName": "{domainName}",
        "endpointConfiguration": {"types": ["PRIVATE"]},
        "certificateArn": "{CertificateArn}",
    },
    "apigateway.CreateModel": {"name": "fresh", "contentType": "application/json", "schema": '{"type":"object"}'},
    "apigateway.CreateRequestValidator": {"name": "fresh"},
    "apigateway.ImportRestApi": {"body": b'{"openapi":"3.0.1","info":{"title":"t"},"paths":{"/a":{"get":{}}}}'},
    "apigateway.PutIntegration": {
        "type": "HTTP",
        "integrationHttpMethod": "GET",
        "uri": "http://a/",
        "connectionType": "INTERNET",
    },
    "apigateway.PutMethod": {"httpMethod": "PUT", "authorizationType": "NONE"},
    "apigatewayv2.CreateRoutingRule": {"Conditions": [{"MatchBasePaths": {"AnyOf": ["fresh"]}}]},
    "apigatewayv2.PutRoutingRule": {"Conditions": [{"MatchBasePaths": {"AnyOf": ["fresh"]}}]},
    "cloudwatch.PutMetricAlarm": {"Namespace": "N", "MetricName": "M", "Statistic": "Sum", **_PERIOD},
    "ec2.CreateDhcpOptions": {"DhcpConfigurations": [{"Key": "domain-name", "Values": ["corp"]}]},
    "ec2.CreateNetworkAclEntry": _PORTS,
    "ec2.CreateRoute": {"TransitGatewayId": "{TransitGatewayId}"},
    "ec2.CreateTransitGatewayRoute": {"Blackhole": True},
    "ec2.CreateVpc": {"CidrBlock": "10.3.0.0/16"},
    "ec2.CreateVpcEndpointConnectionNotification": {"ServiceId": "{ServiceId}"},
    "ec2.CreateVpcEndpointServiceConfiguration": {"NetworkLoadBalancerArns": ["{LoadBalancerArn}"]},
    "ec2.CreateVpcPeeringConnection": {"PeerVpcId": "{PeerVpcId}"},
    "elbv2.CreateLoadBalancer": {"Subnets": ["{SubnetId}"]},
    "elbv2.ModifyLoadBalancerAttributes": {
        "Attributes": [{"Key": "load_balancing.cross_zone.enabled", "Value": "true"}],
    },
    "elbv2.ModifyTargetGroupAttributes": {
        "Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "9"}],
    },
    "iam.CreateUser": {"UserName": "fresh"},
    "iam.CreateRole": {"RoleName": "fresh", "AssumeRolePolicyDocument": TRUST},
    "logs.CreateLogGroup": {"logGroupName": "fresh"},
    "logs.PutResourcePolicy": {"policyName": "p", "policyDocument": _RESOURCE_POLICY},
    "organizations.CreateAccount": {"Email": "a@example.com", "AccountName": "fresh"},
}
"""What makes calls that the walk with foreign ids leaves refused succeed."""

PATCHES: Mapping[str, tuple[str, ...]] = {
    "UpdateApiKey": ("/customerId", "/name", "/stages"),
    "UpdateAuthorizer": (
        "/authorizerUri",
        "/identitySource",
        "/identityValidationExpression",
        "/authorizerResultTtlInSeconds",
    ),
    "UpdateBasePathMapping": ("/basePath", "/stage"),
    "UpdateDocumentationPart": ("/properties",),
    "UpdateDomainName": ("/endpointConfiguration/types/0", "/endpointConfiguration/types/²", "/policy", "/routingMode"),
    "UpdateGatewayResponse": (
        "/statusCode",
        "/responseParameters/gatewayresponse.header.X",
        "/responseTemplates/application~1json",
    ),
    "UpdateIntegration": (
        "/uri",
        "/httpMethod",
        "/timeoutInMillis",
        "/cacheKeyParameters",
        "/requestParameters/integration.request.header.X",
        "/requestTemplates/application~1json",
    ),
    "UpdateIntegrationResponse": (
        "/selectionPattern",
        "/responseParameters/method.response.header.X",
        "/responseTemplates/application~1json",
    ),
    "UpdateMethod": ("/operationName", "/authorizationScopes", "/requestParameters/method.request.header.X"),
    "UpdateModel": ("/schema",),
    "UpdateResource": ("/pathPart",),
    "UpdateRestApi": ("/name", "/policy", "/binaryMediaTypes/a", "/minimumCompressionSize"),
    "UpdateStage": (
        "/accessLogSettings/format",
        "/canarySettings/percentTraffic",
        "/*/*/throttling/burstLimit",
        "/*/*/throttling/rateLimit",
        "/*/*/caching/ttlInSeconds",
        "/variables/a",
    ),
    "UpdateUsage": ("/remaining",),
    "UpdateUsagePlan": ("/throttle/rateLimit", "/throttle/burstLimit", "/quota/limit", "/quota/offset"),
}
"""Paths of API Gateway's patches, which no model names."""


class Hostile(NamedTuple):
    """Parameters, and where in them which value stands."""

    spot: str
    value: str
    params: dict[str, Any]


def hostile_calls(service: str, operation: str, things: Things) -> Iterator[Hostile]:
    """The operation as it should be called, then with one hostile value after the other."""
    shape = input_of(service, operation)
    if shape is None:
        return
    more = BASES.get(f"{service}.{operation}", {})
    base = fill(service, operation, things) | {name: fill_in(value, things) for name, value in more.items()}
    yield Hostile("", "", base)
    for spot, member in _spots(shape, (), frozenset()):
        for value in _values(service, member, spot, things):
            yield Hostile(".".join(spot), repr(value)[:80], _put(service, shape, base, spot, value, things))
    for path in PATCHES.get(operation, ()) if service == "apigateway" else ():
        for text in TEXTS:
            for op in ("replace", "add"):
                patch = {"op": op, "path": path, "value": text}
                yield Hostile(f"{op} {path}", repr(text)[:80], base | {"patchOperations": [patch]})


def _spots(shape: Shape, spot: Spot, around: frozenset[str]) -> Iterator[tuple[Spot, Shape]]:
    if spot:
        yield spot, shape
    if len(spot) >= DEPTH_MAX or shape.name in around:
        return
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            yield from _spots(member, (*spot, name), around | {shape.name})
    elif isinstance(shape, ListShape):
        yield from _spots(shape.member, (*spot, EACH), around)
    elif isinstance(shape, MapShape):
        yield from _spots(shape.value, (*spot, ENTRY), around)


def _values(service: str, shape: Shape, spot: Spot, things: Things) -> Iterator[Any]:
    name = next(part for part in reversed(spot) if part not in (EACH, ENTRY))
    if isinstance(shape, StructureShape):
        yield {}
    elif isinstance(shape, ListShape):
        one = value_for(service, shape.member, name, things)
        yield from ([], [one, one], [one] * MANY)
        if shape.member.type_name == "string":
            yield [f"x{number}" for number in range(MANY)]
    elif isinstance(shape, MapShape):
        one = value_for(service, shape.value, name, things)
        yield from ({}, {f"k{number}": one for number in range(MANY)}, *({text: one} for text in TEXTS))
    else:
        yield from _OF_TYPE[shape.type_name]


def _put(service: str, shape: Shape, at: Any, spot: Spot, value: Any, things: Things) -> Any:
    if not spot:
        return value
    if isinstance(shape, ListShape):
        return [_put(service, shape.member, at[0] if at else None, spot[1:], value, things)]
    if isinstance(shape, MapShape):
        return {"k": _put(service, shape.value, None, spot[1:], value, things)}
    assert isinstance(shape, StructureShape)
    base = at if isinstance(at, Mapping) else Putter(service, things).fresh(shape)
    return {**base, spot[0]: _put(service, shape.members[spot[0]], base.get(spot[0]), spot[1:], value, things)}
