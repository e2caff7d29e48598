"""How much a worker takes on at once: requests, and bytes of bodies that it holds, in all and of one API.

What is over a bound is refused before it is held (429, as AWS throttles), so one API's load leaves room for the others'.
"""

from collections import Counter
from typing import NamedTuple, final

MIB = 1024 * 1024
_SHARE_OF_REQUESTS = 0.5


class LoadBounds(NamedTuple):
    """Of one worker."""

    requests: int = 2_000
    requests_of_api: int = 1_000
    size_bytes: int = 384 * MIB
    size_bytes_of_api: int = 128 * MIB


@final
class WorkerLoad:
    """Used by one event loop."""

    def __init__(self, bounds: LoadBounds | None = None) -> None:
        self._bounds = bounds or LoadBounds()
        self._requests: Counter[str] = Counter()
        self._size_bytes: Counter[str] = Counter()
        self._all_requests = 0
        self._all_bytes = 0

    def enter(self, api_id: str) -> "Ticket | None":
        """A request's ticket, to be given back by `leave`; None where there is no room for it."""
        if self._all_requests >= self._bounds.requests or self._requests[api_id] >= self._bounds.requests_of_api:
            return None
        self._requests[api_id] += 1
        self._all_requests += 1
        return Ticket(self, api_id)

    def hold(self, api_id: str, size_bytes: int, share: float = 1) -> bool:
        """Whether that share of the bounds had room for so many bytes more; then they are counted."""
        total, of_api = self._all_bytes + size_bytes, self._size_bytes[api_id] + size_bytes
        if total > self._bounds.size_bytes * share or of_api > self._bounds.size_bytes_of_api * share:
            return False
        self._size_bytes[api_id] = of_api
        self._all_bytes += size_bytes
        return True

    def release(self, api_id: str, size_bytes: int) -> None:
        """A request has ended that held so much."""
        self._all_requests -= 1
        self._all_bytes -= size_bytes
        for counter, amount in ((self._requests, 1), (self._size_bytes, size_bytes)):
            counter[api_id] -= amount
            if not counter[api_id]:
                del counter[api_id]


@final
class Ticket:
    """One request's share."""

    __slots__ = ("_api_id", "_load", "_size_bytes")

    def __init__(self, load: WorkerLoad, api_id: str) -> None:
        self._load = load
        self._api_id = api_id
        self._size_bytes = 0

    def take_in(self, size_bytes: int) -> bool:
        """Whether so many bytes more of the request's body may be held until it ends: half the room is left for answers."""
        return self._hold(size_bytes, _SHARE_OF_REQUESTS)

    def hold(self, size_bytes: int) -> bool:
        """The same of what it is answered."""
        return self._hold(size_bytes, 1)

    def _hold(self, size_bytes: int, share: float) -> bool:
        if not self._load.hold(self._api_id, size_bytes, share):
            return False
        self._size_bytes += size_bytes
        return True

    def leave(self) -> None:
        """Once, at the request's end."""
        self._load.release(self._api_id, self._size_bytes)
