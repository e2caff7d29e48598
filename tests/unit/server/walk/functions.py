"""Right parameters of calls to IAM, Lambda, CloudWatch Logs and Certificate Manager."""

import json
from collections.abc import Mapping

from tests.unit.server.walk.networks import Params, Recipe, maybe
from tests.unit.server.walk.pools import Pools, nothing
from tests.unit.services.certificate_maker import issue
from tests.unit.services.lambdas.lambda_world import TRUST, package

from innergate.resources.certificates import Certificate
from innergate.resources.functions import Function, FunctionAlias, FunctionVersion

ACCOUNTS = ("111122223333", "444455556666", "777788889999")
SERVICES = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"%s"},"Action":"sts:AssumeRole"}]}'
)


def _certificate(p: Pools) -> Params:
    made = issue(p.dice.choice(("*.example.com", "svc.example.com", "other.test")))
    return {"Certificate": made.leaf.certificate.encode(), "PrivateKey": made.leaf.key.encode()}


def _role(p: Pools) -> Params:
    service = p.dice.choice(("lambda.amazonaws.com", "apigateway.amazonaws.com"))
    trust = TRUST if service.startswith("lambda") else SERVICES % service
    return {"RoleName": f"r{p.dice.randrange(12)}", "AssumeRolePolicyDocument": trust}


ALLOW = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]}
)
IAM: Mapping[str, Recipe] = {
    "CreateRole": _role,
    "CreateUser": lambda p: {"UserName": f"u{p.dice.randrange(6)}"},
    "PutUserPolicy": lambda p: {"UserName": p["UserName"], "PolicyName": "p", "PolicyDocument": ALLOW},
    "PutRolePolicy": lambda p: {"RoleName": p["RoleName"], "PolicyName": "p", "PolicyDocument": ALLOW},
    "CreatePolicy": lambda p: {"PolicyName": f"p{p.dice.randrange(6)}", "PolicyDocument": ALLOW},
    "CreatePolicyVersion": lambda p: {
        "PolicyArn": p["PolicyArn"],
        "PolicyDocument": ALLOW,
        "SetAsDefault": p.dice.random() < 0.5,
    },
    "DeletePolicyVersion": lambda p: {"PolicyArn": p["PolicyArn"], "VersionId": p.dice.choice(("v1", "v2", "v3"))},
    "SetDefaultPolicyVersion": lambda p: {"PolicyArn": p["PolicyArn"], "VersionId": p.dice.choice(("v1", "v2", "v3"))},
    "DeleteUserPolicy": lambda p: {"UserName": p["UserName"], "PolicyName": "p"},
    "DeleteRolePolicy": lambda p: {"RoleName": p["RoleName"], "PolicyName": "p"},
}


def _vpc_config(p: Pools) -> Params:
    if p.dice.random() < 0.3:
        return {"SubnetIds": [], "SecurityGroupIds": []}
    return {"SubnetIds": [p["SubnetId"]], "SecurityGroupIds": [p["GroupId"]]}


def _function(p: Pools) -> Params:
    return {
        "FunctionName": f"f{p.dice.randrange(8)}",
        "Runtime": "python3.11",
        "Handler": "app.handler",
        "Role": p["FunctionRoleArn"],
        "Code": {"ZipFile": package()},
        **(maybe(p, 0.5, VpcConfig=_vpc_config(p))),
    }


def _versions(p: Pools) -> list[str]:
    return [v.number for v in p.state.find(FunctionVersion, "function", p.one(Function).id)]


def _qualified(p: Pools) -> Params:
    aliases = [a.name for a in p.state.find(FunctionAlias, "function", p.one(Function).id)]
    return maybe(p, 0.4, Qualifier=p.dice.choice(aliases)) if aliases else {}


def _named(p: Pools) -> Params:
    return {"FunctionName": p.one(Function).id}


