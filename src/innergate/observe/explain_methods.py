"""Which method of the deployment takes a call; where none does, what there is, and whether a deployment is all that lacks."""

import re
from collections.abc import Iterable
from shlex import quote

from innergate.compile.emit.envoy.path_matches import match_path
from innergate.compile.resolve.api_blueprint import VERBS, MethodPlan, StageBlueprint
from innergate.observe.explain_trace import MISSING_TOKEN, Trace
from innergate.resources.rest_apis import ApiResource

_SHOWN_PATHS = 8


def match_method(trace: Trace, blueprint: StageBlueprint) -> MethodPlan:
    """The method that the call meets. Raises Stop."""
    path_methods = methods_at(trace, blueprint)
    found = find_method(path_methods, trace.call.method)
    if found is not None:
        trace.ok("method", f"{found.verb} {found.path}", blueprint.account)
        return found
    fix = _deploy_what_is_saved(trace, blueprint)
    if not path_methods:
        reason = f"no resource of the deployment matches {trace.path}; {_say_paths(trace, blueprint)}"
        raise trace.refuse("resource", trace.path, blueprint.account, reason, "403", fix, MISSING_TOKEN)
    verb, verbs = trace.call.method, ", ".join(m.verb for m in path_methods)
    reason = f"{path_methods[0].path} has no method {verb}; it has {verbs}"
    if verb not in VERBS and any(m.verb == "ANY" for m in path_methods):
        reason += f", which is {', '.join(VERBS)}"
    raise trace.refuse("method", verb, blueprint.account, reason, "403", fix, MISSING_TOKEN)


def methods_at(trace: Trace, blueprint: StageBlueprint) -> list[MethodPlan]:
    """The methods of the first resource that the call's path fits."""
    for candidate in blueprint.methods:
        if _fits(blueprint, candidate.path, trace.path):
            return [m for m in blueprint.methods if m.path == candidate.path]
    return []


def find_method(methods: Iterable[MethodPlan], verb: str) -> MethodPlan | None:
    """The first that takes the verb."""
    return next((m for m in methods if _takes(m.verb, verb)), None)


def leads_to_method(blueprint: StageBlueprint, path: str, verb: str) -> bool:
    """Whether the stage has a method for the path below it."""
    return any(_takes(m.verb, verb) and _fits(blueprint, m.path, path) for m in blueprint.methods)


def _takes(own: str, verb: str) -> bool:
    return own == verb or (own == "ANY" and verb in VERBS)


def _fits(blueprint: StageBlueprint, pattern: str, path: str) -> bool:
    return re.fullmatch(match_path(blueprint.mount, pattern).regex, f"{blueprint.mount}{path}") is not None


def _say_paths(trace: Trace, blueprint: StageBlueprint) -> str:
    paths = sorted({m.path for m in blueprint.methods})
    if not paths:
        return "it has no methods"
    more = f" and {len(paths) - _SHOWN_PATHS} more" if len(paths) > _SHOWN_PATHS else ""
    said = f"it has {', '.join(paths[:_SHOWN_PATHS])}{more}"
    greedy = f"{trace.path.rstrip('/')}/{{"
    is_above = any(path.startswith(greedy) and path.endswith("+}") for path in paths)
    return f"{said}; a {{proxy+}} does not take the path above it" if is_above else said


def _deploy_what_is_saved(trace: Trace, blueprint: StageBlueprint) -> str:
    saved = trace.reader.find(ApiResource, "rest-api", blueprint.api_id)
    for resource in saved:
        is_there = any(_takes(verb, trace.call.method) for verb in resource.methods)
        if is_there and _fits(blueprint, resource.path, trace.path):
            deploy = f"aws apigateway create-deployment --rest-api-id {blueprint.api_id}"
            return f"{deploy} --stage-name {quote(blueprint.stage)} (the saved API has the method, the deployed one has not)"
    return ""
