"""Which tests may be left out on some machine, and why: just what tests/ratchets/skips.txt lists, which only shrinks."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
RATCHET = ROOT / "tests" / "ratchets" / "skips.txt"
_MARK = re.compile(r"mark\.skip(?:if)?\b|pytest\.skip\(|importorskip|mark\.xfail")
_LINE = re.compile(r"(?P<file>\S+) (?P<count>\d+)  # \S.*")


def counted() -> dict[str, int]:
    """How many places in each file leave tests out."""
    files = (
        path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__) and "node_modules" not in path.parts
    )
    found = Counter({str(path.relative_to(ROOT)): len(_MARK.findall(path.read_text())) for path in files})
    return dict(+found)


def test_only_what_is_listed_with_its_reason() -> None:
    lines = [_LINE.fullmatch(line) for line in RATCHET.read_text().splitlines()]
    assert None not in lines, "a line is: file, count, two spaces, # and the reason"
    listed = {line["file"]: int(line["count"]) for line in lines if line is not None}
    assert counted() == listed, "better than listing one more: let set-up install what the test needs"
    assert list(listed) == sorted(listed)
