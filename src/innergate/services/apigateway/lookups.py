"""Finds what a call names, in the caller's account and Region only; what is somebody else's is not there."""

from typing import NamedTuple

import msgspec

from innergate.primitives.fault import Fault
from innergate.resources.rest_apis import ApiPart, ApiResource, Integration, MethodDefinition, RestApi
from innergate.services.apigateway.faults import not_found
from innergate.services.context import Context, Params


def find_api(context: Context, api_id: str) -> RestApi | None:
    """The caller's API, or None."""
    api = context.tx.get(RestApi, api_id)
    if api is None or api.account != context.account or api.region != context.region:
        return None
    return api


def api_of(context: Context, params: Params) -> RestApi:
    """The API that `restApiId` names. Raises Fault NotFoundException."""
    api = find_api(context, params["restApiId"])
    if api is None:
        raise no_api(context, params["restApiId"])
    return api


def no_api(context: Context, api_id: str) -> Fault:
    """404 of an unknown API; the account is part of AWS's text."""
    return not_found(f"Invalid API identifier specified {context.account}:{api_id}")


def resource_of(context: Context, api_id: str, resource_id: str) -> ApiResource:
    """A resource of the caller's API. Raises Fault NotFoundException (the same one where the API is unknown)."""
    found = context.tx.get(ApiResource, f"{api_id}/{resource_id}") if find_api(context, api_id) else None
    if found is None:
        raise not_found("Invalid Resource identifier specified")
    return found


def resources_of(context: Context, api_id: str) -> tuple[ApiResource, ...]:
    """All resources of an API, oldest first."""
    return context.tx.find(ApiResource, "rest-api", api_id)


class FoundMethod(NamedTuple):
    """A method with the resource that holds it."""

    resource: ApiResource
    method: MethodDefinition

    def integration(self) -> Integration:
        """The method's integration. Raises Fault NotFoundException."""
        if self.method.method_integration is None:
            raise not_found("Invalid Integration identifier specified")
        return self.method.method_integration

    def write(self, context: Context, method: MethodDefinition) -> None:
        """Puts `method` in the place of this one."""
        methods = {**self.resource.methods, method.http_method: method}
        context.tx.put(msgspec.structs.replace(self.resource, methods=methods))


def method_of(context: Context, params: Params) -> FoundMethod:
    """The method that restApiId, resourceId and httpMethod name. Raises Fault NotFoundException."""
    resource = resource_of(context, params["restApiId"], params["resourceId"])
    method = resource.methods.get(params["httpMethod"])
    if method is None:
        raise not_found("Invalid Method identifier specified")
    return FoundMethod(resource, method)


def part_of(context: Context, api_id: str, part: str, part_id: str) -> ApiPart | None:
    """A small document of the caller's API, or None."""
    if find_api(context, api_id) is None:
        return None
    return context.tx.get(ApiPart, f"{api_id}/{part}/{part_id}")


def parts_of(context: Context, api_id: str, part: str) -> tuple[ApiPart, ...]:
    """All of an API's documents of one kind, oldest first."""
    return context.tx.find(ApiPart, "part", f"{api_id}/{part}")
