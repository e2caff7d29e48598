"""Runs units, notes what they read, and after a commit runs again just those whose notes it touches."""

from collections.abc import Iterable, Mapping, Sequence
from typing import final

import immutables

from innergate.compile.compilation import Compilation
from innergate.compile.diagnostics import Diagnostic
from innergate.compile.family import Family, PublicName, Unit, UnitOutput
from innergate.compile.ledger import Ledger
from innergate.compile.memo import EnvoyMemo, SharedNames, UnitMemo, Unmemorable, decode_value, encode_value
from innergate.compile.node_parts import NodeLedgers, TouchedParts
from innergate.compile.notes import Note, Notes
from innergate.compile.settings import CompileSettings
from innergate.compile.snapshot import ChangeOf, CommitOf, Snapshot
from innergate.compile.view import Reader, View
from innergate.plans.envoy import ENVOY_KINDS, EnvoyChange, EnvoyKind, EnvoyPlan, EnvoyResource
from innergate.resources.base import Key, Resource, Unreadable, all_index_entries
from innergate.resources.catalogue import CATALOGUE


class ConflictError(Exception):
    """Two units emitted different things under one name: a bug."""


class DemandError(Exception):
    """A unit that is demanded has failed, and there is no earlier value of it."""


_FAILED = object()


