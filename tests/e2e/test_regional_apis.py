"""REGIONAL and EDGE APIs by the public entry, and integrations with URLs over the host's network."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from tests.e2e.conftest import Built

from innergate.cli.demo.scenarios import REGION, Cloud, api_url
from innergate.driver.platform import RunningPlatform

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a node without root has no public entry")

OPEN = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def seen(self) -> Any:
        """The origin's own words."""
        return json.loads(self.body)


def call(platform: RunningPlatform, api: str, path: str, region: str = REGION, **headers: str) -> Answer:
    """A GET by the API's public name at the public entry, its certificate checked."""
    name = f"{api}.execute-api.{region}.amazonaws.com"
    host, _, port = platform.client.call("GET", "/status")["public"]["address"].rpartition(":")
    context = ssl.create_default_context(cafile=str(platform.state / "ca-bundle.pem"))
    connection = http.client.HTTPConnection(name)
    connection.sock = context.wrap_socket(socket.create_connection((host, int(port)), 10), server_hostname=name)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        read = response.read().decode()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, read)
    finally:
        connection.close()


def make_api(cloud: Cloud, uri: str, *types: str, policy: Any = None, **integration: Any) -> str:
    """A deployed API of `types` whose /{proxy+} goes to `uri`/{proxy}; stage `s`."""
    gateway = cloud.apigateway
    more = {"policy": json.dumps({"Version": "2012-10-17", "Statement": policy})} if policy else {}
    made = gateway.create_rest_api(
        name="regional", endpointConfiguration={"types": list(types or ("REGIONAL",))}, **more
    )
    api = str(made["id"])
    resource = gateway.create_resource(restApiId=api, parentId=made["rootResourceId"], pathPart="{proxy+}")["id"]
    parameters = {"method.request.path.proxy": True}
    gateway.put_method(
        restApiId=api, resourceId=resource, httpMethod="ANY", authorizationType="NONE", requestParameters=parameters
    )
    gateway.put_integration(
        restApiId=api,
        resourceId=resource,
        httpMethod="ANY",
        type="HTTP_PROXY",
        integrationHttpMethod="ANY",
        uri=f"{uri}/{{proxy}}",
        requestParameters={"integration.request.path.proxy": "method.request.path.proxy"},
        **integration,
    )
    gateway.create_deployment(restApiId=api, stageName="s")
    return api


def over_link(built: Built, *types: str, policy: Any = None) -> str:
    """A regional API whose backend is the application's, over its VPC link."""
    link = {"connectionType": "VPC_LINK", "connectionId": built.path.link}
    api = make_api(built.world.gateway, f"http://{built.path.balancer.dns_name}", *types, policy=policy, **link)
    built.platform.settle()
    return api


@contextmanager
def removed(cloud: Cloud, api: str) -> Iterator[str]:
    """The API, deleted afterwards."""
    try:
        yield api
    finally:
        cloud.apigateway.delete_rest_api(restApiId=api)


@pytest.mark.parametrize("kind", ["REGIONAL", "EDGE"])
def test_public_apis_answer_over_a_vpc_link(built: Built, kind: str) -> None:
    other = over_link(built, kind)
    with removed(built.world.gateway, over_link(built, kind)) as api:
        answer = call(built.platform, api, "/s/foo/bar?x=1")
        assert answer.status == 200, answer
        assert (answer.seen["backend"][:4], answer.seen["path"]) == ("pod-", "/foo/bar?x=1")
        assert answer.headers["x-amzn-requestid"]
        assert call(built.platform, api, "/other/foo").body == '{"message":"Forbidden"}'
    with removed(built.world.gateway, other):
        built.platform.settle()
        assert call(built.platform, api, "/s/foo").status == 403
        assert call(built.platform, other, "/s/foo").status == 200
    built.platform.settle()
    with pytest.raises(ConnectionRefusedError):
        call(built.platform, other, "/s/foo")


