"""Fills operations' parameters from their models, so that a stranger can try another tenant's ids everywhere."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.session import Session
from tests.unit.services.lambdas.lambda_world import package
from tests.unit.services.tenant_world import Things

Path: TypeAlias = tuple[str, ...]
"""Member names down to a string; a list on the way has exactly one item."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "apigateway.accessAssociationSource": ("ApiEndpointId",),
    "apigateway.apiId": ("restApiId",),
    "apigateway.certificateArn": ("CertificateArn",),
    "apigateway.ownershipVerificationCertificateArn": ("CertificateArn",),
    "apigateway.regionalCertificateArn": ("CertificateArn",),
    "apigateway.connectionId": ("vpcLinkId",),
    "apigateway.targetArns": ("LoadBalancerArn",),
    "apigateway.vpcEndpointIds": ("ApiEndpointId",),
    "apigateway.resourceArn": ("RestApiArn",),
    "apigateway.integrationTarget": ("LoadBalancerArn",),
    "apigateway.name": (),
    "apigatewayv2.ApiId": ("restApiId",),
    "apigatewayv2.DomainName": ("domainName",),
    "apigatewayv2.DomainNameId": ("domainNameId",),
    "apigatewayv2.Name": (),
    "apigatewayv2.RoutingRuleId": ("routingRuleId",),
    "apigatewayv2.Stage": ("stageName",),
    "apigatewayv2.ResourceArn": ("VpcLinkArn",),
    "apigatewayv2.SecurityGroupIds": ("GroupId",),
    "apigatewayv2.SubnetIds": ("SubnetId",),
    "apigateway.stage": ("stageName",),
    "cloudwatch.AlarmNamePrefix": ("AlarmName",),
    "cloudwatch.AlarmNames": ("AlarmName",),
    "cloudwatch.ResourceARN": ("AlarmArn",),
    "lambda.Arn": ("LayerVersionArn",),
    "lambda.FunctionName": ("FunctionArn",),
    "lambda.Layers": ("LayerVersionArn",),
    "lambda.Resource": ("FunctionArn",),
    "lambda.Role": ("FunctionRoleArn",),
    "lambda.SecurityGroupIds": ("GroupId",),
    "logs.resourceArn": ("LogGroupArn",),
    "logs.logGroupNamePrefix": ("logGroupName",),
    "logs.logGroupIdentifier": ("LogGroupArn", "logGroupName"),
    "logs.logGroupIdentifiers": ("LogGroupArn", "logGroupName"),
    "ec2.Resources": ("VpcId", "VpcEndpointId", "TransitGatewayId", "SecurityGroupRuleId", "ServiceId", "AllocationId"),
    "ec2.AddAllowedPrincipals": (),
    "ec2.AssociationId": ("AssociationId", "VpcCidrAssociationId", "AclAssociationId"),
    "ec2.DestinationPrefixListId": ("PrefixListId",),
    "ec2.Groups": ("GroupId",),
    "ec2.NetworkAclAssociation": ("AclAssociationId",),
    "ec2.ReferencedGroupId": ("GroupId",),
    "ec2.SourceSecurityGroupName": ("GroupName",),
    "ec2.TransitGatewayAttachmentId": ("TransitGatewayAttachmentId", "PeeringAttachmentId"),
    "ec2.GatewayId": ("InternetGatewayId",),
    "ec2.VpcEndpointId": ("VpcEndpointId", "ApiEndpointId"),
    "elbv2.Id": ("LoadBalancerArn",),
    "elbv2.Names": ("LoadBalancerName", "TargetGroupName"),
    "elbv2.LoadBalancerName": ("LoadBalancerName",),
    "elbv2.ListenerArn": ("ListenerArn", "AlbListenerArn"),
    "elbv2.ResourceArns": ("LoadBalancerArn", "TargetGroupArn", "ListenerArn", "RuleArn"),
    "elbv2.SecurityGroups": ("GroupId",),
    "elbv2.Subnets": ("SubnetId",),
    "elbv2.TargetGroupArn": ("TargetGroupArn", "AlbTargetGroupArn"),
    "iam.PermissionsBoundary": ("PolicyArn",),
    "organizations.AccountId": (),
    "sts.arn": ("PolicyArn",),
}
"""What a member means where its own name does not say it: `<service>.<member>` -> words of a tenant's things."""

TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}'

PLAIN: Mapping[str, Any] = {
    "CidrBlock": "10.77.0.0/24",
    "DestinationCidrBlock": "10.99.0.0/16",
    "httpMethod": "GET",
    "statusCode": "200",
    "AttachmentId": "eni-attach-0123456789abcdef0",
    "PolicyDocument": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    "CidrIp": "0.0.0.0/0",
    "RoleSessionName": "session",
    "VersionId": "v1",
    "responseType": "DEFAULT_4XX",
    "ConnectionNotificationArn": "arn:aws:sns:us-east-1:444455556666:topic",
    "ConnectionEvents": ["Accept"],
    "PeerRegion": "us-east-1",
    "exportType": "oas30",
    "pathPart": "new",
    "VpcEndpointType": "Interface",
    "Key": "deletion_protection.enabled",
    "Value": "false",
    "Port": 81,
    "Priority": 7,
    "Protocol": "TCP",
    "IpProtocol": "tcp",
    "FromPort": 1,
    "ToPort": 2,
    "AvailabilityZone": "us-east-1a",
    "RuleNumber": 7,
    "RuleAction": "allow",
    "Type": "forward",
}
"""Values that are no ids."""

SIBLINGS = ("IpProtocol", "FromPort", "ToPort")
"""Members that stand beside an id wherever there is one of the kind."""


