"""What ends `innergate up`, where an operator can do something about it: a sentence, and the documented exit code."""

from pathlib import Path

import pytest

from innergate.cli import main as cli
from innergate.cli import up
from innergate.server.settings import BadSetting
from innergate.server.up import SAID


@pytest.mark.parametrize(("error", "code"), [*((error, 1) for error in SAID), (BadSetting, 2)])
def test_codes_and_sentences(
    error: type[Exception],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(host: str, port: int, state: Path) -> None:
        raise error("it is so; do this")

    monkeypatch.setattr(up, "_refuse_taken_address", refuse)
    with pytest.raises(SystemExit) as ended:
        cli.main(["up", "--state", str(tmp_path)])
    assert ended.value.code == code
    assert "it is so; do this" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        ("--listen", "nowhere"),
        ("--public", "example.com:443"),
        ("--issuer", "pool"),
        ("--service-endpoint", "sqs"),
        ("--service-credentials", "/nonexistent"),
        ("--auth", "open", "--listen", "0.0.0.0:4566"),
        ("--envoy-concurrency", "-1"),
        ("--auth", "none"),
    ],
)
def test_settings_that_make_no_sense_are_wrong_usage(tmp_path: Path, options: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["up", "--state", str(tmp_path), "--listen", "127.0.0.1:0", *options])
    assert ended.value.code == 2
    assert list(tmp_path.iterdir()) == []
