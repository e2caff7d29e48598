"""Changes of APIs all the while by several clients, each of which is noted as acknowledged or not, and read back."""

import math
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, final

from botocore.exceptions import BotoCoreError, ClientError

from innergate.testing.chaos_history import Operation, find_anomalies
from innergate.testing.chaos_scene import REGISTERS, STAGE

PAUSE_S = 0.1
RESOURCES_AN_API = 250
CLIENTS = 3
READS_OF_TEN = 6
REFUSED_MEANWHILE = {"ServiceUnavailableException", "ServiceUnavailable"}


@final
class ChaosWriter:
    """One client adds resources to APIs of its own; others write and read stage variables of the API `mock`, any at once."""

    def __init__(self, gateway: Any, mock: str, seed: int) -> None:
        self._gateway = gateway
        self._mock = mock
        self._lock = threading.Lock()
        self._adding = threading.Lock()
        self._ended = threading.Event()
        clients = [partial(self._use_register, random.Random(f"{seed}/{n}")) for n in range(CLIENTS)]
        self._threads = [threading.Thread(target=self._repeat, args=(once,)) for once in (self._add, *clients)]
        self._number = 0
        self._apis: list[tuple[str, str]] = []
        self._room = 0
        self._added: set[str] = set()
        self._history: list[Operation] = []
        self.acknowledged = 0
        self.reads = 0
        self.unanswered = 0
        self.violations: list[str] = []

    def start(self) -> None:
        """Begins to write and to read."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """The last call is over."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def check_added(self) -> None:
        """Whether every resource that was acknowledged is there; what is not is added to `violations`."""
        with self._adding:
            names: set[str] = set()
            for api, _ in self._apis:
                pages = self._gateway.get_paginator("get_resources").paginate(restApiId=api)
                names |= {f"{api}{found['path']}" for page in pages for found in page["items"]}
            self.violations += [f"acknowledged and lost: {name}" for name in sorted(self._added - names)]

    def check_history(self) -> None:
        """Whether all writes and reads can be told as one story. Nobody writes any more."""
        for register in REGISTERS:
            self._read(register)
        self.violations += [f"no one story: {said}" for said in find_anomalies(self._history)]

    def _repeat(self, once: Callable[[], None]) -> None:
        while not self._ended.is_set():
            try:
                once()
            except (BotoCoreError, ClientError) as error:
                self._note(error)
            time.sleep(PAUSE_S)

    def _note(self, error: BotoCoreError | ClientError) -> None:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        with self._lock:
            if code and code not in REFUSED_MEANWHILE:
                self.violations.append(f"a call was refused: {error}")
            self.unanswered += 1

    def _use_register(self, chance: random.Random) -> None:
        register = chance.choice(REGISTERS)
        if chance.randrange(10) < READS_OF_TEN:
            self._read(register)
        else:
            self._write(register)

    def _read(self, register: str) -> None:
        began = time.monotonic()
        stage = self._gateway.get_stage(restApiId=self._mock, stageName=STAGE)
        seen = Operation(register, False, int(stage["variables"][register]), began, time.monotonic())
        with self._lock:
            self._history.append(seen)
            self.reads += 1

    def _write(self, register: str) -> None:
        value = self._next_number()
        patches = [{"op": "replace", "path": f"/variables/{register}", "value": str(value)}]
        began, ended = time.monotonic(), math.inf
        try:
            self._gateway.update_stage(restApiId=self._mock, stageName=STAGE, patchOperations=patches)
            ended = time.monotonic()
        finally:
            with self._lock:
                self._history.append(Operation(register, True, value, began, ended))
                self.acknowledged += ended < math.inf

    def _next_number(self) -> int:
        with self._lock:
            self._number += 1
            return self._number

    def _add(self) -> None:
        with self._adding:
            if not self._room:
                made = self._gateway.create_rest_api(name=f"scratch-{len(self._apis)}")
                self._apis.append((made["id"], made["rootResourceId"]))
                self._room = RESOURCES_AN_API
            api, root = self._apis[-1]
            self._room -= 1
            part = f"p{self._next_number()}"
            self._gateway.create_resource(restApiId=api, parentId=root, pathPart=part)
            self._added.add(f"{api}/{part}")
            with self._lock:
                self.acknowledged += 1
