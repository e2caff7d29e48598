"""What stops a call is told with the commands that mend it: here where TLS ends at a load balancer."""

from pathlib import Path

import msgspec
import pytest

from innergate.observe.explain import simulate
from innergate.observe.explain_call import CallRequest
from innergate.observe.explain_mends import what_to_change
from innergate.observe.explanation import ConditionSeen, Explanation, PolicyDecision, StatementSeen
from innergate.resources.certificates import Certificate
from innergate.resources.rest_apis import TlsConfig
from innergate.server.certificates import CertificateAuthority
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.clock import FakeClock
from innergate.testing.scenario import Scenario, only_endpoint, proxy_method

ARN = "arn:aws:acm:us-east-1:222222222222:certificate/own"
NAME = "orders.corp.internal"


@pytest.fixture
def purple() -> tuple[Scenario, CrossAccount]:
    s = Scenario()
    return s, cross_account(s)


def explain(s: Scenario, purple: CrossAccount, folder: Path, uri: str, certificates: tuple[str, ...]) -> Explanation:
    """A call over a TLS listener that shows a certificate of an authority nobody knows."""
    known = folder / "authorities.pem"
    known.write_text(CertificateAuthority(folder / "known", FakeClock()).certificate_pem)
    leaf, mark, rest = (
        CertificateAuthority(folder / "strange", FakeClock())
        .leaf("l", (NAME,))[0]
        .partition("-----END CERTIFICATE-----\n")
    )
    own = Certificate(
        id=ARN,
        account=purple.gateway_balancer.account,
        region=purple.gateway_balancer.region,
        service="acm",
        certificate_body=leaf + mark,
        certificate_chain=rest,
        private_key="",
        created_at=s.now,
    )
    s.put(own)
    listener = s.listener(purple.gateway_balancer, purple.gateway_group, port=443, protocol="TLS")
    s.put(msgspec.structs.replace(listener, certificates=certificates))
    methods = {("/", "GET"): proxy_method(purple.link.id, uri, "GET")}
    policy = only_endpoint(purple.api_endpoint.id)
    api, _ = s.private_api(purple.link, purple.api_endpoint, policy=policy, stage="test", methods=methods)
    request = CallRequest(f"https://{api.id}.execute-api.us-east-1.amazonaws.com/test/", purple.gateway_vpc.id)
    return simulate(s.state, request, authorities_file=str(known))


@pytest.mark.parametrize(
    ("uri", "words", "operation"),
    [
        (f"https://{NAME}/", "a certificate of an authority", "op=replace,path=/tlsConfig/insecureSkipVerification"),
        ("https://other.name/", "write a name of the certificate", "op=replace,path=/uri,value=https://NAME/PATH"),
        (f"http://{NAME}:443/", "write https", "op=replace,path=/uri,value=https://NAME/PATH"),
    ],
)
def test_an_integration_that_the_listener_does_not_suit(
    purple: tuple[Scenario, CrossAccount], tmp_path: Path, uri: str, words: str, operation: str
) -> None:
    out = explain(*purple, tmp_path, uri, (ARN,))
    assert (out.cause.partition(" ")[0], out.status) == ("integration", 500)
    assert out.fix.startswith(words)
    assert operation in out.fix
    assert out.fix.endswith(f"create-deployment --rest-api-id {out.api_id} --stage-name test")


@pytest.mark.parametrize(
    ("skips", "says"), [(False, f"with a trusted one for {NAME}"), (True, "whatever its certificate")]
)
def test_tls_that_the_target_itself_must_speak_is_noted(skips: bool, says: str) -> None:
    s = Scenario()
    purple = cross_account(s)
    method = proxy_method(purple.link.id, f"https://{NAME}/", "GET")
    assert method.method_integration is not None
    tls = TlsConfig(insecure_skip_verification=skips)
    integration = msgspec.structs.replace(method.method_integration, tls_config=tls)
    s.listener(purple.gateway_balancer, purple.gateway_group, port=443)
    plain = proxy_method(purple.link.id, f"http://{NAME}/", "GET")
    methods = {
        ("/tls", "GET"): msgspec.structs.replace(method, method_integration=integration),
        ("/plain", "GET"): plain,
    }
    policy = only_endpoint(purple.api_endpoint.id)
    api, _ = s.private_api(purple.link, purple.api_endpoint, policy=policy, stage="test", methods=methods)
    url = f"https://{api.id}.execute-api.us-east-1.amazonaws.com/test"
    notes = simulate(s.state, CallRequest(f"{url}/tls", purple.gateway_vpc.id)).notes
    assert [says in note for note in notes if "the target itself must speak it" in note] == [True]
    notes = simulate(s.state, CallRequest(f"{url}/plain", purple.gateway_vpc.id)).notes
    assert not any("must speak it" in note for note in notes)


def test_a_listener_without_a_certificate(purple: tuple[Scenario, CrossAccount], tmp_path: Path) -> None:
    out = explain(*purple, tmp_path, f"https://{NAME}/", ())
    assert out.fix.startswith("aws elbv2 modify-listener --listener-arn arn:aws:elasticloadbalancing:")


def test_a_bound_that_the_call_is_beyond_is_to_be_changed_not_to_get_a_second_value() -> None:
    limit = ConditionSeen(operator="DateLessThan", key="aws:CurrentTime", wanted=("2020",), seen=("2026",), holds=False)
    ended = StatementSeen(
        policy="p", name="statement 0, line 1", line=1, effect="Allow", failed_at="", conditions=(limit,)
    )
    decision = PolicyDecision(
        policy="p", outcome="implicit-deny", resource="r", decided_by=None, statements=(ended,), context={}
    )
    assert what_to_change(decision) == (
        "change the bound of DateLessThan aws:CurrentTime of statement 0, line 1: the call has 2026"
    )
    named = msgspec.structs.replace(limit, operator="StringEquals")
    listed = msgspec.structs.replace(decision, statements=(msgspec.structs.replace(ended, conditions=(named,)),))
    assert what_to_change(listed) == "add 2026 to StringEquals aws:CurrentTime of statement 0, line 1"
