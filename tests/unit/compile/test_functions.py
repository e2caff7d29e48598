"""A function's document says all that its processes need, and follows every change of it."""

import json
import random
from pathlib import Path

import msgspec
import pytest
from tests.unit.services.lambdas.lambda_world import ARN, LambdaWorld, package

from innergate.compile.emit.dns import NAME_FAMILIES
from innergate.compile.emit.envoy.function_urls import FUNCTION_URL_FAMILY
from innergate.compile.emit.envoy.runtime import RUNTIME_FAMILY
from innergate.compile.emit.functions import FUNCTION_FAMILIES
from innergate.compile.engine import Compiler
from innergate.compile.settings import CompileSettings
from innergate.plans.documents import Document
from innergate.plans.function_urls import FunctionUrlPlan, UrlCors
from innergate.plans.functions import FunctionPlan, document_of, split_function_arn
from innergate.primitives.fault import Fault
from innergate.primitives.ids import AccountId
from innergate.resources.accounts import organization_id, organization_path
from innergate.resources.identities import Session
from innergate.services.organizations.make_account import make_account

MANAGER = "999988887777"


@pytest.fixture
def world(tmp_path: Path) -> LambdaWorld:
    return LambdaWorld(tmp_path)


def documents(world: LambdaWorld) -> tuple[Document, ...]:
    compiler = Compiler(FUNCTION_FAMILIES, CompileSettings(), strict=True)
    return compiler.compile(world.harness.store.state()).whole_network.documents


def plan(world: LambdaWorld) -> FunctionPlan:
    [document] = documents(world)
    assert (document.name.kind, document.name.name) == ("functions", "us-east-1.111122223333.hello")
    return msgspec.json.decode(document.body, type=FunctionPlan)


def test_a_document_says_what_its_processes_need(world: LambdaWorld) -> None:
    made = world.create(Environment={"Variables": {"WHO": "you"}}, Timeout=9, Publish=True)
    world.call("CreateAlias", FunctionName="hello", Name="live", FunctionVersion="1")
    world.call("UpdateFunctionCode", FunctionName="hello", ZipFile=package({"a.py": ""}), Publish=True)
    routing = {"AdditionalVersionWeights": {"2": 0.25}}
    world.call("UpdateAlias", FunctionName="hello", Name="live", RoutingConfig=routing)
    world.call("PutFunctionConcurrency", FunctionName="hello", ReservedConcurrentExecutions=3)
    world.call("PutFunctionEventInvokeConfig", FunctionName="hello", Qualifier="live", MaximumRetryAttempts=0)
    seen = plan(world)
    assert (seen.arn, seen.reserved_concurrency, sorted(seen.versions)) == (ARN, 3, ["$LATEST", "1", "2"])
    assert seen.aliases["live"].shares == {"1": 0.75, "2": 0.25}
    alias = world.call("GetAlias", FunctionName="hello", Name="live")
    assert seen.aliases["live"].revision_id == alias["RevisionId"]
    assert (seen.async_plans["live"].retries, seen.async_plans["live"].longest_age_s) == (0, 21_600)
    first = seen.versions["1"]
    assert (first.runtime, first.handler, first.timeout_s) == ("python3.11", "app.handler", 9)
    assert (first.environment, first.log_group, first.namespace) == ({"WHO": "you"}, "/aws/lambda/hello", "")
    assert first.revision_id == made["RevisionId"]
    assert seen.versions["2"].code_digest == seen.versions["$LATEST"].code_digest != first.code_digest
    [session] = world.harness.store.state().all(Session)
    assert first.credentials is not None
    assert first.credentials.session_token == session.session_token


def test_who_is_told_of_events_is_who_the_role_may_invoke(world: LambdaWorld) -> None:
    told = world.create("told")["FunctionArn"]
    world.create()
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": told}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    named: dict[str, str] = {"RoleName": "worker", "PolicyName": "p"}
    world.harness.call("PutRolePolicy", **named, PolicyDocument=policy)
    config = {"OnSuccess": {"Destination": told}}
    world.call("PutFunctionEventInvokeConfig", FunctionName="hello", DestinationConfig=config)
    assert plans(world)["hello"].async_plans[""].on_success == told
    assert not plans(world)["hello"].may_loop
    world.harness.call("DeleteRolePolicy", **named)
    world.call("PutFunctionRecursionConfig", FunctionName="hello", RecursiveLoop="Allow")
    assert plans(world)["hello"].async_plans[""].on_success == ""
    assert plans(world)["hello"].may_loop
    permission = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": world.role}
    world.call("AddPermission", FunctionName="told", **permission)
    assert plans(world)["hello"].async_plans[""].on_success == told


