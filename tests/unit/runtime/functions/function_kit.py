"""A state folder with functions in it, and a supervisor's pool on it."""

import asyncio
import hashlib
import io
import json
import os
import shutil
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, final

import msgspec
import pytest

from innergate.plans.functions import AliasPlan, AsyncPlan, FunctionPlan, FunctionVersionPlan, document_of
from innergate.runtime.functions.code_folder import CodeFolder
from innergate.runtime.functions.execution_environment import Places
from innergate.runtime.functions.function_documents import FunctionDocuments
from innergate.runtime.functions.invocations import Invocation
from innergate.runtime.functions.log_file import LogFile
from innergate.runtime.functions.pool import Done, Pool

ACCOUNT = "111122223333"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:hello"
NEEDS_NODE = pytest.mark.skipif(shutil.which("node") is None, reason="this machine has no node")
ECHO = "def handler(event, context):\n    return event\n"


def arn_of(name: str) -> str:
    """The ARN of a function of the account."""
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"


def package(files: Mapping[str, str]) -> bytes:
    """A zip file; what is named bootstrap may be executed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.external_attr = (0o755 if name == "bootstrap" else 0o644) << 16
            archive.writestr(info, text)
    return out.getvalue()


@final
class FunctionKit:
    """`folder` is a state folder as the agent and control leave it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.documents = folder / "run" / "documents" / "functions"
        self.documents.mkdir(parents=True)
        (folder / "blobs").mkdir()
        (folder / "run" / "root").mkdir()
        self.log = folder / "log" / "lines.jsonl"
        self._revision = 0
        self._others = _children()

    def put(self, files: Mapping[str, str] | str = ECHO, **changes: Any) -> FunctionPlan:
        """Writes a function; `files` may be the text of app.py. `changes` are of the version; `name`, `reserved`, `aliases`,
        `events` (its asynchronous plan) and `may_loop` of the function."""
        digest = self.keep({"app.py": files} if isinstance(files, str) else files)
        self._revision += 1
        name, reserved = changes.pop("name", "hello"), changes.pop("reserved", None)
        events, may_loop = changes.pop("events", AsyncPlan()), changes.pop("may_loop", False)
        aliases = {name: AliasPlan(shares=shares) for name, shares in changes.pop("aliases", {}).items()}
        whole: dict[str, Any] = {
            "number": "$LATEST",
            "revision_id": f"r{self._revision}",
            "runtime": "python3.11",
            "handler": "app.handler",
            "code_digest": digest,
            "environment": {},
            "timeout_s": 20,
            "memory_mb": 128,
            "ephemeral_mb": 512,
            "log_group": "/aws/lambda/hello",
        }
        version = FunctionVersionPlan(**{**whole, **changes})
        plan = FunctionPlan(
            arn=arn_of(name),
            account=ACCOUNT,
            region="us-east-1",
            name=name,
            reserved_concurrency=reserved,
            versions={"$LATEST": version},
            aliases=aliases,
            async_plans={"": events},
            may_loop=may_loop,
        )
        spare = self.documents / ".new"
        spare.write_bytes(msgspec.json.encode(plan))
        spare.replace(self.documents / document_of(plan.arn))
        return plan

    def keep(self, files: Mapping[str, str]) -> str:
        """Writes a package; its digest."""
        data = package(files)
        digest = hashlib.sha256(data).hexdigest()
        (self.folder / "blobs" / f"{digest}.zip").write_bytes(data)
        return digest

    @asynccontextmanager
    async def pool(self) -> AsyncIterator[Pool]:
        """A pool, closed afterwards."""
        log_file = LogFile(self.log)
        places = Places(self.folder / "run" / "root", self.folder / "run" / "resolv")
        code = CodeFolder(self.folder / "blobs", self.folder / "code")
        pool = Pool(FunctionDocuments(self.documents), code, places, log_file)
        try:
            yield pool
        finally:
            await pool.close()
            log_file.close()
            await asyncio.sleep(0.01)

    def processes(self) -> frozenset[int]:
        """Those that have been started since the kit was made: whoever runs the tests may have others."""
        return _children() - self._others

    def lines(self) -> list[str]:
        """What has been logged."""
        return [text for line in self.log.read_text().splitlines() for _, text in json.loads(line)["lines"]]

    def run(self, *payloads: object, qualifier: str = "") -> list[Done]:
        """Invokes one after the other in one pool."""

        async def go() -> list[Done]:
            async with self.pool() as pool:
                return [await invoke(pool, payload, number, qualifier) for number, payload in enumerate(payloads)]

        return asyncio.run(go())


async def invoke(pool: Pool, payload: object, number: int = 0, qualifier: str = "") -> Done:
    """One invocation."""
    target = await pool.find(f"{ARN}:{qualifier}" if qualifier else ARN)
    return await pool.invoke(target, Invocation(f"id-{number}", json.dumps(payload).encode()))


def _children() -> frozenset[int]:
    return frozenset(map(int, Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()))


def error_of(payload: bytes) -> dict[str, Any]:
    """What a function that failed answered."""
    found: dict[str, Any] = json.loads(payload)
    return found
