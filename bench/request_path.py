"""The private path against a bare Envoy with a hand-written one-hop configuration, nginx and haproxy, in the same rounds.

TLS with keep-alive at the entry everywhere. The proxy under test has core 0 and one worker; wrk, the origin and the control
process, which reads the access log, share core 1. Rounds are short and the bare Envoy stands in each, so that a machine that
wobbles wobbles for both: what counts is the median of the rounds' ratios, with its spread. The machine's load is said, too.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from bench import peers
from bench.effort import Effort
from bench.figures import Figure
from bench.load import Load, Sample, Target, on_core, run_load
from bench.rig import ENTRY_ADDRESS, LOAD_CORE, Rig, inside, need, running_rig
from bench.rounds import compare, spread, take_rounds

PART = "request-path"
BARE, NGINX, HAPROXY = "bare_envoy", "nginx", "haproxy"
NO_LOG, LOG = "private_path_no_log", "private_path_log"

SHORT_S = 1.0
"""Of a measurement that is compared with its neighbours: the shortest that wrk can do."""

Samples = dict[str, list[Sample]]


def measure(effort: Effort) -> list[Figure]:
    """The figures. Raises Unavailable."""
    need("wrk", "nginx", "haproxy", "ip", "ss", "taskset")
    with running_targets() as targets:
        load = os.getloadavg()[0]
        few, short = max(effort.rounds // 3, 1), min(effort.seconds, SHORT_S)
        own = {name: targets[name] for name in (BARE, NO_LOG, LOG)}
        many = _take(own, Load(48, short), effort.rounds * 2, "1k")
        others = {name: targets[name] for name in (NO_LOG, NGINX, HAPROXY)}
        peers_many = _take(others, Load(48, short), few, "1k")
        pair = {name: targets[name] for name in (BARE, NO_LOG)}
        one = _take(pair, Load(1, short), effort.rounds, "1k")
        large = _take({**pair, NGINX: targets[NGINX]}, Load(16, effort.seconds), few, "1m")
    found = [*_throughput(many), *_peers(peers_many), *_cpu(many), *_latency(one), *_large(large)]
    return [*found, Figure(name="load_of_the_machine_before", value=load, unit="", part=PART)]


@contextmanager
def running_targets() -> Iterator[dict[str, Target]]:
    """All proxies at once: idle ones cost nothing."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="innergate-bench-")))
        rig = stack.enter_context(running_rig())
        started = {
            BARE: stack.enter_context(peers.bare_envoy(rig, folder)),
            NGINX: stack.enter_context(peers.nginx(rig, folder)),
            HAPROXY: stack.enter_context(peers.haproxy(rig, folder)),
        }
        targets = {
            NO_LOG: _own(rig, "test"),
            LOG: _own(rig, "logged"),
            **{name: Target(_client(p.client_namespace), p.url, rig.api_host, p.pid) for name, p in started.items()},
        }
        for target in targets.values():
            _check_answer(target)
        yield targets


def _own(rig: Rig, stage: str) -> Target:
    return Target(_client(rig.client_namespace), f"https://{ENTRY_ADDRESS}/{stage}", rig.api_host, rig.envoy_pid)


def _client(namespace: str) -> tuple[str, ...]:
    return inside(namespace, on_core(LOAD_CORE))


def _check_answer(target: Target) -> None:
    """A measurement of errors would be worthless. Raises RuntimeError."""
    command = [*target.prefix, "curl", "-sk", "-m", "10", "-H", f"Host: {target.host}", f"{target.url}/1k"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    if answer != "x" * 1024:
        raise RuntimeError(f"{target.url} does not lead to the origin: {answer[:200]!r}")


def _take(targets: dict[str, Target], load: Load, rounds: int, body: str) -> Samples:
    measures: dict[str, Callable[[], Sample]] = {
        name: partial(run_load, target._replace(url=f"{target.url}/{body}"), load) for name, target in targets.items()
    }
    return take_rounds(measures, rounds)


def _rates(samples: list[Sample]) -> list[float]:
    return [sample.per_s for sample in samples]


def _compared(name: str, values: list[float], peer: str, peers_values: list[float], unit: str) -> Figure:
    found = compare(values, peers_values)
    return Figure(name=name, value=found.value, unit=unit, part=PART, peer=peer, ratio=found.ratio, spread=found.spread)


def _throughput(samples: Samples) -> list[Figure]:
    rates = {name: _rates(found) for name, found in samples.items()}
    plain = Figure(name=BARE, value=median(rates[BARE]), unit="req/s", part=PART, spread=spread(rates[BARE]))
    return [
        plain,
        _compared(NO_LOG, rates[NO_LOG], BARE, rates[BARE], "req/s"),
        _compared(LOG, rates[LOG], BARE, rates[BARE], "req/s"),
    ]


def _peers(samples: Samples) -> list[Figure]:
    rates = {name: _rates(found) for name, found in samples.items()}
    return [
        _compared("private_path_vs_nginx", rates[NO_LOG], NGINX, rates[NGINX], "req/s"),
        _compared("private_path_vs_haproxy", rates[NO_LOG], HAPROXY, rates[HAPROXY], "req/s"),
    ]


def _cpu(samples: Samples) -> list[Figure]:
    used = {name: [sample.cpu_us for sample in found] for name, found in samples.items()}
    return [_compared(f"cpu_{name}", values, BARE, used[BARE], "us/req") for name, values in used.items()]


def _latency(samples: Samples) -> list[Figure]:
    """At one connection, against the bare Envoy; what the product adds is the difference."""
    figures = []
    rows = {
        "p50": ([s.p50_ms for s in samples[NO_LOG]], [s.p50_ms for s in samples[BARE]]),
        "p99": ([s.p99_ms for s in samples[NO_LOG]], [s.p99_ms for s in samples[BARE]]),
    }
    for percent, (own, bare) in rows.items():
        figures.append(_compared(f"latency_{percent}_one_connection", own, BARE, bare, "ms"))
        added = [a - b for a, b in zip(own, bare, strict=True)]
        figures.append(Figure(name=f"added_latency_{percent}", value=median(added), unit="ms", part=PART, peer=BARE))
    return figures


def _large(samples: Samples) -> list[Figure]:
    rates = {name: _rates(found) for name, found in samples.items()}
    return [
        _compared("private_path_no_log_1m", rates[NO_LOG], BARE, rates[BARE], "req/s"),
        _compared("private_path_vs_nginx_1m", rates[NO_LOG], NGINX, rates[NGINX], "req/s"),
    ]
