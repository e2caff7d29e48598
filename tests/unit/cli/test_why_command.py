"""`innergate why`: one past call, and the list of the last failures."""

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.unit.cli.command_lab import EXPLAINED, HOPS, run
from tests.unit.cli.control_stand_in import Answers, serve_control

from innergate.cli.why import print_failures

FAILED: dict[str, Any] = {
    "request_id": "0b8b7a1e-52f6-4be2-8f7e-3a4c1f0f1d11",
    "at": "2026-11-23T03:23:10.210Z",
    "status": 403,
    "error_type": "AccessDeniedException",
    "latency_ms": 1,
    "verb": "GET",
    "host": "abc.execute-api.us-east-1.amazonaws.com",
    "path": "/dev/x",
    "source": "10.0.1.9",
    "vpce": "vpce-1",
    "vpc": "vpc-1",
    "api_id": "abc",
    "stage": "dev",
    "sent_to": "",
    "server_name": "abc.execute-api.us-east-1.amazonaws.com",
}
REASON = {"answered_by": "gateway", "says": "no policy allows the call", "detail": "rbac_access_denied"}


def test_why_shows_what_was_noted_and_what_would_happen_now(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {"failure": FAILED, "reason": REASON, "now": EXPLAINED, "notes": ["the stage was changed"]}
    with serve_control(state, {("GET", f"/failures/{FAILED['request_id']}"): found}):
        assert run("why", FAILED["request_id"]) == 0
        said = capsys.readouterr().out
        assert run("why", FAILED["request_id"], "--json") == 0
    assert json.loads(capsys.readouterr().out)["reason"] == REASON
    for text in ("2026-11-23 03:23:10 UTC", "403 AccessDeniedException", "vpce-1", "no policy allows", "rbac_access"):
        assert text in said
    assert said.index("such a call now") < said.index("does not work")


def test_why_without_an_id_lists_the_last_failures(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sent = {**FAILED, "host": "", "path": "", "sent_to": "nlb.example/x", "reason": REASON}
    nothing = {
        **FAILED,
        "host": "",
        "path": "",
        "verb": "",
        "server_name": "a.example",
        "reason": REASON,
        "request_id": "",
    }
    failures = [{**FAILED, "reason": REASON}, sent, nothing]
    with serve_control(state, {("GET", "/failures"): {"failures": failures}}):
        assert run("why") == 0
    said = capsys.readouterr().out
    assert said.count(FAILED["request_id"]) == 2
    assert "abc/dev -> nlb.example/x" in said
    assert re.search(r"403 +- +a\.example +no policy allows the call +-$", said, re.MULTILINE)
    with serve_control(state / "quiet", {("GET", "/failures"): {"failures": []}}):
        assert run("why", "--state", str(state / "quiet")) == 0
    assert "no call has failed" in capsys.readouterr().out


def test_a_narrow_terminal_gets_failures_as_lines_with_whole_ids() -> None:
    failure = {**FAILED, "reason": REASON}
    out = Console(width=80, highlight=False, color_system=None)
    with out.capture() as captured:
        print_failures(out, [failure, {**failure, "request_id": ""}])
    assert captured.get().splitlines() == [
        "2026-11-23 03:23:10  403  GET abc.execute-api.us-east-1.amazonaws.com/dev/x",
        "  no policy allows the call",
        f"  innergate why {FAILED['request_id']}",
        "2026-11-23 03:23:10  403  GET abc.execute-api.us-east-1.amazonaws.com/dev/x",
        "  no policy allows the call",
        "  no request id",
    ]


def test_why_of_an_unknown_id_says_so(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve_control(state, {("GET", "/failures/nothing-here"): {"ok": False, "message": "no such id"}}):
        assert run("why", "nothing-here") == 1
    assert "no such id" in capsys.readouterr().err


@pytest.mark.parametrize("id", ["nothing/here", "a b", "\udcff", "../status"])
def test_why_of_what_is_no_id_says_so(state: Path, capsys: pytest.CaptureFixture[str], id: str) -> None:
    assert run("why", id) == 2
    assert "is no request id" in capsys.readouterr().err


def test_nothing_that_a_caller_sent_commands_the_terminal(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names and paths come from callers, and what functions say of an error from their authors."""
    wild = "a\x1b]0;owned\x07\x1b[2J\x9b31m\r\x08\x7f:key:[red]b"
    hop = {**HOPS[1], "id": wild, "reason": wild, "fix": wild}
    now = {**EXPLAINED, "hops": [hop], "behind": [hop], "notes": [wild], "cause": wild, "fix": wild, "outward": wild}
    failure = {**FAILED, "request_id": wild, "host": wild, "path": wild, "source": wild, "error_type": wild}
    reason = {"answered_by": "gateway", "says": wild, "detail": f"{wild}\nat line 2"}
    one = {"failure": failure, "reason": reason, "now": now, "notes": [wild]}
    answers: Answers = {
        ("GET", "/failures/x"): one,
        ("GET", "/failures"): {"failures": [{**failure, "reason": reason}]},
        ("GET", "/failures/y"): {"ok": False, "message": wild},
    }
    with serve_control(state, answers):
        codes = [run("why", "x"), run("why"), run("why", "y"), run("why", "x", "--json")]
    assert codes == [0, 0, 1, 0]
    said = capsys.readouterr()
    assert {c for c in said.out + said.err if unicodedata.category(c) == "Cc"} == {"\n"}
    shown_text = r"a\x1b]0;owned\x07\x1b[2J\x9b31m\x0d\x08\x7f:key:[red]b"
    assert shown_text in said.out
    assert shown_text in said.err
    assert json.loads(said.out[said.out.index("{\n") :])["reason"] == reason
