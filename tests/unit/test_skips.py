"""Which tests may be left out on some machine, and why: just what tests/ratchets/skips.txt lists, which only shrinks."""

import re
from pathlib import Path

from tests.unit.marks_in_files import ROOT, count_marks, read_listed

_MARK = re.compile(r"mark\.skip(?:if)?\b|pytest\.skip\(|importorskip|mark\.xfail")


def counted() -> dict[str, int]:
    """How many places in each file leave tests out."""
    files = (ROOT / "tests").rglob("*.py")
    return count_marks((f for f in files if f != Path(__file__) and "node_modules" not in f.parts), _MARK)


def test_only_what_is_listed_with_its_reason() -> None:
    assert counted() == read_listed("skips.txt"), "better than listing one more: let set-up install what the test needs"
