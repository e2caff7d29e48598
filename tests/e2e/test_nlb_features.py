"""Network load balancers, feature by feature, as clients inside a VPC see them."""

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.balancer_lab import HOSTS, NAME, SECURE, Balancer, Lab, add_cloud
from tests.feature.throwaway_tls import make_self_signed

from innergate.cli.demo.scenarios import api_url, make_network, wait_for
from innergate.driver.platform import RunningPlatform
from innergate.testing.load import RunningLoad


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with RunningPlatform(concurrency=1) as platform:
        yield Lab(platform, "lab")


@pytest.fixture(scope="module")
def secure(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a host that speaks TLS under NAME, by an authority that is trusted."""
    chain, key = lab.trusted_certificate(NAME)
    lab.start_secure_host(SECURE, "secure", tmp_path_factory.mktemp("tls"), chain, key)
    return SECURE


@pytest.fixture(scope="module")
def plain(lab: Lab) -> Balancer:
    """A load balancer on port 80 for both hosts."""
    balancer = lab.balancer(lab.group(["a1", "b1"]))
    lab.wait_health(balancer.group, "healthy")
    lab.platform.settle()
    return balancer


# -- names, zones, weights ------------------------------------------------------------------------------------------------


def test_a_zones_name_leads_to_its_node_and_its_targets(lab: Lab, plain: Balancer) -> None:
    assert lab.backends(f"http://us-east-1a.{plain.dns_name}/") == {"a1"}
    assert lab.backends(f"http://us-east-1b.{plain.dns_name}/") == {"b1"}
    script = "import socket, sys; print(sorted(socket.gethostbyname_ex(sys.argv[1])[2]))"
    found = lab.platform.inside(lab.vpc, ["python3", "-c", script, plain.dns_name]).stdout
    assert found.strip() == "['10.0.1.4', '10.0.2.4']"


def test_cross_zone_spreads_over_all_targets(lab: Lab, plain: Balancer) -> None:
    def switch(value: str) -> None:
        attributes = [{"Key": "load_balancing.cross_zone.enabled", "Value": value}]
        lab.cloud.elbv2.modify_load_balancer_attributes(LoadBalancerArn=plain.arn, Attributes=attributes)
        lab.platform.settle()

    switch("true")
    lab.wait_backends(f"http://us-east-1a.{plain.dns_name}/", "a1", "b1")
    switch("false")
    lab.wait_backends(f"http://us-east-1a.{plain.dns_name}/", "a1")
    lab.set_group(plain.group, load_balancing__cross_zone__enabled="true")
    lab.platform.settle()
    lab.wait_backends(f"http://us-east-1b.{plain.dns_name}/", "a1", "b1")
    lab.set_group(plain.group, load_balancing__cross_zone__enabled="use_load_balancer_configuration")
    lab.platform.settle()


def test_listeners_weigh_target_groups(lab: Lab, plain: Balancer) -> None:
    one, two = lab.group(["a1"]), lab.group(["b1"])

    def forward(*weights: int) -> list[dict[str, Any]]:
        groups = [{"TargetGroupArn": g, "Weight": w} for g, w in zip((one, two), weights, strict=True)]
        return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]

    for group in (one, two):
        lab.set_group(group, load_balancing__cross_zone__enabled="true")
    listener = lab.listener(plain.arn, one, 8080, DefaultActions=forward(1, 1))
    for group in (one, two):
        lab.wait_health(group, "healthy")
    lab.platform.settle()
    lab.wait_backends(f"http://{plain.dns_name}:8080/", "a1", "b1")
    lab.cloud.elbv2.modify_listener(ListenerArn=listener, DefaultActions=forward(0, 1))
    lab.platform.settle()
    assert lab.backends(f"http://{plain.dns_name}:8080/", 12) == {"b1"}
    lab.cloud.elbv2.delete_listener(ListenerArn=listener)
    lab.platform.settle()
    assert lab.ask(f"http://{plain.dns_name}:8080/")["error"] == "refused"


# -- TLS ------------------------------------------------------------------------------------------------------------------


def certificate(lab: Lab, where: str, *names: str) -> str:
    """An imported certificate's ARN."""
    chain, key = lab.trusted_certificate(*names)
    leaf, _, rest = chain.partition("-----END CERTIFICATE-----\n")
    leaf += "-----END CERTIFICATE-----\n"
    if where == "acm":
        made = lab.client("acm").import_certificate(Certificate=leaf, PrivateKey=key, CertificateChain=rest)
        return str(made["CertificateArn"])
    made = lab.client("iam").upload_server_certificate(
        ServerCertificateName="lab", CertificateBody=leaf, PrivateKey=key, CertificateChain=rest
    )
    return str(made["ServerCertificateMetadata"]["Arn"])


@pytest.mark.parametrize("where", ["acm", "iam"])
def test_tls_listeners_end_the_clients_tls(lab: Lab, plain: Balancer, where: str) -> None:
    arn = certificate(lab, where, plain.dns_name, f"*.{plain.dns_name}", NAME)
    port = {"acm": 443, "iam": 8443}[where]
    lab.listener(plain.arn, plain.group, port, "TLS", Certificates=[{"CertificateArn": arn}])
    lab.platform.settle()
    for name in (plain.dns_name, f"us-east-1a.{plain.dns_name}"):
        answer = lab.ask(f"https://{name}:{port}/x")
        assert answer.get("status") == 200, answer
        assert json.loads(answer["body"])["path"] == "/x"
    assert "error" in lab.ask(f"http://{plain.dns_name}:{port}/x")


def test_certificates_are_renewed_and_chosen_by_name(lab: Lab, plain: Balancer) -> None:
    arn = certificate(lab, "acm", "first.example", plain.dns_name)
    listener = lab.listener(plain.arn, plain.group, 9443, "TLS", Certificates=[{"CertificateArn": arn}])
    lab.platform.settle()
    assert lab.ask(f"https://{plain.dns_name}:9443/")["status"] == 200
    chain, key = lab.trusted_certificate("second.example")
    leaf, mark, _ = chain.partition("-----END CERTIFICATE-----\n")
    lab.client("acm").import_certificate(CertificateArn=arn, Certificate=leaf + mark, PrivateKey=key)
    lab.platform.settle()
    wait_for(lambda: "error" in lab.ask(f"https://{plain.dns_name}:9443/") or None, "the other certificate")
    other = certificate(lab, "acm", f"us-east-1a.{plain.dns_name}")
    lab.cloud.elbv2.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": other}])
    lab.platform.settle()
    assert lab.ask(f"https://us-east-1a.{plain.dns_name}:9443/")["status"] == 200
    assert "error" in lab.ask(f"https://us-east-1b.{plain.dns_name}:9443/")
    lab.cloud.elbv2.delete_listener(ListenerArn=listener)


def make_link_api(lab: Lab, balancer: Balancer, uri: str, **more: Any) -> tuple[str, str]:
    """A private API over a VPC link to the balancer, open to everybody; its id and its method's resource."""
    gateway = lab.cloud.apigateway
    link = gateway.create_vpc_link(name="link", targetArns=[balancer.arn])["id"]
    made = gateway.create_rest_api(name="lab", endpointConfiguration={"types": ["PRIVATE"]})
    api, root = str(made["id"]), str(made["rootResourceId"])
    gateway.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    gateway.put_integration(
        restApiId=api,
        resourceId=root,
        httpMethod="GET",
        type="HTTP_PROXY",
        integrationHttpMethod="GET",
        uri=uri,
        connectionType="VPC_LINK",
        connectionId=link,
        **more,
    )
    allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    gateway.update_rest_api(restApiId=api, patchOperations=[{"op": "replace", "path": "/policy", "value": policy}])
    gateway.create_deployment(restApiId=api, stageName="s")
    return api, root


@pytest.fixture(scope="module")
def entry(lab: Lab) -> str:
    """An execute-api endpoint in the lab's VPC."""
    group = lab.cloud.ec2.create_security_group(VpcId=lab.vpc, GroupName=lab.fresh_name("entry"), Description="entry")[
        "GroupId"
    ]
    rules = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]
    lab.cloud.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=rules)
    made = lab.cloud.ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=lab.vpc,
        ServiceName="com.amazonaws.us-east-1.execute-api",
        SubnetIds=list(lab.network.subnets),
        SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
    )["VpcEndpoint"]
    lab.platform.settle()
    return str(made["VpcEndpointId"])


