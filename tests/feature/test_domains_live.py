"""Custom domain names in a live Envoy: which API a path leads to, who may come in, and what attackers try (numbers are those of
the list of abuse cases)."""

import ssl
from collections.abc import Iterator

import pytest
from tests.feature.domain_rig import PRIVATE, PUBLIC, TRUSTING, DomainRig, Pair, make_pair, serve_domains

FORBIDDEN = '{"message":"Forbidden"}'


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DomainRig]:
    with serve_domains(tmp_path_factory.mktemp("envoy")) as served:
        yield served


@pytest.fixture(scope="module")
def client(rig: DomainRig) -> Pair:
    return make_pair(rig.folder, "good", "client", rig.clients)


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("/", "/root/root"),
        ("/hats", "/root/hats"),
        ("/x/y?q=1", "/root/all/x/y?q=1"),
        ("/a", "/a/root"),
        ("/a/", "/a/root"),
        ("/a/hats", "/a/hats"),
        ("/a/x?q=1", "/a/all/x?q=1"),
        ("/staged/test/hats", "/a/hats"),
    ],
)
def test_the_base_path_chooses_the_api_and_is_taken_off(rig: DomainRig, target: str, seen: str) -> None:
    assert rig.backend_path(target) == seen


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("/a/b", "/deep/root"),
        ("/a/b/x", "/deep/all/x"),
        ("/a/bc", "/a/all/bc"),
        ("/ab/x", "/ab/all/x"),
        ("/abc", "/root/all/abc"),
        ("/a//b//x", "/deep/all/x"),
        ("/ab/../a/x", "/a/all/x"),
        ("/a/%2e%2e/ab/x", "/ab/all/x"),
        ("/a/./b/x", "/deep/all/x"),
        ("/a%62/x", "/ab/all/x"),
        ("/a;v=1/x", "/root/all/a;v=1/x"),
        ("http://api.example.com/ab/x", "/ab/all/x"),
    ],
)
def test_case_15_base_paths_that_overlap(rig: DomainRig, target: str, seen: str) -> None:
    assert rig.backend_path(target) == seen


@pytest.mark.parametrize("target", ["/A/x", "/staged/none/x", "/staged", "/a%2fb/x", "/a%5cb/x"])
def test_case_15_a_path_that_is_nearly_a_base_path_is_nobodys(rig: DomainRig, target: str) -> None:
    assert rig.call(target).status in (400, 403)


def test_case_15_a_policy_is_asked_about_the_path_behind_the_base_path(rig: DomainRig) -> None:
    assert rig.backend_path("/narrow/open/1") == "/narrow/all/open/1"
    for target in ("/narrow/shut", "/narrow/x/../shut", "/narrow", "/narrow/open"):
        refused = rig.call(target)
        assert refused.status == 403, target
        assert "is not authorized to perform: execute-api:Invoke" in refused.text
    shown = rig.call("/narrow/shut/deep").json["Message"]
    assert shown.endswith(f"********2222:{rig.apis['narrow']}/test/GET/shut/deep")


def test_case_15_a_header_from_outside_chooses_nothing(rig: DomainRig) -> None:
    for name in ("x-innergate-base", "x-innergate-scope"):
        answer = rig.call("/a/x", headers={name: "/ab/x"})
        assert answer.json["path"] == "/a/all/x"
        assert not [header for header in answer.json["headers"] if header.startswith("x-innergate-")]


def test_a_disabled_default_endpoint_leaves_the_domain(rig: DomainRig) -> None:
    assert rig.backend_path("/hidden/x") == "/hidden/all/x"
    default = f"{rig.apis['hidden']}.execute-api.us-east-1.amazonaws.com"
    assert (rig.call("/test/x", default).status, rig.call("/test/x", default).text) == (403, FORBIDDEN)
    other = f"{rig.apis['a']}.execute-api.us-east-1.amazonaws.com"
    assert rig.call("/test/x", other).json["path"] == "/a/all/x"


def test_a_wildcard_name_takes_every_host_of_its_level(rig: DomainRig) -> None:
    assert rig.backend_path("/hats", "one.wild.example.com") == "/a/hats"
    with pytest.raises(ssl.SSLError):
        rig.call("/hats", "wild.example.com")


