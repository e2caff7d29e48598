"""What functions say becomes events of their account's log groups, once each; packages that nobody names go."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from innergate.observe.access_file import AccessFile
from innergate.primitives.ids import AccountId, Region
from innergate.resources.accounts import Account
from innergate.resources.functions import Function, FunctionConfig
from innergate.resources.log_groups import LogGroup
from innergate.runtime.functions.log_file import LogFile, LogLine, LogTarget
from innergate.server.code_sweep import sweep_packages
from innergate.server.file_intake import FileIntake, Source
from innergate.server.function_logs import keep_lines
from innergate.server.settings import Settings
from innergate.services.organizations.make_account import make_account
from innergate.store.blobs import FolderBlobs
from innergate.store.log_events import Span, key_of_group
from innergate.store.log_store import LogStore
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock
from innergate.testing.ids import SeededIds

ACCOUNT = AccountId("111122223333")
GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/f"


class Platform:
    """A store with one account, a log store, and the file that the supervisor writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.store = SqliteStore(folder / "store.sqlite", self.clock)
        with self.store.transaction() as tx:
            make_account(tx, self.clock, SeededIds(), "a", ACCOUNT)
        self.path = folder / "lines.jsonl"
        self.file = LogFile(self.path)
        self.start()

    def start(self) -> None:
        """What a start of control does."""
        self.logs = LogStore(self.folder / "logs.sqlite")
        file = AccessFile(self.path, lambda: None, limit_bytes=1500)
        keep = partial(keep_lines, self.store, self.logs, self.clock)
        self.intake = FileIntake(Source("functions", file, 0.2), self.logs, keep)

    def say(self, *messages: str, account: str = ACCOUNT, stream: str = "s") -> None:
        target = LogTarget(account, "us-east-1", "/aws/lambda/f", stream)
        self.file.write(target, [LogLine(1_000 + n, message) for n, message in enumerate(messages)])

    def take(self) -> None:
        while self.intake.take():
            pass

    def messages(self) -> list[str]:
        group = self.store.state().get(LogGroup, GROUP)
        assert group is not None
        return [event.message for event in self.logs.read(key_of_group(group), Span(), 1000)]


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = Platform(tmp_path)
    yield made
    made.file.close()


def test_lines_arrive_in_a_group_that_is_made_for_them(platform: Platform) -> None:
    platform.say("one\n", "two\n")
    platform.take()
    platform.say("three\n", stream="t")
    platform.take()
    assert sorted(platform.messages()) == ["one\n", "three\n", "two\n"]
    group = platform.store.state().get(LogGroup, GROUP)
    assert group is not None
    assert [stream.name for stream in platform.logs.streams(key_of_group(group))] == ["s", "t"]


def test_nothing_is_lost_or_taken_twice_by_a_restart(platform: Platform) -> None:
    platform.say("one\n")
    platform.take()
    platform.logs.close()
    platform.say("two\n")
    platform.start()
    platform.take()
    assert platform.messages() == ["one\n", "two\n"]


def test_the_file_is_set_aside_when_it_is_large(platform: Platform) -> None:
    said = []
    for number in range(40):
        said.append(f"{number} {'x' * 100}\n")
        platform.say(said[-1])
        platform.file.look()
        platform.take()
    assert sorted(platform.messages()) == sorted(said)
    assert platform.path.stat().st_size < 3_000


def test_what_is_no_line_and_who_is_no_account(platform: Platform) -> None:
    with platform.path.open("ab") as file:
        file.write(b"{half\n")
    platform.say("strange\n", account="999988887777")
    platform.say("fine\n")
    platform.take()
    assert platform.messages() == ["fine\n"]
    assert [group.account for group in platform.store.state().all(LogGroup)] == [ACCOUNT]


def test_a_group_of_the_users_own_is_used(platform: Platform) -> None:
    own = LogGroup(
        id=GROUP,
        account=ACCOUNT,
        region=Region("us-east-1"),
        log_group_name="/aws/lambda/f",
        created_at=platform.clock.now(),
        retention_in_days=7,
    )
    with platform.store.transaction() as tx:
        tx.put(own)
    platform.say("one\n")
    platform.take()
    assert platform.store.state().get(LogGroup, GROUP) == own
    assert platform.messages() == ["one\n"]


def test_packages_that_nobody_names_go(platform: Platform) -> None:
    settings = Settings(platform.folder, "127.0.0.1", 0)
    assert sweep_packages(settings, platform.store) == 0
    blobs = FolderBlobs(settings.blob_folder)
    kept, gone = blobs.put(b"kept"), blobs.put(b"gone")
    (settings.blob_folder / "half.new").write_bytes(b"")
    config = FunctionConfig(
        runtime="python3.11",
        role="r",
        handler="h",
        code_digest=kept,
        code_size=4,
        last_modified=platform.clock.now(),
        revision_id="1",
        session_id="",
    )
    function = Function(id="f", account=ACCOUNT, region=Region("us-east-1"), function_name="f", config=config)
    with platform.store.transaction() as tx:
        tx.put(function)
        account = tx.get(Account, ACCOUNT)
        assert account is not None
        tx.put(msgspec.structs.replace(account, name="b"))
    assert sweep_packages(settings, platform.store) == 2
    assert [path.stem for path in settings.blob_folder.iterdir()] == [kept]
    assert gone != kept
