"""Buckets as Envoy is told of them."""

from collections.abc import Mapping

import pytest

from innergate.compile.emit.envoy.throttles import method_bucket
from innergate.compile.resolve.api_blueprint import Bucket


@pytest.mark.parametrize("rate", [0.001, 0.3, 0.7, 1, 1.5, 2.5, 10, 33.4, 10_000, 123_456.5])
def test_a_bucket_fills_at_the_rate_that_was_asked_for(rate: float) -> None:
    bucket = method_bucket(Bucket(burst=3, rate_per_s=rate))["token_bucket"]
    assert isinstance(bucket, Mapping)
    tokens, interval = bucket["tokens_per_fill"], bucket["fill_interval"]
    assert isinstance(tokens, int)
    assert isinstance(interval, str)
    assert tokens / float(interval.removesuffix("s")) == pytest.approx(rate, rel=0.002)
    assert bucket["max_tokens"] == 3
