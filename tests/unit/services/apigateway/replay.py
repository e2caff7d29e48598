"""Replays recorded answers of AWS: runs calls, compares their answers with the recording, placeholders as wildcards."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, final

from tests.unit.services.apigateway.wired_client import WiredClient

from innergate.testing.services import ServiceHarness

RECORDED = Path(__file__).parent / "recorded" / "rest-api-control.json"
ACCOUNT = "111111111111"
_PLACEHOLDER = re.compile(r"<([a-z-]+:\d+|region|upper-id)>")


@final
class Replay:
    """One recorded case. `problems` collects "label: what differs"; `seen` the labels that were compared."""

    def __init__(self, harness: ServiceHarness, values: Mapping[str, Any]) -> None:
        self.harness = harness
        self._values = values
        self._client = WiredClient(harness, ACCOUNT)
        self._bound: dict[str, str] = {}
        self.seen: set[str] = set()
        self.problems: dict[str, str] = {}

    def run(self, operation: str, **params: Any) -> Any:
        """The operation's answer, or its error, as botocore reads it from the wire."""
        _, answer = self._client.call(operation, **params)
        return answer

    def call(self, label: str, operation: str, **params: Any) -> Any:
        """The same, compared with the recording's `label`."""
        status, answer = self._client.call(operation, **params)
        self.compare(label, answer)
        recorded = self._values[label].get("status")
        if recorded is not None and recorded != status:
            self.problems[label] = f"status {status} != {recorded}"
        return answer

    def compare(self, label: str, answer: Any) -> None:
        """Notes where `answer` differs from the recording."""
        self.seen.add(label)
        recorded = self._values[label].get("value", self._values[label])
        if isinstance(recorded, dict) and "Error" in recorded:
            recorded, answer = {"Error": recorded["Error"]}, {"Error": answer.get("Error")}
        difference = self._differs(recorded, answer, "")
        if difference:
            self.problems[label] = difference

    def unseen(self) -> set[str]:
        """Labels of the recording that no call was made for."""
        return set(self._values) - self.seen

    def _differs(self, recorded: Any, answer: Any, where: str) -> str:
        if recorded == "datetime":
            return "" if isinstance(answer, datetime) else f"{where}: no time but {answer!r}"
        if isinstance(recorded, dict):
            return self._mapping(recorded, answer, where)
        if isinstance(recorded, list):
            return self._list(recorded, answer, where)
        if isinstance(recorded, str):
            return self._text(recorded, answer, where)
        return "" if recorded == answer and type(recorded) is type(answer) else f"{where}: {answer!r} != {recorded!r}"

    def _mapping(self, recorded: dict[str, Any], answer: Any, where: str) -> str:
        if isinstance(answer, str):
            try:
                answer = json.loads(answer)
            except ValueError:
                return f"{where}: {answer!r} is no JSON"
        if not isinstance(answer, Mapping):
            return f"{where}: {answer!r} is no object"
        shown = {name: member for name, member in answer.items() if member is not None or name in recorded}
        if set(shown) != set(recorded):
            return f"{where}: members {sorted(shown)} != {sorted(recorded)}"
        return next(filter(None, (self._differs(recorded[n], shown[n], f"{where}/{n}") for n in recorded)), "")

    def _list(self, recorded: list[Any], answer: Any, where: str) -> str:
        """Listings of whole documents were sorted by their recorder, so their order says nothing."""
        if not isinstance(answer, list) or len(answer) != len(recorded):
            return f"{where}: {answer!r} has not {len(recorded)} entries"
        if not recorded or not isinstance(recorded[0], dict):
            pairs = enumerate(zip(recorded, answer, strict=True))
            return next(filter(None, (self._differs(r, a, f"{where}/{i}") for i, (r, a) in pairs)), "")
        left = list(answer)
        for index, wanted in enumerate(recorded):
            for candidate in left:
                before = dict(self._bound)
                difference = self._differs(wanted, candidate, f"{where}/{index}")
                if not difference:
                    left.remove(candidate)
                    break
                self._bound = before
            else:
                return f"{where}/{index}: none of {left!r} is {wanted!r}"
        return ""

    def _text(self, recorded: str, answer: Any, where: str) -> str:
        if not isinstance(answer, str):
            return f"{where}: {answer!r} != {recorded!r}"
        pattern, at, names = "", 0, []
        for hit in _PLACEHOLDER.finditer(recorded):
            pattern += re.escape(recorded[at : hit.start()])
            known = self._bound.get(hit[1])
            pattern += re.escape(known) if known is not None else "(.+?)"
            if known is None:
                names.append(hit[1])
            at = hit.end()
        found = re.fullmatch(pattern + re.escape(recorded[at:]), answer, re.DOTALL)
        if found is None:
            return f"{where}: {answer!r} != {recorded!r}"
        self._bound |= dict(zip(names, found.groups(), strict=True))
        return ""


def cases() -> dict[str, dict[str, Any]]:
    """Test name -> label -> recorded value, of every recorded case."""
    return {case["test"]: case["values"] for case in json.loads(RECORDED.read_text())["cases"]}
