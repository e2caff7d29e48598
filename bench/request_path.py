"""The private path against a bare Envoy with a hand-written one-hop configuration, the faithful chain of AWS's hops, nginx and
haproxy, in the same rounds; what more connections, new ones and large bodies make of it; and what each feature costs.

TLS with keep-alive at the entry everywhere. The proxy under test has core 0 and one worker; wrk, the origin and the control
process, which reads the access log, share core 1. Rounds are short and the bare Envoy stands in each, so that a machine that
wobbles wobbles for both: what counts is the median of the rounds' ratios, with its spread. The machine's load is said, too.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from bench import peers
from bench.chain import faithful_chain
from bench.effort import Effort
from bench.features import build_features
from bench.figures import Figure, compared
from bench.half_load import measure_half_load
from bench.load import Load, Sample, Target, on_core, run_load
from bench.rig import ENTRY_ADDRESS, LOAD_CORE, Rig, inside, need, running_rig
from bench.rounds import spread, take_rounds

PART = "request-path"
BARE, NGINX, HAPROXY, CHAIN = "bare_envoy", "nginx", "haproxy", "faithful_chain"
NO_LOG, LOG = "private_path_no_log", "private_path_log"

FEATURE = "feature_"
MANY_CONNECTIONS = (8, 256)
SHORT_S = 1.0
"""Of a measurement that is compared with its neighbours: the shortest that wrk can do."""

Samples = dict[str, list[Sample]]


def measure(effort: Effort) -> list[Figure]:
    """The figures. Raises Unavailable."""
    need("wrk", "nginx", "haproxy", "ip", "ss", "taskset", "curl")
    few, short = max(effort.rounds // 3, 1), min(effort.seconds, SHORT_S)
    machine = os.getloadavg()[0]
    with running_targets() as targets:
        features = {name: target for name, target in targets.items() if name.startswith(FEATURE)}

        def take(names: Sequence[str], load: Load, rounds: int, body: str = "1k") -> Samples:
            return _take({name: targets[name] for name in names}, load, rounds, body, effort)

        found = _throughput(many := take((BARE, NO_LOG, LOG), Load(48, short), effort.rounds * 2))
        found += _cpu(many)
        found += _chain(take((NO_LOG, CHAIN), Load(48, short), effort.rounds))
        found += _peers(take((NO_LOG, NGINX, HAPROXY), Load(48, short), few))
        found += _latency(take((BARE, NO_LOG), Load(1, short), effort.rounds))
        most = min(median(_rates(many[name])) for name in (BARE, NO_LOG))
        ours, theirs = ((name, targets[name]._replace(url=f"{targets[name].url}/1k")) for name in (NO_LOG, BARE))
        found += measure_half_load(ours, theirs, most, effort, PART)
        for connections in MANY_CONNECTIONS:
            name = f"private_path_{connections}_connections"
            found.append(_against_bare(name, take((BARE, NO_LOG), Load(connections, short), few)))
        new = Load(16, short, is_new_connections=True)
        found.append(_against_bare("private_path_new_connections", take((BARE, NO_LOG), new, few)))
        found += _large(take((BARE, NO_LOG, NGINX), Load(16, effort.seconds), few, "1m"))
        found += _features(take((NO_LOG, LOG, *features), Load(48, short), effort.rounds))
    return [*found, Figure(name="load_of_the_machine_before", value=machine, unit="", part=PART)]


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
            CHAIN: stack.enter_context(faithful_chain(rig, folder)),
        }
        targets = {
            NO_LOG: _own(rig, "test"),
            LOG: _own(rig, "logged"),
            **{name: Target(_client(p.client_namespace), p.url, rig.api_host, p.pid) for name, p in started.items()},
        }
        for target in targets.values():
            _check_answer(target)
        targets |= _feature_targets(rig, folder)
        yield targets


def _own(rig: Rig, stage: str, host: str = "", headers: Mapping[str, str] | None = None) -> Target:
    url = f"https://{ENTRY_ADDRESS}/{stage}"
    return Target(
        _client(rig.client_namespace), url, host or rig.api_host, rig.envoy_pid, tuple((headers or {}).items())
    )


def _feature_targets(rig: Rig, folder: Path) -> dict[str, Target]:
    targets = {}
    for name, variant in build_features(rig).items():
        target = _own(rig, variant.stage, variant.host, variant.headers)
        if variant.verb != "GET":
            script = folder / f"{variant.verb}.lua"
            script.write_text(f'wrk.method = "{variant.verb}"\n')
            target = target._replace(script=str(script))
        targets[f"{FEATURE}{name}"] = target
    return targets


def _client(namespace: str) -> tuple[str, ...]:
    return inside(namespace, on_core(LOAD_CORE))


def _check_answer(target: Target) -> None:
    """A measurement of errors would be worthless. Raises RuntimeError."""
    command = [*target.prefix, "curl", "-sk", "-m", "10", "-H", f"Host: {target.host}", f"{target.url}/1k"]
    for name, value in target.headers:
        command += ["-H", f"{name}: {value}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    if answer != "x" * 1024:
        raise RuntimeError(f"{target.url} does not lead to the origin: {answer[:200]!r}")


def _take(targets: dict[str, Target], load: Load, rounds: int, body: str, effort: Effort) -> Samples:
    measures: dict[str, Callable[[], Sample]] = {
        name: partial(run_load, target._replace(url=f"{target.url}/{body}"), load) for name, target in targets.items()
    }
    said = f"{' / '.join(targets)}: {body}, {load.connections} connections"
    return take_rounds(measures, rounds, effort.note(said, rounds))


def _rates(samples: list[Sample]) -> list[float]:
    return [sample.per_s for sample in samples]


def _throughput(samples: Samples) -> list[Figure]:
    rates = {name: _rates(found) for name, found in samples.items()}
    plain = Figure(name=BARE, value=median(rates[BARE]), unit="req/s", part=PART, spread=spread(rates[BARE]))
    return [
        plain,
        compared(NO_LOG, rates[NO_LOG], BARE, rates[BARE], "req/s", PART),
        compared(LOG, rates[LOG], BARE, rates[BARE], "req/s", PART),
    ]


def _peers(samples: Samples) -> list[Figure]:
    rates = {name: _rates(found) for name, found in samples.items()}
    return [
        compared("private_path_vs_nginx", rates[NO_LOG], NGINX, rates[NGINX], "req/s", PART),
        compared("private_path_vs_haproxy", rates[NO_LOG], HAPROXY, rates[HAPROXY], "req/s", PART),
    ]


def _against_bare(name: str, samples: Samples) -> Figure:
    return compared(name, _rates(samples[NO_LOG]), BARE, _rates(samples[BARE]), "req/s", PART)


def _chain(samples: Samples) -> list[Figure]:
    """A chain costs more CPU: there the ratio is below 1 where the private path is better."""
    used = {name: [sample.cpu_us for sample in found] for name, found in samples.items()}
    late = {name: [sample.p99_ms for sample in found] for name, found in samples.items()}
    return [
        compared("private_path_vs_chain", _rates(samples[NO_LOG]), CHAIN, _rates(samples[CHAIN]), "req/s", PART),
        compared("cpu_private_path_vs_chain", used[NO_LOG], CHAIN, used[CHAIN], "us/req", PART),
        compared("latency_p99_vs_chain", late[NO_LOG], CHAIN, late[CHAIN], "ms", PART),
    ]


def _features(samples: Samples) -> list[Figure]:
    """CPU a request with the feature against the same path without."""
    used = {name: [sample.cpu_us for sample in found] for name, found in samples.items()}
    names = {LOG: f"{FEATURE}access_log", **{name: name for name in used if name.startswith(FEATURE)}}
    return [compared(shown, used[name], NO_LOG, used[NO_LOG], "us/req", PART) for name, shown in names.items()]


def _cpu(samples: Samples) -> list[Figure]:
    used = {name: [sample.cpu_us for sample in found] for name, found in samples.items()}
    return [compared(f"cpu_{name}", values, BARE, used[BARE], "us/req", PART) for name, values in used.items()]


def _latency(samples: Samples) -> list[Figure]:
    """At one connection, against the bare Envoy."""
    own, bare = samples[NO_LOG], samples[BARE]
    return [
        compared("latency_p50_one_connection", [s.p50_ms for s in own], BARE, [s.p50_ms for s in bare], "ms", PART),
        compared("latency_p99_one_connection", [s.p99_ms for s in own], BARE, [s.p99_ms for s in bare], "ms", PART),
    ]


def _large(samples: Samples) -> list[Figure]:
    rates = {name: _rates(found) for name, found in samples.items()}
    return [
        compared("private_path_no_log_1m", rates[NO_LOG], BARE, rates[BARE], "req/s", PART),
        compared("private_path_vs_nginx_1m", rates[NO_LOG], NGINX, rates[NGINX], "req/s", PART),
    ]
