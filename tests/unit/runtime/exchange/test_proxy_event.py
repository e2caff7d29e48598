"""The event of a Lambda proxy integration, beside what the goldens show."""

from typing import Any

import pytest
from tests.unit.runtime.exchange.exchange_scripts import make_call, make_method, make_stage

from innergate.runtime.exchange.exchange_state import Circumstances, Exchange
from innergate.runtime.exchange.proxy_event import make_event


def event(**call: Any) -> dict[str, Any]:
    method = make_method({"path": "/{proxy+}", "integration": {"type": "AWS_PROXY"}})
    return make_event(Exchange(make_stage(), method, make_call(call), Circumstances()))


@pytest.mark.parametrize(
    ("mount", "path", "wanted", "wanted_context"),
    [
        (None, "/dev/a/b", "/a/b", "/dev/a/b"),
        ("/base", "/dev/a/b", "/base/a/b", "/base/a/b"),
        ("", "/dev/a/b", "/a/b", "/a/b"),
    ],
)
def test_paths_under_a_domain_name_of_ones_own(mount: str | None, path: str, wanted: str, wanted_context: str) -> None:
    made = event(path=path, mount=mount)
    assert (made["path"], made["requestContext"]["path"]) == (wanted, wanted_context)
    assert made["pathParameters"] == {"proxy": "a/b"}


def test_what_a_proxy_said_of_the_client_stays() -> None:
    headers = event(path="/dev/a", headers={"x-forwarded-for": "1.2.3.4", "x-amzn-trace-id": "Root=1-2-3"})["headers"]
    assert headers["x-forwarded-for"] == "1.2.3.4"
    assert headers["x-amzn-trace-id"] == "Root=1-2-3"
    assert "X-Forwarded-For" not in headers


def test_what_belongs_to_the_connection_or_to_a_signature_is_not_shown() -> None:
    headers = {
        "Connection": "close",
        "TE": "trailers",
        "Authorization": "AWS4-HMAC-SHA256 Credential=x",
        "X-Amz-Date": "d",
    }
    assert {"X-Amz-Date"} == {
        n for n in event(path="/dev/a", headers=headers)["headers"] if not n.startswith("X-F")
    } - {"X-Amzn-Trace-Id"}
    assert event(path="/dev/a", headers={"Authorization": "Bearer x"})["headers"]["Authorization"] == "Bearer x"


def test_a_key_is_in_the_identity() -> None:
    identity = event(path="/dev/a", api_key_id="k1", headers={"x-api-key": "v"})["requestContext"]["identity"]
    assert (identity["apiKeyId"], identity["apiKey"]) == ("k1", "v")
    assert identity["userAgent"] is None
