"""What counts as a broken promise."""

import pytest

from innergate.testing.chaos_ledger import Fault, Sample, Tally, find_violations, tally_faults

ENVOY = Fault("envoy killed", 100.0, 100.0, 101.0)
CONTROL = Fault("control killed", 110.0, 110.0, 112.0)


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        (Sample("link", 100.5, 100.6, "failed", "refused"), ""),
        (Sample("link", 99.9, 100.1, "failed", "reset"), ""),
        (Sample("link", 90.0, 90.1, "failed", "reset"), "before any fault"),
        (Sample("link", 102.5, 102.6, "failed", "refused"), "+2.50 s from envoy killed"),
        (Sample("link", 110.5, 110.6, "failed", "refused"), "+0.50 s from control killed"),
        (Sample("link", 100.5, 100.6, "wrong", "200 other"), "wrong: link"),
        (Sample("closed", 100.5, 100.6, "open", "200 pod-a"), "open: closed"),
        (Sample("closed", 100.5, 100.6, "ok"), ""),
    ],
)
def test_requests(sample: Sample, said: str) -> None:
    found = find_violations([sample], [ENVOY, CONTROL])
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_patience_stretches_what_is_allowed() -> None:
    late = Sample("link", 102.5, 102.6, "failed", "refused")
    assert find_violations([late], [ENVOY], 2.0) == []


def test_a_recovery_that_takes_too_long_is_said() -> None:
    slow = ENVOY._replace(recovered=110.0)
    assert find_violations([], [slow]) == ["envoy killed: recovered after 10.0 s, promised are 8.0 s"]


def test_a_request_counts_for_the_newest_fault() -> None:
    samples = [
        Sample("link", 90.0, 90.1, "ok"),
        Sample("link", 100.1, 100.2, "failed"),
        Sample("link", 101.0, 101.1, "ok"),
        Sample("link", 111.0, 111.1, "ok"),
    ]
    again = Fault("envoy killed", 120.0, 120.0, 120.5)
    found = tally_faults(samples, [ENVOY, CONTROL, again])
    assert found == {"envoy killed": Tally(2, 2, 1, 1.0), "control killed": Tally(1, 1, 0, 2.0)}


def test_a_failed_request_counts_for_the_fault_that_excuses_it() -> None:
    control = CONTROL._replace(began=100.5, ended=100.5)
    late = Sample("link", 101.0, 101.1, "failed")
    found = tally_faults([late, late._replace(verdict="ok")], [ENVOY, control])
    assert {kind: (tally.requests, tally.failed) for kind, tally in found.items()} == {
        "envoy killed": (1, 1),
        "control killed": (1, 0),
    }
