"""Identity policies with conditions of API Gateway's own, and the actions that some calls need besides their verb."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.unit.services.identity_harness import IdentityHarness

from innergate.primitives.fault import Fault
from innergate.primitives.json_value import JsonObject
from innergate.services.apigateway import openapi_documents
from innergate.services.apigateway.openapi_documents import read_document
from innergate.services.apigateway.request_conditions import request_keys
from innergate.services.operation import read
from innergate.testing.services import ServiceHarness

REST_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}],
    }
)
Key = tuple[str, str]


def allow(*actions: str, resource: str | list[str] = "*", **condition: Mapping[str, Any]) -> dict[str, object]:
    statement: dict[str, object] = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def deny(*actions: str, **condition: Mapping[str, Any]) -> dict[str, object]:
    return {**allow(*actions, resource="*", **condition), "Effect": "Deny"}


def user(harness: IdentityHarness, *statements: dict[str, object]) -> Key:
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return harness.user_key(harness.member, f"u{next(_NUMBERS)}", text)


_NUMBERS = iter(range(1000))


def call(harness: IdentityHarness, key: Key, operation: str, **params: Any) -> Mapping[str, Any]:
    return harness.call(key, "apigateway", operation, **params)


def refused(harness: IdentityHarness, key: Key, operation: str, **params: Any) -> str:
    with pytest.raises(Fault) as caught:
        call(harness, key, operation, **params)
    assert (caught.value.code, caught.value.status) == ("AccessDeniedException", 403)
    return caught.value.message


def replace(path: str, value: str) -> list[dict[str, str]]:
    return [{"op": "replace", "path": path, "value": value}]


PRIVATE = {"types": ["PRIVATE"]}


def test_only_private_apis(harness: IdentityHarness) -> None:
    """The developer guide's own example ("How Amazon API Gateway works with IAM")."""
    root = harness.root_key(harness.member)
    public = call(harness, root, "CreateRestApi", name="public", endpointConfiguration={"types": ["REGIONAL"]})["id"]
    only_private = allow(
        "apigateway:PATCH",
        "apigateway:POST",
        "apigateway:PUT",
        resource=["arn:aws:apigateway:us-east-1::/restapis", "arn:aws:apigateway:us-east-1::/restapis/??????????"],
        **{
            "ForAllValues:StringEqualsIfExists": {
                "apigateway:Request/EndpointType": "PRIVATE",
                "apigateway:Resource/EndpointType": "PRIVATE",
            }
        },
    )
    key = user(harness, only_private)
    made = call(harness, key, "CreateRestApi", name="a", endpointConfiguration=PRIVATE)["id"]
    call(harness, key, "UpdateRestApi", restApiId=made, patchOperations=replace("/name", "b"))
    refused(harness, key, "CreateRestApi", name="a", endpointConfiguration={"types": ["REGIONAL"]})
    refused(harness, key, "CreateRestApi", name="a")
    refused(harness, key, "UpdateRestApi", restApiId=public, patchOperations=replace("/name", "b"))
    to_public = replace("/endpointConfiguration/types/PRIVATE", "REGIONAL")
    refused(harness, key, "UpdateRestApi", restApiId=made, patchOperations=to_public)


def test_methods_must_authorize(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.member)
    api = call(harness, root, "CreateRestApi", name="a")["id"]
    resource = call(harness, root, "GetResources", restApiId=api)["items"][0]["id"]
    open_method = {"apigateway:Request/RouteAuthorizationType": "NONE"}
    key = user(harness, allow("apigateway:*"), deny("apigateway:*", **{"ForAnyValue:StringEquals": open_method}))
    where = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
    refused(harness, key, "PutMethod", **where, authorizationType="NONE")
    call(harness, key, "PutMethod", **where, authorizationType="AWS_IAM")
    refused(harness, key, "UpdateMethod", **where, patchOperations=replace("/authorizationType", "NONE"))
    call(harness, key, "UpdateMethod", **where, patchOperations=replace("/apiKeyRequired", "true"))


def document(security: list[dict[str, list[str]]]) -> bytes:
    operation = {"security": security, "responses": {}, "x-amazon-apigateway-integration": {"type": "mock"}}
    sigv4 = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}
    key = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    schemes = {"sigv4": sigv4, "key": key}
    paths = {"/": {"get": operation, "put": operation | {"security": [{"sigv4": [], "key": []}]}}}
    return json.dumps(
        {"swagger": "2.0", "info": {"title": "d"}, "paths": paths, "securityDefinitions": schemes}
    ).encode()


def test_imported_methods_are_a_collection(harness: IdentityHarness) -> None:
    open_method = {"apigateway:Request/RouteAuthorizationType": "NONE"}
    key = user(harness, allow("apigateway:*"), deny("apigateway:*", **{"ForAnyValue:StringEquals": open_method}))
    refused(harness, key, "ImportRestApi", body=document([]))
    made = call(harness, key, "ImportRestApi", body=document([{"sigv4": []}]))["id"]
    refused(harness, key, "PutRestApi", restApiId=made, body=document([]))
    call(harness, key, "PutRestApi", restApiId=made, body=document([{"sigv4": [], "key": []}]))


