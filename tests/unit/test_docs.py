"""The documentation is held against the code: files, commands, operations and reference pages that it names are there."""

import inspect
import re
import subprocess
from pathlib import Path

import pytest
from tests.docs_pages import ROOT, list_pages, read_blocks, read_commands, read_inline, read_links, read_script
from tests.reference_pages import (
    DIAGNOSTICS,
    FOLDER,
    PAGES,
    STATE_FILES,
    is_operation,
    list_commands,
    list_diagnostic_codes,
    list_operations,
    list_state_paths,
    read_ratchet,
    read_remarks,
)

from innergate.services.tables import SERVICE_TABLES

NAMES = [str(page.relative_to(ROOT)) for page in list_pages()]
_PATH = re.compile(r"(?:src|tests|scripts|docs|bench|examples)/[\w./-]*\w/?")
_OPERATION = re.compile(r"(?:Create|Delete|Describe|Get|Put|Update|Modify|Accept|Reject|Assume|List|Import)[A-Z]\w+")


def named(name: str) -> Path:
    """The page of that name."""
    return ROOT / name


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_a_page_names_exists(name: str) -> None:
    spans = [*read_inline(named(name)), *(block.text for block in read_blocks(named(name)))]
    paths = {path for span in spans for path in _PATH.findall(span)}
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    page = named(name)
    assert [link for link in read_links(page) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_that_a_page_names_exists(name: str) -> None:
    known = {command.name for command in list_commands()}
    groups = {known_name.rpartition(" ")[0] for known_name in known}
    unknown = []
    for text in read_commands(named(name)):
        words = text.split(" ")
        two, three = " ".join(words[:2]), " ".join(words[:3])
        if not (two in known or three in known or (text in groups and len(words) > 1)):
            unknown.append(text)
    assert unknown == []


@pytest.mark.parametrize("name", NAMES)
def test_every_option_that_a_page_gives_to_a_command_exists(name: str) -> None:
    options = {command.name: _options(command.run) for command in list_commands()}
    lines = [line for block in read_blocks(named(name)) if block.language == "sh" for line in block.text.splitlines()]
    unknown = []
    for line in [*lines, *read_inline(named(name))]:
        for command, known in options.items():
            if command not in line:
                continue
            words = re.split(r"[\s'\"]+", line.split(command, 1)[1].split("#")[0].split(" -- ")[0])
            unknown += [
                f"{command} {word}" for word in words if word.startswith("--") and word.split("=")[0] not in known
            ]
    assert unknown == []


def _options(run: object) -> set[str]:
    assert callable(run)
    parameters = inspect.signature(run).parameters.values()
    named_otherwise = {"--from"} if "vpc" in {p.name for p in parameters} else set()
    return {f"--{p.name.replace('_', '-')}" for p in parameters} | named_otherwise | {"--help", "--"}


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_that_a_page_names_is_one_of_aws(name: str) -> None:
    spans = {span for span in read_inline(named(name)) if _OPERATION.fullmatch(span)}
    assert [span for span in sorted(spans) if not is_operation(span)] == []


def test_every_test_that_a_page_names_exists() -> None:
    defined = "\n".join(source.read_text() for source in (ROOT / "tests").rglob("test_*.py"))
    spans = {span for page in list_pages() for span in read_inline(page) if re.fullmatch(r"test_\w+", span)}
    assert [span for span in sorted(spans) if f"def {span}(" not in defined] == []


def test_every_promise_is_held_by_a_test_of_the_file_beside_it() -> None:
    text = named("docs/operations.md").read_text()
    sections = [text.partition(f"## {name}\n")[2].partition("\n## ")[0] for name in ("Promises", "Limits")]
    lines = [line for section in sections for line in section.splitlines()]
    rows = [line for line in lines if line.startswith("| ") and "held by" not in line]
    assert len(rows) > 40
    for row in rows:
        held = re.findall(r"`(tests/[\w/]+\.py)`: `(test_\w+)`", row)
        assert held, row
        assert [test for file, test in held if f"def {test}(" not in named(file).read_text()] == [], row


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_reference_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text() == PAGES[name](), "run scripts/make-reference"


def test_the_reference_has_no_page_that_nothing_makes() -> None:
    assert {page.name for page in FOLDER.iterdir()} == set(PAGES)


def test_every_command_is_in_the_reference() -> None:
    text = (FOLDER / "commands.md").read_text()
    assert [command.name for command in list_commands() if f"## {command.name}\n" not in text] == []


def test_every_argument_of_a_command_says_what_it_is() -> None:
    empty = [line for line in (FOLDER / "commands.md").read_text().splitlines() if re.match(r"\| `[^|]*\|  \|", line)]
    assert empty == []


@pytest.mark.parametrize("service", sorted(SERVICE_TABLES))
def test_the_ratchet_lists_just_what_is_missing(service: str) -> None:
    assert set(read_ratchet(service)) == set(list_operations(service)) - set(SERVICE_TABLES[service])


def test_every_path_of_the_state_folder_is_explained() -> None:
    assert list_state_paths() <= set(STATE_FILES)


def test_every_diagnostic_code_is_explained() -> None:
    assert list_diagnostic_codes() == set(DIAGNOSTICS)


def test_both_readmes_show_the_same_commands() -> None:
    def shown(page: Path) -> list[str]:
        return [block.text for block in read_blocks(page) if block.language == "sh"]

    assert shown(ROOT / "README.md") == shown(ROOT / "README.zh.md")
    assert read_script(ROOT / "README.md") == read_script(ROOT / "README.zh.md") != ""


def test_both_readmes_link_to_the_same_pages() -> None:
    english, chinese = (set(read_links(ROOT / name)) for name in ("README.md", "README.zh.md"))
    assert english - {"README.zh.md"} == chinese - {"README.md"}


def test_every_page_of_docs_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    ahead = [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in seen and page.suffix == ".md" and page.exists():
            seen.add(page)
            ahead += [(page.parent / link).resolve() for link in read_links(page)]
    assert [str(page.relative_to(ROOT)) for page in list_pages() if page not in seen] == []


def test_decisions_have_numbers_of_their_own_and_stand_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(page.name for page in folder.glob("*.md") if page.name != "README.md")
    numbers = [name.partition("-")[0] for name in pages]
    assert len(set(numbers)) == len(numbers)
    titles = [(folder / name).read_text().splitlines()[0].removeprefix("# ") for name in pages]
    lines = [line for line in (folder / "README.md").read_text().splitlines() if line.startswith("- ")]
    assert lines == [f"- [{title}]({name})" for title, name in zip(titles, pages, strict=True)]


def test_a_remark_is_read_with_the_lines_that_follow() -> None:
    source = "x = 1\n# AWS differs: it says no;\n# here it is yes.\ny = 2\n    # AWS differs: again.\n"
    assert list(read_remarks(source)) == ["it says no; here it is yes.", "again."]


def test_every_remark_is_a_whole_sentence() -> None:
    """In a docstring each of its lines begins with `#`: one that does not would be left out."""
    remarks = [line for line in (FOLDER / "aws-differences.md").read_text().splitlines() if line.startswith("- ")]
    assert remarks
    assert [line for line in remarks if not line.rpartition(" (`")[0].endswith(".")] == []


def test_the_root_holds_what_the_project_is_made_of() -> None:
    """A scratch file that comes in with a commit is noticed."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    files = {"README.md", "README.zh.md", "Makefile", "pyproject.toml", "constraints.txt", ".gitignore"}
    folders = {"src", "tests", "docs", "examples", "scripts", "bench", ".ci"}
    assert {name.partition("/")[0] for name in listed.split("\0") if name} <= files | folders
