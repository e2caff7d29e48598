"""The paths of UpdateUsagePlan."""

import msgspec

from innergate.resources.api_keys import PlanStage, Quota, Throttle, UsagePlan
from innergate.services.apigateway.faults import bad_request, not_found
from innergate.services.apigateway.methods import VERBS
from innergate.services.apigateway.patches import Patch, invalid_path, read_int, read_number, require_op

_BAD_NUMBER = "Invalid number specified"
_LIMITS = (("rateLimit",), ("burstLimit",))


def patch_plan(plan: UsagePlan, patch: Patch) -> UsagePlan:
    """The plan after one operation; what it names is not looked up. Raises Fault."""
    match patch.segments:
        case ("name",):
            require_op(patch, "replace")
            if not patch.text.strip():
                raise bad_request("Usage Plan name cannot be empty")
            return msgspec.structs.replace(plan, name=patch.text)
        case ("description",):
            require_op(patch, "replace", "remove")
            return msgspec.structs.replace(plan, description=(patch.value or None) if patch.op == "replace" else None)
        case ("productCode",):
            require_op(patch, "replace", "remove")
            return msgspec.structs.replace(plan, product_code=(patch.value or None) if patch.op == "replace" else None)
        case ("throttle", *rest):
            return msgspec.structs.replace(plan, throttle=_throttle(plan.throttle, patch, tuple(rest)))
        case ("quota", *rest):
            return msgspec.structs.replace(plan, quota=_quota(plan.quota, patch, tuple(rest)))
        case ("apiStages",):
            return _stages(plan, patch)
        case ("apiStages", stage, "throttle", *rest):
            return _stage_throttle(plan, patch, stage, tuple(rest))
        case _:
            raise invalid_path(patch)


def _throttle(current: Throttle | None, patch: Patch, rest: tuple[str, ...]) -> Throttle | None:
    if rest == () and patch.op == "remove":
        return None
    require_op(patch, "add", "replace")
    held = current or Throttle()
    if rest == ("burstLimit",):
        return msgspec.structs.replace(held, burst_limit=read_int(patch.value, _BAD_NUMBER))
    if rest == ("rateLimit",):
        return msgspec.structs.replace(held, rate_limit=read_number(patch.value, _BAD_NUMBER))
    raise invalid_path(patch)


def _quota(current: Quota | None, patch: Patch, rest: tuple[str, ...]) -> Quota | None:
    if rest == () and patch.op == "remove":
        return None
    require_op(patch, "add", "replace")
    held = current or Quota(limit=0, period="DAY")
    if rest == ("limit",):
        return msgspec.structs.replace(held, limit=read_int(patch.value, _BAD_NUMBER))
    if rest == ("offset",):
        return msgspec.structs.replace(held, offset=read_int(patch.value, _BAD_NUMBER))
    if rest == ("period",):
        return msgspec.structs.replace(held, period=patch.text)
    raise invalid_path(patch)


def _split(text: str) -> tuple[str, str]:
    api_id, colon, stage = text.partition(":")
    if not colon or not api_id or not stage:
        raise bad_request("Invalid API Stage specified")
    return api_id, stage


def _stages(plan: UsagePlan, patch: Patch) -> UsagePlan:
    require_op(patch, "add", "remove")
    api_id, name = _split(patch.text)
    kept = tuple(stage for stage in plan.api_stages if (stage.api_id, stage.stage) != (api_id, name))
    if patch.op == "remove":
        if len(kept) == len(plan.api_stages):
            raise not_found(f"Invalid API Stage {{api: {api_id}, stage: {name}}} specified for usageplan {plan.id}")
        return msgspec.structs.replace(plan, api_stages=kept)
    return msgspec.structs.replace(plan, api_stages=(*kept, PlanStage(api_id=api_id, stage=name)))


def _stage_throttle(plan: UsagePlan, patch: Patch, stage: str, rest: tuple[str, ...]) -> UsagePlan:
    """`rest` is empty (remove all), a method (remove its own), or a method and rateLimit or burstLimit."""
    api_id, name = _split(stage)
    held = next((known for known in plan.api_stages if (known.api_id, known.stage) == (api_id, name)), None)
    if held is None:
        raise not_found(f"Invalid API Stage {{api: {api_id}, stage: {name}}} specified for usageplan {plan.id}")
    limits = dict(held.throttle)
    limit = rest[-1:] if rest[-1:] in _LIMITS else ()
    key = _method_key(rest[: len(rest) - len(limit)])
    if rest == () and patch.op == "remove":
        limits = {}
    elif key and patch.op == "remove":
        limits.pop(key, None)
    elif key and limit:
        changed = _throttle(limits.get(key), patch, limit)
        if changed is not None:
            limits[key] = changed
    else:
        raise invalid_path(patch)
    changed_stage = msgspec.structs.replace(held, throttle=limits)
    return msgspec.structs.replace(
        plan, api_stages=tuple(changed_stage if known is held else known for known in plan.api_stages)
    )


def _method_key(segments: tuple[str, ...]) -> str:
    """ "/path/VERB", with the path's slashes escaped or (as Terraform writes them) not; "" where no verb is there."""
    path, slash, verb = "/".join(segments).rpartition("/")
    if not slash or verb not in VERBS:
        return ""
    return f"{path if path.startswith('/') else '/' + path}/{verb}"
