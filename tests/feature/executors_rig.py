"""One definition deployed twice: methods that Envoy serves by itself, and the same methods executed by a worker.

What makes the second one a worker's is its stage's logging of every call, which only a worker can do. Everything runs on
loopback, before an origin that notes what it was sent and answers as the request's `x-answer` header says.
"""

import base64
import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import msgspec
from tests.feature.loopback_envoy import serve_plan
from tests.feature.stage_parts import ACCESS_LOG, OPEN, add_refusing_port, cors, mapped, mock, sell_key

from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.compile.units import FAMILIES
from innergate.nets.document_folder import DocumentFolder
from innergate.resources.rest_apis import MethodDefinition, RestApi
from innergate.testing.blog_scenarios import cross_account
from innergate.testing.scenario import Scenario, proxy_method
from innergate.testing.waiting import LONGEST_S

Pairs = tuple[tuple[str, str], ...]

STAGE = "test"
BASE = "http://backend.internal"
_START_TIMEOUT_S = LONGEST_S


class Request(NamedTuple):
    """`target` is path and query behind the stage, as they stand in the request line."""

    verb: str
    target: str
    headers: Pairs = ()
    body: bytes | None = None


class Told(NamedTuple):
    """What the origin shall answer."""

    status: int = 200
    headers: Pairs = ()
    body: bytes = b""
    after_s: float = 0.0
    hangs_up: bool = False

    def header(self) -> tuple[str, str]:
        """The request header that says so."""
        fields = (self.status, self.headers, base64.b64encode(self.body).decode(), self.after_s, self.hangs_up)
        return "x-answer", base64.b64encode(json.dumps(fields).encode()).decode()


class Received(NamedTuple):
    """What a backend was sent, or a client: a request line or a status, header fields in order, the body."""

    line: str
    headers: Pairs
    body: bytes


class Outcome(NamedTuple):
    """What came of a request. `at_origin` holds one entry for each time that the origin was asked."""

    answer: Received
    at_origin: tuple[Received, ...]


class _Origin(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _OriginHandler)
        self.seen: list[Received] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A gateway that has hung up is none."""


class _OriginHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        assert isinstance(self.server, _Origin)
        body = self._read_body()
        line = f"{self.command} {self.path}"
        headers = tuple((name.lower(), value) for name, value in self.headers.items())
        self.server.seen.append(Received(line, headers, body))
        told = self.headers.get("x-answer")
        status, given, content, after_s, hangs_up = (
            json.loads(base64.b64decode(told)) if told else (200, (), "", 0, False)
        )
        time.sleep(after_s)
        if hangs_up:
            self.close_connection = True
            return
        said = base64.b64decode(content)
        self.send_response_only(status)
        for name, value in given:
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("content-length", str(len(said)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            with suppress(ConnectionError):
                self.wfile.write(said)

    def _read_body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        chunks: list[bytes] = []
        while size := int(self.rfile.readline().strip() or b"0", 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


class Executors(NamedTuple):
    """A port of Envoy's with both APIs behind it."""

    port: int
    native: str
    """The API whose methods Envoy serves."""
    worked: str
    """The API whose methods a worker executes."""
    origin: _Origin
    folder: Path

    def ask(self, api: str, request: Request, told: Told | None) -> Outcome:
        """The request to one of the APIs."""
        self.origin.seen.clear()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_S)
        try:
            connection.putrequest(request.verb, f"/{STAGE}{request.target}", skip_host=True, skip_accept_encoding=True)
            connection.putheader("host", f"{api}.execute-api.us-east-1.amazonaws.com")
            for name, value in (*request.headers, *((told.header(),) if told is not None else ())):
                connection.putheader(name, value.encode("latin-1"))
            if request.body is not None:
                connection.putheader("content-length", str(len(request.body)))
            connection.endheaders(request.body)
            answer = connection.getresponse()
            headers = tuple((name.lower(), value) for name, value in answer.getheaders())
            got = Received(str(answer.status), headers, answer.read())
        finally:
            connection.close()
        return Outcome(got, tuple(self.origin.seen))


def strict(method: MethodDefinition) -> MethodDefinition:
    """The MOCK, with no body taken that no template is for."""
    assert method.method_integration is not None
    integration = msgspec.structs.replace(method.method_integration, passthrough_behavior="NEVER")
    return msgspec.structs.replace(method, method_integration=integration)


