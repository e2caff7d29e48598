"""Where the type checker is told to look away, and why: just what tests/ratchets/type_ignores.txt lists, which only shrinks."""

import re
from pathlib import Path

from tests.unit.marks_in_files import ROOT, count_marks, read_listed

FOLDERS = ("src", "tests", "bench", "examples", "scripts")
_MARK = re.compile(r"#\s*type:\s*ignore\b")


def counted() -> dict[str, int]:
    """How often each file does."""
    files = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path != Path(__file__))
    return count_marks(files, _MARK)


def test_only_what_is_listed_with_its_reason() -> None:
    listed = read_listed("type_ignores.txt")
    assert counted() == listed, "better than listing one more: an annotation, a cast at the boundary, an assert"


def test_each_says_which_error_it_means() -> None:
    for file in counted():
        for line in (ROOT / file).read_text().splitlines():
            if _MARK.search(line):
                assert re.search(r"#\s*type:\s*ignore\[[a-z-]+\]", line), f"{file}: {line.strip()}"
