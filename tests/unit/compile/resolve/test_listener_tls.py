"""What an https integration meets at a TLS listener: the listener's own certificate, by name and by chain."""

from pathlib import Path

import msgspec
import pytest

from innergate.compile.emit.envoy.gateway_answers import BROKEN
from innergate.compile.emit.envoy.upstreams import reach_path
from innergate.compile.resolve.api_blueprint import ProxyAction
from innergate.compile.resolve.listener_tls import UNTRUSTED, refuse_tls
from innergate.compile.resolve.path import Leg
from innergate.compile.resolve.paths import resolve_vpc_link
from innergate.compile.settings import CompileSettings
from innergate.resources.certificates import Certificate
from innergate.server.certificates import CertificateAuthority
from innergate.testing.blog_scenarios import CrossAccount, cross_account
from innergate.testing.clock import FakeClock
from innergate.testing.scenario import Scenario

HOST = "secure.internal"


class Case:
    """A VPC link to a load balancer with a TLS listener on 443; `trusted` signs for authorities that are known."""

    def __init__(self, folder: Path) -> None:
        self.trusted = CertificateAuthority(folder / "trusted", FakeClock())
        self.strange = CertificateAuthority(folder / "strange", FakeClock())
        self.authorities = folder / "authorities.pem"
        self.authorities.write_text(self.trusted.certificate_pem)
        self.scenario = Scenario()
        self.built: CrossAccount = cross_account(self.scenario)

    def serve(self, *chains: str) -> None:
        """The certificates of the listener, the default one first."""
        s, balancer = self.scenario, self.built.gateway_balancer
        listener = s.listener(balancer, self.built.gateway_group, port=443, protocol="TLS")
        arns = tuple(f"arn:aws:acm:us-east-1:222222222222:certificate/{n}" for n in range(len(chains)))
        for arn, chain in zip(arns, chains, strict=True):
            leaf, mark, rest = chain.partition("-----END CERTIFICATE-----\n")
            s.put(
                Certificate(
                    id=arn,
                    account=balancer.account,
                    region=balancer.region,
                    service="acm",
                    certificate_body=leaf + mark,
                    certificate_chain=rest,
                    private_key="",
                    created_at=s.now,
                )
            )
        s.put(msgspec.structs.replace(listener, certificates=arns))

    def leg(self) -> Leg:
        """The only way."""
        (leg,) = resolve_vpc_link(self.scenario.state, self.built.link.id, 443).legs
        return leg

    def refusal(self, host: str = HOST, scheme: str = "https", lax: bool = False) -> str:
        """Why an integration cannot speak to the listener."""
        action = self.action(host, scheme, lax)
        return refuse_tls(self.scenario.state, self.leg(), action, str(self.authorities))

    def action(self, host: str, scheme: str, lax: bool) -> ProxyAction:
        """The integration."""
        return ProxyAction(
            scheme=scheme, host=host, port=443, path=(), link_id=self.built.link.id, skips_verification=lax
        )


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_a_known_authority_and_the_right_name_pass(case: Case) -> None:
    case.serve(case.trusted.leaf("l", (HOST,))[0])
    assert (case.refusal(), case.refusal(HOST.upper()), case.refusal(lax=True)) == ("", "", "")


def test_an_unknown_authority_passes_only_where_nobody_asks(case: Case) -> None:
    case.serve(case.strange.leaf("l", (HOST,))[0])
    assert case.refusal() == UNTRUSTED
    assert case.refusal(lax=True) == ""


@pytest.mark.parametrize("lax", [False, True])
def test_the_name_is_always_checked(case: Case, lax: bool) -> None:
    case.serve(case.trusted.leaf("l", ("other.internal", "*.deep.internal"))[0])
    wanted = f"Host name '{HOST}' does not match the certificate subject provided by the peer (CN=other.internal)"
    assert case.refusal(lax=lax) == wanted
    assert case.refusal("x.deep.internal", lax=lax) == ""
    assert case.refusal("x.y.deep.internal", lax=lax) != ""


def test_the_certificate_is_chosen_by_name_else_the_default_one_is_shown(case: Case) -> None:
    case.serve(case.strange.leaf("a", ("other.internal",))[0], case.trusted.leaf("b", (HOST,))[0])
    assert case.refusal() == ""
    assert case.refusal("other.internal") == UNTRUSTED
    assert "(CN=other.internal)" in case.refusal("third.internal")


def test_plain_http_does_not_pass_a_tls_listener(case: Case) -> None:
    case.serve(case.trusted.leaf("l", (HOST,))[0])
    assert "says http" in case.refusal(scheme="http")


def test_a_listener_that_passes_bytes_on_checks_nothing(case: Case) -> None:
    case.scenario.listener(case.built.gateway_balancer, case.built.gateway_group, port=443)
    assert (case.refusal(), case.refusal(scheme="http")) == ("", "")


def test_a_refused_integration_answers_as_broken_and_reaches_nothing(case: Case) -> None:
    case.serve(case.strange.leaf("l", (HOST,))[0])
    state = case.scenario.state
    path = resolve_vpc_link(state, case.built.link.id, 443)
    settings = CompileSettings(authorities_file=str(case.authorities))
    refused = reach_path(state, path, case.action(HOST, "https", lax=False), settings)
    assert (refused.answer, refused.clusters, refused.bodies) == (BROKEN, (), ())
    assert refused.reason == f"Execution failed due to configuration error: {UNTRUSTED}"
    passed = reach_path(state, path, case.action(HOST, "https", lax=True), settings)
    assert passed.answer is None
    assert len(passed.clusters) == 1