def test_what_a_document_asks_for(tmp_path: Path) -> None:
    probe = ServiceHarness(tmp_path, {"Ask": read(request_keys("ImportRestApi"))})
    options = {"endpointConfigurationTypes": "PRIVATE"}
    assert probe.call("Ask", body=document([]), parameters=options) == {
        "apigateway:Request/ApiName": "d",
        "apigateway:Request/ApiKeyRequired": ("false", "true"),
        "apigateway:Request/RouteAuthorizationType": ("NONE", "AWS_IAM"),
        "apigateway:Request/EndpointType": ("PRIVATE",),
        "apigateway:Request/DisableExecuteApiEndpoint": "false",
    }
    more = {
        "servers": [{"x-amazon-apigateway-endpoint-configuration": {"disableExecuteApiEndpoint": True}}],
        "x-amazon-apigateway-security-policy": "TLS_1_0",
    }
    asked = probe.call("Ask", body=json.dumps(json.loads(document([])) | more).encode())
    assert asked["apigateway:Request/DisableExecuteApiEndpoint"] == "true"
    assert asked["apigateway:Request/SecurityPolicy"] == "TLS_1_0"
    assert asked["apigateway:Request/EndpointType"] == ("EDGE",)
    assert probe.call("Ask", body=b"no document") == {}
    probe.store.close()


