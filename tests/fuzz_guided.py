"""`python -m tests.fuzz_guided TARGET --seconds S`: draws that are led by the code that they reach (Atheris, libFuzzer).

What a target raises, or a draw that takes 10 s, ends the run with status 77 and the draw itself, base64. Needs Atheris, which
scripts/setup-fuzz installs where there is one for the machine; the property tests need nothing.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

TARGETS = ("wire", "signatures", "policies", "templates", "json paths", "documents")
HANG_S = 10


def is_installed() -> bool:
    """Whether this machine has Atheris."""
    return find_spec("atheris") is not None


def wire_target(provider: Callable[[bytes], Any]) -> Callable[[bytes], None]:
    """Any request is a call, or refused in its protocol."""
    from innergate.primitives.fault import Fault
    from innergate.wire.front import Wire
    from innergate.wire.http import HttpRequest

    wire = Wire()
    heads: tuple[tuple[tuple[str, str], ...], ...] = (
        (("Content-Type", "application/x-www-form-urlencoded"),),
        (("X-Amz-Target", "Logs_20140328.PutLogEvents"), ("Content-Type", "application/x-amz-json-1.1")),
        (("smithy-protocol", "rpc-v2-cbor"), ("Content-Type", "application/cbor")),
        (("Content-Type", "application/json"),),
    )
    paths = ("/", "/", "/service/GraniteServiceVersion20100801/operation/PutMetricData", "/restapis")
    forms = (b"Action=CreateVpcEndpoint&Version=2016-11-15&", b"Action=CreateRole&Version=2010-05-08&", b"")

    def one(data: bytes) -> None:
        draw = provider(data)
        kind = draw.ConsumeIntInRange(0, 3)
        form = forms[draw.ConsumeIntInRange(0, 2)] if kind == 0 else b""
        query = draw.ConsumeUnicodeNoSurrogates(20).encode().decode("latin-1") if draw.ConsumeBool() else ""
        head, path = heads[kind], paths[kind]
        if draw.ConsumeBool():
            head = (*head, ("Authorization", "AWS4-HMAC-SHA256 " + draw.ConsumeBytes(60).decode("latin-1")))
        request = HttpRequest("POST", path, query, head, form + draw.ConsumeBytes(4000))
        about: Any = request
        said = Fault("X", "y")
        try:
            about = wire.accept(request)
        except Fault as fault:
            said = fault
        assert wire.refuse(about, said, "r").status >= 400

    return one


def signatures_target(provider: Callable[[bytes], Any]) -> Callable[[bytes], None]:
    """Canonical forms are botocore's."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    from innergate.wire.canonical import canonical_request
    from innergate.wire.http import make_request

    signer = SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "apigateway", "us-east-1")

    def one(data: bytes) -> None:
        draw = provider(data)
        path = "/" + quote(draw.ConsumeUnicodeNoSurrogates(30), safe="-_.~/")
        names = [draw.ConsumeUnicodeNoSurrogates(8) for _ in range(draw.ConsumeIntInRange(0, 4))]
        pairs = [(quote(n, safe="-_.~"), quote(draw.ConsumeUnicodeNoSurrogates(8), safe="-_.~")) for n in names if n]
        query = "&".join(f"{name}={value}" for name, value in pairs)
        odd = "".join(c for c in draw.ConsumeString(20) if " " <= c <= "~")
        request: Any = AWSRequest(
            method="GET",
            url=f"http://127.0.0.1:4566{path}" + (f"?{query}" if query else ""),
            data=draw.ConsumeBytes(10),
            headers={"Host": "127.0.0.1:4566", "X-Odd": odd},
        )
        request.context["timestamp"] = "20260101T000000Z"
        wanted = signer.canonical_request(request)
        signed = signer.signed_headers(signer.headers_to_sign(request)).split(";")
        seen = make_request("GET", path, query, list(request.headers.items()), request.data)
        assert canonical_request(seen, tuple(signed)) == wanted, (path, query, odd)

    return one


