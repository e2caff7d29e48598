"""Keeps the platform's own certificates good while it runs: who has one gets the next before it ends."""

import asyncio
from typing import Protocol

from innergate.primitives.event_log import EventLog
from innergate.server.certificates import PlatformSecrets

log = EventLog()

INTERVAL_S = 3600.0


class SecretHolders(Protocol):
    """Those who were given secrets."""

    def refresh_secret(self, name: str) -> None:
        """Sends a secret anew to those who use it."""
        ...


async def keep_renewing(secrets: PlatformSecrets, holders: SecretHolders, interval_s: float = INTERVAL_S) -> None:
    """Looks until it is cancelled; what cannot be read now is looked at again at the next turn."""
    while True:
        await asyncio.sleep(interval_s)
        try:
            renewed = await asyncio.to_thread(secrets.renew)
        except OSError as error:
            log.error("certificates are not renewed for now", reason=str(error))
            continue
        for name in renewed:
            log.info("a certificate was renewed", name=name)
            holders.refresh_secret(name)
