"""The type checker is nowhere told to look away: an annotation, a cast at a boundary or an assert says what it should know."""

import re
from pathlib import Path

from tests.unit.marks_in_files import ROOT, count_marks

FOLDERS = ("src", "tests", "bench", "examples", "scripts")
_MARK = re.compile(r"#\s*type:\s*ignore\b")


def test_there_is_none() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path != Path(__file__)]
    assert len(files) > 1000
    assert count_marks(files, _MARK) == {}
