"""What a worker knows of access keys, by the files that are there."""

from pathlib import Path

import msgspec
import pytest

from innergate.plans.principals import RuntimePrincipal
from innergate.runtime.principal_documents import PrincipalDocuments

KEY = "AKIAIOSFODNN7EXAMPLE"
ANN = RuntimePrincipal(
    access_key_id=KEY, secret_access_key="s", account="1", arn="arn:aws:iam::1:user/ann", user_id="AIDA", kind="user"
)


def write(folder: Path, name: str, principal: RuntimePrincipal) -> None:
    spare = folder / f".{name}"
    spare.write_bytes(msgspec.json.encode(principal))
    spare.replace(folder / name)


def test_a_key_is_known_while_its_file_is_there(tmp_path: Path) -> None:
    documents = PrincipalDocuments(tmp_path)
    assert documents.find(KEY) is None
    write(tmp_path, KEY, ANN)
    assert documents.find(KEY) == ANN
    assert documents.find(KEY) is documents.find(KEY)
    (tmp_path / KEY).unlink()
    assert documents.find(KEY) is None


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    documents = PrincipalDocuments(tmp_path)
    write(tmp_path, KEY, ANN)
    documents.find(KEY)
    changed = msgspec.structs.replace(ANN, secret_access_key="t")
    write(tmp_path, KEY, changed)
    assert documents.find(KEY) == changed


@pytest.mark.parametrize(
    "name", ["../outside", "..", "", "short", "akiaiosfodnn7example", f"{KEY}/x", f"{KEY}\n", "A" * 999]
)
def test_only_key_ids_become_paths(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "principals"
    folder.mkdir()
    write(tmp_path, "outside", ANN)
    assert PrincipalDocuments(folder).find(name) is None


def test_a_broken_file_is_nobody(tmp_path: Path) -> None:
    (tmp_path / KEY).write_bytes(b"{")
    assert PrincipalDocuments(tmp_path).find(KEY) is None
