"""The calls behind the recorded cases of APIs, resources, methods, models and validators."""

import json
from typing import Any

from tests.unit.services.apigateway.replay import Replay

JSON = "application/json"


def patch(op: str, path: str | None = None, value: str | None = None) -> dict[str, str]:
    given = {"op": op, "path": path, "value": value}
    return {name: member for name, member in given.items() if member is not None}


def make_api(r: Replay, **params: Any) -> tuple[str, str]:
    made = r.run("CreateRestApi", **{"name": "test-api", "description": "this is my api", **params})
    return made["id"], made["rootResourceId"]


def update_api(r: Replay, label: str, api: str, *operations: dict[str, str]) -> None:
    r.call(label, "UpdateRestApi", restApiId=api, patchOperations=list(operations))


def list_and_delete_apis(r: Replay) -> None:
    first = r.call("create-rest-api-1", "CreateRestApi", name="one", description="this is my api")
    r.call("create-rest-api-2", "CreateRestApi", name="two", description="this is my api2")
    r.call("get-rest-api-before-delete", "GetRestApis")
    r.call("delete-rest-api", "DeleteRestApi", restApiId=first["id"])
    r.call("get-rest-api-after-delete", "GetRestApis")


def get_api_case_insensitive(r: Replay) -> None:
    made = r.call("create-rest-api", "CreateRestApi", name="lower", description="lower case api")
    r.call("get-api-upper-case", "GetRestApi", restApiId=made["id"].upper())


def create_rest_api_with_optional_params(r: Replay) -> None:
    r.call("create-only-name", "CreateRestApi", name="a")
    r.call("create-empty-desc", "CreateRestApi", name="b", description="")
    r.call("create-with-version", "CreateRestApi", name="c", version="v1")
    r.call("create-with-empty-binary-media", "CreateRestApi", name="d", binaryMediaTypes=[])
    r.call("string-compression-size", "CreateRestApi", name="e", minimumCompressionSize=-1)


def create_rest_api_with_tags(r: Replay) -> None:
    made = r.call(
        "create-rest-api-w-tags", "CreateRestApi", name="a", description="this is my api", tags={"MY_TAG1": "MY_VALUE1"}
    )
    r.call("get-rest-api-w-tags", "GetRestApi", restApiId=made["id"])
    r.call("get-rest-apis-w-tags", "GetRestApis")


def update_rest_api_operation_add_remove(r: Replay) -> None:
    api, _ = make_api(r)
    png, jpeg = "/binaryMediaTypes/image~1png", "/binaryMediaTypes/image~1jpeg"
    update_api(r, "update-rest-api-add", api, patch("add", png), patch("add", jpeg))
    update_api(r, "update-rest-api-replace", api, patch("replace", png, "image/gif"))
    gif = "/binaryMediaTypes/image~1gif"
    update_api(r, "update-rest-api-remove", api, patch("remove", gif), patch("remove", "/description"))


def update_rest_api_compression(r: Replay) -> None:
    api, _ = make_api(r)
    size = "/minimumCompressionSize"
    update_api(r, "enable-compression", api, patch("replace", size, "10"))
    update_api(r, "disable-compression", api, patch("replace", size))
    update_api(r, "set-compression-zero", api, patch("replace", size, "0"))
    update_api(r, "set-negative-compression", api, patch("replace", size, "-1"))
    update_api(r, "set-string-compression", api, patch("replace", size, "test"))
    update_api(r, "unsupported-operation", api, patch("add", size, "10"))


def update_rest_api_behaviour(r: Replay) -> None:
    api, _ = make_api(r)
    update_api(r, "update-rest-api-array", api, patch("add", "/binaryMediaTypes/-", "image/gif"))
    update_api(r, "update-rest-api-add-base-path", api, patch("add", "/binaryMediaTypes", "image/gif"))
    update_api(r, "update-rest-api-replace-base-path", api, patch("replace", "/binaryMediaTypes", "image/gif"))
    update_api(r, "update-rest-api-remove-base-path", api, patch("remove", "/binaryMediaTypes"))


