"""Requests of any shape have the canonical form that botocore gives them."""

from typing import Any
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzzing import fuzzed

from innergate.wire.canonical import canonical_request
from innergate.wire.http import make_request

SAFE = "-_.~"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SEGMENTS = TEXT.map(lambda text: quote(text, safe=SAFE)) | st.sampled_from(
    ["", ".", "..", "%2F", "%2e%2E", "a%20b", "~", "%25"]
)
PATHS = st.lists(SEGMENTS, max_size=5).map(lambda parts: "/" + "/".join(parts))
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=5)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
HEADERS = st.dictionaries(st.sampled_from(["X-Amz-Target", "Content-Type", "X-Odd", "Accept-Language"]), VALUES)
SIGNER = SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "apigateway", "us-east-1")


@fuzzed(settings(max_examples=200, derandomize=True, database=None, deadline=None))
@given(st.sampled_from(["GET", "PUT", "DELETE"]), PATHS, PAIRS, HEADERS, st.binary(max_size=20))
def test_any_request_has_botocores_canonical_form(
    method: str, path: str, pairs: list[tuple[str, str]], headers: dict[str, str], body: bytes
) -> None:
    query = "&".join(f"{quote(name, safe=SAFE)}={quote(value, safe=SAFE)}" for name, value in pairs if name)
    url = f"http://127.0.0.1:4566{path}" + (f"?{query}" if query else "")
    request: Any = AWSRequest(method=method, url=url, data=body, headers={"Host": "127.0.0.1:4566", **headers})
    request.context["timestamp"] = "20260101T000000Z"
    wanted = SIGNER.canonical_request(request)
    signed = SIGNER.signed_headers(SIGNER.headers_to_sign(request)).split(";")
    seen = make_request(method, path, query, list(request.headers.items()), body)
    assert canonical_request(seen, tuple(signed)) == wanted
