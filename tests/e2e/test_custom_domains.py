"""Custom domain names with real packets: what a method of the runtime sees under a base path, and what a change does."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.feature.domain_rig import Pair, make_pair

from innergate.testing.platform import RunningPlatform

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a node without root has no public entry")

NAME, OTHER = "api.domains.example", "other.domains.example"
TEMPLATE = """{"api": "LABEL", "path": "$context.path", "domain": "$context.domainName", "prefix": "$context.domainPrefix",
"resource": "$context.resourcePath", "id": "$input.params('id')"}"""


def make_api(gateway: Any, label: str) -> str:
    """An API whose GET /hats/{id} is a MOCK with a template."""
    api = gateway.create_rest_api(name=label, endpointConfiguration={"types": ["REGIONAL"]})
    hats = gateway.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart="hats")["id"]
    hat = gateway.create_resource(restApiId=api["id"], parentId=hats, pathPart="{id}")["id"]
    where: dict[str, Any] = {"restApiId": api["id"], "resourceId": hat, "httpMethod": "GET"}
    gateway.put_method(**where, authorizationType="NONE", requestParameters={"method.request.path.id": True})
    gateway.put_method_response(**where, statusCode="200")
    gateway.put_integration(**where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    gateway.put_integration_response(
        **where, statusCode="200", responseTemplates={"application/json": TEMPLATE.replace("LABEL", label)}
    )
    gateway.create_deployment(restApiId=api["id"], stageName="live")
    return str(api["id"])


def call(platform: RunningPlatform, authority: Pair, path: str) -> tuple[int, str]:
    """Status and body of a GET by the name."""
    host, _, port = str(platform.client.call("GET", "/status")["public"]["address"]).rpartition(":")
    done = subprocess.run(
        [
            *("curl", "-sS", "--max-time", "10", "--cacert", authority.chain_file, "-w", "\n%{http_code}"),
            *("--resolve", f"{NAME}:{port}:{host}", f"https://{NAME}:{port}{path}"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def replaced_in_place(platform: RunningPlatform) -> int:
    """How often Envoy has changed filter chains of a listener without replacing the listener."""
    socket = platform.state / "run" / "envoy-admin.sock"
    url = "http://envoy/stats?filter=listener_manager.listener_in_place_updated"
    done = subprocess.run(
        ["curl", "-sS", "--unix-socket", str(socket), url], capture_output=True, text=True, check=True
    )
    return int(done.stdout.rpartition(":")[2])


def test_methods_see_the_path_as_it_was_sent(platform: RunningPlatform, tmp_path: Path) -> None:
    platform.add_account("domains")
    environment = platform.environment("domains")
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    gateway: Any = session.client("apigateway", endpoint_url=environment["AWS_ENDPOINT_URL"])
    acm: Any = session.client("acm", endpoint_url=environment["AWS_ENDPOINT_URL"])
    authority = make_pair(tmp_path, "ca", "Test authority")
    pair = make_pair(tmp_path, NAME, NAME, authority, (NAME, OTHER))
    arn = acm.import_certificate(Certificate=pair.pem, PrivateKey=Path(pair.key_file).read_text())
    first, second = make_api(gateway, "first"), make_api(gateway, "second")
    gateway.create_domain_name(
        domainName=NAME,
        regionalCertificateArn=arn["CertificateArn"],
        endpointConfiguration={"types": ["REGIONAL"]},
    )
    gateway.create_base_path_mapping(domainName=NAME, restApiId=first, stage="live")
    gateway.create_base_path_mapping(domainName=NAME, restApiId=second, stage="live", basePath="shop")
    platform.settle()
    expected = {"domain": NAME, "prefix": "api", "resource": "/hats/{id}", "id": "7"}
    status, body = call(platform, authority, "/hats/7?x=1")
    assert (status, json.loads(body)) == (200, {"api": "first", "path": "/hats/7", **expected})
    status, body = call(platform, authority, "/shop/hats/7")
    assert (status, json.loads(body)) == (200, {"api": "second", "path": "/shop/hats/7", **expected})
    assert call(platform, authority, "/shop/nothing") == (403, '{"message":"Missing Authentication Token"}')

    operations = [{"op": "replace", "path": "/basePath", "value": "store"}]
    gateway.update_base_path_mapping(domainName=NAME, basePath="shop", patchOperations=operations)
    platform.settle()
    assert call(platform, authority, "/store/hats/7")[0] == 200
    assert call(platform, authority, "/shop/hats/7")[0] == 403
    in_place = replaced_in_place(platform)
    gateway.create_domain_name(
        domainName=OTHER,
        regionalCertificateArn=arn["CertificateArn"],
        endpointConfiguration={"types": ["REGIONAL"]},
    )
    platform.settle()
    assert replaced_in_place(platform) == in_place + 1, "the connections of other names stay"
    began = time.monotonic()
    gateway.delete_domain_name(domainName=NAME)
    platform.settle()
    with pytest.raises(AssertionError, match="60 == 0"):
        call(platform, authority, "/hats/7")
    print(f"gone in {time.monotonic() - began:.2f} s")
