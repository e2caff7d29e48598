"""How an answer is judged."""

from typing import Any

import pytest

from innergate.testing.chaos_client import judge

LINK: dict[str, Any] = {"name": "link", "status": 200, "echo": "path", "backends": ["pod-a"]}
CLOSED: dict[str, Any] = {**LINK, "name": "closed", "status": 403}


@pytest.mark.parametrize(
    ("lane", "status", "body", "wanted"),
    [
        (LINK, 200, '{"backend": "pod-a", "path": "/x/7"}', "ok"),
        (LINK, 200, '{"backend": "pod-a", "path": "/x/8"}', "wrong"),
        (LINK, 200, '{"backend": "other", "path": "/x/7"}', "wrong"),
        (LINK, 200, "hello", "wrong"),
        (LINK, 500, '{"message": "Internal server error"}', "failed"),
        (LINK, 403, "", "failed"),
        (CLOSED, 403, '{"Message": "not authorized"}', "ok"),
        (CLOSED, 200, '{"backend": "pod-a"}', "open"),
        (CLOSED, 404, '{"backend": "pod-a"}', "open"),
        (CLOSED, 503, "", "failed"),
    ],
)
def test_answers(lane: dict[str, Any], status: int, body: str, wanted: str) -> None:
    assert judge(lane, 7, status, body)[0] == wanted
