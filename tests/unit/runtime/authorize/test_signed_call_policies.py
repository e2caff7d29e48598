"""AWS_IAM: the tables by which callers' policies and the API's combine."""

import json

import msgspec
import pytest
from tests.unit.runtime.authorize.questions import (
    ACCOUNT,
    ARN,
    OTHER,
    SHOWN,
    STAGE,
    policy,
    resource_policy,
)
from tests.unit.runtime.authorize.signed_callers import (
    IAM,
    SESSION,
    USER,
    ask,
    refusal,
    sign,
)

from innergate.plans.principals import IdentityPolicy
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.runtime.authorize.question import Question
from innergate.runtime.authorize.signed_call import may_invalidate_cache
from innergate.runtime.authorize.verdict import (
    AuthorizationMemory,
    Authorized,
    Denied,
    Verdict,
)
from innergate.runtime.exchange.context_values import build_context
from innergate.runtime.exchange.method_request import MethodRequest

pytestmark = pytest.mark.usefixtures("clock")


ALLOW, DENY, NEITHER = policy("Allow"), policy("Deny"), policy("Allow", "arn:aws:execute-api:*:*:other/*")
OWN_TEXT = f"User: {USER.arn} is not authorized to perform: execute-api:Invoke on resource: {SHOWN}/prod/GET/pets/7"


def _verdict(identity: JsonObject, deployed: str, account: str = ACCOUNT, **stage: object) -> Verdict:
    caller = msgspec.structs.replace(
        USER,
        account=account,
        arn=f"arn:aws:iam::{account}:user/ann",
        policies=(IdentityPolicy(name="own", text=json.dumps(identity)),),
    )
    return ask(sign(caller), caller, stage=msgspec.structs.replace(STAGE, policy=deployed, **stage))


@pytest.mark.parametrize("identity", [ALLOW, NEITHER, DENY], ids=["allow", "neither", "deny"])
@pytest.mark.parametrize("deployed", ["Allow", "Neither", "Deny", ""])
@pytest.mark.parametrize("account", [ACCOUNT, OTHER], ids=["same", "cross"])
def test_tables_a_and_b(identity: JsonObject, deployed: str, account: str) -> None:
    text = {
        "Allow": resource_policy("Allow"),
        "Neither": resource_policy("Allow", "execute-api:/dev/*"),
        "Deny": resource_policy("Deny"),
        "": "",
    }[deployed]
    verdict = _verdict(identity, text, account)
    allows = [identity == ALLOW, deployed == "Allow"]
    denies = identity == DENY or deployed == "Deny"
    wanted = not denies and (any(allows) if account == ACCOUNT else all(allows))
    assert isinstance(verdict, Authorized) is wanted
    if isinstance(verdict, Denied):
        ending = " with an explicit deny" if denies else ""
        who = f"User: arn:aws:iam::{account}:user/ann"
        assert verdict.message == OWN_TEXT.replace(f"User: {USER.arn}", who) + ending
        assert (verdict.response_type, verdict.member) == ("ACCESS_DENIED", "Message")
        assert verdict.identity["userArn"] == f"arn:aws:iam::{account}:user/ann"


@pytest.mark.parametrize(("deployed", "passes"), [("", False), (resource_policy("Allow"), True)])
def test_a_private_api_needs_a_policy(deployed: str, passes: bool) -> None:
    assert isinstance(_verdict(ALLOW, deployed, is_private=True), Authorized) is passes


