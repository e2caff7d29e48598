"""In the gateway: which API and stage, what the policies say, which key."""

from collections.abc import Sequence
from shlex import quote

from innergate.compile.emit.dns import execute_api_domain
from innergate.compile.resolve.api_blueprint import MethodPlan, StageBlueprint
from innergate.compile.resolve.stages import resolve_stage
from innergate.observe.explain_authorizers import leaves_it_to_caller
from innergate.observe.explain_call import canonical_path
from innergate.observe.explain_domains import find_domain, find_mapped_stage
from innergate.observe.explain_mends import mend_resource_policy
from innergate.observe.explain_methods import find_method, leads_to_method, methods_at
from innergate.observe.explain_names import list_endpoint, public_api
from innergate.observe.explain_policy import (
    ENDPOINT_POLICY,
    Question,
    ask,
    decide_endpoint_policy,
    decide_resource_policy,
    denial_message,
    is_same_document,
    say_why,
)
from innergate.observe.explain_trace import FORBIDDEN, Entry, Trace
from innergate.observe.explanation import PolicyDecision
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage

_MAKE_KEY = (
    "this stage has no key: aws apigateway create-usage-plan --name NAME --api-stages apiId={0.api_id},stage={0.stage},"
    " then create-api-key --enabled and create-usage-plan-key"
)


def find_stage(trace: Trace, entry: Entry) -> StageBlueprint:
    """The stage that the call names. Raises Stop."""
    domain = find_domain(trace, entry)
    if domain is not None:
        return find_mapped_stage(trace, domain, _keys(trace, entry))
    label, region, api = _find_api(trace, entry)
    endpoint_id = label.partition("-")[2]
    if api is None or api.region != region:
        reason = (
            f"neither x-apigw-api-id nor Host ({trace.call.host_header}) names an API of {region}"
            if entry.endpoint is not None
            else _why_not_public(trace, label)
        )
        raise trace.refuse("api", label, region, reason, "403", answer=FORBIDDEN)
    trace.api_id = api.id
    path = canonical_path(trace.call.path)
    if path is None:
        reason = "an escaped slash or backslash has more than one reading, so it is refused"
        raise trace.refuse("path", trace.call.path, str(api.account), reason, "400", answer="400 Bad Request")
    stage, _, rest = path.removeprefix("/").partition("/")
    trace.stage, trace.path = stage, f"/{rest}"
    resolved = resolve_stage(trace.reader, f"{api.id}/{stage}") if stage else None
    if resolved is None:
        known = sorted(s.stage_name for s in trace.reader.find(Stage, "rest-api", api.id))
        reason = f"the API has no stage {stage!r}; it has {', '.join(known) or 'none: it was never deployed'}"
        fix = _mend_stage(trace, api, stage, known)
        raise trace.refuse("stage", f"{api.id}/{stage}", str(api.account), reason, "403", fix, FORBIDDEN)
    blueprint = resolved.blueprint
    if blueprint.is_private != (entry.endpoint is not None):
        reason = (
            "the deployed API is private: the public entry leads to REGIONAL and EDGE APIs alone"
            if blueprint.is_private
            else "this is no private API: a VPC endpoint leads to private APIs alone"
        )
        raise trace.refuse("api", api.id, str(api.account), reason, "403", answer=FORBIDDEN)
    if blueprint.is_disabled:
        reason = "the API's default endpoint is disabled"
        raise trace.refuse("api", api.id, str(api.account), reason, "403", answer=FORBIDDEN)
    if endpoint_id and endpoint_id not in blueprint.endpoint_ids:
        reason = f"the deployed API does not list {endpoint_id}, so the alias {label} does not exist"
        fix = list_endpoint(api.id, endpoint_id, stage)
        raise trace.refuse("api", label, str(api.account), reason, "403", fix, FORBIDDEN)
    trace.ok("api", api.id, str(api.account), api.name)
    trace.ok("stage", f"{api.id}/{stage}", str(api.account), f"deployment {blueprint.deployment_id}")
    _compare_policies(trace, api, blueprint)
    return blueprint


def _why_not_public(trace: Trace, label: str) -> str:
    if trace.reader.get(RestApi, label) is not None:
        return "the API is private: the public entry leads to REGIONAL and EDGE APIs alone"
    return f"Host ({trace.call.host_header}) names no public API and no public custom domain name"


def _mend_stage(trace: Trace, api: RestApi, stage: str, known: Sequence[str]) -> str:
    """The URL with a stage in which the path or the rest of it leads to a method, else the deployment that is missing."""
    path = canonical_path(trace.call.path) or "/"
    for name in known:
        resolved = resolve_stage(trace.reader, f"{api.id}/{name}")
        for rest in (f"/{path.removeprefix('/').partition('/')[2]}", path):
            if resolved is not None and leads_to_method(resolved.blueprint, rest, trace.call.method):
                url = f"{trace.call.scheme}://{trace.call.host}/{name}{rest}"
                return f"a path begins with the stage: {quote(url)}"
    return f"aws apigateway create-deployment --rest-api-id {api.id} --stage-name {quote(stage or 'STAGE')}"


def _find_api(trace: Trace, entry: Entry) -> tuple[str, str, RestApi | None]:
    """What names the API, the region in which it must be, and the API."""
    call = trace.call
    if entry.endpoint is None:
        api = public_api(trace.reader, call.host_header)
        return call.host_header.partition(".")[0], api.region if api is not None else "", api
    region = entry.endpoint.region
    label = (call.headers.get("x-apigw-api-id", "") or call.host_header).removesuffix(f".{execute_api_domain(region)}")
    return label, region, trace.reader.get(RestApi, label.partition("-")[0])


