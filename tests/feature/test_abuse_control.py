"""What attackers send to the control front: numbers are those of the list of abuse cases."""

import gzip
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.feature.control_front import ALICE, BOB, FORM, HOST, JSON, TARGETS, ControlFront, Reply, Target, json_of

from innergate.primitives.secret import Secret
from innergate.resources.vpcs import Vpc
from innergate.wire import sigv4
from innergate.wire.http import HttpRequest, make_request
from innergate.wire.sigv4 import Credentials

EC2, STS, APIS = TARGETS[0], TARGETS[3], TARGETS[4]
CREATE_VPC = Target("ec2", "POST", "/", FORM, b"Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0/16")
every_service = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.service)


@pytest.fixture
def front(tmp_path: Path) -> Iterator[ControlFront]:
    made = ControlFront(tmp_path)
    yield made
    made.store.close()


def vpcs_of(front: ControlFront, account: str) -> int:
    return len([v for v in front.store.state().all(Vpc) if v.account == account and not v.is_default])


def replaced(request: HttpRequest, name: str, value: str) -> HttpRequest:
    kept = tuple(pair for pair in request.headers if pair[0].lower() != name)
    return request._replace(headers=(*kept, (name, value)))


def refused(reply: Reply) -> bool:
    """Refused for who asks, and not as a fault of ours."""
    return 400 <= reply.status < 500 and reply.status != 404


@every_service
def test_signed_calls_pass(front: ControlFront, target: Target) -> None:
    reply = front.ask(front.signed(target))
    assert reply.status in (200, 400)
    assert "Signature" not in reply.text


@every_service
def test_case_41_a_fabricated_signature_with_a_valid_key(front: ControlFront, target: Target) -> None:
    good = front.signed(target)
    authorization = str(good.header("authorization"))
    for signature in ("0" * 64, "", "a" * 63, "A" * 64, authorization[-64:-1] + "x"):
        forged = replaced(good, "authorization", authorization[:-64] + signature)
        assert refused(front.ask(forged)), signature
    for declared in ("UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"):
        plain = front.plain(target)
        unsigned = plain._replace(headers=(*plain.headers, ("X-Amz-Content-Sha256", declared)))
        signed = sigv4.sign(unsigned, front.keys[ALICE], "us-east-1", target.service, front.clock.now())
        assert refused(front.ask(signed)), declared


@every_service
def test_no_credentials_at_all(front: ControlFront, target: Target) -> None:
    assert refused(front.ask(front.plain(target)))
    for word in ("Bearer x", "Basic eDp5", "AWS AKID:sig", "aws4-hmac-sha256 Credential=x", " AWS4-HMAC-SHA256 x"):
        assert refused(front.ask(replaced(front.plain(target), "authorization", word))), word


def test_case_28_two_authorizations(front: ControlFront) -> None:
    good, other = front.signed(CREATE_VPC), front.signed(CREATE_VPC, BOB)
    text = str(other.header("authorization"))
    twice = good._replace(headers=(*good.headers, ("Authorization", text)))
    joined = replaced(good, "authorization", f"{good.header('authorization')}, {text}")
    for request in (twice, joined, twice._replace(headers=twice.headers[::-1])):
        assert refused(front.ask(request))
    assert vpcs_of(front, ALICE) == vpcs_of(front, BOB) == 0


def test_cases_39_40_what_must_be_signed(front: ControlFront) -> None:
    good = front.signed(CREATE_VPC)
    for extra in (("X-Amz-Target", "Logs_20140328.DeleteLogGroup"), ("X-Amz-Anything", "x")):
        assert refused(front.ask(good._replace(headers=(*good.headers, extra))))
    moved = replaced(good, "host", "other.example")
    assert refused(front.ask(moved))


def test_case_42_two_places_of_credentials_and_another_method(front: ControlFront) -> None:
    good = front.signed(APIS)
    both = good._replace(raw_query="X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x&X-Amz-Signature=y")
    assert refused(front.ask(both))
    for method in ("DELETE", "POST", "HEAD", "get"):
        assert refused(front.ask(good._replace(method=method))), method


def test_case_43_a_body_that_was_not_signed(front: ControlFront) -> None:
    good = front.signed(EC2)
    assert refused(front.ask(good._replace(body=CREATE_VPC.body)))
    assert vpcs_of(front, ALICE) == 0


def test_case_44_old_and_early_calls(front: ControlFront) -> None:
    good = front.signed(STS)
    front.later(299)
    assert front.ask(good).status == 200
    front.later(2)
    assert refused(front.ask(good))
    front.later(-700)
    assert refused(front.ask(good))


@every_service
def test_case_45_a_scope_is_for_its_service_and_date(front: ControlFront, target: Target) -> None:
    for service in {"ec2", "iam", "execute-api", "s3"} - {target.service}:
        reply = front.ask(front.signed(target, service=service))
        assert 400 <= reply.status < 500, (service, reply.status)
        assert b"<Users>" not in reply.body
    for region in ("", "us-east-1 ", "../..", "US-EAST-1", "us-east-1/iam"):
        assert refused(front.ask(front.signed(target, region=region))), region