def update_rest_api_invalid_api_id(r: Replay) -> None:
    update_api(r, "not-found-update-rest-api", "api_id", patch("replace", "/name", "x"))


def create_rest_api_with_binary_media_types(r: Replay) -> None:
    r.call("create-with-binary-media", "CreateRestApi", name="a", binaryMediaTypes=["image/png"])


def _create(r: Replay, label: str, types: list[str] | None = None, address: str | None = None, **more: Any) -> Any:
    given = {"types": types, "ipAddressType": address}
    configuration = {name: member for name, member in given.items() if member is not None}
    return r.call(label, "CreateRestApi", name="a", endpointConfiguration=configuration, **more)


def create_rest_api_with_endpoint_configuration(r: Replay) -> None:
    _create(r, "create-with-invalid-ip-address-type", ["EDGE"], "wrong")
    _create(r, "create-with-invalid-types", ["wrong"], "ipv4")
    _create(r, "create-with-invalid-ip-address-type-and-types", ["wrong"], "wrong")
    _create(r, "create-with-invalid-types-and-ip-address-type", ["wrong"], "wrong")
    _create(r, "create-with-empty-types", [], "ipv4")
    _create(r, "create-with-two-types", ["EDGE", "REGIONAL"], "ipv4")
    _create(r, "create-with-multiple-errors-1", ["wrong"], "wrong", description="")
    _create(r, "create-with-multiple-errors-2", [], "ipv4", description="")
    _create(r, "create-with-endpoint-config-dualstack", ["EDGE"], "dualstack")
    _create(r, "create-with-endpoint-config-regional", ["REGIONAL"], "ipv4")


def create_rest_api_private_type(r: Replay) -> None:
    _create(r, "create-with-private-type-and-wrong-ip-address-type", ["PRIVATE"], "wrong")
    _create(r, "create-with-private-type-and-ipv4-ip-address-type", ["PRIVATE"], "ipv4")
    label = "create-with-private-type-and-ipv4-ip-address-type-and-empty-description"
    _create(r, label, ["PRIVATE"], "ipv4", description="")


def create_rest_api_verify_defaults(r: Replay) -> None:
    _create(r, "create-with-edge-default", ["EDGE"])
    _create(r, "create-with-regional-default", ["REGIONAL"])
    _create(r, "create-with-private-default", ["PRIVATE"])
    _create(r, "create-with-empty-default")
    _create(r, "create-with-empty-ip-address-type-and-wrong-type", ["wrong"])


def update_rest_api_ip_address_type(r: Replay) -> None:
    made = r.run("CreateRestApi", name="a", endpointConfiguration={"types": ["REGIONAL"], "ipAddressType": "ipv4"})
    address, kind = "/endpointConfiguration/ipAddressType", "/endpointConfiguration/types/REGIONAL"
    api = made["id"]
    update_api(r, "update-rest-api-wrong-ipAddressType", api, patch("replace", address, "wrong"))
    update_api(r, "update-rest-api-wrong-type", api, patch("replace", kind, "wrong"))
    update_api(r, "update-rest-api-invalid-operation-on-ipAddressType", api, patch("test", address, "dualstack"))
    update_api(r, "update-rest-api-invalid-operation-on-type", api, patch("test", kind, "PRIVATE"))
    update_api(r, "update-rest-api-replace-type", api, patch("replace", kind, "PRIVATE"))
    update_api(r, "update-rest-api-replace-to-ipv4-within-private-type", api, patch("replace", address, "ipv4"))
    update_api(r, "update-rest-api-replace-ip-address-type", api, patch("replace", address, "dualstack"))