def _compare_policies(trace: Trace, api: RestApi, blueprint: StageBlueprint) -> None:
    if not is_same_document(api.policy, blueprint.policy):
        reason = "the policy was changed after the deployment: the old one holds until the API is deployed again"
        fix = f"aws apigateway create-deployment --rest-api-id {api.id} --stage-name {blueprint.stage}"
        trace.warn("policy", api.id, str(api.account), reason, fix)


def pass_policies(trace: Trace, entry: Entry, blueprint: StageBlueprint) -> None:
    """Asks the API's policy, then the endpoint's. Raises Stop."""
    question = ask(blueprint, trace.call.method, trace.path, _keys(trace, entry))
    resource_policy = decide_resource_policy(blueprint, question)
    of_endpoint = decide_endpoint_policy(entry.endpoint, question) if entry.endpoint is not None else None
    if entry.endpoint is None and blueprint.policy and not trace.call.source:
        trace.notes.append("the caller's address is not known, so aws:SourceIp is absent: give one with --source")
    found = find_method(methods_at(trace, blueprint), trace.call.method)
    for decision in (resource_policy, of_endpoint):
        if decision is None:
            continue
        is_open = decision is resource_policy and decision.outcome == "implicit-deny"
        if is_open and leaves_it_to_caller(blueprint, found):
            trace.decisions.append(decision)
            trace.ok(
                "policy", blueprint.api_id, blueprint.account, f"{say_why(decision)}; the caller's own policy decides"
            )
        else:
            _take_decision(trace, decision, blueprint, entry, question)


def _take_decision(
    trace: Trace, decision: PolicyDecision, blueprint: StageBlueprint, entry: Entry, question: Question
) -> None:
    trace.decisions.append(decision)
    why, endpoint = say_why(decision), entry.endpoint
    is_of_endpoint = decision.policy == ENDPOINT_POLICY and endpoint is not None
    id, where = blueprint.api_id, blueprint.account
    if is_of_endpoint and endpoint is not None:
        id, where = endpoint.id, f"{endpoint.account}/{endpoint.vpc_id}"
    if decision.outcome == "allow":
        trace.ok("policy", id, where, why)
        return
    fix = (
        f"aws ec2 modify-vpc-endpoint --vpc-endpoint-id {id} --reset-policy"
        if is_of_endpoint
        else mend_resource_policy(trace.reader, blueprint, decision, question, endpoint)
    )
    answer = f'403 {{"Message":"{denial_message(decision)}"}}'
    raise trace.refuse("policy", id, where, why, "403", fix, answer)


def _keys(trace: Trace, entry: Entry) -> dict[str, str | Sequence[str] | None]:
    call, endpoint = trace.call, entry.endpoint
    of_entry: dict[str, str | Sequence[str] | None] = {"aws:SourceIp": call.source or None}
    if endpoint is not None:
        of_entry = {
            "aws:SourceVpce": endpoint.id,
            "aws:SourceVpc": endpoint.vpc_id,
            "aws:VpceAccount": endpoint.account,
            "aws:VpcSourceIp": call.source,
        }
    return {
        **of_entry,
        "aws:SecureTransport": "true",
        "aws:UserAgent": call.headers.get("user-agent"),
        "aws:Referer": call.headers.get("referer"),
        "aws:CurrentTime": call.now.strftime("%Y-%m-%dT%H:%M:%SZ") if call.now is not None else None,
        "aws:EpochTime": str(int(call.now.timestamp())) if call.now is not None else None,
    }


def check_key(trace: Trace, blueprint: StageBlueprint, method: MethodPlan) -> None:
    """The API key, where the method needs one. Raises Stop."""
    if not method.requires_key:
        return
    if method.key_source != "HEADER":
        trace.notes.append("the API key is what the authorizer answers as usageIdentifierKey; it is not tried here")
        return
    if trace.call.has_unseen_key:
        trace.ok("api-key", f"{method.verb} {method.path}", blueprint.account, "a key of this stage came with the call")
        return
    given = trace.call.headers.get("x-api-key")
    key = next((k for k in blueprint.keys if k.value == given), None) if given else None
    if key is None:
        reason = "the method needs an API key of a usage plan of this stage"
        if not trace.call.came_in_by:  # of a past call no header with a key is kept
            reason += "; the given one is none" if given else "; no x-api-key header was given"
        fix = "call it with --header 'x-api-key: VALUE'" if blueprint.keys else _MAKE_KEY.format(blueprint)
        answer = '403 {"message":"Forbidden"}'
        raise trace.refuse(
            "api-key", f"{method.verb} {method.path}", blueprint.account, reason, "403", fix, answer=answer
        )
    trace.ok("api-key", key.key_id, blueprint.account)


def note_throttles(trace: Trace, blueprint: StageBlueprint, method: MethodPlan) -> None:
    """The token buckets that the call draws from. Raises Stop where one lets nothing through."""
    buckets = [("the method", method.throttle)]
    given = trace.call.headers.get("x-api-key")
    for key in blueprint.keys if method.requires_key else ():
        if key.value == given:
            buckets.append((f"API key {key.key_id}", key.throttle))
            buckets += [
                (f"API key {key.key_id} on this method", b) for id, b in method.client_throttles if id == key.key_id
            ]
    for whose, bucket in buckets:
        if bucket is None:
            continue
        text = f"{whose} is throttled to {bucket.rate_per_s:g} requests a second, {bucket.burst} at once"
        if bucket.burst <= 0 or bucket.rate_per_s <= 0:
            answer = '429 {"message":"Too Many Requests"}'
            raise trace.refuse("throttle", whose, blueprint.account, text, "429", answer=answer)
        trace.ok("throttle", whose, blueprint.account, f"{text}; above that a call gets 429")
        trace.notes.append(f"{text}; a call that was answered 429 met this bucket empty")
