"""Usage plans: which stages a key may call, how fast and how often."""

import math
from typing import Any

from innergate.primitives.ids import fresh_api_id
from innergate.resources.api_keys import PlanStage, Quota, Throttle, UsagePlan, UsagePlanKey
from innergate.resources.rest_apis import RestApi
from innergate.resources.stages import Stage
from innergate.services.apigateway.documents import show
from innergate.services.apigateway.faults import bad_request, not_found
from innergate.services.apigateway.paging import page_of
from innergate.services.apigateway.patches import read_patches
from innergate.services.apigateway.tag_rules import check_tags
from innergate.services.apigateway.usage_plan_keys import check_added_stages, forget_grants, plan_of
from innergate.services.apigateway.usage_plan_patches import patch_plan
from innergate.services.context import Context, Params, Result

_LAST_OFFSETS = {"DAY": 0, "WEEK": 6, "MONTH": 27}
"""By period: how many days late it may begin."""


def create(context: Context, params: Params) -> Result:
    """CreateUsagePlan. Raises Fault BadRequestException or NotFoundException."""
    if not params["name"].strip():
        raise bad_request("Usage Plan name cannot be empty")
    own_id = fresh_api_id(context.ids, 6)
    throttle, quota = params.get("throttle"), params.get("quota")
    plan = UsagePlan(
        id=own_id,
        account=context.account,
        region=context.region,
        name=params["name"],
        description=params.get("description") or None,
        api_stages=tuple(_stage(stage) for stage in params.get("apiStages") or ()),
        throttle=_throttle(throttle) if throttle else None,
        quota=_quota(quota) if quota else None,
        tags=check_tags(params.get("tags") or {}),
    )
    check_plan(context, plan)
    context.tx.put(plan)
    return render_plan(plan)


def _throttle(given: Params) -> Throttle:
    return Throttle(burst_limit=int(given.get("burstLimit") or 0), rate_limit=float(given.get("rateLimit") or 0.0))


def _quota(given: Params) -> Quota:
    return Quota(
        limit=int(given.get("limit") or 0), period=given.get("period") or "", offset=int(given.get("offset") or 0)
    )


def _stage(given: Params) -> PlanStage:
    return PlanStage(
        api_id=given.get("apiId") or "",
        stage=given.get("stage") or "",
        throttle={path: _throttle(throttle) for path, throttle in (given.get("throttle") or {}).items()},
    )


def check_plan(context: Context, plan: UsagePlan) -> None:
    """Raises Fault unless every stage of the plan exists and its limits can be."""
    for named in plan.api_stages:
        if not named.api_id or not named.stage:
            raise bad_request("Invalid API Stage specified")
        api = context.tx.get(RestApi, named.api_id)
        own = api is not None and (api.account, api.region) == (context.account, context.region)
        if not own or context.tx.get(Stage, f"{named.api_id}/{named.stage}") is None:
            raise not_found(
                f"Invalid API Stage {{api: {named.api_id}, stage: {named.stage}}} specified for usageplan {plan.id}"
            )
    for throttle in (plan.throttle, *(limit for stage in plan.api_stages for limit in stage.throttle.values())):
        if throttle is not None and not (throttle.burst_limit >= 0 and 0 <= throttle.rate_limit < math.inf):
            raise bad_request("Throttle rate and burst limits must be positive")
    quota = plan.quota
    if quota is None:
        return
    if quota.period not in _LAST_OFFSETS:
        raise bad_request("Usage Plan quota period must be one of: [DAY, WEEK, MONTH]")
    if quota.limit <= 0:
        raise bad_request("Usage Plan quota limit must be greater than 0")
    last = _LAST_OFFSETS[quota.period]
    if not 0 <= quota.offset <= last:
        allowed = f"between 0 and {last} inclusive" if last else "zero"
        raise bad_request(f"Usage Plan quota offset must be {allowed} in the {quota.period} period")


def render_plan(plan: UsagePlan) -> dict[str, Any]:
    """The plan as AWS answers it."""
    shown = {"id": plan.id, **show(plan)}
    shown["apiStages"] = [
        {"apiId": stage.api_id, "stage": stage.stage}
        | ({"throttle": {path: _whole(limit) for path, limit in stage.throttle.items()}} if stage.throttle else {})
        for stage in plan.api_stages
    ]
    if plan.throttle is not None:
        shown["throttle"] = _whole(plan.throttle)
    if not plan.tags:
        del shown["tags"]
    return shown


def _whole(throttle: Throttle) -> dict[str, int | float]:
    return {"burstLimit": throttle.burst_limit, "rateLimit": throttle.rate_limit}


def get(context: Context, params: Params) -> Result:
    """GetUsagePlan."""
    return render_plan(plan_of(context, params["usagePlanId"]))


def list_all(context: Context, params: Params) -> Result:
    """GetUsagePlans, of one key where `keyId` names it."""
    plans = context.tx.in_account(UsagePlan, context.account, context.region)
    if params.get("keyId"):
        joined = {membership.usage_plan_id for membership in context.tx.find(UsagePlanKey, "key", params["keyId"])}
        plans = tuple(plan for plan in plans if plan.id in joined)
    return page_of(params, plans, render_plan)


def update(context: Context, params: Params) -> Result:
    """UpdateUsagePlan. Raises Fault."""
    before = plan = plan_of(context, params["usagePlanId"])
    for patch in read_patches(params):
        plan = patch_plan(plan, patch)
    check_plan(context, plan)
    check_added_stages(context, before, plan)
    context.tx.put(plan)
    return render_plan(plan)


def delete(context: Context, params: Params) -> Result:
    """DeleteUsagePlan. Raises Fault BadRequestException while it has stages."""
    plan = plan_of(context, params["usagePlanId"])
    if plan.api_stages:
        named = ", ".join(f"{stage.api_id}:{stage.stage}" for stage in plan.api_stages)
        raise bad_request(
            f"Cannot delete Usage Plan {plan.id} because it has associated API Stages: {named}. "
            "Please disassociate all API Stages from the Usage Plan and try again."
        )
    forget_grants(context, plan)
    for membership in context.tx.find(UsagePlanKey, "plan", plan.id):
        context.tx.delete(membership)
    context.tx.delete(plan)
    return {}
