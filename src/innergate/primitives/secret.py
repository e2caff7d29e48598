"""A secret is a text that cannot be printed: it leaves only through `.reveal()`."""

from typing import final


@final
class Secret:
    """Holds a secret text. `repr`, `str`, `format` and comparison with plain text never show it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; call it where the secret is used, not earlier."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('…')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(("innergate.Secret", self._text))
