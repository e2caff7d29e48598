"""A method as it was when it was deployed, with all that its plan leaves out."""

from typing import NamedTuple

from innergate.compile.resolve.api_blueprint import MethodPlan
from innergate.observe.explain_trace import Trace
from innergate.resources.deployments import Deployment
from innergate.resources.rest_apis import MethodDefinition
from innergate.resources.stages import Stage


class DeployedMethod(NamedTuple):
    """A method of a stage's deployment."""

    stage: Stage
    deployment: Deployment
    definition: MethodDefinition


def deployed_method(trace: Trace, method: MethodPlan) -> DeployedMethod | None:
    """The definition of a method of the stage that the call has come to, or None where it is gone."""
    stage = trace.reader.get(Stage, f"{trace.api_id}/{trace.stage}")
    deployment = trace.reader.get(Deployment, f"{trace.api_id}/{stage.deployment_id}") if stage is not None else None
    if stage is None or deployment is None:
        return None
    for resource in deployment.definition.resources:
        definition = resource.methods.get(method.verb) if resource.resource_id == method.resource_id else None
        if definition is not None:
            return DeployedMethod(stage, deployment, definition)
    return None
