"""Whether the method's request validator misses a parameter; bodies are not part of an explained call."""

from urllib.parse import parse_qs, urlsplit

from innergate.compile.resolve.api_blueprint import MethodPlan
from innergate.observe.explain_deployed import deployed_method
from innergate.observe.explain_trace import Trace

_PLACES = ("header", "querystring")
"""In the order in which AWS names what is missing; parts of the path are always there."""


def ask_validator(trace: Trace, method: MethodPlan) -> None:
    """Raises Stop where the validator refuses the call for what it lacks."""
    found = deployed_method(trace, method)
    if found is None or not found.definition.request_validator_id:
        return
    validator = found.deployment.definition.parts.get("request-validator", {}).get(
        found.definition.request_validator_id
    )
    name = f"{method.verb} {method.path}"
    if validator is None or validator.get("validateRequestParameters"):
        required = {n for n, is_required in (found.definition.request_parameters or {}).items() if is_required}
        missing = [p for place in _PLACES for p in _missing(trace, place, required)]
        if missing and trace.call.came_in_by:
            trace.notes.append(f"the validator asks for {', '.join(missing)}; what a past call had of them is not kept")
        elif missing:
            text = f"Missing required request parameters: [{', '.join(missing)}]"
            answer = f'400 {{"message":"{text}"}}'
            raise trace.refuse("validator", name, str(found.deployment.account), text, "400", answer=answer)
    if validator is not None and validator.get("validateRequestBody") and found.definition.request_models:
        models = ", ".join(sorted(set(found.definition.request_models.values())))
        trace.notes.append(f"a body is checked against the model {models}; a call is explained without one")


def _missing(trace: Trace, place: str, required: set[str]) -> list[str]:
    prefix = f"method.request.{place}."
    names = sorted(name.removeprefix(prefix) for name in required if name.startswith(prefix))
    if place == "header":
        return [name for name in names if not trace.call.headers.get(name.lower(), "").strip()]
    given = parse_qs(urlsplit(trace.call.path).query)
    return [name for name in names if not "".join(given.get(name, [])).strip()]
