"""The part `scale`: what a start, a change and an API cost with few APIs and with many, each of ten routes, under load.

The peer of each size is the smallest one of the same run: flat is 1.
"""

from statistics import median

from bench.effort import Effort, Unavailable
from bench.figures import Figure
from bench.rig import need
from bench.rounds import spread
from bench.scale import Figures, percentile
from bench.scale import measure as measure_size
from innergate.driver.platform import RunningPlatform

PART = "scale"
ROUTES = 10


def measure(effort: Effort) -> list[Figure]:
    """The figures. Raises Unavailable."""
    need("ip")
    if not effort.apis or min(effort.apis) < 2:
        raise Unavailable("a configuration of fewer than two APIs says nothing")
    sizes: dict[int, Figures] = {}
    said = f"{' / '.join(map(str, effort.apis))} APIs of {ROUTES} routes, {effort.changes} changes each"
    note = effort.note(said, len(effort.apis))
    for number, apis in enumerate(effort.apis):
        note(number)
        with RunningPlatform(concurrency=1) as platform:
            sizes[apis] = measure_size(platform, apis, ROUTES, effort.changes)
    smallest, largest = min(sizes), max(sizes)
    figures = [
        _figure(
            "change_live_p99_ms",
            percentile(sizes[largest].live_s, 0.99) * 1000,
            "ms",
            f"{smallest}_apis",
            percentile(sizes[smallest].live_s, 0.99) * 1000,
            spread(sizes[largest].live_s),
        ),
        _figure("failed_during_changes", sum(found.load.failed for found in sizes.values()), "requests"),
        _figure("requests_during_changes", sum(found.load.requests for found in sizes.values()), "requests"),
    ]
    for apis, found in sizes.items():
        figures += _of_size(apis, found, sizes[smallest], f"{smallest}_apis" if apis != smallest else "")
    return figures


def _of_size(apis: int, found: Figures, least: Figures, peer: str) -> list[Figure]:
    live, peers = found.live_s, least.live_s
    return [
        _figure(f"start_{apis}_apis", found.start_s, "s", peer, least.start_s),
        _figure(f"first_start_{apis}_apis", found.first_start_s, "s", peer, least.first_start_s),
        _figure(
            f"change_live_p50_{apis}_apis", median(live) * 1000, "ms", peer, median(peers) * 1000, spread(found.live_s)
        ),
        _figure(
            f"change_live_p99_{apis}_apis",
            percentile(live, 0.99) * 1000,
            "ms",
            peer,
            percentile(peers, 0.99) * 1000,
            spread(found.live_s),
        ),
        _figure(f"envoy_kib_per_api_{apis}_apis", found.envoy_per_api_kib, "KiB"),
        _figure(f"control_kib_per_api_{apis}_apis", found.control_per_api_kib, "KiB"),
        _figure(f"control_mib_{apis}_apis", found.control_kib / 1024, "MiB", peer, least.control_kib / 1024),
        _figure(f"agent_mib_{apis}_apis", found.agent_kib / 1024, "MiB", peer, least.agent_kib / 1024),
    ]


def _figure(name: str, value: float, unit: str, peer: str = "", peers: float = 0.0, width: float = 0.0) -> Figure:
    ratio = value / peers if peer and peers else None
    return Figure(name=name, value=value, unit=unit, part=PART, peer=peer, ratio=ratio, spread=width)
