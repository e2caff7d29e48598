"""Commands against a control socket that answers from a table: what they ask, print and exit with."""

import json
import re
import socket
import unicodedata
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.unit.cli.control_stand_in import Answers, Asked, serve_control

from innergate.cli.explain import print_hops
from innergate.cli.main import main
from innergate.cli.why import print_failures

ACCOUNTS = {
    "accounts": [
        {"id": "111122223333", "name": "shop", "email": "a@b", "management": True},
        {"id": "444455556666", "name": "other", "email": "c@d", "management": False},
    ]
}
STATUS: dict[str, Any] = {
    "version": "0.1.0",
    "ready": True,
    "endpoint": "http://127.0.0.1:4566",
    "auth": "sigv4",
    "state": "/s",
    "pid": 7,
    "revision": 12,
    "applied_revision": 12,
    "agent": {"connected": True, "pid": 8},
    "envoy": {"connected": True, "running": True, "pid": 9, "starts": 1, "version": "1.40"},
    "public": {"address": "127.0.0.1:4568", "problem": ""},
    "counts": {"accounts": 1, "vpcs": 2, "apis": 1, "workloads": 0},
    "refusals": [{"subject": "listeners/x", "reason": "no [such] thing", "by": "envoy"}],
    "diagnostics": 3,
}
HOPS = [
    {
        "kind": "name",
        "id": "a.example",
        "where": "1/vpc-1",
        "verdict": "ok",
        "reason": "",
        "fix": "",
        "outward": "none",
    },
    {
        "kind": "method",
        "id": "DELETE",
        "where": "2",
        "verdict": "refused",
        "reason": "/ has no method DELETE; it has GET [and no other], which is a reason that is longer than a line",
        "fix": "",
        "outward": "403",
    },
]
EXPLAINED = {
    "hops": HOPS,
    "decisions": [],
    "notes": ["a note [x]"],
    "cause": "method DELETE: / has no method DELETE",
    "fix": "aws do this",
    "behind": [],
    "status": 403,
    "outward": '403 {"message":"Forbidden"}',
}