def test_https_integrations_check_the_backends_name_and_chain(
    lab: Lab, secure: str, entry: str, tmp_path: Path
) -> None:
    chain, key = make_self_signed(tmp_path)
    unknown = "10.0.2.34"
    lab.start_secure_host(unknown, "unknown", tmp_path, chain.read_text(), key.read_text())
    known = lab.balancer(lab.group([secure], 443), 443)
    strange = lab.balancer(lab.group([unknown], 443), 443)
    apis = {
        "trusted": make_link_api(lab, known, f"https://{NAME}/x")[0],
        "other name": make_link_api(lab, known, "https://elsewhere.example/x")[0],
        "unknown chain": make_link_api(lab, strange, "https://test.invalid/x")[0],
    }
    for balancer in (known, strange):
        lab.wait_health(balancer.group, "healthy")
    lab.platform.settle()
    answers = {name: lab.ask(api_url(api, "s")) for name, api in apis.items()}
    assert {name: answer["status"] for name, answer in answers.items()} == {
        "trusted": 200,
        "other name": 500,
        "unknown chain": 500,
    }
    assert json.loads(answers["trusted"]["body"])["host"] == NAME


def test_https_backends_are_shown_the_stages_client_certificate(lab: Lab, entry: str, tmp_path: Path) -> None:
    """A backend that asks for a certificate takes that of the stage alone, tests of the method included."""
    gateway = lab.cloud.apigateway
    shown = gateway.generate_client_certificate(description="ours")
    other = gateway.generate_client_certificate()["clientCertificateId"]
    clients = tmp_path / "clients.pem"
    clients.write_text(shown["pemEncodedCertificate"])
    picky = "10.0.2.35"
    lab.start_secure_host(
        picky, "picky", tmp_path, *lab.trusted_certificate("picky.invalid"), ("--clients", str(clients))
    )
    balancer = lab.balancer(lab.group([picky], 443), 443)
    api, root = make_link_api(lab, balancer, "https://picky.invalid/x")
    lab.wait_health(balancer.group, "healthy")

    def answer_with(certificate: str) -> int:
        patch = {"op": "replace", "path": "/clientCertificateId", "value": certificate}
        gateway.update_stage(restApiId=api, stageName="s", patchOperations=[patch])
        lab.platform.settle()
        return int(lab.ask(api_url(api, "s"))["status"])

    ours = shown["clientCertificateId"]
    assert [answer_with(certificate) for certificate in ("", ours, other)] == [500, 200, 500]
    tried = {
        certificate: gateway.test_invoke_method(
            restApiId=api, resourceId=root, httpMethod="GET", clientCertificateId=certificate
        )["status"]
        for certificate in (ours, other)
    }
    assert tried == {ours: 200, other: 500}