def update_rest_api_concatenation_of_errors(r: Replay) -> None:
    api, _ = make_api(r)
    address = patch("wrong", "/endpointConfiguration/ipAddressType", "ipv4")
    kind = patch("wrong", "/endpointConfiguration/types/0", "EDGE")
    update_api(r, "update-rest-api-wrong-operations-on-ipAddressType", api, address, address)
    update_api(r, "update-rest-api-wrong-operations-on-type", api, kind, kind)
    update_api(r, "update-rest-api-wrong-operations-on-type-and-on-ip-address-type", api, kind, address, address)


def _child(r: Replay, label: str | None, api: str, parent: str, part: str) -> Any:
    params = {"restApiId": api, "parentId": parent, "pathPart": part}
    return r.call(label, "CreateResource", **params) if label else r.run("CreateResource", **params)


def _update(r: Replay, label: str, api: str, resource: str, *operations: dict[str, str]) -> None:
    r.call(label, "UpdateResource", restApiId=api, resourceId=resource, patchOperations=list(operations))


def resource_lifecycle(r: Replay) -> None:
    api, root = make_api(r)
    r.call("rest-api-root-resource", "GetResources", restApiId=api)
    pets = _child(r, "create-resource", api, root, "pets")["id"]
    r.call("rest-api-resources-after-create", "GetResources", restApiId=api)
    _child(r, "create-subresource", api, pets, "subpets")
    r.call("rest-api-resources-after-create-sub", "GetResources", restApiId=api)
    _update(r, "update-path-part", api, pets, patch("replace", "/pathPart", "dogs"))
    r.call("get-resp-after-update-path-part", "GetResource", restApiId=api, resourceId=pets)
    r.call("del-resource", "DeleteResource", restApiId=api, resourceId=pets)
    r.call("rest-api-resources-after-delete", "GetResources", restApiId=api)


def update_resource_behaviour(r: Replay) -> None:
    api, root = make_api(r)
    _update(r, "nonexistent-resource", api, "fake-resource", patch("replace", "/pathPart", "dogs"))
    pets = _child(r, None, api, root, "pets")["id"]
    sub = _child(r, "create-subresource", api, pets, "subpets")["id"]
    child = _child(r, "create-subresource-child", api, sub, "pets")["id"]
    _update(r, "invalid-path-part", api, sub, patch("replace", "/invalid", "dogs"))
    _update(r, "add-unsupported", api, sub, patch("add", "/pathPart", "dogs"))
    _update(r, "remove-unsupported", api, sub, patch("remove", "/pathPart", "dogs"))
    _update(r, "invalid-parent-id", api, sub, patch("replace", "/parentId", "fake"))
    _update(r, "update-parent-id-to-subresource-id", api, sub, patch("replace", "/parentId", child))
    _update(r, "update-parent-id-to-root-id", api, sub, patch("replace", "/parentId", root))
    _update(r, "update-path-already-exists", api, sub, patch("replace", "/pathPart", "pets"))
    _update(r, "existing-future-sibling-path", api, child, patch("replace", "/parentId", root))
    r.run("DeleteResource", restApiId=api, resourceId=child)
    r.run("DeleteResource", restApiId=api, resourceId=pets)
    r.call("resources-after-deletion", "GetResources", restApiId=api)


def update_resource_on_root(r: Replay) -> None:
    api, root = make_api(r)
    _update(r, "update-root-path-part", api, root, patch("replace", "/pathPart", "dogs"))
    _update(r, "update-root-parent", api, root, patch("replace", "/parentId", "dogs"))


def delete_resource(r: Replay) -> None:
    api, root = make_api(r)
    pets = _child(r, None, api, root, "pets")["id"]
    sub = _child(r, None, api, pets, "subpets")["id"]
    r.call("delete-resource", "DeleteResource", restApiId=api, resourceId=pets)
    r.call("get-resources", "GetResources", restApiId=api)
    r.call("delete-subresource", "DeleteResource", restApiId=api, resourceId=sub)


def create_resource_parent_invalid(r: Replay) -> None:
    api, _ = make_api(r)
    _child(r, "wrong-resource-parent-id", api, "fake-resource-id", "pets")


