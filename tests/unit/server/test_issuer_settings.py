"""`--issuer POOL_ID=URL`."""

import pytest

from innergate.server.settings import BadSetting, parse_issuers


def test_pools_and_urls_are_read() -> None:
    texts = ["us-east-1_b=http://127.0.0.1:9229/us-east-1_b", "eu-west-1_A1=https://id.example.com/realms/a=b"]
    assert parse_issuers(texts) == (
        ("eu-west-1_A1", "https://id.example.com/realms/a=b"),
        ("us-east-1_b", "http://127.0.0.1:9229/us-east-1_b"),
    )
    assert parse_issuers(()) == ()
    assert parse_issuers(texts[:1] * 2) == (("us-east-1_b", "http://127.0.0.1:9229/us-east-1_b"),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "us-east-1_b",
        "=https://id.example.com",
        "pool=https://id.example.com",
        "us-east-1_b=ftp://id.example.com",
        "us-east-1_b=id.example.com",
        "us-east-1_b=https://",
        "us-east-1_b=https://ann:secret@id.example.com",
        "us-east-1_b=https://id.example.com/?a=b",
        "us-east-1_b=https://id.example.com/#a",
    ],
)
def test_what_is_no_pool_or_url_is_refused(text: str) -> None:
    with pytest.raises(BadSetting, match="--issuer wants POOL_ID=URL"):
        parse_issuers([text])


def test_a_pool_has_one_issuer() -> None:
    with pytest.raises(BadSetting, match="names the pool us-east-1_b twice"):
        parse_issuers(["us-east-1_b=https://a.example.com", "us-east-1_b=https://b.example.com"])
