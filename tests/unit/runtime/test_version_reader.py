"""Each version of a stage's document is a file of its own, and is known once it was read."""

from pathlib import Path

import msgspec
from tests.unit.runtime.exchange.exchange_scripts import make_stage

from innergate.runtime.version_reader import VersionReader


def write(folder: Path, name: str, deployment: str) -> None:
    stage = msgspec.structs.replace(make_stage(), deployment_id=deployment)
    (folder / name).write_bytes(msgspec.json.encode(stage))


def deployment(reader: VersionReader, name: str) -> str | None:
    found = reader.find(name)
    return found.deployment_id if found is not None else None


def test_versions_stand_beside_each_other(tmp_path: Path) -> None:
    reader = VersionReader(tmp_path)
    write(tmp_path, "a.prod.1", "old")
    write(tmp_path, "a.prod.2", "new")
    assert [deployment(reader, f"a.prod.{n}") for n in (2, 1, 2)] == ["new", "old", "new"]
    assert reader.find("a.prod.3") is None
    assert reader.find("b.prod.1") is None


def test_a_version_outlives_its_file(tmp_path: Path) -> None:
    reader = VersionReader(tmp_path)
    write(tmp_path, "a.prod.1", "old")
    reader.expect("a.prod.1")
    reader.expect("")
    (tmp_path / "a.prod.1").unlink()
    assert deployment(reader, "a.prod.1") == "old"
    assert VersionReader(tmp_path).find("a.prod.1") is None


def test_few_versions_of_a_stage_are_kept(tmp_path: Path) -> None:
    reader = VersionReader(tmp_path)
    for n in range(6):
        write(tmp_path, f"a.prod.{n}", str(n))
        reader.expect(f"a.prod.{n}")
        (tmp_path / f"a.prod.{n}").unlink()
    assert [deployment(reader, f"a.prod.{n}") for n in range(6)] == [None, None, "2", "3", "4", "5"]


def test_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.prod.1").write_bytes(b"{")
    assert VersionReader(tmp_path).find("a.prod.1") is None
