"""Token buckets in a worker."""

import pytest

from innergate.plans.runtime import RuntimeBucket
from innergate.runtime.authorize import token_buckets
from innergate.runtime.authorize.token_buckets import TokenBuckets

TWO = RuntimeBucket(burst=2, rate_per_s=0.5)


def test_a_burst_passes_and_then_the_rate() -> None:
    buckets = TokenBuckets()
    taken = [buckets.take(("k",), TWO, ms) for ms in (0, 0, 0, 1999, 2000, 2001, 60_000, 60_000, 60_000)]
    assert taken == [True, True, False, False, True, False, True, True, False]


def test_buckets_are_apart() -> None:
    buckets = TokenBuckets()
    one = RuntimeBucket(burst=1, rate_per_s=0.001)
    assert [buckets.take((name,), one, 0) for name in ("a", "b", "a")] == [True, True, False]


@pytest.mark.parametrize("bucket", [RuntimeBucket(burst=0, rate_per_s=5), RuntimeBucket(burst=5, rate_per_s=0)])
def test_a_closed_bucket_lets_nothing_pass(bucket: RuntimeBucket) -> None:
    assert not TokenBuckets().take(("k",), bucket, 0)


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    buckets = TokenBuckets()
    assert [buckets.take(("k",), TWO, ms) for ms in (5000, 5000, 0, 5000, 6999)] == [True, True, False, False, False]


def test_the_least_used_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(token_buckets, "MAX_BUCKETS", 1)
    buckets = TokenBuckets()
    one = RuntimeBucket(burst=1, rate_per_s=0.001)
    assert [buckets.take((name,), one, 0) for name in ("a", "a", "b", "a")] == [True, False, True, True]
