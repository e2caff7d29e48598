"""Open mode acts for no web page of other sites."""

import pytest

from innergate.server.browser_pages import is_from_strange_page

FIREFOX = (b"user-agent", b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")


def is_strange(host: bytes, *headers: tuple[bytes, bytes]) -> bool:
    return is_from_strange_page(((b"host", host), *headers))


@pytest.mark.parametrize("host", [b"evil.example:4566", b"evil.example", b"localhost.evil.example", b"", b"x@y:z"])
@pytest.mark.parametrize("sign", [FIREFOX, (b"accept-language", b"en-GB,en;q=0.5")])
def test_case_83_a_name_that_was_rebound_to_this_machine_is_a_strangers(host: bytes, sign: tuple[bytes, bytes]) -> None:
    """A GET to the page's own name bears neither Origin nor Sec-Fetch-Site, and every operation of EC2 can be one."""
    assert is_strange(host, sign)


@pytest.mark.parametrize(
    "host", [b"127.0.0.1:4566", b"localhost:4566", b"app.localhost", b"[::1]:4566", b"10.0.0.7:4566"]
)
def test_a_browser_may_look_at_this_machine_by_its_own_names_and_addresses(host: bytes) -> None:
    assert not is_strange(host, FIREFOX)
    assert not is_strange(host, FIREFOX, (b"origin", b"http://localhost:3000"), (b"sec-fetch-site", b"same-site"))


@pytest.mark.parametrize(
    "header", [(b"origin", b"https://evil.example"), (b"origin", b"null"), (b"sec-fetch-site", b"cross-site")]
)
def test_pages_of_other_sites_say_so(header: tuple[bytes, bytes]) -> None:
    assert is_strange(b"127.0.0.1:4566", header)


@pytest.mark.parametrize("agent", [b"aws-cli/2.31", b"Boto3/1.40", b"APN/1.0 HashiCorp/1.0 Terraform/1.13", b""])
def test_clients_of_aws_use_any_name(agent: bytes) -> None:
    assert not is_strange(b"innergate:4566", (b"user-agent", agent))