@pytest.mark.parametrize(
    ("key", "value", "is_told"),
    [
        ("aws:PrincipalAccount", "111122223333", True),
        ("aws:PrincipalAccount", "444455556666", False),
        ("aws:PrincipalOrgID", organization_id(MANAGER), True),
        ("aws:PrincipalOrgID", "o-elsewhere00", False),
        ("aws:PrincipalOrgPaths", organization_path(MANAGER), True),
        ("aws:PrincipalTag/team", "blue", True),
        ("aws:PrincipalType", "AssumedRole", True),
    ],
)
def test_a_destinations_policy_may_ask_who_the_role_belongs_to(
    world: LambdaWorld, key: str, value: str, is_told: bool
) -> None:
    told = world.create("told")["FunctionArn"]
    world.create()
    with world.harness.store.transaction() as tx:
        make_account(tx, world.harness.clock, world.harness.ids, "manager", AccountId(MANAGER))
    world.harness.call("TagRole", RoleName="worker", Tags=[{"Key": "team", "Value": "blue"}])
    condition = {"StringEquals": {key: value}}
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": told, "Condition": condition}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    config = {"OnSuccess": {"Destination": told}}
    open_to_all = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": {}}]})
    named: dict[str, str] = {"RoleName": "worker", "PolicyName": "p"}
    world.harness.call("PutRolePolicy", **named, PolicyDocument=open_to_all)
    world.call("PutFunctionEventInvokeConfig", FunctionName="hello", DestinationConfig=config)
    world.harness.call("PutRolePolicy", **named, PolicyDocument=policy)
    assert plans(world)["hello"].async_plans[""].on_success == (told if is_told else "")


def plans(world: LambdaWorld) -> dict[str, FunctionPlan]:
    read = [msgspec.json.decode(document.body, type=FunctionPlan) for document in documents(world)]
    return {seen.name: seen for seen in read}


def test_incremental_is_from_scratch(world: LambdaWorld) -> None:
    store = world.harness.store
    compiler = Compiler(FUNCTION_FAMILIES, CompileSettings(), strict=True)
    seen = compiler.compile(store.state())
    chance = random.Random(7)
    deeds = (
        lambda name: world.create(name, Publish=chance.random() < 0.5),
        lambda name: world.call("UpdateFunctionConfiguration", FunctionName=name, Timeout=chance.randint(1, 9)),
        lambda name: world.call("PublishVersion", FunctionName=name),
        lambda name: world.call("CreateAlias", FunctionName=name, Name="live", FunctionVersion="1"),
        lambda name: world.call("DeleteAlias", FunctionName=name, Name="live"),
        lambda name: world.call("DeleteFunction", FunctionName=name, Qualifier="1"),
        lambda name: world.call("DeleteFunction", FunctionName=name),
        lambda name: world.call("PutFunctionConcurrency", FunctionName=name, ReservedConcurrentExecutions=2),
    )
    done = 0
    for _ in range(120):
        try:
            chance.choice(deeds)(chance.choice("ab"))
        except Fault:
            continue
        done += 1
        commits = store.commits_after(seen.revision)
        assert commits is not None
        seen = compiler.advance(store.state(), commits)
        assert seen.whole_network.documents == documents(world)
    assert done > 40


def test_arns_and_their_documents() -> None:
    assert document_of(ARN) == "us-east-1.111122223333.hello"
    for text, qualifier in ((ARN, ""), (f"{ARN}:live", "live"), (f"{ARN}:$LATEST", "$LATEST")):
        found = split_function_arn(text)
        assert found is not None
        assert (found.arn, found.qualifier) == (ARN, qualifier)
    for text in ("hello", f"{ARN}:a:b", ARN.replace("function", "layer"), ARN.replace(":lambda:", ":s3:")):
        assert split_function_arn(text) is None


def url_plans(world: LambdaWorld) -> list[FunctionUrlPlan]:
    compiler = Compiler((FUNCTION_URL_FAMILY, RUNTIME_FAMILY), CompileSettings(), strict=True)
    made = compiler.compile(world.harness.store.state()).whole_network.documents
    assert {document.name.kind for document in made} <= {"function-urls"}
    return [msgspec.json.decode(document.body, type=FunctionUrlPlan) for document in made]


def test_a_urls_document_says_who_may_call_what(world: LambdaWorld) -> None:
    world.create(Publish=True)
    world.call("CreateAlias", FunctionName="hello", Name="live", FunctionVersion="1")
    cors = {"AllowOrigins": ["https://a.example"], "AllowCredentials": True, "MaxAge": 9}
    made = world.call("CreateFunctionUrlConfig", FunctionName="hello", Qualifier="live", AuthType="AWS_IAM", Cors=cors)
    [plan] = url_plans(world)
    assert (f"https://{plan.host}/", plan.arn) == (made["FunctionUrl"], f"{ARN}:live")
    assert (plan.is_signed, plan.streams, plan.policy) == (True, False, "")
    assert plan.cors == UrlCors(origins=("https://a.example",), allows_credentials=True, max_age_s=9)
    world.call(
        "AddPermission",
        FunctionName="hello",
        Qualifier="live",
        StatementId="s",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    world.call("UpdateFunctionUrlConfig", FunctionName="hello", Qualifier="live", InvokeMode="RESPONSE_STREAM")
    [changed] = url_plans(world)
    assert (changed.streams, "lambda:FunctionUrlAuthType" in changed.policy) == (True, True)
    world.call("DeleteFunctionUrlConfig", FunctionName="hello", Qualifier="live")
    assert url_plans(world) == []


def test_a_url_has_a_name_where_hosts_of_vpcs_reach_the_public_entry(world: LambdaWorld) -> None:
    world.create()
    made = world.call("CreateFunctionUrlConfig", FunctionName="hello", AuthType="NONE")
    host = made["FunctionUrl"].removeprefix("https://").rstrip("/")
    for addresses, names in ((("127.0.0.1",), {}), (("10.9.8.7",), {host: ("10.9.8.7",)})):
        compiler = Compiler(NAME_FAMILIES, CompileSettings(public_addresses=addresses), strict=True)
        assert compiler.compile(world.harness.store.state()).whole_network.public_names == names
