"""A real botocore client whose requests go through the wire to the operations, without a socket."""

import io
from typing import Any, final
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from innergate.primitives.fault import Fault
from innergate.testing.services import ServiceHarness
from innergate.wire.front import Wire
from innergate.wire.http import HttpResponse, make_request

REQUEST_ID = "11111111-2222-3333-4444-555555555555"


@final
class _Body(io.BytesIO):
    """An answer's body as urllib3 hands it over."""

    def stream(self) -> Any:
        yield self.getvalue()


@final
class WiredClient:
    """Calls operations of API Gateway as boto3 would: botocore writes the request and reads the answer."""

    def __init__(self, harness: ServiceHarness, account: str) -> None:
        self._harness, self._account, self._wire = harness, account, Wire()
        session = botocore.session.Session()
        session.set_credentials("AKIAIOSFODNN7EXAMPLE", "secret")
        self._client = session.create_client(
            "apigateway",
            region_name="us-east-1",
            endpoint_url="http://127.0.0.1:4566",
            config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
        )
        self._client.meta.events.register("before-send.apigateway", self._send)
        self._methods = {api: name for name, api in self._client.meta.method_to_api_mapping.items()}

    def call(self, operation: str, **params: Any) -> tuple[int, Any]:
        """The HTTP status and the answer as botocore reads it, errors in botocore's own form."""
        try:
            answer = getattr(self._client, self._methods[operation])(**params)
        except ClientError as error:
            answer = error.response
        status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
        return status, answer

    def _send(self, request: Any, **_: object) -> Any:
        response = self._respond(request)
        headers: Any = {name.lower(): value for name, value in response.headers}
        return AWSResponse(request.url, response.status, headers, _Body(response.body))

    def _respond(self, request: Any) -> HttpResponse:
        url = urlsplit(request.url)
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        seen = make_request(request.method, url.path, url.query, request.headers.items(), raw)
        try:
            call = self._wire.accept(seen)
        except Fault as fault:
            return self._wire.refuse(seen, fault, REQUEST_ID)
        try:
            result = self._harness.call(call.operation, account=self._account, **call.params)
        except Fault as fault:
            return self._wire.refuse(call, fault, REQUEST_ID)
        return self._wire.answer(call, result, REQUEST_ID)