def test_https_integrations_over_a_tls_listener(lab: Lab, plain: Balancer, entry: str) -> None:
    arn = certificate(lab, "acm", NAME)
    lab.listener(plain.arn, plain.group, 7443, "TLS", Certificates=[{"CertificateArn": arn}])
    api, _ = make_link_api(lab, plain, f"https://{NAME}:7443/over-tls")
    lab.platform.settle()
    answer = lab.ask(api_url(api, "s"))
    assert answer["status"] == 200, answer
    assert json.loads(answer["body"])["path"] == "/over-tls"


def test_https_integrations_check_the_tls_listeners_certificate(
    lab: Lab, plain: Balancer, entry: str, tmp_path: Path
) -> None:
    """Another name, a chain that nobody knows, plain http: 500, and `innergate path` says why."""
    lab.listener(plain.arn, plain.group, 7543, "TLS", Certificates=[{"CertificateArn": certificate(lab, "acm", NAME)}])
    own, key = (file.read_text() for file in make_self_signed(tmp_path))
    strange = lab.client("acm").import_certificate(Certificate=own, PrivateKey=key)
    lab.listener(plain.arn, plain.group, 7643, "TLS", Certificates=[{"CertificateArn": strange["CertificateArn"]}])
    lax = {"tlsConfig": {"insecureSkipVerification": True}}
    apis = {
        name: make_link_api(lab, plain, uri, **options)[0]
        for name, uri, options in (
            ("other name", "https://other.example:7543/", {}),
            ("unknown chain", "https://test.invalid:7643/", {}),
            ("plain http", f"http://{NAME}:7543/", {}),
            ("not asked", "https://test.invalid:7643/", lax),
        )
    }
    lab.platform.settle()
    answers = {name: lab.ask(api_url(api, "s"))["status"] for name, api in apis.items()}
    assert answers == {"other name": 500, "unknown chain": 500, "plain http": 500, "not asked": 200}
    told = lab.platform.simulate(lab.vpc, "GET", api_url(apis["unknown chain"], "s"))
    assert "PKIX path building failed" in told["hops"][-1]["reason"]


