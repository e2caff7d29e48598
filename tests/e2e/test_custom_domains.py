"""Custom domain names with real packets: what a method of the runtime sees under a base path, and what a change does."""

import json
import os
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.log_clients import TRUST, make_client
from tests.feature.domain_rig import Pair, make_pair

from innergate.driver.platform import RunningPlatform
from innergate.testing.waiting import LONGEST_S

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a node without root has no public entry")

NAME, OTHER, RULED = "api.domains.example", "other.domains.example", "ruled.domains.example"
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
    service = partial(make_client, platform.environment("domains"))
    gateway = service("apigateway")
    acm = service("acm")
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


def test_rules_lead_open_connections_and_lines_of_the_log_name_them(platform: RunningPlatform, tmp_path: Path) -> None:
    platform.add_account("ruling")
    service = partial(make_client, platform.environment("ruling"))
    gateway = service("apigateway")
    version_2 = service("apigatewayv2")
    acm = service("acm")
    logs = service("logs")
    authority = make_pair(tmp_path, "ca", "Test authority")
    pair = make_pair(tmp_path, RULED, RULED, authority, (RULED,))
    arn = acm.import_certificate(Certificate=pair.pem, PrivateKey=Path(pair.key_file).read_text())["CertificateArn"]
    first, second = make_api(gateway, "first"), make_api(gateway, "second")
    logs.create_log_group(logGroupName="ruled")
    iam = service("iam")
    role = iam.create_role(RoleName="api-logs", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])
    account = service("sts").get_caller_identity()["Account"]
    group = f"arn:aws:logs:us-east-1:{account}:log-group:ruled"
    line = "$context.requestId $context.customDomain.routingRuleIdMatched $context.customDomain.basePathMatched"
    operations = [
        {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": group},
        {"op": "replace", "path": "/accessLogSettings/format", "value": line},
    ]
    gateway.update_stage(restApiId=second, stageName="live", patchOperations=operations)
    gateway.create_domain_name(
        domainName=RULED,
        regionalCertificateArn=arn,
        endpointConfiguration={"types": ["REGIONAL"]},
        routingMode="ROUTING_RULE_THEN_BASE_PATH_MAPPING",
    )
    gateway.create_base_path_mapping(domainName=RULED, restApiId=first, stage="live")
    platform.settle()
    with connected(platform, authority, RULED) as connection:
        assert ask(connection, "/hats/7")["api"] == "first"
        rule = version_2.create_routing_rule(
            DomainName=RULED,
            Priority=10,
            Conditions=[
                {"MatchHeaders": {"AnyOf": [{"Header": "X-Version", "ValueGlob": "beta*"}]}},
                {"MatchBasePaths": {"AnyOf": ["shop"]}},
            ],
            Actions=[{"InvokeApi": {"ApiId": second, "Stage": "live", "StripBasePath": True}}],
        )
        platform.settle()
        assert ask(connection, "/hats/7", {"x-version": "beta"})["api"] == "first"
        seen = ask(connection, "/shop/hats/7", {"x-version": "beta2"})
        assert (seen["api"], seen["path"], seen["id"]) == ("second", "/shop/hats/7", "7")
        with pytest.raises(gateway.exceptions.BadRequestException, match="remove all routing rules"):
            gateway.delete_rest_api(restApiId=second)
        version_2.delete_routing_rule(DomainName=RULED, RoutingRuleId=rule["RoutingRuleId"])
        platform.settle()
        assert ask(connection, "/hats/7", {"x-version": "beta"})["api"] == "first"
    deadline = time.monotonic() + LONGEST_S
    while not (events := logs.filter_log_events(logGroupName="ruled")["events"]):
        assert time.monotonic() < deadline, "the line has not come"
        time.sleep(0.2)
    assert [event["message"].split()[1:] for event in events] == [[rule["RoutingRuleId"], "-"]]
    gateway.delete_domain_name(domainName=RULED)


def test_clients_show_certificates_and_a_broken_truststore_is_one_names_own(
    platform: RunningPlatform, tmp_path: Path
) -> None:
    platform.add_account("trusting")
    service = partial(make_client, platform.environment("trusting"))
    gateway = service("apigateway")
    acm = service("acm")
    authority, clients = make_pair(tmp_path, "ca", "Test authority"), make_pair(tmp_path, "clients", "Client authority")
    client = make_pair(tmp_path, "client", "somebody", clients)
    folder = platform.state / "truststores" / "trust"
    folder.mkdir(parents=True)
    broken = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n-----BEGIN CERTIFICATE-----\nAAAA\n"
    (folder / "clients.pem").write_text(broken + clients.pem)
    api = make_api(gateway, "first")
    at = next(r["id"] for r in gateway.get_resources(restApiId=api)["items"] if r["path"] == "/hats/{id}")
    told = '{"who": "$context.identity.clientCert.subjectDN", "by": "$context.identity.clientCert.issuerDN"}'
    gateway.put_integration_response(
        restApiId=api,
        resourceId=at,
        httpMethod="GET",
        statusCode="200",
        responseTemplates={"application/json": told},
    )
    gateway.create_deployment(restApiId=api, stageName="live")

    def bring(name: str, label: str, **more: str) -> str:
        pair = make_pair(tmp_path, label, name, authority, (name,))
        key = Path(pair.key_file).read_text()
        return str(acm.import_certificate(Certificate=pair.pem, PrivateKey=key, **more)["CertificateArn"])

    arn = bring(NAME, "first")
    for name, more in ((NAME, {}), (RULED, {"mutualTlsAuthentication": {"truststoreUri": "s3://trust/clients.pem"}})):
        made = gateway.create_domain_name(
            domainName=name,
            regionalCertificateArn=arn if name == NAME else bring(name, name),
            endpointConfiguration={"types": ["REGIONAL"]},
            **more,
        )
        gateway.create_base_path_mapping(domainName=name, restApiId=api, stage="live")
    assert made["mutualTlsAuthentication"]["truststoreWarnings"]
    platform.settle()
    with connected(platform, authority, RULED, client) as connection:
        headers = {"x-forwarded-client-cert": "Subject=admin", "x-innergate-call": "a;b"}
        assert ask(connection, "/hats/7", headers) == {"who": "CN=somebody", "by": "CN=Client authority"}
    with pytest.raises(OSError), connected(platform, authority, RULED) as connection:
        ask(connection, "/hats/7")
    with connected(platform, authority, NAME) as old:
        before = shown_serial(old)
        assert "CN=" not in ask(old, "/hats/7", {"host": NAME})["who"]
        bring(NAME, "second", CertificateArn=arn)
        platform.settle()
        with connected(platform, authority, NAME) as fresh:
            assert shown_serial(fresh) != before
        assert ask(old, "/hats/7", {"host": NAME}), "connections of the replaced certificate stay"


def shown_serial(connection: HTTPConnection) -> object:
    """The serial number of the certificate that the server showed."""
    assert isinstance(connection.sock, ssl.SSLSocket)
    shown = connection.sock.getpeercert()
    assert shown is not None
    return shown["serialNumber"]


@contextmanager
def connected(
    platform: RunningPlatform, authority: Pair, name: str, client: Pair | None = None
) -> Iterator[HTTPConnection]:
    """A connection to the public entry by that name."""
    host, _, port = str(platform.client.call("GET", "/status")["public"]["address"]).rpartition(":")
    connection = HTTPConnection(host, int(port), timeout=LONGEST_S)
    connection.connect()
    context = ssl.create_default_context(cafile=authority.chain_file)
    if client is not None:
        context.load_cert_chain(client.chain_file, client.key_file)
    connection.sock = context.wrap_socket(connection.sock, server_hostname=name)
    try:
        yield connection
    finally:
        connection.close()


def ask(connection: HTTPConnection, path: str, headers: dict[str, str] | None = None) -> dict[str, str]:
    """What the template answers; the connection stays the one that it was."""
    before = connection.sock
    connection.request("GET", path, headers={"host": RULED, **(headers or {})})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    assert connection.sock is before
    return dict(json.loads(body))
