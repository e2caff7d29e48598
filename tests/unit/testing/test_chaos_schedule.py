"""A seed says the whole run."""

from itertools import islice

from innergate.testing.chaos_schedule import ALL_LANES, PROMISES, plan_faults


def test_the_same_seed_gives_the_same_run() -> None:
    first, again, other = (list(islice(plan_faults(seed), 40)) for seed in (7, 7, 8))
    assert first == again != other


def test_each_kind_comes_before_any_comes_again() -> None:
    count = len(PROMISES)
    kinds = [fault.kind for fault in islice(plan_faults(3), 3 * count)]
    for start in range(0, 3 * count, count):
        assert sorted(kinds[start : start + count]) == sorted(PROMISES)


def test_kinds_that_cannot_be_made_are_left_out() -> None:
    assert {fault.kind for fault in islice(plan_faults(3, ["envoy killed"]), 5)} == {"envoy killed"}


def test_promises_speak_of_lanes_that_are_there() -> None:
    assert {lane for promise in PROMISES.values() for lane in promise.failing_s} <= set(ALL_LANES)
    assert all(max(promise.failing_s.values(), default=0) <= promise.recovery_s for promise in PROMISES.values())
