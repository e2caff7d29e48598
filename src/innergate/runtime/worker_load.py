"""How much a worker takes on at once: requests, and bytes of bodies that it holds, in all, of one account and of one API.

What is over a bound is refused before it is held (429, as AWS throttles), so one API's load leaves room for the others', and
all APIs of one account for those of others.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple, final

MIB = 1024 * 1024
_SHARE_OF_REQUESTS = 0.5


class LoadBounds(NamedTuple):
    """Of one worker."""

    requests: int = 2_000
    requests_of_api: int = 1_000
    requests_of_account: int = 1_500
    size_bytes: int = 384 * MIB
    size_bytes_of_api: int = 128 * MIB
    size_bytes_of_account: int = 256 * MIB


@final
class WorkerLoad:
    """Used by one event loop."""

    def __init__(self, bounds: LoadBounds | None = None) -> None:
        self._bounds = bounds or LoadBounds()
        self._requests: Counter[str] = Counter()
        self._size_bytes: Counter[str] = Counter()

    def enter(self, api_id: str, account: str = "") -> "Ticket | None":
        """A request's ticket, to be given back by `leave`; None where there is no room for it. Nobody's account is one, too."""
        bounds = self._bounds
        most = _shares(api_id, account, bounds.requests, bounds.requests_of_api, bounds.requests_of_account)
        if any(self._requests[whose] >= bound for whose, bound in most.items()):
            return None
        self._requests.update(most.keys())
        return Ticket(self, api_id, account)

    def hold(self, api_id: str, account: str, size_bytes: int, share: float) -> bool:
        """Whether that share of the bounds had room for so many bytes more; then they are counted."""
        bounds = self._bounds
        most = _shares(api_id, account, bounds.size_bytes, bounds.size_bytes_of_api, bounds.size_bytes_of_account)
        if any(self._size_bytes[whose] + size_bytes > bound * share for whose, bound in most.items()):
            return False
        self._size_bytes.update(dict.fromkeys(most, size_bytes))
        return True

    def release(self, api_id: str, account: str, size_bytes: int) -> None:
        """A request has ended that held so much."""
        for whose in _shares(api_id, account, 0, 0, 0):
            for counter, amount in ((self._requests, 1), (self._size_bytes, size_bytes)):
                counter[whose] -= amount
                if not counter[whose]:
                    del counter[whose]


def _shares(api_id: str, account: str, of_all: int, of_api: int, of_account: int) -> Mapping[str, int]:
    """Whose shares a request counts to, with the bound of each."""
    return {"": of_all, f"api/{api_id}": of_api, f"account/{account}": of_account}


@final
class Ticket:
    """One request's share."""

    __slots__ = ("_account", "_api_id", "_load", "_size_bytes")

    def __init__(self, load: WorkerLoad, api_id: str, account: str) -> None:
        self._load = load
        self._api_id = api_id
        self._account = account
        self._size_bytes = 0

    def take_in(self, size_bytes: int) -> bool:
        """Whether so many bytes more of the request's body may be held until it ends: half the room is left for answers."""
        return self._hold(size_bytes, _SHARE_OF_REQUESTS)

    def hold(self, size_bytes: int) -> bool:
        """The same of what it is answered."""
        return self._hold(size_bytes, 1)

    def _hold(self, size_bytes: int, share: float) -> bool:
        if not self._load.hold(self._api_id, self._account, size_bytes, share):
            return False
        self._size_bytes += size_bytes
        return True

    def leave(self) -> None:
        """Once, at the request's end."""
        self._load.release(self._api_id, self._account, self._size_bytes)
