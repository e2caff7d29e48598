"""How much of a usage plan's quota its keys have used, day by day.

Counts are observations of the runtime's workers: subject `usage/<plan>/<key>`, one a day, named YYYY-MM-DD.
"""

# AWS differs: calls are counted for plans with a quota alone.

from datetime import date, timedelta
from typing import Any

from innergate.primitives.quota_periods import period_start
from innergate.resources.api_keys import UsageGrant, UsagePlan, UsagePlanKey
from innergate.services.apigateway.faults import bad_request, not_found
from innergate.services.apigateway.limits import PAGE_DEFAULT, USAGE_DAYS_MAX
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import read_int, read_patches
from innergate.services.apigateway.usage_plan_keys import plan_of
from innergate.services.context import Context, Params, Result

_BAD_DATE = "Invalid date specified. Dates must be in the format yyyy-mm-dd"


def get(context: Context, params: Params) -> Result:
    """GetUsage: for each key of the plan, a pair (used, remaining) a day. Raises Fault."""
    plan = plan_of(context, params["usagePlanId"])
    start, end = _read_date(params["startDate"]), _read_date(params["endDate"])
    if start > end:
        raise bad_request("Invalid date range specified. The start date must not be after the end date")
    today = context.clock.now().date()
    if (today - start).days > USAGE_DAYS_MAX or (end - start).days > USAGE_DAYS_MAX:
        raise bad_request(f"Invalid date range specified. Usage is kept for {USAGE_DAYS_MAX} days")
    key_id = params.get("keyId")
    if key_id and context.tx.get(UsagePlanKey, f"{plan.id}/{key_id}") is None:
        raise not_found("Invalid API Key identifier specified")
    members = [m for m in context.tx.find(UsagePlanKey, "plan", plan.id) if key_id in (None, "", m.key_id)]
    days = [start + timedelta(days=n) for n in range((min(end, today) - start).days + 1)]
    page = page_of({**params, "limit": params.get("limit") or PAGE_DEFAULT}, members, lambda m: {"key": m.key_id})
    answer: dict[str, Any] = {
        "usagePlanId": plan.id,
        "startDate": start.isoformat(),
        "endDate": end.isoformat(),
        "items": {row["key"]: [_usage_on(context, plan, row["key"], day) for day in days] for row in page["items"]},
    }
    return answer | ({"position": page["position"]} if "position" in page else {})


def _read_date(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise bad_request(_BAD_DATE) from None


def _usage_on(context: Context, plan: UsagePlan, key_id: str, day: date) -> list[int]:
    """[used on the day, remaining of the quota at its end]."""
    used = _counted(context, plan.id, key_id, day)
    return [used, _remaining(context, plan, key_id, day)]


def _counted(context: Context, plan_id: str, key_id: str, day: date) -> int:
    seen = context.observations.observed(f"usage/{plan_id}/{key_id}", day.isoformat())
    return seen.value if seen is not None and isinstance(seen.value, int) else 0


def _remaining(context: Context, plan: UsagePlan, key_id: str, day: date) -> int:
    """Without a quota nothing can remain: 0. A grant (UpdateUsage) counts from its own day to the end of its period."""
    if plan.quota is None:
        return 0
    begin = period_start(plan.quota.period, day, plan.quota.offset)
    left = plan.quota.limit
    grant = context.tx.get(UsageGrant, f"{plan.id}/{key_id}")
    if grant is not None and begin <= date.fromisoformat(grant.day) <= day:
        begin, left = date.fromisoformat(grant.day), grant.remaining + grant.used_before
    used = sum(_counted(context, plan.id, key_id, begin + timedelta(days=n)) for n in range((day - begin).days + 1))
    return max(0, left - used)


def update(context: Context, params: Params) -> Result:
    """UpdateUsage: how many calls remain for a key in the present period (`replace /remaining`). Raises Fault."""
    plan = plan_of(context, params["usagePlanId"])
    key_id = params["keyId"]
    if context.tx.get(UsagePlanKey, f"{plan.id}/{key_id}") is None:
        raise not_found("Invalid Usage Plan Key specified")
    if plan.quota is None:
        raise bad_request("Usage Plan does not have a quota")
    today = context.clock.now().date()
    for patch in read_patches(params):
        if patch.op != "replace" or patch.path != "/remaining":
            raise bad_request(
                f"Invalid patch path  '{patch.path}' specified for op '{patch.op}'. Must be: [/remaining]"
            )
        remaining = read_int(patch.value, "Invalid remaining quota specified")
        if remaining < 0:
            raise bad_request("Invalid remaining quota specified")
        context.tx.put(
            UsageGrant(
                id=f"{plan.id}/{key_id}",
                account=plan.account,
                region=plan.region,
                usage_plan_id=plan.id,
                day=today.isoformat(),
                remaining=remaining,
                used_before=_counted(context, plan.id, key_id, today),
            )
        )
    return {
        "usagePlanId": plan.id,
        "startDate": today.isoformat(),
        "endDate": today.isoformat(),
        "items": {key_id: [_usage_on(context, plan, key_id, today)]},
    }
