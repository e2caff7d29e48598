"""Callers who sign as botocore does, and what a method with AWS_IAM says to them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.unit.runtime.authorize.questions import (
    ACCOUNT,
    ARN,
    METHOD,
    NOW_MS,
    STAGE,
    policy,
    silent_world,
)

from innergate.plans.principals import IdentityPolicy, RuntimePrincipal
from innergate.plans.runtime import RuntimeStage
from innergate.runtime.authorize.verdict import (
    AuthorizationMemory,
    Denied,
    Verdict,
)
from innergate.runtime.exchange.call import Call

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
    """What a method with AWS_IAM says, where these callers are known."""
    world = silent_world()
    by_key = {principal.access_key_id: principal for principal in known or (USER, SESSION)}
    world.memory = AuthorizationMemory(by_key.get)
    return world.ask(stage, IAM, call)


def refusal(verdict: Verdict) -> tuple[str, str, str | None]:
    """The kind of gateway response, the error type and the text."""
    assert isinstance(verdict, Denied)
    assert verdict.status == 403
    return verdict.response_type, verdict.error_type, verdict.message
