"""One AWS call from bytes to bytes: whatever comes, an answer in the protocol's words, and no half a write."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from innergate.primitives.fault import Fault
from innergate.resources.accounts import Account
from innergate.resources.base import Key, UniqueName
from innergate.resources.vpcs import Vpc
from innergate.server import dispatch
from innergate.server.dispatch import Dispatcher, Waiting
from innergate.services.context import Context, Params
from innergate.services.node_calls import NodeAnswer, NodeCall
from innergate.services.operation import Operations, read, write
from innergate.services.tables import SERVICE_TABLES
from innergate.store.errors import MissingReference, NameTaken, StillReferenced
from innergate.store.log_store import LogStore
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock
from innergate.testing.disk import refusing_disk
from innergate.testing.ids import SeededIds
from innergate.wire.http import HttpRequest, HttpResponse, make_request

EC2 = "ec2"
FORM = ("Content-Type", "application/x-www-form-urlencoded")


class World:
    """A dispatcher in open mode: a 12-digit key id is the account."""

    def __init__(self, folder: Path) -> None:
        clock = FakeClock()
        self.store = SqliteStore(folder / "store.sqlite", clock)
        self.dispatcher = Dispatcher(self.store, clock, SeededIds(), self.store, LogStore(folder / "logs"), "open")

    def request(self, service: str, body: str, account: str = "111122223333") -> HttpRequest:
        scope = f"Credential={account}/20261122/us-east-1/{service}/aws4_request"
        authorization = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature={'0' * 64}"
        headers = (("Host", "h"), ("X-Amz-Date", "20261122T080000Z"), ("Authorization", authorization), FORM)
        return make_request("POST", "/", "", headers, f"{body}&Version=2016-11-15".encode())

    def answer(self, body: str, account: str = "111122223333") -> HttpResponse:
        found = self.dispatcher.answer(self.request(EC2, body, account), "127.0.0.1")
        assert isinstance(found, HttpResponse)
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def replace(monkeypatch: pytest.MonkeyPatch, operations: Operations) -> None:
    """EC2 with these operations in the places of its own."""
    tables: Mapping[str, Operations] = {**SERVICE_TABLES, EC2: {**SERVICE_TABLES[EC2], **operations}}
    monkeypatch.setattr(dispatch, "SERVICE_TABLES", tables)


def test_a_write_is_there_for_the_next_read_and_for_no_other_account(world: World) -> None:
    made = world.answer("Action=CreateVpc&CidrBlock=10.9.0.0/16")
    assert made.status == 200
    assert b"10.9.0.0/16" in world.answer("Action=DescribeVpcs").body
    assert b"10.9.0.0/16" not in world.answer("Action=DescribeVpcs", "444455556666").body


def test_open_mode_makes_accounts_on_their_first_call_alone(world: World) -> None:
    world.answer("Action=DescribeVpcs")
    revision = world.store.state().revision
    assert [a.id for a in world.store.state().all(Account)] == ["111122223333"]
    world.answer("Action=DescribeRegions")
    assert world.store.state().revision == revision


def test_an_operation_that_is_not_there_says_so(world: World) -> None:
    answer = world.answer("Action=RunInstances&MinCount=1&MaxCount=1")
    assert 400 <= answer.status < 600
    assert b"RunInstances" in answer.body


def test_what_is_no_call_is_refused_in_words(world: World) -> None:
    answer = world.answer("Action=NoSuchThing")
    assert answer.status == 400
    assert b"<Code>InvalidAction</Code>" in answer.body


def test_a_refused_write_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = SERVICE_TABLES[EC2]["CreateVpc"].run

    def half(context: Context, params: Params) -> None:
        real(context, params)
        raise Fault("Changed", "my mind", 409)

    replace(monkeypatch, {"CreateVpc": write(half)})
    answer = world.answer("Action=CreateVpc&CidrBlock=10.9.0.0/16")
    assert (answer.status, b"<Code>Changed</Code><Message>my mind</Message>" in answer.body) == (409, True)
    assert "10.9.0.0/16" not in {vpc.cidr_block for vpc in world.store.state().all(Vpc)}


@pytest.mark.usefixtures("capsys")
@pytest.mark.parametrize(
    ("service", "code"), [("ec2", b"<Code>ServiceUnavailable</Code>"), ("apigateway", b"ServiceUnavailableException")]
)
def test_a_full_disk_is_a_reason_to_try_again(world: World, service: str, code: bytes) -> None:
    def request() -> HttpRequest:
        asked = world.request(service, "Action=CreateVpc&CidrBlock=10.9.0.0/16")
        return asked if service == "ec2" else asked._replace(raw_path="/restapis", body=b'{"name": "x"}')

    with refusing_disk():
        refused = world.dispatcher.answer(request(), "127.0.0.1")
        assert isinstance(refused, HttpResponse)
        assert refused.status == 503
        assert code in refused.body or code in str(refused.headers).encode()
        assert world.store.state().revision == 0
    taken = world.dispatcher.answer(request(), "127.0.0.1")
    assert isinstance(taken, HttpResponse)
    assert taken.status in (200, 201)


def test_our_own_bug_is_an_internal_failure_without_its_words(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(context: Context, params: Params) -> None:
        raise RuntimeError("secret detail")

    replace(monkeypatch, {"DescribeVpcs": read(broken)})
    answer = world.answer("Action=DescribeVpcs")
    assert answer.status == 500
    assert b"InternalFailure" in answer.body
    assert b"secret detail" not in answer.body
    assert b"10.9" in world.answer("Action=CreateVpc&CidrBlock=10.9.0.0/16").body, "the next call is served"


def test_a_call_that_waits_for_the_node(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def finish(answer: NodeAnswer) -> Mapping[str, Any]:
        if answer.status != 200:
            raise Fault("Odd", f"the node said {answer.status}", 502)
        return {"Regions": [{"RegionName": answer.body.decode()}]}

    gone = Fault("Gone", "nobody listens", 503)
    call = NodeCall("thing", "POST", "/", {}, b"", 1.0, finish, gone)
    replace(monkeypatch, {"DescribeRegions": read(lambda context, params: call)})
    waiting = world.dispatcher.answer(world.request(EC2, "Action=DescribeRegions"), "127.0.0.1")
    assert isinstance(waiting, Waiting)
    for said, wanted in (
        (NodeAnswer(200, {}, b"mars-1"), (200, b"mars-1")),
        (NodeAnswer(404, {}, b""), (502, b"the node said 404")),
        (None, (503, b"nobody listens")),
    ):
        answer = world.dispatcher.finish(waiting, said)
        assert (answer.status, wanted[1] in answer.body) == (wanted[0], True)


@pytest.mark.parametrize(
    ("service", "raised", "wanted"),
    [
        ("ec2", StillReferenced(Key("vpc", "v"), Key("subnet", "s")), ("DependencyViolation", 400)),
        ("elbv2", StillReferenced(Key("vpc", "v"), Key("subnet", "s")), ("ResourceInUse", 400)),
        ("apigateway", StillReferenced(Key("vpc", "v"), Key("subnet", "s")), ("BadRequestException", 400)),
        ("iam", NameTaken(UniqueName("u", "n"), Key("user", "a"), Key("user", "b")), ("AlreadyExists", 409)),
        ("apigateway", NameTaken(UniqueName("u", "n"), Key("api", "a"), Key("api", "b")), ("ConflictException", 409)),
        ("ec2", MissingReference(Key("subnet", "s"), Key("vpc", "v")), ("InvalidParameterValue", 400)),
    ],
)
def test_what_the_store_refuses_is_said_in_the_services_words(
    service: str, raised: StillReferenced | NameTaken | MissingReference, wanted: tuple[str, int]
) -> None:
    fault = dispatch._as_fault(service, raised)
    assert (fault.code, fault.status) == wanted
