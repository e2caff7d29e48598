"""Both scenarios by Terraform: built, unchanged by a second plan, called, and gone without a trace."""

import pytest
from tests.e2e.clients.terraform_run import OURS, SHARED_ONE, Report, TerraformRun
from tests.e2e.clients.tools import need_terraform

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module", params=[OURS, SHARED_ONE], ids=["ours", "shared"])
def report(request: pytest.FixtureRequest, terraform_runs: dict[str, TerraformRun]) -> Report:
    """What happened to a configuration."""
    need_terraform()
    if not request.param.folder.is_dir():
        pytest.skip(f"{request.param.name} is not beside this repository; ours is tested")
    report = terraform_runs[request.param.name].report()
    print(f"{request.param.name}: {report.seconds}")
    return report


def test_a_second_plan_is_empty(report: Report) -> None:
    assert report.plan_code == 0, report.plan_text[-6000:]


@pytest.mark.parametrize(
    ("what", "backends", "path"),
    [
        ("root", ("pod-a", "pod-b"), "/"),
        ("path", ("pod-a", "pod-b"), "/foo/bar?x=1"),
        ("other root", ("other-host",), "/"),
        ("other path", ("other-host",), "/foo/bar?x=1"),
    ],
)
def test_the_backends_answer_in_the_consumers_network(
    report: Report, what: str, backends: tuple[str, ...], path: str
) -> None:
    call = report.call(what)
    assert call.outcome == 200, call
    assert call.backend in backends
    assert call.seen_path == path


def test_who_has_no_key_is_refused(report: Report) -> None:
    call = report.call("without key")
    assert call.outcome == 403, call
    assert call.answer["body"] == '{"message":"Forbidden"}'


def test_a_preflight_is_answered_by_the_mock(report: Report) -> None:
    call = report.call("preflight")
    assert call.outcome == 200, call
    assert call.answer["headers"]["access-control-allow-origin"] == "*"


def test_nobody_outside_the_consumers_network_finds_the_api(report: Report) -> None:
    assert report.call("outside").outcome == "no such name"


def test_destroy_leaves_nothing_behind(report: Report) -> None:
    assert report.left == {}