def test_case_46_paths_that_sign_alike_are_one_path_or_none(front: ControlFront) -> None:
    for path in ("//restapis", "/./restapis", "/x/../restapis", "/restapis/../restapis"):
        reply = front.ask(front.signed(APIS)._replace(raw_path=path))
        assert 400 <= reply.status < 500, path


def test_case_48_49_keys_that_end_end_at_once_and_say_no_more_than_unknown_ones(front: ControlFront) -> None:
    unknown = sigv4.sign(
        front.plain(STS),
        Credentials("AKIAAAAAAAAAAAAAAAAA", front.keys[ALICE].secret),
        "us-east-1",
        "sts",
        front.clock.now(),
    )
    wanted = front.ask(unknown)
    assert "InvalidClientTokenId" in wanted.text
    made = front.ask(front.signed(_iam("CreateUser", UserName="u")))
    assert made.status == 200, made.text
    key = front.ask(front.signed(_iam("CreateAccessKey", UserName="u"))).text
    id, secret = (key.partition(f"<{tag}>")[2].partition("<")[0] for tag in ("AccessKeyId", "SecretAccessKey"))
    own = sigv4.sign(front.plain(STS), Credentials(id, Secret(secret)), "us-east-1", "sts", front.clock.now())
    assert front.ask(own).status == 200
    front.ask(front.signed(_iam("UpdateAccessKey", UserName="u", AccessKeyId=id, Status="Inactive")))
    inactive = front.ask(own)
    front.ask(front.signed(_iam("DeleteAccessKey", UserName="u", AccessKeyId=id)))
    deleted = front.ask(own)
    for reply in (inactive, deleted):
        assert _without_id(reply.text) == _without_id(wanted.text)
    token = replaced(front.signed(STS), "x-amz-security-token", "of another session")
    assert "InvalidClientTokenId" in front.ask(token).text


def _iam(action: str, **params: str) -> Target:
    pairs = {"Action": action, "Version": "2010-05-08", **params}
    return Target("iam", "POST", "/", FORM, "&".join(f"{k}={v}" for k, v in pairs.items()).encode())


def _without_id(text: str) -> str:
    return text.partition("<RequestId>")[0]


def test_case_50_other_algorithms(front: ControlFront) -> None:
    good = front.signed(STS)
    text = str(good.header("authorization"))
    for name in ("AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA1", "AWS4-HMAC-SHA256-PAYLOAD", "AWS3-HTTPS", "AWS4-"):
        assert refused(front.ask(replaced(good, "authorization", text.replace("AWS4-HMAC-SHA256", name)))), name


def test_case_67_policies_that_nobody_can_read_are_refused_when_written(front: ControlFront) -> None:
    for document in (
        "{",
        "[" * 50_000,
        '{"Version":"2012-10-17","Version":"2008-10-17","Statement":[]}',
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Like":{"a":"b"}}}]}',
        '{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps","Action":"*","Resource":"*"}]}',
    ):
        reply = front.ask(front.signed(_iam("CreatePolicy", PolicyName="p", PolicyDocument=_quoted(document))))
        assert reply.status == 400, (document[:60], reply.text)
        assert "MalformedPolicyDocument" in reply.text or "ValidationError" in reply.text, reply.text


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


def test_case_71_a_key_sees_its_own_account_alone(front: ControlFront) -> None:
    front.ask(front.signed(CREATE_VPC, ALICE))
    vpc = next(v for v in front.store.state().all(Vpc) if not v.is_default)
    for account, shown in ((ALICE, True), (BOB, False)):
        assert (vpc.id in front.ask(front.signed(EC2, account)).text) is shown
    delete = Target("ec2", "POST", "/", FORM, f"Action=DeleteVpc&Version=2016-11-15&VpcId={vpc.id}".encode())
    assert "InvalidVpcID.NotFound" in front.ask(front.signed(delete, BOB)).text
    assert vpcs_of(front, ALICE) == 1


def test_case_76_a_storm_of_calls_is_not_everybodys_wait(front: ControlFront) -> None:
    """Bob asks after hundreds of Alice's calls have come, and is not the last."""
    storm = [front.signed(CREATE_VPC if number % 2 else EC2, ALICE) for number in range(300)]
    strangers = [
        replaced(request, "authorization", "AWS4-HMAC-SHA256 Credential=AKIANOBODY/x") for request in storm[:100]
    ]
    answered = front.send_at_once([*storm, *strangers, *(front.signed(EC2, BOB) for _ in range(3))])
    assert len(answered) == 403
    assert [answered.index(number) < 60 for number in (400, 401, 402)] == [True] * 3


