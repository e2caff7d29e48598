import os
from pathlib import Path

from innergate.nets.document_folder import DocumentFolder
from innergate.plans.documents import Document, DocumentName
from innergate.plans.network import NetworkChange


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


def test_a_change_writes_and_deletes_files(tmp_path: Path) -> None:
    folder = DocumentFolder(tmp_path)
    assert folder.take_over(change(("a.prod", b"1"), ("b.prod", b"2"))) == {}
    assert (tmp_path / "stages" / "a.prod").read_bytes() == b"1"
    folder.take_over(change(("a.prod", b"3"), dropped=("b.prod", "never-there")))
    assert folder.names() == [name("a.prod")]
    assert (tmp_path / "stages" / "a.prod").read_bytes() == b"3"


def test_a_complete_change_leaves_nothing_else_but_what_routes_may_name(tmp_path: Path) -> None:
    folder = DocumentFolder(tmp_path)
    key = Document(name=DocumentName("principals", "AKIA"), body=b"k")
    folder.take_over(NetworkChange(revision=1, complete=True, documents=(key,)))
    folder.take_over(change(("a.prod.1", b"1"), ("b.prod.1", b"2")))
    folder = DocumentFolder(tmp_path)
    folder.take_over(change(("b.prod.1", b"2"), complete=True))
    folder.take_over(change(("b.prod.2", b"3")))
    assert folder.names() == [name("a.prod.1"), name("b.prod.1"), name("b.prod.2")]
    folder.take_over(change(dropped=("b.prod.1",), sweeps=True))
    assert folder.names() == [name("b.prod.2")]
    folder.take_over(change(complete=True, sweeps=True))
    assert folder.names() == []


def test_an_equal_file_is_left_alone(tmp_path: Path) -> None:
    folder = DocumentFolder(tmp_path)
    folder.take_over(change(("a.prod", b"1")))
    before = (tmp_path / "stages" / "a.prod").stat()
    folder.take_over(change(("a.prod", b"1")))
    assert (tmp_path / "stages" / "a.prod").stat().st_ino == before.st_ino


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
