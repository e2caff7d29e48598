"""Whole numbers from texts of clients."""

import pytest

from innergate.primitives.digits import read_digits


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0", 0),
        ("255", 255),
        ("007", 7),
        ("0" * 5000 + "7", 7),
        ("256", None),
        ("9" * 5000, None),
        ("", None),
        ("-1", None),
        ("+1", None),
        (" 1", None),
        ("1_0", None),
        ("²", None),
        ("٣", None),
        ("1.0", None),
    ],
)
def test_digits(text: str, wanted: int | None) -> None:
    assert read_digits(text, 255) == wanted
