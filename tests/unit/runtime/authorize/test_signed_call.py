"""AWS_IAM: signatures of callers, and the tables by which their policies and the API's combine."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.unit.runtime.authorize.questions import (
    ACCOUNT,
    ARN,
    METHOD,
    NOW_MS,
    OTHER,
    SHOWN,
    STAGE,
    policy,
    resource_policy,
    silent_world,
    with_headers,
)

from innergate.plans.principals import IdentityPolicy, RuntimePrincipal
from innergate.plans.runtime import RuntimeStage
from innergate.primitives.json_value import JsonObject, JsonValue
from innergate.runtime.authorize.question import Question
from innergate.runtime.authorize.signed_call import may_invalidate_cache
from innergate.runtime.authorize.verdict import (
    AuthorizationMemory,
    Authorized,
    Denied,
    Verdict,
    drops_authorization,
)
from innergate.runtime.exchange.call import Call
from innergate.runtime.exchange.context_values import build_context
from innergate.runtime.exchange.method_request import MethodRequest

HOST = "api1234567.execute-api.us-east-1.amazonaws.com"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime.fromtimestamp(NOW_MS / 1000, UTC)
USER = RuntimePrincipal(
    access_key_id="AKIAIOSFODNN7EXAMPLE",
    secret_access_key=SECRET,
    account=ACCOUNT,
    arn=f"arn:aws:iam::{ACCOUNT}:user/ann",
    user_id="AIDAEXAMPLE",
    kind="user",
    user_name="ann",
    policies=(IdentityPolicy(name="own", text=json.dumps(policy("Allow", f"{ARN}/*"))),),
)
SESSION = RuntimePrincipal(
    access_key_id="ASIAIOSFODNN7EXAMPLE",
    secret_access_key=SECRET,
    token="session/token+1==",
    account=ACCOUNT,
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/s1",
    user_id="AROAEXAMPLE:s1",
    kind="assumed-role",
    role_arn=f"arn:aws:iam::{ACCOUNT}:role/reader",
    issued_at_ms=NOW_MS - 60_000,
    expires_at_ms=NOW_MS + 60_000,
    policies=USER.policies,
)
IAM = msgspec.structs.replace(METHOD, authorization="AWS_IAM", authorizer_id="")
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


class At:
    """The time that botocore signs with."""

    moment = NOW


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: At.moment.replace(tzinfo=None))
    monkeypatch.setattr(At, "moment", NOW)


def sign(
    principal: RuntimePrincipal = USER,
    *,
    path: str = "/prod/pets/7",
    query: str = "",
    verb: str = "GET",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    in_query: bool = False,
    region: str = "us-east-1",
    service: str = "execute-api",
    port: str = "",
) -> Call:
    """A call as botocore signs it; with a port in Host, which Envoy takes off, where `port` is given."""
    host = f"{HOST}:{port}" if port else HOST
    url = f"https://{host}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(verb, url, dict(headers or {}), body)
    credentials = Credentials(principal.access_key_id, principal.secret_access_key, principal.token or None)
    signer = (SigV4QueryAuth if in_query else SigV4Auth)(credentials, service, region)
    signer.add_auth(request)
    sent = request.prepare()
    target = sent.url.split(host, 1)[1]
    path, _, query = target.partition("?")
    names = [(name, value if isinstance(value, str) else value.decode()) for name, value in sent.headers.items()]
    kept = tuple((name, value) for name, value in names if name.lower() not in ("host", "content-length"))
    return Call(
        verb=verb,
        path=path,
        query=query,
        headers=(("Host", HOST), *kept),
        body=body,
        request_id="r",
        received_ms=NOW_MS,
        source_ip="203.0.113.7",
        tls_version="TLSv1.3",
    )


def ask(call: Call, *known: RuntimePrincipal, stage: RuntimeStage = STAGE) -> Verdict:
    world = silent_world()
    by_key = {principal.access_key_id: principal for principal in known or (USER, SESSION)}
    world.memory = AuthorizationMemory(by_key.get)
    return world.ask(stage, IAM, call)


def refusal(verdict: Verdict) -> tuple[str, str, str | None]:
    assert isinstance(verdict, Denied)
    assert verdict.status == 403
    return verdict.response_type, verdict.error_type, verdict.message


@pytest.mark.parametrize("in_query", [False, True], ids=["header", "query"])
@pytest.mark.parametrize("principal", [USER, SESSION], ids=["key", "session"])
def test_what_botocore_signs_is_known(principal: RuntimePrincipal, in_query: bool) -> None:
    found = ask(sign(principal, in_query=in_query, query="b=2&a=1&c=%2F%20x"))
    assert isinstance(found, Authorized)
    assert found.identity == {
        "accountId": ACCOUNT,
        "accessKey": principal.access_key_id,
        "caller": principal.user_id,
        "user": principal.user_id,
        "userArn": principal.arn,
    }
    assert found.facts["identity.userArn"] == principal.arn


@pytest.mark.parametrize("path", ["/prod/pets/a%20b", "/prod/pets/a%2Fb", "/prod/pets/%C3%A9", "/prod/pets/a+b=c@d"])
def test_paths_are_signed_as_they_are_sent(path: str) -> None:
    assert isinstance(ask(sign(path=path)), Authorized)


def test_under_a_base_path_the_path_that_was_sent_is_signed() -> None:
    call = msgspec.structs.replace(sign(path="/v1/pets/7"), path="/prod/pets/7")
    assert isinstance(ask(msgspec.structs.replace(call, mount="/v1")), Authorized)
    assert refusal(ask(call))[2] == MISMATCH


def test_a_body_is_signed() -> None:
    call = sign(verb="POST", body=b'{"a": 1}', headers={"Content-Type": "application/json"})
    assert isinstance(ask(call), Authorized)
    assert refusal(ask(msgspec.structs.replace(call, body=b'{"a": 2}'))) == (
        "INVALID_SIGNATURE",
        "InvalidSignatureException",
        MISMATCH,
    )


@pytest.mark.parametrize("in_query", [False, True], ids=["header", "query"])
def test_the_port_that_a_client_names_in_host_is_signed(in_query: bool) -> None:
    call = sign(in_query=in_query, port="4568", query="a=1")
    assert isinstance(ask(msgspec.structs.replace(call, port="4568")), Authorized)
    for other in ("", "443", "4569", "x"):
        assert refusal(ask(msgspec.structs.replace(call, port=other)))[2] == MISMATCH
    assert refusal(ask(msgspec.structs.replace(call, port="4568", path="/prod/pets/8")))[2] == MISMATCH
    bare = sign(in_query=in_query, query="a=1")
    assert isinstance(ask(msgspec.structs.replace(bare, port="4568")), Authorized)
    moved = (("Host", "other.execute-api.us-east-1.amazonaws.com"), *call.headers[1:])
    assert refusal(ask(msgspec.structs.replace(call, port="4568", headers=moved)))[2] == MISMATCH


def test_a_stale_signature_over_a_port_is_stale() -> None:
    call = msgspec.structs.replace(sign(port="4568"), port="4568", received_ms=NOW_MS + 600_000)
    assert "Signature expired" in str(refusal(ask(call))[2])


def test_a_signed_content_length_is_known_from_the_body() -> None:
    call = sign(verb="POST", body=b"12345", headers={"Content-Length": "5"})
    assert "content-length" in (call.header("authorization") or "")
    assert isinstance(ask(call), Authorized)


@pytest.mark.parametrize(
    "changes",
    [
        {"verb": "DELETE"},
        {"path": "/prod/pets/8"},
        {"path": "/dev/pets/7"},
        {"query": "admin=1"},
    ],
)
def test_anything_else_is_another_request(changes: Mapping[str, str]) -> None:
    assert refusal(ask(msgspec.structs.replace(sign(), **changes)))[2] == MISMATCH
    assert refusal(ask(msgspec.structs.replace(sign(in_query=True), **changes)))[2] is not None


def test_another_host_is_another_request() -> None:
    call = sign()
    moved = msgspec.structs.replace(
        call, headers=(("Host", "other67890.execute-api.us-east-1.amazonaws.com"), *call.headers[1:])
    )
    assert refusal(ask(moved))[2] == MISMATCH


@pytest.mark.parametrize("value", ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "0" * 64])
def test_the_body_cannot_stay_unsigned(value: str) -> None:
    call = sign(verb="POST", body=b"x", headers={"X-Amz-Content-SHA256": value})
    assert refusal(ask(call))[:2] == ("INVALID_SIGNATURE", "InvalidSignatureException")


def test_a_content_digest_may_be_declared() -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    assert isinstance(ask(sign(verb="POST", body=b"x", headers={"X-Amz-Content-SHA256": digest})), Authorized)


def test_no_signature_is_a_missing_token() -> None:
    assert refusal(ask(with_headers())) == (
        "MISSING_AUTHENTICATION_TOKEN",
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
    )


def test_another_scheme_is_an_incomplete_signature() -> None:
    assert refusal(ask(with_headers(("Authorization", "Bearer abc")))) == (
        "INVALID_SIGNATURE",
        "IncompleteSignatureException",
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
        "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a "
        "'X-Amz-Date' or a 'Date' header. Authorization=Bearer",
    )


def test_an_unknown_key_is_told_apart() -> None:
    unknown = (
        "INVALID_SIGNATURE",
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
    assert refusal(ask(sign(), SESSION)) == unknown
    for key_id in ("../../secret", "akiaiosfodnn7example", "AKIA\x00", "A" * 4096):
        strange = msgspec.structs.replace(USER, access_key_id=key_id)
        verdict = ask(sign(strange), strange)
        assert isinstance(verdict, Denied)
        assert verdict.status == 403


@pytest.mark.parametrize("token", ["", "another"])
def test_a_session_needs_its_own_token(token: str) -> None:
    forged = msgspec.structs.replace(SESSION, token=token)
    assert refusal(ask(sign(forged)))[1] == "UnrecognizedClientException"


def test_a_long_term_key_has_no_token() -> None:
    assert refusal(ask(sign(msgspec.structs.replace(USER, token="x"))))[1] == "UnrecognizedClientException"


def test_a_session_ends() -> None:
    ended = msgspec.structs.replace(SESSION, expires_at_ms=NOW_MS)
    assert refusal(ask(sign(ended), ended)) == (
        "EXPIRED_TOKEN",
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )


def test_a_wrong_secret() -> None:
    forged = msgspec.structs.replace(USER, secret_access_key="guess")
    assert refusal(ask(sign(forged)))[2] == MISMATCH


def test_an_old_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(At, "moment", NOW - timedelta(minutes=5, seconds=1))
    signed_at = (NOW - timedelta(minutes=5, seconds=1)).strftime("%Y%m%dT%H%M%SZ")
    kind, error_type, message = refusal(ask(sign()))
    assert (kind, error_type) == ("INVALID_SIGNATURE", "InvalidSignatureException")
    earliest, now = NOW - timedelta(minutes=5), NOW
    assert message == (
        f"Signature expired: {signed_at} is now earlier than {earliest:%Y%m%dT%H%M%SZ} ({now:%Y%m%dT%H%M%SZ} - 5 min.)"
    )


def test_a_signature_of_the_future(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(At, "moment", NOW + timedelta(minutes=6))
    assert (refusal(ask(sign()))[2] or "").startswith("Signature not yet current: ")


@pytest.mark.parametrize(
    ("service", "region", "text"),
    [
        ("apigateway", "us-east-1", "Credential should be scoped to correct service: 'execute-api'. "),
        ("s3", "us-east-1", "Credential should be scoped to correct service: 'execute-api'. "),
        ("execute-api", "eu-west-1", "Credential should be scoped to a valid region. "),
    ],
)
def test_the_scope_is_this_apis(service: str, region: str, text: str) -> None:
    signed = sign(service=service, region=region)
    assert refusal(ask(signed)) == ("INVALID_SIGNATURE", "InvalidSignatureException", text)


def test_credentials_in_both_places_are_refused() -> None:
    call = sign(in_query=True)
    both = msgspec.structs.replace(call, headers=(*call.headers, *sign().headers[1:]))
    assert refusal(ask(both))[1] == "IncompleteSignatureException"


def test_host_must_be_signed() -> None:
    call = sign()
    loose = tuple((name, value.replace("host;", "")) for name, value in call.headers)
    assert refusal(ask(msgspec.structs.replace(call, headers=loose)))[0] == "INVALID_SIGNATURE"


def test_what_chooses_the_api_must_be_signed() -> None:
    call = sign()
    vpce = "vpce-1-abcdefgh.execute-api.us-east-1.vpce.amazonaws.com"
    added = (("Host", vpce), *call.headers[1:], ("x-apigw-api-id", "api1234567"))
    assert "x-apigw-api-id" in (refusal(ask(msgspec.structs.replace(call, headers=added)))[2] or "")
    assert isinstance(
        ask(msgspec.structs.replace(call, headers=(*call.headers, ("x-apigw-api-id", "api1234567")))), Authorized
    )


def test_an_unknown_algorithm_is_refused() -> None:
    call = sign()
    other = tuple((name, value.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")) for name, value in call.headers)
    assert refusal(ask(msgspec.structs.replace(call, headers=other)))[1] == "IncompleteSignatureException"


# ---- policies

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


def test_signatures_do_not_reach_backends() -> None:
    open_method = msgspec.structs.replace(IAM, authorization="NONE")
    bearer = with_headers(("Authorization", "Bearer x"))
    assert drops_authorization(open_method, sign())
    assert drops_authorization(IAM, bearer)
    assert not drops_authorization(open_method, bearer)
    assert not drops_authorization(IAM, with_headers())
