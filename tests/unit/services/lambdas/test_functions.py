"""Functions are made, shown, changed and deleted as Lambda does it, refusals in its words."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.services.lambdas.lambda_world import ACCOUNT, ARN, OTHER, LambdaWorld, package

from innergate.primitives.fault import Fault
from innergate.resources.identities import Session


def refused(world: LambdaWorld, operation: str, **params: Any) -> Fault:
    with pytest.raises(Fault) as caught:
        world.call(operation, **params)
    return caught.value


def test_a_new_function_is_active_and_shows_its_settings(world: LambdaWorld) -> None:
    made = world.create(
        Timeout=7,
        MemorySize=256,
        Description="says hello",
        Environment={"Variables": {"WHO": "you"}},
        Tags={"team": "a"},
        EphemeralStorage={"Size": 600},
    )
    assert made["FunctionArn"] == ARN
    assert (made["State"], made["LastUpdateStatus"], made["Version"]) == ("Active", "Successful", "$LATEST")
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(package()).digest()).decode()
    assert (made["Timeout"], made["MemorySize"], made["EphemeralStorage"]) == (7, 256, {"Size": 600})
    assert made["LoggingConfig"]["LogGroup"] == "/aws/lambda/hello"
    assert "VpcConfig" not in made
    got = world.call("GetFunction", FunctionName="hello")
    assert got["Configuration"] == made
    assert got["Tags"] == {"team": "a"}
    assert (
        world.call("GetFunctionConfiguration", FunctionName=ARN, Qualifier="$LATEST")["FunctionArn"] == f"{ARN}:$LATEST"
    )


def test_the_package_is_kept_before_the_function_is(world: LambdaWorld, tmp_path: Path) -> None:
    world.create()
    digest = hashlib.sha256(package()).hexdigest()
    assert (tmp_path / "blobs" / f"{digest}.zip").read_bytes() == package()


def test_names_in_all_their_forms(world: LambdaWorld) -> None:
    world.create()
    for name in ("hello", ARN, f"{ACCOUNT}:function:hello", "function:hello", "hello:$LATEST"):
        assert world.call("GetFunction", FunctionName=name)["Configuration"]["FunctionName"] == "hello"
    fault = refused(world, "GetFunction", FunctionName="hello:1", Qualifier="2")
    assert fault.message == "The derived qualifier from the function name does not match the specified qualifier."
    elsewhere = ARN.replace("us-east-1", "eu-west-1")
    assert refused(world, "GetFunction", FunctionName=elsewhere).code == "ResourceNotFoundException"


def test_what_is_not_there(world: LambdaWorld) -> None:
    fault = refused(world, "GetFunction", FunctionName="none")
    assert (fault.code, fault.status) == ("ResourceNotFoundException", 404)
    assert fault.message == f"Function not found: arn:aws:lambda:us-east-1:{ACCOUNT}:function:none"
    world.create()
    assert (
        refused(world, "GetFunction", FunctionName="hello", Qualifier="live").message
        == f"Function not found: {ARN}:live"
    )


def test_a_stranger_learns_nothing(world: LambdaWorld) -> None:
    world.create()
    there = refused(world, "GetFunction", FunctionName=ARN, account=OTHER)
    absent = refused(world, "GetFunction", FunctionName=ARN.replace("hello", "no"), account=OTHER)
    assert there.code == absent.code == "AccessDeniedException"
    assert there.message.replace("hello", "no") == absent.message
    assert refused(world, "GetFunction", FunctionName="hello", account=OTHER).code == "ResourceNotFoundException"


def test_a_name_is_taken_once(world: LambdaWorld) -> None:
    world.create()
    with pytest.raises(Fault, match="Function already exist: hello"):
        world.create()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Code": {"ZipFile": b"no zip"}}, "Could not unzip uploaded file"),
        ({"Code": {"ZipFile": package({"../x.py": ""})}}, "Could not unzip uploaded file"),
        ({"Code": {"ZipFile": package({"a/" * 64 + "x.py": ""})}}, "Could not unzip uploaded file"),
        ({"Code": {}}, "Please provide a source for function code"),
        ({"Code": {"S3Bucket": "b", "S3Key": "k"}}, "NoSuchBucket"),
        ({"Runtime": "java21"}, "java21 is not available here"),
        ({"Handler": ""}, "Runtime and Handler are mandatory"),
        ({"Timeout": 901}, "less than or equal to 900"),
        ({"MemorySize": 10_241}, "less than or equal to 10240"),
        ({"Layers": [f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:l:1"]}, "does not exist"),
        (
            {"Layers": [f"arn:aws:lambda:us-east-1:{OTHER}:layer:l:1"]},
            "not authorized to perform: lambda:GetLayerVersion",
        ),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "reserved keys"),
        ({"Environment": {"Variables": {"A": "x"}}}, "regular expression pattern"),
        ({"Environment": {"Variables": {"BIG": "x" * 5000}}}, "exceeded the 4KB limit"),
        ({"Role": f"arn:aws:iam::{ACCOUNT}:role/none"}, "cannot be assumed by Lambda"),
        ({"Role": f"arn:aws:iam::{OTHER}:role/worker"}, "Cross-account pass role is not allowed"),
    ],
)
def test_what_lambda_refuses(world: LambdaWorld, change: dict[str, Any], message: str) -> None:
    with pytest.raises(Fault, match=message):
        world.create(**change)
    assert world.call("ListFunctions")["Functions"] == []


def test_a_role_that_trusts_others_only(world: LambdaWorld) -> None:
    trust = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},'
        '"Action":"sts:AssumeRole"}]}'
    )
    world.harness.call("CreateRole", RoleName="other", AssumeRolePolicyDocument=trust)
    with pytest.raises(Fault, match="cannot be assumed by Lambda"):
        world.create(Role=f"arn:aws:iam::{ACCOUNT}:role/other")


def test_code_and_configuration_change(world: LambdaWorld) -> None:
    made = world.create(Environment={"Variables": {"A1": "b"}})
    other = package({"app.py": "x = 1\n"})
    dry = world.call("UpdateFunctionCode", FunctionName="hello", ZipFile=other, DryRun=True)
    assert dry["CodeSha256"] != made["CodeSha256"]
    assert world.call("GetFunction", FunctionName="hello")["Configuration"] == made
    code = world.call("UpdateFunctionCode", FunctionName="hello", ZipFile=other)
    assert code["RevisionId"] != made["RevisionId"]
    assert (
        refused(
            world, "UpdateFunctionConfiguration", FunctionName="hello", RevisionId=made["RevisionId"], Timeout=9
        ).status
        == 412
    )
    changed = world.call("UpdateFunctionConfiguration", FunctionName="hello", Timeout=9, Handler="app.other")
    assert (changed["Timeout"], changed["Handler"], changed["MemorySize"]) == (9, "app.other", 128)
    assert changed["Environment"] == {"Variables": {"A1": "b"}}
    cleared = world.call("UpdateFunctionConfiguration", FunctionName="hello", Environment={"Variables": {}})
    assert "Environment" not in cleared


def test_credentials_end_with_the_function(world: LambdaWorld) -> None:
    world.create()
    [session] = world.harness.store.state().all(Session)
    assert session.principal_arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/hello"
    world.call("DeleteFunction", FunctionName="hello")
    assert world.harness.store.state().all(Session) == ()
    assert refused(world, "DeleteFunction", FunctionName="hello").code == "ResourceNotFoundException"


def test_listing_in_pages(world: LambdaWorld) -> None:
    for name in ("b", "a", "c"):
        world.create(name)
    first = world.call("ListFunctions", MaxItems=2)
    assert [row["FunctionName"] for row in first["Functions"]] == ["a", "b"]
    rest = world.call("ListFunctions", MaxItems=2, Marker=first["NextMarker"])
    assert [row["FunctionName"] for row in rest["Functions"]] == ["c"]
    assert "NextMarker" not in rest


def test_tags(world: LambdaWorld) -> None:
    world.create()
    world.call("TagResource", Resource=ARN, Tags={"a": "1", "b": "2"})
    world.call("UntagResource", Resource=ARN, TagKeys=["a"])
    assert world.call("ListTags", Resource=ARN)["Tags"] == {"b": "2"}
    assert refused(world, "ListTags", Resource=f"{ARN}:1").code == "InvalidParameterValueException"


def test_concurrency_leaves_a_hundred_for_the_others(world: LambdaWorld) -> None:
    world.create()
    world.create("other")
    put = world.call("PutFunctionConcurrency", FunctionName="hello", ReservedConcurrentExecutions=900)
    assert put == {"ReservedConcurrentExecutions": 900}
    fault = refused(world, "PutFunctionConcurrency", FunctionName="other", ReservedConcurrentExecutions=1)
    assert "minimum value of [100]" in fault.message
    assert world.call("GetFunction", FunctionName="hello")["Concurrency"] == put
    assert world.call("GetAccountSettings")["AccountLimit"]["UnreservedConcurrentExecutions"] == 100
    world.call("DeleteFunctionConcurrency", FunctionName="hello")
    assert world.call("GetFunctionConcurrency", FunctionName="hello")["ReservedConcurrentExecutions"] is None


def test_how_events_are_tried_again(world: LambdaWorld) -> None:
    world.create()
    assert refused(world, "GetFunctionEventInvokeConfig", FunctionName="hello").status == 404
    put = world.call("PutFunctionEventInvokeConfig", FunctionName="hello", MaximumRetryAttempts=0)
    assert (put["FunctionArn"], put["MaximumRetryAttempts"]) == (f"{ARN}:$LATEST", 0)
    changed = world.call("UpdateFunctionEventInvokeConfig", FunctionName="hello", MaximumEventAgeInSeconds=60)
    assert (changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]) == (0, 60)
    assert len(world.call("ListFunctionEventInvokeConfigs", FunctionName="hello")["FunctionEventInvokeConfigs"]) == 1
    world.call("DeleteFunctionEventInvokeConfig", FunctionName="hello")
    assert refused(world, "DeleteFunctionEventInvokeConfig", FunctionName="hello").status == 404


def test_who_is_told_what_became_of_events(world: LambdaWorld) -> None:
    world.create()
    told = world.create("told")["FunctionArn"]
    put: dict[str, Any] = {"FunctionName": "hello", "DestinationConfig": {"OnFailure": {"Destination": told}}}
    assert refused(world, "PutFunctionEventInvokeConfig", **put).message == (
        f"The function's execution role does not have permissions to call InvokeFunction on {told}"
    )
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:*:*:function:*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    world.harness.call("PutRolePolicy", RoleName="worker", PolicyName="p", PolicyDocument=policy)
    shown = world.call("PutFunctionEventInvokeConfig", **put)
    assert shown["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {"Destination": told}}


@pytest.mark.parametrize(
    ("destination", "text"),
    [
        ("arn:aws:sqs:us-east-1:111122223333:lost", "there is no Amazon SQS. A destination can be a Lambda function"),
        ("arn:aws:events:us-east-1:111122223333:event-bus/default", "there is no Amazon EventBridge."),
        ("arn:aws:lambda:us-east-1:111122223333:function:nobody", "is invalid."),
        ("arn:aws:lambda:eu-west-1:111122223333:function:hello", "is invalid."),
        ("arn:aws:lambda:us-east-1:444455556666:function:theirs", "does not have permissions"),
    ],
)
def test_destinations_that_cannot_be(world: LambdaWorld, destination: str, text: str) -> None:
    world.create()
    config = {"OnSuccess": {"Destination": destination}}
    fault = refused(world, "PutFunctionEventInvokeConfig", FunctionName="hello", DestinationConfig=config)
    assert (fault.code, text in fault.message) == ("InvalidParameterValueException", True), fault.message


def test_failed_events_have_no_queue_to_go_to(world: LambdaWorld) -> None:
    config = {"TargetArn": "arn:aws:sqs:us-east-1:111122223333:lost"}
    with pytest.raises(Fault, match="A function can be told of events that failed"):
        world.create(DeadLetterConfig=config)
    world.create(DeadLetterConfig={"TargetArn": ""})
