"""The Flask application of examples/flask, by an unmodified adapter, behind a private API; hosts of a VPC call it."""

import base64
import importlib.metadata
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.e2e.rivals import ANYONE, make_entry
from tests.e2e.tenants import tenant

from innergate.cli.demo.scenarios import Cloud, api_url, make_network, open_security_group
from innergate.driver.platform import RunningPlatform

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "flask"
PACKAGES = ("flask", "werkzeug", "jinja2", "markupsafe", "itsdangerous", "click", "blinker", "apig-wsgi")
"""What `pip install --target` of the example's requirements brings."""


def package() -> bytes:
    """The example's zip file, of the packages that are installed here."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(EXAMPLE / "app.py", "app.py")
        for name in PACKAGES:
            for file in importlib.metadata.files(name) or ():
                if ".." not in file.parts and file.suffix != ".pyc":
                    archive.write(Path(str(file.locate())), str(file))
    return out.getvalue()


class Web(NamedTuple):
    """The platform, the VPC that calls, the API's id."""

    platform: RunningPlatform
    vpc: str
    api: str

    def curl(self, path: str, *options: str) -> tuple[int, list[str], bytes]:
        """Status, header lines in small letters, body."""
        command = ["curl", "-sS", "--max-time", "25", "-D", "/dev/stderr", *options, api_url(self.api, "test", path)]
        argv = ["sh", "-c", 'exec 2>&1; "$@" | base64 -w0; echo', "sh", *command]
        done = self.platform.inside(self.vpc, argv)
        head, _, last = done.stdout.rstrip("\n").rpartition("\n")
        lines = [line.strip() for line in head.replace("\r", "").splitlines() if line.strip()]
        assert lines, done
        assert lines[0].startswith("HTTP/1.1 "), done
        return int(lines[0].split()[1]), lines[1:], base64.b64decode(last)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with RunningPlatform() as platform:
        owner = tenant(platform, "web")
        made = owner.functions.create_function(
            FunctionName="web",
            Runtime="python3.11",
            Role=owner.role,
            Handler="app.handler",
            Code={"ZipFile": package()},
            Timeout=20,
        )
        api = proxy_everything(owner.gateway, str(made["FunctionArn"]))
        owner.functions.add_permission(
            FunctionName="web",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:{owner.account}:{api}/*/*/*",
        )
        cloud = Cloud(platform.environment("web"), owner.account)
        network = make_network(cloud, "web")
        make_entry(cloud, network, open_security_group(cloud, network, "execute-api", (443,)))
        platform.settle()
        yield Web(platform, network.vpc, api)


def proxy_everything(gateway: Any, function: str) -> str:
    """A deployed private API that hands everything to the function; its id."""
    made = gateway.create_rest_api(
        name="web", endpointConfiguration={"types": ["PRIVATE"]}, policy=ANYONE, binaryMediaTypes=["*/*"]
    )
    resource = gateway.create_resource(restApiId=made["id"], parentId=made["rootResourceId"], pathPart="{proxy+}")
    method = {"restApiId": made["id"], "resourceId": resource["id"], "httpMethod": "ANY"}
    gateway.put_method(**method, authorizationType="NONE")
    gateway.put_integration(
        **method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    gateway.create_deployment(restApiId=made["id"], stageName="test")
    return str(made["id"])


def test_get_with_a_path_repeated_parameters_and_a_cookie(web: Web) -> None:
    status, _, body = web.curl("/hello/caf%C3%A9?colour=red&colour=blue", "-H", "cookie: seen=yes; x=1")
    assert (status, json.loads(body)) == (200, {"hello": "café", "colours": ["red", "blue"], "seen": "yes"})


def test_post_json(web: Web) -> None:
    status, lines, body = web.curl("/echo", "--json", '{"a": [1, "é"]}')
    assert status == 201, body
    assert json.loads(body) == {
        "posted": {"a": [1, "é"]},
        "host": f"{web.api}.execute-api.us-east-1.amazonaws.com",
    }
    assert "content-type: application/json" in lines


def test_bytes_both_ways(web: Web, tmp_path: Path) -> None:
    status, lines, body = web.curl("/pixel.png")
    assert (status, body[:8], body[8:]) == (200, b"\x89PNG\r\n\x1a\n", bytes(range(256)))
    assert "content-type: image/png" in lines
    sent = tmp_path / "pixel"
    sent.write_bytes(body)
    status, _, said = web.curl("/upload", "-T", str(sent), "-H", "expect:", "-H", "content-type: image/png")
    assert (status, said) == (200, b"264 True")


def test_two_cookies_are_two_fields(web: Web) -> None:
    status, lines, body = web.curl("/login")
    assert (status, body) == (200, b"welcome")
    assert sorted(line for line in lines if line.startswith("set-cookie:")) == [
        "set-cookie: seen=yes; Path=/",
        "set-cookie: session=abc; HttpOnly; Path=/",
    ]


def test_redirects_and_what_the_framework_refuses(web: Web) -> None:
    status, lines, _ = web.curl("/old")
    assert (status, [line for line in lines if line.startswith("location:")]) == (
        302,
        ["location: /test/hello/again"],
    )
    assert web.curl("/nothing/here")[0] == 404
    assert web.curl("/echo")[0] == 405
    assert web.curl("/echo", "--json", "{")[0] == 400