def test_each_side_refuses_the_others_apis(built: Built) -> None:
    inside = built.world.consumer_network.vpc
    with removed(built.world.gateway, over_link(built)) as api:
        private = call(built.platform, built.path.api, "/test/")
        assert (private.status, private.body) == (403, '{"message":"Forbidden"}')
        by_header = call(built.platform, api, "/test/", **{"x-apigw-api-id": built.path.api})
        assert by_header.status == 403
        regional = built.platform.fetch(inside, api_url(api, "s", "/x"))
        assert (regional["status"], regional["body"]) == (403, '{"message":"Forbidden"}')


def test_a_disabled_default_endpoint_answers_forbidden(built: Built) -> None:
    gateway = built.world.gateway.apigateway
    with removed(built.world.gateway, over_link(built)) as api:
        assert call(built.platform, api, "/s/x").status == 200
        for value, status in (("true", 403), ("false", 200)):
            operations = [{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": value}]
            gateway.update_rest_api(restApiId=api, patchOperations=operations)
            gateway.create_deployment(restApiId=api, stageName="s")
            built.platform.settle()
            assert call(built.platform, api, "/s/x").status == status


def test_the_resource_policy_sees_the_callers_address(built: Built) -> None:
    deny = {**OPEN, "Effect": "Deny", "Condition": {"NotIpAddress": {"aws:SourceIp": ["127.0.0.1/32"]}}}
    with removed(built.world.gateway, over_link(built, policy=[deny, OPEN])) as api:
        assert call(built.platform, api, "/s/x", **{"x-forwarded-for": "203.0.113.9"}).status == 200
    other = {**OPEN, "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    with removed(built.world.gateway, over_link(built, policy=[other])) as api:
        refused = call(built.platform, api, "/s/x", **{"x-forwarded-for": "203.0.113.9"})
        assert refused.status == 403
        assert "is not authorized to perform: execute-api:Invoke on resource" in refused.body
        assert refused.headers["x-amzn-errortype"] == "AccessDeniedException"
    by_endpoint = {**OPEN, "Condition": {"StringEquals": {"aws:SourceVpce": built.path.entry}}}
    with removed(built.world.gateway, over_link(built, policy=[by_endpoint])) as api:
        assert call(built.platform, api, "/s/x", **{"x-amzn-vpce-id": built.path.entry}).status == 403


# -- integrations with URLs -----------------------------------------------------------------------------------------------


@contextmanager
def origin(address: str = "127.0.0.1") -> Iterator[int]:
    """An origin server on the host's loopback; its port."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        port = int(probe.getsockname()[1])
    command = [
        sys.executable,
        "-m",
        "innergate.driver.origin",
        "--port",
        str(port),
        "--bind",
        address,
        "--name",
        "web",
    ]
    process = subprocess.Popen(command)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex((address, port)) == 0:
                    break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def web() -> Iterator[int]:
    with origin() as port:
        yield port


def test_loopback_and_metadata_are_never_called_by_default(built: Built, web: int) -> None:
    cloud = built.world.gateway
    for host, told in (
        (f"127.0.0.1:{web}", "--allow-loopback-backends"),
        (f"localhost:{web}", "--allow-loopback-backends"),
        ("169.254.169.254", "integrations never reach"),
    ):
        with removed(cloud, make_api(cloud, f"http://{host}")) as api:
            built.platform.settle()
            assert call(built.platform, api, "/s/x").body == '{"message": "Internal server error"}'.replace(": ", ":")
            found = built.platform.client.call("GET", "/diagnostics")["diagnostics"]
            assert [told in d["message"] for d in found if api in d["subject"]] == [True]


@pytest.fixture(scope="module")
def loose() -> Iterator[tuple[RunningPlatform, Cloud]]:
    """A platform that may call its own machine."""
    with RunningPlatform(concurrency=1, options=("--allow-loopback-backends",)) as platform:
        account = platform.add_account("web")
        yield platform, Cloud(platform.environment("web"), account)


def loopback_name() -> str:
    """A name, not localhost, that leads to loopback on this machine; "" where there is none."""
    name = socket.gethostname()
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET)
    except OSError:
        return ""
    return name if all(str(entry[4][0]).startswith("127.") for entry in found) else ""


@pytest.mark.skipif(not loopback_name(), reason="no name of this machine leads to loopback")
def test_where_a_name_leads_decides(built: Built, loose: tuple[RunningPlatform, Cloud], web: int) -> None:
    for platform, cloud, status in ((built.platform, built.world.gateway, 500), (*loose, 200)):
        with removed(cloud, make_api(cloud, f"http://{loopback_name()}:{web}")) as api:
            platform.settle()
            assert call(platform, api, "/s/x").status == status


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_urls_are_called_with_their_own_host(loose: tuple[RunningPlatform, Cloud], web: int, host: str) -> None:
    platform, cloud = loose
    with removed(cloud, make_api(cloud, f"http://{host}:{web}/base")) as api:
        platform.settle()
        for path in ("/foo/bar?x=1", "/again"):
            answer = call(platform, api, f"/s{path}")
            assert answer.status == 200, answer
            assert (answer.seen["backend"], answer.seen["path"]) == ("web", f"/base{path}")
            assert answer.seen["host"] == f"{host}:{web}"
        assert call(platform, api, "/s/x").headers["x-backend"] == "web"


def test_two_urls_on_one_entry_stay_apart(loose: tuple[RunningPlatform, Cloud], web: int) -> None:
    platform, cloud = loose
    with origin("127.0.0.2") as other:
        urls = (f"http://127.0.0.1:{web}", f"http://127.0.0.2:{other}")
        one, two = (make_api(cloud, url) for url in urls)
        platform.settle()
        for _ in range(5):
            seen = [call(platform, api, "/s/x").seen["host"] for api in (one, two)]
            assert seen == [url.removeprefix("http://") for url in urls]


def test_a_backend_that_is_not_there_answers_as_aws(loose: tuple[RunningPlatform, Cloud]) -> None:
    platform, cloud = loose
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = unused.getsockname()[1]
        for host in (f"127.0.0.1:{gone}", "no-such-host.invalid"):
            with removed(cloud, make_api(cloud, f"http://{host}")) as api:
                platform.settle()
                answer = call(platform, api, "/s/x")
                assert (answer.status, answer.body) == (500, '{"message":"Internal server error"}')


def test_https_checks_the_chain_unless_told_not_to(loose: tuple[RunningPlatform, Cloud], web: int) -> None:
    """The platform's own entry is a TLS server whose certificate is for other names."""
    platform, cloud = loose
    entry = platform.client.call("GET", "/status")["public"]["address"]
    with removed(cloud, make_api(cloud, f"https://{entry}")) as api:
        platform.settle()
        assert call(platform, api, "/s/x").status == 500


def test_two_platforms_have_two_entries(built: Built, loose: tuple[RunningPlatform, Cloud]) -> None:
    addresses = {p.client.call("GET", "/status")["public"]["address"] for p in (built.platform, loose[0])}
    assert len(addresses) == 2
    assert all(address.startswith("127.0.0.1:") for address in addresses)


def test_a_taken_port_is_told_and_stops_nothing_else() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with RunningPlatform(concurrency=1, public=f"127.0.0.1:{port}") as platform:
            status = platform.client.call("GET", "/status")
            assert status["ready"]
            assert status["public"]["address"] == ""
            assert f"cannot listen on 127.0.0.1:{port}" in status["public"]["problem"]
            command = [sys.executable, "-m", "innergate.cli.main", "status", "--state", str(platform.state)]
            shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            assert "public APIs" in shown
            assert "--public HOST:PORT" in " ".join(shown.split())
