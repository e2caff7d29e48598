"""Which API keys belong to which usage plans."""

from typing import Any

from innergate.resources.api_keys import ApiKey, PlanStage, UsageGrant, UsagePlan, UsagePlanKey
from innergate.services.apigateway.faults import bad_request, conflict, not_found
from innergate.services.apigateway.paging import page_of
from innergate.services.context import Context, Params, Result


def plan_of(context: Context, plan_id: str) -> UsagePlan:
    """The caller's usage plan. Raises Fault NotFoundException."""
    plan = context.tx.get(UsagePlan, plan_id)
    if plan is None or (plan.account, plan.region) != (context.account, context.region):
        raise not_found("Invalid Usage Plan ID specified")
    return plan


def _key_of(context: Context, key_id: str) -> ApiKey:
    key = context.tx.get(ApiKey, key_id)
    if key is None or (key.account, key.region) != (context.account, context.region):
        raise not_found("Invalid API Key identifier specified")
    return key


def create(context: Context, params: Params) -> Result:
    """CreateUsagePlanKey. Raises Fault NotFoundException, BadRequestException or ConflictException."""
    plan, key = plan_of(context, params["usagePlanId"]), _key_of(context, params["keyId"])
    if params["keyType"] != "API_KEY":
        raise bad_request("Invalid key type specified. Valid options are API_KEY")
    add_plan_key(context, plan, key)
    return _render(key)


def add_plan_key(context: Context, plan: UsagePlan, key: ApiKey) -> None:
    """Puts the key into the plan. Raises Fault ConflictException where a stage of the plan has it by another plan."""
    stages = {(stage.api_id, stage.stage) for stage in plan.api_stages}
    for membership in context.tx.find(UsagePlanKey, "key", key.id):
        if membership.usage_plan_id == plan.id:
            raise conflict(f"Usage Plan {plan.id} already contains API Key {key.id}")
        other = plan_of(context, membership.usage_plan_id)
        for stage in other.api_stages:
            if (stage.api_id, stage.stage) in stages:
                raise _in_two_plans(plan, key.id, stage)
    context.tx.put(
        UsagePlanKey(
            id=f"{plan.id}/{key.id}",
            account=context.account,
            region=context.region,
            usage_plan_id=plan.id,
            key_id=key.id,
        )
    )


def check_added_stages(context: Context, before: UsagePlan, plan: UsagePlan) -> None:
    """Raises Fault ConflictException where a key of the plan has one of the stages that are new to it by another plan."""
    known = {(stage.api_id, stage.stage) for stage in before.api_stages}
    added = [stage for stage in plan.api_stages if (stage.api_id, stage.stage) not in known]
    rivals = [
        (stage, other)
        for stage in added
        for other in context.tx.find(UsagePlan, "stage", f"{stage.api_id}/{stage.stage}")
        if other.id != plan.id
    ]
    for member in context.tx.find(UsagePlanKey, "plan", plan.id) if rivals else ():
        for stage, other in rivals:
            if context.tx.get(UsagePlanKey, f"{other.id}/{member.key_id}") is not None:
                raise _in_two_plans(plan, member.key_id, stage)


def _in_two_plans(plan: UsagePlan, key_id: str, stage: PlanStage) -> Exception:
    return conflict(
        f"Usage Plan {plan.id} cannot be added because API Key {key_id} cannot reference multiple Usage Plans "
        f"with the same API stage: {stage.api_id}:{stage.stage}"
    )


def _render(key: ApiKey) -> dict[str, Any]:
    return {"id": key.id, "type": "API_KEY", "name": key.name, "value": key.value}


def get(context: Context, params: Params) -> Result:
    """GetUsagePlanKey."""
    plan = plan_of(context, params["usagePlanId"])
    if context.tx.get(UsagePlanKey, f"{plan.id}/{params['keyId']}") is None:
        raise not_found("Invalid Usage Plan Key specified")
    return _render(_key_of(context, params["keyId"]))


def list_all(context: Context, params: Params) -> Result:
    """GetUsagePlanKeys, newest first, of no plan none (recorded); `nameQuery` is the beginning of a key's name."""
    query = params.get("nameQuery") or ""
    members = context.tx.find(UsagePlanKey, "plan", params["usagePlanId"])
    own = [member for member in members if (member.account, member.region) == (context.account, context.region)]
    keys = [_key_of(context, member.key_id) for member in reversed(own)]
    return page_of(params, [key for key in keys if (key.name or "").startswith(query)], _render)


def delete(context: Context, params: Params) -> Result:
    """DeleteUsagePlanKey."""
    plan = plan_of(context, params["usagePlanId"])
    membership = context.tx.get(UsagePlanKey, f"{plan.id}/{params['keyId']}")
    if membership is None:
        raise not_found("Invalid Usage Plan Key specified")
    forget_grants(context, plan, membership.key_id)
    context.tx.delete(membership)
    return {}


def forget_grants(context: Context, plan: UsagePlan, key_id: str = "") -> None:
    """Removes what UpdateUsage has given to a key of the plan, or ("") to all of its keys."""
    for grant in context.tx.find(UsageGrant, "plan", plan.id):
        if key_id in ("", grant.id.removeprefix(f"{plan.id}/")):
            context.tx.delete(grant)
