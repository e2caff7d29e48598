"""What a worker knows of access keys, by the files that are there."""

from pathlib import Path

import msgspec
import pytest

from innergate.plans.principals import RuntimePrincipal
from innergate.runtime.principal_documents import find_principals

KEY = "AKIAIOSFODNN7EXAMPLE"
ANN = RuntimePrincipal(
    access_key_id=KEY, secret_access_key="s", account="1", arn="arn:aws:iam::1:user/ann", user_id="AIDA", kind="user"
)


def write(folder: Path, name: str, principal: RuntimePrincipal) -> None:
    spare = folder / f".{name}"
    spare.write_bytes(msgspec.json.encode(principal))
    spare.replace(folder / name)


def test_a_key_is_known_while_its_file_is_there(tmp_path: Path) -> None:
    find = find_principals(tmp_path)
    assert find(KEY) is None
    write(tmp_path, KEY, ANN)
    assert find(KEY) == ANN
    assert find(KEY) is find(KEY)
    (tmp_path / KEY).unlink()
    assert find(KEY) is None


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    find = find_principals(tmp_path)
    write(tmp_path, KEY, ANN)
    find(KEY)
    changed = msgspec.structs.replace(ANN, secret_access_key="t")
    write(tmp_path, KEY, changed)
    assert find(KEY) == changed


@pytest.mark.parametrize(
    "name", ["../outside", "..", "", "short", "akiaiosfodnn7example", f"{KEY}/x", f"{KEY}\n", "A" * 999]
)
def test_only_key_ids_become_paths(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "principals"
    folder.mkdir()
    write(tmp_path, "outside", ANN)
    assert find_principals(folder)(name) is None


def test_a_broken_file_is_nobody(tmp_path: Path) -> None:
    (tmp_path / KEY).write_bytes(b"{")
    assert find_principals(tmp_path)(KEY) is None
