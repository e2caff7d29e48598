"""The calls behind the recorded cases of methods, integrations and their responses."""

from typing import Any

from tests.unit.services.apigateway.recorded_apis import JSON, make_api, patch
from tests.unit.services.apigateway.replay import Replay


def _put(r: Replay, label: str | None, where: dict[str, str], **more: Any) -> Any:
    params = {**where, "authorizationType": "NONE", **more}
    return r.call(label, "PutMethod", **params) if label else r.run("PutMethod", **params)


def _root(r: Replay, verb: str = "ANY") -> dict[str, str]:
    api, root = make_api(r)
    return {"restApiId": api, "resourceId": root, "httpMethod": verb}


def method_lifecycle(r: Replay) -> None:
    where = _root(r)
    _put(r, "put-base-method-response", where)
    r.call("get-base-method-response", "GetMethod", **where)
    r.call("del-base-method-response", "DeleteMethod", **where)
    r.call("get-deleted-method-response", "GetMethod", **where)
    r.call("delete-deleted-method-response", "DeleteMethod", **where)


def method_request_parameters(r: Replay) -> None:
    where = _root(r)
    query, header = "method.request.querystring", "method.request.header"
    parameters = {
        f"{query}.q_optional": False,
        f"{query}.q_required": True,
        f"{header}.h_optional": False,
        f"{header}.h_required": True,
    }
    _put(r, "put-method-request-params-response", where, requestParameters=parameters)
    r.call("get-method-request-params-response", "GetMethod", **where)
    r.run("DeleteMethod", **where)
    same = {f"{query}.same": False, f"{header}.same": False}
    _put(r, "req-params-same-name", where, requestParameters=same)


def put_method_model(r: Replay) -> None:
    where = _root(r)
    api = where["restApiId"]

    def create(label: str, name: str) -> None:
        schema = f'{{"title": "{name}", "type": "object"}}'
        r.call(label, "CreateModel", restApiId=api, name=name, contentType=JSON, schema=schema)

    def delete(label: str, name: str) -> None:
        r.call(label, "DeleteModel", restApiId=api, modelName=name)

    create("create-model", "MySchema")
    create("create-model-2", "MySchemaTwo")
    _put(r, "put-method-request-models", where, requestModels={JSON: "MySchema"})
    delete("delete-model-used", "MySchema")
    model = "/requestModels/application~1json"
    r.call("update-method-model", "UpdateMethod", **where, patchOperations=[patch("replace", model, "MySchemaTwo")])
    delete("delete-model-unused", "MySchema")
    delete("delete-model-used-2", "MySchemaTwo")
    other = r.run("CreateResource", restApiId=api, parentId=where["resourceId"], pathPart="test")["id"]
    second = {**where, "resourceId": other}
    _put(r, "put-method-2-request-models", second, requestModels={JSON: "MySchemaTwo"})
    delete("delete-model-used-by-method-1", "MySchemaTwo")
    r.call("update-method-model-2", "UpdateMethod", **where, patchOperations=[patch("remove", model, "MySchemaTwo")])
    delete("delete-model-used-by-2-method", "MySchemaTwo")
    r.call("delete-method-using-model-2", "DeleteMethod", **second)
    delete("delete-model-unused-2", "MySchemaTwo")


def put_method_validation(r: Replay) -> None:
    where = _root(r)
    _put(r, "wrong-api", {**where, "restApiId": "fake-api"})
    _put(r, "wrong-resource", {**where, "resourceId": "fake-resource"})
    _put(r, "wrong-method", {**where, "httpMethod": "WRONG"})
    _put(r, "missing-authorizer-id", where, authorizationType="CUSTOM")
    _put(r, "invalid-request-validator", where, requestValidatorId="abc123")
    _put(r, "invalid-model-name", where, requestModels={JSON: "petModel"})


def _authorizer(r: Replay, api: str) -> str:
    uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations"
    made = r.run(
        "CreateAuthorizer",
        restApiId=api,
        name="auth",
        type="TOKEN",
        authorizerUri=uri,
        identitySource="method.request.header.Authorization",
    )
    return str(made["id"])


