"""One node's kernel and the plan for it: keeps what it knows of both, and makes the first like the second.

What was seen is remembered, so that a change costs what it changes; what others did to the namespaces is found by their
identity. Everything blocks; one call at a time.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, final

from innergate.nets.diff import compare
from innergate.nets.kernel import Kernel
from innergate.nets.nftables import digest_filters
from innergate.nets.state import Describer, DesiredState, NamespaceState
from innergate.plans.network import NetworkPlan
from innergate.plans.node_messages import Refused


class Outcome(NamedTuple):
    """`remade` are namespaces that had been there before, vanished, and were made anew."""

    refusals: tuple[Refused, ...]
    remade: tuple[str, ...]


@final
class Node:
    """`owned_path` keeps the names and identities of all namespaces made, so that a later process finds what is left."""

    def __init__(self, kernel: Kernel, owned_path: Path) -> None:
        self._kernel = kernel
        self._owned_path = owned_path
        self._owned = _read_owned(owned_path)
        self._untold: dict[str, int] = {}
        self._desired = DesiredState({}, frozenset(), {})
        self._seen: dict[str, NamespaceState] = {}
        self._describer = Describer(digest_filters)
        self._is_first = True
        self._is_recorded = True

    @property
    def generations(self) -> Mapping[str, int]:
        """The identity of each namespace."""
        return self._owned

    def apply(self, plan: NetworkPlan, stray: Iterable[str] = ()) -> Outcome:
        """Makes the kernel like `plan`. On the first call also looks at what an earlier process left, and at `stray`
        namespaces, which go if the plan does not want them."""
        desired = self._describer.describe(plan)
        vanished = self._find_vanished(desired)
        if self._is_first:
            names = {*self._owned, *stray, *desired.namespaces}
            self._seen = self._kernel.observe(sorted(names))
            self._is_first = False
        else:
            self._look_again(vanished | (desired.namespaces.keys() - self._seen.keys()), desired)
        self._desired = desired
        return self._make_so(desired, vanished)

    @property
    def untold(self) -> Mapping[str, int]:
        """Namespaces that were made anew and in which Envoy may still have its old sockets, with the identity of each. A later
        process counts them as remade again."""
        return self._untold

    def forget_untold(self, reopened: Mapping[str, int]) -> None:
        """Envoy has new sockets in these; one that was made anew once more since stays untold."""
        untold = {name: number for name, number in self._untold.items() if reopened.get(name) != number}
        if untold != self._untold:
            self._untold = untold
            self._remember(self._owned)

    def keep_record(self) -> None:
        """Writes down once more what a full disk did not take."""
        if not self._is_recorded:
            self._remember(self._owned)

    def has_lost_any(self) -> bool:
        """Whether a namespace of the last plan is gone or is another now."""
        return bool(self._find_vanished(self._desired))

    def _find_vanished(self, desired: DesiredState) -> frozenset[str]:
        return frozenset(
            name
            for name in desired.namespaces
            if name in self._owned and self._kernel.identify(name) != self._owned[name]
        )

    def _look_again(self, names: Iterable[str], desired: DesiredState) -> None:
        """At these and at those that were joined to them."""
        wanted = set(names)
        for pair in (*desired.pairs, *self._desired.pairs) if wanted else ():
            if pair.a.namespace in wanted or pair.b.namespace in wanted:
                wanted |= {pair.a.namespace, pair.b.namespace}
        for name in wanted:
            self._seen.pop(name, None)
        self._seen |= self._kernel.observe(sorted(wanted))

    def _make_so(self, desired: DesiredState, vanished: frozenset[str]) -> Outcome:
        operations = compare(self._seen, desired)
        before = frozenset(self._owned)
        if operations:
            self._remember({**self._owned, **{name: 0 for name in desired.namespaces if name not in self._owned}})
        refused = {refusal.namespace: refusal.reason for refusal in self._kernel.apply(operations)}
        self._seen = {name: wanted.state for name, wanted in desired.namespaces.items()}
        if refused:
            self._look_again(refused, desired)
        if operations or vanished:
            touched = {operation.namespace for operation in operations} | vanished
            owned = self._identify(desired, touched, frozenset(refused) & before)
            remade = self._untold.keys() | (vanished - refused.keys())
            self._untold = {name: owned[name] for name in sorted(remade) if name in owned}
            self._remember(owned)
        reasons: dict[str, str] = {}
        for namespace, reason in refused.items():
            reasons.setdefault(desired.owners.get(namespace, namespace), f"{namespace}: {reason}")
        refusals = tuple(Refused(subject=subject, reason=reason) for subject, reason in reasons.items())
        return Outcome(refusals, tuple(sorted(vanished - refused.keys())))

    def _identify(self, desired: DesiredState, touched: Iterable[str], kept: frozenset[str]) -> dict[str, int]:
        """Those of the plan, and those that would not go."""
        names = desired.namespaces.keys() | kept
        changed = {name: self._kernel.identify(name) for name in touched if name in names}
        return {name: number for name, number in self._owned.items() if name in names} | changed

    def _remember(self, owned: dict[str, int]) -> None:
        self._owned = owned
        spare = self._owned_path.with_suffix(".new")
        text = json.dumps({name: 0 if name in self._untold else number for name, number in owned.items()})
        try:
            spare.write_text(text)
            spare.replace(self._owned_path)
        except OSError:
            self._is_recorded = False
        else:
            self._is_recorded = True


def _read_owned(path: Path) -> dict[str, int]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): int(number) for name, number in found.items()}
