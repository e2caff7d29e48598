"""Which faults a chaos run makes, in which order, and what each of them may cost: pure, so that a seed says it all."""

import random
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

ALL_LANES = ("link", "mock", "function", "closed", "rough", "names")


class Promise(NamedTuple):
    """What a fault may cost: requests of a lane may fail for so many seconds (a lane that is not named: none), everything
    serves again, and takes changes, after `recovery_s`; `reason` says why failures are right, or why there are none."""

    failing_s: Mapping[str, float]
    recovery_s: float
    reason: str


class Planned(NamedTuple):
    """A fault, a pause before it, and a number by which it chooses among equals (a worker, a network)."""

    kind: str
    pause_s: float
    choice: int


_OFF_THE_PATH = "control is not on the path of requests"
_ALONE = "its own API answers 5xx at once, no other notices"

PROMISES: Mapping[str, Promise] = {
    "control killed": Promise({}, 15.0, _OFF_THE_PATH),
    "agent killed": Promise({"names": 2.0}, 8.0, "names do not resolve until the agent is back"),
    "envoy killed": Promise(dict.fromkeys(ALL_LANES, 2.0), 8.0, "no process listens until Envoy is back"),
    "worker killed": Promise({"mock": 2.0, "function": 2.0}, 8.0, "requests inside the worker end with it"),
    "supervisor killed": Promise({"function": 3.0}, 8.0, "functions' processes end with it"),
    "function killed": Promise({"function": 2.0}, 8.0, "the call inside the process ends with it"),
    "namespace deleted": Promise(
        dict.fromkeys(ALL_LANES, 6.0),
        15.0,
        "within seconds the network is made anew, and connections in the old one end",
    ),
    "host's namespace deleted": Promise(
        {"link": 8.0, "names": 8.0}, 15.0, "within seconds the host is made anew, and connections to it end"
    ),
    "control stopped a second": Promise({}, 8.0, _OFF_THE_PATH),
    "agent stopped a second": Promise({}, 8.0, "names wait, they do not fail"),
    "envoy stopped a second": Promise({}, 8.0, "requests wait, they do not fail"),
    "worker stopped a second": Promise({}, 8.0, "requests wait, they do not fail"),
    "host killed": Promise(
        {"link": 5.0, "names": 5.0},
        12.0,
        "connections to a host end with it; new ones are refused until it listens again",
    ),
    "target refuses": Promise({"rough": 2.0}, 8.0, _ALONE),
    "target hangs": Promise({}, 8.0, "its requests wait for it, no other notices"),
    "target resets": Promise({"rough": 2.0}, 8.0, _ALONE),
    "target is slow": Promise({}, 8.0, "its requests wait for it, no other notices"),
    "target talks garbage": Promise({"rough": 2.0}, 8.0, _ALONE),
    "target sends endless headers": Promise({"rough": 2.0}, 8.0, _ALONE),
    "target dribbles": Promise({}, 8.0, "its requests wait for it, no other notices"),
    "disk full": Promise({}, 8.0, "changes are answered by 503, requests need no disk"),
    "control's disk takes nothing": Promise({}, 8.0, "changes are answered by 503, requests need no disk"),
    "write torn": Promise({}, 15.0, _OFF_THE_PATH),
    "second control": Promise({}, 8.0, "it refuses in a sentence, and ends"),
}


def plan_faults(seed: int, kinds: Collection[str] = tuple(PROMISES)) -> Iterator[Planned]:
    """Faults for ever: each of `kinds` once in random order, then each again. The same for the same seed."""
    chance = random.Random(seed)
    while True:
        order = sorted(kinds)
        chance.shuffle(order)
        for kind in order:
            yield Planned(kind, round(chance.uniform(0.0, 0.3), 3), chance.randrange(1 << 16))
