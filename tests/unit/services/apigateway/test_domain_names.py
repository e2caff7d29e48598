"""Custom domain names: what they need, what they show, how they change."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from tests.unit.services.apigateway.domain_world import NAME, OTHER, OWNER, DomainWorld
from tests.unit.services.certificate_maker import issue

from innergate.primitives.fault import Fault
from innergate.resources.domain_names import DomainName
from innergate.services.apigateway.domain_patches import _CHOICES
from innergate.testing.shapes import check_result


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DomainWorld]:
    world = DomainWorld(tmp_path)
    yield world
    world.close()


def refused(message: str, code: str = "BadRequestException") -> Any:
    """The fault that is expected, by its words."""
    return pytest.raises(Fault, match=message, check=lambda fault: fault.code == code)


def test_a_regional_name_says_where_dns_should_lead(world: DomainWorld) -> None:
    made = world.regional(tags={"team": "a"})
    check_result("apigateway", "CreateDomainName", made)
    assert made["regionalDomainName"].startswith("d-")
    assert made["regionalDomainName"].endswith(".execute-api.us-east-1.amazonaws.com")
    assert made["regionalHostedZoneId"] == "Z1UJRXOUMOOFQ8"
    assert made["domainNameStatus"] == "AVAILABLE"
    assert made["domainNameArn"] == f"arn:aws:apigateway:us-east-1::/domainnames/{NAME}"
    assert made["securityPolicy"] == "TLS_1_2"
    assert made["routingMode"] == "BASE_PATH_MAPPING_ONLY"
    assert made["tags"] == {"team": "a"}
    assert not {"policy", "domainNameId", "certificateArn", "distributionDomainName", "mutualTlsAuthentication"} & set(
        made
    )
    assert world.call("GetDomainName", domainName=NAME) == made
    assert world.call("GetDomainNames")["items"] == [made]


def test_an_edge_name_is_the_default_and_needs_its_certificate_in_virginia(world: DomainWorld) -> None:
    made = world.call("CreateDomainName", domainName=NAME, certificateArn=world.certificate(), certificateName="c")
    assert made["endpointConfiguration"] == {"types": ["EDGE"], "ipAddressType": "ipv4"}
    assert made["distributionDomainName"].endswith(".cloudfront.net")
    assert made["distributionHostedZoneId"] == "Z2FDTNDATAQYW2"
    assert made["certificateUploadDate"] == world.harness.clock.now().replace(microsecond=0)
    other = world.certificate(region="eu-west-1")
    with refused("Certificate must be in 'us-east-1'"):
        world.call("CreateDomainName", domainName="alt.example.com", certificateArn=other)


def test_a_private_name_has_an_id_and_denies_everybody_at_first(world: DomainWorld) -> None:
    made = world.private()
    check_result("apigateway", "CreateDomainName", made)
    own_id = made["domainNameId"]
    assert made["domainNameArn"] == f"arn:aws:apigateway:us-east-1:{OWNER}:/domainnames/{NAME}+{own_id}"
    assert json.loads(made["policy"])["Statement"][0]["Effect"] == "Deny"
    for spelled in (NAME, NAME.upper()):
        assert world.call("GetDomainName", domainName=spelled, domainNameId=own_id) == made
    with refused("Invalid domain name identifier specified", "NotFoundException"):
        world.call("GetDomainName", domainName=NAME)
    again = world.private()
    assert again["domainNameId"] != own_id


def test_a_public_name_is_one_accounts_alone(world: DomainWorld) -> None:
    world.regional()
    arn = world.certificate(account=OTHER)
    given = {"domainName": NAME, "regionalCertificateArn": arn, "endpointConfiguration": {"types": ["REGIONAL"]}}
    with refused("The domain name you provided already exists."):
        world.call("CreateDomainName", account=OTHER, **given)
    with refused("Invalid domain name identifier specified", "NotFoundException"):
        world.call("GetDomainName", account=OTHER, domainName=NAME)
    with refused("Invalid domain name identifier specified", "NotFoundException"):
        world.call("DeleteDomainName", account=OTHER, domainName=NAME)
    assert world.call("GetDomainNames", account=OTHER)["items"] == []


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"endpointConfiguration": {"types": ["REGIONAL", "EDGE"]}}, "multiple Endpoint Types"),
        ({"regionalCertificateArn": ""}, "A regionalCertificateArn is required"),
        ({"regionalCertificateArn": "nonsense"}, "Invalid certificate ARN: nonsense"),
        ({"domainName": "other.example.com"}, "does not cover the domain name other.example.com"),
        ({"domainName": "no name"}, "Invalid domain name specified"),
        ({"domainName": "x.execute-api.us-east-1.amazonaws.com"}, "Invalid domain name specified"),
        ({"domainName": "amazonaws.com"}, "Invalid domain name specified"),
        ({"domainName": "abcdefghij.lambda-url.us-east-1.on.aws"}, "Invalid domain name specified"),
        ({"domainName": "*.lambda-url.us-east-1.on.aws"}, "Invalid domain name specified"),
        ({"domainName": "*.on.aws"}, "Invalid domain name specified"),
        ({"domainName": "x.cloudfront.net"}, "Invalid domain name specified"),
        ({"policy": "{}"}, "Invalid policy document"),
        ({"securityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"}, "requires an endpointAccessMode"),
        ({"securityPolicy": "SecurityPolicy_TLS13_2025_EDGE", "endpointAccessMode": "BASIC"}, "does not fit"),
        ({"endpointAccessMode": "STRICT"}, "requires a security policy"),
        ({"mutualTlsAuthentication": {"truststoreVersion": "1"}}, "A truststoreVersion requires a truststoreUri"),
        ({"certificateBody": "x"}, "Import the certificate to ACM"),
        (
            {"ownershipVerificationCertificateArn": "arn:aws:acm:us-east-1:1:certificate/x"},
            "only be set with mutual TLS",
        ),
    ],
)
def test_what_a_regional_name_must_not_be(world: DomainWorld, params: dict[str, Any], message: str) -> None:
    with refused(message):
        world.regional(**params)
    assert world.call("GetDomainNames")["items"] == []


def test_certificates_of_the_wrong_kind_are_refused_in_aws_words(world: DomainWorld) -> None:
    arn = world.certificate()
    with refused("Cannot import certificates for EDGE while REGIONAL is active."):
        world.regional(certificateArn=arn)
    with refused("Cannot import certificates for REGIONAL while EDGE is active."):
        world.call("CreateDomainName", domainName=NAME, certificateArn=arn, regionalCertificateArn=arn)
    foreign = world.certificate(account=OTHER)
    with refused("must be owned by the account creating the domain"):
        world.regional(regionalCertificateArn=foreign)


def test_a_wildcard_certificate_covers_one_label(world: DomainWorld) -> None:
    arn = world.certificate("*.shop.example")
    world.regional("a.shop.example", regionalCertificateArn=arn)
    world.regional("*.shop.example", regionalCertificateArn=arn)
    with refused("does not cover"):
        world.regional("a.b.shop.example", regionalCertificateArn=arn)


@pytest.mark.parametrize(
    ("first", "then"), [("a.shop.example", "*.shop.example"), ("*.shop.example", "a.shop.example")]
)
def test_another_accounts_wildcard_and_its_names_exclude_each_other(world: DomainWorld, first: str, then: str) -> None:
    world.regional(first, regionalCertificateArn=world.certificate("*.shop.example"))
    given: dict[str, Any] = {"endpointConfiguration": {"types": ["REGIONAL"]}}
    theirs = world.certificate("*.shop.example", account=OTHER)
    with refused("The domain name you provided already exists."):
        world.call("CreateDomainName", account=OTHER, domainName=then, regionalCertificateArn=theirs, **given)
    world.regional(then, regionalCertificateArn=world.certificate("*.shop.example"))
    for free in ("shop.example", "*.b.shop.example", "a.b.shop.example"):
        arn = world.certificate(free, account=OTHER)
        world.call("CreateDomainName", account=OTHER, domainName=free, regionalCertificateArn=arn, **given)


def test_a_certificate_in_use_stays(world: DomainWorld) -> None:
    arn = world.regional()["regionalCertificateArn"]
    assert world.call("DescribeCertificate", CertificateArn=arn)["Certificate"]["InUseBy"]
    with refused("is in use", "ResourceInUseException"):
        world.call("DeleteCertificate", CertificateArn=arn)
    world.call("DeleteDomainName", domainName=NAME)
    world.call("DeleteCertificate", CertificateArn=arn)


def test_mutual_tls_reads_its_truststore_when_it_is_named(world: DomainWorld) -> None:
    authority = issue("clients.example.com").authority.certificate
    uri = world.truststore("trust", "ca/bundle.pem", authority)
    made = world.regional(mutualTlsAuthentication={"truststoreUri": uri})
    assert made["mutualTlsAuthentication"] == {"truststoreUri": uri}
    with refused("s3://trust/none.pem was not found. There is no S3 here: put the file at truststores/trust/none.pem"):
        world.patch(NAME, ("replace", "/mutualTlsAuthentication/truststoreUri", "s3://trust/none.pem"))
    for bad in ("file:///etc/passwd", "s3://trust", "s3://trust/../../store.sqlite", "s3://tr/x"):
        with refused("Invalid truststore URI|was not found"):
            world.patch(NAME, ("replace", "/mutualTlsAuthentication/truststoreUri", bad))
    with refused("no certificates in PEM format"):
        junk = world.truststore("trust", "junk", "junk")
        world.patch(NAME, ("replace", "/mutualTlsAuthentication/truststoreUri", junk))
    with refused("has no version 3"):
        world.patch(NAME, ("replace", "/mutualTlsAuthentication/truststoreVersion", "3"))
    newer = ("replace", "/securityPolicy", "SecurityPolicy_TLS13_1_3_2025_09")
    with refused("Mutual TLS is not supported with a security policy that begins with SecurityPolicy_"):
        world.patch(NAME, newer, ("replace", "/endpointAccessMode", "STRICT"))
    off = world.patch(NAME, ("replace", "/mutualTlsAuthentication/truststoreUri", ""))
    assert "mutualTlsAuthentication" not in off


def test_what_is_no_certificate_in_a_truststore_is_left_out_with_a_warning(world: DomainWorld) -> None:
    made = issue("clients.example.com")
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    lines = made.authority.certificate + broken + made.leaf.key + made.authority.certificate
    uri = world.truststore("trust", "mixed.pem", lines)
    shown = world.regional(mutualTlsAuthentication={"truststoreUri": uri})["mutualTlsAuthentication"]
    assert shown["truststoreWarnings"] == ["Certificates that are not valid and are left out: 1."]
    with world.harness.store.transaction() as tx:
        domain = tx.get(DomainName, f"us-east-1/{NAME}")
    assert domain is not None
    assert domain.mutual_tls_authentication is not None
    assert domain.mutual_tls_authentication.bundle == made.authority.certificate


def test_a_truststore_link_out_of_the_folder_is_not_followed(world: DomainWorld, tmp_path: Path) -> None:
    secret = tmp_path / "secret.pem"
    secret.write_text(issue("x.example.com").authority.certificate)
    bucket = world.harness.objects / "trust"
    bucket.mkdir(parents=True)
    (bucket / "link.pem").symlink_to(secret)
    with refused("was not found"):
        world.regional(mutualTlsAuthentication={"truststoreUri": "s3://trust/link.pem"})


def test_weak_authorities_are_warned_about(world: DomainWorld) -> None:
    uri = world.truststore("trust", "old.pem", issue("old.example.com").authority.certificate)
    world.harness.clock.advance(4000 * 86400)
    arn = world.call("ListCertificates")
    assert arn["CertificateSummaryList"] == []
    with refused("expired certificate", "ValidationException"):
        world.certificate()
    world.harness.clock.advance(-4000 * 86400)
    world.regional()
    world.harness.clock.advance(4000 * 86400)
    shown = world.patch(NAME, ("replace", "/mutualTlsAuthentication/truststoreUri", uri))
    assert "has expired" in shown["mutualTlsAuthentication"]["truststoreWarnings"][0]


def test_the_paths_of_a_patch(world: DomainWorld) -> None:
    world.regional()
    arn = world.certificate()
    changed = world.patch(
        NAME,
        ("replace", "/regionalCertificateArn", arn),
        ("replace", "/regionalCertificateName", "new"),
        ("replace", "/securityPolicy", "TLS_1_0"),
        ("replace", "/routingMode", "ROUTING_RULE_ONLY"),
        ("replace", "/endpointConfiguration/ipAddressType", "dualstack"),
    )
    assert changed["regionalCertificateArn"] == arn
    assert changed["regionalCertificateName"] == "new"
    assert (changed["securityPolicy"], changed["routingMode"]) == ("TLS_1_0", "ROUTING_RULE_ONLY")
    assert changed["endpointConfiguration"]["ipAddressType"] == "dualstack"
    assert world.call("GetDomainName", domainName=NAME) == changed


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (("replace", "/nothing", "x"), "Invalid patch path /nothing"),
        (("add", "/securityPolicy", "TLS_1_2"), r"Must be one of: \[replace\]"),
        (
            ("replace", "/securityPolicy", "TLS_9"),
            "Invalid securityPolicy specified. Valid options are TLS_1_0,TLS_1_2",
        ),
        (("replace", "/regionalCertificateArn", ""), "A regionalCertificateArn is required"),
        (("replace", "/endpointConfiguration/types/0", "PRIVATE"), "cannot become private"),
        (("replace", "/endpointConfiguration/types/0", "MOON"), "Invalid EndpointTypes specified"),
        (
            ("replace", "/policy", '{"Version":"2012-10-17","Statement":[]}'),
            "Policies are only supported|Invalid policy",
        ),
        (("replace", "/endpointConfiguration/ipAddressType", "ipv9"), "must be either ipv4 or dualstack"),
    ],
)
def test_what_a_patch_must_not_say(world: DomainWorld, operation: tuple[str, str, str], message: str) -> None:
    before = world.regional()
    with refused(message):
        world.patch(NAME, operation)
    assert world.call("GetDomainName", domainName=NAME) == before


@pytest.mark.parametrize("member", ["securityPolicy", "endpointAccessMode", "routingMode"])
def test_choices_are_the_models(member: str) -> None:
    shape: Any = Session().get_service_model("apigateway").operation_model("CreateDomainName").input_shape
    assert list(_CHOICES[member][1]) == shape.members[member].enum


def test_a_name_moves_from_edge_to_regional(world: DomainWorld) -> None:
    arn = world.certificate()
    made = world.call("CreateDomainName", domainName=NAME, certificateArn=arn)
    both = world.patch(
        NAME,
        ("add", "/endpointConfiguration/types", "REGIONAL"),
        ("add", "/regionalCertificateArn", arn),
    )
    assert both["endpointConfiguration"]["types"] == ["EDGE", "REGIONAL"]
    assert both["distributionDomainName"] == made["distributionDomainName"]
    moved = world.patch(
        NAME,
        ("remove", "/endpointConfiguration/types", "EDGE"),
        ("remove", "/certificateArn", None),
    )
    assert moved["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert moved["regionalDomainName"] == both["regionalDomainName"]
    assert not {"distributionDomainName", "certificateArn"} & set(moved)


def test_both_policies_of_a_private_name(world: DomainWorld) -> None:
    own_id = world.private()["domainNameId"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    changed = world.patch(NAME, ("replace", "/policy", text), domainNameId=own_id)
    assert json.loads(changed["policy"]) == json.loads(text)
    assert "managementPolicy" not in changed
    back = world.patch(NAME, ("replace", "/policy", ""), ("replace", "/managementPolicy", text), domainNameId=own_id)
    assert json.loads(back["policy"])["Statement"][0]["Effect"] == "Deny"
    assert json.loads(back["managementPolicy"]) == json.loads(text)


def test_pages_and_tags(world: DomainWorld) -> None:
    arn = world.certificate("*.shop.example")
    for n in range(3):
        world.regional(f"a{n}.shop.example", regionalCertificateArn=arn)
    first = world.call("GetDomainNames", limit=2)
    rest = world.call("GetDomainNames", limit=2, position=first["position"])
    assert [d["domainName"] for d in (*first["items"], *rest["items"])] == [f"a{n}.shop.example" for n in range(3)]
    assert "position" not in rest
    tagged = "arn:aws:apigateway:us-east-1::/domainnames/a0.shop.example"
    world.call("TagResource", resourceArn=tagged, tags={"k": "v"})
    assert world.call("GetTags", resourceArn=tagged)["tags"] == {"k": "v"}
    own = world.private()["domainNameArn"]
    world.call("TagResource", resourceArn=own, tags={"p": "q"})
    world.call("UntagResource", resourceArn=own, tagKeys=["p"])
    assert world.call("GetTags", resourceArn=own)["tags"] == {}
    with refused("Invalid resource identifier specified", "NotFoundException"):
        world.call("GetTags", account=OTHER, resourceArn=own)


def test_limits(world: DomainWorld) -> None:
    arn = world.certificate("*.shop.example")
    for n in range(50):
        world.private(f"a{n}.shop.example", certificateArn=arn)
    with refused("Maximum number of domain names", "LimitExceededException"):
        world.private("more.shop.example", certificateArn=arn)
    world.regional("more.shop.example", regionalCertificateArn=arn)
    api = world.stage()
    for n in range(200):
        world.call("CreateBasePathMapping", domainName="more.shop.example", basePath=f"b{n}", restApiId=api)
    with refused("Maximum number of base path mappings", "LimitExceededException"):
        world.call("CreateBasePathMapping", domainName="more.shop.example", basePath="more", restApiId=api)
    assert len(world.call("GetBasePathMappings", domainName="more.shop.example", limit=500)["items"]) == 200
