"""A seeded walk: calls that most often make sense, by several accounts in two regions, with what must hold after each.

Runs without namespaces and Envoy. Whatever is wrong is an AssertionError that names the seed and the step.
"""

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import final

from tests.unit.compile.test_incremental import bytes_of, taken_over
from tests.unit.server.walk.envoy_names import missing_names
from tests.unit.server.walk.pools import Place
from tests.unit.server.walk.references import dangling
from tests.unit.server.walk.steps import READS, Step, next_step, step_of
from tests.unit.server.walk.tenants import strangers_shown
from tests.unit.server.walk.world import Answer, Params, World

from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.resources.base import Key, Resource
from innergate.resources.identities import AccessKey, User
from innergate.store.state import State

PLACES = tuple(
    Place(account, region)
    for account in ("111122223333", "444455556666", "777788889999")
    for region in ("us-east-1", "eu-west-1")
)
SHARES = (6, 2, 4, 1, 4, 1)
"""How often each place calls: some have much, some little."""
SETTINGS = CompileSettings(public_addresses=("198.51.100.1",))
WALKER = "walker"
ADMINISTRATOR: tuple[tuple[str, Params], ...] = (
    ("CreateUser", {"UserName": WALKER}),
    ("AttachUserPolicy", {"UserName": WALKER, "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
    ("CreateAccessKey", {"UserName": WALKER}),
)
"""Makes a user who may do everything: for him IAM is asked, as it is not for the root."""
BACKSTOP = re.compile(
    r"has dependencies and cannot be deleted: [a-z]|is in use by [a-z-]+ |^InvalidParameterValue: [a-z-]+ \S+ does not exist$"
)
"""The store's own words, which stand in for AWS's where an operation has not looked itself."""
DRAWS = 5
"""How many operations are drawn until one has what it needs."""
REMEMBERED = 12
"""Calls that a failure's report shows."""


@final
class Walk:
    """One walk over a store in a folder."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._seed, self._dice = seed, random.Random(seed)
        self._world = World(folder)
        for place in PLACES:
            self._world.call(place, "ec2", "DescribeAddresses", {})
            self._world.call(place, "elbv2", "CreateTargetGroup", {"Name": "first", "TargetType": "lambda"})
            if place.region == PLACES[0].region:
                for operation, params in ADMINISTRATOR:
                    self._world.call(place, "iam", operation, params)
        self._compiler = Compiler(FAMILIES, SETTINGS, strict=True)
        out = self._compiler.compile(self._world.store.state())
        self._at, self._at_agent = out.revision, out.network_plan
        self._number = self.taken = self.refused = 0
        self._last: list[str] = []

    def close(self) -> None:
        """Lets go of the folder."""
        self._world.close()

    def go(self, steps: int, check_every: int) -> None:
        """Calls and checks; at the end also what outlives the process, and what each account is shown."""
        for self._number in range(1, steps + 1):
            self._step()
            if self._number % check_every == 0 or self._number == steps:
                self.check_plans()
                self.check_references()
        self.read_everything()
        self.check_tenants()
        self.check_disk()

    def _step(self) -> None:
        before = self._world.store.state()
        (place,) = self._dice.choices(PLACES, SHARES)
        drawn = (next_step(before, place, self._dice) for _ in range(DRAWS))
        step = next((step for step in drawn if step is not None), None)
        if step is None:
            return
        self._world.clock.advance(self._dice.choice((0, 1, 1, 7, 60)))
        answer = self._world.call(*step, self._some_key(before, place))
        self._last = [*self._last[1 - REMEMBERED :], f"{answer.status} {step}"]
        if answer.status < 300:
            self.taken += 1
        elif not answer.waited:
            self.refused += 1
            self._check_refusal(step, answer, before)

    def _some_key(self, state: State, place: Place) -> str:
        """Of an IAM user, now and then, while he has one; "" for the root."""
        keys = [key.id for key in state.find(AccessKey, "user", f"{place.account}/{WALKER}") if key.status == "Active"]
        return self._dice.choice((*keys, "")) if state.get(User, f"{place.account}/{WALKER}") is not None else ""

    def _check_refusal(self, step: Step, answer: Answer, before: State) -> None:
        said = f"{answer.code}: {answer.message}"
        self._require(answer.status < 500, f"{step.operation} answers {answer.status} {said}")
        self._require(bool(answer.code and answer.message), f"{step.operation} is refused without words")
        self._require(BACKSTOP.search(said) is None, f"{step.operation} is refused in the store's words: {said}")
        self._require(self._world.store.state() is before, f"{step.operation} is refused and has written")

    def read_everything(self) -> None:
        """Every reading operation, on something that is there."""
        state = self._world.store.state()
        for service, operation in READS:
            for place in PLACES[:3]:
                step = step_of(state, place, self._dice, service, operation)
                if step is not None:
                    answer = self._world.call(*step, self._some_key(state, place))
                    self._last = [*self._last[1 - REMEMBERED :], f"{answer.status} {step}"]
                    if answer.status >= 300 and not answer.waited:
                        self._check_refusal(step, answer, state)

    def check_plans(self) -> None:
        """What was compiled step by step is what is compiled anew, and names nothing that is not in it."""
        store = self._world.store
        state, commits = store.state(), store.commits_after(self._at)
        assert commits is not None
        out = self._compiler.advance(state, commits)
        self._at, self._at_agent = out.revision, taken_over(self._at_agent, out.network)
        self._require(self._at_agent == out.network_plan, "an agent that took all changes has another plan")
        anew = Compiler(FAMILIES, SETTINGS, strict=True).compile(state)
        self._require(bytes_of(out) == bytes_of(anew), "compiled anew, the plan is another")
        self._require_none(missing_names(out.envoy.plan, state, {d.name for d in out.whole_network.documents}))

    def check_references(self) -> None:
        """No resource names what has gone, but where AWS lets it."""
        self._require_none(dangling(self._world.store.state()))

    def check_tenants(self) -> None:
        """Nobody is shown what is not his."""
        for place in PLACES:
            self._require_none(list(strangers_shown(self._world, place)))

    def check_disk(self) -> None:
        """The store is the same when it is opened again."""
        before = _rows(self._world.store.state())
        self._world.reopen()
        self._require(_rows(self._world.store.state()) == before, "the store is another when it is opened again")

    def _require_none(self, found: Sequence[object]) -> None:
        self._require(not found, "\n".join(map(str, found[:5])))

    def _require(self, holds: bool, what: str) -> None:
        if not holds:
            lines = "\n  ".join(self._last)
            raise AssertionError(f"seed {self._seed}, step {self._number}: {what}\nafter\n  {lines}")


def _rows(state: State) -> dict[Key, tuple[Resource, int, int]]:
    return {row.resource.key: (row.resource, row.created, row.written) for row in state.rows()}
