"""Asks AWS services where the operator says: strange servers on TCP and TLS, so by a general client."""

import asyncio
import time
from typing import final

import aiohttp
from yarl import URL

from innergate.runtime.exchange.effects import EffectFailed, HttpReply
from innergate.runtime.held_body import HeldBody, NoRoomForAnswer
from innergate.runtime.http_app import Hold
from innergate.runtime.signing import SignedCall

_READ_BYTES = 256 * 1024


@final
class ServiceClient:
    """Used by one event loop; `close` it there."""

    def __init__(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )

    async def close(self) -> None:
        """Closes all connections."""
        await self._session.close()

    async def exchange(
        self, verb: str, signed: SignedCall, body: bytes, timeout_ms: int, hold: Hold
    ) -> HttpReply | EffectFailed:
        """The answer, or why there is none. Nothing is sent but what was signed."""
        began = time.monotonic()
        named = {name.lower() for name, _ in signed.headers}
        added = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
        try:
            async with (
                asyncio.timeout(timeout_ms / 1000),
                self._session.request(
                    verb,
                    URL(signed.url, encoded=True),
                    headers=signed.headers,
                    data=body if body or verb in ("POST", "PUT", "PATCH") else None,
                    allow_redirects=False,
                    skip_auto_headers=[name for name in added if name.lower() not in named],
                    timeout=aiohttp.ClientTimeout(total=None),
                ) as answer,
            ):
                headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.raw_headers)
                held = HeldBody(hold)
                async for part in answer.content.iter_chunked(_READ_BYTES):
                    held.add(part)
                return HttpReply(status=answer.status, headers=headers, body=held.join(), latency_ms=_since(began))
        except TimeoutError:
            return EffectFailed(kind="timeout", reason="no answer in time", latency_ms=_since(began))
        except NoRoomForAnswer as error:
            return EffectFailed(kind="failure", reason=str(error), latency_ms=_since(began))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return EffectFailed(kind="failure", reason=f"{type(error).__name__}: {error}", latency_ms=_since(began))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
