"""Envoy gets a certificate anew while the platform runs on."""

import asyncio
from pathlib import Path

import pytest

from innergate.server.certificates import CertificateAuthority, PlatformSecrets
from innergate.server.renewing import keep_renewing
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock


class Holders:
    def __init__(self) -> None:
        self.refreshed: asyncio.Queue[str] = asyncio.Queue()

    def refresh_secret(self, name: str) -> None:
        self.refreshed.put_nowait(name)


def test_what_was_renewed_is_sent_also_after_a_turn_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    store = SqliteStore(tmp_path / "store.sqlite", clock)
    secrets = PlatformSecrets(CertificateAuthority(tmp_path / "pki", clock), store)
    secrets.secret("execute-api/us-east-1")
    clock.advance(368 * 86_400)
    renew, turns = secrets.renew, iter(range(100))

    def fail_once() -> tuple[str, ...]:
        if next(turns) == 0:
            raise OSError("the disk does not answer")
        return renew()

    monkeypatch.setattr(PlatformSecrets, "renew", lambda self: fail_once())

    async def run() -> str:
        holders = Holders()
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            task = group.create_task(keep_renewing(secrets, holders, 0.001))
            name = await holders.refreshed.get()
            task.cancel()
        return name

    assert asyncio.run(run()) == "execute-api/us-east-1"
    store.close()
