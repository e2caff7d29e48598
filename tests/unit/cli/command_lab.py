"""What control answers in these tests, and a command run against it."""

from typing import Any

import pytest

from innergate.cli.main import main

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
