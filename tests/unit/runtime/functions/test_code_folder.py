"""Packages are unpacked whole, inside their folder, readable for everybody; or not at all."""

import io
import stat
import threading
import zipfile
from pathlib import Path

import pytest

from innergate.runtime.functions import code_folder
from innergate.runtime.functions.code_folder import MAX_DEPTH, BadPackage, CodeFolder, folder_name

DIGEST = "a" * 64


def keep(folder: Path, *entries: tuple[str, int, bytes], digest: str = DIGEST) -> CodeFolder:
    """A folder with one package: names, modes, contents."""
    (folder / "blobs").mkdir(exist_ok=True)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, mode, content in entries:
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.external_attr = mode << 16
            archive.writestr(info, content)
    (folder / "blobs" / f"{digest}.zip").write_bytes(out.getvalue())
    return CodeFolder(folder / "blobs", folder / "code")


def test_files_and_their_modes(tmp_path: Path) -> None:
    code = keep(
        tmp_path,
        ("bootstrap", stat.S_IFREG | 0o700, b"#!"),
        ("lib/deep/x.py", stat.S_IFREG | 0o600, b"x"),
        ("lib/link", stat.S_IFLNK | 0o777, b"deep/x.py"),
        ("empty/", stat.S_IFDIR | 0o700, b""),
    )
    folder = code.unpack((DIGEST,))
    modes = {p.relative_to(folder).as_posix(): stat.S_IMODE(p.lstat().st_mode) for p in folder.rglob("*")}
    assert modes.pop("lib/link") is not None
    assert modes == {"bootstrap": 0o755, "lib": 0o755, "lib/deep": 0o755, "lib/deep/x.py": 0o644, "empty": 0o755}
    assert (folder / "lib/link").read_bytes() == b"x"
    assert code.unpack((DIGEST,)) == folder


@pytest.mark.parametrize(
    "entry",
    [
        ("../out.py", 0o644, b""),
        ("/etc/out.py", 0o644, b""),
        ("a/../../out.py", 0o644, b""),
        ("link", stat.S_IFLNK | 0o777, b"/etc/passwd"),
        ("a/link", stat.S_IFLNK | 0o777, b"../../.."),
    ],
)
def test_nothing_leads_out(tmp_path: Path, entry: tuple[str, int, bytes]) -> None:
    code = keep(tmp_path, ("app.py", 0o644, b""), entry)
    with pytest.raises(BadPackage):
        code.unpack((DIGEST,))
    assert list((tmp_path / "code").iterdir()) == []


def test_a_link_cannot_be_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    code = keep(
        tmp_path,
        ("folder", stat.S_IFLNK | 0o777, b"../../outside"),
        ("folder/x.py", 0o644, b"no"),
    )
    with pytest.raises(BadPackage):
        code.unpack((DIGEST,))
    assert list(outside.iterdir()) == []


def test_what_is_lost_or_broken(tmp_path: Path) -> None:
    code = keep(tmp_path, ("app.py", 0o644, b"x"))
    with pytest.raises(BadPackage):
        code.unpack(("b" * 64,))
    (tmp_path / "blobs" / f"{'c' * 64}.zip").write_bytes(b"no zip")
    with pytest.raises(BadPackage):
        code.unpack(("c" * 64,))


def test_several_lie_over_each_other_and_go_when_nobody_wants_them(tmp_path: Path) -> None:
    other = "b" * 64
    keep(tmp_path, ("a", 0o644, b"1"), ("b", 0o644, b"1"))
    code = keep(tmp_path, ("b", 0o644, b"2"), digest=other)
    folder = code.unpack((DIGEST, other))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a": b"1", "b": b"2"}
    code.unpack((DIGEST,))
    code.sweep({folder_name((DIGEST, other))})
    assert [path.name for path in (tmp_path / "code").iterdir()] == [folder.name]


@pytest.mark.parametrize("depth", [MAX_DEPTH, 1_500])
def test_case_86_what_lies_too_deep_is_refused(tmp_path: Path, depth: int) -> None:
    code = keep(tmp_path, ("a/" * depth + "x.py", 0o644, b"x"))
    with pytest.raises(BadPackage, match="too deep"):
        code.unpack((DIGEST,))
    assert list((tmp_path / "code").iterdir()) == []
    keep(tmp_path, ("a/" * (MAX_DEPTH - 1) + "x.py", 0o644, b"x"), digest="b" * 64).unpack(("b" * 64,))


def test_case_86_content_that_cannot_be_inflated_is_a_bad_package(tmp_path: Path) -> None:
    code = keep(tmp_path)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.py", b"x" * 1000)
    data = bytearray(out.getvalue())
    data[34:40] = b"\xff" * 6
    (tmp_path / "blobs" / f"{DIGEST}.zip").write_bytes(data)
    with pytest.raises(BadPackage):
        code.unpack((DIGEST,))
    assert list((tmp_path / "code").iterdir()) == []


def test_case_86_nobody_waits_for_a_strangers_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes long to unpack held up every function's start."""
    keep(tmp_path, ("slow.py", 0o644, b"x"))
    code = keep(tmp_path, ("quick.py", 0o644, b"x"), digest="b" * 64)
    begun, may_end, extract = threading.Event(), threading.Event(), code_folder._extract

    def extract_slowly(package: zipfile.ZipFile, folder: Path) -> None:
        if package.namelist() == ["slow.py"]:
            begun.set()
            may_end.wait(20)
        extract(package, folder)

    monkeypatch.setattr(code_folder, "_extract", extract_slowly)
    slow = threading.Thread(target=code.unpack, args=((DIGEST,),))
    quick = threading.Thread(target=code.unpack, args=(("b" * 64,),), daemon=True)
    slow.start()
    begun.wait(20)
    quick.start()
    quick.join(5)
    found = code.find(("b" * 64,))
    may_end.set()
    slow.join(20)
    assert found is not None
    assert code.find((DIGEST,)) is not None
