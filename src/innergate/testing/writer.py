"""A process that writes as fast as it can and tells of each write that was acknowledged, until it is killed."""

import json
import os
import random
import re
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, final

from innergate.primitives.clock import SystemClock
from innergate.primitives.ids import RandomIds
from innergate.server.dispatch import Dispatcher
from innergate.store.log_store import LogStore
from innergate.store.sqlite import SqliteStore
from innergate.wire.http import HttpResponse, make_request

ACCOUNT = "111122223333"
REGION = "us-east-1"


class Written(NamedTuple):
    """One acknowledged write: resource `kind`/`id` is there, and its tag or method `detail` ("" for neither)."""

    kind: str
    id: str
    detail: str = ""


@final
class Writer:
    """Makes AWS calls through the real dispatcher, in open mode, without a socket."""

    def __init__(self, path: Path, seed: int) -> None:
        self.store = SqliteStore(path, SystemClock())
        logs = LogStore(path.with_suffix(".logs"))
        self._dispatcher = Dispatcher(self.store, SystemClock(), RandomIds(), self.store, logs, "open")
        self._random = random.Random(seed)

    def writes(self) -> Iterator[Written]:
        """Each acknowledged write, for ever: VPCs with tags, APIs with resources and methods."""
        while True:
            if self._random.random() < 0.4:
                yield from self._vpc()
            else:
                yield from self._api()

    def _vpc(self) -> Iterator[Written]:
        made = self._ec2(f"Action=CreateVpc&CidrBlock=10.{self._random.randrange(256)}.0.0/16")
        vpc = re.findall(r"<vpcId>(vpc-[0-9a-f]+)</vpcId>", made)[0]
        yield Written("vpc", vpc)
        for number in range(self._random.randrange(3)):
            self._ec2(f"Action=CreateTags&ResourceId.1={vpc}&Tag.1.Key=k{number}&Tag.1.Value=v")
            yield Written("vpc", vpc, f"k{number}")

    def _api(self) -> Iterator[Written]:
        api = self._gateway("POST", "/restapis", {"name": "api"})
        id, root = str(api["id"]), str(api["rootResourceId"])
        yield Written("rest-api", id)
        for number in range(self._random.randrange(1, 4)):
            path = f"/restapis/{id}/resources"
            resource = str(self._gateway("POST", f"{path}/{root}", {"pathPart": f"p{number}"})["id"])
            yield Written("api-resource", f"{id}/{resource}")
            self._gateway("PUT", f"{path}/{resource}/methods/GET", {"authorizationType": "NONE"})
            yield Written("api-resource", f"{id}/{resource}", "GET")

    def _ec2(self, form: str) -> str:
        body = f"{form}&Version=2016-11-15".encode()
        return self._call("ec2", "POST", "/", "application/x-www-form-urlencoded", body).body.decode()

    def _gateway(self, method: str, path: str, document: dict[str, str]) -> dict[str, object]:
        answer = self._call("apigateway", method, path, "application/json", json.dumps(document).encode())
        return dict(json.loads(answer.body))

    def _call(self, service: str, method: str, path: str, content_type: str, body: bytes) -> HttpResponse:
        scope = f"{ACCOUNT}/20260101/{REGION}/{service}/aws4_request"
        headers = (
            ("host", "localhost"),
            ("content-type", content_type),
            ("x-amz-date", "20260101T000000Z"),
            ("authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        )
        answer = self._dispatcher.answer(make_request(method, path, "", headers, body), "127.0.0.1")
        assert isinstance(answer, HttpResponse)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path} {body!r} answered {answer.status}: {answer.body!r}")
        return answer


def write_until_killed(path: str, seed: int, pipe: int) -> None:
    """Writes a JSON line to the descriptor `pipe` for each acknowledged write."""
    for written in Writer(Path(path), seed).writes():
        os.write(pipe, json.dumps(written).encode() + b"\n")


def fork_writer(path: Path, seed: int) -> tuple[int, int]:
    """(pid, descriptor to read from) of a new process that writes. The caller must have no other threads."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            write_until_killed(str(path), seed, writing)
        finally:
            traceback.print_exc()
            os._exit(1)
    os.close(writing)
    return pid, reading


def main() -> None:
    """A server of writers: reads JSON lines [path, seed, seconds], forks a writer, kills it after that time (counted from its
    first write) and prints what it had acknowledged as a JSON list."""
    import select
    import signal
    import sys
    import time

    from innergate.server.front import warm_wire

    warm_wire()
    for line in sys.stdin:
        path, seed, seconds = json.loads(line)
        pid, reading = fork_writer(Path(path), seed)
        select.select([reading], [], [], 30)
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with os.fdopen(reading) as pipe:
            acknowledged = [json.loads(said) for said in pipe.read().splitlines()]
        sys.stdout.write(json.dumps(acknowledged) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