_ROUTE = {"DestinationCidrBlock": "10.99.0.0/16"}
_RULE = {"GroupId": "{GroupId}"}
_TARGET_GROUP = {"Protocol": "TCP", "Port": 80, "VpcId": "{VpcId}", "TargetType": "ip"}
RECIPES: Mapping[str, Mapping[str, Any]] = {
    "apigateway.CreateAuthorizer": {
        "type": "COGNITO_USER_POOLS",
        "name": "b",
        "identitySource": "method.request.header.A",
    },
    "apigateway.CreateStage": {"stageName": "fresh"},
    "apigateway.CreateUsagePlanKey": {"keyType": "API_KEY"},
    "apigateway.PutIntegration": {
        "type": "HTTP_PROXY",
        "integrationHttpMethod": "GET",
        "connectionType": "VPC_LINK",
        "uri": "http://backend/",
    },
    "apigateway.PutMethod": {"httpMethod": "PUT"},
    "apigateway.PutMethodResponse": {"statusCode": "201"},
    "ec2.AssociateVpcCidrBlock": {"CidrBlock": "10.3.0.0/16"},
    "ec2.AuthorizeSecurityGroupIngress": _RULE,
    "ec2.AuthorizeSecurityGroupEgress": _RULE,
    "ec2.CreateNatGateway": {"ConnectivityType": "private", "SubnetId": "{SubnetId}"},
    "ec2.CreateNetworkAclEntry": {"CidrBlock": "0.0.0.0/0"},
    "ec2.CreateRoute": _ROUTE,
    "ec2.CreateSubnet": {"CidrBlock": "10.0.77.0/24"},
    "ec2.CreateTags": {"Tags": [{"Key": "k", "Value": "v"}]},
    "ec2.CreateTransitGatewayVpcAttachment": {"VpcId": "{PeerVpcId}", "SubnetIds": ["{PeerSubnetId}"]},
    "ec2.CreateVpcEndpoint": {
        "VpcEndpointType": "Interface",
        "ServiceName": "{ServiceName}",
        "SubnetIds": ["{SubnetId}"],
        "SecurityGroupIds": ["{GroupId}"],
    },
    "ec2.DeleteRoute": _ROUTE,
    "ec2.DeleteSecurityGroup": {},
    "ec2.DetachInternetGateway": {},
    "ec2.RejectTransitGatewayPeeringAttachment": {"TransitGatewayAttachmentId": "{PeeringAttachmentId}"},
    "ec2.AcceptTransitGatewayPeeringAttachment": {"TransitGatewayAttachmentId": "{PeeringAttachmentId}"},
    "ec2.DeleteTransitGatewayPeeringAttachment": {"TransitGatewayAttachmentId": "{PeeringAttachmentId}"},
    "ec2.ReplaceNetworkAclAssociation": {"AssociationId": "{AclAssociationId}"},
    "ec2.ReplaceNetworkAclEntry": {"CidrBlock": "0.0.0.0/0"},
    "ec2.ReplaceRoute": _ROUTE,
    "ec2.RevokeSecurityGroupIngress": _RULE,
    "ec2.RevokeSecurityGroupEgress": _RULE,
    "ec2.SearchTransitGatewayRoutes": {"Filters": [{"Name": "state", "Values": ["active"]}]},
    "elbv2.AddListenerCertificates": {"Certificates": [{"CertificateArn": "{CertificateArn}"}]},
    "elbv2.CreateListener": {
        "Protocol": "TCP",
        "Port": 81,
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": "{TargetGroupArn}"}],
    },
    "elbv2.CreateLoadBalancer": {"Name": "fresh", "Type": "network", "Scheme": "internal"},
    "elbv2.CreateRule": {
        "ListenerArn": "{AlbListenerArn}",
        "Priority": 9,
        "Conditions": [{"Field": "path-pattern", "Values": ["/y"]}],
        "Actions": [{"Type": "forward", "TargetGroupArn": "{AlbTargetGroupArn}"}],
    },
    "elbv2.CreateTargetGroup": _TARGET_GROUP | {"Name": "fresh"},
    "elbv2.RegisterTargets": {"Targets": [{"Id": "10.0.1.9", "Port": 80}]},
    "iam.UpdateAssumeRolePolicy": {"PolicyDocument": TRUST},
    "lambda.AddPermission": {
        "StatementId": "t",
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
    },
    "lambda.CreateAlias": {"Name": "fresh", "FunctionVersion": "1"},
    "lambda.CreateFunction": {
        "FunctionName": "fresh",
        "Runtime": "python3.11",
        "Handler": "app.handler",
        "Code": {"ZipFile": package()},
        "VpcConfig": {"SubnetIds": ["{SubnetId}"], "SecurityGroupIds": ["{GroupId}"]},
    },
    "lambda.DeleteAlias": {"Name": "live"},
    "lambda.GetAlias": {"Name": "live"},
    "lambda.Invoke": {"InvocationType": "RequestResponse", "Payload": b"{}"},
    "lambda.InvokeAsync": {"InvokeArgs": b"{}"},
    "lambda.PublishLayerVersion": {"Content": {"ZipFile": package()}},
    "lambda.PutFunctionEventInvokeConfig": {"MaximumRetryAttempts": 0},
    "lambda.PutRuntimeManagementConfig": {"UpdateRuntimeOn": "Auto"},
    "lambda.RemovePermission": {"StatementId": "s"},
    "lambda.TagResource": {"Tags": {"a": "b"}},
    "lambda.UntagResource": {"TagKeys": ["a"]},
    "lambda.UpdateAlias": {"Name": "live", "FunctionVersion": "1"},
    "lambda.UpdateFunctionCode": {"ZipFile": package({"other.py": ""})},
    "lambda.UpdateFunctionConfiguration": {
        "VpcConfig": {"SubnetIds": ["{SubnetId}"], "SecurityGroupIds": ["{GroupId}"]}
    },
    "lambda.UpdateFunctionEventInvokeConfig": {"MaximumRetryAttempts": 0},
}
"""What an operation wants besides what its model calls required; "{word}" is one's own thing."""


class Member(NamedTuple):
    """A string in an operation's input that names a thing."""

    path: Path
    words: tuple[str, ...]
    required: bool


@cache
def _session() -> Session:
    return Session()


def input_of(service: str, operation: str) -> StructureShape | None:
    """The model of an operation's parameters."""
    model: OperationModel = _session().get_service_model(service).operation_model(operation)
    return model.input_shape


def members_of(service: str, operation: str, things: Things) -> tuple[Member, ...]:
    """Every member that names one of `things`."""
    shape = input_of(service, operation)
    return tuple(_members(service, shape, (), True, things)) if shape is not None else ()


def _members(service: str, shape: Shape, path: Path, required: bool, things: Things) -> Iterator[Member]:
    if len(path) > 5:
        return
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            yield from _members(service, member, (*path, name), required and name in shape.required_members, things)
    elif isinstance(shape, ListShape):
        yield from _members(service, shape.member, path, required, things)
    elif shape.type_name == "string":
        words = words_of(service, path[-1], things)
        if words:
            yield Member(path, words, required)


