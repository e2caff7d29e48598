"""Token buckets: a method's own, a usage plan's for each key, a usage plan's for each key and method.

Buckets live in this Envoy's memory, shared by its workers; AWS calls its own limits best effort.

# AWS differs: the buckets of a stage begin full again when its routes change: by a deployment, or by what changes a worker's
# document of it. Envoy keeps a bucket with the route that has it, and gives routes of a new configuration new ones.

# AWS differs: a usage plan's bucket of a key is one for each of its stages and names, where AWS has one for all stages of the
# plan, and the methods of a canary have buckets beside the stage's: a bucket is Envoy's where its route is. There is no limit
# for all calls of an account: who owns the machines wants them used.
"""

from collections.abc import Iterable
from typing import NamedTuple

from innergate.compile.emit.envoy.packed import packed
from innergate.compile.resolve.api_blueprint import Bucket, KeyPlan
from innergate.primitives.json_value import JsonObject, JsonValue

_TYPE = "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
KEY_HEADER = "x-innergate-key-id"
_MOST_TOKENS = 4_000_000_000
"""What Envoy counts to; nobody comes near it."""


def is_closed(bucket: Bucket | None) -> bool:
    """Whether nothing at all may pass."""
    return bucket is not None and (bucket.burst <= 0 or bucket.rate_per_s <= 0)


def method_bucket(bucket: Bucket) -> JsonObject:
    """A route's `typed_per_filter_config` for its own bucket."""
    return packed(_TYPE, {"stat_prefix": "throttle", "token_bucket": _tokens(bucket), **_ALWAYS})


def client_buckets(keys: tuple[tuple[str, Bucket], ...], header: str = KEY_HEADER) -> JsonObject:
    """A `typed_per_filter_config` with a bucket for each API key, by what `header` says; a request without a key passes."""
    return packed(
        _TYPE,
        {
            **_NO_BUCKET,
            "rate_limits": [{"actions": [{"request_headers": {"header_name": header, "descriptor_key": "key"}}]}],
            "descriptors": [
                {"entries": [{"key": "key", "value": key_id}], "token_bucket": _tokens(bucket)}
                for key_id, bucket in keys
            ],
            **_ALWAYS,
        },
    )


class StageKeys(NamedTuple):
    """The keys of a stage that have buckets: by which header's value they are known, and what names the stage in the metadata
    of its routes."""

    masked_arn: str
    header: str
    buckets: tuple[tuple[str, Bucket], ...]


def shared_client_buckets(stages: Iterable[StageKeys]) -> JsonObject | None:
    """The same for routes of several stages; None where no stage has keys with buckets."""
    by_arn = {stage.masked_arn: stage for stage in stages}
    if not by_arn:
        return None
    of_stage: JsonObject = {
        "metadata": {
            "descriptor_key": "stage",
            "metadata_key": {"key": "innergate", "path": [{"key": "masked_arn"}]},
            "source": "ROUTE_ENTRY",
        }
    }
    headers = sorted({stage.header for stage in by_arn.values()})
    return packed(
        _TYPE,
        {
            **_NO_BUCKET,
            "rate_limits": [
                {"actions": [of_stage, {"request_headers": {"header_name": header, "descriptor_key": header}}]}
                for header in headers
            ],
            "descriptors": [
                {
                    "entries": [{"key": "stage", "value": stage.masked_arn}, {"key": stage.header, "value": key}],
                    "token_bucket": _tokens(bucket),
                }
                for _, stage in sorted(by_arn.items())
                for key, bucket in stage.buckets
            ],
            **_ALWAYS,
        },
    )


def buckets_by_value(
    keys: tuple[KeyPlan, ...], buckets: tuple[tuple[str, Bucket], ...]
) -> tuple[tuple[str, Bucket], ...]:
    """The buckets of key ids by the keys' values, where nobody has looked for the id yet."""
    values = {key.key_id: key.value for key in keys}
    return tuple((values[key_id], bucket) for key_id, bucket in buckets if key_id in values)


def throttled_keys(keys: tuple[KeyPlan, ...]) -> tuple[tuple[str, Bucket], ...]:
    """The keys whose plan has a bucket."""
    return tuple((key.key_id, key.throttle) for key in keys if key.throttle is not None)


_NO_BUCKET: dict[str, JsonValue] = {
    "stat_prefix": "throttle",
    "token_bucket": {"max_tokens": _MOST_TOKENS, "tokens_per_fill": _MOST_TOKENS, "fill_interval": "1s"},
    "always_consume_default_token_bucket": False,
}


_ALWAYS: dict[str, JsonValue] = {
    name: {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    for name in ("filter_enabled", "filter_enforced")
}


def _tokens(bucket: Bucket) -> JsonObject:
    """The bucket; of fractions of a request a second the interval is longer or shorter than a second. A closed one lets nothing
    more than its first token pass, for which routes that are closed answer themselves."""
    rate = min(max(bucket.rate_per_s, 0.001), _MOST_TOKENS)
    tokens = max(round(rate), 1)
    return {
        "max_tokens": min(max(bucket.burst, 1), _MOST_TOKENS),
        "tokens_per_fill": tokens,
        "fill_interval": f"{tokens / rate:.3f}s",
    }
