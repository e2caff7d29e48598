"""Token buckets of keys that only a worker knows. They live in its memory; AWS calls its own limits best effort."""

from collections import OrderedDict
from typing import NamedTuple, final

from innergate.plans.runtime import RuntimeBucket

MAX_BUCKETS = 100_000


class _Level(NamedTuple):
    tokens: float
    at_ms: int


@final
class TokenBuckets:
    """Buckets by name; a full one needs no memory, so the least used are forgotten where there are too many."""

    __slots__ = ("_levels",)

    def __init__(self) -> None:
        self._levels: OrderedDict[tuple[str, ...], _Level] = OrderedDict()

    def take(self, name: tuple[str, ...], bucket: RuntimeBucket, now_ms: int) -> bool:
        """Takes a token; False where there is none. A bucket that changes keeps its tokens as far as they fit."""
        if bucket.burst <= 0 or bucket.rate_per_s <= 0:
            return False
        level = self._levels.get(name, _Level(bucket.burst, now_ms))
        passed_s = max(now_ms - level.at_ms, 0) / 1000
        tokens = min(float(bucket.burst), level.tokens + passed_s * bucket.rate_per_s)
        is_there = tokens >= 1
        self._levels[name] = _Level(tokens - 1 if is_there else tokens, max(now_ms, level.at_ms))
        self._levels.move_to_end(name)
        if len(self._levels) > MAX_BUCKETS:
            self._levels.popitem(last=False)
        return is_there