def create_proxy_resource(r: Replay) -> None:
    api, root = make_api(r)
    _child(r, "create-base-proxy-resource", api, root, "{proxy+}")
    parent = _child(r, None, api, root, "parent")["id"]
    r.compare("create-proxy-sibling-resource", parent)
    proxy = _child(r, "create-proxy-sibling-proxy-child-resource", api, parent, "{proxy+}")["id"]
    static = _child(r, "create-proxy-sibling-static-child-resource", api, parent, "child")["id"]
    _child(r, "create-static-child-proxy-resource", api, static, "{proxy+}")
    r.call("all-resources", "GetResources", restApiId=api)
    r.run("DeleteResource", restApiId=api, resourceId=proxy)
    dynamic = _child(r, "create-proxy-sibling-dynamic-child-resource", api, parent, "{child}")["id"]
    _child(r, "create-dynamic-child-proxy-resource", api, dynamic, "{proxy+}")
    r.call("all-resources-2", "GetResources", restApiId=api)


def create_proxy_resource_validation(r: Replay) -> None:
    api, root = make_api(r)
    proxy = _child(r, "create-base-proxy-resource", api, root, "{proxy+}")["id"]
    _child(r, "create-proxy-dynamic-sibling-resource", api, root, "{child}")
    _child(r, "create-proxy-static-child-resource", api, proxy, "child")
    _child(r, "create-proxy-dynamic-child-resource", api, proxy, "{child}")
    parent = _child(r, None, api, root, "parent")["id"]
    _child(r, "create-greedy-child-resource", api, parent, "{child+}")


def model_lifecycle(r: Replay) -> None:
    api, _ = make_api(r)
    number = {"type": "number"}
    schema = {
        "title": "Calc output",
        "type": "object",
        "properties": {
            "a": number,
            "b": number,
            "c": number,
            "op": {"type": "string", "description": "operation of +, -, * or /"},
        },
        "required": ["a", "b", "op"],
    }
    named = {"restApiId": api, "modelName": "CalcOutput"}
    r.call(
        "create-model",
        "CreateModel",
        restApiId=api,
        name="CalcOutput",
        contentType=JSON,
        description="Calc output model",
        schema=json.dumps(schema),
    )
    r.call("get-models", "GetModels", restApiId=api)
    r.call("get-model", "GetModel", **named)
    r.call("del-model", "DeleteModel", **named)


def _model(r: Replay, label: str, api: str, **more: Any) -> None:
    r.call(label, "CreateModel", **{"restApiId": api, "name": "MySchema", "contentType": JSON, **more})


def model_validation(r: Replay) -> None:
    api, _ = make_api(r)
    schema = '{"title": "MySchema", "type": "object"}'
    _model(r, "create-model-wrong-id", "abcde0", schema=schema)
    r.call("get-models-wrong-id", "GetModels", restApiId="abcde0")
    r.call("get-model-wrong-id", "GetModel", restApiId="abcde0", modelName="MySchema")
    r.call("del-model-wrong-id", "DeleteModel", restApiId="abcde0", modelName="MySchema")
    _model(r, "create-model-empty-name", api, name="", schema=schema)
    _model(r, "create-model-empty-schema", api, schema="")
    _model(r, "create-model-no-schema-json", api)
    _model(r, "create-model-no-schema-xml", api, contentType="application/xml")
    r.run("CreateModel", restApiId=api, name="MySchema", contentType=JSON, schema=schema)
    _model(r, "create-model-already-exists", api, schema=schema)


def update_model(r: Replay) -> None:
    api, _ = make_api(r)
    named = {"restApiId": api, "modelName": "mySchema"}
    updated = patch("replace", "/schema", '{"title": "Updated schema", "type": "object"}')
    r.call("update-model-wrong-id", "UpdateModel", **named, patchOperations=[updated])
    _model(r, "create-model", api, name="mySchema", schema='{"title": "mySchema", "type": "object"}')
    for label, operation in (
        ("update-model-invalid-path", patch("replace", "/name", "x")),
        ("update-model-invalid-op", patch("add", "/wrong-path", "x")),
        ("update-model-empty-schema", patch("replace", "/schema", "")),
        ("update-model", updated),
    ):
        r.call(label, "UpdateModel", **named, patchOperations=[operation])


