"""Lines of Envoy's access log become records, whatever a client or a killed process put into them."""

from typing import Any

import pytest

from innergate.observe.access_records import read_record
from innergate.testing.access_records import line_of

RECORD: dict[str, Any] = {
    "logGroup": "arn:aws:logs:us-east-1:111122223333:log-group:g",
    "apiId": "abc123",
    "stage": "test",
    "resourceId": "res1",
    "resourcePath": '/"\\{proxy+}',
    "requestId": "b2c8f7d2-8a1e-4a3c-9d4f-0123456789ab",
    "status": 200,
    "responseLength": 17,
    "identity.userAgent": '\t"{[%,] \\',
    "path": "/test/foo/bar",
    "domainName": "abc123.execute-api.us-east-1.amazonaws.com",
}


def test_a_line_says_what_the_record_said() -> None:
    record = read_record(line_of(RECORD).encode())
    assert record is not None
    assert {name: record[name] for name in RECORD} == RECORD
    assert record["integrationLatency"] is None
    assert record["errorType"] is None


def test_bytes_that_are_no_utf_8_spoil_nothing_else() -> None:
    line = line_of(RECORD | {"identity.userAgent": "AGENT"}).encode().replace(b"AGENT", b"a\xffb")
    record = read_record(line)
    assert record is not None
    assert (record["identity.userAgent"], record["status"]) == ("a\ufffdb", 200)


def test_a_name_with_slashes_and_spaces_does_not_move_the_path() -> None:
    line = line_of(RECORD).replace("private.r|x.suffix", "private.r|x.suffix/y / z")
    record = read_record(line.encode())
    assert record is not None
    assert (record["path"], record["domainName"]) == (RECORD["path"], RECORD["domainName"])


def test_a_wildcard_names_scope_tells_host_and_path() -> None:
    scope = "domain|us-east-1:*,wild,example|.one.wild.example./-/. /a.b/c/ one.wild.example"
    record = read_record(line_of(RECORD | {"scope": scope}).encode())
    assert record is not None
    assert (record["path"], record["domainName"]) == ("/a.b/c", "one.wild.example")


def test_the_public_side_has_the_host_in_its_key() -> None:
    line = line_of(RECORD | {"scope": "public|abc123.execute-api.us-east-1.amazonaws.com/test/foo"})
    record = read_record(line.encode())
    assert record is not None
    assert (record["path"], record["domainName"]) == ("/test/foo", "abc123.execute-api.us-east-1.amazonaws.com")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        line_of(RECORD)[:-40].rpartition("\r")[0],
        line_of(RECORD).partition("\r")[2],
        line_of(RECORD | {"status": "many"}),
        line_of(RECORD).replace('["arn', '[["arn', 1),
        line_of(RECORD).replace('","abc123"', "", 1),
    ],
)
def test_what_is_no_line_is_no_record(line: str) -> None:
    assert read_record(line.encode()) is None


def test_who_left_before_the_answer_has_an_id_all_the_same() -> None:
    gone = {name: value for name, value in RECORD.items() if name != "requestId"} | {"status": 0}
    first, second = (read_record(line_of(gone).encode()) for _ in range(2))
    assert first is not None
    assert second is not None
    assert len(str(first["requestId"])) == 36
    assert len(str(first["extendedRequestId"])) == 16
    assert first["requestId"] != second["requestId"]


def test_an_id_that_others_were_told_is_the_one_of_the_line() -> None:
    gone = {name: value for name, value in RECORD.items() if name != "requestId"}
    record = read_record(line_of(gone | {"earlyRequestId": RECORD["requestId"]}).encode())
    assert record is not None
    assert record["requestId"] == RECORD["requestId"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"integration.status":"200"}', {"integration.status": "200"}),
        ("{}", {}),
        ("[1]", {}),
        ('{"a":1}', {}),
        ("{", {}),
        (None, None),
    ],
)
def test_what_a_worker_told_is_an_object_or_nothing(text: str | None, told: dict[str, str] | None) -> None:
    record = read_record(line_of(RECORD | {"runtime": text}).encode())
    assert record is not None
    assert record["runtime"] == told
