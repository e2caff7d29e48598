"""The calls behind the recorded cases of gateway responses, documentation, VPC links and stages."""

import json
from typing import Any

from tests.unit.services.apigateway.recorded_apis import JSON, make_api, patch
from tests.unit.services.apigateway.replay import Replay

from innergate.store.observations import Observation

TEMPLATE = (
    '{\n     "message": $context.error.messageString,\n     "type":  "$context.error.responseType",\n'
    '     "stage":  "$context.stage",\n     "resourcePath":  "$context.resourcePath",\n'
    '     "stageVariables.a":  "$stageVariables.a",\n     "statusCode": "\'404\'"\n}'
)
PARAMETERS = {
    "gatewayresponse.header.Access-Control-Allow-Origin": "'a.b.c'",
    "gatewayresponse.header.x-request-query": "method.request.querystring.q",
    "gatewayresponse.header.x-request-path": "method.request.path.petId",
    "gatewayresponse.header.x-request-header": "method.request.header.Accept",
}
MISSING = "MISSING_AUTHENTICATION_TOKEN"
NLB = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/nlb/0123456789abcdef"


def gateway_response_crud(r: Replay) -> None:
    api, _ = make_api(r)
    named = {"restApiId": api, "responseType": MISSING}
    r.call("get-gateway-response-default", "GetGatewayResponse", **named)
    r.call(
        "put-gateway-response",
        "PutGatewayResponse",
        **named,
        statusCode="404",
        responseParameters=PARAMETERS,
        responseTemplates={JSON: TEMPLATE},
    )
    r.call("get-gateway-responses", "GetGatewayResponses", restApiId=api)
    r.call("get-gateway-response", "GetGatewayResponse", **named)
    r.call("delete-gateway-response", "DeleteGatewayResponse", **named)
    r.call("get-deleted-gw-response", "GetGatewayResponse", **named)


def gateway_response_put(r: Replay) -> None:
    api, _ = make_api(r)
    named = {"restApiId": api, "responseType": MISSING}
    header = "gatewayresponse.header.x-request-header"
    one = {header: PARAMETERS[header]}

    def put(label: str, **more: Any) -> None:
        r.call(f"put-gateway-response-{label}", "PutGatewayResponse", **{**named, **more})

    put("all-value", statusCode="404", responseParameters=PARAMETERS, responseTemplates={JSON: TEMPLATE})
    put("status-only", statusCode="404")
    put("response-parameters-only", responseParameters=one)
    put("response-templates-only", responseTemplates={JSON: TEMPLATE})
    put(
        "default-5xx",
        responseType="DEFAULT_5XX",
        statusCode="599",
        responseParameters=one,
        responseTemplates={JSON: TEMPLATE},
    )
    bar = {"gatewayresponse.header.foo": "'bar'"}
    put("default-ignored", responseType="AUTHORIZER_FAILURE", responseParameters=bar)
    r.call("get-gateway-responses", "GetGatewayResponses", restApiId=api)


def gateway_response_validation(r: Replay) -> None:
    api, _ = make_api(r)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("Get", {}),
        ("Put", {}),
        ("Delete", {}),
        ("Update", {"patchOperations": []}),
    ]
    for verb, more in calls:
        label = f"{verb.lower()}-gateway-response"
        operation = f"{verb}GatewayResponse"
        if verb != "Put":
            r.call(f"{label}-no-api", operation, restApiId="fake-api-id", responseType=MISSING, **more)
        r.call(f"{label}-wrong-response-type", operation, restApiId=api, responseType="FAKE_RESPONSE_TYPE", **more)
    r.call("get-gateway-responses-no-api", "GetGatewayResponses", restApiId="fake-api-id")
    r.call("delete-gateway-response-not-set", "DeleteGatewayResponse", restApiId=api, responseType=MISSING)


