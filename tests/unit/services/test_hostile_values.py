"""No value that a tenant writes makes a call fail as a bug would, the store unreadable, or the compile or an explanation fail.

Every operation is called with one hostile value after the other, in every member of its model. What is accepted is written
and read again as the store does it; one of each member's goes through compile and explanations.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

import msgspec
import pytest
from tests.unit.services.hostile_values import Hostile, hostile_calls
from tests.unit.services.tenant_world import STRANGER, TenantWorld

from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.primitives.fault import Fault
from innergate.primitives.no_such_thing import NoSuchThing
from innergate.resources.api_keys import Throttle, UsagePlan
from innergate.services.node_calls import NodeCall
from innergate.services.tables import SERVICE_TABLES
from innergate.store.errors import MissingReference, NameTaken, StillReferenced
from innergate.store.state import Change, Commit
from innergate.store.transaction import Transaction
from innergate.testing.cpu_time import cpu_seconds
from innergate.testing.ids import SeededIds
from innergate.wire import catalogue
from innergate.wire.front import Call, Wire
from innergate.wire.validate import validate

SLOW_S = 1.0
UNTIMED = frozenset(("GenerateClientCertificate",))
"""An RSA key is made at each call."""
BROKEN = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    re.error,
)
"""What our own bugs raise; anything else ends the walk."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> TenantWorld:
    return TenantWorld(tmp_path_factory.mktemp("hostile"))


def check_rows(changes: Sequence[Change]) -> None:
    """Raises ValueError or AssertionError for what the next start could not read, or would read as something else."""
    for change in changes:
        if change.after is not None:
            read = msgspec.json.decode(msgspec.json.encode(change.after), type=type(change.after))
            assert read == change.after, f"{change.key} is read as another"


class Walk:
    """Calls operations on one state; nothing is kept."""

    def __init__(self, world: TenantWorld) -> None:
        self.world, self.state, self.wire = world, world.store.state(), Wire()
        self.compiler = Compiler(FAMILIES, CompileSettings(), strict=True)
        self.compiler.compile(self.state)
        self.accepted = 0

    def findings(self, service: str, operation: str) -> Iterator[str]:
        """What is wrong, a line for each member."""
        broken, compiled = set(), set()
        for hostile in hostile_calls(service, operation, self.world.things[STRANGER]):
            if hostile.spot in broken:
                continue
            try:
                changes = self._quick_call(service, operation, hostile)
                if changes and hostile.spot not in compiled:
                    compiled.add(hostile.spot)
                    self._compile(changes)
            except BROKEN as error:
                broken.add(hostile.spot)
                yield f"{operation} {hostile.spot}={hostile.value}: {type(error).__name__}: {error}"[:400]

    def _quick_call(self, service: str, operation: str, hostile: Hostile) -> tuple[Change, ...]:
        changes: list[tuple[Change, ...]] = []
        took_s = cpu_seconds(lambda: changes.append(self._call(service, operation, hostile)), SLOW_S)
        assert took_s < SLOW_S, f"took {took_s:.1f} s"
        return changes[0]

    def _call(self, service: str, operation: str, hostile: Hostile) -> tuple[Change, ...]:
        model, table = catalogue.find_operation(service, operation), SERVICE_TABLES[service][operation]
        assert model is not None
        protocol = catalogue.SERVICES[service].protocols[0]
        call = Call(service, operation, hostile.params, protocol, "us-east-1", None)
        self.world.ids, tx = SeededIds(99), Transaction(self.state)
        context = self.world.context(tx, STRANGER)
        try:
            validate(model, protocol, hostile.params)
            table.resource(context, hostile.params)
            table.request_keys(context, hostile.params)
            table.further(context, hostile.params)
            result = table.run(context, hostile.params)
            changes = tx.changes()
        except Fault as fault:
            if not 400 <= fault.status < 500:
                raise AssertionError(f"{fault.status} {fault.code}") from fault
            self.wire.refuse(call, fault, "r")
            return ()
        except (NameTaken, MissingReference, StillReferenced):
            return ()
        if isinstance(result, NodeCall):
            return ()
        self.accepted += 1
        self.wire.answer(call, result, "r")
        check_rows(changes)
        return changes

    def _compile(self, changes: tuple[Change, ...]) -> None:
        """Strictly, there and back."""
        after = self.state.apply(self.state.revision + 1, changes)
        back = tuple(Change(change.key, change.after, change.before) for change in changes)

        def advance() -> None:
            self.compiler.advance(after, [Commit(after.revision, changes)])
            self.compiler.advance(self.state, [Commit(after.revision, back)])

        took_s = cpu_seconds(advance, SLOW_S)
        assert took_s < SLOW_S, f"compile took {took_s:.1f} s"
        with suppress(NoSuchThing):
            simulate(after, CallRequest(self.world.things[STRANGER]["restApiId"], ""))


@pytest.fixture(scope="module")
def walk(world: TenantWorld) -> Walk:
    return Walk(world)


@pytest.mark.parametrize("service", sorted(SERVICE_TABLES))
def test_no_value_breaks_anything(walk: Walk, service: str) -> None:
    names = sorted(SERVICE_TABLES[service].keys() - UNTIMED)
    assert [line for name in names for line in walk.findings(service, name)] == []


@pytest.mark.parametrize(
    "name",
    [
        "apigateway.CreateUsagePlan",
        "apigateway.PutMethod",
        "cloudwatch.PutMetricAlarm",
        "ec2.CreateVpcEndpoint",
        "iam.CreateRole",
        "lambda.CreateFunction",
    ],
)
def test_the_walk_goes_deep(walk: Walk, name: str) -> None:
    """What is right but for the value is taken, so a refusal is the value's."""
    service, _, operation = name.partition(".")
    before = walk.accepted
    assert list(walk.findings(service, operation)) == []
    assert walk.accepted > before + 20


def test_the_walk_sees_what_no_start_could_read(walk: Walk) -> None:
    """NaN is written as null, which is no number."""
    plan = walk.state.all(UsagePlan)[0]
    odd = msgspec.structs.replace(plan, throttle=Throttle(rate_limit=float("nan"), burst_limit=1))
    with pytest.raises(msgspec.ValidationError):
        check_rows((Change(plan.key, plan, odd),))
