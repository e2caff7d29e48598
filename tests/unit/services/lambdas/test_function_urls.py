"""Function URLs are made, shown, changed and deleted as Lambda does it."""

from typing import Any

import pytest
from tests.unit.services.lambdas.lambda_world import ARN, OTHER, LambdaWorld

from innergate.primitives.fault import Fault
from innergate.resources.function_urls import FunctionUrl


def refused(world: LambdaWorld, operation: str, **params: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        world.call(operation, **params)
    return caught.value


def urls(world: LambdaWorld) -> list[str]:
    found = world.call("ListFunctionUrlConfigs", FunctionName="hello")["FunctionUrlConfigs"]
    return [str(url["FunctionArn"]) for url in found]


def test_a_new_url(world: LambdaWorld) -> None:
    world.create()
    cors = {"AllowOrigins": ("*",), "MaxAge": 5}
    made = world.call("CreateFunctionUrlConfig", FunctionName="hello", AuthType="NONE", Cors=cors)
    host = made["FunctionUrl"].removeprefix("https://").removesuffix("/")
    label, _, rest = host.partition(".")
    assert (len(label), label.isalnum(), rest) == (32, True, "lambda-url.us-east-1.on.aws")
    assert (made["FunctionArn"], made["AuthType"], made["InvokeMode"], made["Cors"]) == (ARN, "NONE", "BUFFERED", cors)
    got = world.call("GetFunctionUrlConfig", FunctionName=ARN)
    assert {name: got[name] for name in made} == made
    assert got["LastModifiedTime"] == got["CreationTime"]
    again = refused(world, "CreateFunctionUrlConfig", FunctionName="hello", AuthType="NONE")
    assert (again.code, again.status) == ("ResourceConflictException", 409)


def test_what_is_absent_stays(world: LambdaWorld) -> None:
    world.create()
    made = world.call("CreateFunctionUrlConfig", FunctionName="hello", AuthType="AWS_IAM", Cors={"MaxAge": 5})
    changed = world.call("UpdateFunctionUrlConfig", FunctionName="hello", InvokeMode="RESPONSE_STREAM")
    assert (changed["AuthType"], changed["InvokeMode"], changed["Cors"]) == (
        "AWS_IAM",
        "RESPONSE_STREAM",
        {"MaxAge": 5},
    )
    assert changed["FunctionUrl"] == made["FunctionUrl"]
    assert "Cors" not in world.call("UpdateFunctionUrlConfig", FunctionName="hello", Cors={}, AuthType="NONE")


def test_an_alias_has_its_own_and_a_version_none(world: LambdaWorld) -> None:
    world.create(Publish=True)
    world.call("CreateAlias", FunctionName="hello", Name="live", FunctionVersion="1")
    world.call("CreateFunctionUrlConfig", FunctionName="hello", AuthType="NONE")
    world.call("CreateFunctionUrlConfig", FunctionName="hello", Qualifier="live", AuthType="NONE")
    assert urls(world) == [ARN, f"{ARN}:live"]
    fault = refused(world, "CreateFunctionUrlConfig", FunctionName="hello", Qualifier="1", AuthType="NONE")
    assert fault.code == "InvalidParameterValueException"
    world.call("DeleteAlias", FunctionName="hello", Name="live")
    assert urls(world) == [ARN]


def test_urls_go_with_their_function(world: LambdaWorld) -> None:
    world.create()
    world.call("CreateFunctionUrlConfig", FunctionName="hello", AuthType="NONE")
    world.call("DeleteFunctionUrlConfig", FunctionName="hello")
    for operation in ("GetFunctionUrlConfig", "DeleteFunctionUrlConfig", "UpdateFunctionUrlConfig"):
        assert refused(world, operation, FunctionName="hello").code == "ResourceNotFoundException"
    world.call("CreateFunctionUrlConfig", FunctionName="hello", AuthType="NONE")
    world.call("DeleteFunction", FunctionName="hello")
    with world.harness.store.reading() as tx:
        assert list(tx.all(FunctionUrl)) == []


def test_a_stranger_hears_nothing(world: LambdaWorld) -> None:
    world.create()
    assert refused(world, "GetFunctionUrlConfig", account=OTHER, FunctionName=ARN).code == "AccessDeniedException"
