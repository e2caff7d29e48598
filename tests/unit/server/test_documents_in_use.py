"""Whatever comes and goes in between, Envoy never has a route whose document is not on disk, and nothing stays in the end.

Control, agent and Envoy are models that do as their modules say; what waits (`WaitingDrops`) and what is on disk
(`DocumentFolder`) is the real thing.
"""

import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from innergate.nets.document_folder import LINGER_S, DocumentFolder
from innergate.plans.documents import STAGES, Document, DocumentName
from innergate.plans.network import NetworkChange
from innergate.server.waiting_drops import WaitingDrops
from innergate.testing.disk import refusing_disk

Bodies = Mapping[DocumentName, bytes]

STAGE_NAMES = st.sampled_from(["a", "b"])
VERSIONS = st.one_of(st.integers(0, 2), st.none())
"""Few, so that a stage goes back to a version that it had."""
SENT_BY = 4
"""Rolls of control after which nothing is left to do."""


def documents(bodies: Bodies) -> tuple[Document, ...]:
    return tuple(Document(name=name, body=body) for name, body in sorted(bodies.items()))


def stages(bodies: Bodies) -> frozenset[DocumentName]:
    return frozenset(name for name in bodies if name.kind == STAGES)


class Compiled(NamedTuple):
    """Of one revision."""

    revision: int
    bodies: Bodies


