"""Versions freeze, aliases point, and neither goes while the other needs it."""

from typing import Any

import pytest
from tests.unit.services.lambdas.lambda_world import ARN, LambdaWorld, package

from innergate.primitives.fault import Fault


def refused(world: LambdaWorld, operation: str, **params: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        world.call(operation, FunctionName="hello", **params)
    return caught.value


def test_a_version_stays_as_it_was(world: LambdaWorld) -> None:
    first = world.create(Publish=True, Description="one")
    assert (first["Version"], first["FunctionArn"]) == ("1", f"{ARN}:1")
    again = world.call("PublishVersion", FunctionName="hello")
    assert again["Version"] == "1"
    world.call("UpdateFunctionConfiguration", FunctionName="hello", Timeout=20)
    second = world.call("PublishVersion", FunctionName="hello", Description="two")
    assert (second["Version"], second["Description"], second["Timeout"]) == ("2", "two", 20)
    assert world.call("GetFunctionConfiguration", FunctionName="hello:1")["Timeout"] == 3
    listed = world.call("ListVersionsByFunction", FunctionName="hello")["Versions"]
    assert [row["Version"] for row in listed] == ["$LATEST", "1", "2"]


def test_a_wrong_digest_publishes_nothing(world: LambdaWorld) -> None:
    world.create()
    assert "CodeSHA256 (x) is different" in refused(world, "PublishVersion", CodeSha256="x").message
    assert refused(world, "PublishVersion", RevisionId="old").code == "PreconditionFailedException"


def test_an_alias_from_beginning_to_end(world: LambdaWorld) -> None:
    world.create(Publish=True)
    world.call("UpdateFunctionCode", FunctionName="hello", ZipFile=package({"a.py": ""}), Publish=True)
    made = world.call("CreateAlias", FunctionName="hello", Name="live", FunctionVersion="1")
    assert (made["AliasArn"], made["FunctionVersion"]) == (f"{ARN}:live", "1")
    assert "already exists" in refused(world, "CreateAlias", Name="live", FunctionVersion="1").message
    shifted = world.call(
        "UpdateAlias", FunctionName="hello", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.25}}
    )
    assert shifted["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.25}}
    shown = world.call("GetFunctionConfiguration", FunctionName="hello", Qualifier="live")
    assert (shown["FunctionArn"], shown["Version"]) == (f"{ARN}:live", "1")
    for number in ("1", "2"):
        fault = refused(world, "DeleteFunction", Qualifier=number)
        assert fault.message == "Unable to delete version because the following aliases reference it: [live]"
    moved = world.call("UpdateAlias", FunctionName="hello", Name="live", FunctionVersion="2", RoutingConfig={})
    assert "RoutingConfig" not in moved
    world.call("DeleteFunction", FunctionName="hello", Qualifier="1")
    assert [a["Name"] for a in world.call("ListAliases", FunctionName="hello", FunctionVersion="2")["Aliases"]] == [
        "live"
    ]
    world.call("DeleteAlias", FunctionName="hello", Name="live")
    world.call("DeleteAlias", FunctionName="hello", Name="live")
    assert refused(world, "GetAlias", Name="live").message == f"Cannot find alias arn: {ARN}:live"


def test_an_alias_leads_to_what_is_there(world: LambdaWorld) -> None:
    world.create(Publish=True)
    assert refused(world, "CreateAlias", Name="live", FunctionVersion="7").message == f"Function not found: {ARN}:7"
    routing = {"AdditionalVersionWeights": {"1": 0.5}}
    fault = refused(world, "CreateAlias", Name="live", FunctionVersion="$LATEST", RoutingConfig=routing)
    assert "$LATEST is not supported" in fault.message
    assert "$LATEST version cannot be deleted" in refused(world, "DeleteFunction", Qualifier="$LATEST").message


def test_everything_goes_with_the_function(world: LambdaWorld) -> None:
    world.create(Publish=True)
    world.call("CreateAlias", FunctionName="hello", Name="live", FunctionVersion="1")
    world.call("DeleteFunction", FunctionName="hello")
    world.create()
    assert len(world.call("ListVersionsByFunction", FunctionName="hello")["Versions"]) == 1
    assert world.call("ListAliases", FunctionName="hello")["Aliases"] == []
