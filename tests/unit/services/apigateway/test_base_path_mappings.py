"""Base path mappings: what they may lead to, and what they hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.services.apigateway.domain_world import NAME, OTHER, DomainWorld
from tests.unit.services.apigateway.recorded_apis import patch
from tests.unit.services.apigateway.test_domain_names import refused

from innergate.testing.shapes import check_result


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DomainWorld]:
    world = DomainWorld(tmp_path)
    yield world
    world.close()


def test_the_life_of_a_mapping(world: DomainWorld) -> None:
    world.regional()
    api = world.stage()
    made = world.call("CreateBasePathMapping", domainName=NAME, basePath="orders", restApiId=api, stage="dev")
    check_result("apigateway", "CreateBasePathMapping", made)
    assert made == {"basePath": "orders", "restApiId": api, "stage": "dev"}
    assert world.call("GetBasePathMapping", domainName=NAME, basePath="orders") == made
    root = world.call("CreateBasePathMapping", domainName=NAME, basePath="", restApiId=api, stage="")
    assert root == {"basePath": "(none)", "restApiId": api}
    assert world.call("GetBasePathMapping", domainName=NAME, basePath="(none)") == root
    page = world.call("GetBasePathMappings", domainName=NAME, limit=1)
    rest = world.call("GetBasePathMappings", domainName=NAME, position=page["position"])
    assert [*page["items"], *rest["items"]] == [made, root]
    moved = world.call(
        "UpdateBasePathMapping",
        domainName=NAME,
        basePath="orders",
        patchOperations=[patch("replace", "/basePath", "shop"), patch("replace", "/stage", "")],
    )
    assert moved == {"basePath": "shop", "restApiId": api}
    with refused("Invalid base path mapping identifier specified", "NotFoundException"):
        world.call("GetBasePathMapping", domainName=NAME, basePath="orders")
    world.call("DeleteBasePathMapping", domainName=NAME, basePath="shop")
    assert world.call("GetBasePathMappings", domainName=NAME)["items"] == [root]


def test_what_a_mapping_must_not_be(world: DomainWorld) -> None:
    world.regional()
    api, private = world.stage(), world.stage("PRIVATE")
    given = {"domainName": NAME, "restApiId": api, "stage": "dev"}
    world.call("CreateBasePathMapping", **given, basePath="a")
    with refused("Base path already exists for this domain name", "ConflictException"):
        world.call("CreateBasePathMapping", **given, basePath="a")
    with refused("doesn't support the slash character"):
        world.call("CreateBasePathMapping", **given, basePath="a/b")
    for bad in ("a b", "ping", "..", "a%2fb"):
        with refused("Base path may only|Invalid base path"):
            world.call("CreateBasePathMapping", **given, basePath=bad)
    with refused("Invalid REST API identifier specified"):
        world.call("CreateBasePathMapping", **given | {"restApiId": "none"}, basePath="b")
    with refused("Invalid stage identifier specified"):
        world.call("CreateBasePathMapping", **given | {"stage": "none"}, basePath="b")
    with refused("Only public APIs can be mapped"):
        world.call("CreateBasePathMapping", **given | {"restApiId": private}, basePath="b")
    with refused("Invalid domain name identifier specified", "NotFoundException"):
        world.call("CreateBasePathMapping", **given | {"domainName": "alt.example.com"}, basePath="b")


def test_nobody_maps_into_another_accounts_domain_or_api(world: DomainWorld) -> None:
    world.regional()
    api = world.stage()
    with refused("Invalid domain name identifier specified", "NotFoundException"):
        world.call("CreateBasePathMapping", account=OTHER, domainName=NAME, restApiId=api)
    theirs = world.private("alt.example.com", account=OTHER)
    where = {"domainName": "alt.example.com", "domainNameId": theirs["domainNameId"]}
    with refused("Invalid REST API identifier specified"):
        world.call("CreateBasePathMapping", account=OTHER, **where, restApiId=world.stage("PRIVATE"))


@pytest.mark.parametrize(
    ("op", "path", "value", "message", "code"),
    [
        ("replace", "/nothing", "x", "Invalid patch path /nothing", "BadRequestException"),
        ("add", "/stage", "dev", r"Must be one of: \[replace, remove\]", "BadRequestException"),
        ("replace", "/restapiId", "none", "Invalid REST API identifier specified", "BadRequestException"),
        ("replace", "/stage", "none", "Invalid stage identifier specified", "BadRequestException"),
        ("replace", "/basePath", "b", "Base path already exists", "ConflictException"),
    ],
)
def test_what_a_patch_must_not_say(world: DomainWorld, op: str, path: str, value: str, message: str, code: str) -> None:
    world.regional()
    api = world.stage()
    for base in ("a", "b"):
        world.call("CreateBasePathMapping", domainName=NAME, basePath=base, restApiId=api, stage="dev")
    with refused(message, code):
        world.call("UpdateBasePathMapping", domainName=NAME, basePath="a", patchOperations=[patch(op, path, value)])
    assert len(world.call("GetBasePathMappings", domainName=NAME)["items"]) == 2


def test_what_is_mapped_cannot_go(world: DomainWorld) -> None:
    world.regional()
    api = world.stage()
    world.call("CreateBasePathMapping", domainName=NAME, basePath="a", restApiId=api, stage="dev")
    with refused(f"Deleting stage dev failed. Please remove all base path mappings related to the stage .*: {NAME}."):
        world.call("DeleteStage", restApiId=api, stageName="dev")
    with refused(
        f"Deleting RestApi {api} failed. Please remove all base path mappings related to the RestApi .*{NAME}."
    ):
        world.call("DeleteRestApi", restApiId=api)
    world.call("DeleteDomainName", domainName=NAME)
    world.call("DeleteRestApi", restApiId=api)


def test_a_mapping_without_a_stage_lets_stages_go_but_not_the_api(world: DomainWorld) -> None:
    world.regional()
    api = world.stage()
    world.call("CreateBasePathMapping", domainName=NAME, restApiId=api)
    world.call("DeleteStage", restApiId=api, stageName="dev")
    with refused("Deleting RestApi"):
        world.call("DeleteRestApi", restApiId=api)


def test_the_private_side(world: DomainWorld) -> None:
    own_id = world.private()["domainNameId"]
    where = {"domainName": NAME, "domainNameId": own_id}
    with refused("Only private APIs can be mapped"):
        world.call("CreateBasePathMapping", **where, restApiId=world.stage())
    api = world.stage("PRIVATE")
    made = world.call("CreateBasePathMapping", **where, restApiId=api, stage="dev")
    assert world.call("GetBasePathMappings", **where)["items"] == [made]
    with refused("Invalid domain name identifier specified", "NotFoundException"):
        world.call("GetBasePathMappings", domainName=NAME)
