"""An application on a unix socket, for as long as a test talks to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from innergate.nets.node_processes import answers
from innergate.runtime.http_app import App, make_server
from innergate.testing.waiting import LONGEST_S


@asynccontextmanager
async def served(app: App, path: Path) -> AsyncIterator[None]:
    """Begins when the socket answers."""
    server = make_server(app, unix_socket=str(path))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.serve())
        async with asyncio.timeout(LONGEST_S):
            while not await asyncio.to_thread(answers, path):  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.01)
        try:
            yield
        finally:
            server.should_exit = True
