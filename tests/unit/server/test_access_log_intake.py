"""Records become lines in the right account's log group, once each, whatever happens in between."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from innergate.observe.access_file import AccessFile
from innergate.plans.runtime import execution_log_group
from innergate.primitives.ids import AccountId, Region
from innergate.primitives.json_value import JsonValue
from innergate.resources.accounts import Account
from innergate.resources.api_accounts import ApiGatewayAccount
from innergate.resources.base import Resource
from innergate.resources.log_groups import LogGroup
from innergate.resources.stages import AccessLogSettings, Stage
from innergate.server.access_log_intake import SOURCE, AccessLogs, stream_name
from innergate.server.file_intake import FileIntake, Source
from innergate.server.purging import purge_logs
from innergate.store.log_events import Span, key_of_group
from innergate.store.log_store import LogStore
from innergate.store.sqlite import SqliteStore
from innergate.testing.access_records import line_of
from innergate.testing.clock import FakeClock
from innergate.testing.scenario import GATEWAY, Scenario

FORMAT = "$context.requestId $context.status $context.accountId"
STRANGER = "999988887777"
ORDER = ("rest-api", "api-resource", "deployment", "stage")


class Platform:
    """A store with one logging stage, a log store, and the file that Envoy would write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.store = SqliteStore(folder / "store.sqlite", self.clock)
        scenario = Scenario().as_account(GATEWAY)
        api, stage = scenario.private_api(None)
        self.group = make_group(GATEWAY, "g", self.clock)
        settings = AccessLogSettings(destination_arn=self.group.id, format=FORMAT)
        self.stage = msgspec.structs.replace(stage, access_log_settings=settings)
        self.api = api.id
        made = [change.after for change in scenario.commit().changes if change.after is not None]
        made.sort(key=lambda resource: ORDER.index(resource.kind))
        self.put(*made, self.stage, self.group)
        self.path = folder / "access.log"
        self.start()

    def start(self) -> None:
        """What a start of the control process does."""
        self.logs = LogStore(self.folder / "logs.sqlite")
        file = AccessFile(self.path, self.path.touch, limit_bytes=2000)
        keep = AccessLogs(self.store, self.logs, self.clock).keep
        self.intake = FileIntake(Source(SOURCE, file, 0.2), self.logs, keep)

    def purge(self) -> None:
        purge_logs(self.store, self.logs, self.clock)

    def put(self, *resources: Resource) -> None:
        with self.store.transaction() as tx:
            for resource in resources:
                tx.put(resource)

    def write(self, *ids: str, **fields: Any) -> None:
        record: dict[str, Any] = {
            "logGroup": self.group.id,
            "apiId": self.api,
            "stage": self.stage.stage_name,
            "requestTimeEpoch": str(int(self.clock.now().timestamp() * 1000)),
            "responseLatency": 7,
            "status": 200,
        }
        with self.path.open("a") as file:
            for id in ids:
                file.write(line_of({**record, "requestId": id, **fields}) + "\n")

    def messages(self, group: LogGroup | None = None) -> list[str]:
        events = self.logs.read(key_of_group(group or self.group), Span(), 1000)
        return [event.message for event in events]


def make_group(account: str, name: str, clock: FakeClock, days: int | None = None) -> LogGroup:
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:{name}"
    return LogGroup(
        id=arn,
        account=AccountId(account),
        region=Region("us-east-1"),
        log_group_name=name,
        created_at=clock.now(),
        retention_in_days=days,
    )


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(tmp_path)


def test_a_record_becomes_a_line(platform: Platform) -> None:
    assert platform.intake.take() == 0
    platform.write("a", "b")
    assert platform.intake.take() == 2
    assert platform.intake.take() == 0
    assert platform.messages() == [f"a 200 {GATEWAY}", f"b 200 {GATEWAY}"]
    [stream] = platform.logs.streams(key_of_group(platform.group))
    at_ms = int(platform.clock.now().timestamp() * 1000) + 7
    assert (stream.last_ms, stream.name) == (at_ms, stream_name(platform.stage.id, at_ms))
    assert len(stream.name) == 32


