"""A property that is computed once for each instance."""

from innergate.primitives.once import once


class Counted:
    def __init__(self) -> None:
        self.times = 0

    @once
    def value(self) -> int:
        """How often it was computed."""
        self.times += 1
        return self.times


def test_it_is_computed_once_for_each() -> None:
    first, second = Counted(), Counted()
    assert [first.value, first.value, second.value] == [1, 1, 1]
    assert (first.times, second.times) == (1, 1)
    assert isinstance(Counted.value, once)
    assert Counted.value.__doc__ == "How often it was computed."
