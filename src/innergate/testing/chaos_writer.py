"""Changes of APIs all the while, each of which is noted as acknowledged or not, and read back."""

import threading
import time
from typing import Any, final

from botocore.exceptions import BotoCoreError, ClientError

from innergate.testing.chaos_ledger import WriteLog
from innergate.testing.chaos_scene import STAGE

PAUSE_S = 0.05
RESOURCES_AN_API = 250
REFUSED_MEANWHILE = {"ServiceUnavailableException", "ServiceUnavailable", "InternalFailure"}


@final
class ChaosWriter:
    """Adds resources to APIs of its own, and replaces a stage variable of the API `mock`, one call after the other."""

    def __init__(self, gateway: Any, mock: str) -> None:
        self._gateway = gateway
        self._mock = mock
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._number = 0
        self._apis: list[tuple[str, str]] = []
        self._room = 0
        self.log = WriteLog(0)
        self.violations: list[str] = []

    def start(self) -> None:
        """Begins to write."""
        self._thread.start()

    def end(self) -> None:
        """The last call is over."""
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        """Reads everything back; what is wrong is added to `violations`. Nothing is written meanwhile."""
        with self._lock:
            names = []
            for api, _ in self._apis:
                pages = self._gateway.get_paginator("get_resources").paginate(restApiId=api)
                names += [f"{api}{found['path']}" for page in pages for found in page["items"]]
            value = int(self._gateway.get_stage(restApiId=self._mock, stageName=STAGE)["variables"]["value"])
            self.violations += self.log.check(names, value)

    def _write(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                try:
                    self._write_once()
                except (BotoCoreError, ClientError) as error:
                    self._note(error)
            time.sleep(PAUSE_S)

    def _note(self, error: BotoCoreError | ClientError) -> None:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
        if code and code not in REFUSED_MEANWHILE:
            self.violations.append(f"a change was refused: {error}")
        self.log.went_unanswered()

    def _write_once(self) -> None:
        self._number += 1
        if self._number % 2:
            patches = [{"op": "replace", "path": "/variables/value", "value": str(self._number)}]
            self.log.value_attempted(self._number)
            self._gateway.update_stage(restApiId=self._mock, stageName=STAGE, patchOperations=patches)
            self.log.value_acknowledged(self._number)
            return
        if not self._room:
            made = self._gateway.create_rest_api(name=f"scratch-{self._number}")
            self._apis.append((made["id"], made["rootResourceId"]))
            self._room = RESOURCES_AN_API
        api, root = self._apis[-1]
        self._room -= 1
        self._gateway.create_resource(restApiId=api, parentId=root, pathPart=f"p{self._number}")
        self.log.add_acknowledged(f"{api}/p{self._number}")
