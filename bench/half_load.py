"""What a proxy adds to an answer's time when it is half busy: the same constant rate for it and for its peer."""

from functools import partial
from statistics import median

from bench.effort import Effort
from bench.figures import Figure, compared
from bench.load import Target
from bench.open_loop import run_open_loop
from bench.rounds import spread, take_rounds

CONNECTIONS = 48


def measure_half_load(
    own: tuple[str, Target], peer: tuple[str, Target], most_per_s: float, effort: Effort, part: str
) -> list[Figure]:
    """Both (name, target) get half of `most_per_s`, by open loop; latencies count from when a request was due."""
    rate = max(most_per_s / 2, 1.0)
    seconds = max(effort.seconds, 1.0)
    measures = {name: partial(run_open_loop, target, rate, seconds, CONNECTIONS) for name, target in (own, peer)}
    note = effort.note(f"{own[0]} / {peer[0]}: {rate:.0f} requests a second", effort.rounds)
    found = take_rounds(measures, effort.rounds, note)
    figures = [Figure(name="half_load_rate", value=rate, unit="req/s", part=part)]
    for percent in ("p50", "p99"):
        ours, theirs = ([getattr(arrivals, f"{percent}_ms") for arrivals in found[name]] for name, _ in (own, peer))
        added = [a - b for a, b in zip(ours, theirs, strict=True)]
        figures += [
            compared(f"latency_{percent}_half_load", ours, peer[0], theirs, "ms", part),
            Figure(
                name=f"added_latency_{percent}",
                value=median(added),
                unit="ms",
                part=part,
                peer=peer[0],
                spread=abs(spread(added)),
            ),
        ]
    return figures
