"""Layers: numbered, found, used, and not shared."""

from typing import Any

import pytest
from tests.unit.services.lambdas.lambda_world import ACCOUNT, OTHER, LambdaWorld, package

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
