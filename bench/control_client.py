"""One signed AWS call after another over a kept connection, without an SDK: the client must not be what is measured."""

import http.client
from datetime import UTC, datetime
from typing import NamedTuple, final
from urllib.parse import urlencode

from innergate.primitives.secret import Secret
from innergate.wire.http import HttpRequest
from innergate.wire.sigv4 import Credentials, sign

EC2_VERSION = "2016-11-15"
TIMEOUT_S = 60.0


class CallFailed(Exception):
    """The answer was not a 2xx; the message says what came."""


class Door(NamedTuple):
    """Where to call and as whom."""

    host: str
    port: int
    access_key_id: str
    secret: str
    region: str = "us-east-1"


@final
class ControlCalls:
    """One connection. Not for several threads."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._connection = http.client.HTTPConnection(door.host, door.port, timeout=TIMEOUT_S)
        self._credentials = Credentials(door.access_key_id, Secret(door.secret))

    def ec2(self, action: str, **fields: str) -> str:
        """An EC2 call; the XML that came back."""
        body = urlencode({"Action": action, "Version": EC2_VERSION, **fields}).encode()
        return self._call("ec2", "POST", "/", body, "application/x-www-form-urlencoded; charset=utf-8")

    def apigateway(self, method: str, path: str, body: bytes = b"") -> str:
        """An API Gateway call; the JSON that came back."""
        return self._call("apigateway", method, path, body, "application/json")

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def _call(self, service: str, method: str, path: str, body: bytes, content_type: str) -> str:
        headers = (("host", f"{self._door.host}:{self._door.port}"), ("content-type", content_type))
        request = HttpRequest(method, path, "", headers, body)
        signed = sign(request, self._credentials, self._door.region, service, datetime.now(UTC))
        self._connection.request(method, path, body, dict(signed.headers))
        response = self._connection.getresponse()
        text = response.read().decode()
        if response.status >= 300:
            raise CallFailed(f"{service} {method} {path} {body[:80]!r}: {response.status} {text[:300]}")
        return text
