"""API Gateway's metrics from Envoy's short lines: counted by stage, resource and minute (aws-semantics.md, 9.1)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from innergate.compile.emit.envoy.access_logs import NOTHING, ROUTE_FIELDS, SEPARATOR
from innergate.compile.emit.envoy.metric_lines import METRIC_FIELDS

_FIELDS = len(METRIC_FIELDS)
PERIOD_S = 60


class Place(NamedTuple):
    """Where requests went in a minute. `resource` and `verb` are "" where the route does not tell the resource."""

    stage_id: str
    resource: str
    verb: str
    minute_s: int


class Tally(NamedTuple):
    """The requests of a place: how many, of them with 4xx and 5xx, and times in milliseconds with how often each was seen."""

    requests: int
    client_errors: int
    server_errors: int
    latencies: "Counter[float]"
    integration_latencies: "Counter[float]"


def count_lines(lines: Iterable[bytes]) -> dict[Place, Tally]:
    """What the lines say; a line that is none (a process that was killed may leave half a one) says nothing, and so does one
    of a request that met no stage."""
    tallies: dict[Place, Tally] = {}
    for line, times in Counter(lines).items():
        fields = line.decode("utf-8", "replace").split(SEPARATOR)
        place = _place(fields)
        if place is None or not (fields[2].isdigit() and fields[3].isdigit()):
            continue
        status, latency = int(fields[2]), float(fields[3])
        known = tallies.get(place) or Tally(0, 0, 0, Counter(), Counter())
        known.latencies[latency] += times
        if fields[4].isdigit():
            known.integration_latencies[float(fields[4])] += times
        tallies[place] = Tally(
            known.requests + times,
            known.client_errors + (times if 400 <= status < 500 else 0),
            known.server_errors + (times if status >= 500 else 0),
            known.latencies,
            known.integration_latencies,
        )
    return tallies


def _place(fields: Sequence[str]) -> Place | None:
    if len(fields) != _FIELDS or not fields[5].isdigit() or fields[0] == NOTHING:
        return None
    minute_s = int(fields[5]) // PERIOD_S * PERIOD_S
    name = fields[0]
    if not name.startswith("["):
        return Place(name, "", "", minute_s) if name.count("/") == 1 else None
    try:
        told = dict(zip(ROUTE_FIELDS, msgspec.json.decode(name, type=tuple[str, ...]), strict=False))
    except msgspec.DecodeError:
        return None
    resource = told.get("resourcePath", "")
    stage_id = f"{told.get('apiId', '')}/{told.get('stage', '')}"
    return Place(stage_id, resource, fields[1] if resource else "", minute_s)
