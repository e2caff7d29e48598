"""Which API keys open a stage, and what their usage plans let them do there."""

import msgspec

from innergate.compile.resolve.api_blueprint import Bucket, KeyPlan
from innergate.compile.resolve.api_throttles import plan_bucket
from innergate.compile.view import Reader
from innergate.plans.usage import KeyQuota
from innergate.resources.api_keys import ApiKey, UsageGrant, UsagePlan, UsagePlanKey


def stage_keys(reader: Reader, api_id: str, stage: str) -> tuple[KeyPlan, ...]:
    """Every enabled key of a usage plan that covers the stage, by key id."""
    keys: dict[str, KeyPlan] = {}
    for plan in reader.find(UsagePlan, "stage", f"{api_id}/{stage}"):
        for membership in reader.find(UsagePlanKey, "plan", plan.id):
            key = reader.get(ApiKey, membership.key_id)
            if key is not None and key.enabled and key.id not in keys:
                keys[key.id] = KeyPlan(
                    key_id=key.id,
                    value=key.value,
                    throttle=plan_bucket(plan.throttle),
                    quota=_quota(reader, plan, key.id),
                )
    return tuple(keys[id] for id in sorted(keys))


def _quota(reader: Reader, plan: UsagePlan, key_id: str) -> KeyQuota | None:
    if plan.quota is None:
        return None
    given = plan.quota
    quota = KeyQuota(plan_id=plan.id, limit=given.limit, period=given.period, offset=given.offset)
    grant = reader.get(UsageGrant, f"{plan.id}/{key_id}")
    if grant is None:
        return quota
    return msgspec.structs.replace(
        quota, grant_day=grant.day, grant_remaining=grant.remaining, grant_used_before=grant.used_before
    )


def client_throttles(reader: Reader, api_id: str, stage: str, path: str, verb: str) -> tuple[tuple[str, Bucket], ...]:
    """What usage plans say of one method, a bucket for each of their keys."""
    found: dict[str, Bucket] = {}
    for plan in reader.find(UsagePlan, "stage", f"{api_id}/{stage}"):
        for covered in plan.api_stages:
            throttle = covered.throttle.get(f"{path}/{verb}")
            if (covered.api_id, covered.stage) != (api_id, stage) or throttle is None:
                continue
            bucket = Bucket(burst=throttle.burst_limit, rate_per_s=throttle.rate_limit)
            for membership in reader.find(UsagePlanKey, "plan", plan.id):
                found.setdefault(membership.key_id, bucket)
    return tuple(sorted(found.items()))