def test_tls_target_groups_speak_tls_and_check_nothing(lab: Lab, plain: Balancer, secure: str) -> None:
    arn = certificate(lab, "acm", plain.dns_name)
    group = lab.group([secure], 443, "TLS")
    lab.set_group(group, load_balancing__cross_zone__enabled="true")
    lab.listener(plain.arn, group, 6443, "TLS", Certificates=[{"CertificateArn": arn}])
    lab.wait_health(group, "healthy")
    lab.platform.settle()
    answer = lab.ask(f"https://{plain.dns_name}:6443/")
    assert answer.get("status") == 200, answer
    assert json.loads(answer["body"])["backend"] == "secure"


# -- PrivateLink ----------------------------------------------------------------------------------------------------------


class Linked:
    """An endpoint service before a balancer, and an endpoint to it in a VPC of another account."""

    def __init__(self, lab: Lab, balancer: Balancer, account: str) -> None:
        self.cloud = add_cloud(lab.platform, account)
        network = make_network(self.cloud, account)
        self.vpc = network.vpc
        configuration = lab.cloud.ec2.create_vpc_endpoint_service_configuration(
            NetworkLoadBalancerArns=[balancer.arn], AcceptanceRequired=False
        )["ServiceConfiguration"]
        lab.cloud.ec2.modify_vpc_endpoint_service_permissions(
            ServiceId=configuration["ServiceId"], AddAllowedPrincipals=["*"]
        )
        group = self.cloud.ec2.create_security_group(VpcId=self.vpc, GroupName="open", Description="open")["GroupId"]
        everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
        self.cloud.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=everything)
        made = self.cloud.ec2.create_vpc_endpoint(
            VpcEndpointType="Interface",
            VpcId=self.vpc,
            ServiceName=configuration["ServiceName"],
            SubnetIds=list(network.subnets),
            SecurityGroupIds=[group],
        )["VpcEndpoint"]
        self.endpoint = str(made["VpcEndpointId"])
        self.name = str(made["DnsEntries"][0]["DnsName"])


def test_proxy_protocol_names_the_client_and_the_endpoint(lab: Lab, entry: str) -> None:
    group = lab.group(["a1", "b1"])
    lab.set_group(group, proxy_protocol_v2__enabled="true")
    balancer = lab.balancer(group)
    linked = Linked(lab, balancer, "client")
    second = lab.group(["a1", "b1"])
    lab.set_group(second, proxy_protocol_v2__enabled="true")
    api, _ = make_link_api(lab, lab.balancer(second), "http://proxied.example/")
    for one in (group, second):
        lab.wait_health(one, "healthy")
    lab.platform.settle()
    inside = json.loads(lab.ask(f"http://{balancer.dns_name}/")["body"])["proxy"]
    assert inside["command"] == "PROXY"
    assert inside["source"].startswith("10.0.")
    assert inside["vpce"] == ""
    linked_answer = lab.ask(f"http://{linked.name}/", vpc=linked.vpc)
    through = json.loads(linked_answer["body"])["proxy"]
    assert through["vpce"] == linked.endpoint
    by_api = json.loads(lab.ask(api_url(api, "s"))["body"])["proxy"]
    assert by_api is not None
    assert by_api["vpce"] == ""
    lab.set_group(group, proxy_protocol_v2__enabled="false")
    lab.platform.settle()
    assert json.loads(lab.ask(f"http://{balancer.dns_name}/")["body"])["proxy"] is None


