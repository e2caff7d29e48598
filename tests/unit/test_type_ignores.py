"""Where the type checker is told to look away, and why: just what tests/ratchets/type_ignores.txt lists, which only shrinks."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
RATCHET = ROOT / "tests" / "ratchets" / "type_ignores.txt"
FOLDERS = ("src", "tests", "bench", "examples", "scripts")
_MARK = re.compile(r"#\s*type:\s*ignore\b")
_LINE = re.compile(r"(?P<file>\S+) (?P<count>\d+)  # \S.*")


def counted() -> dict[str, int]:
    """How often each file does."""
    files = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if path != Path(__file__))
    found = Counter({str(path.relative_to(ROOT)): len(_MARK.findall(path.read_text())) for path in files})
    return dict(+found)


def test_only_what_is_listed_with_its_reason() -> None:
    lines = [_LINE.fullmatch(line) for line in RATCHET.read_text().splitlines()]
    assert None not in lines, "a line is: file, count, two spaces, # and the reason"
    listed = {line["file"]: int(line["count"]) for line in lines if line is not None}
    assert counted() == listed, "better than listing one more: an annotation, a cast at the boundary, an assert"
    assert list(listed) == sorted(listed)


def test_each_says_which_error_it_means() -> None:
    for file in counted():
        for line in (ROOT / file).read_text().splitlines():
            if _MARK.search(line):
                assert re.search(r"#\s*type:\s*ignore\[[a-z-]+\]", line), f"{file}: {line.strip()}"