def update_gateway_response(r: Replay) -> None:
    api, _ = make_api(r)
    named = {"restApiId": api, "responseType": "DEFAULT_4XX"}

    def update(label: str, *operations: dict[str, str]) -> None:
        r.call(label, "UpdateGatewayResponse", **named, patchOperations=list(operations))

    status = patch("replace", "/statusCode", "444")
    update("update-gateway-response-not-set", status)
    r.call("default-get-gateway-response", "GetGatewayResponse", **named)
    nested = {JSON: json.dumps({JSON: '{"message":$context.error.messageString}'})}
    r.call(
        "put-gateway-response",
        "PutGatewayResponse",
        **named,
        statusCode="404",
        responseParameters=PARAMETERS,
        responseTemplates=nested,
    )
    xml = (
        "<gatewayResponse><message>$context.error.messageString</message>"
        "<type>$context.error.responseType</type></gatewayResponse>"
    )
    origin = "/responseParameters/gatewayresponse.header.Access-Control-Allow-Origin"
    update(
        "update-gateway-response",
        status,
        patch("replace", origin, "'example.com'"),
        patch("add", "/responseTemplates/application~1xml", xml),
    )
    r.call("get-gateway-response", "GetGatewayResponse", **named)
    update("update-gateway-add-status-code", patch("add", "/statusCode", "444"))
    update("update-gateway-remove-status-code", patch("remove", "/statusCode"))
    update("update-gateway-replace-invalid-parameter", patch("replace", "/responseParameters/wrong", "'x'"))
    update("update-gateway-replace-invalid-parameter-0-none", patch("replace", "/responseTemplates/application~1json"))
    update("update-gateway-replace-invalid-parameter-1-none", patch("replace", origin))
    update("update-gateway-no-path", patch("replace", None, "x"))
    update("update-gateway-wrong-op", patch("wrong-op", "/statusCode", "x"))
    update("update-gateway-wrong-path", patch("replace", "/wrongPath", "x"))


def _doc(r: Replay, label: str | None, api: str, kind: str = "API") -> Any:
    params = {
        "restApiId": api,
        "location": {"type": kind},
        "properties": '{"description": "Sample API description"}',
    }
    return r.call(label, "CreateDocumentationPart", **params) if label else r.run("CreateDocumentationPart", **params)


def doc_parts_crud_no_api(r: Replay) -> None:
    _doc(r, "wrong-rest-api-id-create-doc-part", "test-fake-rest-id")
    r.call("wrong-rest-api-id-get-doc-parts", "GetDocumentationParts", restApiId="test-fake-rest-id")


def documentation_part_lifecycle(r: Replay) -> None:
    api, _ = make_api(r)
    own = _doc(r, "create-documentation-part", api)["id"]
    named = {"restApiId": api, "documentationPartId": own}
    r.call("get-documentation-part", "GetDocumentationPart", **named)
    r.call("get-documentation-parts", "GetDocumentationParts", restApiId=api)
    updated = [patch("replace", "/properties", '{"description": "Updated Sample API description"}')]
    r.call("update-documentation-part", "UpdateDocumentationPart", **named, patchOperations=updated)
    r.call("get-documentation-part-after-update", "GetDocumentationPart", **named)
    r.call("delete_documentation_part", "DeleteDocumentationPart", **named)


def invalid_get_documentation_part(r: Replay) -> None:
    api, _ = make_api(r)
    own = _doc(r, None, api)["id"]
    get = "GetDocumentationPart"
    r.call("get-documentation-part-invalid-api-id", get, restApiId="api_id", documentationPartId=own)
    r.call("get-documentation-part-invalid-doc-id", get, restApiId=api, documentationPartId="doc_id")


def invalid_get_documentation_parts(r: Replay) -> None:
    r.call("get-inavlid-documentation-parts", "GetDocumentationParts", restApiId="api_id")


def invalid_update_documentation_part(r: Replay) -> None:
    api, _ = make_api(r)
    named = {"restApiId": api, "documentationPartId": _doc(r, None, api)["id"]}
    right = patch("replace", "/properties", '{"description": "Updated"}')
    for label, other, operation in (
        ("api-id", {"restApiId": "api_id"}, right),
        ("add-operation", {}, {**right, "op": "add"}),
        ("path", {}, {**right, "path": "/invalidPath"}),
    ):
        label = f"update-documentation-part-invalid-{label}"
        r.call(label, "UpdateDocumentationPart", **{**named, **other}, patchOperations=[operation])


def invalid_create_documentation_part_operations(r: Replay) -> None:
    api, _ = make_api(r)
    _doc(r, "create_documentation_part_invalid_api_id", "api_id")
    _doc(r, "create_documentation_part_invalid_location_type", api, "INVALID")