def words_of(service: str, name: str, things: Mapping[str, str]) -> tuple[str, ...]:
    """Which things a member may name."""
    special = WORDS.get(f"{service}.{name}")
    if special is not None:
        return special
    bare = re.sub(r"^(Add|Remove|Associated|Secondary)(?=[A-Z])", "", name)
    for candidate in (bare, bare.removesuffix("s")):
        if candidate in things:
            return (WORDS.get(f"{service}.{candidate}") or (candidate,)) if candidate != name else (candidate,)
    return ()


def fill(service: str, operation: str, things: Mapping[str, str]) -> dict[str, Any]:
    """The required parameters, naming `things` where they name anything."""
    shape = input_of(service, operation)
    if shape is None:
        return {}
    recipe = RECIPES.get(f"{service}.{operation}", {})
    return _structure(service, shape, things) | {name: fill_in(value, things) for name, value in recipe.items()}


def fill_in(value: Any, things: Mapping[str, str]) -> Any:
    """The value with one's own things for "{word}"."""
    if isinstance(value, Mapping):
        return {key: fill_in(member, things) for key, member in value.items()}
    if isinstance(value, list):
        return [fill_in(member, things) for member in value]
    return things[value[1:-1]] if isinstance(value, str) and value.startswith("{") and value[1:-1] in things else value


def _structure(service: str, shape: StructureShape, things: Mapping[str, str]) -> dict[str, Any]:
    return {name: value_for(service, shape.members[name], name, things) for name in shape.required_members}


def value_for(service: str, shape: Shape, name: str, things: Mapping[str, str]) -> Any:
    """A plain value of a member, naming `things` where it names anything."""
    if isinstance(shape, StructureShape):
        return _structure(service, shape, things)
    if isinstance(shape, ListShape):
        return [value_for(service, shape.member, name, things)]
    if isinstance(shape, MapShape):
        return {}
    words = words_of(service, name, things)
    if words and shape.type_name == "string":
        return things[words[0]]
    if name in PLAIN:
        return PLAIN[name]
    enum = getattr(shape, "enum", None)
    if enum:
        return enum[0]
    return _OF_TYPE.get(shape.type_name, "x")


_OF_TYPE: Mapping[str, Any] = {
    "integer": 1,
    "long": 1,
    "float": 1.0,
    "double": 1.0,
    "boolean": True,
    "blob": b"x",
    "timestamp": datetime(2026, 11, 22, tzinfo=UTC),
}


def put_at(
    service: str, operation: str, params: Mapping[str, Any], path: Path, value: str, things: Things
) -> dict[str, Any]:
    """`params` with `value` at the end of `path`, making what is missing on the way (naming `things` where it must)."""
    shape = input_of(service, operation)
    assert shape is not None
    made: dict[str, Any] = Putter(service, things).put(shape, params, path, value)
    return made


class Putter(NamedTuple):
    """Puts a value into parameters."""

    service: str
    things: Things

    def put(self, shape: Shape, at: Any, path: Path, value: str) -> Any:
        """The parameters `at` a shape with the value at the end of the path."""
        if isinstance(shape, ListShape):
            return [self.put(shape.member, at[0] if at else None, path, value)]
        if not path or not isinstance(shape, StructureShape):
            return value
        name = path[0]
        base = dict(at) if at is not None else self.fresh(shape)
        return base | {name: self.put(shape.members[name], base.get(name), path[1:], value)}

    def fresh(self, shape: StructureShape) -> dict[str, Any]:
        """A structure that was not there, with what it must have."""
        siblings = {name: PLAIN[name] for name in SIBLINGS if name in shape.members}
        return siblings | _structure(self.service, shape, self.things)


def unknown_twin(id: str) -> str:
    """An id of the same form that nobody has: the letters and digits of its last part turned on."""
    match = re.search(r"[0-9A-Za-z]+$", id)
    assert match is not None, id
    start = match.start() + (4 if match[0][:4] in ("AKIA", "AIDA") else 0)
    return id[:start] + "".join(_turn(char) for char in id[start:])


def _turn(char: str) -> str:
    for alphabet in ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        if char in alphabet:
            return alphabet[(alphabet.index(char) + 5) % len(alphabet)]
    return char
