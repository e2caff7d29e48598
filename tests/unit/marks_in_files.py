"""Ratchet lists of marks that stand in files: a line is `file count  # reason`, sorted, and only shrinks."""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LINE = re.compile(r"(?P<file>\S+) (?P<count>\d+)  # \S.*")


def count_marks(files: Iterable[Path], mark: re.Pattern[str]) -> dict[str, int]:
    """How often each file has the mark; files without it are left out."""
    found = Counter({str(path.relative_to(ROOT)): len(mark.findall(path.read_text())) for path in files})
    return dict(+found)


def read_listed(name: str) -> dict[str, int]:
    """What tests/ratchets/<name> lists. Raises AssertionError for a line of another form or out of order."""
    lines = [_LINE.fullmatch(line) for line in (ROOT / "tests" / "ratchets" / name).read_text().splitlines()]
    assert None not in lines, "a line is: file, count, two spaces, # and the reason"
    listed = {line["file"]: int(line["count"]) for line in lines if line is not None}
    assert list(listed) == sorted(listed)
    return listed
