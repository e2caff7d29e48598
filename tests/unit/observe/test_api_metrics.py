"""Short lines become counts by stage, resource and minute; what is no line counts nothing."""

import pytest

from innergate.compile.emit.envoy.access_logs import logged_route_name
from innergate.compile.emit.envoy.file_logs import NOTHING, SEPARATOR
from innergate.observe.api_metrics import Place, count_lines

DETAILED = logged_route_name("", "abc123", "test", "res1", "/pets/{id}")


def line(
    route: str = "abc123/test", status: str = "200", latency: str = "12", integration: str = "9", cache: str = NOTHING
) -> bytes:
    return SEPARATOR.join((route, "GET", status, latency, integration, "1767225659", cache)).encode()


def test_requests_of_a_minute_are_counted_together() -> None:
    ((place, tally),) = count_lines(
        [line(), line(), line(status="404", integration=NOTHING), line(status="503")]
    ).items()
    assert place == Place("abc123/test", "", "", 1767225600)
    assert (tally.requests, tally.client_errors, tally.server_errors) == (4, 1, 1)
    assert tally.latencies == {12.0: 4}
    assert tally.integration_latencies == {9.0: 3}


def test_routes_that_name_a_resource_tell_it() -> None:
    places = set(count_lines([line(DETAILED), line()]))
    assert places == {
        Place("abc123/test", "/pets/{id}", "GET", 1767225600),
        Place("abc123/test", "", "", 1767225600),
    }


def test_what_a_cache_said_is_counted() -> None:
    said = [line(cache="hit"), line(cache="hit"), line(cache="miss"), line(), line(cache="else")]
    ((_, tally),) = count_lines(said).items()
    assert (tally.requests, tally.hits, tally.misses) == (5, 2, 1)


def test_a_line_from_before_caches_were_counted_is_one() -> None:
    ((_, tally),) = count_lines([line().rpartition(SEPARATOR.encode())[0]]).items()
    assert (tally.requests, tally.hits, tally.misses) == (1, 0, 0)


def test_a_client_that_left_counts_as_a_request() -> None:
    ((_, tally),) = count_lines([line(status="0", integration=NOTHING)]).items()
    assert (tally.requests, tally.client_errors, tally.server_errors) == (1, 0, 0)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        line(NOTHING),
        line("nostage"),
        line("["),
        line(status="x"),
        line(latency=NOTHING),
        line()[:-14],
        line(cache="hit\rmiss"),
        b"\xff\r\r\r\r\r",
    ],
)
def test_what_is_no_line_counts_nothing(bad: bytes) -> None:
    assert count_lines([bad]) == {}
