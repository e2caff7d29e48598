"""Whole numbers that clients write as text: ASCII digits, and no more of them than the number may have.

`str.isdigit` takes "²", which `int` refuses; `int` takes "٣", and refuses more than 4,300 digits with another error.
"""

MAX_POSITION = 10**9
"""More than any list here has; what a page's marker may say at most."""


def read_digits(text: str, limit: int) -> int | None:
    """The number, None where the text is anything but digits or the number is greater than `limit`. Zeros may lead."""
    if not (text.isascii() and text.isdecimal()):
        return None
    digits = text.lstrip("0") or "0"
    if len(digits) > len(str(limit)):
        return None
    number = int(digits)
    return number if number <= limit else None
