"""Usage plans' buckets of keys that authorizers name: Envoy knows nothing of them, so each worker draws from its share."""

import msgspec

from innergate.compile.resolve.api_blueprint import Bucket, StageBlueprint
from innergate.plans.runtime import RuntimeBucket, RuntimeStage


def share_throttles(plan: RuntimeStage, blueprint: StageBlueprint, workers: int) -> RuntimeStage:
    """The plan with a worker's share of the buckets; as it is where keys come in a header."""
    if plan.api_key_source == "HEADER":
        return plan
    of_plans = {key.key_id: _share(key.throttle, workers) for key in blueprint.keys if key.throttle is not None}
    of_methods = {
        f"{method.resource_id}/{method.verb}": {id: _share(bucket, workers) for id, bucket in method.client_throttles}
        for method in blueprint.methods
    }
    keys = tuple(msgspec.structs.replace(key, throttle=of_plans.get(key.key_id)) for key in plan.keys)
    methods = {
        name: msgspec.structs.replace(method, client_throttles=of_methods.get(name, {}))
        for name, method in plan.methods.items()
    }
    return msgspec.structs.replace(plan, keys=keys, methods=methods)


def _share(bucket: Bucket, workers: int) -> RuntimeBucket:
    """At least one call at once, unless nothing at all may pass."""
    burst = -(-bucket.burst // workers) if bucket.burst > 0 else 0
    return RuntimeBucket(burst=burst, rate_per_s=bucket.rate_per_s / workers)
