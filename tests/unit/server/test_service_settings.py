"""`--service-endpoint` and `--service-credentials`."""

from pathlib import Path

import pytest

from innergate.server.service_settings import parse_service_endpoints, read_service_credentials
from innergate.server.settings import AccessCredentials, BadSetting

ROLE = "arn:aws:iam::111122223333:role/x"


def test_services_and_urls_are_read() -> None:
    texts = ["sqs=http://127.0.0.1:9324/", "*=aws", "s3=https://minio.example.com", "sqs=http://127.0.0.1:9324"]
    assert parse_service_endpoints(texts) == (
        ("*", "aws"),
        ("s3", "https://minio.example.com"),
        ("sqs", "http://127.0.0.1:9324"),
    )
    assert parse_service_endpoints(()) == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sqs",
        "=http://h",
        "SQS=http://h",
        "sqs.evil=http://h",
        "sqs=",
        "sqs=amazon",
        "sqs=ftp://h",
        "sqs=//h",
        "sqs=http://",
        "sqs=http://h/path",
        "sqs=http://h?a=b",
        "sqs=http://h/?",
        "sqs=http://h#a",
        "sqs=http://ann:secret@h",
        "sqs=http://h:99999",
        "sqs=http://h h",
        "sqs=http://h\n",
    ],
)
def test_what_is_no_service_or_url_is_refused(text: str) -> None:
    with pytest.raises(BadSetting, match="--service-endpoint wants SERVICE=URL"):
        parse_service_endpoints([text])


def test_a_service_is_at_one_place() -> None:
    with pytest.raises(BadSetting, match="names the service sqs twice"):
        parse_service_endpoints(["sqs=http://a", "sqs=aws"])


def test_profiles_are_read(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text(
        f"[default]\naws_access_key_id = AKIA1\naws_secret_access_key = a%b=c\n\n"
        f"[{ROLE}]\naws_access_key_id=ASIA2\naws_secret_access_key=s\naws_session_token=t\n"
    )
    assert read_service_credentials(str(file)) == (
        ("default", AccessCredentials("AKIA1", "a%b=c")),
        (ROLE, AccessCredentials("ASIA2", "s", "t")),
    )
    assert read_service_credentials("") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no profile"),
        ("[default]\naws_access_key_id=a\n", "lacks aws_access_key_id or aws_secret_access_key"),
        ("[work]\naws_access_key_id=a\naws_secret_access_key=topsecret\n", "or a role's ARN, not"),
        ("aws_secret_access_key=topsecret\n", "cannot be read"),
    ],
)
def test_files_that_say_nothing_are_refused_without_a_secret(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "credentials"
    file.write_text(text)
    with pytest.raises(BadSetting, match=said) as refused:
        read_service_credentials(str(file))
    assert "topsecret" not in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="cannot be read"):
        read_service_credentials(str(tmp_path / "none"))
