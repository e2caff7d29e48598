import errno
import os
from pathlib import Path
from typing import final

import pytest

from innergate.nets.document_folder import LINGER_S, DocumentFolder
from innergate.plans.documents import Document, DocumentName
from innergate.plans.network import NetworkChange
from innergate.testing.disk import refusing_disk


def name(text: str) -> DocumentName:
    return DocumentName("stages", text)


def change(
    *documents: tuple[str, bytes], dropped: tuple[str, ...] = (), complete: bool = False, sweeps: bool = False
) -> NetworkChange:
    return NetworkChange(
        revision=1,
        complete=complete,
        documents=tuple(Document(name=name(text), body=body) for text, body in documents),
        dropped_documents=tuple(name(text) for text in dropped),
        sweeps_stages=sweeps,
    )


@final
class Waited:
    """A clock that a test puts on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_change_writes_and_deletes_files(tmp_path: Path) -> None:
    waited = Waited()
    folder = DocumentFolder(tmp_path, waited)
    assert folder.take_over(change(("a.prod", b"1"), ("b.prod", b"2"))) == {}
    assert (tmp_path / "stages" / "a.prod").read_bytes() == b"1"
    folder.take_over(change(("a.prod", b"3"), dropped=("b.prod", "never-there")))
    waited.seconds = LINGER_S
    folder.tend()
    assert folder.names() == [name("a.prod")]
    assert (tmp_path / "stages" / "a.prod").read_bytes() == b"3"


def test_a_complete_change_leaves_nothing_else_but_what_routes_may_name(tmp_path: Path) -> None:
    folder = DocumentFolder(tmp_path)
    key = Document(name=DocumentName("principals", "AKIA"), body=b"k")
    folder.take_over(NetworkChange(revision=1, complete=True, documents=(key,)))
    folder.take_over(change(("a.prod.1", b"1"), ("b.prod.1", b"2")))
    waited = Waited()
    folder = DocumentFolder(tmp_path, waited)
    folder.take_over(change(("b.prod.1", b"2"), complete=True))
    folder.take_over(change(("b.prod.2", b"3")))
    assert folder.names() == [name("a.prod.1"), name("b.prod.1"), name("b.prod.2")]
    folder.take_over(change(dropped=("b.prod.1",), sweeps=True))
    waited.seconds = LINGER_S
    folder.tend()
    assert folder.names() == [name("b.prod.2")]
    folder.clear()
    assert folder.names() == []


def test_a_dropped_version_stays_for_a_while_unless_it_comes_back(tmp_path: Path) -> None:
    waited = Waited()
    folder = DocumentFolder(tmp_path, waited)
    function = Document(name=DocumentName("functions", "f"), body=b"f")
    folder.take_over(NetworkChange(revision=1, complete=False, documents=(function,)))
    folder.take_over(change(("a.prod.1", b"1"), ("b.prod.1", b"2")))
    dropped = (name("a.prod.1"), name("b.prod.1"), function.name)
    folder.take_over(NetworkChange(revision=2, complete=False, dropped_documents=dropped))
    assert folder.names() == [name("a.prod.1"), name("b.prod.1")], "only stages' versions are routed to"
    waited.seconds = LINGER_S / 2
    folder.take_over(change(("b.prod.1", b"2"), sweeps=True))
    folder.tend()
    assert folder.names() == [name("a.prod.1"), name("b.prod.1")]
    waited.seconds = LINGER_S
    folder.tend()
    assert folder.names() == [name("b.prod.1")]


def test_what_a_killed_agent_was_writing_goes(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / ".a.prod.4711").touch()
    DocumentFolder(tmp_path).take_over(change(complete=True))
    assert list((tmp_path / "stages").iterdir()) == []


def test_an_equal_file_is_left_alone(tmp_path: Path) -> None:
    folder = DocumentFolder(tmp_path)
    folder.take_over(change(("a.prod", b"1")))
    before = (tmp_path / "stages" / "a.prod").stat()
    folder.take_over(change(("a.prod", b"1")))
    assert (tmp_path / "stages" / "a.prod").stat().st_ino == before.st_ino


def test_what_the_disk_does_not_take_is_written_when_it_does(tmp_path: Path) -> None:
    folder = DocumentFolder(tmp_path)
    folder.take_over(change(("a.prod", b"old")))
    with refusing_disk():
        assert folder.take_over(change(("a.prod", b"new"), ("b.prod", b"2"), ("c.prod", b"3"))) == {}
        folder.tend()
        waiting = [folder.is_behind]
    assert (tmp_path / "stages" / "a.prod").read_bytes() == b"old"
    assert [file.name for file in (tmp_path / "stages").iterdir()] == ["a.prod"], "no half file stays"
    folder.take_over(change(dropped=("c.prod",)))
    waiting.append(folder.is_behind)
    folder.tend()
    assert [*waiting, folder.is_behind] == [True, True, False]
    assert (tmp_path / "stages" / "a.prod").read_bytes() == b"new"
    assert folder.names() == [name("a.prod"), name("b.prod")]


def test_a_complete_change_forgets_what_waited(tmp_path: Path) -> None:
    folder = DocumentFolder(tmp_path)
    with refusing_disk():
        folder.take_over(change(("a.prod", b"1")))
    folder.take_over(change(complete=True))
    assert not folder.is_behind


def test_it_is_behind_all_the_while_that_it_tries_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may look in the middle of it, and tell control that all is there."""
    folder = DocumentFolder(tmp_path)
    write, seen = DocumentFolder._write, []

    def looking(self: DocumentFolder, name: DocumentName, body: bytes) -> None:
        seen.append(folder.is_behind)
        write(self, name, body)

    with refusing_disk():
        folder.take_over(change(("a.prod", b"1"), complete=True))
        monkeypatch.setattr(DocumentFolder, "_write", looking)
        folder.tend()
        folder.take_over(change(("a.prod", b"1"), complete=True))
    folder.tend()
    assert (seen, folder.is_behind) == ([True, True, True], False)


