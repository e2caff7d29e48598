"""uvicorn's HTTP protocol with answers in one piece."""

import asyncio
from typing import cast, final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from innergate.runtime.one_piece import OnePieceTransport


@final
class HttpProtocol(HttpToolsProtocol):
    """Of one connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins to serve it."""
        super().connection_made(OnePieceTransport(cast(asyncio.Transport, transport), self.loop))
