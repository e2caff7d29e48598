"""What commands read: a person is told what is wanted, never a traceback; the exit code is that of wrong usage."""

from pathlib import Path

import pytest

from innergate.cli.inputs import WrongUsage, name_in_path, read_object, read_pairs, read_text
from innergate.cli.main import main


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return ended.value.code if isinstance(ended.value.code, int) else 0


@pytest.mark.parametrize(
    "words",
    [
        ("api", "report", "nofile"),
        ("render", "nofile"),
        ("render", "template", "--input", "nofile"),
        ("render", "template", "--context", "nofile"),
    ],
)
def test_a_file_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "template").write_text("$context.stage")
    assert run(*words) == 2
    assert capsys.readouterr().err == "innergate: nofile cannot be read: No such file or directory\n"


def test_what_is_no_text_no_json_or_no_object(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for content, says in ((b"\xff", "is no text in UTF-8"), (b"{", "is no JSON"), (b"[1]", "holds no JSON object")):
        file.write_bytes(content)
        with pytest.raises(WrongUsage, match=says):
            read_object(str(file))
    file.write_bytes(b'{"stage": "dev"}')
    assert read_object(str(file)) == {"stage": "dev"}
    assert read_text(str(file)) == '{"stage": "dev"}'


def test_pairs() -> None:
    assert read_pairs("--path", ("a=1", "b=x=y", "a=2", "c=")) == {"a": "2", "b": "x=y", "c": ""}
    for wrong in ("a", "=1", ""):
        with pytest.raises(WrongUsage, match="--path wants NAME=VALUE; got"):
            read_pairs("--path", (wrong,))


def test_a_negative_number_of_threads(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("up", "--envoy-concurrency", "-1") == 2
    assert "--envoy-concurrency" in capsys.readouterr().err
    assert run("up", "--runtime-workers", "-1") == 2
    assert "--runtime-workers" in capsys.readouterr().err


def test_a_report_counts_what_it_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "api.yaml"
    document.write_text('openapi: 3.0.1\ninfo: {title: a, version: "1"}\npaths: {}\nexternalDocs: {url: x}\n')
    assert run("api", "report", str(document)) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    fates = [line[1] for line in lines[1:-1]]
    counted = f"{fates.count('kept')} kept, {fates.count('changed')} changed, {fates.count('dropped')} dropped"
    assert " ".join(lines[-1]) == f"{len(fates)} constructs: {counted}"


def test_a_name_in_a_path_is_quoted_and_not_empty() -> None:
    assert name_in_path("HOST", "a b/c?d") == "a%20b%2Fc%3Fd"
    with pytest.raises(WrongUsage, match="HOST is empty"):
        name_in_path("HOST", "")
