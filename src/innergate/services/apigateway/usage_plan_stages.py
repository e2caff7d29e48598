"""Takes stages and APIs that go away out of the usage plans that name them."""

from collections.abc import Callable

import msgspec

from innergate.resources.api_keys import UsagePlan
from innergate.services.context import Context


def forget_api(context: Context, api_id: str) -> None:
    """Removes every stage of the API from the caller's usage plans."""
    for plan in context.tx.in_account(UsagePlan, context.account, context.region):
        _keep(context, plan, lambda of_api, stage: of_api != api_id)


def forget_stage(context: Context, api_id: str, name: str) -> None:
    """Removes one stage from the caller's usage plans."""
    for plan in context.tx.find(UsagePlan, "stage", f"{api_id}/{name}"):
        _keep(context, plan, lambda of_api, stage: (of_api, stage) != (api_id, name))


def _keep(context: Context, plan: UsagePlan, wanted: Callable[[str, str], bool]) -> None:
    stages = tuple(stage for stage in plan.api_stages if wanted(stage.api_id, stage.stage))
    if stages != plan.api_stages:
        context.tx.put(msgspec.structs.replace(plan, api_stages=stages))
