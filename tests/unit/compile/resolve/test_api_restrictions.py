"""Which requests a native form with mappings is exact for, and that a worker has the others."""

import re

import msgspec
import pytest

from innergate.compile.emit.envoy.restrictions import match_restriction
from innergate.compile.resolve.api_blueprint import MethodPlan, ProxyAction, Restriction, RuntimeAction
from innergate.compile.resolve.stages import resolve_stage
from innergate.resources.rest_apis import Integration, MethodDefinition
from innergate.testing.scenario import Scenario


def plans(to: dict[str, str], throttled: bool = False) -> tuple[MethodPlan, ...]:
    """The plans of GET /{id} with mappings to `header_X` and `querystring_x`."""
    s = Scenario()
    parameters = {f"integration.request.{name.replace('_', '.', 1)}": source for name, source in to.items()}
    integration = Integration(type="HTTP_PROXY", http_method="GET", uri="http://h/a", request_parameters=parameters)
    method = MethodDefinition(http_method="GET", method_integration=integration)
    _, stage = s.private_api(None, policy="{}", methods={("/{id}", "GET"): method})
    if throttled:
        limits = {"*/*": {"throttlingRateLimit": 1.0, "throttlingBurstLimit": 1}}
        s.put(msgspec.structs.replace(stage, method_settings=limits))
    resolved = resolve_stage(s.state, stage.id)
    assert resolved is not None
    return resolved.blueprint.methods


@pytest.mark.parametrize(
    ("to", "restriction"),
    [
        ({"header_X": "method.request.path.id"}, Restriction(has_plain_target=True)),
        ({"header_X": "method.request.header.A"}, Restriction(plain_headers=("a",))),
        (
            {"header_X": "method.request.querystring.q"},
            Restriction(has_plain_target=True, single_queries=("q",)),
        ),
        ({"querystring_x": "'1'"}, Restriction(has_plain_target=True)),
    ],
)
def test_a_worker_has_the_requests_that_envoy_would_map_otherwise(to: dict[str, str], restriction: Restriction) -> None:
    native, worked = plans(to)
    assert native.restriction == restriction
    assert isinstance(native.action, ProxyAction)
    assert isinstance(worked.action, RuntimeAction)
    assert worked.restriction is None
    assert (worked.resource_id, worked.verb) == (native.resource_id, native.verb)


def test_what_is_exact_for_all_has_one_plan() -> None:
    (only,) = plans({"header_X": "'1'", "header_Y": "context.requestId"})
    assert isinstance(only.action, ProxyAction)
    assert only.restriction is None


def test_a_bucket_is_not_split_between_two_routes() -> None:
    (only,) = plans({"header_X": "method.request.header.A"}, throttled=True)
    assert isinstance(only.action, RuntimeAction)


def test_many_sources_that_may_be_absent_are_a_workers() -> None:
    three = {f"querystring_t{n}": f"method.request.header.h{n}" for n in range(3)}
    assert len(plans(three)) == 2
    (only,) = plans({**three, "querystring_t3": "method.request.header.h3"})
    assert isinstance(only.action, RuntimeAction)


def fits(restriction: Restriction, target: str) -> bool:
    """Whether the path's matchers take it."""
    for matcher in match_restriction(restriction):
        assert matcher["name"] == ":path"
        text = matcher["string_match"]
        assert isinstance(text, dict)
        found = re.fullmatch(text["safe_regex"]["regex"], target) is not None
        if found is matcher.get("invert_match", False):
            return False
    return True


@pytest.mark.parametrize(
    ("target", "is_native"),
    [
        ("/s/a", True),
        ("/s/a?q=1&r=2", True),
        ("/s/a?q=1&qq=2&xq=3", True),
        ("/s/a?q=1&q=2", False),
        ("/s/a?q&r=1&q", False),
        ("/s/a?q=1&r=1&q=", False),
        ("/s/a?r=q=1&q=1", True),
        ("/s/a%20b", False),
        ("/s/a?x=a+b", False),
        ("/s/a?x=1;y=2", False),
    ],
)
def test_targets_that_envoy_maps_as_aws_does(target: str, is_native: bool) -> None:
    assert fits(Restriction(has_plain_target=True, single_queries=("q",)), target) is is_native
