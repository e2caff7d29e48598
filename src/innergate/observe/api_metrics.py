"""API Gateway's metrics from Envoy's short lines: counted by stage, resource and minute (aws-semantics.md, 9.1)."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple, final

from innergate.compile.emit.envoy.file_logs import NOTHING, SEPARATOR
from innergate.compile.emit.envoy.metric_lines import METRIC_FIELDS
from innergate.observe.route_names import read_route_name
from innergate.plans.runtime import CACHE_ANSWERS

_FIELDS = len(METRIC_FIELDS)
_FIELDS_BEFORE = _FIELDS - 1
"""Of lines of an Envoy that was configured before caches were counted."""
_SEPARATOR = SEPARATOR.encode()
_HIT, _MISS = (answer.encode() for answer in CACHE_ANSWERS)
PERIOD_S = 60


class Place(NamedTuple):
    """Where requests went in a minute: to a stage, `<api>/<stage>`, or to a function URL, whose id is `url_id`. `resource` and
    `verb` are "" where the route does not tell the resource."""

    stage_id: str
    resource: str
    verb: str
    minute_s: int
    url_id: str = ""


@final
class Tally:
    """The requests of a place: how many, of them with 4xx and 5xx, answered by the stage's cache (hits) and not by it though
    asked (misses), and times in milliseconds with how often each was seen."""

    __slots__ = (
        "client_errors",
        "hits",
        "integration_latencies",
        "latencies",
        "misses",
        "requests",
        "server_errors",
    )

    def __init__(self) -> None:
        self.requests = self.client_errors = self.server_errors = self.hits = self.misses = 0
        self.latencies: dict[float, int] = {}
        self.integration_latencies: dict[float, int] = {}

    def add(self, status: int, latency: int, integration_latency: int | None, times: int) -> None:
        """Requests that were all the same."""
        self.requests += times
        self.latencies[latency] = self.latencies.get(latency, 0) + times
        if integration_latency is not None:
            known = self.integration_latencies
            known[integration_latency] = known.get(integration_latency, 0) + times
        if status >= 500:
            self.server_errors += times
        elif status >= 400:
            self.client_errors += times

    def add_cache_answer(self, answer: bytes, times: int) -> None:
        """What the stage's cache said to that many requests."""
        if answer == _HIT:
            self.hits += times
        elif answer == _MISS:
            self.misses += times


def count_lines(lines: Iterable[bytes]) -> dict[Place, Tally]:
    """What the lines say; a line that is none (a process that was killed may leave half a one) says nothing, and so does one
    of a request that met no stage."""
    tallies: dict[Place, Tally] = {}
    known: dict[tuple[bytes, bytes, bytes], Tally | None] = {}
    for line, times in Counter(lines).items():
        fields = line.split(_SEPARATOR)
        if not _FIELDS_BEFORE <= len(fields) <= _FIELDS or not (fields[2].isdigit() and fields[3].isdigit()):
            continue
        where = fields[0], fields[1], fields[5]
        if where not in known:
            place = _place(*(field.decode("utf-8", "replace") for field in where))
            known[where] = tallies.setdefault(place, Tally()) if place is not None else None
        tally = known[where]
        if tally is not None:
            integration = int(fields[4]) if fields[4].isdigit() else None
            tally.add(int(fields[2]), int(fields[3]), integration, times)
            if len(fields) == _FIELDS:
                tally.add_cache_answer(fields[6], times)
    return tallies


def _place(name: str, verb: str, at_s: str) -> Place | None:
    if not at_s.isdigit() or name == NOTHING:
        return None
    minute_s = int(at_s) // PERIOD_S * PERIOD_S
    route = read_route_name(name)
    if route is None:
        return None
    if route.url_id:
        return Place("", "", "", minute_s, route.url_id)
    resource = route.resource_path
    return Place(f"{route.api_id}/{route.stage}", resource, verb if resource else "", minute_s)
