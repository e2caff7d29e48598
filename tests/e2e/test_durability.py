"""A hundred times `kill -9` at any moment: every acknowledged write is there, nothing is half-done, nothing dangles."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from innergate.driver.platform import RunningPlatform
from innergate.primitives.clock import SystemClock
from innergate.resources.network_records import NetworkAcl
from innergate.resources.rest_apis import ApiResource, RestApi
from innergate.resources.route_tables import RouteTable
from innergate.resources.security_groups import SecurityGroup
from innergate.resources.vpcs import Vpc
from innergate.store.sqlite import SqliteStore
from innergate.store.state import State
from innergate.testing.writer import Written

SEED = int(os.environ.get("INNERGATE_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
WRITER_ROUNDS = 95
WHOLE_ROUNDS = 5


@pytest.fixture(scope="module")
def writers() -> Iterator["subprocess.Popen[str]"]:
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-m", "innergate.testing.writer"], stdin=pipe, stdout=pipe, text=True
    ) as process:
        yield process


def has(state: State, written: Written) -> bool:
    if written.kind == "vpc":
        vpc = state.get(Vpc, written.id)
        return vpc is not None and (not written.detail or written.detail in vpc.tags)
    if written.kind == "rest-api":
        return state.get(RestApi, written.id) is not None
    resource = state.get(ApiResource, written.id)
    return resource is not None and (not written.detail or written.detail in resource.methods)


def check(path: Path, acknowledged: Sequence[Written]) -> int:
    """Looks at everything; the number of resources."""
    store = SqliteStore(path, SystemClock())
    try:
        state = store.state()
        assert [w for w in acknowledged if not has(state, w)] == []
        assert store._db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert store._db.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = list(state.rows())
        for row in rows:
            for key in row.resource.references():
                assert state.row(key) is not None, f"{row.resource.key} refers to {key}"
            for name in row.resource.unique_names():
                assert state.holder_of_name(name) == row.resource.key
        names = sum(len(row.resource.unique_names()) for row in rows)
        assert store._db.execute("SELECT count(*) FROM unique_name").fetchone() == (names,)
        for vpc in state.all(Vpc):
            for part in (RouteTable, NetworkAcl, SecurityGroup):
                assert state.find(part, "vpc", vpc.id), f"{vpc.id} was made by halves: no {part.kind}"
        return len(rows)
    finally:
        store.close()


def test_a_writer_killed_at_any_moment_loses_nothing_acknowledged(
    writers: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    print(f"INNERGATE_SEED={SEED}")
    chance = random.Random(SEED)
    assert writers.stdin is not None
    assert writers.stdout is not None
    kept: list[Written] = []
    path, count, began = tmp_path / "s.sqlite", 0, time.monotonic()
    for round in range(WRITER_ROUNDS):
        if round % 10 == 0:
            path, kept = tmp_path / f"{round}.sqlite", []
        writers.stdin.write(json.dumps([str(path), SEED + round, chance.uniform(0, 0.1)]) + "\n")
        writers.stdin.flush()
        acknowledged = [Written(*w) for w in json.loads(writers.stdout.readline())]
        assert acknowledged, f"round {round} wrote nothing"
        kept += acknowledged
        count += len(acknowledged)
        check(path, kept)
    print(f"{WRITER_ROUNDS} kills, {count} acknowledged writes, {time.monotonic() - began:.1f} s")


def test_a_whole_platform_killed_at_any_moment_loses_nothing_acknowledged(tmp_path: Path) -> None:
    print(f"INNERGATE_SEED={SEED}")
    chance = random.Random(SEED)
    platform = RunningPlatform(state=tmp_path, auth="open", concurrency=1)
    kept: list[str] = []
    try:
        for _ in range(WHOLE_ROUNDS):
            platform.start()
            acknowledged: list[str] = []
            thread = threading.Thread(target=make_vpcs, args=(platform.client.call("GET", "/status"), acknowledged))
            thread.start()
            while not acknowledged and thread.is_alive():
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.2))
            platform.kill_control()
            thread.join()
            assert acknowledged
            kept += acknowledged
            check(tmp_path / "store.sqlite", [Written("vpc", id) for id in kept])
        platform.start()
        ec2 = client(platform.client.call("GET", "/status")["endpoint"])
        pages = ec2.get_paginator("describe_vpcs").paginate()
        assert set(kept) <= {vpc["VpcId"] for page in pages for vpc in page["Vpcs"]}
    finally:
        platform.stop()
    print(f"{WHOLE_ROUNDS} kills of a whole platform, {len(kept)} acknowledged VPCs")


def client(endpoint: str) -> Any:
    session = boto3.Session(aws_access_key_id="111122223333", aws_secret_access_key="x", region_name="us-east-1")
    return session.client("ec2", endpoint_url=endpoint, config=Config(retries={"total_max_attempts": 1}))


def make_vpcs(status: dict[str, str], acknowledged: list[str]) -> None:
    """Until the platform is gone."""
    ec2 = client(status["endpoint"])
    while True:
        try:
            acknowledged.append(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])
        except (BotoCoreError, ClientError):
            return