def validators_crud_no_api(r: Replay) -> None:
    r.call("wrong-rest-api-id-create-validator", "CreateRequestValidator", restApiId="test-fake-rest-id", name="a")
    r.call("wrong-rest-api-id-get-validators", "GetRequestValidators", restApiId="test-fake-rest-id")


def request_validator_lifecycle(r: Replay) -> None:
    api = r.call("create-rest-api", "CreateRestApi", name="a", description="my api")["id"]
    own = r.call("create-request-validator", "CreateRequestValidator", restApiId=api, name="validator")["id"]
    named = {"restApiId": api, "requestValidatorId": own}
    r.call("get-request-validator", "GetRequestValidator", **named)
    r.call("get-request-validators", "GetRequestValidators", restApiId=api)
    body = "/validateRequestBody"
    on, off = patch("replace", body, "true"), patch("replace", body)
    r.call("update-request-validator-with-value", "UpdateRequestValidator", **named, patchOperations=[on])
    r.call("update-request-validator-without-value", "UpdateRequestValidator", **named, patchOperations=[off])
    r.call("get-request-validators-after-update-operation", "GetRequestValidator", **named)
    r.call("delete-request-validator", "DeleteRequestValidator", **named)
    r.call("get-request-validators-after-delete", "GetRequestValidators", restApiId=api)
    r.call("get-deleted-request-validator", "GetRequestValidator", **named)


def invalid_get_request_validator(r: Replay) -> None:
    api, _ = make_api(r)
    named = {"requestValidatorId": "validator_id"}
    r.call("get-request-validators-invalid-api-id", "GetRequestValidator", restApiId="api_id", **named)
    r.call("get-request-validators-invalid-validator-id", "GetRequestValidator", restApiId=api, **named)


def invalid_get_request_validators(r: Replay) -> None:
    r.call("get-invalid-request-validators", "GetRequestValidators", restApiId="api_id")


def invalid_delete_request_validator(r: Replay) -> None:
    api, _ = make_api(r)
    named = {"requestValidatorId": "validator_id"}
    r.call("delete-request-validator-invalid-api-id", "DeleteRequestValidator", restApiId="api_id", **named)
    r.call("delete-request-validator-invalid-validator-id", "DeleteRequestValidator", restApiId=api, **named)


def create_request_validator_invalid_api_id(r: Replay) -> None:
    r.call("invalid-create-request-validator", "CreateRequestValidator", restApiId="api_id", name="a")


def invalid_update_request_validator_operations(r: Replay) -> None:
    api = r.call("create-rest-api", "CreateRestApi", name="a", description="my api")["id"]
    own = r.call("create-request-validator", "CreateRequestValidator", restApiId=api, name="validator")["id"]
    for label, operation in (
        ("update-request-validator-invalid-add-operation", patch("add", "/validateRequestBody", "true")),
        ("update-request-validator-invalid-remove-operation", patch("remove", "/validateRequestBody", "true")),
        ("update-request-validator-invalid-path", patch("replace", "/invalidPath", "true")),
        ("update-request-validator-empty-name-value", patch("replace", "/name", "")),
    ):
        r.call(label, "UpdateRequestValidator", restApiId=api, requestValidatorId=own, patchOperations=[operation])


def authorizer_crud_no_api(r: Replay) -> None:
    api = "test-fake-rest-id"
    r.call("wrong-rest-api-id-create-authorizer", "CreateAuthorizer", restApiId=api, name="a", type="TOKEN")
    r.call("wrong-rest-api-id-get-authorizers", "GetAuthorizers", restApiId=api)