def test_security_groups_hold_for_privatelink_while_enforced(lab: Lab) -> None:
    made = lab.cloud.ec2.create_security_group(VpcId=lab.vpc, GroupName=lab.fresh_name("nlb"), Description="nlb")
    narrow = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/17"}]}]
    lab.cloud.ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=narrow)
    balancer = lab.balancer(lab.group(["a1", "b1"]), groups=[made["GroupId"]])
    linked = Linked(lab, balancer, "guest")
    lab.wait_health(balancer.group, "healthy")
    lab.platform.settle()
    assert lab.ask(f"http://{balancer.dns_name}/")["status"] == 200
    assert lab.ask(f"http://{linked.name}/", vpc=linked.vpc)["status"] == 200

    lab.cloud.ec2.revoke_security_group_ingress(GroupId=made["GroupId"], IpPermissions=narrow)
    lab.platform.settle()
    assert lab.ask(f"http://{balancer.dns_name}/", "-m", "1")["error"] == "time-out"
    assert lab.ask(f"http://{linked.name}/", "-m", "1", vpc=linked.vpc)["error"] == "time-out"

    lab.cloud.elbv2.set_security_groups(
        LoadBalancerArn=balancer.arn,
        SecurityGroups=[made["GroupId"]],
        EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic="off",
    )
    lab.platform.settle()
    assert lab.ask(f"http://{linked.name}/", vpc=linked.vpc)["status"] == 200
    assert lab.ask(f"http://{balancer.dns_name}/", "-m", "1")["error"] == "time-out"


# -- coming and going of targets ------------------------------------------------------------------------------------------


def test_a_deregistered_target_drains(lab: Lab) -> None:
    group = lab.group(["a1", "b1"])
    lab.set_group(group, deregistration_delay__timeout_seconds="6", load_balancing__cross_zone__enabled="true")
    balancer = lab.balancer(group)
    lab.wait_health(group, "healthy")
    lab.platform.settle()
    script = (
        "import http.client, json, sys\n"
        "while True:\n"
        "    c = http.client.HTTPConnection(sys.argv[1], timeout=20)\n"
        "    c.request('GET', '/')\n"
        "    if json.load(c.getresponse())['backend'] == 'a1':\n"
        "        break\n"
        "print('found', flush=True)\n"
        "c.request('GET', '/slow/2')\n"
        "print(json.load(c.getresponse())['backend'])\n"
    )
    argv = lab.platform.exec_argv(lab.vpc, ["python3", "-c", script, balancer.dns_name])
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as slow:
        assert slow.stdout is not None
        assert slow.stdout.readline() == "found\n"
        time.sleep(0.3)
        lab.deregister(group, "a1")
        state, reason, text = lab.health(group)[HOSTS["a1"]]
        assert (state, reason) == ("draining", "Target.DeregistrationInProgress")
        assert text == "Target deregistration is in progress"
        lab.platform.settle()
        assert lab.backends(f"http://{balancer.dns_name}/", 12) == {"b1"}
        assert slow.stdout.readline() == "a1\n"
    wait_for(lambda: HOSTS["a1"] not in lab.health(group) or None, "the end of the draining")
    lab.register(group, "a1")
    lab.wait_backends(f"http://{balancer.dns_name}/", "a1", "b1")


def test_targets_change_under_load_without_a_failed_request(lab: Lab, plain: Balancer, entry: str) -> None:
    api, _ = make_link_api(lab, plain, "http://steady.example/")
    lab.platform.settle()
    with RunningLoad(lab.platform, lab.vpc, api_url(api, "s")) as load:
        for _ in range(3):
            for host in ("a1", "b1"):
                lab.deregister(plain.group, host)
                lab.platform.settle()
                time.sleep(0.2)
                lab.register(plain.group, host)
                lab.wait_health(plain.group, "healthy")
                lab.platform.settle()
        result = load.end()
    assert result.requests > 100
    assert (result.failed, result.failures) == (0, ())
