"""What several units emit under one name: reference counted, and equal or in conflict."""

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar, final

import immutables

from innergate.compile.family import Unit

K = TypeVar("K")
V = TypeVar("V")


@final
class Ledger(Generic[K, V]):
    """Values by name and by the unit that emitted them. `current` has the value that counts: where units disagree, that of
    the first unit in order, so that the order of running does not matter."""

    def __init__(self, same: Callable[[V, V], bool] = operator.eq) -> None:
        self._same = same
        self.current: immutables.Map[K, V] = immutables.Map()
        self.conflicts: dict[K, tuple[Unit, ...]] = {}
        self._holders: dict[K, dict[Unit, V]] = {}
        self._of_unit: dict[Unit, tuple[K, ...]] = {}
        self._touched: set[K] = set()

    def replace(self, unit: Unit, values: Iterable[tuple[K, V]]) -> None:
        """All that `unit` emits from now on. Counts after `settle`."""
        emitted = dict(values)
        if not emitted and unit not in self._of_unit:
            return
        for name in self._of_unit.pop(unit, ()):
            if name not in emitted:
                holders = self._holders[name]
                del holders[unit]
                if not holders:
                    del self._holders[name]
                self._touched.add(name)
        for name, value in emitted.items():
            holders = self._holders.setdefault(name, {})
            if unit not in holders or not self._same(holders[unit], value):
                holders[unit] = value
                self._touched.add(name)
        if emitted:
            self._of_unit[unit] = tuple(emitted)

    def emitted(self, unit: Unit) -> Iterator[tuple[K, V]]:
        """All that `unit` emits."""
        for name in self._of_unit.get(unit, ()):
            yield name, self._holders[name][unit]

    def settle(self) -> frozenset[K]:
        """Brings `current` up to date and gives the names whose value differs from before."""
        changed = set()
        with self.current.mutate() as current:
            for name in self._touched:
                self.conflicts.pop(name, None)
                holders = self._holders.get(name)
                if not holders:
                    if name in current:
                        del current[name]
                        changed.add(name)
                    continue
                value = holders[min(holders)]
                odd = [unit for unit, other in holders.items() if not self._same(other, value)]
                if odd:
                    self.conflicts[name] = (min(holders), *sorted(odd))
                if name not in current or not self._same(current[name], value):
                    current[name] = value
                    changed.add(name)
            self.current = current.finish()
        self._touched.clear()
        return frozenset(changed)
