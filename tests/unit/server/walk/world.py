"""A platform without sockets: calls as botocore writes them, through the real dispatcher, answers as botocore reads them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, final

from botocore.model import OperationModel
from botocore.session import Session
from tests.unit.server.walk.pools import Place
from tests.wire_oracle.botocore_side import parse, serialise

from innergate.server.dispatch import Dispatcher, Waiting
from innergate.store.blobs import FolderBlobs
from innergate.store.log_store import LogStore
from innergate.store.metric_store import MetricStore
from innergate.store.object_folder import ObjectFolder
from innergate.store.sqlite import SqliteStore
from innergate.testing.clock import FakeClock
from innergate.testing.ids import SeededIds
from innergate.wire.http import HttpRequest, HttpResponse

Params = Mapping[str, Any]
SIGNING_NAMES = {"elbv2": "elasticloadbalancing", "cloudwatch": "monitoring", "apigatewayv2": "apigateway"}


class Answer(NamedTuple):
    """What came back; `code` and `message` are "" where the call was taken. One that `waited` asked a process of the node, and
    there is none."""

    status: int
    code: str
    message: str
    body: bytes
    waited: bool = False


@cache
def _session() -> Session:
    return Session()


@cache
def model_of(service: str, operation: str) -> tuple[OperationModel, str]:
    """An operation's model and its protocol's name."""
    model = _session().get_service_model(service)
    return model.operation_model(operation), model.resolved_protocol


@final
class World:
    """A store in a folder, and the dispatcher in front of it in open mode."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.clock = FakeClock()
        self._ids = SeededIds()
        self._logs, self._metrics = LogStore(folder / "logs.sqlite"), MetricStore(folder / "metrics.sqlite")
        self._open()

    def _open(self) -> None:
        folder = self._folder
        self.store = SqliteStore(folder / "store.sqlite", self.clock)
        self._dispatcher = Dispatcher(
            self.store,
            self.clock,
            self._ids,
            self.store,
            self._logs,
            "open",
            FolderBlobs(folder / "blobs"),
            ObjectFolder(folder / "objects"),
            self._metrics,
        )

    def reopen(self) -> None:
        """Takes the store from disk again."""
        self.store.close()
        self._open()

    def close(self) -> None:
        """Lets go of the files."""
        self.store.close()

    def call(self, place: Place, service: str, operation: str, params: Params, key_id: str = "") -> Answer:
        """The answer to a call by the account's root, or by whose access key is given."""
        model, protocol = model_of(service, operation)
        asked = serialise(model, protocol, dict(params))
        answer = self._dispatcher.answer(_signed(asked, key_id or place.account, place.region, service), "127.0.0.1")
        if isinstance(answer, Waiting):
            return _read(model, protocol, self._dispatcher.finish(answer, None))._replace(waited=True)
        return _read(model, protocol, answer)


def _signed(request: HttpRequest, key_id: str, region: str, service: str) -> HttpRequest:
    scope = f"{key_id}/20261122/{region}/{SIGNING_NAMES.get(service, service)}/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
    return request._replace(headers=(*request.headers, ("X-Amz-Date", "20261122T080000Z"), ("Authorization", signed)))


def _read(model: OperationModel, protocol: str, answer: HttpResponse) -> Answer:
    if answer.status < 300:
        return Answer(answer.status, "", "", answer.body)
    error = parse(protocol, model.output_shape, answer, False).get("Error", {})
    return Answer(answer.status, error.get("Code", ""), error.get("Message", ""), answer.body)


def plain(value: Any) -> str:
    """Parameters as text, for a failing walk's report."""
    return json.dumps(value, default=repr)[:1500]
