"""The SigV4 test suite: canonical request, string to sign and signature, in the header and in the query.

The suite lives beside the repository (`../shared/reference/sigv4`); where that folder is not, the tests say so and are skipped.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.wire_oracle.test_round_trips import read_ratchet

from innergate.wire import sigv4
from innergate.wire.canonical import canonical_request
from innergate.wire.http import HttpRequest, make_request

ROOT = Path(__file__).parents[3] / "shared" / "reference" / "sigv4"
WAIVED = read_ratchet(Path(__file__).parents[1] / "ratchets" / "wire_sigv4_suite.txt")
NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


def _cases() -> list[Any]:
    found = [
        pytest.param(path, kind, id=f"{path.name}-{kind}")
        for path in sorted(ROOT.glob("*"))
        if path.is_dir()
        for kind in ("header", "query")
        if (path / f"{kind}-signed-request.txt").exists()
    ]
    return found or [pytest.param(ROOT, "absent", marks=pytest.mark.skip(f"the suite is not at {ROOT}"))]


def read_request(path: Path) -> HttpRequest:
    """A request as the suite writes it: a request line, `Name:value` headers, an empty line, a body."""
    head, _, body = path.read_bytes().partition(b"\n\n")
    lines = head.split(b"\n")
    method, _, rest = lines[0].partition(b" ")
    target = rest.rpartition(b" ")[0]
    headers: list[tuple[bytes, bytes]] = []
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t"):
            name, value = headers[-1]
            headers[-1] = (name, value + b" " + line.strip())
        elif line:
            name, _, value = line.partition(b":")
            headers.append((name, value))
    raw_path, _, query = target.partition(b"?")
    return make_request(method.decode(), raw_path, query, headers, body)


def _check(case: Path, kind: str) -> None:
    context = json.loads((case / "context.json").read_text())
    request = read_request(case / f"{kind}-signed-request.txt")
    claim = sigv4.parse_claim(request)
    assert claim is not None
    skip = "X-Amz-Signature" if kind == "query" else ""
    canonical = canonical_request(request, claim.signed_headers, normalise=context["normalize"], skip=skip)
    assert canonical == (case / f"{kind}-canonical-request.txt").read_text()
    text = sigv4.string_to_sign(claim, canonical)
    assert text == (case / f"{kind}-string-to-sign.txt").read_text()
    secret = context["credentials"]["secret_access_key"]
    assert (
        sigv4.sign_text(text, secret, claim) == (case / f"{kind}-signature.txt").read_text().strip() == claim.signature
    )
    if context["normalize"]:
        sigv4.verify(claim, request, secret, NOW)


@pytest.mark.parametrize(("case", "kind"), _cases())
def test_suite(case: Path, kind: str) -> None:
    key = f"{case.name}/{kind}"
    if key not in WAIVED:
        _check(case, kind)
        return
    with pytest.raises(AssertionError):
        _check(case, kind)
