"""Folders for their owner alone, and a sentence where there can be none."""

from pathlib import Path

import pytest

from innergate.server.settings import Settings
from innergate.server.state_folders import make_folders, open_control_log
from innergate.store.errors import StoreUnwritable


def test_they_are_for_their_owner_alone(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "state", "127.0.0.1", 0)
    settings.run_folder.mkdir(parents=True)
    settings.run_folder.chmod(0o755)
    make_folders(settings)
    for folder in (settings.run_folder, settings.log_folder, settings.access_log_folder):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_what_stands_in_their_way_is_named(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "127.0.0.1", 0)
    settings.run_folder.touch()
    with pytest.raises(
        StoreUnwritable, match=r"takes no files \(.*/run: File exists\); choose another one with --state"
    ):
        make_folders(settings)
    settings.run_folder.unlink()
    (settings.log_folder / "control.log").mkdir(parents=True)
    with pytest.raises(StoreUnwritable, match=r"control\.log: Is a directory"):
        open_control_log(settings)
