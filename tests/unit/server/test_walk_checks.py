"""The checks of a walk find what they look for."""

import immutables
import pytest
from tests.unit.server.walk.envoy_names import missing_names
from tests.unit.server.walk.references import Dangling, dangling
from tests.unit.server.walk.walker import BACKSTOP

from innergate.plans.documents import STAGES, DocumentName
from innergate.plans.envoy import ENVOY_KINDS, EnvoyKind, EnvoyPlan, EnvoyResource
from innergate.plans.runtime import CALL_HEADER
from innergate.primitives.ids import AccountId, Region
from innergate.primitives.json_value import JsonObject
from innergate.resources.rest_apis import ApiResource, MethodDefinition
from innergate.store.rows import Row
from innergate.store.state import State
from innergate.testing.scenario import Scenario


def plan_of(kind: EnvoyKind, body: JsonObject) -> EnvoyPlan:
    """A plan of one resource, `r`."""
    of_kind = {k: immutables.Map[str, EnvoyResource]() for k in ENVOY_KINDS}
    of_kind[kind] = of_kind[kind].set("r", EnvoyResource.versioned("r", body))
    return EnvoyPlan(1, immutables.Map(of_kind))


@pytest.mark.parametrize(
    ("kind", "body", "missing"),
    [
        ("routes", {"virtual_hosts": [{"routes": [{"route": {"cluster": "c"}}]}]}, "cluster c"),
        ("routes", {"route": {"weighted_clusters": {"clusters": [{"name": "w"}]}}}, "cluster w"),
        ("scopes", {"route_configuration_name": "a/b"}, "route a/b"),
        ("listeners", {"rds": {"route_config_name": "l"}}, "route l"),
        ("listeners", {"tls": [{"name": "certificate/x", "sds_config": {"ads": {}}}]}, "secret certificate/x"),
        ("clusters", {"type": "EDS"}, "endpoints"),
        ("routes", {"header": {"key": CALL_HEADER, "value": "d;r;GET;-"}}, "document d"),
    ],
)
def test_a_name_that_leads_nowhere_is_found(kind: EnvoyKind, body: JsonObject, missing: str) -> None:
    assert missing_names(plan_of(kind, body), State(), {DocumentName(STAGES, "other")}) == [f"{kind}/r: {missing}"]


def test_a_plan_without_gaps_has_none() -> None:
    assert missing_names(plan_of("listeners", {"name": "execute-api/us-east-1", "sds_config": {}}), State(), ()) == []
    header: JsonObject = {"header": {"key": CALL_HEADER, "value": "d;r;GET;-"}}
    assert missing_names(plan_of("routes", header), State(), {DocumentName(STAGES, "d")}) == []


def test_what_names_a_thing_that_has_gone_is_found() -> None:
    s = Scenario()
    subnet = s.subnet(s.vpc("10.0.0.0/16"), "10.0.1.0/24", "a")
    rows = [row for row in s.state.rows() if row.resource.id != subnet.vpc_id]
    found = dangling(State.load(1, rows))
    assert Dangling("subnet", ".VpcId", subnet.id, subnet.vpc_id) in found
    assert dangling(s.state) == []


def test_what_names_a_part_that_has_gone_is_found() -> None:
    method = MethodDefinition(http_method="GET", authorization_type="CUSTOM", authorizer_id="x")
    methods = {"GET": method}
    place = ApiResource(
        id="a/r",
        account=AccountId("1"),
        region=Region("r"),
        rest_api_id="a",
        resource_id="r",
        path="/",
        methods=methods,
    )
    found = dangling(State.load(1, [Row(place, 1, 1)]))
    assert found == [Dangling("api-resource", "authorizer", "a/r", "a/authorizer/x")]


@pytest.mark.parametrize(
    ("said", "is_the_stores"),
    [
        ("DependencyViolation: eni-1 has dependencies and cannot be deleted: elastic-address eipalloc-1", True),
        ("DependencyViolation: The vpc 'vpc-1' has dependencies and cannot be deleted.", False),
        ("InvalidParameterValue: subnet subnet-1 does not exist", True),
        ("InvalidGroup.NotFound: The security group 'sg-1' does not exist", False),
    ],
)
def test_the_stores_own_words_are_told_from_awss(said: str, is_the_stores: bool) -> None:
    assert bool(BACKSTOP.search(said)) is is_the_stores
