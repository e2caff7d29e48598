"""Whether what clients saw of registers can be told as one story, in which each call happened at one instant between its begin
and its end (linearizability). Pure.

Each written value is written once, so that a read says which write it saw. A value's calls (its write and the reads of it) span
a zone: forward, from the first end to the last begin among them, where that is later; else backward, from the last begin to the
first end. There is such a story if and only if no two forward zones overlap, and no backward zone lies within a forward one
(Gibbons and Korach, "Testing Shared Memories", SIAM J. Comput. 26(4), 1997, section 4).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

START = -math.inf


class Operation(NamedTuple):
    """A call on a register: when it began and ended on one clock (`math.inf` for a write without an answer, which happened at
    any later time or never)."""

    register: str
    is_write: bool
    value: int
    began: float
    ended: float


class _Zone(NamedTuple):
    value: int
    low: float
    high: float
    is_forward: bool


def find_anomalies(history: Iterable[Operation]) -> list[str]:
    """Why there is no such story, in sentences; every register begins with the value 0."""
    registers: dict[str, list[Operation]] = defaultdict(list)
    for operation in history:
        registers[operation.register].append(operation)
    return [
        f"register {name}: {said}"
        for name, operations in sorted(registers.items())
        for said in _find_in_one([Operation(name, True, 0, START, START), *operations])
    ]


def _find_in_one(operations: Sequence[Operation]) -> list[str]:
    writes = {operation.value: operation for operation in operations if operation.is_write}
    reads: dict[int, list[Operation]] = defaultdict(list)
    for operation in operations:
        if not operation.is_write:
            reads[operation.value].append(operation)
    found = []
    for value, seen in sorted(reads.items()):
        if value not in writes:
            found.append(f"{value} was read and never written")
        elif min(read.ended for read in seen) < writes[value].began:
            found.append(f"{value} was read before it was written")
    if found:
        return found
    return _find_clashes([_zone(write, reads[value]) for value, write in writes.items() if _counts(write, reads)])


def _counts(write: Operation, reads: dict[int, list[Operation]]) -> bool:
    """A write that nobody answered and nobody saw may never have happened."""
    return write.ended < math.inf or bool(reads[write.value])


def _zone(write: Operation, reads: Sequence[Operation]) -> _Zone:
    first_end = min([write.ended, *(read.ended for read in reads)])
    last_begin = max([write.began, *(read.began for read in reads)])
    return _Zone(write.value, min(first_end, last_begin), max(first_end, last_begin), first_end < last_begin)


def _find_clashes(zones: Sequence[_Zone]) -> list[str]:
    forward = sorted((zone for zone in zones if zone.is_forward), key=lambda zone: zone.low)
    found = [
        f"{later.value} was there before a read saw {earlier.value}, and {earlier.value} was not written again"
        for earlier, later in pairwise(forward)
        if later.low < earlier.high
    ]
    for zone in zones:
        around = [f for f in forward if not zone.is_forward and f.low < zone.low and zone.high < f.high]
        found += [f"{zone.value} was written while {f.value} was there before and after" for f in around]
    return found
