"""A fourth account beside the scenarios', with everything of its own: the same ranges and addresses, other hosts.

Tests that break things break its things, so that the scenarios stay as they were.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, final

from rich.console import Console

from innergate.cli.demo.scenarios import (
    APPLICATION_HOSTS,
    REGION,
    Balancer,
    Cloud,
    Network,
    endpoint_policy,
    make_balancer,
    make_link,
    make_network,
    make_private_api,
    open_security_group,
    set_policy,
    wait_for,
    wait_healthy,
)
from innergate.cli.demo.stage import Step
from innergate.driver.platform import RunningPlatform


class Rival(NamedTuple):
    """The account's things: two hosts behind a load balancer, a private API before it, the endpoint that it admits."""

    cloud: Cloud
    network: Network
    group: str
    entry: str
    balancer: Balancer
    link: str
    api: str


def make_rival(platform: RunningPlatform, name: str = "rival") -> Rival:
    """Makes the account and its things; the API is live."""
    step = Step(Console(quiet=True))
    account = platform.add_account(name)
    cloud = Cloud(platform.environment(name), account)
    network = make_network(cloud, name)
    for host, address in zip("ab", APPLICATION_HOSTS, strict=True):
        platform.start_origin(network.vpc, address, f"{name}-{host}")
    balancer = make_balancer(cloud, name, network, [(address, "") for address in APPLICATION_HOSTS])
    wait_healthy(cloud, step, balancer.target_group)
    group = open_security_group(cloud, network, "execute-api", (443,))
    entry = make_entry(cloud, network, group)
    link = make_link(cloud, step, name, balancer)
    api = make_private_api(cloud, name, link, balancer, entry)
    set_policy(cloud, api, endpoint_policy(entry))
    cloud.apigateway.create_deployment(restApiId=api, stageName="test")
    platform.settle()
    return Rival(cloud, network, group, entry, balancer, link, api)


def make_entry(cloud: Cloud, network: Network, group: str, private_dns: bool = True) -> str:
    """An execute-api endpoint in all subnets of a network, once it is available; its id."""
    made = cloud.ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=network.vpc,
        ServiceName=f"com.amazonaws.{REGION}.execute-api",
        SubnetIds=list(network.subnets),
        SecurityGroupIds=[group],
        PrivateDnsEnabled=private_dns,
    )
    endpoint: str = made["VpcEndpoint"]["VpcEndpointId"]
    wait_for(lambda: describe_endpoint(cloud, endpoint)["State"] == "available" or None, f"endpoint {endpoint}")
    return endpoint


def describe_endpoint(cloud: Cloud, endpoint: str) -> dict[str, Any]:
    """What its owner sees of an endpoint."""
    found: dict[str, Any] = cloud.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
    return found


def addresses_of(cloud: Cloud, endpoint: str) -> list[str]:
    """The private addresses of an endpoint's interfaces."""
    ids = describe_endpoint(cloud, endpoint)["NetworkInterfaceIds"]
    found = cloud.ec2.describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"]
    return [interface["PrivateIpAddress"] for interface in found]


ANYONE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
        ],
    }
)
"""A policy that admits every endpoint."""
ALL_BUT_DENIED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "execute-api:Invoke",
                "Resource": "execute-api:/*/GET/denied*",
            },
        ],
    }
)
"""A policy that also denies GET of every path that begins with /denied."""


class Method(NamedTuple):
    """What a method answers with: a load balancer over a link (`uri` the path behind it), or a mock (`link` "")."""

    uri: str = "/"
    link: str = ""
    verb: str = "GET"
    timeout_ms: int = 29000
    key_required: bool = False
    declared: Mapping[str, bool] = {}
    mapped: Mapping[str, str] = {}
    mock_status: int = 200
    mock_headers: Mapping[str, str] = {}


@final
class TrialApi:
    """A private API that a test builds method by method, and deploys."""

    def __init__(self, cloud: Cloud, name: str, policy: str = ANYONE) -> None:
        self._api = cloud.apigateway
        configuration = {"types": ["PRIVATE"]}
        extra = {"policy": policy} if policy else {}
        made = self._api.create_rest_api(name=name, endpointConfiguration=configuration, **extra)
        self.id: str = made["id"]
        self._resources: dict[str, str] = {"/": made["rootResourceId"]}

    def put(self, path: str, host: str, method: Method) -> None:
        """Adds a method at a path; `host` is the host of the integration's URI."""
        resource = self._resource(path)
        keys = {"restApiId": self.id, "resourceId": resource, "httpMethod": method.verb}
        self._api.put_method(
            **keys,
            authorizationType="NONE",
            apiKeyRequired=method.key_required,
            requestParameters=dict(method.declared),
        )
        if method.link:
            self._api.put_integration(
                **keys,
                type="HTTP_PROXY",
                integrationHttpMethod=method.verb,
                uri=f"http://{host}{method.uri}",
                connectionType="VPC_LINK",
                connectionId=method.link,
                timeoutInMillis=method.timeout_ms,
                requestParameters=dict(method.mapped),
            )
            return
        template = {"application/json": json.dumps({"statusCode": method.mock_status})}
        self._api.put_integration(**keys, type="MOCK", requestTemplates=template)
        shown = {f"method.response.header.{name}": True for name in method.mock_headers}
        values = {f"method.response.header.{name}": f"'{value}'" for name, value in method.mock_headers.items()}
        status = {**keys, "statusCode": str(method.mock_status)}
        self._api.put_method_response(**status, responseParameters=shown)
        self._api.put_integration_response(**status, responseParameters=values)

    def deploy(self, stage: str = "test", variables: Mapping[str, str] | None = None) -> str:
        """Deploys; the deployment's id."""
        made: str = self._api.create_deployment(restApiId=self.id, stageName=stage, variables=dict(variables or {}))[
            "id"
        ]
        return made

    def patch_stage(self, stage: str, values: Mapping[str, str]) -> None:
        """Replaces values of a stage by their paths."""
        patches = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
        self._api.update_stage(restApiId=self.id, stageName=stage, patchOperations=patches)

    def _resource(self, path: str) -> str:
        if path not in self._resources:
            parent, _, part = path.rpartition("/")
            made = self._api.create_resource(restApiId=self.id, parentId=self._resource(parent or "/"), pathPart=part)
            self._resources[path] = str(made["id"])
        return self._resources[path]
