"""Access associations: the consumer makes them, the provider says who may, and either may end them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.services.apigateway.domain_world import NAME, OTHER, OWNER, DomainWorld
from tests.unit.services.apigateway.test_domain_names import refused
from tests.unit.services.apigateway.wired_client import WiredClient

from innergate.testing.shapes import check_result


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DomainWorld]:
    world = DomainWorld(tmp_path)
    yield world
    world.close()


def share(world: DomainWorld, arn: str, own_id: str, account: str = OTHER) -> None:
    """Lets another account associate its endpoints."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "apigateway:CreateAccessAssociation",
        "Resource": arn,
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.patch(NAME, ("replace", "/managementPolicy", text), domainNameId=own_id)


def test_the_life_of_an_association(world: DomainWorld) -> None:
    made = world.private()
    arn, own_id = made["domainNameArn"], made["domainNameId"]
    endpoint = world.endpoint("vpce-0a")
    given = {"domainNameArn": arn, "accessAssociationSource": endpoint, "accessAssociationSourceType": "VPCE"}
    with refused("not authorized to perform: apigateway:CreateAccessAssociation", "AccessDeniedException"):
        world.call("CreateDomainNameAccessAssociation", account=OTHER, **given)
    share(world, arn, own_id)
    assert world.call("GetDomainNames", account=OTHER, resourceOwner="OTHER_ACCOUNTS")["items"] == [
        {
            "domainName": NAME,
            "domainNameId": own_id,
            "domainNameArn": arn,
            "endpointConfiguration": {"types": ["PRIVATE"]},
            "domainNameStatus": "AVAILABLE",
        }
    ]
    joined = world.call("CreateDomainNameAccessAssociation", account=OTHER, **given, tags={"k": "v"})
    check_result("apigateway", "CreateDomainNameAccessAssociation", joined)
    own = f"arn:aws:apigateway:us-east-1:{OTHER}:/domainnameaccessassociations/domainname/{NAME}/vpcesource/vpce-0a"
    assert joined == given | {"domainNameAccessAssociationArn": own, "tags": {"k": "v"}}
    assert world.call("GetDomainNameAccessAssociations", account=OTHER)["items"] == [joined]
    seen = world.call("GetDomainNameAccessAssociations", resourceOwner="OTHER_ACCOUNTS")["items"]
    assert [found["domainNameAccessAssociationArn"] for found in seen] == [own]
    assert "tags" not in seen[0]
    with refused("already exists", "ConflictException"):
        world.call("CreateDomainNameAccessAssociation", account=OTHER, **given)
    world.call("TagResource", account=OTHER, resourceArn=own, tags={"x": "y"})
    assert world.call("GetTags", account=OTHER, resourceArn=own)["tags"] == {"k": "v", "x": "y"}
    with refused("Invalid domain name access association", "NotFoundException"):
        world.call("DeleteDomainNameAccessAssociation", domainNameAccessAssociationArn=own)
    world.call("DeleteDomainNameAccessAssociation", account=OTHER, domainNameAccessAssociationArn=own)
    assert world.call("GetDomainNameAccessAssociations", account=OTHER)["items"] == []


def test_the_provider_ends_it(world: DomainWorld) -> None:
    made = world.private()
    share(world, made["domainNameArn"], made["domainNameId"])
    endpoint = world.endpoint("vpce-0a")
    given = {"accessAssociationSource": endpoint, "accessAssociationSourceType": "VPCE"}
    joined = world.call(
        "CreateDomainNameAccessAssociation", account=OTHER, domainNameArn=made["domainNameArn"], **given
    )
    both = {
        "domainNameAccessAssociationArn": joined["domainNameAccessAssociationArn"],
        "domainNameArn": made["domainNameArn"],
    }
    with refused("Invalid domain name access association", "NotFoundException"):
        world.call("RejectDomainNameAccessAssociation", account=OTHER, **both)
    with refused("Invalid domain name access association", "NotFoundException"):
        world.call("RejectDomainNameAccessAssociation", **both | {"domainNameArn": "arn:aws:apigateway:x"})
    world.call("RejectDomainNameAccessAssociation", **both)
    assert world.call("GetDomainNameAccessAssociations", account=OTHER)["items"] == []


def test_an_account_associates_its_own_endpoint_with_its_own_name(world: DomainWorld) -> None:
    made = world.private()
    given = {"accessAssociationSource": world.endpoint("vpce-0b", OWNER), "accessAssociationSourceType": "VPCE"}
    joined = world.call("CreateDomainNameAccessAssociation", domainNameArn=made["domainNameArn"], **given)
    with refused("cannot reject its own"):
        world.call(
            "RejectDomainNameAccessAssociation",
            domainNameAccessAssociationArn=joined["domainNameAccessAssociationArn"],
            domainNameArn=made["domainNameArn"],
        )
    world.call("DeleteDomainName", domainName=NAME, domainNameId=made["domainNameId"])
    assert world.call("GetDomainNameAccessAssociations")["items"] == []