def run(*words: str) -> int:
    """The exit code of `innergate WORDS`."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    code = ended.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INNERGATE_STATE", str(tmp_path / "s"))
    return tmp_path / "s"


def test_without_a_platform_a_command_says_how_to_start_one(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status") == 3
    assert f"innergate up --state {state}" in capsys.readouterr().err


def test_env_prints_lines_that_a_shell_reads(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers = {("GET", "/accounts/shop/environment"): {"environment": {"AWS_REGION": "us-east-1", "ODD": "a b'c"}}}
    with serve_control(state, answers):
        assert run("env", "shop") == 0
    assert capsys.readouterr().out == "export AWS_REGION=us-east-1\nexport ODD='a b'\"'\"'c'\n"


def test_a_refusal_of_control_is_printed_as_it_is(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refusal = {("GET", "/accounts/x/environment"): {"ok": False, "message": "there is no account 'x' [really]"}}
    with serve_control(state, refusal):
        assert run("env", "x") == 1
    assert "there is no account 'x' [really]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "id", "says"),
    [
        ("new", "12", "12 digits"),
        ("new", "111122223333", "there is an account shop (111122223333) already"),
        ("shop", "999900001111", "there is an account shop (111122223333) already"),
        ("shop", "444455556666", "there is an account shop (111122223333) already"),
    ],
)
def test_an_account_that_would_clash_is_refused_before_control_is_asked(
    state: Path, capsys: pytest.CaptureFixture[str], name: str, id: str, says: str
) -> None:
    with serve_control(state, {("GET", "/accounts"): ACCOUNTS}) as asked:
        assert run("account", "add", name, "--id", id) == 1
    assert says in capsys.readouterr().err
    assert "POST" not in {call.method for call in asked}


def test_an_account_is_made_with_its_name_and_id(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answers: Answers = {
        ("GET", "/accounts"): ACCOUNTS,
        ("POST", "/accounts"): {"id": "777788889999", "name": "new", "made": True},
    }
    with serve_control(state, answers) as asked:
        assert run("account", "add", "new", "--id", "777788889999") == 0
    assert asked[-1] == Asked("POST", "/accounts", {"name": "new", "id": "777788889999"})
    assert capsys.readouterr().out.split() == ["777788889999", "new", "made"]


def test_status_counts_and_shows_refusals(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve_control(state, {("GET", "/status"): STATUS, ("GET", "/workloads"): {"workloads": []}}):
        assert run("status") == 0
    said = capsys.readouterr().out
    assert "everything serves" in said
    assert "1 account, 2 VPCs, 1 API, 0 hosts" in said
    assert "envoy refused listeners/x: no [such] thing" in said
    assert "3 parts left out" in said


def test_status_is_1_while_not_everything_serves(state: Path) -> None:
    answers: Answers = {("GET", "/status"): {**STATUS, "ready": False}, ("GET", "/workloads"): {"workloads": []}}
    with serve_control(state, answers):
        assert run("status", "--json") == 1


def test_status_asks_again_while_it_may_wait(state: Path) -> None:
    answers: Answers = {("GET", "/status"): ({**STATUS, "ready": False}, STATUS)}
    with serve_control(state, answers) as asked:
        assert run("status", "--wait", "60", "--json") == 0
    assert len(asked) == 2


def test_simulate_sends_headers_and_exits_1_for_what_does_not_work(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("simulate", "DELETE", "https://a.example/", "--from", "shop", "--header", "x-a:  b: c", "--header", "y: z")
    with serve_control(state, {("POST", "/simulate"): EXPLAINED}) as asked:
        assert run(*words) == 1
    assert asked[0].body["headers"] == {"x-a": "b: c", "y": "z"}
    said = capsys.readouterr().out
    assert "does not work: method DELETE: / has no method DELETE; it has GET [and no other]" in said
    assert '\n  the caller sees: HTTP 403 {"message":"Forbidden"}\n' in said
    assert "note: a note [x]" in said


def test_a_header_without_a_colon_is_refused(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("simulate", "GET", "https://a.example/", "--header", "foo") == 2
    assert "--header wants 'name: value'; got 'foo'" in capsys.readouterr().err


def test_json_is_the_answer_itself(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve_control(state, {("POST", "/path"): {**EXPLAINED, "cause": ""}}) as asked:
        assert run("path", "abc", "--from", "shop", "--json") == 0
    assert asked == [Asked("POST", "/path", {"target": "abc", "from_vpc": "shop"})]
    assert json.loads(capsys.readouterr().out)["hops"] == HOPS


def test_diagnostics_are_a_line_each_and_their_fix(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = {"subject": "stage/a/dev", "code": "Unreachable", "message": "ANY / answers 504", "severity": "error"}
    warning = {"subject": "stage/a/dev", "code": "Inexact", "message": "a note [x]", "severity": "warning"}
    found = [{**stage, "fix": "aws do this"}, {**warning, "fix": ""}]
    with serve_control(state, {("GET", "/diagnostics"): {"diagnostics": found}}):
        assert run("diagnostics") == 0
    assert capsys.readouterr().out.splitlines() == [
        "✗ stage/a/dev  Unreachable: ANY / answers 504",
        "  fix: aws do this",
        "! stage/a/dev  Inexact: a note [x]",
    ]


def test_a_diagnostics_fix_says_as_whom(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = {"subject": "s", "code": "C", "message": "m", "severity": "error", "fix": "aws do this", "fix_by": "12"}
    with serve_control(state, {("GET", "/diagnostics"): {"diagnostics": [found], "names": {"12": "shop"}}}):
        assert run("diagnostics") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "  fix (as shop): aws do this"


def test_no_diagnostics_are_told_so(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve_control(state, {("GET", "/diagnostics"): {"diagnostics": []}}):
        assert run("diagnostics") == 0
    assert capsys.readouterr().out == "nothing was left out\n"


def shown(width: int, answer: dict[str, Any]) -> list[str]:
    out = Console(width=width, highlight=False, color_system=None)
    with out.capture() as captured:
        print_hops(out, answer)
    return [line.rstrip() for line in captured.get().splitlines()]


def test_wide_consoles_get_a_table_and_narrow_ones_lines() -> None:
    wide, narrow = shown(200, EXPLAINED), shown(80, EXPLAINED)
    assert wide[0].split() == ["#", "hop", "id", "where", "verdict"]
    assert wide[2].startswith("2  method  DELETE")
    assert narrow[:4] == [
        "1/vpc-1",
        "  ✓  1 name             a.example",
        "2",
        "  ✗  2 method           DELETE",
    ]
    assert " ".join(" ".join(narrow[4:6]).split()) == HOPS[1]["reason"]
    assert wide[-3:] == [
        f"does not work: method DELETE: {HOPS[1]['reason']}",
        '  the caller sees: HTTP 403 {"message":"Forbidden"}',
        "  fix: aws do this",
    ]


def test_accounts_and_networks_have_the_names_that_people_gave_them() -> None:
    """And a fix says as whom it is typed in."""
    answer = {**EXPLAINED, "names": {"1": "shop", "vpc-1": "front"}, "fix_by": "1", "behind": [{**HOPS[1], "fix": "b"}]}
    wide, narrow = shown(200, answer), shown(80, answer)
    assert wide[1].split() == ["1", "name", "a.example", "shop/front", "✓"]
    assert narrow[0] == "shop/front  1/vpc-1"
    assert narrow[2] == "2", "an account without a name"
    assert wide[-3] == "  fix (as shop): aws do this"
    assert wide[-1] == "  fix: b"


def test_a_hop_that_says_nothing_is_one_line_however_narrow() -> None:
    hop = {**HOPS[0], "id": "a-long-name.execute-api.us-east-1.amazonaws.com"}
    assert shown(40, {**EXPLAINED, "hops": [hop, hop]})[1:3] == [
        f"  ✓  1 name             {hop['id']}",
        f"  ✓  2 name             {hop['id']}",
    ]


@pytest.mark.parametrize(
    ("words", "given", "printed"),
    [
        (("render", "-", "--query", "a=1"), "$input.params('a')!", "1!"),
        (
            ("api", "report", "-"),
            '{"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": {}}',
            "/info/title",
        ),
    ],
)
def test_a_dash_is_standard_input(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    given: str,
    printed: str,
) -> None:
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(given.encode())))
    assert run(*words) == 0
    assert printed in capsys.readouterr().out


def test_an_arn_in_the_cause_is_as_short_as_in_its_row() -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/1"
    hop = {**HOPS[1], "kind": "target-health", "id": arn, "reason": "down"}
    lines = shown(200, {**EXPLAINED, "hops": [hop], "cause": f"target-health {arn}: down"})
    assert "does not work: target-health targetgroup/web/1: down" in lines


def test_what_would_refuse_next_is_told_with_its_fix() -> None:
    next_ones = [{**HOPS[1], "kind": "api-key", "id": "ANY /", "reason": "no key", "fix": "give one [now]"}, HOPS[1]]
    lines = shown(200, {**EXPLAINED, "behind": next_ones})
    assert lines[-3:-1] == ["then: api-key ANY /: no key", "  fix: give one [now]"]
    assert lines[-1].startswith("then: method DELETE: / has no method DELETE; it has GET [and no other]")


def test_the_fix_of_a_warning_is_told() -> None:
    warning = {**HOPS[1], "verdict": "warning", "reason": "half a way", "fix": "do [that]", "outward": "none"}
    lines = shown(200, {**EXPLAINED, "hops": [HOPS[0], warning, {**warning, "fix": ""}], "cause": "", "fix": ""})
    assert lines[-3:] == [
        "works: nothing stands in its way",
        "but: method DELETE: half a way",
        "  fix: do [that]",
    ]


def test_stop_takes_a_name_or_an_id(state: Path) -> None:
    answers: Answers = {
        ("GET", "/workloads"): {"workloads": [{"id": "wl-1", "name": "web"}, {"id": "wl-2", "name": "api"}]},
        ("DELETE", "/workloads/wl-2"): {},
    }
    with serve_control(state, answers) as asked:
        assert run("stop", "api") == 0
    assert [call.path for call in asked if call.method == "DELETE"] == ["/workloads/wl-2"]


def test_exec_without_a_command_says_so_before_it_makes_a_host(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("exec", "--vpc", "shop") == 2
    assert "say what to run" in capsys.readouterr().err


def test_a_taken_address_is_refused_before_anything_starts(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert run("up", "--listen", address) == 1
    assert f"cannot listen on {address}: Address already in use" in capsys.readouterr().err
    assert not state.exists()


def test_a_second_up_says_that_one_runs(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken, serve_control(state, {("GET", "/status"): STATUS}):
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert run("up", "--listen", f"127.0.0.1:{taken.getsockname()[1]}") == 1
    assert f"an Innergate runs on {state} already; innergate status shows it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says", "see"),
    [
        (("status", "extra", "[x]"), "there is no place for extra [x]", "innergate status --help"),
        (("simulat",), 'Did you mean "simulate"?', "innergate --help"),
        (("api", "dif", "a", "b"), 'Did you mean "diff"?', "innergate api --help"),
        (("simulate", "GET"), "parameter URL requires an argument", "innergate simulate --help"),
        (("up", "--auth", "none"), 'Invalid value "none" for --auth', "innergate up --help"),
    ],
)
def test_wrong_usage_is_a_complaint_like_every_other(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str, see: str
) -> None:
    assert run(*words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("innergate: ")
    assert says in said.err
    assert said.err.endswith(f"\nSee: {see}\n")


def test_help_has_the_commands_by_what_they_are_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    said = capsys.readouterr().out
    titles = ("Platform and accounts", "Hosts in VPCs", "Why a call works or fails", "More")
    assert sorted(titles, key=said.index) == list(titles)
    assert said.index("│ up ") < said.index("│ down ") < said.index("│ status ")


@pytest.mark.parametrize("command", ["run", "exec"])
def test_help_says_where_the_command_stands(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert run(command, "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: innergate {command} --vpc VPC [OPTIONS] -- COMMAND...\n")
    assert f"Example: innergate {command} --vpc shop " in said


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_the_commands(capsys: pytest.CaptureFixture[str], shell: str) -> None:
    assert run("completion", shell) == 0
    assert "simulate" in capsys.readouterr().out


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
