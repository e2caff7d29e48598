"""AWS's recorded answers, replayed. What differs stands in a ratchet file, with its reason, and the list only shrinks."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.services.apigateway import recorded_apis, recorded_methods, recorded_parts, recorded_trials
from tests.unit.services.apigateway.replay import ACCOUNT, Replay, cases
from tests.unit.services.apigateway.trial_node import serve_trials

from innergate.primitives.ids import AccountId, Region
from innergate.resources.load_balancers import LoadBalancer
from innergate.resources.vpcs import Vpc
from innergate.services.apigateway.operations import OPERATIONS
from innergate.testing.services import ServiceHarness

RATCHET = Path(__file__).parents[3] / "ratchets" / "apigateway_recorded.txt"
CASES = cases()


def script_of(case: str) -> Callable[[Replay], None] | None:
    name = case.rpartition("::test_")[2]
    for module in (recorded_apis, recorded_methods, recorded_parts, recorded_trials):
        script: Callable[[Replay], None] | None = getattr(module, name, None)
        if script is not None:
            return script
    return None


def listed() -> dict[str, str]:
    """Label -> reason, of the ratchet file."""
    lines = [line for line in RATCHET.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split(" : ", 1) for line in lines)


def put_load_balancer(harness: ServiceHarness) -> None:
    account, region, now = AccountId(ACCOUNT), Region("us-east-1"), harness.clock.now()
    with harness.store.transaction() as tx:
        tx.put(
            Vpc(
                id="vpc-1",
                account=account,
                region=region,
                cidr_block="10.0.0.0/16",
                cidr_associations=(),
                created_at=now,
            )
        )
        tx.put(
            LoadBalancer(
                id=recorded_parts.NLB,
                account=account,
                region=region,
                load_balancer_name="nlb",
                type="network",
                scheme="internal",
                vpc_id="vpc-1",
                dns_name="nlb.elb.us-east-1.amazonaws.com",
                created_at=now,
                subnet_ids=(),
            )
        )


@pytest.mark.parametrize("case", sorted(CASES))
def test_case(case: str, tmp_path: Path) -> None:
    script = script_of(case)
    harness = ServiceHarness(tmp_path, OPERATIONS)
    put_load_balancer(harness)
    serve_trials(harness)
    replay = Replay(harness, CASES[case])
    if script is not None:
        script(replay)
    harness.store.close()
    found = {f"{case}::{label}" for label in (*replay.problems, *replay.unseen())}
    expected = {name for name in listed() if name.startswith(f"{case}::")}
    assert found == expected, (replay.problems, replay.unseen())


def test_every_line_of_the_ratchet_has_a_reason_and_a_recording() -> None:
    for name, reason in listed().items():
        case, _, label = name.rpartition("::")
        assert label in CASES[case]
        assert len(reason) > 10