def invalid_delete_documentation_part(r: Replay) -> None:
    api, _ = make_api(r)
    own = _doc(r, None, api)["id"]
    delete = "DeleteDocumentationPart"
    r.call("delete_documentation_part_wrong_api_id", delete, restApiId="api_id", documentationPartId=own)
    r.call("delete_documentation_part", delete, restApiId=api, documentationPartId=own)
    r.call("delete_already_deleted_documentation_part", delete, restApiId=api, documentationPartId=own)


def import_documentation_parts(r: Replay) -> None:
    info = {"description": "API info description 4", "version": "API info version 3"}
    parts: list[tuple[dict[str, str], dict[str, Any]]] = [
        ({"type": "API"}, {"description": "API description", "info": info}),
        ({"type": "METHOD", "path": "/", "method": "GET"}, {"description": "Method description."}),
        ({"type": "MODEL", "name": "Empty"}, {"title": "Empty Schema"}),
        ({"type": "RESPONSE", "path": "/", "method": "GET", "statusCode": "200"}, {"description": "200 response"}),
    ]
    listed = [{"location": location, "properties": properties} for location, properties in parts]
    body = json.dumps(
        {
            "openapi": "3.0.0",
            "info": {"title": "documented", "version": "1.0"},
            "paths": {},
            "x-amazon-apigateway-documentation": {"version": "1", "documentationParts": listed},
        }
    ).encode()
    api = r.run("ImportRestApi", body=body)["id"]
    r.call("get-documentations-parts-after-api-imports", "GetDocumentationParts", restApiId=api)
    r.call("import-documentation-parts", "ImportDocumentationParts", restApiId=api, mode="overwrite", body=body)
    r.call("get-documentations-parts-after-import", "GetDocumentationParts", restApiId=api)


def import_documentation_parts_bad_file(r: Replay) -> None:
    api, _ = make_api(r)
    name = "import-documentation-parts-bad"
    r.call(f"{name}-json-file", "ImportDocumentationParts", restApiId=api, body=b'{"swagger": ')
    r.call(f"{name}-yaml-file", "ImportDocumentationParts", restApiId=api, body=b"a: [b\n: c")


def _see_everything(r: Replay) -> None:
    r.harness.store.observe([Observation("node/local", "applied_revision", 10_000, r.harness.clock.now())])


def vpc_link_lifecycle(r: Replay) -> None:
    r.compare("nlb-arn", NLB)
    own = r.call("create_vpc_link", "CreateVpcLink", name="link", targetArns=[NLB])["id"]
    _see_everything(r)
    r.call("get_vpc_link", "GetVpcLink", vpcLinkId=own)
    r.call("get_vpc_links", "GetVpcLinks")
    renamed = [patch("replace", "/name", "link-updated")]
    r.call("update_vpc_link", "UpdateVpcLink", vpcLinkId=own, patchOperations=renamed)
    r.call("delete_vpc_link", "DeleteVpcLink", vpcLinkId=own)


def create_vpc_link_invalid_parameters(r: Replay) -> None:
    r.call("create_vpc_link_invalid_target_arn", "CreateVpcLink", name="link", targetArns=["invalid-arn"])
    r.call("create_vpc_link_empty_name", "CreateVpcLink", name="", targetArns=[NLB])


def get_vpc_link_invalid_id(r: Replay) -> None:
    r.call("get_vpc_link_invalid_id", "GetVpcLink", vpcLinkId="invalid-id")


def delete_vpc_link_invalid_id(r: Replay) -> None:
    r.call("delete_vpc_link_invalid_id", "DeleteVpcLink", vpcLinkId="invalid-id")


def update_vpc_link_invalid_id(r: Replay) -> None:
    renamed = [patch("replace", "/name", "x")]
    r.call("update_vpc_link_invalid_id", "UpdateVpcLink", vpcLinkId="invalid-id", patchOperations=renamed)


def get_stages_filters_by_deployment_id(r: Replay) -> None:
    api, root = make_api(r)
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    r.run("PutMethod", **where, authorizationType="NONE")
    r.run("PutIntegration", **where, type="MOCK")
    first, second = (r.run("CreateDeployment", restApiId=api)["id"] for _ in range(2))
    r.run("CreateStage", restApiId=api, stageName="stage1", deploymentId=first)
    r.run("CreateStage", restApiId=api, stageName="stage2", deploymentId=second)
    r.call("all-stages", "GetStages", restApiId=api)
    r.call("stages-deploy1", "GetStages", restApiId=api, deploymentId=first)
    r.call("stages-deploy2", "GetStages", restApiId=api, deploymentId=second)