class Platform(RuleBasedStateMachine):
    """`uses` is what Envoy's routes name, `flying` what those name that it has been sent and has not answered."""

    def __init__(self) -> None:
        super().__init__()
        self._temporary = tempfile.TemporaryDirectory(prefix="innergate-documents-")
        self.root = Path(self._temporary.name)
        self.seconds = 0.0
        self.is_full = False
        self.wanted: dict[DocumentName, bytes] = {}
        self.revision = 1
        self.compiled = Compiled(0, {})
        self.is_rolling = False
        self.published = Compiled(0, {})
        self.drops = WaitingDrops()
        self.folder: DocumentFolder | None = None
        self.unsaid = self.applied = -1
        self.is_connected = False
        self.uses: frozenset[DocumentName] = frozenset()
        self.flying: frozenset[DocumentName] | None = None
        self.has_refused = False

    def disk(self) -> AbstractContextManager[None]:
        return refusing_disk() if self.is_full else nullcontext()

    @initialize()
    def all_is_well(self) -> None:
        self.agent_comes()
        self.deploy("a", 0, True)
        self.envoy_connects()
        self.envoy_answers(takes=True)
        self.control_looks()

    # -- users --------------------------------------------------------------------------------------------------------

    @rule(stage=STAGE_NAMES, version=VERSIONS, is_followed=st.booleans())
    def deploy(self, stage: str, version: int | None, is_followed: bool) -> None:
        """Another version of a stage; None deletes it. Control may be quick to follow."""
        for name in [name for name in self.wanted if name.name.startswith(f"{stage}.")]:
            del self.wanted[name]
        if version is not None:
            self.wanted[DocumentName(STAGES, f"{stage}.{version}")] = f"{stage}{version}".encode()
        self.revision += 1
        if is_followed:
            self.control_looks()

    @rule(body=st.sampled_from([b"", b"1", b"2"]))
    def change_key(self, body: bytes) -> None:
        """A document that no route names."""
        name = DocumentName("principals", "key")
        self.wanted.pop(name, None)
        if body:
            self.wanted[name] = body
        self.revision += 1

    # -- control ------------------------------------------------------------------------------------------------------

    @rule()
    def a_while_passes(self) -> None:
        self.control_looks()
        self.agent_tends(LINGER_S)

    @rule(stage=STAGE_NAMES)
    def a_deployment_is_undone_at_once(self, stage: str) -> None:
        before = dict(self.wanted)
        self.deploy(stage, 3, True)
        if self.flying is not None:
            self.envoy_answers(takes=True)
        self.control_looks()
        self.wanted = before
        self.revision += 1
        self.control_looks()

    @rule()
    def control_looks(self) -> None:
        """`ControlLoop._step`, with all the patience in the world for an agent."""
        if not self.is_rolling and self.compiled.revision < self.revision:
            self.begin_to_roll_out()
        if self.is_rolling and self.applied >= self.compiled.revision:
            self.publish()
        if not self.is_rolling and self.folder is not None:
            change = self.drops.release(self.compiled.revision, self.settled(), refuses_routes=self.refuses())
            if change is not None:
                self.tell_agent(change)

    def begin_to_roll_out(self) -> None:
        before, after = self.compiled.bodies, dict(self.wanted)
        self.compiled = Compiled(self.revision, after)
        written = {name: body for name, body in after.items() if before.get(name) != body}
        change = NetworkChange(
            revision=self.revision,
            complete=False,
            documents=documents(written),
            dropped_documents=tuple(sorted(before.keys() - after.keys())),
        )
        self.drops.add(change)
        self.tell_agent(NetworkChange(revision=self.revision, complete=False, documents=documents(written)))
        self.is_rolling = True
        if self.folder is None and not written:
            self.publish()

    def publish(self) -> None:
        self.is_rolling = False
        differs = stages(self.published.bodies) != stages(self.compiled.bodies)
        self.published = self.compiled
        if self.is_connected and (differs or self.flying is not None):
            self.flying = stages(self.published.bodies)

    def settled(self) -> int | None:
        if not self.is_connected:
            return None
        return -1 if self.flying is not None else self.published.revision

    def refuses(self) -> bool:
        return self.is_connected and self.has_refused

    # -- agent --------------------------------------------------------------------------------------------------------

    def tell_agent(self, change: NetworkChange) -> None:
        if self.folder is not None:
            with self.disk():
                assert self.folder.take_over(change) == {}
            self.unsaid = change.revision
            self.say_applied()

    def say_applied(self) -> None:
        if self.folder is not None and not self.folder.is_behind:
            self.applied = self.unsaid

    @rule(seconds=st.sampled_from([0.25, LINGER_S]))
    def agent_tends(self, seconds: float) -> None:
        self.seconds += seconds
        if self.folder is not None:
            with self.disk():
                self.folder.tend()
            self.say_applied()

    @precondition(lambda self: self.folder is None)
    @rule()
    def agent_comes(self) -> None:
        """A fresh one, in place of the one before if that is there."""
        self.folder = DocumentFolder(self.root, lambda: self.seconds)
        self.unsaid = self.applied = -1
        self.tell_agent(
            NetworkChange(revision=self.compiled.revision, complete=True, documents=documents(self.compiled.bodies))
        )
        self.drops.sweep_again()

    @rule(comes_back=st.booleans())
    def agent_goes(self, comes_back: bool) -> None:
        self.folder, self.applied = None, -1
        if comes_back:
            self.agent_comes()

    @rule(is_full=st.booleans())
    def disk_fills_or_empties(self, is_full: bool) -> None:
        self.is_full = is_full

    # -- Envoy --------------------------------------------------------------------------------------------------------

    @precondition(lambda self: not self.is_connected and self.published.revision > 0)
    @rule()
    def envoy_connects(self) -> None:
        self.is_connected, self.has_refused = True, False
        self.flying = stages(self.published.bodies)

    @precondition(lambda self: self.flying is not None)
    @rule(takes=st.booleans())
    def envoy_answers(self, takes: bool) -> None:
        self.has_refused = not takes
        if takes and self.flying is not None:
            self.uses = self.flying
        self.flying = None

    @precondition(lambda self: self.is_connected)
    @rule(how=st.sampled_from(["cut off", "cut off as it answers", "dies"]))
    def envoy_goes(self, how: str) -> None:
        """One that is cut off routes on."""
        if how == "cut off as it answers" and self.flying is not None:
            self.uses = self.flying
        elif how == "dies":
            self.uses = frozenset()
        self.is_connected, self.flying = False, None

    # -- promises -----------------------------------------------------------------------------------------------------

    @invariant()
    def every_route_has_its_document(self) -> None:
        there = set(DocumentFolder(self.root).names())
        assert self.uses | (self.flying or frozenset()) <= there

    def teardown(self) -> None:
        self.is_full = False
        self.agent_comes()
        for _ in range(SENT_BY):
            self.control_looks()
            if not self.is_connected:
                self.envoy_connects()
            if self.flying is not None:
                self.envoy_answers(takes=True)
        if self.has_refused:  # until routes are sent that it takes
            self.envoy_goes("dies")
            self.envoy_connects()
            self.envoy_answers(takes=True)
            self.control_looks()
        self.agent_tends(LINGER_S)
        found = {name: (self.root / name.kind / name.name).read_bytes() for name in DocumentFolder(self.root).names()}
        self._temporary.cleanup()
        assert found == self.wanted
        assert not self.drops


Platform.TestCase.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
TestDocumentsInUse = Platform.TestCase
