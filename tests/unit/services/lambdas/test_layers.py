"""Layers: numbered, found, used, and shared with those who may."""

import json
from typing import Any

import pytest
from tests.unit.services.lambdas.lambda_world import ACCOUNT, OTHER, TRUST, LambdaWorld, package

from innergate.primitives.fault import Fault

ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:tools"


def publish(world: LambdaWorld, name: str = "tools", **more: Any) -> str:
    made = world.call("PublishLayerVersion", LayerName=name, Content={"ZipFile": package({"python/t.py": ""})}, **more)
    return str(made["LayerVersionArn"])


def test_versions_have_numbers_that_never_come_back(world: LambdaWorld) -> None:
    assert [publish(world), publish(world)] == [f"{ARN}:1", f"{ARN}:2"]
    world.call("DeleteLayerVersion", LayerName="tools", VersionNumber=2)
    world.call("DeleteLayerVersion", LayerName="tools", VersionNumber=2)
    assert publish(world, Description="three") == f"{ARN}:3"
    listed = world.call("ListLayerVersions", LayerName="tools")["LayerVersions"]
    assert [row["Version"] for row in listed] == [3, 1]
    got = world.call("GetLayerVersion", LayerName=ARN, VersionNumber=3)
    assert (got["Description"], got["LayerArn"]) == ("three", ARN)
    assert got == world.call("GetLayerVersionByArn", Arn=f"{ARN}:3")
    with pytest.raises(Fault, match="does not exist"):
        world.call("GetLayerVersion", LayerName="tools", VersionNumber=2)


def test_listing_by_runtime(world: LambdaWorld) -> None:
    publish(world, CompatibleRuntimes=["python3.11"])
    publish(world, "other")
    named = world.call("ListLayers")["Layers"]
    assert [(row["LayerName"], row["LatestMatchingVersion"]["Version"]) for row in named] == [
        ("other", 1),
        ("tools", 1),
    ]
    found = world.call("ListLayers", CompatibleRuntime="nodejs20.x")["Layers"]
    assert [row["LayerName"] for row in found] == ["other"]


def test_a_function_keeps_what_it_uses(world: LambdaWorld) -> None:
    arn = publish(world)
    made = world.create(Layers=[arn])
    assert [layer["Arn"] for layer in made["Layers"]] == [arn]
    world.call("DeleteLayerVersion", LayerName="tools", VersionNumber=1)
    assert world.call("GetFunctionConfiguration", FunctionName="hello")["Layers"] == made["Layers"]
    cleared = world.call("UpdateFunctionConfiguration", FunctionName="hello", Layers=[])
    assert "Layers" not in cleared


def test_what_cannot_be_used(world: LambdaWorld) -> None:
    first, second = publish(world), publish(world)
    with pytest.raises(Fault, match="Two different versions of the same layer"):
        world.create(Layers=[first, second])
    others = [publish(world, f"l{number}") for number in range(6)]
    with pytest.raises(Fault, match="more than 5 layers"):
        world.create(Layers=others)


def test_a_stranger_learns_nothing(world: LambdaWorld) -> None:
    publish(world)
    said = []
    for arn in (f"{ARN}:1", f"{ARN}:7"):
        with pytest.raises(Fault) as caught:
            world.call("GetLayerVersionByArn", Arn=arn, account=OTHER)
        said.append((caught.value.code, caught.value.message.replace(arn, "")))
    assert said[0] == said[1]
    assert said[0][0] == "AccessDeniedException"


NAMED: dict[str, Any] = {"LayerName": "tools", "VersionNumber": 1}
SHARED: dict[str, Any] = {**NAMED, "StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": OTHER}


def test_another_account_uses_a_version_that_is_shared_with_it(world: LambdaWorld) -> None:
    arn = publish(world)
    asked = {"LayerName": ARN, "VersionNumber": 1}
    with pytest.raises(Fault, match="AccessDeniedException"):
        world.call("GetLayerVersion", OTHER, **asked)
    added = world.call("AddLayerVersionPermission", **SHARED)
    policy = world.call("GetLayerVersionPolicy", **NAMED)
    assert policy["RevisionId"] == added["RevisionId"]
    [statement] = json.loads(policy["Policy"])["Statement"]
    assert statement == json.loads(added["Statement"])
    assert (statement["Resource"], statement["Principal"]) == (arn, {"AWS": f"arn:aws:iam::{OTHER}:root"})
    assert world.call("GetLayerVersion", OTHER, **asked)["LayerVersionArn"] == arn
    assert world.call("GetLayerVersionByArn", OTHER, Arn=arn)["Version"] == 1
    for operation in ("DeleteLayerVersion", "GetLayerVersionPolicy"):
        with pytest.raises(Fault, match="AccessDeniedException"):
            world.call(operation, OTHER, **asked)
    with pytest.raises(Fault, match="AccessDeniedException"):
        world.call("GetLayerVersion", "777788889999", **asked)
    publish(world)
    with pytest.raises(Fault, match="AccessDeniedException"):
        world.call("GetLayerVersion", OTHER, **{**asked, "VersionNumber": 2})
    world.call("RemoveLayerVersionPermission", **NAMED, StatementId="s")
    with pytest.raises(Fault, match="AccessDeniedException"):
        world.call("GetLayerVersion", OTHER, **asked)


def test_a_function_of_another_account_has_a_shared_layer(world: LambdaWorld) -> None:
    arn = publish(world)
    trust = {"RoleName": "worker", "AssumeRolePolicyDocument": TRUST}
    role = world.harness.call("CreateRole", account=OTHER, **trust)["Role"]["Arn"]
    with pytest.raises(Fault, match="AccessDeniedException"):
        world.create(account=OTHER, Role=role, Layers=[arn])
    world.call("AddLayerVersionPermission", **{**SHARED, "Principal": "*"})
    made = world.create(account=OTHER, Role=role, Layers=[arn])
    assert [layer["Arn"] for layer in made["Layers"]] == [arn]


def test_permissions_that_cannot_be(world: LambdaWorld) -> None:
    publish(world)
    for changes, code in (
        ({"VersionNumber": 9}, "ResourceNotFoundException"),
        ({"RevisionId": "no"}, "PreconditionFailedException"),
    ):
        with pytest.raises(Fault, match=code):
            world.call("AddLayerVersionPermission", **{**SHARED, **changes})
    with pytest.raises(Fault, match="No policy is associated"):
        world.call("GetLayerVersionPolicy", **NAMED)
    with pytest.raises(Fault, match="No policy is associated"):
        world.call("RemoveLayerVersionPermission", **NAMED, StatementId="s")
    world.call("AddLayerVersionPermission", **SHARED)
    with pytest.raises(Fault, match="is not found in resource policy"):
        world.call("RemoveLayerVersionPermission", **NAMED, StatementId="t")
    with pytest.raises(Fault, match="ResourceConflictException"):
        world.call("AddLayerVersionPermission", **SHARED)