def test_what_cannot_be_deleted_now_is_deleted_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that failed here would take names' resolvers with it."""
    key = Document(name=DocumentName("principals", "AKIA"), body=b"k")
    folder = DocumentFolder(tmp_path, Waited())
    folder.take_over(NetworkChange(revision=1, complete=True, documents=(key,)))

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refuse)
        assert folder.take_over(NetworkChange(revision=2, complete=False, dropped_documents=(key.name,))) == {}
        folder.tend()
    assert folder.names() == [key.name]
    folder.tend()
    assert folder.names() == []


def test_a_document_that_no_folder_holds_can_be_dropped(tmp_path: Path) -> None:
    waited = Waited()
    folder = DocumentFolder(tmp_path / "documents", waited)
    strange = DocumentName("..", "passwd")
    folder.take_over(change(("../evil", b"1")))
    folder.take_over(NetworkChange(revision=2, complete=False, dropped_documents=(strange, name("../evil"))))
    waited.seconds = LINGER_S
    folder.tend()
    assert folder.names() == []


def test_what_others_put_there_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "a note").touch()
    (tmp_path / "stages" / "a folder").mkdir(parents=True)
    folder = DocumentFolder(tmp_path, Waited())
    folder.take_over(change(("a.prod", b"1"), complete=True, sweeps=True))
    folder.tend()
    assert name("a.prod") in folder.names()
    folder.clear()


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    folder = DocumentFolder(tmp_path / "documents")
    failures = folder.take_over(change(("../evil", b"1"), ("fine", b"2")))
    assert list(failures) == [name("../evil")]
    assert folder.names() == [name("fine")]
    assert not (tmp_path / "documents" / "evil").exists()


def test_documents_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        DocumentFolder(tmp_path).take_over(change(("a.prod", b"secret")))
    finally:
        os.umask(before)
    assert (tmp_path / "stages" / "a.prod").stat().st_mode & 0o777 == 0o600
