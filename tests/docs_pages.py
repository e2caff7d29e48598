"""What the documentation says, in pieces that tests can hold against the code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FIVE_MINUTES = "<!-- five minutes -->"
AS_ROOT = "<!-- five minutes as root -->"
"""Before what works only where `innergate up` runs as root."""
_FENCE = re.compile(r"(?P<mark><!-- [a-z ]+ -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """A fenced block. `mark` is the comment just before it, "" for none."""

    mark: str
    language: str
    text: str


def list_pages() -> tuple[Path, ...]:
    """Every page, the two READMEs first."""
    return (ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").rglob("*.md")))


def read_blocks(page: Path) -> tuple[Block, ...]:
    """The fenced blocks of a page."""
    found = _FENCE.finditer(page.read_text())
    return tuple(Block((m["mark"] or "").strip(), m["language"], m["text"]) for m in found)


def read_inline(page: Path) -> tuple[str, ...]:
    """What stands in backticks in a page's running text."""
    return tuple(_INLINE.findall(_FENCE.sub("", page.read_text())))


def read_script(page: Path, as_root: bool = True) -> str:
    """The page's commands that run as they stand, in order, as one shell script."""
    marks = (FIVE_MINUTES, AS_ROOT) if as_root else (FIVE_MINUTES,)
    return "\n".join(block.text for block in read_blocks(page) if block.mark in marks)


def read_commands(page: Path) -> Iterator[str]:
    """Every line or span that calls `innergate`, from the word on."""
    texts = [block.text for block in read_blocks(page) if block.language == "sh"] + list(read_inline(page))
    for text in texts:
        for line in text.splitlines():
            yield from re.findall(r"(?:^|[\s(;\"'])(innergate(?: [a-z-]+)+)", line)


def read_links(page: Path) -> tuple[str, ...]:
    """The relative targets of a page's links and pictures, without their anchors."""
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text())
    return tuple(t.partition("#")[0] for t in targets if "://" not in t and not t.startswith("#"))
