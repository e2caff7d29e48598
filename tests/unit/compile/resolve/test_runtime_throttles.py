"""Each worker's share of the buckets of keys that authorizers name."""

import msgspec
import pytest

from innergate.compile.resolve.api_blueprint import Bucket, KeyPlan, MethodPlan, RuntimeAction, StageBlueprint
from innergate.compile.resolve.runtime_throttles import share_throttles
from innergate.plans.runtime import RuntimeBucket, RuntimeIntegration, RuntimeKey, RuntimeMethod, RuntimeStage

BLUEPRINT = StageBlueprint(
    api_id="a",
    stage="s",
    account="1",
    region="us-east-1",
    is_private=False,
    endpoint_ids=(),
    is_disabled=False,
    policy="",
    methods=(
        MethodPlan(
            resource_id="r1",
            path="/",
            verb="GET",
            action=RuntimeAction(reason="a key of an authorizer"),
            requires_key=True,
            client_throttles=(("k1", Bucket(burst=1, rate_per_s=3)),),
        ),
    ),
    keys=(KeyPlan(key_id="k1", value="v1", throttle=Bucket(burst=5, rate_per_s=3)), KeyPlan(key_id="k2", value="v2")),
)


def stage(source: str) -> RuntimeStage:
    method = RuntimeMethod(resource_id="r1", path="/", verb="GET", integration=RuntimeIntegration(type="MOCK"))
    return RuntimeStage(
        api_id="a",
        stage="s",
        account="1",
        region="us-east-1",
        deployment_id="d",
        api_key_source=source,
        keys=(RuntimeKey(key_id="k1", value="v1"), RuntimeKey(key_id="k2", value="v2")),
        methods={"r1/GET": method},
    )


def test_a_worker_draws_from_its_share() -> None:
    shared = share_throttles(stage("AUTHORIZER"), BLUEPRINT, 2)
    assert [key.throttle for key in shared.keys] == [RuntimeBucket(burst=3, rate_per_s=1.5), None]
    assert shared.methods["r1/GET"].client_throttles == {"k1": RuntimeBucket(burst=1, rate_per_s=1.5)}


def test_keys_of_a_header_are_envoys() -> None:
    assert share_throttles(stage("HEADER"), BLUEPRINT, 2) == stage("HEADER")


@pytest.mark.parametrize("bucket", [Bucket(burst=0, rate_per_s=3), Bucket(burst=3, rate_per_s=0)])
def test_a_closed_bucket_stays_closed(bucket: Bucket) -> None:
    keys = (KeyPlan(key_id="k1", value="v1", throttle=bucket),)
    (key, _) = share_throttles(stage("AUTHORIZER"), msgspec.structs.replace(BLUEPRINT, keys=keys), 4).keys
    assert key.throttle is not None
    assert key.throttle.burst * key.throttle.rate_per_s == 0
