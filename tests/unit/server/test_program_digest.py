"""What a kept compilation depends on: the program, its libraries, and the trusted certificates."""

import ast
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import innergate
from innergate.server import program_digest as program_module
from innergate.server.program_digest import LIBRARIES, PLANNING, program_digest
from innergate.server.public_entry import PublicEntry
from innergate.server.settings import Settings
from innergate.server.up import compile_settings


def test_the_digest_of_the_program_names_its_sources() -> None:
    assert len(program_digest()) == 64
    assert program_digest() == program_digest()
    root = Path(innergate.__file__).parent
    assert all((root / package).is_dir() for package in PLANNING)
    assert imported_by(PLANNING, "innergate") <= set(PLANNING)
    spelled = {"google": "protobuf", "jsonschema_rs": "jsonschema-rs"}
    foreign = imported_by(PLANNING, "") - sys.stdlib_module_names - {"innergate", "grpc"}
    assert {spelled.get(name, name) for name in foreign} == set(LIBRARIES)


def test_another_version_of_any_library_is_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = {program_digest()}
    for changed in LIBRARIES:
        with monkeypatch.context() as patched:
            patched.setattr(program_module, "version", lambda name, of=changed: "another" if name == of else "1")
            digests.add(program_digest.__wrapped__())
    assert len(digests) == len(LIBRARIES) + 1


def test_other_trusted_certificates_are_another_setting(tmp_path: Path) -> None:
    """Units judge chains by them."""
    settings = Settings(tmp_path, "127.0.0.1", 0)
    digests = set()
    for content in (b"one", b"two", b"two"):
        settings.ca_bundle.write_bytes(content)
        digests.add(compile_settings(settings, PublicEntry("", 0)).digest())
    assert len(digests) == 2


def imported_by(packages: Sequence[str], within: str) -> set[str]:
    """The packages of `within` ("" for all there are) whose modules those of `packages` import."""
    root = Path(innergate.__file__).parent
    found: set[str] = set()
    for package in packages:
        for path in (root / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                split = [name.split(".") for name in names]
                found.update(parts[bool(within)] for parts in split if not within or parts[0] == within)
    return found - {"_typeshed"}