@final
class Compiler:
    """Snapshot -> plans. `strict` makes a failing or conflicting unit raise (for tests); otherwise it becomes a diagnostic,
    and a failing unit keeps its last good output. Not for several threads at once."""

    def __init__(self, families: Sequence[Family], settings: CompileSettings, strict: bool = False) -> None:
        self._families: Mapping[str, Family] = {family.name: family for family in families}
        self._settings = settings
        self._strict = strict
        self._watched: set[Unit] | None = None
        self.last: Compilation | None = None
        """What was compiled last."""
        self._by_root: dict[str, list[Family]] = {}
        for family in families:
            for root in family.roots:
                self._by_root.setdefault(root.kind, []).append(family)
        self._forget()

    def all_units(self) -> list[Unit]:
        """Every unit there is, in any order."""
        return [*self._roots, *self._notes.demanders]

    def compile(self, state: Snapshot) -> Compilation:
        """Everything anew. The change is against what was compiled before, the network's one is complete."""
        before = self._envoy_maps()
        self._forget()
        for kind, families in self._by_root.items():
            cls = next(root for root in families[0].roots if root.kind == kind)
            for resource in state.all(cls):
                self._root_changed(families, resource.key, None, resource)
        self._run(state, set(self._roots))
        self._settle()
        return self._whole(state.revision, before)

    def advance(self, state: Snapshot, commits: Iterable[CommitOf]) -> Compilation:
        """`state` is what was compiled last, plus `commits`."""
        dirty: set[Unit] = set()
        for commit in commits:
            for change in commit.changes:
                dirty |= self._touched_by(change)
                families = self._by_root.get(change.key.kind)
                if families:
                    dirty |= self._root_changed(families, change.key, change.before, change.after)
        self._run(state, dirty)
        envoy, touched = self._settle()
        changed: dict[EnvoyKind, set[str]] = {kind: set() for kind in ENVOY_KINDS}
        for kind, name in envoy:
            changed[kind].add(name)
        frozen = {kind: frozenset(names_of_kind) for kind, names_of_kind in changed.items()}
        return self._compilation(state.revision, frozen, touched)

    # -- what outlives the process ------------------------------------------------------------------------------------

    def resume(self, memos: Iterable[UnitMemo], state: Snapshot, written: Iterable[Key]) -> Compilation:
        """As `compile`, from the memos of an earlier state, the last one of each unit: what has read one of the keys that were
        `written` since runs again.

        Who looked a resource up by an index entry that it has no longer found it there, and so has read its key.
        """
        before = self._envoy_maps()
        self._forget()
        shared = SharedNames()
        for memo in memos:
            self._recall(shared.of(memo))
        dirty: set[Unit] = set()
        keys = frozenset(written)
        rooted: dict[Key, set[Unit]] = {}
        for unit, roots in self._roots.items():
            for key in roots & keys:
                rooted.setdefault(key, set()).add(unit)
        for key in keys:
            after = state.get(CATALOGUE[key.kind], key.id)
            dirty |= self._notes.readers_of(key, all_index_entries(after) if after is not None else ())
            new = _units_of(self._by_root.get(key.kind, ()), after)
            dirty |= self._unroot(key, rooted.get(key, set()) - new) | self._root(key, new)
        self._run(state, dirty)
        self._settle()
        return self._whole(state.revision, before)

    def _recall(self, memo: UnitMemo) -> None:
        unit = memo.unit
        if memo.roots:
            self._roots[unit] = set(memo.roots)
        elif not memo.value:
            self._roots.pop(unit, None)
            self._values.pop(unit, None)
        else:
            self._values[unit] = decode_value(self._families[unit.family], memo.value)
        self._notes.put(unit, Note(frozenset(memo.keys), frozenset(memo.indexes), frozenset(memo.demands)))
        output = UnitOutput(
            vpcs=memo.vpcs,
            hubs=memo.hubs,
            links=memo.links,
            names=tuple(PublicName(*name) for name in memo.names),
            documents=memo.documents,
            diagnostics=memo.diagnostics,
        )
        kept = (((e.kind, e.name), EnvoyResource.kept(e.name, e.version, e.packed)) for e in memo.envoy)
        self._take(unit, output, kept)

    def memo_of(self, unit: Unit) -> UnitMemo | None:
        """What is known of a unit, None where there is none of that name. Raises Unmemorable; so does a unit that failed and
        goes on with an older output."""
        if unit in self._failures:
            raise Unmemorable(f"{unit} has failed")
        roots = self._roots.get(unit)
        if roots is None and unit not in self._values:
            return None
        note = self._notes.of(unit)
        parts = self._node.emitted(unit)
        return UnitMemo(
            unit=unit,
            roots=tuple(roots or ()),
            keys=tuple(note.keys),
            indexes=tuple(note.indexes),
            demands=tuple(note.demands),
            envoy=tuple(EnvoyMemo(*name, r.version, r.packed) for name, r in self._envoy.emitted(unit)),
            vpcs=parts.vpcs,
            hubs=parts.hubs,
            links=parts.links,
            names=parts.names,
            documents=parts.documents,
            diagnostics=self._diagnostics.get(unit, ()),
            value=b"" if roots else encode_value(self._families[unit.family], self._values[unit]),
        )

    @property
    def has_failures(self) -> bool:
        """Whether a unit failed and goes on with an older output: there is no memo of it."""
        return bool(self._failures)

    def watch(self) -> set[Unit]:
        """A set that takes up every unit that runs or goes from now on; the one before takes up no more."""
        self._watched = set()
        return self._watched

    def unwatch(self) -> None:
        """Ends that."""
        self._watched = None

    # -- units --------------------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._roots: dict[Unit, set[Key]] = {}
        self._notes = Notes()
        self._failures: set[Unit] = set()
        self._values: dict[Unit, object] = {}
        self._diagnostics: immutables.Map[Unit, tuple[Diagnostic, ...]] = immutables.Map()
        self._conflicts: tuple[Diagnostic, ...] = ()
        self._envoy: Ledger[tuple[EnvoyKind, str], EnvoyResource] = Ledger(_same_version)
        self._plan: dict[EnvoyKind, immutables.Map[str, EnvoyResource]] = {k: immutables.Map() for k in ENVOY_KINDS}
        self._node = NodeLedgers()

    def _root_changed(
        self, families: Sequence[Family], key: Key, before: Resource | None, after: Resource | None
    ) -> set[Unit]:
        old, new = _units_of(families, before), _units_of(families, after)
        return self._unroot(key, old - new) | self._root(key, new)

    def _unroot(self, key: Key, units: set[Unit]) -> set[Unit]:
        for unit in units:
            roots = self._roots.get(unit, set())
            roots.discard(key)
            if not roots:
                self._roots.pop(unit, None)
        return units

    def _root(self, key: Key, units: set[Unit]) -> set[Unit]:
        """Those of them that are new."""
        dirty = set()
        for unit in units:
            roots = self._roots.setdefault(unit, set())
            if not roots:
                dirty.add(unit)
            roots.add(key)
        return dirty

    def _touched_by(self, change: ChangeOf) -> set[Unit]:
        before = set(all_index_entries(change.before)) if change.before is not None else set()
        after = set(all_index_entries(change.after)) if change.after is not None else set()
        return self._notes.readers_of(change.key, before ^ after)

    def _run(self, state: Reader, dirty: set[Unit]) -> None:
        """Demanded units first, since the others want their values; at the end those that nobody demands any more go."""
        for unit in sorted(dirty & self._notes.demanders.keys()):
            before = self._values.get(unit, _FAILED)
            self._run_unit(unit, View(state))
            if self._values[unit] != before:
                dirty = dirty | self._notes.demanders[unit]

        def demand(family: str, id: str) -> object:
            unit = Unit(family, id)
            if unit not in self._values:
                self._run_unit(unit, View(state))
            if self._values[unit] is _FAILED:
                raise DemandError(f"{unit} has failed")
            return self._values[unit]

        for unit in sorted(dirty - self._notes.demanders.keys()):
            if unit in self._roots:
                self._run_unit(unit, View(state, demand))
            else:
                self._notes.take(unit, View(state))
                self._take(unit, UnitOutput())
        for unit in sorted(self._values.keys() - self._notes.demanders.keys()):
            del self._values[unit]
            self._notes.take(unit, View(state))
            self._take(unit, UnitOutput())

    def _run_unit(self, unit: Unit, view: View) -> None:
        family = self._families[unit.family]
        try:
            output = family.run(view, unit.id, self._settings)
            bodies = [((b.kind, b.name), EnvoyResource.versioned(b.name, b.body)) for b in output.envoy]
        except Unreadable:
            raise
        except Exception as error:
            if self._strict:
                raise
            view.demands |= self._notes.of(unit).demands
            self._notes.take(unit, view)
            self._failed(unit, error)
            if not family.roots:
                self._values.setdefault(unit, _FAILED)
            return
        self._notes.take(unit, view)
        self._take(unit, output, bodies)
        if not family.roots:
            self._values[unit] = output.value

    def _take(
        self, unit: Unit, output: UnitOutput, bodies: Iterable[tuple[tuple[EnvoyKind, str], EnvoyResource]] = ()
    ) -> None:
        self._failures.discard(unit)
        if self._watched is not None:
            self._watched.add(unit)
        self._envoy.replace(unit, bodies)
        self._node.replace(unit, output)
        self._say(unit, output.diagnostics)

    def _failed(self, unit: Unit, error: Exception) -> None:
        self._failures.add(unit)
        message = f"{type(error).__name__}: {error}; the last good version of it stays in force"
        self._say(unit, (Diagnostic(subject=str(unit), code="CompileFailure", message=message),))

    def _say(self, unit: Unit, diagnostics: tuple[Diagnostic, ...]) -> None:
        if diagnostics:
            self._diagnostics = self._diagnostics.set(unit, diagnostics)
        elif unit in self._diagnostics:
            self._diagnostics = self._diagnostics.delete(unit)

    # -- plans --------------------------------------------------------------------------------------------------------

    def _settle(self) -> tuple[frozenset[tuple[EnvoyKind, str]], TouchedParts]:
        changed = self._envoy.settle()
        for kind in {kind for kind, _ in changed}:
            with self._plan[kind].mutate() as names:
                for of_kind, name in changed:
                    if of_kind != kind:
                        continue
                    value = self._envoy.current.get((kind, name))
                    if value is None:
                        del names[name]
                    else:
                        names[name] = value
                self._plan[kind] = names.finish()
        touched = self._node.settle()
        self._conflicts = self._conflicting()
        return changed, touched

    def _conflicting(self) -> tuple[Diagnostic, ...]:
        found: list[Diagnostic] = []
        for ledger in (self._envoy, *self._node.joined):
            for name, units in ledger.conflicts.items():
                subject = name if isinstance(name, str) else "/".join(name)
                message = f"units {', '.join(map(str, units))} emit different values; the first one's counts"
                found.append(Diagnostic(subject=subject, code="Conflict", message=message))
        if found and self._strict:
            raise ConflictError("; ".join(f"{d.subject}: {d.message}" for d in found))
        return tuple(sorted(found, key=lambda d: d.subject))

    def _whole(self, revision: int, before: "Mapping[EnvoyKind, immutables.Map[str, EnvoyResource]]") -> Compilation:
        """All that there is, against the Envoy resources of before."""
        after = self._envoy_maps()
        return self._compilation(revision, {kind: _differing(before[kind], after[kind]) for kind in ENVOY_KINDS}, None)

    def _envoy_maps(self) -> "dict[EnvoyKind, immutables.Map[str, EnvoyResource]]":
        return dict(self._plan)

    def _compilation(
        self, revision: int, changed: Mapping[EnvoyKind, frozenset[str]], touched: TouchedParts | None
    ) -> Compilation:
        envoy = EnvoyChange(EnvoyPlan(revision, immutables.Map(self._plan)), changed)
        self.last = Compilation(revision, envoy, self._node.current, touched, self._diagnostics, self._conflicts)
        return self.last


def _units_of(families: Sequence[Family], root: Resource | None) -> set[Unit]:
    return {Unit(family.name, id) for family in families for id in family.units(root)} if root is not None else set()


def _same_version(a: EnvoyResource, b: EnvoyResource) -> bool:
    return a.version == b.version


def _differing(
    before: "immutables.Map[str, EnvoyResource]", after: "immutables.Map[str, EnvoyResource]"
) -> frozenset[str]:
    gone = {name for name in before if name not in after}
    new = {name for name, r in after.items() if name not in before or before[name].version != r.version}
    return frozenset(gone | new)
