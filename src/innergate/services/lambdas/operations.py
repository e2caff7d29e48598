"""The operations of AWS Lambda."""

from innergate.resources.functions import Function
from innergate.services.lambdas import (
    aliases,
    concurrency,
    event_invokes,
    function_urls,
    functions,
    invoke,
    layer_permissions,
    layers,
    policies,
    small_records,
    tags,
    versions,
)
from innergate.services.lambdas.layers import layer_arn
from innergate.services.lambdas.names import function_arn, tagged_arn
from innergate.services.operation import Operation, Operations, read, write
from innergate.services.resource_tags import tagging_needs, tags_by_arn, with_tags

_OPERATIONS: Operations = {
    "AddLayerVersionPermission": write(layer_permissions.add, resource=layer_arn),
    "AddPermission": write(policies.add, resource=function_arn),
    "CreateAlias": write(aliases.create, resource=function_arn),
    "CreateFunction": tagging_needs(write(functions.create, resource=function_arn), "lambda:TagResource"),
    "CreateFunctionUrlConfig": write(function_urls.create, resource=function_arn),
    "DeleteAlias": write(aliases.delete, resource=function_arn),
    "DeleteFunction": write(functions.delete, resource=function_arn),
    "DeleteFunctionConcurrency": write(concurrency.delete, resource=function_arn),
    "DeleteFunctionEventInvokeConfig": write(event_invokes.delete, resource=function_arn),
    "DeleteFunctionUrlConfig": write(function_urls.delete, resource=function_arn),
    "DeleteLayerVersion": write(layers.delete, resource=layer_arn),
    "GetAccountSettings": read(small_records.get_account),
    "GetAlias": read(aliases.get, resource=function_arn),
    "GetFunction": read(functions.get, resource=function_arn),
    "GetFunctionCodeSigningConfig": read(small_records.get_code_signing, resource=function_arn),
    "GetFunctionConcurrency": read(concurrency.get, resource=function_arn),
    "GetFunctionConfiguration": read(functions.get_configuration, resource=function_arn),
    "GetFunctionEventInvokeConfig": read(event_invokes.get, resource=function_arn),
    "GetFunctionRecursionConfig": read(small_records.get_recursion, resource=function_arn),
    "GetFunctionUrlConfig": read(function_urls.get, resource=function_arn),
    "GetLayerVersion": read(layers.get, resource=layer_arn),
    "GetLayerVersionByArn": read(layers.get_by_arn, "lambda:GetLayerVersion", layer_arn),
    "GetLayerVersionPolicy": read(layer_permissions.get, resource=layer_arn),
    "GetPolicy": read(policies.get, resource=function_arn),
    "GetRuntimeManagementConfig": read(small_records.get_runtime_management, resource=function_arn),
    "Invoke": Operation(invoke.invoke, writes=False, unchecked=True),
    "InvokeAsync": Operation(invoke.invoke_async, writes=False, unchecked=True),
    "InvokeWithResponseStream": Operation(invoke.invoke_with_stream, writes=False, unchecked=True),
    "ListAliases": read(aliases.list_of, resource=function_arn),
    "ListFunctionEventInvokeConfigs": read(event_invokes.list_of, resource=function_arn),
    "ListFunctionUrlConfigs": read(function_urls.list_of, resource=function_arn),
    "ListFunctions": read(functions.list_all),
    "ListLayerVersions": read(layers.list_versions, resource=layer_arn),
    "ListLayers": read(layers.list_layers),
    "ListTags": read(tags.list_of, resource=tagged_arn),
    "ListVersionsByFunction": read(versions.list_of, resource=function_arn),
    "PublishLayerVersion": write(layers.publish, resource=layer_arn),
    "PublishVersion": write(versions.publish, resource=function_arn),
    "PutFunctionConcurrency": write(concurrency.put, resource=function_arn),
    "PutFunctionEventInvokeConfig": write(event_invokes.put, resource=function_arn),
    "PutFunctionRecursionConfig": write(small_records.put_recursion, resource=function_arn),
    "PutRuntimeManagementConfig": write(small_records.put_runtime_management, resource=function_arn),
    "RemoveLayerVersionPermission": write(layer_permissions.remove, resource=layer_arn),
    "RemovePermission": write(policies.remove, resource=function_arn),
    "TagResource": write(tags.tag, resource=tagged_arn),
    "UntagResource": write(tags.untag, resource=tagged_arn),
    "UpdateAlias": write(aliases.update, resource=function_arn),
    "UpdateFunctionCode": write(functions.update_code, resource=function_arn),
    "UpdateFunctionConfiguration": write(functions.update_configuration, resource=function_arn),
    "UpdateFunctionEventInvokeConfig": write(event_invokes.update, resource=function_arn),
    "UpdateFunctionUrlConfig": write(function_urls.update, resource=function_arn),
}

OPERATIONS: Operations = with_tags(_OPERATIONS, tags_by_arn({":function:": Function}, "aws"))
"""Invoke decides itself who may: a function's own policy may admit other accounts."""