def _changed_configuration(p: Pools) -> Params:
    kind = p.dice.randrange(4)
    if kind == 0:
        return {"VpcConfig": _vpc_config(p)}
    if kind == 1:
        return {"Layers": [p["LayerVersionArn"]]}
    return {"Timeout": p.dice.choice((3, 5)), "MemorySize": p.dice.choice((128, 256))}


LAMBDA: Mapping[str, Recipe] = {
    "CreateFunction": _function,
    "UpdateFunctionCode": lambda p: {
        **_named(p),
        "ZipFile": package({"app.py": f"N = {p.dice.randrange(5)}\ndef handler(event, context): return event\n"}),
        **maybe(p, 0.3, Publish=True),
    },
    "UpdateFunctionConfiguration": lambda p: {
        **_named(p),
        **p.dice.choice(
            ({"Timeout": 5}, {"MemorySize": 256}, {"VpcConfig": _vpc_config(p)}, {"Layers": [p["LayerVersionArn"]]})
        ),
    },
    "PublishVersion": _named,
    "CreateAlias": lambda p: {
        **_named(p),
        "Name": p.dice.choice(("live", "dev")),
        "FunctionVersion": p.dice.choice(_versions(p) or nothing()),
    },
    "UpdateAlias": lambda p: {
        **_named(p),
        "Name": p["AliasName"],
        "FunctionVersion": p.dice.choice(_versions(p) or nothing()),
    },
    "DeleteAlias": lambda p: {**_named(p), "Name": p["AliasName"]},
    "DeleteFunction": lambda p: {
        **_named(p),
        **(maybe(p, 0.4, Qualifier=p.dice.choice(_versions(p))) if _versions(p) else {}),
    },
    "AddPermission": lambda p: {
        **_named(p),
        **_qualified(p),
        "StatementId": f"s{p.dice.randrange(4)}",
        "Action": "lambda:InvokeFunction",
        "Principal": p.dice.choice(("apigateway.amazonaws.com", *ACCOUNTS)),
    },
    "RemovePermission": lambda p: {**_named(p), **_qualified(p), "StatementId": f"s{p.dice.randrange(4)}"},
    "CreateFunctionUrlConfig": lambda p: {
        **_named(p),
        **_qualified(p),
        "AuthType": p.dice.choice(("NONE", "AWS_IAM")),
        **maybe(p, 0.3, Cors={"AllowOrigins": ["*"]}),
    },
    "UpdateFunctionUrlConfig": lambda p: {**_named(p), **_qualified(p), "AuthType": p.dice.choice(("NONE", "AWS_IAM"))},
    "DeleteFunctionUrlConfig": lambda p: {**_named(p), **_qualified(p)},
    "PutFunctionConcurrency": lambda p: {**_named(p), "ReservedConcurrentExecutions": p.dice.choice((0, 1, 5))},
    "PublishLayerVersion": lambda p: {
        "LayerName": f"l{p.dice.randrange(3)}",
        "Content": {"ZipFile": package({"l.py": ""})},
    },
    "DeleteLayerVersion": lambda p: dict(
        zip(("LayerName", "VersionNumber"), _split_layer(p["LayerVersionArn"]), strict=True)
    ),
}


def _split_layer(arn: str) -> tuple[str, int]:
    name, _, number = arn.rpartition(":")
    return name, int(number)


LOGS: Mapping[str, Recipe] = {
    "TagResource": lambda p: {"resourceArn": p["LogGroupArn"], "tags": {"k": "v"}},
    "CreateLogGroup": lambda p: {"logGroupName": f"g{p.dice.randrange(5)}"},
    "PutRetentionPolicy": lambda p: {"logGroupName": p["logGroupName"], "retentionInDays": p.dice.choice((1, 7, 30))},
}


def _imported(p: Pools) -> Params:
    made = _certificate(p)
    return {**made, "CertificateArn": p["CertificateArn"]} if p.own(Certificate) and p.dice.random() < 0.3 else made


ACM: Mapping[str, Recipe] = {
    "ImportCertificate": _imported,
}
