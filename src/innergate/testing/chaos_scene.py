"""What a chaos run breaks: the cross-account scenario, private APIs on the runtime and on a function, one that admits somebody
else, and one with a rough backend."""

import io
import json
import sys
import zipfile
from pathlib import Path
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
    make_balancer,
    make_link,
    make_private_api,
    make_world,
    set_policy,
    wait_healthy,
)
from innergate.cli.demo.stage import Stage
from innergate.driver.platform import RunningPlatform

STAGE = "test"
SOMEBODY_ELSE = "vpce-0123456789abcdef0"
REGISTERS = ("red", "blue")
"""Stage variables of the API `mock` that clients write and read."""

ROUGH_ADDRESS = "10.0.1.77"
_STATUS = '{"statusCode": 200}'
_SAID = """{"id":"$input.params('id')","value":"$stageVariables.red"}"""
_FUNCTION = """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"id": event["path"].rpartition("/")[2]})}
"""
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class Scene(NamedTuple):
    """`link` goes to the hosts over the VPC link, `mock` is answered by the runtime, `function` by a function, `closed` has the
    hosts behind it and admits another endpoint only, `rough` leads to a backend that behaves as the file `mode` says. `gateway`
    is a client that never repeats a call."""

    world: World
    path: CrossAccount
    link: str
    mock: str
    function: str
    closed: str
    rough: str
    mode: Path
    gateway: Any

    def lanes(self) -> list[dict[str, Any]]:
        """What `innergate.testing.chaos_client` takes."""

        def lane(name: str, api: str, path: str, echo: str, backends: tuple[str, ...] = ()) -> dict[str, Any]:
            status = 403 if name == "closed" else 200
            options = {"name": name, "url": api_url(api, STAGE, path), "echo": echo, "backends": backends}
            return {**options, "status": status, "resolves": name == "names"}

        pods = ("pod-a", "pod-b")
        return [
            lane("link", self.link, "/chaos/{n}", "path", pods),
            lane("mock", self.mock, "/any/{n}", "id"),
            lane("function", self.function, "/any/{n}", "id"),
            lane("closed", self.closed, "/chaos/{n}", "path", pods),
            lane("rough", self.rough, "/chaos/{n}", "path", ("rough",)),
            lane("names", self.link, "/chaos/{n}", "path", pods),
        ]


def build_scene(platform: RunningPlatform) -> Scene:
    """Makes everything; it is live."""
    stage = Stage(Console(quiet=True))
    world = make_world(stage, platform)
    path = cross_account(stage, platform, world)
    closed = make_private_api(world.gateway, "closed", path.link, path.balancer, path.entry)
    set_policy(world.gateway, closed, endpoint_policy(SOMEBODY_ELSE))
    world.gateway.apigateway.create_deployment(restApiId=closed, stageName=STAGE)
    environment = platform.environment("gateway")
    gateway = connect_once(environment, "apigateway")
    mode = platform.state / "rough.mode"
    rough = _make_rough_api(stage, platform, world, path.entry, mode)
    mock = _make_runtime_api(gateway, "mock", path.entry)
    arn = _make_function(environment)
    function = _make_runtime_api(gateway, "function", path.entry, arn)
    connect_once(environment, "lambda").add_permission(
        FunctionName=arn, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    platform.settle()
    return Scene(world, path, path.api, mock, function, closed, rough, mode, gateway)


def connect_once(environment: dict[str, str], service: str) -> Any:
    """A client of a service that never repeats a call: an answer that is lost stays lost."""
    session: Any = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=10)
    return session.client(service, endpoint_url=environment["AWS_ENDPOINT_URL"], config=config)


def _make_rough_api(stage: Stage, platform: RunningPlatform, world: World, entry: str, mode: Path) -> str:
    mode.write_text("well")
    command = [sys.executable, "-m", "innergate.testing.rough_origin", "80", str(mode)]
    request = {"vpc": world.gateway_network.vpc, "ip": ROUGH_ADDRESS, "name": "rough", "command": command}
    platform.client.call("POST", "/workloads", request)
    with stage.step("purple", "10", "gateway: a backend that does not behave") as step:
        balancer = make_balancer(world.gateway, "rough", world.gateway_network, [(ROUGH_ADDRESS, "")])
        wait_healthy(world.gateway, step, balancer.target_group)
        link = make_link(world.gateway, step, "to-rough", balancer)
        api = make_private_api(world.gateway, "rough", link, balancer, entry)
        set_policy(world.gateway, api, endpoint_policy(entry))
        world.gateway.apigateway.create_deployment(restApiId=api, stageName=STAGE)
    return api


def _make_function(environment: dict[str, str]) -> str:
    role = connect_once(environment, "iam").create_role(RoleName="f", AssumeRolePolicyDocument=json.dumps(_TRUST))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", _FUNCTION)
    made = connect_once(environment, "lambda").create_function(
        FunctionName="chaos",
        Runtime="python3.11",
        Role=role["Role"]["Arn"],
        Handler="app.handler",
        Code={"ZipFile": packed.getvalue()},
        Timeout=5,
    )
    return str(made["FunctionArn"])


def _make_runtime_api(gateway: Any, name: str, entry: str, function: str = "") -> str:
    """GET /any/{id}, answered by the function, or by a mock."""
    allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    configuration = {"types": ["PRIVATE"], "vpcEndpointIds": [entry]}
    made = gateway.create_rest_api(name=name, endpointConfiguration=configuration, policy=policy)
    api, parent = made["id"], made["rootResourceId"]
    for part in ("any", "{id}"):
        parent = gateway.create_resource(restApiId=api, parentId=parent, pathPart=part)["id"]
    keys = {"restApiId": api, "resourceId": parent, "httpMethod": "GET"}
    gateway.put_method(**keys, authorizationType="NONE", requestParameters={"method.request.path.id": True})
    if function:
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations"
        gateway.put_integration(**keys, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    else:
        gateway.put_integration(**keys, type="MOCK", requestTemplates={"application/json": _STATUS})
        gateway.put_method_response(**keys, statusCode="200")
        gateway.put_integration_response(**keys, statusCode="200", responseTemplates={"application/json": _SAID})
    gateway.create_deployment(restApiId=api, stageName=STAGE, variables=dict.fromkeys(REGISTERS, "0"))
    return str(api)
