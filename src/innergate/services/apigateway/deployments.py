"""Deployments: immutable snapshots of an API, and the stages that CreateDeployment makes or moves with them."""

from typing import Any

import msgspec

from innergate.compile.resolve.api_definitions import define_api
from innergate.primitives.ids import fresh_api_id
from innergate.resources.deployments import Deployment
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage
from innergate.resources.vpc_links import VpcLink
from innergate.services.apigateway.faults import bad_request, not_found
from innergate.services.apigateway.lookups import api_of, find_api, resources_of
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import invalid_path, read_patches, require_op
from innergate.services.apigateway.stages import deploy_canary, deploy_stage
from innergate.services.context import Context, Params, Result


def create(context: Context, params: Params) -> Result:
    """CreateDeployment: freezes the API; a `stageName` that is not empty is made or moved to it. Raises Fault."""
    api = api_of(context, params)
    check_deployable(context, api)
    deployment = Deployment(
        id=f"{api.id}/{(own_id := fresh_api_id(context.ids, 6))}",
        account=context.account,
        region=context.region,
        rest_api_id=api.id,
        deployment_id=own_id,
        created_date=context.clock.now().replace(microsecond=0),
        description=params.get("description") or None,
        definition=define_api(context.tx, api),
    )
    context.tx.put(deployment)
    if params.get("canarySettings") is not None:
        deploy_canary(context, api, deployment, params)
    elif params.get("stageName"):
        deploy_stage(context, api, deployment, params)
    return render_deployment(deployment, embed=False)


def check_deployable(context: Context, api: RestApi) -> None:
    """Raises Fault BadRequestException where AWS would not deploy the API."""
    methods = [method for resource in resources_of(context, api.id) for method in resource.methods.values()]
    if not methods:
        raise bad_request("The REST API doesn't contain any methods")
    if any(method.method_integration is None for method in methods):
        raise bad_request("No integration defined for method")
    # AWS differs: AWS refuses to deploy a private API without a resource policy ("Private REST API doesn't have a resource
    # policy attached to it"). Here it deploys and denies every call, so that tools that deploy first and set the policy
    # later (Ansible's api_gateway module imports and deploys in one go) work.
    for method in methods:
        integration = method.method_integration
        link = context.tx.get(VpcLink, integration.connection_id or "") if integration else None
        if link is not None and integration is not None and integration.connection_type == "VPC_LINK" and link.failure:
            # AWS differs: the words are ours; AWS says only that deployments with a failed link are refused.
            raise bad_request(f"Cannot deploy: Vpc link '{link.id}' is in status FAILED: {link.failure}")


def render_deployment(deployment: Deployment, embed: bool) -> dict[str, Any]:
    """The deployment as AWS answers it; with `embed` the summary of its methods."""
    shown: dict[str, Any] = {
        "id": deployment.deployment_id,
        "description": deployment.description,
        "createdDate": deployment.created_date,
    }
    if embed:
        shown["apiSummary"] = {
            resource.path: {
                verb: {"authorizationType": method.authorization_type, "apiKeyRequired": method.api_key_required}
                for verb, method in resource.methods.items()
            }
            for resource in deployment.definition.resources
            if resource.methods
        }
    return shown


def deployment_of(context: Context, params: Params) -> Deployment:
    """The deployment that restApiId and deploymentId name. Raises Fault NotFoundException."""
    found = None
    if find_api(context, params["restApiId"]) is not None:
        found = context.tx.get(Deployment, f"{params['restApiId']}/{params['deploymentId']}")
    if found is None:
        raise not_found("Invalid Deployment identifier specified")
    return found


def get(context: Context, params: Params) -> Result:
    """GetDeployment; `embed=apisummary` shows its methods."""
    return render_deployment(deployment_of(context, params), "apisummary" in (params.get("embed") or ()))


def list_all(context: Context, params: Params) -> Result:
    """GetDeployments, oldest first."""
    api = api_of(context, params)
    found = context.tx.find(Deployment, "rest-api", api.id)
    return page_of(params, found, lambda deployment: render_deployment(deployment, embed=False))


def update(context: Context, params: Params) -> Result:
    """UpdateDeployment: only its description. Raises Fault."""
    deployment = deployment_of(context, params)
    for patch in read_patches(params):
        if patch.segments != ("description",):
            raise invalid_path(patch)
        require_op(patch, "replace")
        deployment = msgspec.structs.replace(deployment, description=patch.value or None)
    context.tx.put(deployment)
    return render_deployment(deployment, embed=False)


def delete(context: Context, params: Params) -> Result:
    """DeleteDeployment. Raises Fault BadRequestException while a stage serves it."""
    deployment = deployment_of(context, params)
    stages = context.tx.find(Stage, "rest-api", deployment.rest_api_id)
    if any(
        deployment.deployment_id in (stage.deployment_id, (stage.canary_settings or {}).get("deploymentId"))
        for stage in stages
    ):
        raise bad_request("Active stages pointing to this deployment must be moved or deleted")
    context.tx.delete(deployment)
    return {}
