"""How much of bodies that are not whole yet a server keeps for one client, on however many connections."""

from typing import final


@final
class BodyRoom:
    """Shared by a client's connections: each takes what it keeps, and gives it back."""

    def __init__(self, size_bytes: int) -> None:
        self._left = size_bytes

    def take(self, size_bytes: int) -> bool:
        """Whether there was room for as much; then it is taken."""
        if size_bytes > self._left:
            return False
        self._left -= size_bytes
        return True

    def give_back(self, size_bytes: int) -> None:
        """No more kept."""
        self._left += size_bytes
