"""What a chaos run breaks: the cross-account scenario, a private API on the runtime, one that admits somebody else."""

import json
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from rich.console import Console

from innergate.cli.demo.scenarios import (
    REGION,
    CrossAccount,
    World,
    api_url,
    cross_account,
    endpoint_policy,
    make_private_api,
    make_world,
    set_policy,
)
from innergate.cli.demo.stage import Stage
from innergate.testing.platform import RunningPlatform

STAGE = "test"
SOMEBODY_ELSE = "vpce-0123456789abcdef0"
_STATUS = '{"statusCode": 200}'
_SAID = """{"id":"$input.params('id')","value":"$stageVariables.value"}"""


class Scene(NamedTuple):
    """`link` goes to the hosts over the VPC link, `mock` is answered by the runtime, `closed` has the hosts behind it and
    admits another endpoint only. `gateway` is a client that never repeats a call."""

    world: World
    path: CrossAccount
    link: str
    mock: str
    closed: str
    gateway: Any

    def lanes(self) -> list[dict[str, Any]]:
        """What `innergate.testing.chaos_client` takes."""

        def lane(name: str, api: str, path: str, echo: str, status: int = 200) -> dict[str, Any]:
            backends = ["pod-a", "pod-b"] if echo == "path" else []
            url = api_url(api, STAGE, path)
            options = {"name": name, "url": url, "echo": echo, "backends": backends, "status": status}
            return {**options, "resolves": name == "names"}

        return [
            lane("link", self.link, "/chaos/{n}", "path"),
            lane("mock", self.mock, "/mock/{n}", "id"),
            lane("closed", self.closed, "/chaos/{n}", "path", 403),
            lane("names", self.link, "/chaos/{n}", "path"),
        ]


def build_scene(platform: RunningPlatform) -> Scene:
    """Makes everything; it is live."""
    stage = Stage(Console(quiet=True))
    world = make_world(stage, platform)
    path = cross_account(stage, platform, world)
    closed = make_private_api(world.gateway, "closed", path.link, path.balancer, path.entry)
    set_policy(world.gateway, closed, endpoint_policy(SOMEBODY_ELSE))
    world.gateway.apigateway.create_deployment(restApiId=closed, stageName=STAGE)
    gateway = connect_once(platform.environment("gateway"))
    mock = _make_mock_api(gateway, path.entry)
    platform.settle()
    return Scene(world, path, path.api, mock, closed, gateway)


def connect_once(environment: dict[str, str]) -> Any:
    """A client of API Gateway that never repeats a call: an answer that is lost stays lost."""
    session: Any = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10)
    return session.client("apigateway", endpoint_url=environment["AWS_ENDPOINT_URL"], config=config)


def _make_mock_api(gateway: Any, entry: str) -> str:
    allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    configuration = {"types": ["PRIVATE"], "vpcEndpointIds": [entry]}
    made = gateway.create_rest_api(name="mock", endpointConfiguration=configuration, policy=policy)
    api, parent = made["id"], made["rootResourceId"]
    for part in ("mock", "{id}"):
        parent = gateway.create_resource(restApiId=api, parentId=parent, pathPart=part)["id"]
    keys = {"restApiId": api, "resourceId": parent, "httpMethod": "GET"}
    gateway.put_method(**keys, authorizationType="NONE", requestParameters={"method.request.path.id": True})
    gateway.put_integration(**keys, type="MOCK", requestTemplates={"application/json": _STATUS})
    gateway.put_method_response(**keys, statusCode="200")
    gateway.put_integration_response(**keys, statusCode="200", responseTemplates={"application/json": _SAID})
    gateway.create_deployment(restApiId=api, stageName=STAGE, variables={"value": "0"})
    return str(api)