def test_the_present_format_holds(platform: Platform) -> None:
    platform.write("a")
    platform.intake.take()
    settings = AccessLogSettings(destination_arn=platform.group.id, format="now $context.requestId")
    platform.put(msgspec.structs.replace(platform.stage, access_log_settings=settings))
    platform.write("b")
    platform.intake.take()
    assert platform.messages() == [f"a 200 {GATEWAY}", "now b"]


def test_a_restart_neither_loses_nor_repeats(platform: Platform) -> None:
    platform.write("a")
    platform.intake.take()
    platform.logs.close()
    platform.write("b", "c")
    platform.start()
    platform.intake.take()
    platform.logs.close()
    platform.start()
    assert platform.intake.take() == 0
    assert [message[0] for message in platform.messages()] == ["a", "b", "c"]


def test_a_copied_folder_goes_on_where_the_first_was(platform: Platform) -> None:
    platform.write("a")
    platform.intake.take()
    platform.logs.close()
    text = platform.path.read_bytes()
    platform.path.rename(platform.path.with_name("kept"))
    platform.path.write_bytes(text)
    platform.write("b")
    for _ in range(2):
        platform.start()
        platform.intake.take()
        platform.logs.close()
    platform.start()
    assert [message[0] for message in platform.messages()] == ["a", "b"]
    assert len(platform.logs.positions("access")) == 1


def test_another_file_in_its_place_is_read_from_its_start(platform: Platform) -> None:
    platform.write("a")
    platform.intake.take()
    platform.logs.close()
    platform.path.write_bytes(b"")
    platform.write("b", "c")
    platform.start()
    platform.intake.take()
    assert [message[0] for message in platform.messages()] == ["a", "b", "c"]


def test_records_survive_rotation(platform: Platform) -> None:
    ids = [f"{n:03d}" for n in range(60)]
    for id in ids:
        platform.write(id)
        platform.intake.take()
        if id.endswith("5"):
            platform.logs.close()
            platform.start()
    assert [message[:3] for message in platform.messages()] == ids
    assert not platform.path.with_name("access.log.1").exists()
    assert len(platform.logs.positions("access")) == 1


def test_nobody_writes_into_a_strangers_group(platform: Platform) -> None:
    foreign = make_group(STRANGER, "g", platform.clock)
    platform.put(foreign)
    platform.write("a", logGroup=foreign.id)
    platform.write("b")
    platform.intake.take()
    assert platform.messages(foreign) == []
    assert platform.messages() == [f"b 200 {GATEWAY}"]


def test_what_cannot_be_delivered_holds_nothing_up(platform: Platform) -> None:
    platform.write("a", stage="gone")
    platform.write("b", logGroup="arn:aws:firehose:us-east-1:1:deliverystream/amazon-apigateway-x")
    with platform.path.open("a") as file:
        file.write('{"half a li\n[1]\n\n')
    with platform.path.open("ab") as raw:
        raw.write(b'{"not utf-8": "\xff"}\n')
    platform.write("c")
    platform.intake.take()
    assert platform.messages() == [f"c 200 {GATEWAY}"]


def test_purging_follows_retention_and_the_groups_life(platform: Platform) -> None:
    platform.write("old")
    platform.intake.take()
    platform.clock.advance(2 * 24 * 3600)
    platform.write("new")
    platform.intake.take()
    platform.purge()
    assert len(platform.messages()) == 2
    platform.put(msgspec.structs.replace(platform.group, retention_in_days=1))
    platform.purge()
    assert platform.messages() == [f"new 200 {GATEWAY}"]
    again = msgspec.structs.replace(platform.group, created_at=datetime(2027, 1, 1, tzinfo=UTC))
    platform.put(again)
    platform.purge()
    assert platform.logs.stored_bytes() == {}