def methods_over(link: str) -> dict[tuple[str, str], MethodDefinition]:
    """One method of each native sort, by path and verb."""
    return {
        ("/", "ANY"): proxy_method(link, f"{BASE}/root"),
        ("/all/{proxy+}", "ANY"): proxy_method(link, f"{BASE}/all/{{proxy}}"),
        ("/pets", "GET"): mapped(
            link,
            f"{BASE}/v1/pets?fixed=1&fixed=a%20b",
            "GET",
            querystring_limit="method.request.querystring.max",
            querystring_max="method.request.querystring.max",
            header_X_Max="method.request.querystring.max",
        ),
        ("/pets", "OPTIONS"): cors(),
        ("/pets/{id}", "ANY"): mapped(
            link,
            f"{BASE}/v2/animals/{{id}}/x",
            "ANY",
            path_id="method.request.path.id",
            header_X_Pet="method.request.path.id",
            querystring_pet="method.request.path.id",
            querystring_stage="context.stage",
            querystring_from="method.request.header.x-sender",
            header_X_Static="'50% off'",
            header_X_From="context.identity.vpceId",
            header_X_Copy="method.request.header.x-original",
            header_X_Agent="context.identity.userAgent",
            header_X_Path="context.path",
            header_X_Verb="context.httpMethod",
        ),
        ("/over", "ANY"): mapped(
            link,
            f"{BASE}/over",
            "ANY",
            header_Content_Type="'text/plain'",
            header_Accept="method.request.header.x-accept",
            header_X_Answer="method.request.header.x-answer",
            header_Host="'other.internal'",
            header_User_Agent="method.request.header.x-agent",
        ),
        ("/files/{name}/{path+}", "GET"): mapped(
            link,
            f"{BASE}/f/{{path}}/end/{{name}}",
            "GET",
            path_path="method.request.path.path",
            path_name="method.request.path.name",
            header_X_Rest="method.request.path.path",
            querystring_rest="method.request.path.path",
        ),
        ("/slow", "ANY"): mapped(link, f"{BASE}/slow", "ANY", timeout_ms=300),
        ("/refused", "ANY"): proxy_method(link, "http://backend.internal:8080/"),
        ("/nowhere", "ANY"): proxy_method(link, "http://backend.internal:8081/"),
        ("/keyed", "ANY"): mapped(link, f"{BASE}/keyed", "ANY", key=True, header_X_Key="context.identity.apiKeyId"),
        ("/mock", "GET"): mock("GET", "202", {"X-Fixed": "'a, b'", "X-Stage": "context.stage"}, '{"said": "é"}'),
        ("/strict", "GET"): strict(mock("GET", "200", {}, "strict")),
        ("/made", "GET"): mock("GET", "201", {}, "made"),
        ("/moved", "GET"): mock("GET", "302", {}),
        ("/sent", "GET"): mock("GET", "303", {"Location": "'https://other.example/'"}),
        ("/unsaid", "GET"): mock("GET", "204", {}, "unsaid"),
        ("/same", "GET"): mock("GET", "304", {}, "same"),
        ("/styled", "GET"): mock("GET", "200", {"Content-Type": "'text/css'"}),
        ("/renamed", "GET"): mock("GET", "401", {"WWW-Authenticate": "'Basic'", "Server": "'s'"}, "renamed"),
    }


def _deploy_twice(s: Scenario) -> tuple[RestApi, RestApi]:
    x = cross_account(s)
    add_refusing_port(s, x)
    methods = methods_over(x.link.id)
    native, bare = s.private_api(x.link, x.api_endpoint, policy=OPEN, methods=methods, stage=STAGE)
    worked, stage = s.private_api(x.link, x.api_endpoint, policy=OPEN, methods=methods, stage=STAGE)
    s.put(
        msgspec.structs.replace(bare, access_log_settings=ACCESS_LOG),
        msgspec.structs.replace(
            stage, access_log_settings=ACCESS_LOG, method_settings={"*/*": {"loggingLevel": "INFO"}}
        ),
    )
    sell_key(s, (native, worked), STAGE)
    return native, worked


@contextmanager
def _serve_origin() -> Iterator[_Origin]:
    origin = _Origin()
    thread = threading.Thread(target=origin.serve_forever, daemon=True)
    thread.start()
    try:
        yield origin
    finally:
        origin.shutdown()
        origin.server_close()
        thread.join()


@contextmanager
def _worker(state: Path) -> Iterator[None]:
    """A worker that answers on its socket."""
    said = (state / "worker.log").open("wb")
    command = [sys.executable, "-m", "innergate.runtime.worker", "--state", str(state)]
    process = subprocess.Popen(command, stdout=said, stderr=said, env=dict(os.environ))
    socket = state / "run" / "runtime-0.sock"
    try:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not socket.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((state / "worker.log").read_text())
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()
        said.close()


@contextmanager
def serve_twice(state: Path) -> Iterator[Executors]:
    """Runs Envoy, a worker and the origin; files go into `state`."""
    scenario = Scenario()
    native, worked = _deploy_twice(scenario)
    run = state / "run"
    (run / "documents").mkdir(parents=True)
    (state / "log" / "execution").mkdir(parents=True)
    plan = Compiler(
        FAMILIES,
        CompileSettings(
            log_folder=str(state),
            health_events_file=str(state / "health.jsonl"),
            worker_sockets=(str(run / "runtime-0.sock"),),
            egress_socket=str(run / "egress.sock"),
        ),
        strict=True,
    ).compile(scenario.state)
    documents = DocumentFolder(run / "documents")
    documents.take_over(plan.whole_network)
    with (
        _serve_origin() as origin,
        serve_plan(plan.envoy.plan, int(origin.server_address[1]), state) as serving,
        _worker(state),
    ):
        yield Executors(serving.entry, native.id, worked.id, origin, state)
