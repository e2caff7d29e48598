"""Why a call failed: what was noted of it, in words, and the same question asked of what is configured now."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from innergate.compile.resolve.api_blueprint import MethodPlan, ProxyAction, RuntimeAction, StageBlueprint
from innergate.compile.resolve.stages import resolve_stage
from innergate.compile.settings import SYSTEM_AUTHORITIES
from innergate.compile.view import Reader
from innergate.observe.explain import simulate
from innergate.observe.explain_call import PUBLIC_ENTRY, CallRequest
from innergate.observe.explain_trace import Health
from innergate.observe.explanation import Explanation
from innergate.observe.failure_reasons import FailureReason, find_reason
from innergate.observe.failures import Failure
from innergate.primitives.no_such_thing import NoSuchThing
from innergate.resources.function_urls import FunctionUrl
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage
from innergate.resources.vpcs import Vpc

_HOLE = re.compile(r"\{([^}+]+)\+?\}")


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """A failure with its reason. `now` is what would happen to such a call today, None where that cannot be told; `notes` say
    how far the two may be compared."""

    failure: Failure
    reason: FailureReason
    now: Explanation | None
    notes: tuple[str, ...] = ()


class _Asked(NamedTuple):
    """The client's URL and headers, as far as they are known."""

    url: str
    headers: dict[str, str]


def explain_failure(
    reader: Reader, failure: Failure, health: Health | None = None, authorities_file: str = SYSTEM_AUTHORITIES
) -> Why:
    """Everything that is known of a failed call."""
    reason = find_reason(reader, failure)
    if failure.url_id:
        return Why(failure=failure, reason=reason, now=None, notes=(_say_function(reader, failure.url_id),))
    if not reason.is_readable:
        note = "Envoy refused the request as it stood, so it is not known what it would have met"
        return Why(failure=failure, reason=reason, now=None, notes=(note,))
    asked = _asked(reader, failure)
    if asked is None:
        return Why(failure=failure, reason=reason, now=None, notes=("what was called is there no more",))
    request = CallRequest(
        target=asked.url,
        from_vpc=failure.vpc if reader.get(Vpc, failure.vpc) is not None else "",
        method=failure.verb,
        headers=asked.headers,
        source_address=failure.source,
        now=failure.at,
        came_in_by=failure.vpce or PUBLIC_ENTRY,
        has_unseen_key=not reason.is_about_key,
    )
    try:
        now = simulate(reader, request, health, authorities_file)
    except NoSuchThing as gone:
        return Why(failure=failure, reason=reason, now=None, notes=(str(gone),))
    return Why(failure=failure, reason=reason, now=now, notes=tuple(_notes(reader, failure, now)))


def _say_function(reader: Reader, url_id: str) -> str:
    url = reader.get(FunctionUrl, url_id)
    if url is None:
        return "a call of a function URL that is there no more"
    group = f"/aws/lambda/{url.function_arn.rpartition(':')[2]}"
    return f"a call of the URL of the function {url.target_arn}; what that printed is in its log group {group}"


def _notes(reader: Reader, failure: Failure, now: Explanation) -> list[str]:
    stage = reader.get(Stage, f"{now.api_id}/{now.stage}")
    notes = []
    if stage is not None and stage.last_updated_date > failure.at:
        at = stage.last_updated_date.strftime("%H:%M:%S")
        notes.append(f"the stage was changed at {at}, after the call: below is what would happen now")
    if not failure.host:
        notes.append(f"the request was sent on as {failure.sent_to}; below is the method that sends there")
    return notes


def _asked(reader: Reader, failure: Failure) -> _Asked | None:
    """None where the stage or the method of a request that was sent on is gone."""
    headers = {"x-apigw-api-id": failure.id_header, "user-agent": failure.user_agent}
    host, path = failure.host, failure.path
    if not host:
        resolved = resolve_stage(reader, f"{failure.api_id}/{failure.stage}")
        api = reader.get(RestApi, failure.api_id)
        path = _path_sent_to(resolved.blueprint, failure) if resolved is not None else ""
        if api is None or not path:
            return None
        host = f"{api.id}.execute-api.{api.region}.amazonaws.com"
        return _Asked(f"https://{host}/{failure.stage}{path}", {"user-agent": failure.user_agent})
    given = {name: value for name, value in headers.items() if value}
    return _Asked(f"https://{failure.server_name or host}{path}", {"host": host, **given})


def _path_sent_to(blueprint: StageBlueprint, failure: Failure) -> str:
    """The path of the method whose integration the request was sent to, its parameters filled in; "" for none."""
    for method in blueprint.methods:
        found = _integration_fits(method, failure)
        if found is not None and failure.resource_path in ("", method.path):
            return _filled(method.path, found)
    return ""


def _filled(path: str, values: Mapping[str, str]) -> str:
    """A resource's path with its parameters; one that the integration does not get keeps its name."""
    return _HOLE.sub(lambda hole: values.get(hole[1], hole[1]), path)


def _integration_fits(method: MethodPlan, failure: Failure) -> dict[str, str] | None:
    """The values of the path parameters with which the method sends so; None where it does not."""
    action = method.action.backend if isinstance(method.action, RuntimeAction) else method.action
    if not isinstance(action, ProxyAction) or method.verb not in ("ANY", failure.verb):
        return None
    host, _, rest = failure.sent_to.partition("/")
    if host != action.host:
        return None
    names: list[str] = []
    pieces = []
    for piece in action.path:
        if isinstance(piece, str):
            pieces.append(re.escape(piece))
        else:
            names.append(piece.text if piece.source == "path" else "")
            pieces.append("(.*)")
    found = re.fullmatch("".join(pieces), f"/{rest}")
    if found is None and pieces:
        return None
    return dict(zip(names, found.groups(), strict=True)) if found is not None else {}