def test_a_document_is_read_once_for_all_who_ask(harness: IdentityHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def reading(body: bytes) -> JsonObject:
        read.append(body)
        return read_document(body)

    monkeypatch.setattr(openapi_documents, "read_document", reading)
    key = user(harness, allow("apigateway:*"))
    made = call(harness, key, "ImportRestApi", body=document([]))["id"]
    call(harness, key, "PutRestApi", restApiId=made, body=document([{"sigv4": []}]))
    assert read == [document([]), document([{"sigv4": []}])]


def test_resources_by_what_they_are(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.member)
    kept = call(harness, root, "CreateRestApi", name="production")["id"]
    passing = call(harness, root, "CreateRestApi", name="scratch")["id"]
    named = {"apigateway:Resource/ApiName": "production"}
    key = user(harness, allow("apigateway:*"), deny("apigateway:DELETE", StringEquals=named))
    refused(harness, key, "DeleteRestApi", restApiId=kept)
    call(harness, key, "DeleteRestApi", restApiId=passing)
    call(harness, key, "GetRestApi", restApiId=kept)


def test_access_logs_go_where_the_policy_says(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.member)
    api = call(harness, root, "CreateRestApi", name="a")["id"]
    destination = "arn:aws:logs:us-east-1:444455556666:log-group:audit"
    only_audit = {"apigateway:Request/AccessLoggingDestination": destination}
    key = user(harness, allow("apigateway:PATCH", StringEqualsIfExists=only_audit))
    where = {"restApiId": api, "stageName": "prod"}
    patches = replace("/accessLogSettings/destinationArn", f"{destination}-not")
    refused(harness, key, "UpdateStage", **where, patchOperations=patches)
    with pytest.raises(Fault, match="NotFoundException"):
        call(harness, key, "UpdateStage", **where, patchOperations=replace("/description", "no such stage"))
    with pytest.raises(Fault, match="NotFoundException"):
        patches = replace("/accessLogSettings/destinationArn", destination)
        call(harness, key, "UpdateStage", **where, patchOperations=patches)


def test_an_api_s_tags_are_those_of_all_in_it(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.member)
    ours = call(harness, root, "CreateRestApi", name="a", tags={"team": "red"})
    theirs = call(harness, root, "CreateRestApi", name="b", tags={"team": "blue"})
    key = user(harness, allow("apigateway:*", StringEquals={"aws:ResourceTag/team": "red"}))
    made = call(
        harness, key, "CreateResource", restApiId=ours["id"], parentId=ours["rootResourceId"], pathPart="orders"
    )
    call(harness, key, "DeleteResource", restApiId=ours["id"], resourceId=made["id"])
    refused(
        harness, key, "CreateResource", restApiId=theirs["id"], parentId=theirs["rootResourceId"], pathPart="orders"
    )
    refused(harness, key, "GetRestApi", restApiId=theirs["id"])


def test_tags_given_on_creation_need_a_put_of_their_own(harness: IdentityHarness) -> None:
    key = user(harness, allow("apigateway:POST"))
    call(harness, key, "CreateRestApi", name="a")
    assert refused(harness, key, "CreateRestApi", name="a", tags={"team": "red"}).endswith(
        "is not authorized to perform: apigateway:PUT on resource: "
        "arn:aws:apigateway:us-east-1::/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2F* "
        "because no identity-based policy allows the apigateway:PUT action"
    )
    only_red = {"aws:RequestTag/team": "red"}
    both = user(harness, allow("apigateway:POST"), allow("apigateway:PUT", StringEquals=only_red))
    call(harness, both, "CreateRestApi", name="a", tags={"team": "red"})
    refused(harness, both, "CreateRestApi", name="a", tags={"team": "blue"})


def test_tagging_changes_the_resource_too(harness: IdentityHarness) -> None:
    root = harness.root_key(harness.member)
    made = call(harness, root, "CreateRestApi", name="a")["id"]
    arn = f"arn:aws:apigateway:us-east-1::/restapis/{made}"
    key = user(harness, allow("apigateway:PUT"))
    assert f"apigateway:PATCH on resource: {arn} " in refused(
        harness, key, "TagResource", resourceArn=arn, tags={"a": "b"}
    )
    both = user(
        harness, allow("apigateway:*"), deny("apigateway:DELETE", **{"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}})
    )
    call(harness, both, "TagResource", resourceArn=arn, tags={"a": "b", "c": "d"})
    refused(harness, both, "UntagResource", resourceArn=arn, tagKeys=["a"])
    call(harness, both, "UntagResource", resourceArn=arn, tagKeys=["c"])


def test_a_resource_policy_needs_an_action_of_its_own(harness: IdentityHarness) -> None:
    key = user(harness, allow("apigateway:POST", "apigateway:PATCH", "apigateway:PUT"))
    made = call(harness, key, "CreateRestApi", name="a")["id"]
    own = f"apigateway:UpdateRestApiPolicy on resource: arn:aws:apigateway:us-east-1::/restapis/{made} "
    assert own in refused(
        harness, key, "UpdateRestApi", restApiId=made, patchOperations=replace("/policy", REST_POLICY)
    )
    with_policy = json.loads(document([])) | {"x-amazon-apigateway-policy": json.loads(REST_POLICY)}
    assert own in refused(harness, key, "PutRestApi", restApiId=made, body=json.dumps(with_policy).encode())
    assert "UpdateRestApiPolicy" in refused(harness, key, "CreateRestApi", name="b", policy=REST_POLICY)
    both = user(harness, allow("apigateway:PATCH", "apigateway:UpdateRestApiPolicy"))
    call(harness, both, "UpdateRestApi", restApiId=made, patchOperations=replace("/policy", REST_POLICY))


def test_private_domain_names_are_asked_about_by_their_own_arn(harness: IdentityHarness) -> None:
    key = user(harness, allow("apigateway:GET"))
    arn = "arn:aws:apigateway:us-east-1:444455556666:/domainnames/a.example.com+abc1234567"
    where = {"domainName": "a.example.com", "domainNameId": "abc1234567"}
    patches = replace("/routingMode", "ROUTING_RULE_ONLY")
    assert f"on resource: {arn} " in refused(harness, key, "UpdateDomainName", **where, patchOperations=patches)
    admit = user(harness, allow("apigateway:PATCH", resource=arn))
    with pytest.raises(Fault, match="NotFoundException"):
        call(harness, admit, "UpdateDomainName", **where, patchOperations=patches)
    for text in (REST_POLICY, ""):
        for path, action in (("/managementPolicy", "ManagementPolicy"), ("/policy", "Policy")):
            assert f"apigateway:UpdateDomainName{action} " in refused(
                harness, admit, "UpdateDomainName", **where, patchOperations=replace(path, text)
            )
    assert f"apigateway:RejectAccessAssociation on resource: {arn} " in refused(
        harness, key, "RejectDomainNameAccessAssociation", domainNameArn=arn, domainNameAccessAssociationArn="x"
    )


@pytest.mark.parametrize(
    ("params", "action"),
    [
        ({"mutualTlsAuthentication": {"truststoreUri": "s3://b/k"}}, "AddCertificateToDomain"),
        ({"policy": REST_POLICY}, "UpdateDomainNamePolicy"),
    ],
)
def test_domain_names_with_client_certificates_or_policies(
    harness: IdentityHarness, params: dict[str, object], action: str
) -> None:
    key = user(harness, allow("apigateway:POST"))
    assert f"apigateway:{action} on resource: arn:aws:apigateway:us-east-1::/domainnames " in refused(
        harness, key, "CreateDomainName", domainName="a.example.com", **params
    )


def test_domain_names_by_what_is_asked_for(harness: IdentityHarness) -> None:
    old = {"apigateway:Request/SecurityPolicy": "TLS_1_0"}
    key = user(harness, allow("apigateway:*"), deny("apigateway:*", **{"ForAnyValue:StringEquals": old}))
    refused(harness, key, "CreateDomainName", domainName="a.example.com", securityPolicy="TLS_1_0")
    with pytest.raises(Fault, match="BadRequestException"):
        call(harness, key, "CreateDomainName", domainName="a.example.com")
