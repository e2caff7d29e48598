"""What must fail, what a client notices, and what `innergate simulate` names as the cause."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, final

from botocore.exceptions import ClientError

from innergate.cli.demo.scenarios import (
    CIDR,
    REGION,
    CrossAccount,
    World,
    api_url,
    make_network,
    make_private_api,
    open_security_group,
    wait_for,
)
from innergate.cli.demo.stage import Stage
from innergate.driver.platform import PlatformFailed, RunningPlatform


class Refusal(NamedTuple):
    """One case: its title, what the client must notice, and how to see it."""

    title: str
    expected: str
    look: Callable[["Refusals"], tuple[str, str]]


@final
class Refusals:
    """The cases, tried on the finished scenarios."""

    def __init__(self, platform: RunningPlatform, world: World, path: CrossAccount) -> None:
        self.platform = platform
        self.world = world
        self.path = path
        self.url = api_url(path.api, "test")

    def seen_from(self, vpc: str, url: str, *options: str) -> tuple[str, str]:
        """What a client in the VPC notices, and the cause that simulate names."""
        answer = self.platform.fetch(vpc, url, "-m", "6", *options)
        noticed = _describe(answer)
        cause = self.platform.simulate(vpc, "GET", url)
        return noticed, str(cause.get("cause", ""))

    def not_allowed(self) -> tuple[str, str]:
        """The consumer account asks for an endpoint to a service that does not admit it."""
        try:
            self.world.consumer.ec2.create_vpc_endpoint(
                VpcEndpointType="Interface",
                VpcId=self.world.consumer_network.vpc,
                ServiceName=self.path.service_name,
                SubnetIds=[self.world.consumer_network.subnets[0]],
            )
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            return f"{code}: {message}", "the service's allowed principals do not name the consumer's account"
        return "an endpoint was made", ""

    def other_endpoint(self) -> tuple[str, str]:
        """A second execute-api endpoint, which the policy does not name."""
        network = make_network(self.world.consumer, "stranger", CIDR)
        group = open_security_group(self.world.consumer, network, "execute-api", (443,))
        self.world.consumer.ec2.create_vpc_endpoint(
            VpcEndpointType="Interface",
            VpcId=network.vpc,
            ServiceName=f"com.amazonaws.{REGION}.execute-api",
            SubnetIds=[network.subnets[0]],
            SecurityGroupIds=[group],
            PrivateDnsEnabled=True,
        )
        self.platform.settle()
        return self.seen_from(network.vpc, self.url)

    def no_endpoint(self) -> tuple[str, str]:
        """A VPC without any endpoint."""
        return self.seen_from(self.world.application_network.vpc, self.url)

    def no_policy(self) -> tuple[str, str]:
        """A private API without a resource policy."""
        world = self.world
        api = make_private_api(world.gateway, "without-policy", self.path.link, self.path.balancer, self.path.entry)
        world.gateway.apigateway.create_deployment(restApiId=api, stageName="test")
        self.platform.settle()
        return self.seen_from(world.consumer_network.vpc, api_url(api, "test"))

    def unknown_stage(self) -> tuple[str, str]:
        """A stage that was never made."""
        return self.seen_from(self.world.consumer_network.vpc, api_url(self.path.api, "prod"))

    def spoofed(self) -> tuple[str, str]:
        """Headers that claim another endpoint, from a VPC whose endpoint is not admitted."""
        named = [v["VpcId"] for v in _vpcs_named(self.world, "stranger")]
        options = ("-H", f"x-amzn-vpce-id: {self.path.entry}", "-H", "X-Forwarded-For: 10.0.1.4")
        return self.seen_from(named[0], self.url, *options)

    def rejected(self) -> tuple[str, str]:
        """The application account takes its acceptance back."""
        services = {"ServiceId": self.path.service, "VpcEndpointIds": [self.path.endpoint]}
        self.world.application.ec2.reject_vpc_endpoint_connections(**services)
        self.platform.settle()
        found = self.seen_from(self.world.consumer_network.vpc, self.url)
        self.world.application.ec2.accept_vpc_endpoint_connections(**services)

        def back() -> dict[str, Any] | None:
            answer = self.platform.fetch(self.world.consumer_network.vpc, self.url)
            return answer if answer.get("status") == 200 else None

        wait_for(back, "the API to answer again after the connection was accepted again")
        return found

    def throttled(self) -> tuple[str, str]:
        """A stage that takes one request in ten seconds: a slow machine needs that long for two, too."""
        patches = [
            {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "0.1"},
            {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "1"},
        ]
        self.world.gateway.apigateway.update_stage(restApiId=self.path.api, stageName="test", patchOperations=patches)
        self.platform.settle()

        def look() -> tuple[str, str] | None:
            found = self.seen_from(self.world.consumer_network.vpc, self.url, "-n", "5")
            return found if found[0].startswith("429") else None

        return wait_for(look, "a 429 from a stage that takes one request in ten seconds")


CASES: tuple[Refusal, ...] = (
    Refusal("an endpoint by an account that is not allowed", "InvalidServiceName", Refusals.not_allowed),
    Refusal("a call through an endpoint that the policy does not name", "403", Refusals.other_endpoint),
    Refusal("the same with forged headers", "403", Refusals.spoofed),
    Refusal("a call from a VPC without an endpoint", "no such name", Refusals.no_endpoint),
    Refusal("a call to a private API without a policy", "403", Refusals.no_policy),
    Refusal("a stage that does not exist", "403", Refusals.unknown_stage),
    Refusal("after the provider rejects the connection", "504", Refusals.rejected),
    Refusal("over the stage's throttle", "429", Refusals.throttled),
)


def show_refusals(stage: Stage, platform: RunningPlatform, world: World, path: CrossAccount) -> None:
    """Tries every case. Raises PlatformFailed where a client notices something else than it must."""
    refusals = Refusals(platform, world, path)
    for case in CASES:
        with stage.step("must fail", "", case.title) as step:
            noticed, cause = case.look(refusals)
            step.made("noticed", noticed)
            if cause:
                step.made("because", cause)
            step.result = noticed.split("  ")[0].partition(":")[0]
            if not noticed.startswith(case.expected):
                raise PlatformFailed(f"{case.title}: wanted {case.expected}, saw {noticed}")


def _describe(answer: dict[str, Any]) -> str:
    if "error" in answer:
        return str(answer["error"])
    body = str(answer["body"]).strip()
    with suppress(ValueError):
        body = json.dumps(json.loads(body))
    return f"{answer['status']}  {body[:220]}"


def _vpcs_named(world: World, name: str) -> list[dict[str, Any]]:
    found = world.consumer.ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [name]}])["Vpcs"]
    return list(found)
