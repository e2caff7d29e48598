"""A route names the very version of the document that it was compiled with: a stage's own, its canary's, a domain name's."""

import re

import msgspec
from tests.feature.domain_rig import domain_name, map_path

from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.plans.documents import STAGES
from innergate.plans.runtime import CALL_HEADER, is_canary_document
from innergate.primitives.digest import digest_bytes
from innergate.resources.deployments import DeployedResource
from innergate.resources.rest_apis import Integration, MethodDefinition
from innergate.resources.stages import Stage
from innergate.testing.scenario import Scenario

URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:222222222222:function:f"
METHOD = MethodDefinition(
    http_method="GET", method_integration=Integration(type="AWS_PROXY", http_method="POST", uri=f"{URI}/invocations")
)
_NAMED = re.compile(rf"'{CALL_HEADER}', 'value': '([^;]*);")


def build() -> tuple[Scenario, Stage]:
    """A public API with a function, with a canary, under a base path of a domain name."""
    s = Scenario()
    api, stage = s.private_api(None, policy="{}", methods={("/a", "GET"): METHOD}, types=("REGIONAL",))
    canary = s.deploy(api, "spare", (DeployedResource(resource_id="c", path="/b", methods={"GET": METHOD}),))
    s.drop(canary)
    settings = {"deploymentId": canary.deployment_id, "percentTraffic": 10.0}
    stage = msgspec.structs.replace(stage, canary_settings=settings)
    s.put(stage)
    map_path(s, domain_name(s, "api.example.com"), "v1", api, stage.stage_name)
    return s, stage


def versions(s: Scenario) -> tuple[dict[str, set[str]], dict[str, bytes]]:
    """The documents that each RouteConfiguration names, and those that are there."""
    compilation = Compiler(FAMILIES, CompileSettings(public_addresses=("127.0.0.1",)), strict=True).compile(s.state)
    routes = compilation.envoy.plan.resources["routes"]
    there = {d.name.name: d.body for d in compilation.whole_network.documents if d.name.kind == STAGES}
    return {name: set(_NAMED.findall(str(route.body))) for name, route in routes.items()}, there


def test_routes_name_the_documents_that_are_there() -> None:
    s, stage = build()
    named, there = versions(s)
    assert len(there) == 2
    assert named == {stage.id: set(there), "domain/us-east-1/api.example.com": set(there)}
    assert sorted(is_canary_document(name) for name in there) == [False, True]
    assert all(name.endswith(f".{digest_bytes(body)}") for name, body in there.items())


def test_another_content_is_another_document() -> None:
    s, stage = build()
    _, before = versions(s)
    s.put(msgspec.structs.replace(stage, cache_flushed_at=s.now))
    named, after = versions(s)
    assert not before.keys() & after.keys()
    assert all(found == set(after) for found in named.values())
