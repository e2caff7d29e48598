"""Commands against a control socket that answers from a table: what they ask, print and exit with."""

import json
import socket
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.unit.cli.command_lab import EXPLAINED, HOPS, STATUS, run
from tests.unit.cli.control_stand_in import Answers, Asked, serve_control

from innergate.cli.explain import print_hops

ACCOUNTS = {
    "accounts": [
        {"id": "111122223333", "name": "shop", "email": "a@b", "management": True},
        {"id": "444455556666", "name": "other", "email": "c@d", "management": False},
    ]
}


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


def test_a_host_of_any_name_is_asked_for_by_it(state: Path) -> None:
    with serve_control(state, {("GET", "/workloads"): {"workloads": []}, ("DELETE", "/workloads/a%20b"): {}}) as asked:
        assert run("stop", "a b") == 0
    assert asked[-1].path == "/workloads/a%20b"


@pytest.mark.parametrize("words", [("env", ""), ("stop", ""), ("api", "diff", "", "dev")])
def test_an_empty_name_is_wrong_usage(state: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    with serve_control(state, {}) as asked:
        assert run(*words) == 2
    assert not asked
    assert "is empty" in capsys.readouterr().err


def test_a_source_that_is_no_address_is_wrong_usage(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("simulate", "GET", "abc123", "--source", "shop") == 2
    assert "--source wants an address, as in 10.0.1.20; got 'shop'" in capsys.readouterr().err


def test_env_keeps_calls_of_the_platform_from_a_proxy(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    answers = {("GET", "/accounts/shop/environment"): {"environment": {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}}}
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    with serve_control(state, answers):
        assert run("env", "shop") == 0
        assert "export NO_PROXY=127.0.0.1\nexport no_proxy=127.0.0.1\n" in capsys.readouterr().out
        monkeypatch.setenv("NO_PROXY", "example.com,127.0.0.1")
        assert run("env", "shop") == 0
        assert "export NO_PROXY=example.com,127.0.0.1\n" in capsys.readouterr().out


def test_a_terminal_that_lacks_a_sign_shows_something_else(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = BytesIO()
    shown = TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", shown)
    with serve_control(state, {("POST", "/path"): EXPLAINED}):
        assert run("path", "x") == 1
    shown.flush()
    assert b"vpc-1  ?" in raw.getvalue()
