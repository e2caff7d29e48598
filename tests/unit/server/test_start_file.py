"""The file is taken over whole and by its own maker, or not at all."""

import random
from pathlib import Path

import pytest

from innergate.compile.family import Unit
from innergate.compile.memo import UnitMemo
from innergate.plans.envoy import EnvoyResource
from innergate.resources.base import Key
from innergate.server.start_file import Maker, StartFile
from innergate.store.writers import Point
from innergate.xds.kept_bodies import BodyFrame, KeptBodies, KeptBody, frame_bodies

MAKER = Maker("program", "settings")
POINT = Point(7, 12)


def memo(id: str, *keys: str) -> UnitMemo:
    return UnitMemo(Unit("f", id), (Key("vpc", id),), tuple(Key("vpc", key) for key in keys), (), ())


FRAME: BodyFrame = frame_bodies("routes", [KeptBody("r1", "v", b"bytes")])


def write(file: StartFile, point: Point = POINT) -> None:
    writer = file.begin(MAKER)
    writer.add_bodies(FRAME)
    writer.add_units([memo("a", "x"), memo("b"), memo("c")])
    writer.add_units([memo("a", "y"), UnitMemo(Unit("f", "b"), (), (), (), ())])
    writer.finish(point)


def test_what_was_written_comes_back(tmp_path: Path) -> None:
    file = StartFile(tmp_path / "start.cache")
    assert file.read(MAKER) is None
    write(file)
    memory = file.read(MAKER)
    assert memory is not None
    assert memory.point == POINT
    gone = UnitMemo(Unit("f", "b"), (), (), (), ())
    assert list(memory.memos()) == [memo("a", "x"), memo("b"), memo("c"), memo("a", "y"), gone]
    assert KeptBodies("routes", memory.bodies).find(EnvoyResource("r1", "v", {})) == b"bytes"
    assert memory.bodies == (FRAME,)
    assert (tmp_path / "start.cache").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["start.cache"]


@pytest.mark.parametrize("other", [Maker("another", "settings"), Maker("program", "others")])
def test_another_makers_is_none(tmp_path: Path, other: Maker) -> None:
    file = StartFile(tmp_path / "start.cache")
    write(file)
    assert file.read(other) is None


def test_each_byte_counts(tmp_path: Path) -> None:
    path = tmp_path / "start.cache"
    file = StartFile(path)
    write(file)
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        assert file.read(MAKER) is None, at
        path.write_bytes(whole[:at])
        assert file.read(MAKER) is None, at
    path.write_bytes(whole + b"\0")
    assert file.read(MAKER) is None
    path.write_bytes(random.Random(1).randbytes(5000))
    assert file.read(MAKER) is None
    path.write_bytes(whole)
    assert file.read(MAKER) is not None


def test_one_that_was_begun_changes_nothing_until_its_end(tmp_path: Path) -> None:
    file = StartFile(tmp_path / "start.cache")
    write(file)
    begun = file.begin(MAKER)
    begun.add_units([memo("z")])
    memory = file.read(MAKER)
    assert memory is not None
    assert len(list(memory.memos())) == 5
    again = file.begin(MAKER)  # the process before was killed
    again.finish(Point(7, 13))
    memory = file.read(MAKER)
    assert memory is not None
    assert (memory.point, list(memory.memos())) == (Point(7, 13), [])
    begun.drop()
    file.begin(MAKER).drop()
    assert [path.name for path in tmp_path.iterdir()] == ["start.cache"]
    file.delete()
    file.delete()
    assert file.read(MAKER) is None


def test_a_folder_that_takes_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "start.new").mkdir()
    with pytest.raises(OSError):
        StartFile(tmp_path / "start.cache").begin(MAKER)


def test_one_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = StartFile(tmp_path / "start.cache")
    write(file)
    monkeypatch.setattr("innergate.server.start_file.LONGEST_BYTES", 10)
    assert file.read(MAKER) is None