@pytest.mark.parametrize(
    ("principal", "account", "passes"),
    [
        (f"arn:aws:iam::{OTHER}:user/ann", OTHER, True),
        (f"arn:aws:iam::{OTHER}:root", OTHER, True),
        (OTHER, OTHER, True),
        (f"arn:aws:iam::{OTHER}:user/bob", OTHER, False),
        (f"arn:aws:iam::{ACCOUNT}:root", OTHER, False),
    ],
)
def test_the_resource_policy_names_callers(principal: str, account: str, passes: bool) -> None:
    deployed = resource_policy("Allow", principal={"AWS": principal})
    assert isinstance(_verdict(ALLOW, deployed, account), Authorized) is passes


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": OTHER}}, False),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/a*"}}, True),
        ({"StringEquals": {"aws:username": "ann"}}, True),
        ({"StringEquals": {"aws:userid": "AIDAEXAMPLE"}}, True),
        ({"StringEquals": {"aws:PrincipalType": "User"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"}}, False),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.7"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
    ],
)
def test_conditions_about_callers(condition: JsonObject, passes: bool) -> None:
    deployed = resource_policy("Allow", Condition=condition)
    assert isinstance(_verdict(NEITHER, deployed), Authorized) is passes


def test_an_endpoints_policy_must_allow_too() -> None:
    endpoint = {"vpce-1": resource_policy("Allow", principal={"AWS": OTHER})}
    stage = msgspec.structs.replace(STAGE, is_private=True, policy=resource_policy("Allow"), endpoint_policies=endpoint)
    call = msgspec.structs.replace(sign(), vpce_id="vpce-1")
    assert refusal(ask(call, stage=stage))[0] == "ACCESS_DENIED"
    assert isinstance(ask(msgspec.structs.replace(call, vpce_id="vpce-2"), stage=stage), Authorized)


def test_boundaries_and_session_policies_narrow() -> None:
    only_post = IdentityPolicy(name="narrow", text=json.dumps(policy("Allow", f"{ARN}/prod/POST/*")))
    bounded = msgspec.structs.replace(USER, boundary=only_post)
    assert refusal(ask(sign(bounded), bounded))[0] == "ACCESS_DENIED"
    narrowed = msgspec.structs.replace(SESSION, session_policies=(only_post,))
    assert refusal(ask(sign(narrowed), narrowed))[0] == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("named", "passes"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/reader", False),
        ("AROAEXAMPLE", False),
        (SESSION.arn, True),
        ("*", True),
    ],
)
@pytest.mark.parametrize("limit", ["session", "boundary"])
def test_a_resource_policy_that_names_a_role_gives_its_sessions_no_more_than_their_limits(
    named: str, passes: bool, limit: str
) -> None:
    """IAM user guide: what is granted to the role is limited by session policy and boundary, what is granted to the session is
    not."""
    only_post = IdentityPolicy(name="narrow", text=json.dumps(policy("Allow", f"{ARN}/prod/POST/*")))
    caller = msgspec.structs.replace(SESSION, policies=(), session_policies=(only_post,))
    if limit == "boundary":
        caller = msgspec.structs.replace(SESSION, policies=(), boundary=only_post)
    stage = msgspec.structs.replace(STAGE, policy=resource_policy("Allow", principal={"AWS": named}))
    assert isinstance(ask(sign(caller), caller, stage=stage), Authorized) is passes
    unlimited = msgspec.structs.replace(SESSION, policies=())
    assert isinstance(ask(sign(unlimited), unlimited, stage=stage), Authorized)


def test_a_policy_that_cannot_be_read_denies() -> None:
    broken = msgspec.structs.replace(USER, policies=(*USER.policies, IdentityPolicy(name="x", text="{")))
    assert (refusal(ask(sign(broken), broken))[2] or "").endswith("with an explicit deny")


def test_root_may_invoke_its_own_apis_only() -> None:
    root = msgspec.structs.replace(USER, kind="root", arn=f"arn:aws:iam::{ACCOUNT}:root", policies=())
    assert isinstance(ask(sign(root), root), Authorized)
    other = msgspec.structs.replace(root, account=OTHER, arn=f"arn:aws:iam::{OTHER}:root")
    assert refusal(ask(sign(other), other))[0] == "ACCESS_DENIED"


def test_tags_of_callers_are_condition_keys() -> None:
    tagged = msgspec.structs.replace(USER, policies=(), tags={"team": "red"})
    for team, passes in (("red", True), ("blue", False)):
        deployed = resource_policy("Allow", Condition={"StringEquals": {"aws:PrincipalTag/team": team}})
        stage = msgspec.structs.replace(STAGE, policy=deployed)
        assert isinstance(ask(sign(tagged), tagged, stage=stage), Authorized) is passes


INVALIDATE = {"Effect": "Allow", "Action": "execute-api:InvalidateCache", "Resource": f"{ARN}/prod/GET/*"}


@pytest.mark.parametrize(
    ("statements", "wrong_secret", "may"),
    [([INVALIDATE], False, True), ([INVALIDATE], True, False), ([], False, False)],
)
def test_who_may_have_answers_made_anew(statements: list[JsonObject], wrong_secret: bool, may: bool) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": [*statements, *_statements(ALLOW)]})
    caller = msgspec.structs.replace(USER, policies=(IdentityPolicy(name="own", text=text),))
    known = msgspec.structs.replace(caller, secret_access_key="other") if wrong_secret else caller
    request = MethodRequest(STAGE, IAM, sign(caller))
    memory = AuthorizationMemory({known.access_key_id: known}.get)
    assert may_invalidate_cache(Question(request, build_context(request)), memory) is may


def _statements(document: JsonObject) -> list[JsonValue]:
    statements = document["Statement"]
    assert isinstance(statements, list)
    return statements


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ({"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}, True),
        ({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
        ({"StringNotEquals": {"aws:ResourceAccount": ACCOUNT}}, True),
        ({"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}, True),
        ({"StringNotEquals": {"aws:ResourceAccount": OTHER}}, False),
        ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, False),
        ({"Bool": {"aws:ViaAWSService": "true"}}, True),
    ],
)
def test_keys_that_every_call_has_are_there_for_callers_own_policies(condition: JsonObject, passes: bool) -> None:
    """A Deny that asks for the region or the owner of what is called must neither bite always nor never."""
    everything: JsonObject = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny: JsonObject = {**everything, "Effect": "Deny", "Condition": condition}
    identity: JsonObject = {"Version": "2012-10-17", "Statement": [everything, deny]}
    assert isinstance(_verdict(identity, ""), Authorized) is passes