def update_method(r: Replay) -> None:
    where = _root(r)
    authorizer = _authorizer(r, where["restApiId"])
    _put(r, "put-method-response", where)
    query, model = "/requestParameters/method.request.querystring.optional", "/requestModels/application~1json"

    def update(label: str, *operations: dict[str, str]) -> None:
        r.call(label, "UpdateMethod", **where, patchOperations=list(operations))

    update("update-method-add", patch("add", query, "true"), patch("add", model, "Empty"))
    update(
        "update-method-replace",
        patch("replace", "/operationName", "ReplacedOperationName"),
        patch("replace", "/apiKeyRequired", "true"),
        patch("replace", "/authorizationType", "AWS_IAM"),
        patch("replace", query, "false"),
    )
    update(
        "update-method-replace-authorizer",
        patch("replace", "/authorizationType", "CUSTOM"),
        patch("replace", "/authorizerId", authorizer),
    )
    update("update-method-remove", patch("remove", query), patch("remove", model))


def update_method_validation(r: Replay) -> None:
    where = _root(r)

    def update(label: str, *operations: dict[str, str], **other: str) -> None:
        r.call(label, "UpdateMethod", **{**where, **other}, patchOperations=list(operations))

    name = patch("replace", "/operationName", "x")
    update("wrong-rest-api", name, restApiId="fake-api")
    update("wrong-resource-id", name, resourceId="fake")
    update("method-does-not-exist", name)
    _put(r, "put-method-response", where, apiKeyRequired=True)
    update("wrong-auth-type", patch("replace", "/authorizationType", "CUSTOM"))
    update(
        "wrong-auth-id",
        patch("replace", "/authorizationType", "CUSTOM"),
        patch("replace", "/authorizerId", "abc123"),
    )
    update("wrong-req-validator-id", patch("replace", "/requestValidatorId", "abc123"))
    update("unsupported-operation", patch("add", "/operationName", "x"))
    update("unsupported-operation-2", patch("remove", "/apiKeyRequired", "x"))
    update("unsupported-path", patch("replace", "/httpMethod", "POST"))
    update("wrong-path-request-models", patch("add", "/requestModels/application/json", "Empty"))
    update("wrong-path-request-parameters", patch("replace", "/requestParameters", "x"))
    update("wrong-value-type", patch("replace", "/apiKeyRequired", "whatever"))
    update("skip-auth-id-with-wrong-type", patch("replace", "/authorizerId", "abc123"))


def _mock(r: Replay, verb: str = "GET") -> dict[str, str]:
    where = _root(r, verb)
    _put(r, None, where)
    r.run("PutMethodResponse", **where, statusCode="200")
    r.run("PutIntegration", **where, type="MOCK", requestTemplates={JSON: '{"statusCode": 200}'})
    return where


def put_integration_wrong_type(r: Replay) -> None:
    r.call("put-integration-wrong-type", "PutIntegration", **_mock(r), type="HTTPS_PROXY")


def put_integration_response_validation(r: Replay) -> None:
    where = _mock(r)
    wrong_method, wrong_resource = {**where, "httpMethod": "PATCH"}, {**where, "resourceId": "badresource"}
    r.call("put-integration-wrong-method", "PutIntegration", **wrong_method, type="MOCK")
    r.call("put-integration-wrong-resource", "PutIntegration", **wrong_resource, type="MOCK")
    r.call("put-integration-response-wrong-method", "PutIntegrationResponse", **wrong_method, statusCode="200")
    r.call("put-integration-response-wrong-resource", "PutIntegrationResponse", **wrong_resource, statusCode="200")


def put_integration_request_parameter_bool_type(r: Replay) -> None:
    where = _root(r, "GET")
    _put(r, "bool-method", where, requestParameters={"method.request.path.testPath": True})
    _proxy(r, "put-integration-request-param-bool-value", where, True)
    _proxy(r, "put-method-request-param-wrong-type", where, "true")
    _proxy(r, "put-integration-request-param-wrong-type", where, True)