def test_the_management_policy_may_deny_an_own_endpoint(world: DomainWorld) -> None:
    made = world.private()
    deny = {"Effect": "Deny", "Principal": "*", "Action": "apigateway:CreateAccessAssociation", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    world.patch(NAME, ("replace", "/managementPolicy", text), domainNameId=made["domainNameId"])
    given = {"accessAssociationSource": world.endpoint("vpce-0b", OWNER), "accessAssociationSourceType": "VPCE"}
    with refused("with an explicit deny in a resource-based policy", "AccessDeniedException"):
        world.call("CreateDomainNameAccessAssociation", domainNameArn=made["domainNameArn"], **given)
    world.patch(NAME, ("replace", "/managementPolicy", ""), domainNameId=made["domainNameId"])
    world.call("CreateDomainNameAccessAssociation", domainNameArn=made["domainNameArn"], **given)


def test_a_strangers_name_looks_like_no_name(world: DomainWorld) -> None:
    made = world.private()
    endpoint = world.endpoint("vpce-0a")
    given = {"accessAssociationSource": endpoint, "accessAssociationSourceType": "VPCE"}
    answers = []
    for arn in (made["domainNameArn"], f"arn:aws:apigateway:us-east-1:{OWNER}:/domainnames/{NAME}+nothing"):
        with refused("not authorized", "AccessDeniedException") as caught:
            world.call("CreateDomainNameAccessAssociation", account=OTHER, domainNameArn=arn, **given)
        answers.append(caught.value.message.replace(arn, "ARN"))
    assert answers[0] == answers[1]
    assert world.call("GetDomainNames", account=OTHER, resourceOwner="OTHER_ACCOUNTS")["items"] == []


def test_only_an_own_execute_api_endpoint(world: DomainWorld) -> None:
    arn = world.private()["domainNameArn"]
    for endpoint in (
        "vpce-none",
        world.endpoint("vpce-theirs", OTHER),
        world.endpoint("vpce-s3", OWNER, "s3"),
    ):
        with refused("Invalid VPC endpoint|is not an endpoint of execute-api"):
            world.call(
                "CreateDomainNameAccessAssociation",
                domainNameArn=arn,
                accessAssociationSource=endpoint,
                accessAssociationSourceType="VPCE",
            )


def test_a_public_name_has_no_associations(world: DomainWorld) -> None:
    arn = world.regional()["domainNameArn"]
    with refused("only supported for private"):
        world.call(
            "CreateDomainNameAccessAssociation",
            domainNameArn=arn,
            accessAssociationSource=world.endpoint("vpce-0a", OWNER),
            accessAssociationSourceType="VPCE",
        )


def test_arns_and_odd_base_paths_travel_in_urls(world: DomainWorld) -> None:
    client = WiredClient(world.harness, OWNER)
    made = world.private()
    where = {"domainName": NAME, "domainNameId": made["domainNameId"]}
    api = world.stage("PRIVATE")
    for base_path in ("", "it's-$(1)"):
        status, mapping = client.call("CreateBasePathMapping", **where, restApiId=api, stage="dev", basePath=base_path)
        assert status == 201, mapping
        assert client.call("GetBasePathMapping", **where, basePath=mapping["basePath"]) == (200, mapping)
        assert client.call("DeleteBasePathMapping", **where, basePath=mapping["basePath"])[0] == 202
    endpoint = world.endpoint("vpce-0b", OWNER)
    given = {"accessAssociationSource": endpoint, "accessAssociationSourceType": "VPCE"}
    status, joined = client.call("CreateDomainNameAccessAssociation", domainNameArn=made["domainNameArn"], **given)
    assert status == 201, joined
    arn = joined["domainNameAccessAssociationArn"]
    assert client.call("GetDomainNameAccessAssociations")[1]["items"] == [joined]
    assert client.call("GetTags", resourceArn=arn) == (200, {"tags": {}})
    assert client.call("DeleteDomainNameAccessAssociation", domainNameAccessAssociationArn=arn)[0] == 202
    status, refusal = client.call("DeleteDomainName", domainName=NAME)
    assert (status, refusal["Error"]["Code"]) == (404, "NotFoundException")
    assert client.call("DeleteDomainName", **where)[0] == 202
