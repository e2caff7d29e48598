"""A damaged file beside the state is kept under another name, whole, and never in another's place."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from innergate.store.errors import StoreUnwritable
from innergate.store.setting_aside import set_aside, set_aside_if_damaged

DAMAGE = b"what is this" * 1000


def test_what_is_whole_or_missing_stays(tmp_path: Path) -> None:
    path = tmp_path / "side.sqlite"
    assert set_aside_if_damaged(path) is None
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE said (word TEXT)")
    assert set_aside_if_damaged(path) is None
    assert [file.name for file in tmp_path.iterdir()] == ["side.sqlite"]


def test_each_damaged_file_has_a_name_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "side.sqlite"
    for number in (1, 2):
        path.write_bytes(DAMAGE + bytes([number]))
        place = tmp_path / f"side.sqlite.damaged-{number}"
        assert set_aside_if_damaged(path) == place
        assert place.read_bytes() == DAMAGE + bytes([number])
        assert not path.exists()


def test_what_sqlite_keeps_beside_a_file_goes_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "side.sqlite"
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).write_text(f"kept{suffix}")
    place = set_aside(path, ValueError("torn"))
    for suffix in ("", "-wal", "-shm"):
        assert place.with_name(place.name + suffix).read_text() == f"kept{suffix}"
    assert len(list(tmp_path.iterdir())) == 3
    said = capsys.readouterr().out
    assert str(place) in said
    assert '"level": "error"' in said


def test_a_folder_that_takes_no_names_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(30, "Read-only file system")

    path = tmp_path / "side.sqlite"
    path.write_bytes(DAMAGE)
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreUnwritable, match="is damaged and cannot be renamed: Read-only file system"):
        set_aside_if_damaged(path)
    assert path.read_bytes() == DAMAGE
