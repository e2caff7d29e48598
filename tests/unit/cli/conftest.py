"""A state folder for commands to be about."""

from pathlib import Path

import pytest


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INNERGATE_STATE", str(tmp_path / "s"))
    return tmp_path / "s"