def test_case_86_bodies_of_strangers_are_not_heaped_up(front: ControlFront) -> None:
    """Each may have ten megabytes; all of them together may not have the machine's memory, and hold up nobody who has a key."""
    stranger = front.plain(EC2)._replace(body=bytes(10 * 1024 * 1024))
    asked = front.send_all([stranger] * 60 + [front.signed(EC2, BOB)])
    statuses = [reply.status for reply in asked]
    assert statuses.count(503) >= 30
    assert statuses[-1] == 200


def test_case_81_what_the_front_says_without_a_key(front: ControlFront) -> None:
    """Health, and nothing that changes or tells anything."""
    for method, path in (("GET", "/_innergate/health"), ("POST", "/_innergate/reset"), ("GET", "/_innergate/config")):
        reply = front.ask(make_request(method, path, "", [("Host", HOST)], b""))
        assert reply.status == (200 if path.endswith("health") else 404)
    assert json_of(front.ask(make_request("GET", "/_innergate/health", "", [("Host", HOST)], b""))) == {
        "status": "running"
    }
    for path in ("/config_dump", "/stats", "/metrics", "/debug/pprof", "/status", "/workloads"):
        assert 400 <= front.ask(make_request("GET", path, "", [("Host", HOST)], b"")).status < 500, path


STRANGE = [
    ("Origin", "https://evil.example"),
    ("Origin", "null"),
    ("Sec-Fetch-Site", "cross-site"),
    ("Origin", "http://[::"),
]


@pytest.mark.parametrize("header", STRANGE, ids=str)
def test_case_83_pages_of_others_act_for_nobody_in_open_mode(tmp_path: Path, header: tuple[str, str]) -> None:
    front = ControlFront(tmp_path, "open")
    assert front.ask(front.plain(CREATE_VPC)).status == 200
    before = front.store.state().revision
    for request in (front.plain(CREATE_VPC), make_request("POST", "/_innergate/reset", "", [("Host", HOST)], b"")):
        reply = front.ask(request._replace(headers=(*request.headers, header)))
        assert reply.status == 403
    assert front.store.state().revision == before
    own = front.plain(CREATE_VPC)
    assert front.ask(own._replace(headers=(*own.headers, ("Origin", "http://localhost:8080")))).status == 200


def test_case_84_a_client_that_leaves_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    """Half a form would be another call: open mode has no signature to notice."""
    front = ControlFront(tmp_path, "open")
    body = b"Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0/16&DryRun=true"
    request = front.plain(CREATE_VPC._replace(body=body))
    before = front.store.state().revision
    assert front.send(request, chunks=2, leaves=True) is None
    assert front.store.state().revision == before


def test_case_85_secrets_are_in_no_answer_and_no_log(
    front: ControlFront, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = front.keys[ALICE].secret.reveal()
    good = front.signed(STS)
    bad = replaced(good, "authorization", str(good.header("authorization"))[:-1] + "_")
    replies = [front.ask(good), front.ask(bad), front.ask(front.signed(_iam("ListAccessKeys")))]
    out = capsys.readouterr()
    seen = "".join(reply.text for reply in replies) + caplog.text + out.out + out.err + repr(front.keys)
    assert secret not in seen
    calculated = str(good.header("authorization"))[-64:]
    assert calculated not in front.ask(bad).text


_IMPORT = ("apigateway", "POST", "/restapis", (("Content-Type", "application/json"),))
_LAUGHS = b"".join(b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(9))
_CIRCLE = {"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/paths/~1a"}}
BOMBS = {
    "many parameters": Target("ec2", "POST", "/", FORM, EC2.body + b"&a" * 4_000_000),
    "empty parameters": Target("ec2", "POST", "/", FORM, EC2.body + b"&" * 9_000_000),
    "deep JSON": Target("logs", "POST", "/", TARGETS[5].headers, b'{"a":' * 500_000),
    "deep lists": Target("apigateway", "POST", "/restapis", JSON, b"[" * 1_000_000),
    "gzip": Target(
        "logs", "POST", "/", (*TARGETS[5].headers, ("Content-Encoding", "gzip")), gzip.compress(b" " * 50_000_000)
    ),
    "a large body": Target("ec2", "POST", "/", FORM, b"a" * (10 * 1024 * 1024 + 1)),
    "aliases": Target(*_IMPORT, b"a: &a [x,x,x,x,x,x,x,x,x]\n" + _LAUGHS, "mode=import"),
    "references in a circle": Target(
        *_IMPORT,
        json.dumps({"openapi": "3.0.1", "info": {"title": "t"}, "paths": _CIRCLE}).encode(),
        "mode=import",
    ),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", sorted(BOMBS))
def test_case_86_bombs_are_refused_in_a_moment(front: ControlFront, name: str) -> None:
    reply = front.ask(front.signed(BOMBS[name]))
    assert 200 <= reply.status < 500, reply.text[:200]
    if name != "references in a circle":
        assert reply.status >= 400