def test_a_stage_that_stops_logging_has_no_lines(platform: Platform) -> None:
    stage: Stage = msgspec.structs.replace(platform.stage, access_log_settings=None)
    platform.put(stage)
    platform.write("a")
    assert platform.intake.take() == 1
    assert platform.messages() == []


FAILED = {"resourceId": "r", "resourcePath": "/a", "httpMethod": "GET", "path": "/test/a"}
FAILED |= {"details": "response_timeout", "errorType": "InternalServerErrorException"}


def join_organization(platform: Platform) -> None:
    """Groups are made for accounts that are there."""
    at = platform.clock.now()
    platform.put(
        Account(id=GATEWAY, account=AccountId(GATEWAY), region=Region(""), name="gateway", email="g@x", joined_at=at)
    )


def canary_groups(platform: Platform) -> list[str]:
    """The groups that are there, but for the users' own."""
    groups = [group for group in platform.store.state().all(LogGroup) if group.id != platform.group.id]
    return sorted(group.log_group_name for group in groups)


def test_lines_of_canaries_are_in_a_group_of_their_own_too(platform: Platform) -> None:
    join_organization(platform)
    canary: dict[str, JsonValue] = {"deploymentId": platform.stage.deployment_id, "percentTraffic": 10.0}
    settings = AccessLogSettings(destination_arn=platform.group.id, format="$context.requestId")
    platform.put(msgspec.structs.replace(platform.stage, canary_settings=canary, access_log_settings=settings))
    platform.write("main")
    assert platform.intake.take() == 1
    assert canary_groups(platform) == []
    platform.write("one", "two", isCanaryRequest="true")
    assert platform.intake.take() == 2
    assert platform.messages() == ["main", "one", "two"]
    assert canary_groups(platform) == ["g/Canary"]
    assert platform.messages(make_group(GATEWAY, "g/Canary", platform.clock)) == ["one", "two"]


def test_failures_of_canaries_are_in_both_execution_logs(platform: Platform) -> None:
    join_organization(platform)
    said = told(platform, "ERROR", isCanaryRequest="true")
    assert said[1] == "(a) Method completed with status: 504"
    name = f"{execution_log_group(platform.api, platform.stage.stage_name)}/Canary"
    assert platform.messages(make_group(GATEWAY, name, platform.clock)) == said


def told(platform: Platform, level: str, role: str | None = "arn:aws:iam::1:role/r", **fields: Any) -> list[str]:
    """What the execution log says of a failed call of a stage without an access log."""
    settings: dict[str, dict[str, bool | int | float | str]] = {"*/*": {"loggingLevel": level}}
    group = make_group(GATEWAY, execution_log_group(platform.api, platform.stage.stage_name), platform.clock)
    account, region = AccountId(GATEWAY), Region("us-east-1")
    owner = ApiGatewayAccount(id=f"{GATEWAY}/{region}", account=account, region=region, cloudwatch_role_arn=role)
    platform.put(
        msgspec.structs.replace(platform.stage, access_log_settings=None, method_settings=settings), group, owner
    )
    platform.write("a", **{"logGroup": "", "status": 504, **FAILED, **fields})
    assert platform.intake.take() == 1
    return platform.messages(group)


@pytest.mark.parametrize("level", ["ERROR", "INFO"])
def test_a_call_that_envoy_ended_is_in_the_execution_log(platform: Platform, level: str) -> None:
    assert told(platform, level) == [
        "(a) Execution failed due to a timeout error",
        "(a) Method completed with status: 504",
    ]


def test_no_level_no_role_or_no_failure_says_nothing(platform: Platform) -> None:
    assert told(platform, "OFF") == []
    assert told(platform, "ERROR", role=None) == []
    assert told(platform, "ERROR", details="via_upstream") == []


def test_what_a_worker_executed_it_has_told_itself(platform: Platform) -> None:
    assert told(platform, "ERROR", runtime="{}") == []
