"""Why a call works or does not: the engine that compiles also explains.

`simulate` follows a call hop by hop and gives an `Explanation` whose first refused hop is the cause; what would refuse behind
it is told, too. Nothing here is measured but target health, which comes from observations.
"""

from contextlib import suppress

from innergate.compile.settings import SYSTEM_AUTHORITIES
from innergate.compile.view import Reader
from innergate.observe.api_diff import diff_api
from innergate.observe.explain_authorizers import note_authorizer
from innergate.observe.explain_backend import integrate
from innergate.observe.explain_behind import refusals_behind
from innergate.observe.explain_call import IGNORED_HEADERS, Call, CallRequest, read_call
from innergate.observe.explain_entry import enter
from innergate.observe.explain_gateway import check_key, find_stage, note_throttles, pass_policies
from innergate.observe.explain_methods import match_method
from innergate.observe.explain_trace import Health, Stop, Trace
from innergate.observe.explain_validator import ask_validator
from innergate.observe.explanation import Explanation
from innergate.resources.stages import Stage


def simulate(
    reader: Reader, request: CallRequest, health: Health | None = None, authorities_file: str = SYSTEM_AUTHORITIES
) -> Explanation:
    """What would happen to one request, and which policy statement decides. `authorities_file` holds what backends'
    certificates are checked against (PEM). Raises NoSuchThing for an unknown VPC or API."""
    call = read_call(reader, request)
    if "://" not in request.target:
        call = _with_stage(reader, call)
    trace = Trace(reader, call, health, authorities_file)
    with suppress(Stop):
        _follow(trace)
    trace.behind = refusals_behind(trace)
    return trace.explanation()


def _follow(trace: Trace) -> None:
    for name in IGNORED_HEADERS:
        if name in trace.call.headers:
            trace.notes.append(f"the header {name} is the client's own word: it is dropped and decides nothing")
    trace.entry = entry = enter(trace)
    if entry is None:
        return
    trace.blueprint = blueprint = find_stage(trace, entry)
    if (canary := blueprint.canary) is not None:
        trace.notes.append(
            f"{canary.percent:g} % of the calls are the canary's, of deployment {canary.blueprint.deployment_id}; what stands"
            " here is the stage's own"
        )
    _note_saved_changes(trace)
    pass_policies(trace, entry, blueprint)
    trace.method = method = match_method(trace, blueprint)
    note_authorizer(trace, blueprint, method)
    check_key(trace, blueprint, method)
    note_throttles(trace, blueprint, method)
    trace.is_asked = True
    ask_validator(trace, method)
    trace.is_let_in = True
    integrate(trace, method)


def _note_saved_changes(trace: Trace) -> None:
    api, stage = trace.api_id, trace.stage
    number = len(diff_api(trace.reader, api, stage))
    if number:
        said = "1 saved change is" if number == 1 else f"{number} saved changes are"
        trace.notes.append(f"{said} not deployed to {stage}: innergate api diff {api} {stage}")


def _with_stage(reader: Reader, call: Call) -> Call:
    api_id = call.target.partition("/")[0]
    stages = sorted(reader.find(Stage, "rest-api", api_id), key=lambda s: s.id)
    if call.path == "/" and stages:
        return call._replace(path=f"/{stages[0].stage_name}/")
    return call