def _proxy(r: Replay, label: str, where: dict[str, str], target: object) -> None:
    http = {"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "http://example.com"}
    r.call(label, "PutIntegration", **where, **http, requestParameters={"integration.request.path.testPath": target})


def lifecycle_integration_response(r: Replay) -> None:
    where = _mock(r)
    status = {**where, "statusCode": "200"}
    template = {JSON: '"created"'}
    r.call(
        "put-integration-response", "PutIntegrationResponse", **status, selectionPattern="", responseTemplates=template
    )
    r.call("get-integration-response", "GetIntegrationResponse", **status)
    updated = [patch("replace", "/selectionPattern", "updated-pattern")]
    r.call("update-integration-response", "UpdateIntegrationResponse", **status, patchOperations=updated)
    r.call(
        "overwrite-integration-response",
        "PutIntegrationResponse",
        **status,
        selectionPattern="overwrite-pattern",
        responseTemplates={JSON: "overwrite"},
    )
    r.run("DeleteMethodResponse", **status)
    r.call("get-method", "GetMethod", **where)
    r.call("delete-integration-response", "DeleteIntegrationResponse", **status)


def integration_response_wrong_api(r: Replay) -> None:
    _wrong(r, "api", restApiId="wrong")


def integration_response_wrong_resource(r: Replay) -> None:
    _wrong(r, "resource", resourceId="wrong")


def integration_response_wrong_method(r: Replay) -> None:
    _wrong(r, "method", httpMethod="wrong")


def _wrong(r: Replay, what: str, **other: str) -> None:
    where = {**_mock(r), **other, "statusCode": "200"}
    r.call(f"put-integration-response-wrong-{what}", "PutIntegrationResponse", **where)
    r.call(f"get-integration-response-wrong-{what}", "GetIntegrationResponse", **where)


def integration_response_invalid_statuscode(r: Replay) -> None:
    where = {**_mock(r), "statusCode": "wrong"}
    r.call("put-integration-response-invalid-statusCode", "PutIntegrationResponse", **where)
    r.call("get-integration-response-invalid-statusCode", "GetIntegrationResponse", **where)


def integration_response_invalid_responsetemplates(r: Replay) -> None:
    where = {**_mock(r), "statusCode": "200"}
    label = "put-integration-response-invalid-responseTemplates-1"
    r.call(label, "PutIntegrationResponse", **where, responseTemplates={JSON: 123})
    label = "put-integration-response-invalid-responseTemplates-2"
    r.call(label, "PutIntegrationResponse", **where, responseTemplates={"123": "x"})


def integration_response_invalid_integration(r: Replay) -> None:
    where = _root(r, "GET")
    _put(r, None, where)
    r.call("get-integration-response-without-integration", "GetIntegrationResponse", **where, statusCode="200")


def integration_response_wrong_status_code(r: Replay) -> None:
    r.call("get-integration-response-wrong-status-code", "GetIntegrationResponse", **_mock(r), statusCode="201")


def delete_integration_response_errors(r: Replay) -> None:
    where = _mock(r)
    status = {**where, "statusCode": "200"}
    created = {"selectionPattern": "", "responseTemplates": {JSON: '"created"'}}
    r.call("put-integration-response", "PutIntegrationResponse", **status, **created)
    for label, other in (
        ("non-existent-api-id", {"restApiId": "wrong"}),
        ("non-existent-resource", {"resourceId": "wrong"}),
        ("non-existent-method", {"httpMethod": "POST"}),
        ("bad-method", {"httpMethod": "wrong"}),
        ("non-existent-status-code", {"statusCode": "201"}),
    ):
        r.call(label, "DeleteIntegrationResponse", **{**status, **other})


def put_integration_response_templates(r: Replay) -> None:
    where = {**_mock(r), "statusCode": "200", "selectionPattern": ""}
    r.call("put-integration-response-template-none", "PutIntegrationResponse", **where, responseTemplates={JSON: None})
    r.call("put-integration-response-template-empty", "PutIntegrationResponse", **where, responseTemplates={JSON: ""})
    r.call("put-integration-no-response-template", "PutIntegrationResponse", **where)


def lifecycle_method_response(r: Replay) -> None:
    where = _root(r, "GET")
    _put(r, None, where)
    r.run("PutIntegration", **where, type="MOCK", requestTemplates={JSON: '{"statusCode": 200}'})
    status = {**where, "statusCode": "200"}
    r.call("put-method-response", "PutMethodResponse", **status, responseParameters={}, responseModels={})
    r.call("get-integration-response", "GetMethodResponse", **status)
    header, model = "/responseParameters/method.response.header.my-header", "/responseModels/application~1json"
    r.call(
        "add-method-responses",
        "UpdateMethodResponse",
        **status,
        patchOperations=[patch("add", header, "true"), patch("add", model, "Empty")],
    )
    r.call(
        "update-method-responses", "UpdateMethodResponse", **status, patchOperations=[patch("replace", header, "true")]
    )
    r.call("get-method", "GetMethod", **where)
    r.call("delete-method-response", "DeleteMethodResponse", **status)


def update_method_response(r: Replay) -> None:
    status = {**_mock(r), "statusCode": "200"}
    header, model = "/responseParameters/method.response.header.my-header", "/responseModels/application~1json"
    added = [patch("add", header, "true"), patch("add", model, "Empty")]
    r.call("add-update-method-response", "UpdateMethodResponse", **status, patchOperations=added)
    removed = [patch("remove", header), patch("remove", model)]
    r.call("remove-update-method-response", "UpdateMethodResponse", **status, patchOperations=removed)


def update_method_response_wrong_operations(r: Replay) -> None:
    status = {**_mock(r), "statusCode": "200"}
    wrong = patch("wrong_op", "/responseParameters/method.response.header.my-header", "true")
    right = patch("add", "/responseParameters/method.response.header.my-header", "true")
    for number, operations in (
        (1, [wrong]),
        (2, [wrong, right]),
        (3, [wrong, wrong]),
        (4, [wrong, wrong, wrong, wrong]),
        (5, [wrong, right, wrong]),
    ):
        label = f"update-method-response-wrong-operation-{number}"
        r.call(label, "UpdateMethodResponse", **status, patchOperations=operations)


def update_method_response_negative_tests(r: Replay) -> None:
    status = {**_mock(r), "statusCode": "200"}
    right = patch("add", "/responseParameters/method.response.header.my-header", "true")
    for label, other, operation in (
        ("wrong-statuscode", {"statusCode": "201"}, right),
        ("wrong-method", {"httpMethod": "wrong"}, right),
        ("wrong-resource", {"resourceId": "wrong"}, right),
        ("invalid-statuscode", {"statusCode": "wrong"}, right),
        ("invalid-statuscode-and-wrong-op", {"statusCode": "wrong"}, {**right, "op": "wrong_op"}),
    ):
        r.call(
            f"update-method-response-{label}",
            "UpdateMethodResponse",
            **{**status, **other},
            patchOperations=[operation],
        )


def update_method_lack_response_parameters_and_models(r: Replay) -> None:
    status = {**_mock(r), "statusCode": "200"}
    header = "method.response.header.my-header"
    for label, operation in (
        ("with-wrong-path", patch("add", f"/wrong/{header}", "true")),
        ("without-response-parameters", patch("replace", f"/responseParameters/{header}", "true")),
        ("without-response-models", patch("replace", "/responseModels/application~1json", "Empty")),
    ):
        r.call(
            f"update-method-response-operation-{label}", "UpdateMethodResponse", **status, patchOperations=[operation]
        )


def update_method_wrong_param_names(r: Replay) -> None:
    status = {**_mock(r), "statusCode": "200"}
    header, model = "/responseParameters/method.response.header.my-header", "/responseModels/application~1json"
    r.run(
        "UpdateMethodResponse", **status, patchOperations=[patch("add", header, "true"), patch("add", model, "Empty")]
    )
    for number, operation in (
        (1, patch("remove", "/responseParameters/wrong")),
        (2, patch("replace", "/responseParameters/wrong", "true")),
        (3, patch("remove", "/responseModels/wrong")),
        (4, patch("replace", "/responseModels/wrong", "Empty")),
    ):
        label = f"update-method-response-operation-with-wrong-param-name-{number}"
        r.call(label, "UpdateMethodResponse", **status, patchOperations=[operation])


def get_integration_non_existent(r: Replay) -> None:
    where = _root(r, "GET")
    r.call("get-integration-no-api", "GetIntegration", **{**where, "restApiId": "wrong"})
    r.call("get-integration-no-resource", "GetIntegration", **{**where, "resourceId": "wrong"})
    r.call("get-integration-no-method", "GetIntegration", **where)
    _put(r, None, where)
    r.call("get-integration-no-integration", "GetIntegration", **where)


def create_integration_with_vpc_link(r: Replay) -> None:
    where = _root(r, "GET")
    _put(r, None, where)
    r.call(
        "put-integration-vpc-link",
        "PutIntegration",
        **where,
        type="HTTP_PROXY",
        integrationHttpMethod="GET",
        uri="http://my-vpclink-test-nlb-1234567890abcdef.us-east-1.amazonaws.com",
        connectionType="VPC_LINK",
        connectionId="${stageVariables.vpcLinkId}",
    )
    r.call("get-integration-vpc-link", "GetIntegration", **where)
    beta = [patch("replace", "/connectionId", "${stageVariables.vpcLinkIdBeta}")]
    r.call("update-integration-vpc-link", "UpdateIntegration", **where, patchOperations=beta)
    r.call("get-integration-update-vpc-link", "GetIntegration", **where)
