"""How much a worker takes on at once: requests, and bytes of bodies that it holds, in all, of one account and of one API.

What is over a bound is refused before it is held (429, as AWS throttles), so one API's load leaves room for the others', and
all APIs of one account for those of others.
"""

from typing import NamedTuple, TypeAlias, final

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
        bounds = bounds or LoadBounds()
        self._most_requests = (bounds.requests, bounds.requests_of_api, bounds.requests_of_account)
        self._most_bytes = (bounds.size_bytes, bounds.size_bytes_of_api, bounds.size_bytes_of_account)
        self._requests: dict[str, int] = {}
        self._size_bytes: dict[str, int] = {}

    def enter(self, api_id: str, account: str = "") -> "Ticket | None":
        """A request's ticket, to be given back by `leave`; None where there is no room for it. Nobody's account is one, too."""
        shares = ("", f"api/{api_id}", f"account/{account}")
        if not _take(self._requests, shares, self._most_requests, 1, 1):
            return None
        return Ticket(self, shares)

    def hold(self, shares: "Shares", size_bytes: int, share: float) -> bool:
        """Whether that share of the bounds had room for so many bytes more; then they are counted."""
        return _take(self._size_bytes, shares, self._most_bytes, size_bytes, share)

    def release(self, shares: "Shares", size_bytes: int) -> None:
        """A request has ended that held so much."""
        _give_back(self._requests, shares, 1)
        if size_bytes:
            _give_back(self._size_bytes, shares, size_bytes)


Shares: TypeAlias = tuple[str, str, str]
"""Whose shares a request counts to: everybody's, its API's, its account's."""


def _take(taken: dict[str, int], shares: Shares, most: tuple[int, int, int], amount: int, share: float) -> bool:
    everybody, api, account = shares
    room, room_of_api, room_of_account = most
    in_all, of_api, of_account = taken.get(everybody, 0), taken.get(api, 0), taken.get(account, 0)
    if (
        in_all + amount > room * share
        or of_api + amount > room_of_api * share
        or of_account + amount > room_of_account * share
    ):
        return False
    taken[everybody], taken[api], taken[account] = in_all + amount, of_api + amount, of_account + amount
    return True


def _give_back(taken: dict[str, int], shares: Shares, amount: int) -> None:
    for whose in shares:
        left = taken.get(whose, 0) - amount
        if left:
            taken[whose] = left
        else:
            taken.pop(whose, None)


@final
class Ticket:
    """One request's share."""

    __slots__ = ("_load", "_shares", "_size_bytes")

    def __init__(self, load: WorkerLoad, shares: Shares) -> None:
        self._load = load
        self._shares = shares
        self._size_bytes = 0

    def take_in(self, size_bytes: int) -> bool:
        """Whether so many bytes more of the request's body may be held until it ends: half the room is left for answers."""
        return self._hold(size_bytes, _SHARE_OF_REQUESTS)

    def hold(self, size_bytes: int) -> bool:
        """The same of what it is answered."""
        return self._hold(size_bytes, 1)

    def _hold(self, size_bytes: int, share: float) -> bool:
        if size_bytes and not self._load.hold(self._shares, size_bytes, share):
            return False
        self._size_bytes += size_bytes
        return True

    def leave(self) -> None:
        """Once, at the request's end."""
        self._load.release(self._shares, self._size_bytes)