@pytest.mark.parametrize(
    "host",
    [
        "api.example.com",
        TRUSTING,
        "wild.example.com",
        "a.b.wild.example.com",
        "a.wild.example.org",
        "a.wild.example.com.evil.example",
        "domain|x|.wild.example.com./-/",
        "a.wild.example.com/-/",
        "a.only.example.com",
    ],
)
def test_a_wildcard_names_host_is_one_label_below_it(rig: DomainRig, host: str) -> None:
    assert rig.call("/hats", host, sni="one.wild.example.com").status in (400, 403)
    assert rig.call("/hats", "two.wild.example.com:443", sni="one.wild.example.com").json["path"] == "/a/hats"


def test_a_wildcard_name_with_rules_keeps_to_its_level(rig: DomainRig) -> None:
    assert rig.call("/hats", "one.only.example.com", headers={"x-version": "beta"}).status != 400
    assert rig.call("/hats", "one.wild.example.com", sni="one.only.example.com").status == 403


@pytest.mark.parametrize("host", [TRUSTING, "other.example.com", "api.example.com/a"])
def test_the_host_must_be_the_name_that_was_asked_for(rig: DomainRig, host: str) -> None:
    assert rig.call("/hats", host, sni=PUBLIC).status in (400, 403)


@pytest.mark.parametrize("host", ["api.example.com.", "api.example.com:443"])
def test_a_dot_or_a_port_does_not_make_another_host(rig: DomainRig, host: str) -> None:
    assert rig.call("/hats", host, sni=PUBLIC).json["path"] == "/root/hats"


def test_a_name_without_sni_is_not_served(rig: DomainRig) -> None:
    answer = rig.call("/hats", PUBLIC, sni="")
    assert (answer.status, answer.text) == (403, FORBIDDEN)


def test_case_61_a_client_of_the_truststore_comes_in(rig: DomainRig, client: Pair) -> None:
    answer = rig.call("/hats", TRUSTING, client=client)
    assert (answer.status, answer.json["path"]) == (200, "/a/hats")


def test_case_61_strangers_do_not_come_in(rig: DomainRig) -> None:
    """Revoked ones do: neither AWS nor we ask revocation lists; the authority goes from the truststore."""
    forged = make_pair(rig.folder, "forged", "Client authority")
    strangers = {
        "expired": make_pair(rig.folder, "expired", "client", rig.clients, days=-1),
        "self-signed with the authority's name": forged,
        "signed by who only has the authority's name": make_pair(rig.folder, "fake", "client", forged),
        "signed by the server's authority": make_pair(rig.folder, "server", "client", rig.authority),
        "for a trusted name, by nobody": make_pair(rig.folder, "named", "client", None, ("client", TRUSTING)),
        "none": None,
    }
    for what, stranger in strangers.items():
        with pytest.raises((ssl.SSLError, ConnectionError)):
            print(what, rig.call("/hats", TRUSTING, client=stranger))


def test_case_61_no_other_name_is_a_way_round(rig: DomainRig, client: Pair) -> None:
    for sni in (PUBLIC, "one.wild.example.com", "", "x.execute-api.us-east-1.amazonaws.com"):
        answer = rig.call("/hats", TRUSTING, sni=sni)
        assert (answer.status, answer.text) == (403, FORBIDDEN)
    assert rig.call("/hats", PUBLIC, sni=TRUSTING, client=client).status == 403


def test_case_61_a_certificate_in_a_header_is_no_certificate(rig: DomainRig, client: Pair) -> None:
    told = {"x-forwarded-client-cert": "By=a;Subject=admin", "x-amzn-mtls-clientcert": "admin"}
    with pytest.raises((ssl.SSLError, ConnectionError)):
        rig.call("/hats", TRUSTING, headers=told)
    answer = rig.call("/hats", TRUSTING, client=client, headers=told)
    assert "x-forwarded-client-cert" not in answer.json["headers"]


def test_a_private_name_leads_to_private_apis_alone(rig: DomainRig) -> None:
    assert rig.backend_path("/p/hats", PRIVATE) == "/private/hats"
    for target in ("/public/hats", "/hats", "/"):
        answer = rig.call(target, PRIVATE)
        assert (answer.status, answer.text) == (403, FORBIDDEN)
