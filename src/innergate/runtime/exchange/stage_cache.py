"""Answers that a worker keeps for stages with a cache cluster, bounded by bytes; the oldest go first."""

from collections import OrderedDict
from typing import NamedTuple, TypeAlias, final

from innergate.runtime.exchange.integration_reply import MethodAnswer

MAX_ANSWER_BYTES = 1_048_576
"""API Gateway quotas, "maximum size of a cached response"."""
MAX_BYTES = 64 * 1024 * 1024
# AWS differs: each worker has a cache of its own, as large as this; the size of a stage's cluster is a record only.

CacheKey: TypeAlias = tuple[str, ...]


class _Kept(NamedTuple):
    answer: MethodAnswer
    ends_at_ms: int
    size_bytes: int


@final
class StageCache:
    """One for each worker. Not for several threads."""

    __slots__ = ("_kept", "_max_bytes", "_size_bytes")

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._kept: OrderedDict[CacheKey, _Kept] = OrderedDict()
        self._max_bytes = max_bytes
        self._size_bytes = 0

    def find(self, key: CacheKey, now_ms: int) -> MethodAnswer | None:
        """What was kept, while it lasts."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.ends_at_ms <= now_ms:
            self.forget(key)
            return None
        self._kept.move_to_end(key)
        return kept.answer

    def keep(self, key: CacheKey, answer: MethodAnswer, ends_at_ms: int) -> None:
        """Keeps it in the place of what was there, unless it is too large."""
        self.forget(key)
        size = sum(map(len, key)) + sum(len(n) + len(v) for n, v in answer.headers) + len(answer.body) + 200
        if len(answer.body) > MAX_ANSWER_BYTES or size > self._max_bytes:
            return
        self._kept[key] = _Kept(answer, ends_at_ms, size)
        self._size_bytes += size
        while self._size_bytes > self._max_bytes:
            _, gone = self._kept.popitem(last=False)
            self._size_bytes -= gone.size_bytes

    def forget(self, key: CacheKey) -> None:
        """Drops what was kept, if anything was."""
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._size_bytes -= gone.size_bytes