def policies_target(provider: Callable[[bytes], Any]) -> Callable[[bytes], None]:
    """Any text is a policy that decides, or is refused."""
    from innergate.policy.document import PolicyError
    from innergate.policy.evaluate import AccessRequest, evaluate, request_context
    from innergate.policy.parse import parse_policy, read_stored_policy

    context = request_context({"aws:SourceIp": "10.0.0.1", "aws:SourceVpce": "vpce-1"})
    arn = "arn:aws:execute-api:us-east-1:111122223333:abcdef1234/prod/GET/pets"
    request = AccessRequest("execute-api:Invoke", arn, None, context)

    def one(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape" if data[:1] == b"{" else "replace")
        evaluate([read_stored_policy(text)], request)
        try:
            policy = parse_policy(text)
        except PolicyError:
            return
        evaluate([policy], request)

    return one


def templates_target(provider: Callable[[bytes], Any]) -> Callable[[bytes], None]:
    """Any template renders, or is refused."""
    from innergate.runtime.vtl import TemplateFailed, render
    from innergate.runtime.vtl.budget import Budget, TemplateTooCostly
    from innergate.runtime.vtl.parser import TemplateSyntaxError, parse_template

    def one(data: bytes) -> None:
        scope: dict[str, Any] = {"a": {"b": [1, "x", None]}, "s": "text", "n": 7}
        try:
            assert isinstance(render(parse_template(data.decode("utf-8", "replace")), scope, Budget(steps=3000)), str)
        except (TemplateSyntaxError, TemplateFailed, TemplateTooCostly):
            return

    return one


def json_paths_target(provider: Callable[[bytes], Any]) -> Callable[[bytes], None]:
    """Any path leads somewhere, or is refused."""
    from innergate.runtime.mapping.json_paths import BadJsonPath, find
    from innergate.runtime.vtl.budget import TemplateTooCostly

    document: Any = {"a": [{"b": 1, "c": None}, {"b": [2, 3]}], "b": {"a": "x", "zero": False}, "c d": [[], {}]}

    def one(data: bytes) -> None:
        try:
            found = find(document, data.decode("utf-8", "replace"))
        except (BadJsonPath, TemplateTooCostly):
            return
        assert found.is_found or found.value is None

    return one


def documents_target(provider: Callable[[bytes], Any]) -> Callable[[bytes], None]:
    """Any document becomes an API, or is refused, and nothing is left of it."""
    from innergate.primitives.fault import Fault
    from innergate.services.apigateway.operations import OPERATIONS
    from innergate.testing.services import ServiceHarness

    harness = ServiceHarness(Path(tempfile.mkdtemp(prefix="fuzz-")), OPERATIONS)

    def one(data: bytes) -> None:
        before = harness.store.state().revision
        status, made = 201, {"id": ""}
        try:
            made = dict(harness.call("ImportRestApi", body=data))
        except Fault as fault:
            status = fault.status
        if status != 201:
            assert 400 <= status < 500, status
            assert harness.store.state().revision == before
            return
        harness.call("GetResources", restApiId=made["id"], embed=["methods"])
        harness.call("DeleteRestApi", restApiId=made["id"])

    return one


MAKERS: Mapping[str, Callable[[Callable[[bytes], Any]], Callable[[bytes], None]]] = {
    "wire": wire_target,
    "signatures": signatures_target,
    "policies": policies_target,
    "templates": templates_target,
    "json paths": json_paths_target,
    "documents": documents_target,
}

SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "wire": (b"\x00\x00\x00ServiceName=a&SubnetId.1=b", b'\x01\x00\x00{"logGroupName":"a"}', b"\x02\x00\x00\xa1ax\xf9"),
    "policies": (
        b'{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke",'
        b'"Resource":"execute-api:/*/GET/a?","Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8"]}}}]}',
    ),
    "templates": (b'#set($x = {"a": [1..3]})#foreach($i in $x.a)$i#if($i > 1)$s.length()#end#end', b"${a.b[0]}$!{n}"),
    "json paths": (b"$.a[?(@.b == 1)].c", b"$..b[0:2]", b"$['c d'][0]"),
    "documents": (
        b'{"openapi":"3.0.1","info":{"title":"t"},"paths":{"/a/{b}":{"get":{"responses":{"200":{}},'
        b'"x-amazon-apigateway-integration":{"type":"mock"}}}}}',
        b"swagger: '2.0'\ninfo: {title: t}\npaths:\n  /a:\n    $ref: '#/paths/~1b'\n",
    ),
}


def main() -> None:
    """Never returns where it has drawn: libFuzzer ends the process."""
    parser = argparse.ArgumentParser(prog="tests.fuzz_guided", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=20)
    arguments = parser.parse_args()
    if not is_installed():
        sys.exit("Atheris is not installed: scripts/setup-fuzz")
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["innergate"]):
        one = MAKERS[arguments.target](atheris.FuzzedDataProvider)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for number, seed in enumerate(SEEDS.get(arguments.target, ())):
            (Path(folder) / str(number)).write_bytes(seed)
        options = [f"-max_total_time={arguments.seconds}", f"-timeout={HANG_S}", "-max_len=4096", "-rss_limit_mb=2048"]
        atheris.Setup([sys.argv[0], folder, *options, f"-artifact_prefix={tempfile.gettempdir()}/"], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
