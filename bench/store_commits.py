"""Commits of the store a second, each durable, against the same number of rows written by SQLite alone on the same disk."""

import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.effort import Effort
from bench.figures import Figure, compared
from bench.rounds import take_rounds
from innergate.primitives.clock import SystemClock
from innergate.primitives.ids import AccountId, Region
from innergate.resources.rest_apis import EndpointConfiguration, RestApi
from innergate.store.sqlite import SqliteStore

BARE = "bare_sqlite"


def measure_commits(effort: Effort, part: str) -> list[Figure]:
    """The figure."""
    with tempfile.TemporaryDirectory(prefix="innergate-bench-") as folder:
        store = SqliteStore(Path(folder) / "own.sqlite", SystemClock())
        bare = sqlite3.connect(Path(folder) / "bare.sqlite", isolation_level=None)
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute("CREATE TABLE resource (id TEXT PRIMARY KEY, body BLOB)")
        try:
            seconds = min(effort.seconds, 1.0)
            acts = {"store": partial(_commit, store), BARE: partial(_write, bare)}
            measures = {name: partial(_rate, act, seconds) for name, act in acts.items()}
            note = effort.note("commits of the store / bare SQLite", effort.rounds)
            rates = take_rounds(measures, effort.rounds, note)
        finally:
            bare.close()
            store.close()
    return [compared("store_commits", rates["store"], BARE, rates[BARE], "commits/s", part)]


def _rate(act: Callable[[int], None], seconds: float) -> float:
    began, done = time.monotonic(), 0
    while time.monotonic() < began + seconds:
        act(done)
        done += 1
    return done / (time.monotonic() - began)


def _commit(store: SqliteStore, number: int) -> None:
    api = RestApi(
        id=f"a{number:09d}",
        account=AccountId("111122223333"),
        region=Region("us-east-1"),
        name="bench",
        created_date=datetime.now(UTC),
        root_resource_id="root",
        endpoint_configuration=EndpointConfiguration(types=("PRIVATE",)),
    )
    with store.transaction() as tx:
        tx.put(api)


def _write(bare: sqlite3.Connection, number: int) -> None:
    bare.execute("INSERT OR REPLACE INTO resource VALUES (?, ?)", (f"a{number:09d}", b"x" * 400))
