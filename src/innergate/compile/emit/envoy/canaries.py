"""Canaries: routes of another deployment before the stage's own, each for a share of the requests.

Envoy draws one number a request and asks it at every route, so a request meets either all of the canary's routes or none.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from innergate.compile.emit.envoy.stage_upstreams import native_upstreams, stage_upstreams
from innergate.compile.emit.envoy.upstreams import Upstream
from innergate.compile.emit.runtime.stages import StageDocuments, stage_documents
from innergate.compile.resolve.api_blueprint import StageBlueprint
from innergate.compile.settings import CompileSettings
from innergate.compile.view import View
from innergate.primitives.json_value import JsonObject

_MILLION = 1_000_000


class CanaryRoutes(NamedTuple):
    """What a canary's routes are made of, and what workers execute them by. `native` are the upstreams that Envoy itself leads
    to."""

    percent: float
    blueprint: StageBlueprint
    made: StageDocuments
    native: Mapping[int, Upstream]


def canary_routes(view: View, blueprint: StageBlueprint, settings: CompileSettings) -> CanaryRoutes | None:
    """The canary of a stage, None where it has none."""
    canary = blueprint.canary
    if canary is None:
        return None
    upstreams = stage_upstreams(view, canary.blueprint, settings)
    made = stage_documents(view, canary.blueprint, upstreams, settings)
    native = native_upstreams(canary.blueprint, upstreams)
    return CanaryRoutes(canary.percent, made.named_in(canary.blueprint), made, native)


def for_share(routes: Sequence[JsonObject], percent: float) -> list[JsonObject]:
    """The routes, each for that share of the requests alone."""
    share: JsonObject = {"default_value": {"numerator": round(percent * _MILLION / 100), "denominator": "MILLION"}}
    found: list[JsonObject] = []
    for route in routes:
        match = route["match"]
        assert isinstance(match, Mapping)
        found.append({**route, "match": {**match, "runtime_fraction": share}})
    return found
